package app

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"unoxuno/internal/storage"
)

// Bytes that are no text are refused at every door, in the same way on both engines: in path, query, header, form fields and
// their names, on the command line.
func TestWhatIsNoTextIsRefusedEverywhere(t *testing.T) {
	for _, engine := range []storage.Engine{storage.SQLite, storage.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			b := newBorgo(t, engine)
			admin := b.signedIn(b.admin)
			want := func(what, pattern string, a answer) {
				t.Helper()
				if a.status != http.StatusBadRequest {
					t.Errorf("%s with %s answered %d", pattern, what, a.status)
				}
			}
			before := b.snapshot("identity_session")
			escaped, raw := []string{"%00", "%FF", "%ED%A0%80"}, []string{"\x00", "\xff", "\xed\xa0\x80"} // the last is a surrogate
			for i, route := range b.site.Routes() {
				path, bytes := b.addressOf(route), escaped[i%len(escaped)]
				want(bytes+" in its query", route.Pattern, b.ask(admin, route.Method(), path+"?q=a"+bytes+"b", nil))
				want(bytes+" in a parameter's name", route.Pattern, b.ask(admin, route.Method(), path+"?q"+bytes+"=1", nil))
				want("a lone byte in a header", route.Pattern, b.ask(admin, route.Method(), path, nil, "User-Agent", "caf\xe9"))
				if wildcard.MatchString(route.Path()) {
					want(bytes+" in its path", route.Pattern, b.ask(admin, route.Method(), wildcard.ReplaceAllString(route.Path(), "a"+bytes), nil))
				}
				if route.Method() != http.MethodPost || route.CrossSite {
					continue
				}
				want("a form", route.Pattern, b.ask(admin, http.MethodPost, path, url.Values{"name": {"Maria" + raw[i%len(raw)]}}))
				want("a field's name", route.Pattern, b.ask(admin, http.MethodPost, path, url.Values{raw[i%len(raw)]: {"Maria"}}))
			}
			if diff := changed(before, b.snapshot("identity_session")); diff != nil {
				t.Errorf("something was done all the same:\n%s", strings.Join(diff, "\n"))
			}
			if code := Main(b.ctx, []string{"people", "erase", "maria\xff@citta.example"}, func(string) string { return "" }, Stdio{Out: io.Discard, Err: io.Discard}); code != 2 {
				t.Errorf("the command line took it, and ended with %d", code)
			}
			b.silent()
		})
	}
}
