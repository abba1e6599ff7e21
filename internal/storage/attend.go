package storage

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/jackc/pgx/v5/stdlib"
)

// Attend registers this process as a server: it answers people while it has the database open. Others then write much
// data only in small parts (see Attended), and Fill is refused. Attend waits while a Fill is running. It ends with
// leave, or with the process.
func (db *DB) Attend(ctx context.Context) (leave func() error, err error) {
	if db.engine == Postgres {
		return db.attendPostgres(ctx)
	}
	lock := db.attendance()
	if _, err := lock.TryRLockContext(ctx, lockPoll); err != nil {
		return nil, err
	}
	return lock.Unlock, nil
}

// Attended tells whether a server process uses this SQLite file. On PostgreSQL it always returns false, because writers
// there do not wait for each other.
func (db *DB) Attended() (bool, error) {
	if db.engine != SQLite {
		return false, nil
	}
	lock := db.attendance()
	alone, err := lock.TryLock()
	return !alone && err == nil, errors.Join(err, lock.Close())
}

func (db *DB) attendance() *flock.Flock {
	return flock.New(db.path+".attended", flock.SetPermissions(0o600))
}

// attendanceKey is the key of the PostgreSQL advisory lock that servers share.
const attendanceKey = "hashtextextended(current_schema() || '/storage.attended', 0)"

// attendAgain is how often a server checks that it still holds its lock.
const attendAgain = 10 * time.Second

// attendPostgres holds a shared advisory lock in a transaction that does nothing else. A connection pooler keeps a
// transaction on one connection, but not a session. The transaction has no snapshot, so it does not delay VACUUM.
func (db *DB) attendPostgres(ctx context.Context) (leave func() error, err error) {
	own := stdlib.OpenDB(*db.server)
	own.SetMaxOpenConns(1)
	held, err := attend(ctx, own)
	if err != nil {
		return nil, errors.Join(err, own.Close())
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(attendAgain)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if held != nil {
				if _, err := held.ExecContext(ctx, "SELECT 1"); err == nil {
					continue
				}
				_ = held.Rollback() // the connection is lost, and with it the lock
			}
			held, _ = attend(ctx, own) // nil while the server is away; the loop tries again
		}
	}()
	return func() error {
		stop()
		<-ended
		if held != nil {
			_ = held.Rollback() // closing the connection ends it too
		}
		return own.Close()
	}, nil
}

// attend begins a transaction that holds the shared lock.
func attend(ctx context.Context, own *sql.DB) (*sql.Tx, error) {
	tx, err := own.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return nil, err
	}
	for _, text := range []string{"SET LOCAL idle_in_transaction_session_timeout = 0", "SELECT pg_advisory_xact_lock_shared(" + attendanceKey + ")"} {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return nil, errors.Join(err, tx.Rollback())
		}
	}
	return tx, nil
}

// scratchLock is the file in a scratch folder that the owning process keeps locked.
const scratchLock = "lock"

// removeScratch removes the scratch copies that killed processes left behind.
func (db *DB) removeScratch() error {
	folders, err := filepath.Glob(db.path + ".scratch-*")
	for _, folder := range folders {
		lock := flock.New(filepath.Join(folder, scratchLock))
		dead, lockErr := lock.TryLock()
		if err = errors.Join(err, lockErr, lock.Close()); dead {
			err = errors.Join(err, os.RemoveAll(folder))
		}
	}
	return err
}
