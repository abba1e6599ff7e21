package delivery_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/storage"
)

// TestWhoIsPutAsideIsInOnePlaceOrTheOther makes the origin's record fail at first: the messages must then still be
// queued, and must not be marked as ended without that record.
func TestWhoIsPutAsideIsInOnePlaceOrTheOther(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{})
		o := newTown(t)
		n := newNode(t, db, o, clock.At(morning), sink.URL())
		must := func(_ any, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(db.ExecContext(t.Context(), "CREATE TABLE owed_elsewhere (person bigint NOT NULL PRIMARY KEY)"))
		trouble := errors.New("not now")
		fails := 2
		o.set(func(o *town) {
			o.aside = func(person int64) func(context.Context, *storage.Tx) error {
				if person%2 == 0 {
					return nil
				}
				return func(ctx context.Context, tx *storage.Tx) error {
					if fails > 0 {
						fails--
						return trouble
					}
					_, err := tx.ExecContext(ctx, "INSERT INTO owed_elsewhere (person) VALUES ($1)", person)
					return err
				}
			}
		})
		batch := n.enqueue(t, 1, 1, 20)
		n.step(t)
		n.progress(t, batch.ID, "sent 10 kept 10")
		var kept int
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM owed_elsewhere").Scan(&kept); err != nil || kept != 10 {
			t.Errorf("%d are owed elsewhere (%v), want 10", kept, err)
		}
		if sink.Count() != 10 {
			t.Errorf("%d mails, want 10", sink.Count())
		}
	})
}

func TestRecentCountsWhatWasSentAndWhatAnOlderBatchOwes(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		c := clock.At(morning)
		o := newTown(t)
		n := newNode(t, db, o, c, deliverytest.New(t, deliverytest.Options{}).URL())
		n.enqueue(t, 1, 1, 3)
		n.step(t)
		c.Advance(8 * 24 * time.Hour) // a week and a day
		n.enqueue(t, 2, 1, 2)
		n.step(t)
		older := n.enqueue(t, 3, 2, 3) // waits
		younger := n.enqueue(t, 4, 1, 3)
		for _, want := range []struct {
			batch  delivery.Batch
			counts map[int64]int
		}{
			{older, map[int64]int{1: 1, 2: 1}}, {younger, map[int64]int{1: 1, 2: 2, 3: 1}},
		} {
			got, err := n.Recent(t.Context(), []string{older.Origin}, c.Now().Add(-7*24*time.Hour), want.batch.ID, []int64{1, 2, 3})
			if err != nil {
				t.Fatal(err)
			}
			for person := int64(1); person <= 3; person++ {
				if got[person] != want.counts[person] {
					t.Errorf("of batch %d person %d has had %d, want %d", want.batch.Ref, person, got[person], want.counts[person])
				}
			}
		}
		owed, err := n.Unfinished(t.Context(), db, older.Origin, 3)
		if err != nil || !owed {
			t.Errorf("the batch that waits is owed: %t, %v", owed, err)
		}
		n.step(t)
		if owed, err := n.Unfinished(t.Context(), db, older.Origin, 3); err != nil || owed {
			t.Errorf("the batch that was sent is owed: %t, %v", owed, err)
		}
	})
}
