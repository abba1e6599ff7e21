package peopleweb

import (
	"context"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/people"
	"unoxuno/internal/seal"
	"unoxuno/internal/storage"
	"unoxuno/internal/taxonomy"
)

// Options are what the pages are built with.
type Options struct {
	People   *people.People
	Taxonomy *taxonomy.Taxonomy
	DB       *storage.DB // for the transaction in which a mail is handed over
	Clock    clock.Clock
	Sealer   *seal.Sealer // of the links by which an address is confirmed

	Newsletters Newsletters
	OwnPage     OwnPage
	Mailer      Mailer
	Texting     func() bool // whether the town sends text messages; nil: it does not
	Audit       Audit       // of what staff look at and do
	// Gone tells whether nobody has the address, as its server said; links sent there are dead.
	Gone func(ctx context.Context, address string) (bool, error)

	LedgerMonths int // for so long after a sending it is known who got what; 0: for ever
}

// Mailer hands over single mails; *delivery.Room is one.
type Mailer interface {
	// Post takes a mail within tx; it leaves once tx is committed.
	Post(ctx context.Context, tx *storage.Tx, n delivery.Note) error
	// Wake says that something was posted.
	Wake()
}

// Pages are the room's pages.
type Pages struct {
	Options
	limits limits
}

// New makes the pages.
func New(o Options) *Pages {
	return &Pages{Options: o, limits: newLimits(o.Clock)}
}
