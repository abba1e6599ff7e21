package town

import (
	"context"
	"embed"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	_ "time/tzdata" // the time zones, on machines that lack them

	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/plaintext"
	"unoxuno/internal/storage"
	"unoxuno/internal/town/db"
)

//go:embed schema
var schema embed.FS

//go:embed words
var words embed.FS

// Schema is the room's migrations.
func Schema() fs.FS { return storage.Sub(schema, "schema") }

// Words are the room's words.
func Words() fs.FS { return words }

// Town is what the town says of itself.
type Town struct {
	Name      string   `yaml:"name"`
	Domain    string   `yaml:"domain"`    // of mail and list identifiers; stable for ever (RFC 2919 §5)
	Languages []string `yaml:"languages"` // the first is the default
	TimeZone  string   `yaml:"time_zone"` // IANA name
	Region    string   `yaml:"region"`    // ISO 3166 country, the default of telephone numbers
	Digests   Digests  `yaml:"digests"`   // when those are written to who want several issues in one mail
}

// Zone is the town's time zone, UTC when it is not known to the machine.
func (t Town) Zone() *time.Location {
	zone, err := time.LoadLocation(t.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// unnamed is the town of a new database.
func unnamed() Town {
	return Town{Name: "Comune", Domain: "localhost", Languages: locale.Languages(), TimeZone: "Europe/Rome", Region: "IT", Digests: Digests{}.whole()}
}

// Room keeps the town.
type Room struct {
	db    *storage.DB
	clock clock.Clock
	town  atomic.Pointer[Town] // as it was read last
}

// New makes the room. Its town is a nameless one until Refresh has read it.
func New(db *storage.DB, c clock.Clock) *Room {
	r, none := &Room{db: db, clock: c}, unnamed()
	r.town.Store(&none)
	return r
}

// Town is the town as Refresh read it last. It comes from memory, so it may be asked for inside a transaction and while
// the database does not answer.
func (r *Room) Town() Town { return *r.town.Load() }

// Refresh reads the town again. Call it after a transaction that applied one, never inside a transaction.
func (r *Room) Refresh(ctx context.Context) error {
	t, err := read(ctx, r.db)
	if err != nil {
		return err
	}
	r.town.Store(&t)
	return nil
}

// refreshEvery is how long a node may show the town as it was before another node changed it.
const refreshEvery = 5 * time.Second

// KeepFresh reads the town again every few seconds until ctx ends, because another node may have changed it. While the
// database does not answer, the town stays as it was.
func (r *Room) KeepFresh(ctx context.Context) error {
	ticker := time.NewTicker(refreshEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		within, cancel := context.WithTimeout(ctx, refreshEvery)
		_ = r.Refresh(within) // the tasks beside this one report that the database is away
		cancel()
	}
}

func read(ctx context.Context, q storage.Queryer) (Town, error) {
	row, err := db.New(q).GetTown(ctx)
	if storage.None(err) {
		return unnamed(), nil
	}
	return Town{
		Name: row.Name, Domain: row.Domain, Languages: strings.Split(row.Languages, ","), TimeZone: row.TimeZone,
		Region: row.Region, Digests: Digests{row.DigestDaily, row.DigestWeekly, int(row.MostAWeek)}.whole(),
	}, err
}

// domainName is a name of RFC 1035 §2.3.1, one label at least.
var domainName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// Check says what is wrong with a declared town, every fault at once.
func (t Town) Check() error {
	var p fault.Problems
	note := func(field string, bad bool, e *fault.Error) {
		if bad {
			p = append(p, e.On(field))
		}
	}
	note("name", strings.TrimSpace(t.Name) == "", fault.Invalid("town.name_missing"))
	note("domain", !domainName.MatchString(t.Domain), fault.Invalid("town.domain", "Value", t.Domain))
	note("languages", len(t.Languages) == 0, fault.Invalid("town.language", "Value", "", "Known", locale.Languages()))
	for _, l := range t.Languages {
		note("languages", !slices.Contains(locale.Languages(), l), fault.Invalid("town.language", "Value", l, "Known", locale.Languages()))
	}
	_, err := time.LoadLocation(t.TimeZone)
	note("time_zone", err != nil || t.TimeZone == "", fault.Invalid("town.time_zone", "Value", t.TimeZone))
	note("region", len(t.Region) != 2, fault.Invalid("town.region", "Value", t.Region))
	return append(p, t.Digests.problems()...).Err()
}

// Apply keeps the declared town and lists the fields in which it differs from the one kept before.
func (r *Room) Apply(ctx context.Context, tx *storage.Tx, t Town) (changed []string, err error) {
	if err := plaintext.Each(&t.Name).Err(); err != nil {
		return nil, err
	}
	if err := t.Check(); err != nil {
		return nil, err
	}
	was, err := read(ctx, tx)
	if err != nil {
		return nil, err
	}
	t.Digests = t.Digests.whole()
	if changed = t.differs(was); len(changed) == 0 {
		return nil, nil
	}
	return changed, db.New(tx).PutTown(ctx, db.PutTownParams{
		Name: t.Name, Domain: t.Domain, Languages: strings.Join(t.Languages, ","), TimeZone: t.TimeZone, Region: t.Region,
		ChangedAt: clock.Millis(r.clock.Now()), DigestDaily: t.Digests.Daily, DigestWeekly: t.Digests.Weekly,
		MostAWeek: int64(t.Digests.MostAWeek),
	})
}

func (t Town) differs(was Town) (fields []string) {
	for _, f := range []struct{ field, is, was string }{
		{"name", t.Name, was.Name},
		{"domain", t.Domain, was.Domain},
		{"languages", strings.Join(t.Languages, ","), strings.Join(was.Languages, ",")},
		{"time_zone", t.TimeZone, was.TimeZone},
		{"region", t.Region, was.Region},
		{"digests/daily", t.Digests.Daily, was.Digests.Daily},
		{"digests/weekly", t.Digests.Weekly, was.Digests.Weekly},
		{"digests/most_a_week", strconv.Itoa(t.Digests.MostAWeek), strconv.Itoa(was.Digests.MostAWeek)},
	} {
		if f.is != f.was {
			fields = append(fields, f.field)
		}
	}
	return fields
}
