package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"unoxuno/internal/access"
	"unoxuno/internal/web"
)

func TestTextIsCompressedForWhoeverTakesIt(t *testing.T) {
	long := strings.Repeat("Il teatro riapre il 3 dicembre. ", 400)
	answer := func(contentType, text string, secret bool) web.Handler {
		return func(w http.ResponseWriter, _ *http.Request) error {
			if secret {
				web.ShowsSecret(w)
			}
			w.Header().Set("Content-Type", contentType)
			_, err := io.WriteString(w, text)
			return err
		}
	}
	route := func(path string, do web.Handler) web.Route {
		return web.Route{Pattern: "GET " + path, Permission: access.Public, Kind: web.Data, Do: do}
	}
	site := newSite(t,
		route("/page", answer("text/html; charset=utf-8", long, false)), route("/data", answer("application/json", long, false)),
		route("/short", answer("text/html; charset=utf-8", "breve", false)), route("/picture", answer("image/png", long, false)),
		route("/secret", answer("text/html; charset=utf-8", long, true)))
	for path, compressed := range map[string]bool{"/page": true, "/data": true, "/short": false, "/picture": false, "/secret": false} {
		w := ask(site, "GET", path, header("Accept-Encoding", "br, gzip"))
		if got := w.Header().Get("Content-Encoding") == "gzip"; got != compressed {
			t.Errorf("%s compressed: %v", path, got)
		}
		if w.Header().Get("Vary") != "Accept-Encoding" || w.Header().Get("No-Gzip-Compression") != "" {
			t.Errorf("%s: headers %v", path, w.Header())
		}
		if compressed {
			if size := w.Body.Len(); size > len(long)/10 {
				t.Errorf("%s is %d bytes still", path, size)
			}
			unpacked, err := gzip.NewReader(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			if text, err := io.ReadAll(unpacked); err != nil || string(text) != long {
				t.Errorf("%s unpacks to something else: %v", path, err)
			}
		}
		if w := ask(site, "GET", path); w.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s is compressed for who did not ask for it", path)
		}
	}
}
