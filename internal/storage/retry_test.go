package storage_test

import (
	"errors"
	"testing"

	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

// Two transactions that take the same rows in opposite orders are both done: the database ends one of them, and Tx repeats
// it.
func TestADeadlockIsRepeated(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		set := func(tx *storage.Tx, id int64) error {
			_, err := tx.ExecContext(t.Context(), "UPDATE thing_item SET name = name || 'x' WHERE id = $1", id)
			return err
		}
		add := "INSERT INTO thing_item (id, name) VALUES (1, ''), (2, '')"
		if _, err := db.ExecContext(t.Context(), add); err != nil {
			t.Fatal(err)
		}
		meet := []chan struct{}{make(chan struct{}), make(chan struct{})}
		step := func(n int) func() error {
			first := true
			return func() error {
				return db.Tx(t.Context(), func(tx *storage.Tx) error {
					if err := set(tx, int64(n+1)); err != nil {
						return err
					}
					if first && db.Engine() == storage.Postgres { // on SQLite the other has not begun
						first = false
						close(meet[n])
						<-meet[1-n]
					}
					return set(tx, int64(2-n))
				})
			}
		}
		for _, err := range storagetest.Together(t, step(0), step(1)) {
			if err != nil {
				t.Errorf("a deadlock is told to the caller: %v", err)
			}
		}
		var both int
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM thing_item WHERE name = 'xx'").Scan(&both); err != nil || both != 2 {
			t.Errorf("%d of 2 rows were changed twice (%v)", both, err)
		}
	}, schema(things))
}

// A serialisation failure is repeated, a few times; one that goes on is told as a database that is busy, and what the
// transaction did is not there.
func TestASerialisationFailureIsRepeated(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		if db.Engine() != storage.Postgres {
			t.Skip("SQLite has one writer")
		}
		for _, code := range []string{"40001", "40P01"} {
			for _, failures := range []int{1, 2, 100} {
				before, tries := count(t, db), 0
				err := db.Tx(t.Context(), func(tx *storage.Tx) error {
					tries++
					if _, err := tx.ExecContext(t.Context(), "INSERT INTO thing_item (id, name) VALUES ($1, '')", storage.NewID()); err != nil {
						return err
					}
					if tries <= failures {
						_, err := tx.ExecContext(t.Context(), "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '"+code+"'; END $$")
						return errors.Join(errors.New("in a step"), err)
					}
					return nil
				})
				done := count(t, db) - before
				if failures < 100 && (err != nil || tries != failures+1 || done != 1) {
					t.Errorf("%s, %d times: tried %d times, %d rows, %v", code, failures, tries, done, err)
				}
				if failures == 100 && (!fault.Is(err, fault.KindUnavailable) || tries > 10 || done != 0) {
					t.Errorf("%s for ever: tried %d times, %d rows, %v", code, tries, done, err)
				}
			}
		}
	}, schema(things))
}
