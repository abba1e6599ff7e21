package identityweb_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/identity"
	"unoxuno/internal/identity/identityweb"
	"unoxuno/internal/locale"
	"unoxuno/internal/seal"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
	"unoxuno/internal/web"
)

const password = "una frase che ricordo bene"

// house is a site that has only these pages, with a browser's memory for cookies.
type house struct {
	t      *testing.T
	room   *identity.Room
	now    *clock.Manual
	server *httptest.Server
	client *http.Client
	mails  []identityweb.Letter
}

// eachHouse runs a test in a new house, on each engine.
func eachHouse(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	storagetest.Each(t, func(t *testing.T, db *storage.DB) { test(t, newHouse(t, db)) },
		storage.Schema{Room: "identity", Files: identity.Schema()})
}

func newHouse(t *testing.T, db *storage.DB) *house {
	t.Helper()
	h := &house{t: t, now: clock.At(time.Date(2031, 3, 1, 9, 0, 0, 0, time.UTC))}
	h.room = identity.New(db, h.now, seal.New([]byte("secret")))
	words, err := locale.Load(identity.Words(), identityweb.Words(), web.Words())
	if err != nil {
		t.Fatal(err)
	}
	pages := identityweb.New(h.room, identityweb.Options{
		Clock: h.now, PublicURL: "https://news.example",
		Newsrooms: func(context.Context) ([]identityweb.Newsroom, error) {
			return []identityweb.Newsroom{{Slug: "teatro", Name: "Teatro"}, {Slug: "urp", Name: "URP"}}, nil
		},
		Mail: func(_ context.Context, l identityweb.Letter) error { h.mails = append(h.mails, l); return nil },
	})
	site, err := web.New(web.Options{
		Words: words, Log: slog.New(slog.DiscardHandler), PublicURL: "https://news.example",
		Town: func(context.Context) web.Town {
			return web.Town{Name: "Comune di Borgo", Languages: []string{"it", "en"}, Zone: time.UTC}
		},
		Authenticate: pages.Authenticate, Frame: pages.Frame,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := site.Handle(pages.Routes()...); err != nil {
		t.Fatal(err)
	}
	h.server = httptest.NewTLSServer(site)
	t.Cleanup(h.server.Close)
	h.client = h.browser()
	return h
}

// browser is a new one: it keeps cookies and does not follow redirects.
func (h *house) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	client := *h.server.Client()
	client.Jar = jar
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

func (h *house) staff(s identity.Staff) identity.Staff {
	h.t.Helper()
	s, err := h.room.AddStaff(h.t.Context(), s)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.room.SetPassword(h.t.Context(), s, password); err != nil {
		h.t.Fatal(err)
	}
	return s
}

type answer struct {
	status   int
	location string
	body     string
	cookies  []*http.Cookie
}

func (h *house) do(method, path string, form url.Values, header ...string) answer {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		h.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := h.client.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header.Get("Location"), string(body), res.Cookies()}
}

func (h *house) get(path string) answer { h.t.Helper(); return h.do(http.MethodGet, path, nil) }

func (h *house) post(path string, pairs ...string) answer {
	h.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return h.do(http.MethodPost, path, form)
}

func (h *house) signIn(email string) {
	h.t.Helper()
	if a := h.post("/office/sign-in", "email", email, "password", password); a.status != http.StatusSeeOther {
		h.t.Fatalf("sign-in of %s: %d", email, a.status)
	}
}

func (h *house) wantStatus(a answer, status int) {
	h.t.Helper()
	if a.status != status {
		h.t.Errorf("status %d, want %d; location %q, body:\n%.600s", a.status, status, a.location, a.body)
	}
}

func (h *house) wantText(a answer, texts ...string) {
	h.t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			h.t.Errorf("page lacks %q:\n%s", text, a.body)
		}
	}
}

// TestEveryPageIsWhole renders each page in both languages: one h1, and no word that is missing.
func TestEveryPageIsWhole(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		s := h.staff(identity.Staff{Email: "ada@comune.example", Role: identity.Administrator})
		token, err := h.room.Invitation(t.Context(), s.ID)
		if err != nil {
			t.Fatal(err)
		}
		missing := regexp.MustCompile(`\b(web|identityweb|identity|audit)\.[a-z_]+[.a-z_]*`)
		check := func(path string) {
			for _, prefix := range []string{"", "/en"} {
				a := h.get(prefix + path)
				h.wantStatus(a, http.StatusOK)
				if n := strings.Count(a.body, "<h1"); n != 1 {
					t.Errorf("%s%s has %d h1", prefix, path, n)
				}
				if key := missing.FindString(a.body); key != "" {
					t.Errorf("%s%s shows the key %s", prefix, path, key)
				}
			}
		}
		check("/office/sign-in")
		check("/office/invitation/" + token)
		h.signIn("ada@comune.example")
		id := regexp.MustCompile(`/office/staff/\d+`).FindString(h.get("/office/staff").body)
		for _, path := range []string{"/office/account", "/office/staff", "/office/staff/new", id, id + "/invitation", "/office/audit", "/office/audit?actor=nobody"} {
			check(path)
		}
	})
}

func TestSignInLeadsOnlyToThisSite(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.staff(identity.Staff{Email: "ada@comune.example", Role: identity.Administrator})
		a := h.get("/en/office/staff")
		if a.location != "/en/office/sign-in?next=%2Fen%2Foffice%2Fstaff" {
			t.Errorf("an anonymous reader is sent to %q", a.location)
		}
		for next, want := range map[string]string{
			"/office/staff":        "/office/staff",
			"/office/audit?actor=": "/office/audit?actor=",
			"":                     "/office",
			"https://evil.example": "/office",
			"//evil.example":       "/office",
			`/\evil.example`:       "/office",
			"/\t/evil.example":     "/office",
			"evil":                 "/office",
			"javascript:alert(1)":  "/office",
			"/office/sign-in":      "/office",
		} {
			h.client = h.browser()
			a := h.post("/office/sign-in", "email", "ada@comune.example", "password", password, "next", next)
			if a.status != http.StatusSeeOther || a.location != want {
				t.Errorf("next %q leads to %q (%d), want %q", next, a.location, a.status, want)
			}
		}
		if a := h.post("/en/office/sign-in", "email", "ada@comune.example", "password", password, "next", "/en/office/staff"); a.location != "/en/office/staff" {
			t.Errorf("in English: %q", a.location)
		}
		if a := h.get("/office/sign-in?next=//evil.example"); a.location != "/office" {
			t.Errorf("who is signed in already is sent to %q", a.location)
		}
	})
}

func TestSignInIsThrottledForEachClientAddress(t *testing.T) {
	eachHouse(t, func(_ *testing.T, h *house) {
		h.staff(identity.Staff{Email: "ada@comune.example", Role: identity.Administrator})
		for range 5 {
			h.wantStatus(h.post("/office/sign-in", "email", "ada@comune.example", "password", "sbagliata"), http.StatusUnprocessableEntity)
		}
		h.wantText(h.post("/office/sign-in", "email", "ada@comune.example", "password", ""), "Scrivi la password")
		a := h.post("/office/sign-in", "email", "ada@comune.example", "password", password)
		h.wantStatus(a, http.StatusTooManyRequests)
		h.wantText(a, "tra qualche minuto", "ada@comune.example")
		h.now.Advance(4 * time.Minute)
		h.wantStatus(h.post("/office/sign-in", "email", "ada@comune.example", "password", password), http.StatusSeeOther)
	})
}

func TestCookieIsKeptFromOthersAndRenewed(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.staff(identity.Staff{Email: "ada@comune.example", Role: identity.Administrator})
		first := h.post("/office/sign-in", "email", "ada@comune.example", "password", password).cookies
		if len(first) != 1 {
			t.Fatalf("cookies: %v", first)
		}
		c := first[0]
		if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Name != "__Host-unoxuno" || c.Path != "/" {
			t.Errorf("cookie %s", c)
		}
		second := h.post("/office/sign-in", "email", "ada@comune.example", "password", password).cookies
		if len(second) != 1 || second[0].Value == c.Value {
			t.Errorf("after a second sign-in: %v", second)
		}
		h.client = h.browser()
		if a := h.do(http.MethodGet, "/office/account", nil, "Cookie", c.Name+"="+c.Value); a.status != http.StatusSeeOther {
			t.Errorf("the first session is still open: %d", a.status)
		}
	})
}

func TestSessionEndsByRestByAgeAndByOrder(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ada := h.staff(identity.Staff{Email: "ada@comune.example", Role: identity.Administrator})
		h.staff(identity.Staff{Email: "bea@comune.example", Role: identity.Administrator})

		h.signIn("ada@comune.example")
		h.now.Advance(2*time.Hour + time.Minute)
		h.wantStatus(h.get("/office/account"), http.StatusSeeOther)

		h.signIn("ada@comune.example")
		for range 12 { // a fetch of the page's own is no use: the session rests, and ends
			h.now.Advance(15 * time.Minute)
			h.do(http.MethodGet, "/office/account", nil, "X-Requested-With", "fetch")
		}
		h.wantStatus(h.get("/office/account"), http.StatusSeeOther)

		h.signIn("ada@comune.example")
		for range 11 {
			h.now.Advance(time.Hour)
			h.wantStatus(h.get("/office/account"), http.StatusOK)
		}
		h.now.Advance(time.Hour)
		h.wantStatus(h.get("/office/account"), http.StatusSeeOther)

		h.signIn("ada@comune.example")
		ada.Active = false
		if err := h.room.UpdateStaff(t.Context(), ada); err != nil {
			t.Fatal(err)
		}
		h.wantStatus(h.get("/office/account"), http.StatusSeeOther)

		h.signIn("bea@comune.example")
		if a := h.post("/office/sign-out"); a.location != "/office/sign-in?done=identityweb.done.signed_out" {
			t.Errorf("after signing out: %q", a.location)
		}
		h.wantText(h.get("/office/sign-in?done=identityweb.done.signed_out"), "Hai chiuso la sessione")
		h.wantStatus(h.get("/office/account"), http.StatusSeeOther)
	})
}

func TestProgramsBearTokens(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		token, _, err := h.room.CreateToken(t.Context(), identity.Administrator, "", "sito")
		if err != nil {
			t.Fatal(err)
		}
		h.wantStatus(h.do(http.MethodGet, "/office/audit", nil, "Authorization", "Bearer "+token), http.StatusOK)
		h.wantStatus(h.do(http.MethodGet, "/office/audit", nil, "Authorization", "Bearer "+token+"x"), http.StatusUnauthorized)
	})
}

func TestOnlyAdministratorsKeepAccounts(t *testing.T) {
	eachHouse(t, func(_ *testing.T, h *house) {
		h.staff(identity.Staff{Email: "edo@comune.example", Role: identity.Editor, Newsrooms: []string{"teatro"}})
		h.signIn("edo@comune.example")
		for _, path := range []string{"/office/staff", "/office/staff/new", "/office/audit"} {
			h.wantStatus(h.get(path), http.StatusForbidden)
		}
		h.wantStatus(h.post("/office/staff/new", "email", "x@comune.example", "role", "administrator"), http.StatusForbidden)
	})
}

func TestAnAccountFromInvitationToNewPassword(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.staff(identity.Staff{Email: "ada@comune.example", Role: identity.Administrator})
		h.signIn("ada@comune.example")

		a := h.post("/office/staff/new", "email", "edo@comune.example", "name", "Edo", "role", "editor")
		h.wantStatus(a, http.StatusUnprocessableEntity)
		h.wantText(a, "indicane almeno una", `value="Edo"`)

		a = h.post("/office/staff/new", "email", "edo@comune.example", "name", "Edo", "role", "editor", "newsrooms", "teatro")
		h.wantStatus(a, http.StatusSeeOther)
		h.wantText(h.get(a.location), "https://news.example/office/invitation/")
		if len(h.mails) != 1 || h.mails[0].To != "edo@comune.example" {
			t.Fatalf("mails %+v", h.mails)
		}
		link := regexp.MustCompile(`https://news\.example(/office/invitation/\S+)`).FindStringSubmatch(h.mails[0].Text)[1]

		h.client = h.browser()
		a = h.post(link, "password", "prima frase lunga", "again", "un'altra frase lunga")
		h.wantStatus(a, http.StatusUnprocessableEntity)
		h.wantText(a, "non sono uguali")
		h.wantStatus(h.post(link, "password", password, "again", password), http.StatusSeeOther)
		h.wantText(h.get("/office/account"), "edo@comune.example", "<dd><bdi>Redazione</bdi></dd>")
		h.wantStatus(h.get(link), http.StatusGone)

		a = h.post("/office/account", "current", "non è questa", "password", "una frase nuova", "again", "una frase nuova")
		h.wantText(a, "Questa non è la tua password attuale")
		here, elsewhere := h.client, h.browser()
		h.client = elsewhere
		h.signIn("edo@comune.example")
		h.client = here
		h.wantStatus(h.post("/office/account", "current", password, "password", "una frase nuova", "again", "una frase nuova"), http.StatusSeeOther)
		h.wantStatus(h.get("/office/account"), http.StatusOK)
		h.client = elsewhere
		h.wantStatus(h.get("/office/account"), http.StatusSeeOther)
		if _, err := h.room.SignIn(t.Context(), identity.Credentials{Email: "edo@comune.example", Password: "una frase nuova", Network: "192.0.2.1"}); err != nil {
			t.Errorf("the new password: %v", err)
		}
	})
}

func TestAuditLogIsFilteredAndPaged(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.staff(identity.Staff{Email: "ada@comune.example", Role: identity.Administrator})
		h.signIn("ada@comune.example")
		for range 60 {
			if err := h.room.Note(t.Context(), "audit.staff.changed", "staff marker@comune.example", ""); err != nil {
				t.Fatal(err)
			}
		}
		page := h.get("/office/audit?subject=staff+marker%40comune.example")
		if n := strings.Count(page.body, "<td>staff marker@"); n != 50 {
			t.Errorf("first page has %d lines", n)
		}
		older := regexp.MustCompile(`href="(/office/audit\?before=[^"]+)"`).FindStringSubmatch(page.body)
		if older == nil {
			t.Fatalf("no way to the older lines:\n%s", page.body)
		}
		next := h.get(strings.ReplaceAll(older[1], "&amp;", "&"))
		if n := strings.Count(next.body, "<td>staff marker@"); n != 10 {
			t.Errorf("second page has %d lines", n)
		}
		h.wantText(h.get("/office/audit?actor=nobody"), "Nessuna operazione")
		h.wantText(h.get("/office/audit?actor=ada%40comune.example"), "Accesso eseguito")
	})
}
