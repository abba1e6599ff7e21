package app

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"unoxuno/browser"
	"unoxuno/internal/locale"
	"unoxuno/internal/storage"
	"unoxuno/internal/web"
)

// Every page of the inventory, in a real browser, wide and narrow: axe has nothing to object, the content security
// policy reports nothing, the console is silent, and nothing has to be scrolled sideways.
func TestEveryPageInABrowser(t *testing.T) {
	t.Parallel()
	for _, engine := range []storage.Engine{storage.SQLite, storage.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			tour(t, newBorgo(t, engine))
		})
	}
}

// tour shows every page of the town to a browser.
func tour(t *testing.T, b *borgo) {
	t.Helper()
	type stop struct {
		Name string `json:"name"`
		Path string `json:"path"`
	}
	var pages []stop
	for _, route := range b.gets() {
		if route.Kind == web.Page {
			pages = append(pages, stop{nameOf(route.Path()), b.addressOf(route)})
		}
	}
	citizen := b.browser()
	b.enter(citizen)
	site, err := url.Parse(b.server.URL)
	b.must(err)
	cookies := []map[string]string{}
	for _, c := range citizen.Jar.Cookies(site) {
		cookies = append(cookies, map[string]string{"name": c.Name, "value": c.Value})
	}
	second := locale.Languages()[1]
	pages = append(pages, stop{"home-" + second, "/" + second}, stop{"office-" + second, "/" + second + "/office"})
	browser.Run(t, "tour.mjs", map[string]any{
		"base": b.server.URL, "account": map[string]string{"email": b.admin.Email, "password": staffPassword}, "pages": pages,
		"cookies": cookies,
	})
	b.silent()
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// nameOf is a route's path as the name of a picture.
func nameOf(path string) string {
	if name := strings.Trim(notInNames.ReplaceAllString(path, "-"), "-"); name != "" {
		return name
	}
	return "home"
}
