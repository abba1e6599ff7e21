package delivery

import (
	"context"
	"crypto/tls"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/bounce"
	"unoxuno/internal/delivery/db"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/delivery/routing"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/fault"
	"unoxuno/internal/seal"
	"unoxuno/internal/storage"
)

//go:embed schema/*.sql
var schema embed.FS

//go:embed words/*.toml
var words embed.FS

// Schema is the room's migrations, the .sql files at the root.
func Schema() fs.FS { return storage.Sub(schema, "schema") }

// Words are the room's words, it.toml and en.toml.
func Words() fs.FS { return words }

// InFlight is how many messages of one process may have been handed to the relay without their outcome being on record:
// the most that a crash can make it repeat.
const InFlight = 256

// Settings is how the room sends.
type Settings struct {
	Plan         routing.Plan   // how mail leaves
	Zone         *time.Location // in which the plan's windows are told; nil is UTC
	SMTPURL      string         // relay, as email.ParseRelay reads it, when the plan has none; "" is none: everything is put off
	Conns        int            // connections held to all relays at once whose number the plan leaves open; 0 is 4
	From         email.Mailbox  // of notes that name no sender
	Domain       string         // the town's mail domain: in Message-IDs, and the name we say to the relay
	BounceDomain string         // domain of envelope senders, to which bounces return; "" is Domain
	RetryFirst   time.Duration  // wait before the first repeat; 0 is one minute
	ChunkSize    int            // messages that a worker takes at a time; 0 is 500
	TLS          *tls.Config    // trust of the relay's certificate; nil is the system's
	SMS          SMSSettings    // of text messages
	Policy       Policy         // what is done about what comes back
	LedgerMonths int            // after so many months a finished batch becomes numbers; 0: never
	FoldAtOnce   int            // messages that become numbers in one transaction; 0 is 5000, some hundredths of a second's work
}

func (s Settings) withDefaults() (Settings, error) {
	if s.Conns <= 0 {
		s.Conns = 4
	}
	if s.Zone == nil {
		s.Zone = time.UTC
	}
	if s.RetryFirst <= 0 {
		s.RetryFirst = time.Minute
	}
	if s.ChunkSize <= 0 {
		s.ChunkSize = 500
	}
	if s.FoldAtOnce <= 0 {
		s.FoldAtOnce = 5000
	}
	if s.BounceDomain == "" {
		s.BounceDomain = s.Domain
	}
	for _, domain := range []*string{&s.Domain, &s.BounceDomain} {
		path, err := email.ParsePath("x@" + *domain)
		if err != nil {
			return s, fault.Invalid("delivery.domain", "Domain", *domain)
		}
		*domain = path.String()[len("x@"):] // IDN domains as A-labels
	}
	s.Policy = s.Policy.withDefaults(s.From.Address)
	return s, nil
}

// Room delivers. Make it with New, tell it its origins with Plug, then Run it.
type Room struct {
	db       *storage.DB
	clock    clock.Clock
	sealer   *seal.Sealer
	log      *slog.Logger
	settings Settings
	routes   *routes
	limits   *limits     // of receiving domains; nil: none
	gateway  sms.Gateway // of text messages
	sender   sms.Sender
	origins  map[string]Origin
	batches  chan struct{} // wakes the loop of batches
	singles  chan struct{} // wakes the loop of notes
	inFlight chan struct{} // a token for each message handed over and not yet on record
	metrics  *metrics

	farewells     Farewells // told of unsubscriptions by mail; nil: nobody is
	persons       Persons
	correspondent Correspondent // told of inbound text messages; nil: nobody is
	hasHolder     func(ctx context.Context, channel, address string) (bool, error)
}

// New makes the room upon a database that has its schema. It fails with a fault when a setting is malformed.
func New(d *storage.DB, c clock.Clock, sealer *seal.Sealer, log *slog.Logger, s Settings) (*Room, error) {
	s, err := s.withDefaults()
	if err != nil {
		return nil, err
	}
	routes, err := newRoutes(s, c)
	if err != nil {
		return nil, err
	}
	r := &Room{
		db: d, clock: c, sealer: sealer, log: log, settings: s, origins: map[string]Origin{},
		routes: routes, limits: newLimits(s.Plan),
		batches: make(chan struct{}, 1), singles: make(chan struct{}, 1), inFlight: make(chan struct{}, InFlight), metrics: newMetrics(),
		hasHolder: func(context.Context, string, string) (bool, error) { return false, nil },
		persons:   everybody{},
	}
	return r, r.openGateway(s.SMS)
}

// Plug names an origin of batches. All origins are plugged before the room runs.
func (r *Room) Plug(name string, o Origin) { r.origins[name] = o }

// Wake says that something was enqueued or posted; without it, that is found within a second.
func (r *Room) Wake() {
	for _, loop := range []chan struct{}{r.batches, r.singles} {
		select {
		case loop <- struct{}{}:
		default: // it has been said already
		}
	}
}

// Close closes the connections to the relays that are not in use, and that to the gateway.
func (r *Room) Close() error {
	r.routes.all.Close()
	r.gateway.Close()
	return nil
}

// now is the town's time, in milliseconds.
func (r *Room) now() int64 { return clock.Millis(r.clock.Now()) }

// Sending is one message as its person may see it: what it was about, and what became of it.
type Sending struct {
	Origin  string    `json:"origin"`
	Ref     int64     `json:"ref,string"`
	Channel string    `json:"channel"`
	State   State     `json:"state"`
	At      time.Time `json:"at"`
	Came    []Return  `json:"came_back,omitempty"`
}

// Return is what came back of a message.
type Return struct {
	Kind   bounce.Kind   `json:"kind"`
	Reason bounce.Reason `json:"reason"`
	At     time.Time     `json:"at"`
}

// Name is the room's name among those that keep something about people.
func (r *Room) Name() string { return "delivery" }

// Export is what the room keeps about a person, as far as sight goes: a list of Sending. What has become numbers is not
// hers any more.
func (r *Room) Export(ctx context.Context, q storage.Queryer, person int64, sight access.Sight) (any, error) {
	rows, err := db.New(q).MessagesOf(ctx, person)
	if err == nil && sight != access.Whole {
		rows, err = r.withoutSensitive(ctx, q, rows)
	}
	if err != nil {
		return nil, err
	}
	returns, err := db.New(q).ReturnsOf(ctx, person)
	if err != nil {
		return nil, err
	}
	came := map[int64][]Return{}
	for _, row := range returns {
		came[row.Batch] = append(came[row.Batch], Return{bounce.Kind(row.Kind), bounce.Reason(row.Reason), clock.Time(row.At)})
	}
	sendings := make([]Sending, len(rows))
	for i, row := range rows {
		sendings[i] = Sending{
			Origin: row.Origin, Ref: row.Ref, Channel: row.Channel, State: State(row.State), At: clock.Time(row.Changed),
			Came: came[row.Batch],
		}
	}
	return sendings, nil
}

// withoutSensitive leaves out what its origin calls sensitive, and what has no origin that could be asked.
func (r *Room) withoutSensitive(ctx context.Context, q storage.Queryer, rows []db.MessagesOfRow) ([]db.MessagesOfRow, error) {
	refs := map[string][]int64{}
	for _, row := range rows {
		if _, plugged := r.origins[row.Origin]; plugged {
			refs[row.Origin] = append(refs[row.Origin], row.Ref)
		}
	}
	sensitive := map[string][]int64{}
	for name, asked := range refs {
		found, err := r.origins[name].Sensitive(ctx, q, asked)
		if err != nil {
			return nil, fmt.Errorf("what is sensitive of %s: %w", name, err)
		}
		sensitive[name] = found
	}
	return slices.DeleteFunc(rows, func(row db.MessagesOfRow) bool {
		return refs[row.Origin] == nil || slices.Contains(sensitive[row.Origin], row.Ref)
	}), nil
}

// Forget cuts the person off the ledger, whose counts stand, and drops her notes. What she is still owed is not sent.
func (r *Room) Forget(ctx context.Context, tx *storage.Tx, person int64) error {
	queries := db.New(tx)
	batches, err := queries.BatchesOf(ctx, person)
	if err != nil {
		return err
	}
	for _, batch := range batches {
		// A new number for each row: one for all would still be a name, though nobody's.
		row := db.ForgetMessageParams{Batch: batch, Person: person, Nobody: -storage.NewID()}
		if err := queries.ForgetMessage(ctx, row); err != nil {
			return err
		}
		if err := queries.ForgetChunkEnds(ctx, db.ForgetChunkEndsParams{Batch: batch, Person: person}); err != nil {
			return err
		}
		if err := queries.ForgetReturns(ctx, db.ForgetReturnsParams(row)); err != nil {
			return err
		}
		if err := forgetParts(ctx, queries, batch, person, row.Nobody); err != nil {
			return err
		}
	}
	if err := r.forgetNotesTo(ctx, tx, person); err != nil {
		return err
	}
	if err := queries.ForgetNoteReturns(ctx, person); err != nil {
		return err
	}
	if err := queries.ForgetNoteParts(ctx, person); err != nil {
		return err
	}
	if err := queries.ForgetFilled(ctx, person); err != nil {
		return err
	}
	return queries.ForgetNotes(ctx, person)
}
