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

// Schema returns the room's migrations.
func Schema() fs.FS { return storage.Sub(schema, "schema") }

// Times are those of brakes and holds, and of what is forgotten after a day. Fold and Sweep bring back those of the ledger.
func Times() []storage.Time {
	return slices.Concat(
		storage.Times(0, "delivery_brake", "since", "lifted_at"), storage.Times(0, "delivery_hold", "at"),
		storage.Times(0, "delivery_sms_answer", "at"),
	)
}

// Words returns the room\'s words, it.toml and en.toml.
func Words() fs.FS { return words }

// InFlight is how many messages of one process may have been given to the relay without a recorded outcome: the most
// that a crash can repeat.
const InFlight = 256

// Settings configure the room.
type Settings struct {
	Plan         routing.Plan   // how mail leaves
	Zone         *time.Location // for the plan's windows; nil means UTC
	SMTPURL      string         // relay, as email.ParseRelay reads it, if the plan has none; "": everything is deferred
	Conns        int            // connections to all relays whose number the plan does not set; 0 means 4
	From         email.Mailbox  // of notes without a sender
	Domain       string         // the town's mail domain, for Message-IDs and our EHLO name
	BounceDomain string         // domain of envelope senders, to which bounces return; "" means Domain
	RetryFirst   time.Duration  // wait before the first retry; 0 means one minute
	ChunkSize    int            // messages that a worker takes at a time; 0 means 500
	TLS          *tls.Config    // for the relay's certificate; nil means the system's
	SMS          SMSSettings    // of text messages
	Policy       Policy         // how returned mail is handled
	LedgerMonths int            // months after which a finished batch becomes numbers; 0: never
	FoldAtOnce   int            // messages folded in one transaction; 0 means 5000
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
		*domain = path.String()[len("x@"):] // IDN domains become A-labels
	}
	s.Policy = s.Policy.withDefaults(s.From.Address)
	return s, nil
}

// Room delivers. Create it with New, add its origins with Plug, then call Run.
type Room struct {
	db       *storage.DB
	clock    clock.Clock
	sealer   *seal.Sealer
	log      *slog.Logger
	settings Settings
	routes   *routes
	limits   *limits     // of receiving domains; nil if there are none
	gateway  sms.Gateway // of text messages
	sender   sms.Sender
	origins  map[string]Origin
	batches  chan struct{} // wakes the loop of batches
	singles  chan struct{} // wakes the loop of notes
	inFlight chan struct{} // a token for each message handed over but not recorded
	metrics  *metrics
	garbage  collector

	farewells     Farewells // is told of unsubscriptions by mail; nil if there is none
	persons       Persons
	correspondent Correspondent // is told of inbound text messages; nil if there is none
	hasHolder     func(ctx context.Context, channel, address string) (bool, error)
}

// New returns the room for a database that has its schema. It fails with a fault if a setting is malformed.
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

// Plug adds an origin of batches. All origins are plugged before the room runs.
func (r *Room) Plug(name string, o Origin) { r.origins[name] = o }

// Wake tells the room that something was enqueued or posted; otherwise it notices within a second.
func (r *Room) Wake() {
	for _, loop := range []chan struct{}{r.batches, r.singles} {
		select {
		case loop <- struct{}{}:
		default: // signalled already
		}
	}
}

// Close closes the idle connections to the relays, and the one to the gateway.
func (r *Room) Close() error {
	r.routes.all.Close()
	r.gateway.Close()
	return nil
}

// now returns the town's time in milliseconds.
func (r *Room) now() int64 { return clock.Millis(r.clock.Now()) }

// Sending is one message as its recipient may see it: its subject and its state.
type Sending struct {
	Origin  string    `json:"origin"`
	Ref     int64     `json:"ref,string"`
	Channel string    `json:"channel"`
	State   State     `json:"state"`
	At      time.Time `json:"at"`
	Came    []Return  `json:"came_back,omitempty"`
}

// Return is a return of a message.
type Return struct {
	Kind   bounce.Kind   `json:"kind"`
	Reason bounce.Reason `json:"reason"`
	At     time.Time     `json:"at"`
}

// Name returns the room's name for exports.
func (r *Room) Name() string { return "delivery" }

// Export returns the room's data about a person, as far as sight allows: a list of Sending. What has become numbers is
// no longer about her.
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

// withoutSensitive leaves out what its origin calls sensitive, and what has no origin to ask.
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

// Forget removes the person from the ledger, whose counts stay, and deletes her notes. What is queued for her is not
// sent.
func (r *Room) Forget(ctx context.Context, tx *storage.Tx, person int64) error {
	queries := db.New(tx)
	batches, err := queries.BatchesOf(ctx, person)
	if err != nil {
		return err
	}
	for _, batch := range batches {
		// A new number for each row: one number for all would still be a pseudonym.
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
