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

// Options are what the pages are built with.
type Options struct {
	Newsletters *newsletters.Room
	People      *people.People
	Taxonomy    *taxonomy.Taxonomy
	Clock       clock.Clock
	// Relay tells how the mail servers do, taken together, for the office's warning; Relays how each of them does, nil
	// where there is but one.
	Relay  func() email.Health
	Relays func() []delivery.RelayState
	// Gateway tells how the gateway of text messages does; nil is none.
	Gateway func() sms.Health
}

// Pages are the room's pages.
type Pages struct {
	Options

	tests *web.Limiter // of text messages, by who asks
}

// New makes the pages.
func New(o Options) *Pages {
	return &Pages{Options: o, tests: web.NewLimiter(5, 2*time.Minute, o.Clock.Now)}
}
