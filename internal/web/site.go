package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/web/ui"
)

// Town is what every page shows of the town.
type Town struct {
	Name      string
	Domain    string
	Languages []string // the first is the default
	Zone      *time.Location
}

// Options configure the kit.
type Options struct {
	Words     *locale.Words
	Log       *slog.Logger
	PublicURL string
	// Town returns the town as it is now. It is called for every request and must be fast.
	Town func(ctx context.Context) Town
	// Authenticate returns the actor of a request; an anonymous actor if nobody is signed in. It may set cookies.
	Authenticate func(w http.ResponseWriter, r *http.Request) (access.Actor, error)
	// Frame adds to every page what the rooms show around it: menus, the signed-in account.
	Frame func(ctx context.Context, f *ui.Frame)
	// Fault turns errors of lower layers (a database that is away) into faults; nil leaves errors unchanged.
	Fault func(error) error
	// SignIn answers 401 with the sign-in page, which carries a form that was sent after the session ended: see Kept.
	SignIn func(w http.ResponseWriter, r *http.Request, kept Kept) error
	// Temp is the folder for uploads while their request is answered; "" is the system's.
	Temp string
	// TrustedProxies are networks (CIDR) whose X-Forwarded-For is trusted.
	TrustedProxies []string
}

// Site serves the routes given to it.
type Site struct {
	opt     Options
	mux     *http.ServeMux
	heavy   http.Handler   // serves what is not light, compressed
	light   *http.ServeMux // the routes that are Light
	plain   http.Header    // headers of their answers; never changed
	routes  []Route
	guard   *http.CrossOriginProtection
	proxies proxies
}

// New returns a site without routes.
func New(opt Options) (*Site, error) {
	nets, err := parseProxies(opt.TrustedProxies)
	if err != nil {
		return nil, err
	}
	guard := http.NewCrossOriginProtection()
	if own := origin(opt.PublicURL); own != "" {
		if err := guard.AddTrustedOrigin(own); err != nil {
			return nil, fault.Invalid("config.bad", "Name", "public_url", "Value", opt.PublicURL, "Need", "https://host").Because(err)
		}
	}
	s := &Site{opt: opt, mux: http.NewServeMux(), light: http.NewServeMux(), guard: guard, proxies: nets}
	s.plain = http.Header{"Content-Security-Policy": {"default-src 'none'; frame-ancestors 'none'"}}
	s.guarded(s.plain)
	s.heavy, err = compressing(http.HandlerFunc(s.serveHeavy))
	return s, err
}

// origin returns the origin of our own pages as browsers write it (RFC 6454 §6.1). A form from there is ours, even if a
// proxy before us uses another Host.
func origin(publicURL string) string {
	u, err := url.Parse(publicURL)
	if err != nil || u.Host == "" {
		return ""
	}
	host := strings.ToLower(u.Host)
	switch u.Scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	}
	return u.Scheme + "://" + host
}

// Handle adds routes. A route without a permission is a defect, which it reports at start.
func (s *Site) Handle(routes ...Route) error {
	for _, route := range routes {
		if route.Permission == "" || route.Do == nil || !strings.Contains(route.Pattern, " ") {
			return fmt.Errorf("route %q: needs a method, a permission and a handler", route.Pattern)
		}
		if route.Light {
			if route.Permission != access.Public || route.Method() != http.MethodGet || route.Kind == Page {
				return fmt.Errorf("route %q: what is light answers a GET of everybody, with no page", route.Pattern)
			}
			s.light.Handle(route.Pattern, s.serve(route, s.runLight))
		}
		if route.CrossSite {
			s.guard.AddInsecureBypassPattern(route.Pattern)
		}
		s.mux.Handle(route.Pattern, s.serve(route, s.run))
		s.routes = append(s.routes, route)
	}
	return nil
}

// Static serves files that need no language, permission or log line.
func (s *Site) Static(pattern string, h http.Handler) { s.mux.Handle(pattern, h) }

// Routes returns the route table, for the inventory tests.
func (s *Site) Routes() []Route { return slices.Clone(s.routes) }

// ServeHTTP serves a request.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := checkText(r); err != nil {
		s.fail(w, s.prepare(w, r), err)
		return
	}
	if _, pattern := s.light.Handler(r); pattern != "" {
		s.light.ServeHTTP(w, r)
		return
	}
	s.heavy.ServeHTTP(w, r)
}

func (s *Site) serveHeavy(w http.ResponseWriter, r *http.Request) {
	r = s.prepare(w, r)
	if err := s.guard.Check(r); err != nil {
		s.fail(w, r, fault.Forbidden("web.cross_site").Because(err))
		return
	}
	if _, pattern := s.mux.Handler(r); pattern == "" {
		s.fail(w, r, s.unmatched(r))
		return
	}
	s.mux.ServeHTTP(w, r)
}

// prepare gives the request what pages need (town, language, nonce) and sets the answer's headers.
func (s *Site) prepare(w http.ResponseWriter, r *http.Request) *http.Request {
	town := s.opt.Town(r.Context())
	lang, prefix, path := splitLanguage(r.URL.Path, town.Languages)
	req := &request{site: s, town: town, nonce: rand.Text(), path: path, query: r.URL.RawQuery}
	ctx := context.WithValue(r.Context(), requestKey{}, req)
	ctx = locale.With(ctx, s.opt.Words, lang, prefix)
	r = r.WithContext(ctx)
	if prefix != "" {
		u := *r.URL
		u.Path, u.RawPath = path, ""
		r.URL = &u
	}
	s.headers(w, req)
	return r
}

// unmatched distinguishes a path that does not exist from one that has only other methods. The fault's field lists
// these, as the header Allow does (RFC 9110 §10.2.1).
func (s *Site) unmatched(r *http.Request) error {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		probe := r.Clone(r.Context())
		probe.Method = method
		if _, pattern := s.mux.Handler(probe); method != r.Method && pattern != "" {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		return fault.NotFound("web.not_found")
	}
	return fault.New(fault.KindInvalid, "web.method").On(strings.Join(allowed, ", "))
}

// splitLanguage removes the language's prefix from a path: /en/newsletters is newsletters in English.
func splitLanguage(path string, languages []string) (lang, prefix, rest string) {
	for i, l := range languages {
		if i == 0 {
			continue
		}
		if path == "/"+l {
			return l, "/" + l, "/"
		}
		if after, ok := strings.CutPrefix(path, "/"+l+"/"); ok {
			return l, "/" + l, "/" + after
		}
	}
	if len(languages) > 0 {
		return languages[0], "", path
	}
	return locale.Languages()[0], "", path
}

func (s *Site) headers(w http.ResponseWriter, req *request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self' 'nonce-"+req.nonce+"'; style-src 'self'; "+
		"img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; frame-src 'self'; "+
		"manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	s.guarded(h)
}

// guarded adds the security headers of every answer.
func (s *Site) guarded(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	if strings.HasPrefix(s.opt.PublicURL, "https:") {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// serve serves a route by run, and handles its errors.
func (s *Site) serve(route Route, run func(http.ResponseWriter, *http.Request, Route) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{ResponseWriter: w}
		start := time.Now()
		fail := func(err error) {
			if r.Context().Value(requestKey{}) == nil { // it was light so far
				r = s.prepare(rec, r)
				from(r.Context()).route = route
			}
			s.fail(rec, r, err)
		}
		defer func() {
			if p := recover(); p != nil {
				fail(fmt.Errorf("panic: %v", p))
			}
			from(r.Context()).posted.close()
			s.opt.Log.Debug("request", "route", route.Pattern, "status", rec.status, "ms", time.Since(start).Milliseconds())
		}()
		if err := run(rec, r, route); err != nil {
			fail(err)
		}
	})
}

func (s *Site) run(w http.ResponseWriter, r *http.Request, route Route) error {
	limit := route.MaxBody
	if limit == 0 {
		limit = defaultMaxBody
	}
	req := from(r.Context())
	req.route, req.body = route, r.Body
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	actor := access.Actor{Kind: access.Anonymous}
	if s.opt.Authenticate != nil {
		var err error
		if actor, err = s.opt.Authenticate(w, r); err != nil {
			return err
		}
	}
	req.actor = actor
	r = r.WithContext(access.With(r.Context(), actor))
	if !actor.Can(route.Permission) {
		if actor.Kind == access.Anonymous {
			return fault.New(fault.KindUnauthenticated, "web.sign_in")
		}
		return fault.Forbidden("web.forbidden")
	}
	if r.Method == http.MethodPost && !route.CrossSite { // other programs' requests are read by their route
		if err := req.form(r, true).err; fault.HasKey(err, notTextKey) {
			return err
		}
	}
	if err := otherWriter(r, actor); err != nil {
		return err
	}
	if route.Cacheable {
		w.Header().Set("Cache-Control", "public, max-age=300")
	}
	return route.Do(w, r)
}

// runLight runs a Light route. Only if it fails is the request prepared, for the error page.
func (s *Site) runLight(w http.ResponseWriter, r *http.Request, route Route) error {
	maps.Copy(w.Header(), s.plain)
	req := &request{site: s, route: route, actor: access.Actor{Kind: access.Anonymous}}
	return route.Do(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, req)))
}

// recorder records the status, and whether anything was written: then an error page is no longer possible.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

type requestKey struct{}

// request is what the kit knows about the current request.
type request struct {
	site  *Site
	town  Town
	route Route
	actor access.Actor
	nonce string
	path  string // without the language's prefix
	query string

	body   io.ReadCloser // the original body, without the route's limit
	posted posted
}

func from(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{site: &Site{opt: Options{Log: slog.Default()}}, town: Town{Zone: time.UTC}}
}

// TownOf returns the town of the request's site.
func TownOf(ctx context.Context) Town { return from(ctx).town }

// Nonce returns what an inline script must carry to run; new for each answer.
func Nonce(ctx context.Context) string { return from(ctx).nonce }

// URL returns the absolute URL of a path of the site, in the reader's language.
func URL(ctx context.Context, path string) string {
	return from(ctx).site.opt.PublicURL + locale.Path(ctx, path)
}

// InLanguage returns a context for a reader of lang, for words and URLs. If the town does not have lang, its first
// language is used.
func InLanguage(ctx context.Context, lang string) context.Context {
	req := from(ctx)
	if len(req.town.Languages) == 0 {
		return ctx
	}
	prefix := "/" + lang
	if first := req.town.Languages[0]; lang == first || !slices.Contains(req.town.Languages, lang) {
		lang, prefix = first, ""
	}
	return locale.With(ctx, req.site.opt.Words, lang, prefix)
}

func isTooLarge(err error) bool {
	var tooLarge *http.MaxBytesError
	return errors.As(err, &tooLarge)
}
