package storage

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/gofrs/flock"

	"unoxuno/internal/fault"
)

// opened opens the file as another process would: SQLite and the locks cannot tell the difference.
func opened(t *testing.T, file string) *DB {
	t.Helper()
	db, err := Open(t.Context(), "sqlite:"+file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func run(ctx context.Context, db *DB, query string) error {
	_, err := db.ExecContext(ctx, query)
	return err
}

// untilWaiting returns when a writer waits for the turn.
func untilWaiting(t *testing.T, file string) {
	t.Helper()
	next := flock.New(file + ".next")
	defer func() { _ = next.Close() }()
	for {
		had, err := next.TryLock()
		if err != nil {
			t.Fatal(err)
		}
		if !had {
			return
		}
		if err := next.Unlock(); err != nil {
			t.Fatal(err)
		}
		runtime.Gosched()
	}
}

// A process that writes one transaction after another, as an import does, lets a waiting writer go first.
func TestWhoWaitsIsNextToWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "town.db")
	one, two := opened(t, file), opened(t, file)
	if err := run(t.Context(), one, "CREATE TABLE thing_item (id bigint)"); err != nil {
		t.Fatal(err)
	}
	for id := range 20 {
		written := make(chan error)
		err := one.Tx(t.Context(), func(*Tx) error {
			go func() {
				written <- two.Tx(t.Context(), func(tx *Tx) error {
					_, err := tx.ExecContext(t.Context(), "INSERT INTO thing_item VALUES ($1)", id)
					return err
				})
			}()
			untilWaiting(t, file)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		err = one.Tx(t.Context(), func(tx *Tx) error {
			var n int
			err := tx.QueryRowContext(t.Context(), "SELECT count(*) FROM thing_item").Scan(&n)
			if n != id+1 {
				t.Errorf("%d rows: the waiting writer was not next", n)
			}
			return err
		})
		if err := errors.Join(err, <-written); err != nil {
			t.Fatal(err)
		}
	}
}

func TestATurnThatDoesNotComeIsBusy(t *testing.T) {
	file := filepath.Join(t.TempDir(), "town.db")
	first, second, third := newTurnstile(file), newTurnstile(file), newTurnstile(file)
	second.patience, third.patience = 1, 1
	if err := first.take(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, waits := range map[string]*turnstile{"next": second, "behind it": third} {
		if err := waits.take(t.Context()); !fault.HasKey(err, "storage.busy") || !fault.Is(err, fault.KindUnavailable) {
			t.Errorf("%s: %v; want storage.busy", name, err)
		}
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	second.patience = patience
	if err := second.take(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled wait returns %v", err)
	}
	// Waits that gave up are in nobody's way.
	if err := first.give(); err != nil {
		t.Fatal(err)
	}
	for _, again := range []*turnstile{second, third, first} {
		again.patience = patience
		if err := errors.Join(again.take(t.Context()), again.give(), again.close()); err != nil {
			t.Error(err)
		}
	}
}

// A program that locks the file without taking turns causes storage.busy, not a defect.
func TestALockedFileIsBusy(t *testing.T) {
	file := filepath.Join(t.TempDir(), "town.db")
	db, other := opened(t, file), opened(t, file)
	if err := errors.Join(run(t.Context(), db, "CREATE TABLE thing_item (id bigint)"), run(t.Context(), db, "PRAGMA busy_timeout = 0")); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), other, "PRAGMA user_version"); err != nil { // opens the file
		t.Fatal(err)
	}
	conn, err := other.writer.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = conn.Raw(func(c any) error {
		_, err := c.(*keptConn).exec(t.Context(), "BEGIN IMMEDIATE", nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), db, "DELETE FROM thing_item"); !fault.HasKey(err, "storage.busy") {
		t.Errorf("a single statement returns %v", err)
	}
	if err := db.Tx(t.Context(), func(*Tx) error { return nil }); !fault.HasKey(err, "storage.busy") {
		t.Errorf("a transaction returns %v", err)
	}
	err = conn.Raw(func(c any) error {
		_, err := c.(*keptConn).exec(t.Context(), "ROLLBACK", nil)
		return err
	})
	if err := errors.Join(err, conn.Close()); err != nil {
		t.Error(err)
	}
}

func TestStatementsThatWrite(t *testing.T) {
	for query, want := range map[string]bool{
		"-- name: X :exec\nDELETE FROM a": true, "ANALYZE a": true, "VACUUM": true, "vacuum into ?1": false, "PRAGMA x = 1": false,
		"SELECT 1": false, "CREATE INDEX i ON a (b)": true,
	} {
		if writes(query) != want {
			t.Errorf("%q writes: %v", query, !want)
		}
	}
}
