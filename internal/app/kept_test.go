package app

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
	"unoxuno/internal/web"
)

// typed is what somebody wrote in a form of these tests.
const typed = "Il testo di un pomeriggio, «con accenti» & segni <strani>"

// handedBack are the hidden fields of the form that a page hands back; nil where it hands none back.
func handedBack(t *testing.T, page string) url.Values {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if attribute(n, "action") == "" || !strings.Contains(attribute(n, "class"), "form") {
			continue
		}
		fields := url.Values{}
		for f := range n.Descendants() {
			if f.Data == "textarea" && f.FirstChild != nil {
				fields.Add(attribute(f, "name"), f.FirstChild.Data)
			} else if name := attribute(f, "name"); name != "" {
				fields.Add(name, attribute(f, "value"))
			}
		}
		if k, ok := web.KeptIn(fields); ok { // the page to sign in carries it packed
			fields = url.Values{}
			for _, f := range k.Fields {
				fields.Add(f.Name, f.Value)
			}
		}
		return fields
	}
	return nil
}

// keeps fails unless the answer has the status, the typed text, and no password.
func (b *borgo) keeps(what, pattern string, a answer, status int, inForm bool) {
	b.t.Helper()
	if a.status != status {
		b.t.Errorf("%s: %s answered %d, want %d", what, pattern, a.status, status)
		return
	}
	kept := handedBack(b.t, a.body)
	if inForm && kept.Get("a.field") != typed {
		b.t.Errorf("%s: %s (%d) lost what was typed: %v", what, pattern, status, kept)
	}
	if !inForm && !strings.Contains(read(b.t, a.body).text, strings.Fields(typed)[3]) {
		b.t.Errorf("%s: %s (%d) does not show what was typed", what, pattern, status)
	}
	if strings.Contains(a.body, "segretissima") {
		b.t.Errorf("%s: %s (%d) gives a password or a code back", what, pattern, status)
	}
}

func typedForm() url.Values {
	return url.Values{
		"a.field": {typed}, "password": {"segretissima"}, "again": {"segretissima"}, "current": {"segretissima"}, "code": {"segretissima"},
	}
}

// posts are the routes that take a form; what another site may post is no form of a page.
func (b *borgo) posts() (posts []target) {
	for _, f := range b.forms() {
		if !f.CrossSite {
			posts = append(posts, f)
		}
	}
	return posts
}

// failing is the town's site with every handler failing in the same way, as the header Fail says.
func (b *borgo) failing() http.Handler {
	b.t.Helper()
	p := b.run.pages(b.house)
	site, err := web.New(b.run.siteOptions(b.house, p))
	b.must(err)
	faults := map[string]error{
		"database away": io.ErrUnexpectedEOF, "disk full": fault.Unavailable("storage.full"), "changed": fault.Conflict("web.forbidden"),
		"too many": fault.TooMany("web.too_many"), "defect": errors.New("a defect"), "gone": fault.Expired("web.not_found"),
		"not there": fault.NotFound("web.not_found"), "forbidden": fault.Forbidden("web.forbidden"), "refused": fault.Invalid("web.bad_form"),
	}
	for _, route := range b.site.Routes() {
		if route.Method() != http.MethodPost {
			continue
		}
		route.Do = func(_ http.ResponseWriter, r *http.Request) error {
			if r.Header.Get("Fail") == "panic" {
				panic("halfway")
			}
			if r.Header.Get("Fail-After-Reading") != "" {
				if _, err := web.Form(r); err != nil {
					return err
				}
			}
			return faults[r.Header.Get("Fail")]
		}
		b.must(site.Handle(route))
	}
	return site
}

// Whatever goes wrong with a form, on whichever route, its writer gets back what she typed.
func TestNoFormLosesWhatWasTyped(t *testing.T) {
	t.Parallel()
	b := newBorgo(t, storage.SQLite)
	admin := b.signedIn(b.admin)
	b.server.Config.Handler = b.failing()
	failures := []struct {
		what   string
		status int
	}{
		{"database away", 503}, {"disk full", 503}, {"changed", 409}, {"too many", 429}, {"defect", 500}, {"panic", 500}, {"refused", 422},
		{"gone", 410}, {"not there", 404}, {"forbidden", 403},
	}
	for i, f := range b.posts() {
		for j, fail := range failures {
			if os.Getenv("UNOXUNO_LONG") == "" && (i+j)%5 > 0 { // each failure on a fifth of the routes, or on all
				continue
			}
			again := fail.status != 410 && fail.status != 404 && fail.status != 403
			prefix, read := []string{"", "/en"}[i%2], []string{"", "1"}[j%2]
			a := b.ask(admin, http.MethodPost, prefix+f.path, typedForm(), "Fail", fail.what, "Fail-After-Reading", read)
			b.keeps(fail.what, f.Pattern, a, fail.status, again)
		}
		b.keeps("another site", f.Pattern, b.ask(admin, http.MethodPost, f.path, typedForm(), "Sec-Fetch-Site", "cross-site"), 403, false)
		large := typedForm()
		large.Set("long", strings.Repeat("x", 300<<10))
		if f.MaxBody < 300<<10 {
			b.keeps("too large", f.Pattern, b.ask(admin, http.MethodPost, f.path, large, "Fail", "refused", "Fail-After-Reading", "1"), 413, true)
		}
		if forStaff(f.Route) {
			b.keeps("session over", f.Pattern, b.ask(b.browser(), http.MethodPost, f.path, typedForm()), 401, true)
		}
		b.keeps("session over", f.Pattern, b.upload(b.browser(), f.path, "Fail", "refused"), signedOutStatus(f.Route), true)
	}
	if strings.Contains(b.log.String(), "pomeriggio") {
		t.Error("what was typed is in the log")
	}
}

// forStaff tells whether a route asks its reader to sign in.
func forStaff(route web.Route) bool {
	return !access.Actor{Kind: access.Anonymous}.Can(route.Permission)
}

func signedOutStatus(route web.Route) int {
	if forStaff(route) {
		return http.StatusUnauthorized
	}
	return http.StatusUnprocessableEntity
}

// upload sends the typed form with a picture before it.
func (b *borgo) upload(client *http.Client, path string, header ...string) answer {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("image", "a.png")
	b.must(err)
	_, err = part.Write(make([]byte, 100<<10))
	b.must(err)
	for name, values := range typedForm() {
		b.must(form.WriteField(name, values[0]))
	}
	b.must(form.Close())
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.server.URL+path, &body)
	b.must(err)
	req.Header.Set("Content-Type", form.FormDataContentType())
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := client.Do(req)
	b.must(err)
	text, err := io.ReadAll(res.Body)
	b.must(errors.Join(err, res.Body.Close()))
	return answer{res.StatusCode, res.Header, string(text)}
}

// With the database gone every route answers 503, in words for whoever asks, and every form keeps its text.
func TestADatabaseThatIsAwayIsNeverADefect(t *testing.T) {
	eachEngine(t, func(t *testing.T, b *borgo) {
		admin := b.signedIn(b.admin)
		forms, gets := b.posts(), b.gets()
		paths := map[string]string{}
		for _, route := range gets {
			paths[route.Pattern] = b.addressOf(route)
		}
		b.must(b.db.Close())
		for _, f := range forms {
			a := b.ask(admin, http.MethodPost, f.path, typedForm())
			if forStaff(f.Route) && a.status != http.StatusServiceUnavailable {
				t.Errorf("%s answered %d", f.Pattern, a.status)
			}
			if a.status >= 500 {
				b.keeps("database closed", f.Pattern, a, http.StatusServiceUnavailable, true)
			}
		}
		for _, route := range gets {
			a := b.ask(b.browser(), http.MethodGet, paths[route.Pattern], nil)
			if a.status >= 500 && (a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" && route.Path() != "/health/ready") {
				t.Errorf("%s answered %d", route.Pattern, a.status)
			}
		}
	})
}

// A session that ended loses nothing: the page to sign in carries the form, and after signing in it is sent.
func TestAFormIsSentAfterSigningIn(t *testing.T) {
	t.Parallel()
	b := newBorgo(t, storage.SQLite)
	bea := b.staff("bea@borgo.example", "administrator")
	edit := b.fields(b.signedIn(b.admin), b.addressOf(b.route("GET /office/issues/{id}")))
	edit.Set("title", typed)
	edit.Set("do", "save")
	client := b.browser()
	path := b.addressOf(b.route("POST /office/issues/{id}"))
	carried := func(page string) url.Values {
		t.Helper()
		for _, form := range formsIn(t, page) {
			if form.Has("kept") {
				return form
			}
		}
		t.Fatalf("no form that carries what was typed:\n%s", page)
		return nil
	}
	signIn := carried(b.ask(client, http.MethodPost, path, edit).body)
	signIn.Set("email", b.admin.Email)
	signIn.Set("password", "sbagliata del tutto")
	signIn = carried(b.ask(client, http.MethodPost, "/office/sign-in", signIn).body) // a wrong password loses nothing either

	other := b.browser()
	signIn.Set("email", bea.Email)
	signIn.Set("password", staffPassword)
	if a := b.ask(other, http.MethodPost, "/office/sign-in", signIn); a.status != http.StatusConflict || strings.Contains(a.body, "pomeriggio") {
		t.Errorf("another account that signs in is answered %d, with the text: %v", a.status, strings.Contains(a.body, "pomeriggio"))
	}
	if a := b.ask(other, http.MethodPost, path, edit); a.status != http.StatusConflict {
		t.Errorf("another account sent it: %d", a.status)
	}

	signIn.Set("email", b.admin.Email)
	a := b.ask(client, http.MethodPost, "/office/sign-in", signIn)
	ready := handedBack(t, a.body)
	if a.status != http.StatusOK || ready.Get("title") != typed {
		t.Fatalf("after signing in: %d, %v", a.status, ready)
	}
	if a := b.ask(client, http.MethodPost, path, ready); a.status != http.StatusSeeOther {
		t.Errorf("sent again: %d", a.status)
	}
	if now, err := b.newsletters.Issue(b.ctx, b.draft.ID); err != nil || now.Title != typed {
		t.Errorf("the issue is called %q, %v", now.Title, err)
	}
}

// route is the route of that pattern.
func (b *borgo) route(pattern string) web.Route {
	b.t.Helper()
	for _, r := range b.site.Routes() {
		if r.Pattern == pattern {
			return r
		}
	}
	b.t.Fatalf("no route %s", pattern)
	return web.Route{}
}

// fields are those of the largest form of a page, as a browser would send them.
func (b *borgo) fields(client *http.Client, path string) (largest url.Values) {
	b.t.Helper()
	for _, form := range formsIn(b.t, b.ask(client, http.MethodGet, path, nil).body) {
		if len(form) > len(largest) {
			largest = form
		}
	}
	return largest
}

func formsIn(t *testing.T, page string) (forms []url.Values) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Data != "form" || n.Type != html.ElementNode {
			continue
		}
		form := url.Values{}
		for f := range n.Descendants() {
			switch name := attribute(f, "name"); {
			case name == "" || f.Data == "button" || attribute(f, "type") == "file":
			case f.Data == "textarea":
				form.Add(name, textOf(f))
			case attribute(f, "type") == "radio" || attribute(f, "type") == "checkbox" || f.Data == "select":
			default:
				form.Add(name, attribute(f, "value"))
			}
		}
		forms = append(forms, form)
	}
	return forms
}

// Every field for a password or a one-time code has a name by which the kit knows never to hand it back.
func TestSecretFieldsAreNamedSo(t *testing.T) {
	t.Parallel()
	b := newBorgo(t, storage.SQLite)
	admin := b.signedIn(b.admin)
	names := map[string]string{}
	for _, route := range b.gets() {
		path := b.addressOf(route)
		for _, client := range []*http.Client{b.browser(), admin} {
			root, err := html.Parse(strings.NewReader(b.ask(client, http.MethodGet, path, nil).body))
			b.must(err)
			for n := range root.Descendants() {
				if attribute(n, "type") == "password" || attribute(n, "autocomplete") == "one-time-code" {
					names[attribute(n, "name")] = route.Pattern
				}
			}
		}
	}
	if len(names) < 3 {
		t.Errorf("only %v: are these all?", names)
	}
	b.server.Config.Handler = b.failing()
	for name, where := range names {
		a := b.ask(admin, http.MethodPost, "/join", url.Values{name: {"segretissima"}, "a.field": {typed}}, "Fail", "too many")
		if strings.Contains(a.body, "segretissima") {
			t.Errorf("the field %q of %s is handed back", name, where)
		}
	}
}
