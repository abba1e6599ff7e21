package disclosure

import (
	"context"
	"embed"
	"io/fs"
	"slices"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/seal"
	"unoxuno/internal/storage"
)

//go:embed schema/*.sql
var schema embed.FS

//go:embed words/*.toml
var words embed.FS

// Schema returns the room's migrations.
func Schema() fs.FS { return storage.Sub(schema, "schema") }

// Times are the times of alarms, which are shown for a week, and since when a settled number is shown.
func Times() []storage.Time {
	return slices.Concat(storage.Times(0, "disclosure_day", "alarmed_at"), storage.Times(0, "disclosure_settled", "since"))
}

// Words returns the room's words, it.toml and en.toml.
func Words() fs.FS { return words }

// Auditor writes the audit log in the transaction of the action.
type Auditor interface {
	Audit(ctx context.Context, tx *storage.Tx, action, subject, detail string) error
}

// Room decides which numbers about people are shown.
type Room struct {
	Noise

	db    *storage.DB
	clock clock.Clock
	audit Auditor
}

// New returns the room for a database that has its schema.
func New(db *storage.DB, c clock.Clock, s *seal.Sealer, a Auditor) *Room {
	return &Room{NewNoise(s), db, c, a}
}

// SeesExact tells whether the context's actor sees exact numbers of people. Administrators, the command line and the
// program itself do.
func SeesExact(ctx context.Context) bool { return access.From(ctx).Can(access.SeeExact) }

// Sent is a number about a sent issue.
type Sent struct {
	Name     string // identifies the number and seeds its noise; it never changes
	N, Floor int64
	Narrowed bool // the issue had an audience of its own, which an editor typed
	Few      bool // fewer people than the floor got the issue
	Whole    bool // N is the number of all recipients, not of a part of them
}

// noisedBelow: the number of recipients of an audience that an editor typed carries noise if it is smaller.
const noisedBelow = 50

// Sent shows the number as the context's actor may know it. For an audience that an editor typed every part carries
// noise, so that no part can be found by subtracting the others from the whole.
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
