package disclosure

import (
	"context"
	"embed"
	"io/fs"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/seal"
	"unoxuno/internal/storage"
)

//go:embed schema/*.sql
var schema embed.FS

//go:embed words/*.toml
var words embed.FS

// Schema is the room's migrations.
func Schema() fs.FS { return storage.Sub(schema, "schema") }

// Words are the room's words, it.toml and en.toml.
func Words() fs.FS { return words }

// Auditor writes the audit log within the transaction of the deed.
type Auditor interface {
	Audit(ctx context.Context, tx *storage.Tx, action, subject, detail string) error
}

// Room decides what of numbers about people is shown.
type Room struct {
	Noise

	db    *storage.DB
	clock clock.Clock
	audit Auditor
}

// New makes the room upon a database that has its schema.
func New(db *storage.DB, c clock.Clock, s *seal.Sealer, a Auditor) *Room {
	return &Room{NewNoise(s), db, c, a}
}

// SeesExact tells whether the context's actor is shown exact numbers of people: administrators, the command line and the
// program itself.
func SeesExact(ctx context.Context) bool { return access.From(ctx).Can(access.SeeExact) }

// Sent is a number of what was sent with an issue.
type Sent struct {
	Name     string // names the number, for ever
	N, Floor int64
	Narrowed bool // the issue had an audience of its own, which somebody thought up
	Few      bool // fewer people than the floor got the issue
	Whole    bool // it is how many people got it, and no part of that
}

// noisedBelow: what was sent to an audience that somebody thought up carries noise below it.
const noisedBelow = 50

// Sent shows the number as the context's actor may know it. Of an audience that somebody thought up every part carries
// noise, so that no part is the whole less the others.
func (r *Room) Sent(ctx context.Context, s Sent) Figure {
	switch {
	case SeesExact(ctx):
		return Exact(s.N)
	case s.Few:
		return Fewer(s.Floor)
	case s.Narrowed && (!s.Whole || s.N < noisedBelow):
		return r.About(s.Name, Cell{N: s.N}, s.Floor)
	}
	return Exact(s.N)
}
