package newslettersweb

import (
	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/taxonomy"
)

// Options are what the pages are built with.
type Options struct {
	Newsletters *newsletters.Room
	People      *people.People
	Taxonomy    *taxonomy.Taxonomy
	Clock       clock.Clock
	// Relay tells how the mail server does, for the office's warning.
	Relay func() email.Health
}

// Pages are the room's pages.
type Pages struct {
	Options
}

// New makes the pages.
func New(o Options) *Pages { return &Pages{Options: o} }
