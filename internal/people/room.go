package people

import (
	"context"
	"embed"
	"io/fs"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/storage"
	"unoxuno/internal/taxonomy"
)

//go:embed schema/*.sql
var schema embed.FS

//go:embed words/*.toml
var words embed.FS

// Schema returns the room's migrations. Its foreign keys refer to taxonomy's tables.
func Schema() fs.FS { return storage.Sub(schema, "schema") }

// Times are the times by which sign-ups, codes, tries and sessions are bounded.
func Times() []storage.Time {
	return slices.Concat(
		storage.Times(signUpLife, "people_signup", "expires_at"), storage.Times(0, "people_signup", "code_at"),
		storage.Times(EntryLife, "people_entry", "expires_at"), storage.Times(SessionLife, "people_session", "ends_at"),
		storage.Times(0, "people_asked", "at1", "at2", "at3"), storage.Times(0, "people_guess", "since"),
	)
}

// Words returns the room's words, it.toml and en.toml.
func Words() fs.FS { return words }

// Town holds what the rules need to know about the town.
type Town struct {
	Region    string         // ISO 3166, "IT": where mobile numbers without prefix are dialled
	Zone      *time.Location // for ages and dates
	Languages []string       // that people may choose, the default first
}

// Keeper is a room that stores data about people. It can export and erase it.
type Keeper interface {
	// Name returns the room's name, which is the key of its part of an export.
	Name() string
	// Export returns the room's data about the person, as far as sight allows, ready for JSON; nil if there is none.
	Export(ctx context.Context, q storage.Queryer, person int64, sight access.Sight) (any, error)
	// Forget removes the data in tx. Nothing that remains may be traceable to her.
	Forget(ctx context.Context, tx *storage.Tx, person int64) error
}

// Subscriptions is what people needs from the room that keeps newsletters.
type Subscriptions interface {
	// Known returns the newsletters that one may subscribe to.
	Known(ctx context.Context, q storage.Queryer) ([]Offer, error)
	// Of returns the slugs of the newsletters that the person is subscribed to now.
	Of(ctx context.Context, q storage.Queryer, person int64) ([]string, error)
	// Subscribed writes an SQL condition: the person is subscribed now to the newsletter with that slug. personID is
	// the SQL expression of her identifier.
	Subscribed(b *storage.Builder, personID, slug string)
	// Tied writes a SELECT for the index. It has a row for each selected person and each newsletter to which she has
	// the tie now: the newsletter's slug as word, her identifier as person. among writes the condition that selects
	// people, given the expression of the identifier.
	Tied(b *storage.Builder, tie Tie, among func(b *storage.Builder, personID string))
	// Subscribe begins many subscriptions. It skips those that exist, and those that the person ended at or after When.
	// It returns the people for whom one began, each once.
	Subscribe(ctx context.Context, tx *storage.Tx, asked []Asked) ([]int64, error)
	// Tables returns the tables that Subscribe uses, each with a column person_id, and the definitions of its temporary
	// tables.
	Tables() (tables []string, staging string)
	// CountsReadTo returns the turn from which the room still needs the feed of changes; see Place.
	CountsReadTo(ctx context.Context, q storage.Queryer) (turn int64, err error)
}

// Tie is a relation of a person to a newsletter.
type Tie string

// The ties.
const (
	TieSubscribed Tie = "subscribed" // on any channel; for audiences
	TieByEmail    Tie = "by_email"   // subscribed by e-mail
	TieLeft       Tie = "left"       // opted out: it does not come by profile either
	TieSlow       Tie = "slow"       // subscribed by e-mail, in a digest
	// TieSlowProfile is for people who get in a digest what comes by profile. It belongs to no newsletter and has one
	// word of its own.
	TieSlowProfile Tie = "slow_profile"
)

// Ties returns all ties.
func Ties() []Tie { return []Tie{TieSubscribed, TieByEmail, TieLeft, TieSlow, TieSlowProfile} }

// Offer is a newsletter that one may subscribe to.
type Offer struct {
	Slug   string
	Titles []string // in every language
}

// Asked is a subscription that somebody asked for.
type Asked struct {
	Person     int64
	Newsletter string // slug
	Channel    Channel
	How        string // "signup", "import"
	When       time.Time
	// New means that the person was created in this transaction, so she has no subscriptions. Her requests are
	// adjacent, each newsletter once.
	New bool
}

// People keeps the town's people. Its exported methods open their own transaction, except those named …In.
type People struct {
	db            *storage.DB
	clock         clock.Clock
	taxonomy      *taxonomy.Taxonomy
	townNow       func() Town
	keepers       []Keeper
	subscriptions Subscriptions
	confirmed     Confirmed
	withdrawn     Withdrawn
	audit         Audit
	journal       Journal
	addressAdded  AddressAdded
	live          *liveIndex
	refreshed     atomic.Bool // set by RefreshSearch
}

// New returns the room for a database that has its schema. town returns the town as it is now.
func New(db *storage.DB, c clock.Clock, t *taxonomy.Taxonomy, town func() Town) *People {
	return &People{
		db: db, clock: c, taxonomy: t, townNow: town, subscriptions: noSubscriptions{}, live: newLiveIndex(),
		confirmed: func(context.Context, *storage.Tx, Channel, string) error { return nil },
		withdrawn: func(context.Context, *storage.Tx, int64, Purpose) error { return nil },
		audit:     func(context.Context, *storage.Tx, string, string, string) error { return nil },
		journal:   noJournal,

		addressAdded: func(context.Context, *storage.Tx, NewAddress) error { return nil },
	}
}

// upon returns the same room on a scratch database. Other rooms are not told of changes, because they have no copy.
func (p *People) upon(scratch *storage.DB) *People {
	copied := New(scratch, p.clock, p.taxonomy, p.townNow)
	copied.subscriptions = p.subscriptions
	return copied
}

// town returns the town as it is now, with defaults for what is unknown.
func (p *People) town() Town {
	t := p.townNow()
	if t.Zone == nil {
		t.Zone = time.UTC
	}
	if len(t.Languages) == 0 {
		t.Languages = []string{"it"}
	}
	return t
}

// Plug adds the rooms that store data about people. It is called while the program is assembled.
func (p *People) Plug(keepers ...Keeper) { p.keepers = append(p.keepers, keepers...) }

// PlugSubscriptions sets the room that keeps newsletters. It is called while the program is assembled.
func (p *People) PlugSubscriptions(s Subscriptions) { p.subscriptions = s }

// Today returns the current day in the town.
func (p *People) Today() Day { return DayOf(p.clock.Now().In(p.town().Zone)) }

func (p *People) now() int64 { return clock.Millis(p.clock.Now()) }

// Source says who gave us a piece of data.
type Source string

// The sources.
const (
	FromImport Source = "import"
	FromStaff  Source = "staff"
	FromSelf   Source = "self"
)

// sourceOf returns the source for the context's actor. Staff and the console record what the person said.
func sourceOf(ctx context.Context) Source {
	switch access.From(ctx).Kind {
	case access.StaffAct, access.Console, access.System:
		return FromStaff
	default:
		return FromSelf
	}
}

// actorOf returns the name of the context's actor in the ledger. It is never a citizen's name.
func actorOf(ctx context.Context) string {
	actor := access.From(ctx)
	if actor.Kind == access.StaffAct && actor.Name != "" {
		return "staff:" + actor.Name
	}
	return string(actor.Kind)
}

// noSubscriptions is used while no room keeps newsletters.
type noSubscriptions struct{}

func (noSubscriptions) Tables() ([]string, string) { return nil, "" }

func (noSubscriptions) CountsReadTo(context.Context, storage.Queryer) (int64, error) {
	return math.MaxInt64, nil
}

func (noSubscriptions) Known(context.Context, storage.Queryer) ([]Offer, error) { return nil, nil }

func (noSubscriptions) Of(context.Context, storage.Queryer, int64) ([]string, error) { return nil, nil }

func (noSubscriptions) Subscribed(b *storage.Builder, _, _ string) { b.Add("1 = 0") }

func (noSubscriptions) Tied(b *storage.Builder, _ Tie, _ func(*storage.Builder, string)) {
	b.Add("SELECT '' AS word, 0 AS person WHERE 1 = 0")
}

func (noSubscriptions) Subscribe(context.Context, *storage.Tx, []Asked) ([]int64, error) {
	return nil, nil
}
