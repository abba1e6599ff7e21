package newslettersweb_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/content"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/email"
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

// publicTown is a town with its citizens' pages about newsletters. Everything is real, including the mail server.
type publicTown struct {
	t      *testing.T
	clock  *clock.Manual
	db     *storage.DB
	people *people.People
	post   *delivery.Room
	room   *newsletters.Room
	sink   *deliverytest.Sink
	site   *web.Site
	url    string
	anna   int64
}

// ctx returns a context with the operator as actor, who may do everything.
func ctx() context.Context {
	return access.With(context.Background(), access.Actor{Kind: access.Console, Name: "console"})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eachTown runs a test in a new town on each engine.
func eachTown(t *testing.T, test func(t *testing.T, p *publicTown)) {
	t.Helper()
	storagetest.Each(t, func(t *testing.T, db *storage.DB) { test(t, newPublicTown(t, db)) },
		storage.Schema{Room: "identity", Files: identity.Schema()}, storage.Schema{Room: "town", Files: town.Schema()},
		storage.Schema{Room: "disclosure", Files: disclosure.Schema()},
		storage.Schema{Room: "taxonomy", Files: taxonomy.Schema()}, storage.Schema{Room: "delivery", Files: delivery.Schema()},
		storage.Schema{Room: "people", Files: people.Schema()}, storage.Schema{Room: "newsletters", Files: newsletters.Schema()})
}

func newPublicTown(t *testing.T, db *storage.DB) *publicTown {
	t.Helper()
	p := &publicTown{t: t, clock: clock.At(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)), sink: deliverytest.New(t, deliverytest.Options{})}
	p.db = db
	words, err := locale.Load(web.Words(), identity.Words(), town.Words(), taxonomy.Words(), content.Words(), disclosure.Words(), delivery.Words(),
		people.Words(), newsletters.Words(), newslettersweb.PublicWords())
	must(t, err)
	log, sealer := slog.New(slog.DiscardHandler), seal.New([]byte("a secret for tests"))
	vocabulary := taxonomy.New(p.db)
	must(t, vocabulary.EnsureDefaults(ctx()))
	p.people = people.New(p.db, p.clock, vocabulary, func() people.Town { return people.Town{Region: "IT", Languages: []string{"it", "en"}} })
	p.post, err = delivery.New(p.db, p.clock, sealer, log, delivery.Settings{
		SMTPURL: p.sink.URL(), From: email.Mailbox{Address: "news@borgo.example"}, Domain: "borgo.example",
	})
	must(t, err)
	t.Cleanup(func() { _ = p.post.Close() })
	server := httptest.NewUnstartedServer(nil)
	p.url = "http://" + server.Listener.Addr().String()
	audit := identity.New(p.db, p.clock, sealer)
	p.room = newsletters.New(newsletters.Deps{
		DB: p.db, Clock: p.clock, Sealer: sealer, Words: words, Log: log, Identity: audit,
		Disclosure: disclosure.New(p.db, p.clock, sealer, audit),
		Town:       town.New(p.db, p.clock), Taxonomy: vocabulary, People: p.people, Delivery: p.post,
	}, newsletters.Settings{PublicURL: p.url})
	p.post.Plug(newsletters.Origin, p.room)
	p.people.Plug(p.room)
	p.people.PlugSubscriptions(p.room)
	pages := newslettersweb.New(newslettersweb.Options{Newsletters: p.room, People: p.people, Taxonomy: vocabulary, Clock: p.clock})
	p.site, err = web.New(web.Options{Words: words, Log: log, PublicURL: p.url, Town: func(context.Context) web.Town {
		return web.Town{Name: "Comune di Borgo", Domain: "borgo.example", Languages: []string{"it", "en"}, Zone: time.UTC}
	}})
	must(t, err)
	must(t, p.site.Handle(pages.PublicRoutes()...))
	server.Config.Handler = p.site
	server.Start()
	t.Cleanup(server.Close)
	p.fill()
	return p
}

// fill declares two newsletters and makes Anna a reader of the first.
func (p *publicTown) fill() {
	p.t.Helper()
	named := func(text string) taxonomy.Name { return taxonomy.Name{IT: text, EN: "In English: " + text} }
	must(p.t, p.db.Tx(ctx(), func(tx *storage.Tx) error {
		_, err := p.room.Declare(ctx(), tx, newsletters.Declaration{
			Newsrooms: []newsletters.DeclaredNewsroom{{Slug: "ambiente", Name: named("Ufficio ambiente"), Kind: "office"}},
			Newsletters: []newsletters.DeclaredNewsletter{
				{Slug: "rifiuti", Newsroom: "ambiente", Name: named("Il cassonetto"), Description: named("Raccolte e orari"), Topics: []string{"gestione-rifiuti"}, Period: "monthly"},
				{Slug: "scuola", Newsroom: "ambiente", Name: named("Scuola aperta"), Description: named("Mense e iscrizioni"), Topics: []string{"istruzione"}, For: []string{"genitore"}},
			},
		})
		return err
	}))
	var err error
	p.anna, err = p.people.Register(ctx(), people.Details{Given: "Anna"}, []people.Contact{{Channel: people.Email, Value: "anna@example.org", Verified: true}}, nil)
	must(p.t, err)
	must(p.t, p.room.SubscribePerson(ctx(), p.anna, "rifiuti", "signup"))
	p.clock.Advance(time.Hour)
}

// sent returns a sent issue, and the mail that Anna got.
func (p *publicTown) sent() (newsletters.Issue, deliverytest.Mail) {
	p.t.Helper()
	file, err := newsletters.ParseIssueFile([]byte("---\nnewsletter: rifiuti\nslug: novembre\ntitle: Cambia la raccolta\nlanguage: it\n---\n" +
		"## Da lunedì\n\nSi raccoglie anche il [vetro](https://vetro.example/orari).\n"))
	must(p.t, err)
	issue, err := p.room.Put(ctx(), file)
	must(p.t, err)
	sending, err := p.room.Send(ctx(), issue.ID, issue.Version, false)
	must(p.t, err)
	_, err = p.post.Drain(ctx(), sending.Batch.ID, nil)
	must(p.t, err)
	mails := p.sink.Mails()
	if len(mails) != 1 || mails[0].To != "anna@example.org" {
		p.t.Fatalf("%d mails, want one to Anna", len(mails))
	}
	return issue, mails[0]
}

func (p *publicTown) subscribed() bool {
	p.t.Helper()
	all, err := p.room.SubscribedTo(ctx(), p.anna)
	must(p.t, err)
	return len(all) > 0
}

// leaveLink returns the path of the unsubscribe page that the mail's body links to.
func (p *publicTown) leaveLink(m deliverytest.Mail) string {
	p.t.Helper()
	link := regexp.MustCompile(regexp.QuoteMeta(p.url) + `(/unsubscribe/[A-Za-z0-9_-]+)`).FindStringSubmatch(m.Text())
	if link == nil {
		p.t.Fatalf("no unsubscribe link in:\n%s", m.Text())
	}
	return link[1]
}

// answer is a response of the site.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request; headers alternate name and value.
func (p *publicTown) ask(method, path string, form url.Values, headers ...string) answer {
	p.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, p.url+path, strings.NewReader(form.Encode()))
	must(p.t, err)
	req.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	must(p.t, err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	must(p.t, err)
	return answer{res.StatusCode, res.Header, string(body)}
}

func (p *publicTown) get(path string) answer {
	p.t.Helper()
	return p.ask(http.MethodGet, path, nil)
}
