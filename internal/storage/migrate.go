package storage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"

	"unoxuno/internal/fault"
)

// Schema is the schema of one room: its migrations 0001_name.sql and so on. Each room counts its own steps in the table
// <room>_schema, so that a room can be migrated alone.
type Schema struct {
	Room  string
	Files fs.FS // holds the .sql files at its root
	Times []Time
}

// migrationLock is the key of PostgreSQL's advisory lock that lets one node migrate at a time: "unoxuno" in ASCII.
const migrationLock = 0x756e6f78756e6f

// Migrate brings every room's schema up to date in the given order: foreign keys point at earlier rooms. It returns how
// many steps it ran. Several processes may call it at once: one works, the others wait and then find nothing to do. If
// the database has a step that this program does not know, Migrate changes nothing and fails.
func (db *DB) Migrate(ctx context.Context, schemas ...Schema) (steps int, err error) {
	unlock, err := db.lockMigrations(ctx)
	if err != nil {
		return 0, fmt.Errorf("waiting for another migration: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := db.markNew(ctx); err != nil {
		return 0, err
	}
	providers := make([]*goose.Provider, len(schemas))
	for i, s := range schemas {
		if providers[i], err = db.provider(s); err != nil {
			return 0, fmt.Errorf("schema of %s: %w", s.Room, err)
		}
		if err := refuseNewer(ctx, s.Room, providers[i]); err != nil {
			return 0, err
		}
	}
	for i, p := range providers {
		done, err := p.Up(ctx)
		if err != nil {
			return steps, Fault(fmt.Errorf("schema of %s: %w", schemas[i].Room, err))
		}
		steps += len(done)
	}
	tables, err := db.sortByCode(ctx, schemas)
	if err != nil {
		return steps, Fault(fmt.Errorf("text sorted by its code: %w", err))
	}
	return steps + tables, nil
}

// Fingerprint is a digest of everything that Migrate would run on the engine. Schemas with the same fingerprint make
// the same tables, so tests may copy a database instead of migrating again.
func Fingerprint(e Engine, schemas ...Schema) (string, error) {
	h := sha256.New()
	for _, s := range schemas {
		_, _ = fmt.Fprintln(h, s.Room) // a hash never fails
		files := e.schemaFiles(s.Files)
		err := fs.WalkDir(s.Files, ".", func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := fs.ReadFile(files, name)
			_, _ = fmt.Fprintln(h, name, len(text))
			_, _ = h.Write(text)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("schema of %s: %w", s.Room, err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8]), nil
}

func (db *DB) provider(s Schema) (*goose.Provider, error) {
	dialect := database.DialectSQLite3
	if db.engine == Postgres {
		dialect = database.DialectPostgres
	}
	store, err := database.NewStore(dialect, s.Room+"_schema")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider("", db.writer, db.engine.schemaFiles(s.Files), goose.WithStore(store), goose.WithSlog(slog.New(slog.DiscardHandler)))
}

func refuseNewer(ctx context.Context, room string, p *goose.Provider) error {
	has, err := p.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("schema of %s: %w", room, err)
	}
	sources := p.ListSources()
	knows := sources[len(sources)-1].Version
	if has > knows {
		return fault.Conflict("storage.newer", "Room", room, "Has", has, "Knows", knows)
	}
	return nil
}

// lockMigrations waits until no other process migrates this database. It returns the function that releases the lock.
func (db *DB) lockMigrations(ctx context.Context) (func() error, error) {
	if db.engine == SQLite {
		lock := flock.New(db.path + ".migrate")
		if _, err := lock.TryLockContext(ctx, lockPoll); err != nil {
			return nil, err
		}
		return lock.Unlock, nil
	}
	// The lock belongs to a transaction, because a pooler keeps a transaction on one connection but not a session. A
	// reader connection holds it, because the steps need the writers.
	tx, err := db.reader.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return tx.Rollback, nil
}

// Sub returns the folder of embedded files. Its name is a constant of the program, so fs.Sub cannot fail.
func Sub(files fs.FS, folder string) fs.FS {
	sub, err := fs.Sub(files, folder)
	if err != nil {
		return files
	}
	return sub
}
