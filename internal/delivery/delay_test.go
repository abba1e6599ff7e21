package delivery_test

import (
	"testing"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/storage"
)

// delayed checks why the batch takes its time.
func (n *node) delayed(t testing.TB, batch int64, want delivery.Delay) {
	t.Helper()
	p, err := n.Progress(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	got, err := n.Delay(t.Context(), p)
	if err != nil || got.Reason != want.Reason || !got.Until.Equal(want.Until) || got.PerMinute != want.PerMinute {
		t.Fatalf("delayed by %+v, %v, want %+v", got, err, want)
	}
}

func TestABatchSaysWhyItWaitsForItsHours(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{})
		n := planned(t, db, newTown(t), clock.At(morning), `
relays: [{name: a, url: "%s"}]
windows: {library: "10:30-12:00"}
`, sink)
		waits, goes := n.enqueueFor(t, "library", 1, 1, 5), n.enqueueFor(t, "theatre", 2, 6, 9)
		n.step(t)
		opens := morning.Add(90 * time.Minute)
		n.delayed(t, waits.ID, delivery.Delay{Reason: delivery.DelayWindow, Until: opens})
		n.delayed(t, goes.ID, delivery.Delay{})
		n.clock.Set(opens)
		n.delayed(t, waits.ID, delivery.Delay{})
		n.step(t)
		n.clock.Set(morning)
		n.delayed(t, waits.ID, delivery.Delay{}) // the ledger is complete: nothing is waited for
	})
}

func TestABatchSaysThatItsAccountStandsStill(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		n, _ := brakeTown(t, db)
		batch := n.enqueueFor(t, "culture", 1, 1, 200)
		n.step(t)
		n.bouncing(t, batch, 1, 11)
		n.braked(t, "culture", true)
		n.clock.Advance(time.Second)
		held, other := n.enqueueFor(t, "culture", 2, 300, 310), n.enqueueFor(t, "school", 3, 300, 310)
		n.delayed(t, held.ID, delivery.Delay{Reason: delivery.DelayBrake})
		n.delayed(t, other.ID, delivery.Delay{})
		n.resume(t, "culture", true)
		n.delayed(t, held.ID, delivery.Delay{})
	})
}

func TestABatchSaysThatDomainsAreLimited(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{})
		n := planned(t, db, newTown(t), clock.At(morning), `
relays: [{name: a, url: "%s"}]
domains: [{names: [example.org], per_minute: 12}]
`, sink)
		batch := n.enqueueFor(t, "library", 1, 1, 40)
		n.delayed(t, batch.ID, delivery.Delay{})
		n.step(t)
		n.delayed(t, batch.ID, delivery.Delay{Reason: delivery.DelayLimits})
	})
}

// A message deferred by its server is not reported as limited.
func TestABatchThatIsPutOffIsNotSaidToBeLimited(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{Rule: func(a deliverytest.Attempt) error {
			if a.Stage == deliverytest.AtRcpt {
				return deliverytest.Refuse(451, "4.3.0", "come back")
			}
			return nil
		}})
		n := planned(t, db, newTown(t), clock.At(morning), `
relays: [{name: a, url: "%s"}]
domains: [{names: [elsewhere.example], per_minute: 12}]
`, sink)
		batch := n.enqueueFor(t, "library", 1, 1, 40)
		n.step(t)
		n.progress(t, batch.ID, "later 40")
		n.delayed(t, batch.ID, delivery.Delay{})
	})
}

func TestABatchSaysHowFastItMayGo(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{})
		n := planned(t, db, newTown(t), clock.At(morning), `
relays:
  - {name: old, url: "%s"}
  - {name: new, url: "%s", slow_start: {since: 2026-03-01, per_minute: 10, doubling: 24h}}
routes: {theatre: [new]}
brake: {per_minute: 30}
`, sink, sink)
		few, many := n.enqueueFor(t, "library", 1, 1, 30), n.enqueueFor(t, "library", 2, 1, 31)
		n.delayed(t, few.ID, delivery.Delay{}) // takes less than a minute
		n.delayed(t, many.ID, delivery.Delay{Reason: delivery.DelayRate, PerMinute: 30})
		own := n.enqueueFor(t, "theatre", 3, 1, 40)
		n.delayed(t, own.ID, delivery.Delay{Reason: delivery.DelayRate, PerMinute: 25}) // 10 · 2^(33 h / 24 h)
	})
}
