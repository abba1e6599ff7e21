package people

import (
	"context"
	"embed"
	"io/fs"
	"math"
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

// Schema is the room's migrations, the .sql files at the root. Its foreign keys point at taxonomy's tables.
func Schema() fs.FS { return storage.Sub(schema, "schema") }

// Words are the room's words, it.toml and en.toml.
func Words() fs.FS { return words }

// Town is what the rules need to know of the town.
type Town struct {
	Region    string         // ISO 3166: where mobile numbers without prefix are dialled, "IT"
	Zone      *time.Location // whose calendar counts for ages and dates
	Languages []string       // that one may ask to be written in, the usual one first
}

// Keeper is a room that keeps something of a person. It gives it all away on request, and forgets it.
type Keeper interface {
	// Name is the room's name, the key of its part of an export.
	Name() string
	// Export is what the room keeps of the person, as far as sight goes, ready for JSON; nil for nothing.
	Export(ctx context.Context, q storage.Queryer, person int64, sight access.Sight) (any, error)
	// Forget removes it within tx, so that nothing left behind can be traced to her.
	Forget(ctx context.Context, tx *storage.Tx, person int64) error
}

// Subscriptions is what people asks of the room that keeps newsletters.
type Subscriptions interface {
	// Known are the newsletters that one may subscribe to.
	Known(ctx context.Context, q storage.Queryer) ([]Offer, error)
	// Of are the slugs that the person is subscribed to now.
	Of(ctx context.Context, q storage.Queryer, person int64) ([]string, error)
	// Subscribed writes an SQL condition that is true of those subscribed now to the newsletter with that slug;
	// personID is the SQL expression of the person's identifier.
	Subscribed(b *storage.Builder, personID, slug string)
	// Tied writes a SELECT for the index: a row for each of some persons and each newsletter to which she is tied so
	// now, the newsletter's slug as word and her identifier as person. Of whom is a condition, which among writes given
	// the expression of the identifier.
	Tied(b *storage.Builder, tie Tie, among func(b *storage.Builder, personID string))
	// Subscribe begins subscriptions, many at once. It leaves alone what stands already, and what was ended at or after
	// When: she has left since. It returns those for whom something began, each once.
	Subscribe(ctx context.Context, tx *storage.Tx, asked []Asked) ([]int64, error)
	// Tables are those that Subscribe reads and writes, each with a column person_id, and the definitions of the temporary
	// ones that it uses.
	Tables() (tables []string, staging string)
	// CountsReadTo returns the turn of the feed of changes from which on the room still needs it; see Place.
	CountsReadTo(ctx context.Context, q storage.Queryer) (turn int64, err error)
}

// Tie is a way in which somebody is tied to a newsletter.
type Tie string

// The ties there are.
const (
	TieSubscribed Tie = "subscribed" // on any channel: what an audience asks
	TieByEmail    Tie = "by_email"   // subscribed, to be sent it by e-mail
	TieLeft       Tie = "left"       // opted out: it does not come by profile either
	TieSlow       Tie = "slow"       // subscribed, to be sent it by e-mail together with others
	// TieSlowProfile is of who wants together what comes by profile: no newsletter's, it has one word of its own.
	TieSlowProfile Tie = "slow_profile"
)

// Ties are all ties.
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
	// New says that the person was made in this transaction, so that nothing of hers stands. She asks for each newsletter
	// once, and what she asks for stands together.
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
	refreshed     atomic.Bool // by RefreshSearch
}

// New makes the room upon a database that has its schema. town tells the town as it is now.
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

// upon is the same room upon a scratch database. The other rooms are told of nothing: they keep no copy.
func (p *People) upon(scratch *storage.DB) *People {
	copied := New(scratch, p.clock, p.taxonomy, p.townNow)
	copied.subscriptions = p.subscriptions
	return copied
}

// town is the town as it is now, whole even where little is known of it.
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

// Plug adds the rooms that keep something of a person. It is called while the program is put together.
func (p *People) Plug(keepers ...Keeper) { p.keepers = append(p.keepers, keepers...) }

// PlugSubscriptions sets the room that keeps newsletters. It is called while the program is put together.
func (p *People) PlugSubscriptions(s Subscriptions) { p.subscriptions = s }

// Today is the day it is in the town.
func (p *People) Today() Day { return DayOf(p.clock.Now().In(p.town().Zone)) }

func (p *People) now() int64 { return clock.Millis(p.clock.Now()) }

// Source says who told us something.
type Source string

// The sources there are.
const (
	FromImport Source = "import"
	FromStaff  Source = "staff"
	FromSelf   Source = "self"
)

// sourceOf is who speaks when the context's actor acts. Staff and console write down what she said.
func sourceOf(ctx context.Context) Source {
	switch access.From(ctx).Kind {
	case access.StaffAct, access.Console, access.System:
		return FromStaff
	default:
		return FromSelf
	}
}

// actorOf is how the ledger names the context's actor: never by a citizen's name.
func actorOf(ctx context.Context) string {
	actor := access.From(ctx)
	if actor.Kind == access.StaffAct && actor.Name != "" {
		return "staff:" + actor.Name
	}
	return string(actor.Kind)
}

// noSubscriptions stands in while no room keeps newsletters.
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
