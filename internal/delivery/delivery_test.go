package delivery_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/storage"
)

func TestEnqueueingTwiceAddsNobody(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
		first := n.enqueue(t, 1, 1, 45)
		again := n.enqueue(t, 1, 1, 45)
		if first.Added != 45 || again.Added != 0 || again.Messages != 45 || first.ID != again.ID {
			t.Fatalf("first %+v, again %+v", first, again)
		}
		n.step(t)
		more := n.enqueue(t, 1, 40, 60)
		if more.Added != 15 || more.Messages != 60 || !more.Finished.IsZero() {
			t.Fatalf("more %+v", more)
		}
		n.step(t)
		exactly(t, sink, 1, 60)
		if p := n.progress(t, first.ID, "sent 60"); p.Finished.IsZero() || p.Owed() != 0 || n.town.finishes() != 2 {
			t.Fatalf("%+v, finished %d times", p, n.town.finishes())
		}
		found, ok, err := n.Find(t.Context(), db, "test.issue", 1, delivery.Email)
		if err != nil || !ok || found.ID != first.ID || found.Messages != 60 {
			t.Fatalf("found %+v, %v, %v", found, ok, err)
		}
		if _, ok, err := n.Find(t.Context(), db, "test.issue", 2, delivery.Email); ok || err != nil {
			t.Fatalf("found a batch that is not there: %v", err)
		}
	})
}

func TestManyWorkersShareAndNobodyGetsTwo(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{Keep: -1})
		o, c := newTown(t), clock.At(morning)
		one := newNode(t, db, o, c, sink.URL())
		batch := one.enqueue(t, 1, 1, 700)
		small := one.enqueue(t, 2, 701, 750)
		var all errgroup.Group
		for range 3 {
			n := newNode(t, db, o, c, sink.URL())
			all.Go(func() error { return n.Step(t.Context()) })
		}
		if err := all.Wait(); err != nil {
			t.Fatal(err)
		}
		exactly(t, sink, 1, 750)
		one.step(t)
		one.progress(t, batch.ID, "sent 700")
		one.progress(t, small.ID, "sent 50")
		if o.finishes() != 2 {
			t.Fatalf("finished %d times", o.finishes())
		}
	})
}

func TestConsentAndSuppressionAreAskedAtTheMomentOfSending(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
		batch := n.enqueue(t, 1, 1, 6)
		n.town.set(func(o *town) {
			o.gone[2] = true
			o.address[3] = ""
			o.address[4] = "Quattro@CITTÀ.example"
		})
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
			return errors.Join(n.Suppress(ctx, tx, "quattro@xn--citt-3na.example", "bounce"), n.Suppress(ctx, tx, addressOf(5), "bounce"),
				n.Lift(ctx, tx, addressOf(5)))
		})
		n.step(t)
		n.progress(t, batch.ID, "sent 3 suppressed 1 withdrawn 2")
		got := sink.ByRecipient()
		if len(got) != 3 || got[addressOf(1)] != 1 || got[addressOf(5)] != 1 || got[addressOf(6)] != 1 {
			t.Fatalf("recipients %v", got)
		}
	})
}

func TestASendingWaitsForItsTime(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
		batch := n.enqueueAt(t, 1, 1, 3, morning.Add(time.Hour))
		n.step(t)
		n.progress(t, batch.ID, "waiting 3")
		n.clock.Advance(time.Hour)
		n.step(t)
		n.progress(t, batch.ID, "sent 3")
	})
}

func TestWhatIsCancelledDoesNotGo(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{Rule: func(a deliverytest.Attempt) error {
			if a.Stage == deliverytest.AtRcpt && a.To != addressOf(1) {
				return deliverytest.Refuse(451, "4.3.0", "later")
			}
			return nil
		}})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
		batch := n.enqueue(t, 1, 1, 3)
		n.step(t)
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
			if count, err := n.Cancel(ctx, tx, batch.ID); err != nil || count != 2 {
				t.Errorf("cancelled %d, %v", count, err)
			}
			return nil
		})
		n.clock.Advance(time.Hour)
		n.step(t)
		if p := n.progress(t, batch.ID, "sent 1 cancelled 2"); p.Finished.IsZero() {
			t.Fatal("it is not finished")
		}
	})
}

func TestAnOriginInTroubleIsAskedAgainLater(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
		batch := n.enqueue(t, 1, 1, 3)
		broken := errors.New("no such issue")
		n.town.set(func(o *town) { o.trouble = broken })
		if err := n.Step(t.Context()); !errors.Is(err, broken) {
			t.Fatalf("got %v", err)
		}
		n.progress(t, batch.ID, "waiting 3")
		n.town.set(func(o *town) { o.trouble = nil })
		n.clock.Advance(time.Minute)
		n.step(t)
		n.progress(t, batch.ID, "sent 3")
	})
}

func TestTheLetterIsOpenedOnceForABatch(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
		n.enqueue(t, 1, 1, 200)
		n.step(t)
		if n.town.letters != 1 {
			t.Fatalf("opened %d times", n.town.letters)
		}
	})
}

func TestAPersonIsExportedAndForgotten(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
		sent := n.enqueue(t, 1, 1, 3)
		n.step(t)
		owed := n.enqueueAt(t, 2, 1, 3, morning.Add(time.Hour))
		got, err := n.Export(t.Context(), db, 2, access.Whole)
		if list, ok := got.([]delivery.Sending); err != nil || !ok || len(list) != 2 {
			t.Fatalf("exported %v, %v", got, err)
		}
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error { return n.Forget(ctx, tx, 2) })
		if got, err := n.Export(t.Context(), db, 2, access.Whole); err != nil || len(got.([]delivery.Sending)) != 0 {
			t.Fatalf("kept %v, %v", got, err)
		}
		n.clock.Advance(2 * time.Hour)
		n.step(t)
		n.progress(t, sent.ID, "sent 3")
		n.progress(t, owed.ID, "sent 2 withdrawn 1")
		if sink.ByRecipient()[addressOf(2)] != 1 {
			t.Fatal("somebody forgotten was written to")
		}
	})
}

func TestRunSendsWhatComesAndStopsWhenTold(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		arrived := make(chan string, 10)
		sink := deliverytest.New(t, deliverytest.Options{OnMail: func(m deliverytest.Mail) { arrived <- m.To }})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() {
			if err := n.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		n.enqueue(t, 1, 1, 1)
		n.Wake()
		if to := <-arrived; to != addressOf(1) {
			t.Errorf("got %s", to)
		}
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
			return n.Post(ctx, tx, delivery.Note{Kind: "link", To: "luca@example.org", Language: "it", Subject: "Il tuo link", Text: "…"})
		})
		if to := <-arrived; to != "luca@example.org" { // nobody woke it
			t.Errorf("got %s", to)
		}
		stop()
		running.Wait()
	})
}
