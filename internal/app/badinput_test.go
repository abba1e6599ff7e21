package app

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/storage"
	"unoxuno/internal/web"
)

// Whatever is put in the place of a wildcard: a clear page with the right status, never an accident of ours.
func TestUnknownAndForgedAddressesAreAnsweredClearly(t *testing.T) {
	t.Parallel()
	b := newBorgo(t, storage.SQLite)
	admin := b.signedIn(b.admin)
	for _, route := range b.site.Routes() {
		if !wildcard.MatchString(route.Path()) {
			continue
		}
		for _, value := range []string{"nonsense", "0", "-1", "9223372036854775807", "99999999999999999999", "%00", "%F0%9F%90%A2", strings.Repeat("x", 2000)} {
			path := wildcard.ReplaceAllString(route.Path(), value)
			a := b.ask(admin, route.Method(), path, nil)
			if a.status < 400 || a.status >= 500 {
				t.Errorf("%s %.60s answered %d", route.Method(), path, a.status)
			} else if route.Kind == web.Page {
				if p := read(t, a.body); len(p.h1) != 1 || p.lang == "" {
					t.Errorf("%s %.60s answered %d without a clear page", route.Method(), path, a.status)
				}
			}
		}
	}
	for path, want := range map[string]int{
		"/nothing-here": 404, "/newsletters/nothing-here": 404, "/newsletters/teatro/nothing-here": 404, "/en/nothing-here": 404,
		"/office/issues/999": 404, "/office/people/999": 404, "/office/staff/999": 404, "/media/nothing.png": 404,
		"/me/forged": 410, "/unsubscribe/forged": 410, "/join/confirm/forged": 410, "/address/forged": 410, "/office/invitation/forged": 410,
	} {
		if a := b.ask(admin, http.MethodGet, path, nil); a.status != want {
			t.Errorf("GET %s answered %d, not %d", path, a.status, want)
		}
	}
	if a := b.ask(admin, http.MethodPost, "/privacy", nil); a.status != http.StatusMethodNotAllowed {
		t.Errorf("POST where there is only GET answered %d", a.status)
	}
	b.silent()
}

// silent fails if the program logged a defect.
func (b *borgo) silent() {
	b.t.Helper()
	if strings.Contains(b.log.String(), "level=ERROR") {
		b.t.Errorf("the program took it for a defect of its own:\n%s", b.log)
	}
}

// A post from another site is refused before it does anything, except where the token it carries is the proof.
func TestPostsFromOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	b := newBorgo(t, storage.SQLite)
	admin := b.signedIn(b.admin)
	before := b.snapshot("identity_session")
	for _, route := range b.site.Routes() {
		if route.Method() != http.MethodPost || route.CrossSite {
			continue
		}
		a := b.ask(admin, http.MethodPost, b.addressOf(route), nil, "Sec-Fetch-Site", "cross-site", "Origin", "https://elsewhere.example")
		if a.status != http.StatusForbidden {
			t.Errorf("%s answered a post from another site %d", route.Pattern, a.status)
		}
	}
	if diff := changed(before, b.snapshot("identity_session")); diff != nil {
		t.Errorf("it did something:\n%s", strings.Join(diff, "\n"))
	}
	// The one-click post of a mail program comes from anywhere (RFC 8058 §3.2).
	a := b.ask(b.browser(), http.MethodPost, "/u/"+b.unsubscribeToken(), url.Values{"List-Unsubscribe": {"One-Click"}},
		"Sec-Fetch-Site", "cross-site", "Origin", "https://webmail.example")
	if a.status != http.StatusOK {
		t.Errorf("one-click unsubscribe answered %d", a.status)
	}
}

// Forms that are empty, senseless or too large are answered with what to mend, and nothing is a defect of ours.
func TestSenselessFormsAreAnsweredClearly(t *testing.T) {
	t.Parallel()
	b := newBorgo(t, storage.SQLite)
	admin := b.signedIn(b.admin)
	large := url.Values{"text": {strings.Repeat("x", 1<<20)}}
	nonsense := url.Values{}
	for _, name := range []string{"email", "address", "name", "slug", "title", "version", "at", "audience", "newsletter", "who", "step", "birth_date", "purpose", "language", "kind", "role", "id", "n"} {
		nonsense[name] = []string{"\x00\xff «nonsense» ' OR 1=1 --"}
	}
	huge := url.Values{"text": {strings.Repeat("x", 12<<20)}}
	for _, path := range []string{"/join", "/en/join", "/office/sign-in"} {
		if a := b.ask(admin, http.MethodPost, path, huge); a.status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s answered twelve megabytes with %d", path, a.status)
		}
	}
	for _, form := range b.forms() {
		for what, values := range map[string]url.Values{"an empty form": {}, "nonsense": nonsense} {
			if a := b.ask(admin, http.MethodPost, form.path, values); a.status >= 500 {
				t.Errorf("%s answered %s with %d", form.Pattern, what, a.status)
			}
		}
		if a := b.ask(admin, http.MethodPost, form.path, large); a.status >= 500 {
			t.Errorf("%s answered a megabyte with %d", form.Pattern, a.status)
		}
	}
	b.silent()
}

// target is where a form is sent.
type target struct {
	web.Route
	path string
}

// forms are the targets of all forms, those last that end what others need.
func (b *borgo) forms() []target {
	b.t.Helper()
	var first, last []target
	for _, route := range b.site.Routes() {
		switch {
		case route.Method() != http.MethodPost:
		case strings.HasSuffix(route.Path(), "/erase"):
			last = append(last, target{route, b.addressOf(route)})
		case strings.HasSuffix(route.Path(), "/sign-out"):
			last = append(last, target{route, b.addressOf(route)})
		default:
			first = append(first, target{route, b.addressOf(route)})
		}
	}
	slices.SortStableFunc(last, func(a, b target) int { return strings.Compare(a.Path(), b.Path()) })
	return append(first, last...)
}

// A picture that is too large, or none at all, is refused in a sentence, and the editor's text is not lost.
func TestBadPicturesAreRefused(t *testing.T) {
	t.Parallel()
	b := newBorgo(t, storage.SQLite)
	admin := b.signedIn(b.admin)
	var upload web.Route
	for _, route := range b.site.Routes() {
		if route.MaxBody > 1<<20 {
			upload = route
		}
	}
	if upload.Pattern == "" {
		t.Fatal("no route takes pictures")
	}
	for what, picture := range map[string][]byte{"text": []byte("not a picture"), "eight megabytes": make([]byte, 8<<20)} {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		part, err := form.CreateFormFile("image", "a.png")
		b.must(err)
		_, err = part.Write(picture)
		b.must(err)
		b.must(form.Close())
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.server.URL+b.addressOf(upload), &body)
		b.must(err)
		req.Header.Set("Content-Type", form.FormDataContentType())
		res, err := admin.Do(req)
		b.must(err)
		b.must(res.Body.Close())
		if res.StatusCode < 400 || res.StatusCode >= 500 {
			t.Errorf("%s as a picture was answered with %d", what, res.StatusCode)
		}
	}
	b.silent()
}

// A link whose time is over is answered as such, and how to get a new one is said.
func TestExpiredLinksAreAnsweredClearly(t *testing.T) {
	t.Parallel()
	b := newBorgo(t, storage.SQLite)
	paths := []string{
		"/me/" + b.ownToken(), "/join/confirm/" + b.tokenFor("people.join", b.pending), "/address/" + b.tokenFor("people.address", b.asked),
	}
	for _, path := range paths {
		if a := b.ask(b.browser(), http.MethodGet, path, nil); a.status != http.StatusOK {
			t.Fatalf("%s answered %d while it was good", path, a.status)
		}
	}
	b.now.Advance(31 * 24 * time.Hour)
	for _, path := range paths {
		a := b.ask(b.browser(), http.MethodGet, path, nil)
		if p := read(t, a.body); a.status != http.StatusGone || len(p.h1) != 1 || !slices.Contains(p.links, "/me") {
			t.Errorf("%s answered %d with the links %v after its time", path, a.status, p.links)
		}
	}
	// The way out of a newsletter never ends.
	if a := b.ask(b.browser(), http.MethodGet, "/unsubscribe/"+b.unsubscribeToken(), nil); a.status != http.StatusOK {
		t.Errorf("the link to unsubscribe answered %d", a.status)
	}
	b.silent()
}

// The mail server is down when sending starts: the issue waits, and the office says so.
func TestTheOfficeShowsThatTheRelayIsDown(t *testing.T) {
	t.Parallel()
	b := newBorgo(t, storage.SQLite)
	admin := b.signedIn(b.admin)
	issue := b.put("late", "---\nnewsletter: teatro\nslug: tardi\ntitle: Tardi\nlanguage: it\n---\nTesto.\n")
	b.must(b.relay.Close())
	sending, err := b.newsletters.Send(b.ctx, issue.ID, issue.Version, false)
	b.must(err)
	progress, err := b.delivery.Drain(b.ctx, sending.Batch.ID, nil)
	b.must(err)
	if progress.Sent != 0 || progress.Owed() != 4 {
		t.Errorf("with the relay down: %+v", progress)
	}
	for _, path := range []string{"/office", fmt.Sprint("/office/issues/", issue.ID)} {
		if a := b.ask(admin, http.MethodGet, path, nil); !strings.Contains(a.body, b.relay.Addr()) {
			t.Errorf("%s does not say that the mail server %s is down", path, b.relay.Addr())
		}
	}
}
