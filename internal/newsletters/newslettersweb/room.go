package newslettersweb

import (
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/taxonomy"
	"unoxuno/internal/web"
)

// Options configure the pages.
type Options struct {
	Newsletters *newsletters.Room
	People      *people.People
	Taxonomy    *taxonomy.Taxonomy
	Clock       clock.Clock
	// Relay returns the state of the mail servers together, for the office's warning. Relays returns the state of each,
	// nil if there is only one.
	Relay  func() email.Health
	Relays func() []delivery.RelayState
	// Gateway returns the state of the SMS gateway; nil if there is none.
	Gateway func() sms.Health
}

// Pages serves the room's pages.
type Pages struct {
	Options

	tests *web.Limiter // limits test text messages per actor
}

// New returns the pages.
func New(o Options) *Pages {
	return &Pages{Options: o, tests: web.NewLimiter(5, 2*time.Minute, o.Clock.Now)}
}
