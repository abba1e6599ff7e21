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

// noisedBelow: what was sent to an audience that somebody thought up carries noise below it.
const noisedBelow = 50

// Sent is a number of what was sent, as the context's actor may know it. what names the number, for ever; narrowed says
// that the issue had an audience of its own.
func (r *Room) Sent(ctx context.Context, what string, n, floor int64, narrowed bool) Figure {
	switch {
	case SeesExact(ctx):
		return Exact(n)
	case narrowed && n < noisedBelow:
		return r.About(what, Cell{N: n}, floor)
	}
	return AtLeast(n, floor)
}
