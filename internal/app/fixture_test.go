package app

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/config"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/identity"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
	"unoxuno/internal/web"
)

const staffPassword = "una frase che ricordo bene"

// borgo is the town of the stories with all its rooms in use: people, an issue sent and read, a draft, one that is
// scheduled, accounts of the office, a sign-up that waits; and its site, served to browsers.
type borgo struct {
	*house
	run     *run
	t       *testing.T
	ctx     context.Context // the console's
	now     *clock.Manual
	relay   *deliverytest.Sink
	site    *web.Site
	server  *httptest.Server
	log     *bytes.Buffer // what the program logged
	maria   int64
	admin   identity.Staff
	token   int64 // a key of the administrator's
	sent    newsletters.Issue
	draft   newsletters.Issue
	planned newsletters.Issue
	pending people.Pending // a sign-up
	asked   people.Pending // an address of Maria's
	phoned  people.Pending // a sign-up by telephone
	image   newsletters.Image
}

func newBorgo(t *testing.T, engine storage.Engine, change ...func(*run)) *borgo {
	t.Helper()
	b := &borgo{t: t, now: clock.At(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)), log: &bytes.Buffer{}}
	b.relay = deliverytest.New(t, deliverytest.Options{})
	words, err := allWords()
	b.must(err)
	b.ctx = access.With(t.Context(), access.Actor{Kind: access.Console, Name: "console"})
	r := &run{Stdio: Stdio{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard}, ctx: b.ctx, words: words, lang: "en"}
	r.log = slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	r.gateway = func() sms.Gateway {
		return sms.Pretend(func(_ context.Context, m sms.Message) ([]string, error) { return []string{m.Reference}, nil })
	}
	b.server = httptest.NewUnstartedServer(nil)
	r.config, r.settings, err = config.Load(map[string]string{
		"data": t.TempDir(), "database_url": storagetest.URL(t, engine), "secret": "a secret of thirty-two characters",
		"smtp_url": b.relay.URL(), "public_url": "http://" + b.server.Listener.Addr().String(),
	}, func(string) string { return "" }, "")
	b.must(err)
	b.run = r
	for _, f := range change {
		f(r)
	}
	db, err := storage.OpenWith(storage.RefuseNested(b.ctx), r.config.DatabaseURL, r.pools())
	b.must(err)
	b.house, err = r.build(db, b.now)
	b.must(err)
	t.Cleanup(func() { b.close(r) })
	b.declare(r)
	b.publish()
	b.site, err = r.site(b.house)
	b.must(err)
	b.server.Config.Handler = b.site
	b.server.Start()
	t.Cleanup(b.server.Close)
	return b
}

func (b *borgo) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// file is one of the stories' files.
func (b *borgo) file(name string) []byte {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "stories", "town", name))
	b.must(err)
	return text
}

func (b *borgo) declare(r *run) {
	b.t.Helper()
	_, err := b.applyTown(r, b.file("town.yaml"), "town.yaml", false)
	b.must(err)
	_, err = b.people.Import(b.ctx, bytes.NewReader(b.file("people.csv")), people.ImportOptions{})
	b.must(err)
	var known bool
	b.maria, known, err = b.people.ByAddress(b.ctx, people.Email, "maria@citta.example")
	if b.must(err); !known {
		b.t.Fatal("Maria was not imported")
	}
	b.admin = b.staff("ada@borgo.example", identity.Administrator)
	_, _, err = b.identity.CreateOwnToken(b.ctx, b.admin, "sito", 30)
	b.must(err)
	tokens, err := b.identity.Tokens(b.ctx, b.admin.ID)
	b.must(err)
	b.token = tokens[0].ID
	b.pending, err = b.people.SignUp(access.With(b.ctx, access.Actor{Kind: access.Anonymous}), people.Draft{
		Details: people.Details{Given: "Nina", Language: "it"}, Channel: people.Email, Address: "nina@citta.example", Newsletters: []string{"teatro"},
	})
	b.must(err)
	b.phoned, err = b.people.SignUp(access.With(b.ctx, access.Actor{Kind: access.Anonymous}), people.Draft{
		Channel: people.SMS, Address: "+393331234567", Newsletters: []string{"teatro"},
	})
	b.must(err)
	b.asked, err = b.people.AskAddress(access.With(b.ctx, access.Actor{Kind: access.PersonAct, ID: b.maria}), b.maria, people.Email, "maria2@citta.example")
	b.must(err)
}

func (b *borgo) staff(email string, role identity.Role, newsrooms ...string) identity.Staff {
	b.t.Helper()
	s, err := b.identity.AddStaff(b.ctx, identity.Staff{Email: email, Role: role, Newsrooms: newsrooms})
	b.must(err)
	b.must(b.identity.SetPassword(b.ctx, s, staffPassword))
	return s
}

// publish sends an issue, which is opened and clicked, leaves a draft and plans one.
func (b *borgo) publish() {
	b.t.Helper()
	var err error
	b.image, err = b.newsletters.Upload(b.ctx, "ufficio-cultura", onePixel())
	b.must(err)
	b.sent = b.put("issue.md", string(b.file("issue.md")))
	sending, err := b.newsletters.Send(b.ctx, b.sent.ID, b.sent.Version, false)
	b.must(err)
	progress, err := b.delivery.Drain(b.ctx, sending.Batch.ID, nil)
	b.must(err)
	if progress.Sent != 4 || progress.Owed() != 0 {
		b.t.Fatalf("the issue was not sent as it should: %+v", progress)
	}
	visit := newsletters.Visit{IP: "192.0.2.7", UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", Method: http.MethodGet}
	b.must(b.newsletters.Opened(b.ctx, b.sent.ID, visit))
	_, err = b.newsletters.Clicked(b.ctx, b.sent.ID, 1, visit)
	b.must(err)
	b.must(b.newsletters.Flush(b.ctx))
	b.draft = b.put("draft", "---\nnewsletter: teatro\nslug: bozza\ntitle: Una bozza\nlanguage: it\naudience: '\"genitore\" in who'\n---\n# Prova aperta\n\nTesto.\n")
	b.planned = b.put("planned", "---\nnewsletter: teatro\nslug: domani\ntitle: Domani\nlanguage: it\n---\nTesto.\n")
	b.planned, err = b.newsletters.Schedule(b.ctx, b.planned.ID, b.planned.Version, "2026-11-24T18:30", false)
	b.must(err)
}

func (b *borgo) put(name, text string) newsletters.Issue {
	b.t.Helper()
	content, err := newsletters.ParseIssueFile([]byte(text))
	if err != nil {
		b.t.Fatalf("%s: %v", name, err)
	}
	issue, err := b.newsletters.Put(b.ctx, content)
	b.must(err)
	return issue
}

// onePixel is a GIF.
func onePixel() []byte {
	return []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")
}

// browser remembers cookies and follows nothing.
func (b *borgo) browser() *http.Client {
	b.t.Helper()
	jar, err := cookiejar.New(nil)
	b.must(err)
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// signedIn is a browser in which the account is signed in.
func (b *borgo) signedIn(s identity.Staff) *http.Client {
	b.t.Helper()
	client := b.browser()
	a := b.ask(client, http.MethodPost, "/office/sign-in", url.Values{"email": {s.Email}, "password": {staffPassword}})
	if a.status != http.StatusSeeOther {
		b.t.Fatalf("%s cannot sign in: %d\n%s", s.Email, a.status, a.body)
	}
	return client
}

// answer is what the site answered.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request; header alternates name and value.
func (b *borgo) ask(client *http.Client, method, path string, form url.Values, header ...string) answer {
	b.t.Helper()
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.server.URL+path, body)
	b.must(err)
	if body != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := client.Do(req)
	b.must(err)
	text, err := io.ReadAll(res.Body)
	b.must(err)
	b.must(res.Body.Close())
	return answer{res.StatusCode, res.Header, string(text)}
}

// tokenFor seals what a link in a mail carries.
func (b *borgo) tokenFor(purpose string, p people.Pending) string {
	return b.sealer.Ints(purpose, p.Expires, p.ID)
}

// ownToken is that of the link to her own page in Maria's mails.
func (b *borgo) ownToken() string {
	b.t.Helper()
	maria, err := b.people.Get(b.ctx, b.maria)
	b.must(err)
	return b.newsletters.OwnPageToken(b.maria, maria.Addresses[0].ID)
}

// enter opens Maria's page in the browser, by a link that was sent to her just now.
func (b *borgo) enter(client *http.Client) {
	b.t.Helper()
	var e people.Entry
	b.must(b.db.Tx(b.ctx, func(tx *storage.Tx) (err error) {
		e, err = b.people.AskEntryIn(b.ctx, tx, people.Email, "maria@citta.example")
		return err
	}))
	if a := b.ask(client, http.MethodPost, "/me/"+b.sealer.Ints("people.entry", e.Expires, e.ID, 0), nil); a.status != http.StatusSeeOther {
		b.t.Fatalf("the way in: %d\n%s", a.status, a.body)
	}
}

// unsubscribeToken is the one of the link in the mail that Maria got.
func (b *borgo) unsubscribeToken() string {
	b.t.Helper()
	for _, m := range b.relay.Mails() {
		if m.To == "maria@citta.example" {
			_, after, _ := strings.Cut(m.Header("List-Unsubscribe"), "/u/")
			token, _, found := strings.Cut(after, ">")
			if found {
				return token
			}
		}
	}
	b.t.Fatal("no link to unsubscribe in the mail to Maria")
	return ""
}
