package taxonomy

import (
	"embed"
	"io/fs"

	"unoxuno/internal/storage"
)

//go:embed schema/*.sql
var schema embed.FS

//go:embed words/*.toml
var words embed.FS

// Schema is the room's migrations, the .sql files at the root.
func Schema() fs.FS { return storage.Sub(schema, "schema") }

// Words are the room's words, it.toml and en.toml.
func Words() fs.FS { return words }

// Taxonomy reads and changes the town's lists.
type Taxonomy struct {
	db *storage.DB
}

// New returns the room for a database that has its schema.
func New(db *storage.DB) *Taxonomy { return &Taxonomy{db: db} }
