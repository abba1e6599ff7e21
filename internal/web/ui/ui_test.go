package ui_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"golang.org/x/net/html/atom"

	nethtml "golang.org/x/net/html"
	"unoxuno/browser"
	"unoxuno/internal/web/assets"
)

func gallery() map[string]templ.Component {
	return map[string]templ.Component{"home": homeGallery(), "site": siteGallery(), "office": officeGallery(), "bare": bareGallery()}
}

func rendered(t *testing.T, c templ.Component) string {
	t.Helper()
	ctx, err := galleryContext()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := c.Render(ctx, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A strict content security policy allows no inline style or script: not one may be written.
func TestNothingInline(t *testing.T) {
	inline := regexp.MustCompile(`(?i)\sstyle=|<style|\son[a-z]+=|<script(?:\s[^>]*)?>[^<]|javascript:|href="data:`)
	for name, page := range gallery() {
		if found := inline.FindString(rendered(t, page)); found != "" {
			t.Errorf("%s: inline %q", name, found)
		}
	}
}

func TestEveryPageHasTitleLanguageAndOneHeading(t *testing.T) {
	for name, page := range gallery() {
		text := rendered(t, page)
		for _, want := range []string{`<html lang="it">`, "<title>", `name="viewport"`, `<main id="main"`} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %s", name, want)
			}
		}
		if n := strings.Count(text, "<h1"); n != 1 {
			t.Errorf("%s: %d h1", name, n)
		}
	}
}

// Every name used in for=, aria-describedby=, aria-controls= and links inside the page exists, once; and no word is
// missing, which would show as its key.
func TestReferencesLead(t *testing.T) {
	for name, page := range gallery() {
		text := rendered(t, page)
		ids, references := identifiers(t, text)
		for id, n := range ids {
			if n > 1 {
				t.Errorf("%s: %d elements with id %q", name, n, id)
			}
		}
		for _, r := range references {
			if ids[r] == 0 {
				t.Errorf("%s: nothing has the id %q", name, r)
			}
		}
		if key := regexp.MustCompile(`web\.[a-z_.]+`).FindString(text); key != "" {
			t.Errorf("%s: the word %s is missing", name, key)
		}
	}
}

func identifiers(t *testing.T, text string) (ids map[string]int, references []string) {
	t.Helper()
	root, err := nethtml.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	ids = map[string]int{}
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			switch {
			case a.Key == "id":
				ids[a.Val]++
			case slices.Contains([]string{"for", "aria-describedby", "aria-labelledby", "aria-controls"}, a.Key):
				references = append(references, strings.Fields(a.Val)...)
			case a.Key == "href" && n.DataAtom == atom.A && strings.HasPrefix(a.Val, "#"):
				references = append(references, a.Val[1:])
			}
		}
	}
	return ids, references
}

// An icon that is not in the sprite draws nothing and nobody notices: every name in the source is looked up.
func TestIconsAreInTheSprite(t *testing.T) {
	list, err := os.ReadFile("../assets/src/icons.txt")
	if err != nil {
		t.Fatal(err)
	}
	known := strings.Fields(string(list))
	named := regexp.MustCompile(`\bIcon(?:\(|:\s*)"([a-z-]+)"`)
	err = filepath.WalkDir("../..", func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".templ" && filepath.Ext(path) != ".go" {
			return err
		}
		source, err := os.ReadFile(path)
		for _, found := range named.FindAllSubmatch(source, -1) {
			if !slices.Contains(known, string(found[1])) {
				t.Errorf("%s: %q is not in assets/src/icons.txt", path, found[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Looks at the gallery in a real browser with axe-core. UNOXUNO_GALLERY=<folder> leaves the pages and pictures of them
// there, wide and narrow.
func TestGallery(t *testing.T) {
	root := browser.Ready(t)
	files, err := assets.New()
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(assets.Prefix, files.Handler())
	for name, page := range gallery() {
		text := rendered(t, page)
		mux.HandleFunc("/"+name, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Security-Policy", "default-src 'self'")
			_, _ = w.Write([]byte(text))
		})
	}
	mux.HandleFunc("/count", func(w http.ResponseWriter, r *http.Request) {
		_ = templ.Raw("<p>Due persone per "+nethtml.EscapeString(r.FormValue("audience"))+".</p>").Render(r.Context(), w)
	})
	mux.HandleFunc("/progress", func(w http.ResponseWriter, r *http.Request) {
		_ = templ.Raw("<p>Spedizione finita.</p>").Render(r.Context(), w)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	look := exec.CommandContext(t.Context(), "node", "testdata/look.mjs", server.URL, "home", "site", "office", "bare")
	look.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(root, "node_modules"))
	if out, err := look.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
