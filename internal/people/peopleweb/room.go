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

// Options configure the pages.
type Options struct {
	People   *people.People
	Taxonomy *taxonomy.Taxonomy
	DB       *storage.DB // for the transaction that posts a mail
	Clock    clock.Clock
	Sealer   *seal.Sealer // of the links that confirm an address

	Newsletters Newsletters
	OwnPage     OwnPage
	Mailer      Mailer
	Texting     func() bool // whether the town sends text messages; nil means no
	Audit       Audit       // of what staff view
	// Gone tells whether the address does not exist, as its server said; links sent to it are invalid.
	Gone func(ctx context.Context, address string) (bool, error)

	LedgerMonths int // how long after a sending we know who received it; 0: for ever
}

// Mailer posts single mails; *delivery.Room implements it.
type Mailer interface {
	// Post accepts a mail in tx; it leaves after tx is committed.
	Post(ctx context.Context, tx *storage.Tx, n delivery.Note) error
	// Wake tells the mailer that something was posted.
	Wake()
}

// Pages serves the room's pages.
type Pages struct {
	Options
	limits limits
}

// New returns the pages.
func New(o Options) *Pages {
	return &Pages{Options: o, limits: newLimits(o.Clock)}
}
