package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// staff is who asks in these tests: "Bearer", a permission and perhaps the account.
func staff(_ http.ResponseWriter, r *http.Request) (access.Actor, error) {
	if p, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		p, id, _ := strings.Cut(p, " ")
		number, _ := strconv.ParseInt(id, 10, 64)
		return access.Actor{Kind: access.StaffAct, ID: number, Name: "ada", Permissions: []access.Permission{access.Permission(p)}}, nil
	}
	return access.Actor{Kind: access.Anonymous}, nil
}

func newSite(t *testing.T, routes ...web.Route) *web.Site {
	t.Helper()
	return newSiteWith(t, func(*web.Options) {}, routes...)
}

func newSiteWith(t *testing.T, change func(*web.Options), routes ...web.Route) *web.Site {
	t.Helper()
	words, err := locale.Load(web.Words())
	if err != nil {
		t.Fatal(err)
	}
	options := web.Options{
		Words: words, Log: slog.New(slog.DiscardHandler), PublicURL: "https://town.example",
		Town: func(context.Context) web.Town {
			return web.Town{Name: "Borgo", Languages: []string{"it", "en"}, Zone: time.UTC}
		},
		Authenticate: staff, TrustedProxies: []string{"10.0.0.0/8"},
	}
	change(&options)
	site, err := web.New(options)
	if err != nil {
		t.Fatal(err)
	}
	if err := site.Handle(routes...); err != nil {
		t.Fatal(err)
	}
	return site
}

func page(title string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		body := templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
			_, err := io.WriteString(w, "<p>"+locale.Lang(ctx)+" "+locale.Path(ctx, "/x")+"</p>")
			return err
		})
		ctx := templ.WithChildren(r.Context(), body)
		return web.Render(w, r.WithContext(ctx), http.StatusOK, ui.Site(ui.Page{Title: title}))
	}
}

func fails(err error) web.Handler {
	return func(http.ResponseWriter, *http.Request) error { return err }
}

func ask(site http.Handler, method, target string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	return w
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func TestRouteWithoutPermissionIsRefusedAtStart(t *testing.T) {
	site := newSite(t)
	if err := site.Handle(web.Route{Pattern: "GET /x", Do: page("x")}); err == nil {
		t.Error("a route without a permission was taken")
	}
}

func TestPermissionIsAskedBeforeTheHandlerRuns(t *testing.T) {
	ran := false
	do := func(http.ResponseWriter, *http.Request) error { ran = true; return nil }
	site := newSite(t,
		web.Route{Pattern: "GET /office/issues", Permission: access.WriteIssues, Do: do},
		web.Route{Pattern: "POST /office/issues", Permission: access.WriteIssues, Do: do})
	w := ask(site, "GET", "/en/office/issues?a=1")
	to, err := url.Parse(w.Header().Get("Location"))
	if err != nil || w.Code != http.StatusSeeOther || to.Path != "/en"+web.SignInPath || to.Query().Get("next") != "/en/office/issues?a=1" {
		t.Errorf("anonymous GET: %d %s", w.Code, w.Header().Get("Location"))
	}
	if w := ask(site, "POST", "/office/issues"); w.Code != http.StatusUnauthorized {
		t.Errorf("anonymous POST: %d", w.Code)
	}
	if w := ask(site, "GET", "/office/issues", header("Authorization", "Bearer people.find")); w.Code != http.StatusForbidden {
		t.Errorf("another permission: %d", w.Code)
	}
	if ran {
		t.Fatal("the handler ran for somebody who may not")
	}
	if w := ask(site, "GET", "/office/issues", header("Authorization", "Bearer issues.write")); w.Code != http.StatusOK || !ran {
		t.Errorf("the permission itself: %d", w.Code)
	}
}

func TestPostsFromOtherSitesAreRefused(t *testing.T) {
	done := func(w http.ResponseWriter, _ *http.Request) error { w.WriteHeader(http.StatusNoContent); return nil }
	site := newSite(t,
		web.Route{Pattern: "POST /form", Permission: access.Public, Do: done},
		web.Route{Pattern: "POST /u/{token}", Permission: access.Public, Do: done, CrossSite: true})
	foreign := header("Sec-Fetch-Site", "cross-site")
	if w := ask(site, "POST", "/form", foreign); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "<h1") {
		t.Errorf("cross-site: %d", w.Code)
	}
	if w := ask(site, "POST", "/form", header("Sec-Fetch-Site", "same-origin")); w.Code != http.StatusNoContent {
		t.Errorf("own form: %d", w.Code)
	}
	if w := ask(site, "POST", "/u/abc", foreign); w.Code != http.StatusNoContent {
		t.Errorf("one-click: %d", w.Code)
	}
}

func TestFaultsBecomePagesOrProblems(t *testing.T) {
	site := newSite(t,
		web.Route{Pattern: "GET /gone", Permission: access.Public, Do: fails(fault.Expired("web.not_found"))},
		web.Route{Pattern: "GET /busy", Permission: access.Public, Do: fails(fault.Unavailable("web.not_found"))},
		web.Route{Pattern: "GET /broken", Permission: access.Public, Do: fails(errors.New("the secret cause"))},
		web.Route{Pattern: "GET /panic", Permission: access.Public, Do: func(http.ResponseWriter, *http.Request) error { panic("secret") }},
		web.Route{Pattern: "GET /fields", Permission: access.Public, Do: fails(fault.Problems{fault.Invalid("web.bad_form").On("email")})})
	for path, want := range map[string]int{"/gone": 410, "/broken": 500, "/panic": 500, "/nowhere": 404, "/fields": 422, "/busy": 503} {
		w := ask(site, "GET", path)
		if w.Code != want || !strings.Contains(w.Body.String(), `<html lang="it"`) || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		if again := w.Header().Get("Retry-After"); (again != "") != (want == http.StatusServiceUnavailable) {
			t.Errorf("%s: ask again after %q", path, again)
		}
	}
	w := ask(site, "GET", "/en/fields", header("Accept", "application/json"))
	var problem struct {
		Status int
		Fields map[string]string
	}
	if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || problem.Status != 422 || problem.Fields["email"] == "" ||
		w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("problem: %v %s", err, w.Body)
	}
	if w := ask(site, "POST", "/gone"); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("another method: %d %q", w.Code, w.Header().Get("Allow"))
	}
}

func TestBodiesHaveALimit(t *testing.T) {
	site := newSite(t, web.Route{Pattern: "POST /form", Permission: access.Public, MaxBody: 100, Do: func(_ http.ResponseWriter, r *http.Request) error {
		_, err := web.Form(r)
		return err
	}})
	r := httptest.NewRequest("POST", "/form", strings.NewReader("a="+strings.Repeat("x", 200)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", w.Code)
	}
}

func TestLanguageLivesInThePath(t *testing.T) {
	site := newSite(t, web.Route{Pattern: "GET /x", Permission: access.Public, Do: page("X")})
	for target, want := range map[string][]string{
		"/x?q=1":    {`<html lang="it"`, `href="/en/x?q=1"`, `href="/x?q=1"`},
		"/en/x":     {`<html lang="en"`, `href="/x"`},
		"/endive/x": {`<html lang="it"`},
	} {
		w := ask(site, "GET", target)
		for _, text := range want {
			if !strings.Contains(w.Body.String(), text) {
				t.Errorf("%s: %d, no %s", target, w.Code, text)
			}
		}
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	site := newSite(t, web.Route{Pattern: "GET /x", Permission: access.Public, Do: page("X")})
	for _, target := range []string{"/x", "/nowhere"} {
		h := ask(site, "GET", target).Header()
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || h.Get("Referrer-Policy") != "no-referrer" ||
			h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s: %v", target, h)
		}
	}
}

func TestClientIPBelievesTrustedProxiesOnly(t *testing.T) {
	var ip, network string
	site := newSite(t, web.Route{Pattern: "GET /ip", Permission: access.Public, Do: func(_ http.ResponseWriter, r *http.Request) error {
		ip, network = web.ClientIP(r), web.ClientNetwork(r)
		return nil
	}})
	for _, c := range []struct{ remote, forwarded, ip, network string }{
		{"203.0.113.9:1", "", "203.0.113.9", "203.0.113.9"},
		{"203.0.113.9:1", "198.51.100.1", "203.0.113.9", "203.0.113.9"},                   // says so itself: not believed
		{"10.0.0.1:1", "198.51.100.1", "198.51.100.1", "198.51.100.1"},                    // our proxy says so
		{"10.0.0.1:1", "1.2.3.4, 198.51.100.1, 10.0.0.2", "198.51.100.1", "198.51.100.1"}, // what the client made up stands first
		{"10.0.0.1:1", "1.2.3.4|198.51.100.1", "198.51.100.1", "198.51.100.1"},            // the same in two header lines
		{"10.0.0.1:1", "1.2.3.4|198.51.100.1|10.0.0.2", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.1:1", "198.51.100.1, |", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.1:1", "198.51.100.1:4711", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.1:1", "1.2.3.4, unknown", "10.0.0.1", "10.0.0.1"}, // nothing beyond an unreadable hop is believed
		{"10.0.0.1:1", "2001:db8:1:2:aaaa::1", "2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"},
		{"10.0.0.1:1", "[2001:db8:1:2:bbbb::2]:443", "2001:db8:1:2:bbbb::2", "2001:db8:1:2::/64"},
		{"[2001:db8::1%eth0]:1", "", "2001:db8::1", "2001:db8::/64"},
		{"10.0.0.1:1", "::ffff:198.51.100.1", "198.51.100.1", "198.51.100.1"}, // the same client by either notation
		{"[::ffff:10.0.0.1]:1", "198.51.100.1", "198.51.100.1", "198.51.100.1"},
	} {
		ask(site, "GET", "/ip", func(r *http.Request) {
			r.RemoteAddr = c.remote
			for line := range strings.SplitSeq(c.forwarded, "|") {
				r.Header.Add("X-Forwarded-For", line)
			}
		})
		if ip != c.ip || network != c.network {
			t.Errorf("%+v: %s in %s", c, ip, network)
		}
	}
}

// A proxy that rewrites Host, or strips the port, does not make our own forms foreign: their origin is public_url's.
func TestFormsOfThePublicAddressAreOurOwn(t *testing.T) {
	done := func(w http.ResponseWriter, _ *http.Request) error { w.WriteHeader(http.StatusNoContent); return nil }
	site := newSite(t, web.Route{Pattern: "POST /form", Permission: access.Public, Do: done})
	for _, c := range []struct {
		origin, fetchSite string
		want              int
	}{
		{"https://town.example", "", http.StatusNoContent}, // a browser that does not say Sec-Fetch-Site
		{"https://town.example", "same-origin", http.StatusNoContent},
		{"https://internal.example", "", http.StatusNoContent}, // the very host that was asked
		{"https://evil.example", "", http.StatusForbidden},
		{"http://town.example", "", http.StatusForbidden},
		{"https://town.example.evil.example", "", http.StatusForbidden},
		{"null", "", http.StatusForbidden},
		{"https://evil.example", "cross-site", http.StatusForbidden},
	} {
		w := ask(site, "POST", "/form", func(r *http.Request) {
			r.Host = "internal.example"
			r.Header.Set("Origin", c.origin)
			if c.fetchSite != "" {
				r.Header.Set("Sec-Fetch-Site", c.fetchSite)
			}
		})
		if w.Code != c.want {
			t.Errorf("%+v: %d", c, w.Code)
		}
	}
}

func TestThePublicAddressIsComparedAsBrowsersWriteIt(t *testing.T) {
	for address, origin := range map[string]string{
		"https://Town.Example:443": "https://town.example", "http://town.example:80": "http://town.example", "https://town.example:8443": "https://town.example:8443",
	} {
		site, err := web.New(web.Options{PublicURL: address, Log: slog.New(slog.DiscardHandler), Town: func(context.Context) web.Town { return web.Town{} }})
		if err != nil {
			t.Fatal(err)
		}
		if err := site.Handle(web.Route{Pattern: "POST /form", Permission: access.Public, Do: func(w http.ResponseWriter, _ *http.Request) error {
			w.WriteHeader(http.StatusNoContent)
			return nil
		}}); err != nil {
			t.Fatal(err)
		}
		if w := ask(site, "POST", "/form", header("Origin", origin)); w.Code != http.StatusNoContent {
			t.Errorf("public_url %s and origin %s: %d", address, origin, w.Code)
		}
	}
}
