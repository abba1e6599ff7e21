package identity

import (
	"embed"
	"io/fs"
	"slices"
	"time"

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

// Times are the times by which tries, codes and sessions are bounded.
func Times() []storage.Time {
	var longest time.Duration
	for _, p := range []pace{networkPace(), pairPace(), strangerPace(), codePace(), numberPace()} {
		longest = max(longest, time.Duration(p.burst)*p.every)
	}
	return slices.Concat(
		storage.Times(longest, "identity_debt", "paid_at"), storage.Times(LongestSession, "identity_session", "expires_at"),
		storage.Times(MobileCodeLife, "identity_mobile", "expires_at"), storage.Times(0, "identity_network", "used_at"),
		storage.Times(0, "identity_token", "used_at"), storage.Times(0, "identity_staff", "signed_in_at"),
	)
}

// Words returns the room's words.
func Words() fs.FS { return words }

// Room keeps staff, sessions, tokens and the audit log.
type Room struct {
	db     *storage.DB
	clock  clock.Clock
	sealer *seal.Sealer
	gate   *gate
	words  func() []string // words that are easy to guess in this town: see PlugWords
}

// PlugWords sets the words that make a password weak in this town, above all its name.
func (r *Room) PlugWords(words func() []string) { r.words = words }

// New returns the room.
func New(db *storage.DB, c clock.Clock, s *seal.Sealer) *Room {
	return &Room{db: db, clock: c, sealer: s, gate: newGate(), words: func() []string { return nil }}
}
