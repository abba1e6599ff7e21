package newsletters

import (
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"slices"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/disclosure"
	"unoxuno/internal/fault"
	"unoxuno/internal/identity"
	"unoxuno/internal/locale"
	"unoxuno/internal/people"
	"unoxuno/internal/seal"
	"unoxuno/internal/storage"
	"unoxuno/internal/taxonomy"
	"unoxuno/internal/town"
)

//go:embed schema/*.sql
var schema embed.FS

//go:embed words/*.toml
var words embed.FS

// Schema returns the room's migrations. Its foreign keys refer to the tables of taxonomy and people.
func Schema() fs.FS { return storage.Sub(schema, "schema") }

// Times are the time from which an issue waits for a person's next slot, and those after which what she read is deleted.
func Times() []storage.Time {
	return slices.Concat(
		storage.Times(0, "newsletters_kept", "kept_at"), storage.Times(0, "newsletters_reading", "first_at", "last_at"),
	)
}

// Words returns the room's words, it.toml and en.toml.
func Words() fs.FS { return words }

// Origin is the name under which the room is plugged into delivery.
const Origin = "newsletters.issue"

// The interfaces of lower rooms that the room implements.
var (
	_ delivery.Origin      = (*Room)(nil)
	_ people.Subscriptions = (*Room)(nil)
	_ people.Keeper        = (*Room)(nil)
)

// Deps are the rooms below, and what all rooms share. All are required.
type Deps struct {
	DB         *storage.DB
	Clock      clock.Clock
	Sealer     *seal.Sealer
	Words      *locale.Words
	Log        *slog.Logger
	Identity   *identity.Room
	Disclosure *disclosure.Room
	Town       *town.Room
	Taxonomy   *taxonomy.Taxonomy
	People     *people.People
	Delivery   *delivery.Room
}

// Settings are decided by the operator.
type Settings struct {
	PublicURL string // how citizens reach the site, without a final slash
	MailFrom  string // sender address of issues; "" means newsletter@ the town's domain
	SMSPrice  int64  // of one part of a text message, in hundredths of a cent; 0 means unknown
	// CountTogether is the number of persons whose subscriptions are counted as one range; 0 means 4096.
	CountTogether int
}

// Room keeps newsletters. Its exported methods open their own transaction, unless they take one.
type Room struct {
	Deps

	settings Settings
	shelf    *shelf
	cleaning chan struct{} // limits cleaning to one picture at a time
	tally    *tally
}

// New returns the room for a database that has its schema. The app plugs it into delivery (as Origin) and into people
// (as Keeper and as Subscriptions), calls Due every few seconds, runs KeepCounting and calls Close at the end.
func New(d Deps, s Settings) *Room {
	return &Room{Deps: d, settings: s, shelf: newShelf(d.DB, d.Clock), tally: newTally(), cleaning: make(chan struct{}, 1)}
}

func (r *Room) now() int64 { return clock.Millis(r.Clock.Now()) }

// may returns a fault if the actor lacks the permission in that newsroom.
func may(ctx context.Context, p access.Permission, newsroom string) error {
	if access.From(ctx).CanIn(p, newsroom) {
		return nil
	}
	return fault.Forbidden("newsletters.newsroom.forbidden", "Newsroom", newsroom)
}

// actorName returns the actor's name for the room's tables: the account for staff, the kind for others, never a
// citizen's name.
func actorName(ctx context.Context) string {
	actor := access.From(ctx)
	if actor.Kind == access.StaffAct && actor.Name != "" {
		return actor.Name
	}
	return string(actor.Kind)
}

// defaultLanguage returns the town's first language.
func (r *Room) defaultLanguage() string {
	if languages := r.Town.Town().Languages; len(languages) > 0 {
		return languages[0]
	}
	return locale.Languages()[0]
}

// say returns the words of one language.
func (r *Room) say(lang string) func(key string) string {
	return func(key string) string { return r.Words.Say(lang, key) }
}
