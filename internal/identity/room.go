package identity

import (
	"embed"
	"io/fs"

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

// Words are the room's words.
func Words() fs.FS { return words }

// Room keeps staff, sessions, tokens and the audit log.
type Room struct {
	db     *storage.DB
	clock  clock.Clock
	sealer *seal.Sealer
	gate   *gate
	words  func() []string // what everybody in town would guess: see PlugWords
}

// PlugWords says which words make a password weak in this town: its name above all.
func (r *Room) PlugWords(words func() []string) { r.words = words }

// New makes the room.
func New(db *storage.DB, c clock.Clock, s *seal.Sealer) *Room {
	return &Room{db: db, clock: c, sealer: s, gate: newGate(), words: func() []string { return nil }}
}
