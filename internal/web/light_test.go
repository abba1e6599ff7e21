package web_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/web"
)

// lightSite is a site of one light route, which knows some tokens, and how often it asked for the town or for who asks.
func lightSite(t *testing.T) (site *web.Site, light web.Route, asked *int) {
	t.Helper()
	words, err := locale.Load(web.Words())
	if err != nil {
		t.Fatal(err)
	}
	asked = new(int)
	site, err = web.New(web.Options{
		Words: words, Log: slog.New(slog.DiscardHandler), PublicURL: "https://town.example",
		Town: func(context.Context) web.Town {
			*asked++
			return web.Town{Name: "Borgo", Languages: []string{"it", "en"}, Zone: time.UTC}
		},
		Authenticate: func(http.ResponseWriter, *http.Request) (access.Actor, error) {
			*asked++
			return access.Actor{Kind: access.Anonymous}, nil
		},
		TrustedProxies: []string{"10.0.0.0/8"},
	})
	if err != nil {
		t.Fatal(err)
	}
	light = web.Route{Pattern: "GET /l/{token}", Permission: access.Public, Kind: web.Data, Light: true, Do: func(w http.ResponseWriter, r *http.Request) error {
		switch r.PathValue("token") {
		case "forged":
			return fault.NotFound("web.not_found")
		case "panic":
			panic("secret")
		}
		w.Header().Set("Client", web.ClientIP(r))
		w.WriteHeader(http.StatusNoContent)
		return nil
	}}
	if err := site.Handle(light); err != nil {
		t.Fatal(err)
	}
	return site, light, asked
}

func TestLightRoutesAskNobody(t *testing.T) {
	site, _, asked := lightSite(t)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		w := ask(site, method, "/l/good", header("X-Forwarded-For", "198.51.100.1"), func(r *http.Request) { r.RemoteAddr = "10.0.0.1:1" })
		if w.Code != http.StatusNoContent || *asked != 0 || w.Header().Get("Client") != "198.51.100.1" {
			t.Errorf("%s: %d, asked %d times, %v", method, w.Code, *asked, w.Header())
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "X-Content-Type-Options": "nosniff",
			"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "Strict-Transport-Security": "max-age=31536000",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", method, name, got, want)
			}
		}
	}
}

func TestLightRoutesFailLikeAllOthers(t *testing.T) {
	site, _, _ := lightSite(t)
	for target, want := range map[string]int{"/l/forged": 404, "/en/l/forged": 404, "/l/panic": 500, "/en/l/good": 204} {
		w := ask(site, http.MethodGet, target)
		if w.Code != want || want >= 400 && !strings.Contains(w.Body.String(), "<h1") || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	if w := ask(site, http.MethodPost, "/l/good"); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
}

func TestWhatMayNotBeLightIsRefusedAtStart(t *testing.T) {
	site, light, _ := lightSite(t)
	for what, change := range map[string]func(*web.Route){
		"a page":             func(r *web.Route) { r.Kind = web.Page },
		"a POST":             func(r *web.Route) { r.Pattern = "POST /m/{token}" },
		"another permission": func(r *web.Route) { r.Permission = access.Citizen },
	} {
		route := light
		route.Pattern = "GET /m/{token}"
		if change(&route); site.Handle(route) == nil {
			t.Errorf("%s is light", what)
		}
	}
}
