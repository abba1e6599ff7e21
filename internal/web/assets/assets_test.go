package assets

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func packed(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func get(a *Assets, path, accept string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept-Encoding", accept)
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	return w
}

func TestServesWhatWasBuilt(t *testing.T) {
	sheet := strings.Repeat("body{color:black}", 50)
	a, err := load(fstest.MapFS{
		"dist/manifest.json":    {Data: []byte(`{"app.css":"app.1A2B.css"}`)},
		"dist/app.1A2B.css":     {Data: []byte(sheet)},
		"dist/app.1A2B.css.gz":  {Data: packed(t, sheet)},
		"dist/letters.3C.woff2": {Data: []byte("font")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := a.URL("app.css"); got != "/assets/app.1A2B.css" {
		t.Errorf("URL: %s", got)
	}
	plain := get(a, a.URL("app.css"), "gzip;q=0, br")
	if plain.Body.String() != sheet || plain.Header().Get("Content-Encoding") != "" {
		t.Errorf("plain: %v", plain.Header())
	}
	small := get(a, a.URL("app.css"), "br, gzip;q=0.8")
	unpacked, err := gzip.NewReader(small.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := io.ReadAll(unpacked); string(text) != sheet {
		t.Error("compressed: another text")
	}
	for name, want := range map[string]string{"Content-Type": "text/css; charset=utf-8", "Vary": "Accept-Encoding"} {
		if got := small.Header().Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := small.Header().Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("not kept: %q", got)
	}
	if font := get(a, "/assets/letters.3C.woff2", "gzip"); font.Header().Get("Content-Type") != "font/woff2" || font.Body.String() != "font" {
		t.Errorf("font: %v", font.Header())
	}
	for _, hidden := range []string{"/assets/manifest.json", "/assets/app.1A2B.css.gz", "/assets/../doc.go", "/assets/"} {
		if w := get(a, hidden, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", hidden, w.Code)
		}
	}
}

// A program compiled before its assets were made runs, and says what is missing.
func TestNotBuilt(t *testing.T) {
	a, err := load(fstest.MapFS{"dist/.gitkeep": {}})
	if err == nil || !strings.Contains(err.Error(), "make assets") {
		t.Errorf("error: %v", err)
	}
	w := get(a, a.URL("app.css"), "")
	if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "make assets") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestAcceptsGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "gzip": true, "br, GZIP": true, "gzip;q=0": false, "gzip; q=0.000": false, "gzip; q=0.5": true, "gzipped": false, "gzip;q=x": false,
	} {
		if acceptsGzip(header) != want {
			t.Errorf("%q: %v", header, !want)
		}
	}
}

// The built stylesheet loads nothing from elsewhere and stays light.
func TestBuiltStylesheet(t *testing.T) {
	a, err := New()
	if err != nil {
		t.Skip(err)
	}
	sheet := get(a, a.URL("app.css"), "").Body.String()
	for _, foreign := range []string{"http:", "https:", "data:", "@import"} {
		if strings.Contains(sheet, foreign) {
			t.Errorf("the stylesheet holds %s", foreign)
		}
	}
	if kb := get(a, a.URL("app.css"), "gzip").Body.Len() / 1024; kb > 32 {
		t.Errorf("%d KB compressed: choose fewer parts in app.scss", kb)
	}
}
