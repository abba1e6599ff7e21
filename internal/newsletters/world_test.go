package newsletters_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/content"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/disclosure"
	"unoxuno/internal/identity"
	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/seal"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
	"unoxuno/internal/taxonomy"
	"unoxuno/internal/town"
)

// world is a small town with real rooms, a real database, and a real SMTP server that receives its mail.
type world struct {
	*testing.T
	*newsletters.Room

	ctx      context.Context
	db       *storage.DB
	clock    *clock.Manual
	sink     *deliverytest.Sink
	people   *people.People
	delivery *delivery.Room
	identity *identity.Room
	words    *locale.Words
	refused  func(deliverytest.Attempt) error // what the mail server refuses; nil means nothing
	mu       sync.Mutex
	texted   []sms.Message           // accepted by the gateway
	busy     func(sms.Message) error // what the gateway refuses; nil means nothing
	phones   int
}

// morning is the time at which tests begin: 3 March 2025, 10:00 in Rome.
func morning() time.Time { return time.Date(2025, 3, 3, 9, 0, 0, 0, time.UTC) }

// inTown runs the test on both engines, each time in a new town with the newsletters of declared.
func inTown(t *testing.T, test func(w *world)) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) { test(newWorld(t, db)) },
		storage.Schema{Room: "identity", Files: identity.Schema()}, storage.Schema{Room: "town", Files: town.Schema()},
		storage.Schema{Room: "disclosure", Files: disclosure.Schema()}, storage.Schema{Room: "taxonomy", Files: taxonomy.Schema()}, storage.Schema{Room: "delivery", Files: delivery.Schema()},
		storage.Schema{Room: "people", Files: people.Schema()}, storage.Schema{Room: "newsletters", Files: newsletters.Schema()})
}

func newWorld(t *testing.T, db *storage.DB) *world {
	t.Helper()
	words, err := locale.Load(newsletters.Words(), content.Words(), disclosure.Words(), people.Words(), delivery.Words())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, db: db, clock: clock.At(morning()), words: words}
	w.sink = deliverytest.New(t, deliverytest.Options{Rule: func(a deliverytest.Attempt) error {
		if w.refused == nil {
			return nil
		}
		return w.refused(a)
	}})
	w.ctx = locale.With(access.With(t.Context(), access.Actor{Kind: access.Console, Name: "console"}), words, "it", "")
	sealer, log := seal.New([]byte("secret of a test")), slog.New(slog.DiscardHandler)
	terms, towns := taxonomy.New(db), town.New(db, w.clock)
	w.identity = identity.New(db, w.clock, sealer)
	w.people = people.New(db, w.clock, terms, func() people.Town {
		return people.Town{Region: "IT", Zone: towns.Town().Zone(), Languages: []string{"it", "en"}}
	})
	w.delivery, err = delivery.New(db, w.clock, sealer, log, delivery.Settings{
		SMTPURL: w.sink.URL(), Domain: "comune.example", Policy: delivery.Policy{Mailbox: "newsletter@comune.example"}, SMS: delivery.SMSSettings{Gateway: sms.Pretend(w.take)},
		LedgerMonths: 24, FoldAtOnce: 2,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Room = newsletters.New(newsletters.Deps{
		DB: db, Clock: w.clock, Sealer: sealer, Words: words, Log: log, Identity: w.identity, Disclosure: disclosure.New(db, w.clock, sealer, w.identity), Town: towns, Taxonomy: terms,
		People: w.people, Delivery: w.delivery,
	}, newsletters.Settings{PublicURL: "https://uno.comune.example", MailFrom: "newsletter@comune.example", SMSPrice: w.price(), CountTogether: 2})
	w.delivery.Plug(newsletters.Origin, w.Room)
	w.delivery.Plug(newsletters.DigestOrigin, w.Digests())
	w.delivery.PlugPersons(w.people)
	w.delivery.PlugCorrespondent(w.Room)
	w.people.Plug(w.Room, keeper{"delivery", w.delivery})
	w.people.PlugSubscriptions(w.Room)
	w.people.PlugWithdrawn(w.Withdrawn)
	t.Cleanup(func() { w.must(w.delivery.Close()) })

	w.must(terms.EnsureDefaults(w.ctx))
	w.must(db.Tx(w.ctx, func(tx *storage.Tx) error {
		if _, err := terms.Apply(w.ctx, tx, taxonomy.Declaration{Topics: []taxonomy.Declared{
			{Slug: "teatro", Name: taxonomy.Name{IT: "Teatro", EN: "Theatre"}}, {Slug: "musica", Name: taxonomy.Name{IT: "Musica", EN: "Music"}},
		}}); err != nil {
			return err
		}
		if _, err := w.Declare(w.ctx, tx, declared()); err != nil {
			return err
		}
		_, err := towns.Apply(w.ctx, tx, town.Town{
			Name: "Comune di Esempio", Domain: "comune.example", Languages: []string{"it", "en"}, TimeZone: "Europe/Rome", Region: "IT",
		})
		return err
	}))
	w.must(towns.Refresh(w.ctx))
	return w
}

// keeper gives newsletters.Room the method name that people.Keeper needs.
type keeper struct {
	name string
	*delivery.Room
}

func (k keeper) Name() string { return k.name }

func declared() newsletters.Declaration {
	yes := true
	name := func(it, en string) taxonomy.Name { return taxonomy.Name{IT: it, EN: en} }
	return newsletters.Declaration{
		Newsrooms: []newsletters.DeclaredNewsroom{
			{Slug: "ufficio-cultura", Name: name("Ufficio cultura", "Culture office"), Kind: "office"},
			{Slug: "amici-della-musica", Name: name("Amici della musica", "Friends of music"), Kind: "association"},
		},
		Newsletters: []newsletters.DeclaredNewsletter{
			{
				Slug: "teatro", Newsroom: "ufficio-cultura", Name: name("A teatro", "At the theatre"), Topics: []string{"teatro"},
				Description: name("Il cartellone", "What is on"), Period: "mensile", ReplyTo: "cultura@comune.example",
			},
			{
				Slug: "famiglie", Newsroom: "ufficio-cultura", Name: name("In famiglia", "Families"), Topics: []string{"teatro", "musica"},
				For: []string{"genitore"},
			},
			{Slug: "concerti", Newsroom: "amici-della-musica", Name: name("Concerti", "Concerts"), Topics: []string{"musica"}},
			{
				Slug: "salute", Newsroom: "ufficio-cultura", Name: name("Salute", "Health"), Topics: []string{"teatro"}, Sensitive: &yes,
			},
		},
	}
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// leaveAll makes a person leave everything.
func (w *world) leaveAll(person int64, how string) {
	w.Helper()
	_, err := w.UnsubscribeAll(w.ctx, person, how)
	w.must(err)
}

func (w *world) declare(d newsletters.Declaration) newsletters.Changes {
	w.Helper()
	var changes newsletters.Changes
	w.must(w.db.Tx(w.ctx, func(tx *storage.Tx) (err error) {
		changes, err = w.Declare(w.ctx, tx, d)
		return err
	}))
	return changes
}

// citizen registers a person with a confirmed address given@mail.example, subscribed to the named newsletters with the
// consent for them. With profile she also asks for what fits her.
func (w *world) citizen(d people.Details, profile bool, subscribed ...string) int64 {
	w.Helper()
	var grants []people.Grant
	if profile {
		grants = append(grants, people.Grant{Purpose: people.ForProfile, Source: "test", Channel: people.Email})
	}
	contact := people.Contact{Channel: people.Email, Value: strings.ToLower(d.Given) + "@mail.example", Verified: true}
	person, err := w.people.Register(w.ctx, d, []people.Contact{contact}, grants)
	w.must(err)
	for _, slug := range subscribed {
		w.must(w.SubscribePerson(w.ctx, person, slug, "own-page"))
	}
	return person
}

// text returns the content of an issue with one paragraph and a link.
func text(newsletter, slug, audience string) newsletters.Content {
	return newsletters.Content{
		Newsletter: newsletter, Slug: slug, Title: "Il cartellone di dicembre", Language: "it", Audience: audience,
		Blocks: []content.Block{
			{ID: "b1", Kind: content.KindText, Text: "Si parte con [Goldoni](https://www.teatro.example/goldoni)."},
			{ID: "b2", Kind: content.KindButton, Label: "Prenota", URL: "https://www.teatro.example/prenota"},
		},
	}
}

// create creates an issue.
func (w *world) create(c newsletters.Content) newsletters.Issue {
	w.Helper()
	i, err := w.Create(w.ctx, c)
	w.must(err)
	return i
}

// version returns the issue's current version.
func (w *world) version(issue int64) int64 {
	w.Helper()
	i, err := w.Issue(w.ctx, issue)
	w.must(err)
	return i.Version
}

// send sends the issue and delivers what is queued.
func (w *world) send(issue int64) delivery.Progress {
	w.Helper()
	d, err := w.Send(w.ctx, issue, w.version(issue), false)
	w.must(err)
	p, err := w.delivery.Drain(w.ctx, d.Batch.ID, nil)
	w.must(err)
	return p
}

// reached returns the sorted names of the people who got mail since the last call, once for each mail.
func (w *world) reached() []string {
	var names []string
	for _, m := range w.sink.Mails() {
		names = append(names, strings.TrimSuffix(m.To, "@mail.example"))
	}
	w.sink.Clear()
	slices.Sort(names)
	return names
}

// wantReached fails the test unless exactly those people, given as "ada bea", were reached.
func (w *world) wantReached(want string) {
	w.Helper()
	if got := strings.Join(w.reached(), " "); got != want {
		w.Errorf("mail reached %q, want %q", got, want)
	}
}

// actAs returns the context of a member of staff with a role in some newsrooms; none named means all.
func (w *world) actAs(role identity.Role, newsrooms ...string) context.Context {
	return access.With(w.ctx, access.Actor{
		Kind: access.StaffAct, ID: 1, Name: string(role) + "@comune.example", Permissions: role.Permissions(), Newsrooms: newsrooms,
	})
}

// terms declares more of the town's words.
func (w *world) terms(d taxonomy.Declaration) error {
	return w.db.Tx(w.ctx, func(tx *storage.Tx) error {
		_, err := taxonomy.New(w.db).Apply(w.ctx, tx, d)
		return err
	})
}

type entry = identity.Entry

func identityQuery(subject string) identity.AuditQuery {
	return identity.AuditQuery{Subject: subject, Limit: 500}
}
