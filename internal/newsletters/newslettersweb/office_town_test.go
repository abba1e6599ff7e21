package newslettersweb_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/content"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/delivery/routing"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/disclosure"
	"unoxuno/internal/identity"
	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/newsletters/newslettersweb"
	"unoxuno/internal/people"
	"unoxuno/internal/seal"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
	"unoxuno/internal/taxonomy"
	"unoxuno/internal/town"
	"unoxuno/internal/web"
)

// office is a site with the office's pages on real rooms. Requests come from actor.
type office struct {
	*testing.T
	room   *newsletters.Room
	people *people.People
	now    *clock.Manual
	site   *web.Site
	actor  access.Actor
	relay  email.Health

	db       *storage.DB
	audit    *identity.Room
	delivery *delivery.Room
	silent   bool          // the town sends no text messages
	trouble  string        // why its gateway accepts nothing
	texted   []sms.Message // accepted by its gateway
}

// phones is the office's gateway for text messages.
type phones struct {
	sms.Gateway
	o *office
}

func (p phones) Health() sms.Health {
	return sms.Health{Configured: !p.o.silent, Up: p.o.trouble == "", Since: p.o.now.Now(), Trouble: p.o.trouble}
}

func staff(role identity.Role, newsrooms ...string) access.Actor {
	return access.Actor{
		Kind: access.StaffAct, ID: 1, Name: string(role) + "@comune.example", Permissions: role.Permissions(), Newsrooms: newsrooms,
	}
}

// eachOffice runs a test in a new office on each engine.
func eachOffice(t *testing.T, test func(t *testing.T, o *office)) {
	t.Helper()
	storagetest.Each(t, func(t *testing.T, db *storage.DB) { test(t, newOffice(t, db)) },
		storage.Schema{Room: "identity", Files: identity.Schema()}, storage.Schema{Room: "town", Files: town.Schema()},
		storage.Schema{Room: "disclosure", Files: disclosure.Schema()},
		storage.Schema{Room: "taxonomy", Files: taxonomy.Schema()}, storage.Schema{Room: "delivery", Files: delivery.Schema()},
		storage.Schema{Room: "people", Files: people.Schema()}, storage.Schema{Room: "newsletters", Files: newsletters.Schema()})
}

func newOffice(t *testing.T, db *storage.DB) *office {
	t.Helper()
	words, err := locale.Load(newsletters.Words(), content.Words(), disclosure.Words(), people.Words(), delivery.Words(), identity.Words(),
		taxonomy.Words(), newslettersweb.OfficeWords(), web.Words())
	if err != nil {
		t.Fatal(err)
	}
	o := &office{T: t, now: clock.At(time.Date(2025, 3, 3, 9, 0, 0, 0, time.UTC)), relay: email.Health{Configured: true, Up: true}}
	o.actor = access.Actor{Kind: access.Console, Name: "console"}
	sealer, log := seal.New([]byte("secret of a test")), slog.New(slog.DiscardHandler)
	terms, towns := taxonomy.New(db), town.New(db, o.now)
	o.people = people.New(db, o.now, terms, func() people.Town { return people.Town{Region: "IT", Zone: time.UTC, Languages: []string{"it", "en"}} })
	plan, err := routing.Parse("plan", []byte(`windows: {default: "06:00-21:00"}`))
	if err != nil {
		t.Fatal(err)
	}
	post, err := delivery.New(db, o.now, sealer, log, delivery.Settings{
		Domain: "comune.example", Plan: plan, SMS: delivery.SMSSettings{Gateway: phones{sms.Pretend(func(_ context.Context, m sms.Message) ([]string, error) {
			o.texted = append(o.texted, m)
			return []string{m.Reference}, nil
		}), o}},
	})
	if err != nil {
		t.Fatal(err)
	}
	o.db, o.audit, o.delivery, o.silent = db, identity.New(db, o.now, sealer), post, true
	o.room = newsletters.New(newsletters.Deps{
		DB: db, Clock: o.now, Sealer: sealer, Words: words, Log: log, Identity: o.audit, Town: towns,
		Disclosure: disclosure.New(db, o.now, sealer, o.audit),
		Taxonomy:   terms, People: o.people, Delivery: post,
	}, newsletters.Settings{PublicURL: "https://uno.comune.example"})
	post.Plug(newsletters.Origin, o.room)
	post.Plug(newsletters.DigestOrigin, o.room.Digests())
	o.people.PlugSubscriptions(o.room)
	pages := newslettersweb.New(newslettersweb.Options{
		Newsletters: o.room, People: o.people, Taxonomy: terms, Clock: o.now, Relay: func() email.Health { return o.relay },
		Gateway: post.Gateway,
	})
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	o.site, err = web.New(web.Options{
		Words: words, Log: log, PublicURL: "https://uno.comune.example",
		Town: func(context.Context) web.Town {
			return web.Town{Name: "Comune di Esempio", Languages: []string{"it", "en"}, Zone: rome}
		},
		Authenticate: func(http.ResponseWriter, *http.Request) (access.Actor, error) { return o.actor, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.site.Handle(pages.OfficeRoutes()...); err != nil {
		t.Fatal(err)
	}
	o.declare(terms)
	return o
}

// declare makes two newsrooms with a newsletter each, and a subscriber of the first.
func (o *office) declare(terms *taxonomy.Taxonomy) {
	o.Helper()
	ctx := o.ctx()
	o.must(terms.EnsureDefaults(ctx))
	name := func(it string) taxonomy.Name { return taxonomy.Name{IT: it, EN: it} }
	for slug, newsletter := range map[string]string{"cultura": "teatro", "musica": "concerti"} {
		o.must(o.room.PutNewsroom(ctx, newsletters.Newsroom{Slug: slug, Name: name(slug), Kind: newsletters.Office}))
		o.must(o.room.PutNewsletter(ctx, newsletters.Newsletter{
			Slug: newsletter, Newsroom: newsletters.Newsroom{Slug: slug}, Name: name(newsletter), Description: name("Che cosa c'è"), Period: "monthly",
		}))
	}
	person, err := o.people.Register(ctx, people.Details{Given: "Ada"},
		[]people.Contact{{Channel: people.Email, Value: "ada@mail.example", Verified: true}}, nil)
	o.must(err)
	// The noise of figures depends on her random key. With this key, one person is always shown as fewer than 5.
	_, err = o.db.ExecContext(ctx, "UPDATE people_person SET cell_key = 7 WHERE id = $1", person)
	o.must(err)
	o.must(o.room.SubscribePerson(ctx, person, "teatro", "desk"))
}

func (o *office) ctx() context.Context {
	return access.With(o.Context(), access.Actor{Kind: access.Console, Name: "console"})
}

func (o *office) must(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

// draft returns an issue of the newsletter that is ready to send.
func (o *office) draft(newsletter string) newsletters.Issue {
	o.Helper()
	issue, err := o.room.Create(o.ctx(), newsletters.Content{
		Newsletter: newsletter, Title: "Il cartellone", Language: "it",
		Blocks: []content.Block{{ID: "b1", Kind: content.KindText, Text: "Si parte con [Goldoni](https://teatro.example)."}},
	})
	o.must(err)
	return issue
}

func (o *office) serve(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	o.site.ServeHTTP(w, r)
	return w
}

func (o *office) get(path string) *httptest.ResponseRecorder {
	return o.serve(httptest.NewRequest(http.MethodGet, path, nil))
}

func (o *office) post(path string, pairs ...string) *httptest.ResponseRecorder {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return o.serve(r)
}

// upload sends a form with a file, as the editor does.
func (o *office) upload(path, field string, file []byte, pairs ...string) *httptest.ResponseRecorder {
	o.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i+1 < len(pairs); i += 2 {
		o.must(form.WriteField(pairs[i], pairs[i+1]))
	}
	part, err := form.CreateFormFile(field, "photo.png")
	o.must(err)
	_, err = part.Write(file)
	o.must(err)
	o.must(form.Close())
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return o.serve(r)
}

func (o *office) wantStatus(w *httptest.ResponseRecorder, status int) {
	o.Helper()
	if w.Code != status {
		o.Errorf("status %d, want %d; location %q, body:\n%.1500s", w.Code, status, w.Header().Get("Location"), w.Body)
	}
}

func (o *office) wantText(w *httptest.ResponseRecorder, texts ...string) {
	o.Helper()
	for _, text := range texts {
		if !strings.Contains(w.Body.String(), text) {
			o.Errorf("page lacks %q:\n%s", text, w.Body)
		}
	}
}

func path(issue newsletters.Issue, below string) string {
	return fmt.Sprintf("/office/issues/%d%s", issue.ID, below)
}

// fields returns the editor's form of an issue with one text block.
func fields(issue newsletters.Issue, text string) []string {
	return []string{
		"version", fmt.Sprint(issue.Version), "title", issue.Title, "slug", issue.Slug, "language", issue.Language,
		"block", "b1", "b1.kind", "text", "b1.text", text,
	}
}
