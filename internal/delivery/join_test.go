package delivery_test

import (
	"context"
	"testing"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/storage"
)

// join adds persons to the batch, and checks how many that is.
func (n *node) join(t testing.TB, batch delivery.Batch, want int64, persons ...int64) {
	t.Helper()
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
		var b storage.Builder
		for at, person := range persons {
			if at > 0 {
				b.Add(" UNION ALL ")
			}
			b.Add("SELECT CAST(? AS bigint) AS person_id", person)
		}
		joined, err := n.Join(ctx, tx, batch.ID, &b)
		if joined != want {
			t.Errorf("%d of %v joined, want %d", joined, persons, want)
		}
		return err
	})
}

func TestWhoJoinsABatchGetsItOnceWheneverSheComes(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{})
		o := newTown(t)
		o.set(func(o *town) { o.step = 10 })
		n := newNode(t, db, o, clock.At(morning), sink.URL())
		batch := n.enqueue(t, 1, 1, 30)
		n.join(t, batch, 2, 3, 17, 31) // she who is in it, she who will be, and she who would not
		n.step(t)
		n.progress(t, batch.ID, "sent 31")
		n.join(t, batch, 0, 5, 31)
		n.join(t, batch, 2, 5, 32, 33) // when all are served
		if p := n.progress(t, batch.ID, "waiting 2 sent 31"); !p.Finished.IsZero() {
			t.Error("it says finished while two are owed it")
		}
		n.step(t)
		n.progress(t, batch.ID, "sent 33")
		exactly(t, sink, 1, 33)
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
			_, err := n.Cancel(ctx, tx, batch.ID)
			return err
		})
		n.join(t, batch, 0, 34)
	})
}
