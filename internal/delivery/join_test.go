package delivery_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/storage"
)

// join adds persons to the batch, and checks how many were added.
func (n *node) join(t testing.TB, batch delivery.Batch, want int64, persons ...int64) {
	t.Helper()
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
		joined, err := n.Join(ctx, tx, batch.ID, persons)
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
		n.join(t, batch, 2, 3, 17, 31) // one is in it, one will be, and one would not be
		n.step(t)
		n.progress(t, batch.ID, "sent 31")
		n.join(t, batch, 0, 5, 31)
		n.join(t, batch, 2, 5, 32, 33) // after everybody got it
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

// part withdraws what the batch has queued for persons, and checks who they are.
func (n *node) part(t testing.TB, from, to delivery.Batch, want []int64, persons ...int64) {
	t.Helper()
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
		parted, err := n.Part(ctx, tx, from.ID, to.ID, persons)
		slices.Sort(parted)
		if !slices.Equal(parted, want) {
			t.Errorf("%v of %v were parted, want %v", parted, persons, want)
		}
		return err
	})
}

func TestPartingTakesOnlyWhatIsOwedAndOnce(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := oldList(t, 2)
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
		to := n.enqueue(t, 2, 1, 5) // 1 and 2 are refused there, 3 is suppressed, the others get it
		n.step(t)
		from := n.enqueueAt(t, 1, 1, 40, morning.Add(time.Hour))
		n.part(t, from, to, []int64{4, 6, 39}, 1, 2, 4, 6, 39, 41)
		n.join(t, to, 2, 4, 6, 39)
		n.part(t, from, to, nil, 4, 6, 39)
		n.clock.Advance(time.Hour)
		n.step(t)
		n.progress(t, from.ID, "sent 34 refused 1 suppressed 2 kept 3")
		n.progress(t, to.ID, "sent 4 refused 3")
		n.part(t, from, to, nil, 7, 8) // they have it

		last := n.enqueueAt(t, 3, 6, 7, morning.Add(2*time.Hour))
		n.part(t, last, from, []int64{6}, 6)
		n.join(t, from, 1, 6) // her message there was Kept
		if p := n.progress(t, from.ID, "waiting 1 sent 34 refused 1 suppressed 2 kept 2"); !p.Finished.IsZero() {
			t.Error("it says finished while she is owed it")
		}
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
			_, err := n.Cancel(ctx, tx, to.ID)
			return err
		})
		n.part(t, last, to, nil, 7)
		n.step(t)
		if p := n.progress(t, from.ID, "sent 35 refused 1 suppressed 2 kept 2"); p.Finished.IsZero() {
			t.Error("it does not say finished")
		}
	})
}
