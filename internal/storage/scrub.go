package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite"

	"unoxuno/internal/fault"
)

// SQLite overwrites deleted data (secure_delete). Traces stay in two places: in the write-ahead log until a checkpoint
// empties it, and in the unused end of pages that were split, until VACUUM rewrites the file. So an erasure is recorded
// in the file itself, and Scrub removes both. PostgreSQL cleans up by itself; see docs/operations.md.

// The database's user_version says what is still to be removed: generation*scrubStates + state. The generation grows
// with each erasure, so that an erasure during a Scrub is not taken for done.
const (
	notScrubbed = iota // made before secure_delete was on
	clean
	erased     // something was erased
	logEmptied // the write-ahead log was emptied after that
	scrubStates
)

// Erased records in the transaction that personal data was erased; see DB.Scrub.
func (tx *Tx) Erased(ctx context.Context) error {
	if tx.engine != SQLite {
		return nil
	}
	var is int64
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&is); err != nil {
		return err
	}
	if is%scrubStates == notScrubbed {
		return nil
	}
	_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", (is/scrubStates+1)*scrubStates+erased))
	return err
}

// NotScrubbed tells whether the database was made before deleted data was overwritten, and has not been rewritten
// since.
func (db *DB) NotScrubbed(ctx context.Context) (bool, error) {
	is, err := db.scrubState(ctx)
	return db.engine == SQLite && is%scrubStates == notScrubbed, err
}

func (db *DB) scrubState(ctx context.Context) (is int64, err error) {
	if db.engine != SQLite {
		return clean, nil
	}
	err = db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&is)
	return is, err
}

// markNew records that an empty database has nothing to remove.
func (db *DB) markNew(ctx context.Context) error {
	if is, err := db.scrubState(ctx); err != nil || is != notScrubbed {
		return err
	}
	return db.Tx(ctx, func(tx *Tx) error {
		var tables int
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master").Scan(&tables); err != nil || tables > 0 {
			return err
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", clean))
		return err
	})
}

// Scrub removes the traces of erasures. done tells whether nothing is left to do. It empties the write-ahead log,
// unless a reader still needs it: then call again. If whole is set it also rewrites the file. Writers wait meanwhile,
// about a minute for each few gigabytes, and twice the file's size is needed on disk: too little is the fault
// storage.scrub_room.
func (db *DB) Scrub(ctx context.Context, whole bool) (done bool, err error) {
	was, err := db.scrubState(ctx)
	state := was % scrubStates
	if err != nil || state == clean || state == logEmptied && !whole {
		return err == nil, err
	}
	own, err := db.scrubber()
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, own.Close()) }()
	if whole {
		if err := db.roomToScrub(); err != nil {
			return false, err
		}
		if _, err := own.ExecContext(ctx, "VACUUM"); err != nil {
			return false, Fault(err)
		}
	}
	// Keep this short: while the checkpoint waits for readers nobody can write.
	if _, err := own.ExecContext(ctx, "PRAGMA busy_timeout = 100"); err != nil {
		return false, err
	}
	var busy, frames, moved int
	if err := own.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved); err != nil {
		return false, Fault(err)
	}
	if busy != 0 {
		return false, nil
	}
	next := was - state + logEmptied
	if whole {
		next = was - state + clean
	} else if state == notScrubbed {
		return false, nil
	}
	return db.scrubbed(ctx, was, next)
}

// scrubbed records the new state, unless something was erased meanwhile.
func (db *DB) scrubbed(ctx context.Context, was, next int64) (done bool, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		var is int64
		if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&is); err != nil || is != was {
			return err
		}
		done = next%scrubStates == clean
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", next))
		return err
	})
	return done, err
}

// scrubber returns a connection of its own on which VACUUM sorts on disk instead of in memory.
func (db *DB) scrubber() (*sql.DB, error) {
	c, err := sqlite.NewConnector("file:" + (&url.URL{Path: db.path}).EscapedPath() +
		"?_pragma=busy_timeout(20000)&_pragma=synchronous(full)&_pragma=secure_delete(1)&_pragma=temp_store(file)")
	if err != nil {
		return nil, err
	}
	own := sql.OpenDB(keeping{c, db.path})
	own.SetMaxOpenConns(1)
	return own, nil
}

// Size is the size of the SQLite file in bytes; 0 on PostgreSQL.
func (db *DB) Size() int64 {
	if db.engine != SQLite {
		return 0
	}
	file, err := os.Stat(db.path)
	if err != nil {
		return 0
	}
	return file.Size()
}

// roomToScrub returns a fault if the disk has no room for two copies of the file.
func (db *DB) roomToScrub() error {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(db.path), &disk); err != nil {
		return err
	}
	const margin = 64 << 20
	if free, need := int64(disk.Bavail)*disk.Bsize, 2*db.Size()+margin; free < need {
		return fault.Unavailable("storage.scrub_room", "Free", free>>20, "Need", need>>20)
	}
	return nil
}
