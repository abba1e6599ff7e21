package storage

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// Scratch is a copy of a SQLite database, as it is now, to be written to and thrown away by discard. Making it keeps
// nobody from writing. It lies beside the database, readable by its owner alone; what a killed process left of its copy
// goes when the next one is made.
func (db *DB) Scratch(ctx context.Context) (scratch *DB, discard func() error, err error) {
	if err := db.removeScratch(); err != nil {
		return nil, nil, err
	}
	folder, err := os.MkdirTemp(filepath.Dir(db.path), filepath.Base(db.path)+".scratch-")
	if err != nil {
		return nil, nil, Fault(err)
	}
	lock := flock.New(filepath.Join(folder, scratchLock), flock.SetPermissions(0o600))
	remove := func() error { return errors.Join(lock.Close(), os.RemoveAll(folder)) }
	if err := lock.Lock(); err != nil {
		return nil, nil, errors.Join(err, remove())
	}
	file := filepath.Join(folder, "copy.db")
	if err := db.Backup(ctx, file); err != nil {
		return nil, nil, errors.Join(err, remove())
	}
	scratch, err = openSQLite(ctx, file)
	if err == nil {
		// A copy that is thrown away need not survive an accident.
		_, err = scratch.writer.ExecContext(ctx, "PRAGMA synchronous = off")
	}
	if err != nil {
		if scratch != nil {
			err = errors.Join(err, scratch.Close())
		}
		return nil, nil, errors.Join(err, remove())
	}
	return scratch, func() error { return errors.Join(scratch.Close(), remove()) }, nil
}
