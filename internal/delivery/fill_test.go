package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

// A batch to many people is filled in steps, the first one in the sender's transaction. Everybody gets one message,
// however long a step is.
func TestABatchIsFilledInSteps(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{})
		o := newTown(t)
		o.step = 70
		n := newNode(t, db, o, clock.At(morning), sink.URL())
		batch := n.enqueue(t, 1, 1, 1000)
		if !batch.Filling || batch.Messages != 70 || batch.Added != 70 {
			t.Fatalf("%+v", batch)
		}
		if p := n.progress(t, batch.ID, "waiting 70"); !p.Filling {
			t.Error("Filling is false before the ledger is complete")
		}
		n.step(t)
		if p := n.progress(t, batch.ID, "sent 1000"); p.Filling || p.Finished.IsZero() {
			t.Errorf("%+v", p)
		}
		exactly(t, sink, 1, 1000)
		if o.finishes() != 1 {
			t.Errorf("finished %d times", o.finishes())
		}
	})
}

// The first step goes on until it finds somebody, so that "this reaches nobody" can be said at once.
func TestTheFirstStepFindsSomebodyOrNobody(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		o := newTown(t)
		o.step = 10
		n := newNode(t, db, o, clock.At(morning), "")
		if b := n.enqueue(t, 1, 95, 200); !b.Filling || b.Messages != 6 {
			t.Errorf("%+v", b)
		}
		if b := n.enqueue(t, 2, 200, 100); b.Filling || b.Messages != 0 {
			t.Errorf("of nobody: %+v", b)
		}
	})
}

// If a node dies while a batch is being filled, another node continues where it stopped.
func TestFillingGoesOnAfterADeath(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		var ref int64
		rapid.Check(t, func(rt *rapid.T) {
			people, step := rapid.Int64Range(1, 300).Draw(rt, "people"), rapid.Int64Range(5, 100).Draw(rt, "step")
			deaths := rapid.SliceOfN(rapid.IntRange(1, 40), 0, 3).Draw(rt, "deaths")
			k := &killing{}
			sink := deliverytest.New(t, deliverytest.Options{Rule: k.rule})
			defer func() { _ = sink.Close() }()
			o := newTown(t)
			o.step = step
			n := newNode(t, db, o, clock.At(morning), sink.URL())
			ref++
			batch := n.enqueue(t, ref, 1, people)
			for _, after := range deaths {
				life, die := context.WithCancel(t.Context())
				k.arm(deliverytest.AtMail, after, die)
				_ = n.StepUntil(life) // its death is expected
				die()
				n.expire(t)
				n = newNode(t, db, o, n.clock, sink.URL())
			}
			k.arm(deliverytest.AtMail, 1<<30, nil)
			n.outlive(t, batch.ID)
			got := sink.ByRecipient()
			if int64(len(got)) != people {
				rt.Fatalf("%d of %d people got it", len(got), people)
			}
			if p, err := n.Progress(t.Context(), batch.ID); err != nil || p.Sent != people || p.Finished.IsZero() {
				rt.Fatalf("%+v, %v", p, err)
			}
		})
	})
}

func TestEnqueueingAgainAddsWhoWasMissing(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{})
		o := newTown(t)
		n := newNode(t, db, o, clock.At(morning), sink.URL())
		n.enqueue(t, 1, 100, 150)
		n.step(t)
		o.step = 20
		if b := n.enqueue(t, 1, 80, 260); b.Added == 0 || !b.Finished.IsZero() {
			t.Fatalf("%+v", b)
		}
		n.step(t)
		exactly(t, sink, 80, 260)
	})
}

// A person who is added to a chunk while a worker sends it is not overlooked when the worker closes it. (SQLite has one
// writer at a time: there the worker comes afterwards.)
func TestWhoeverIsAddedToAChunkUnderWayIsNotOverlooked(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		if db.Engine() != storage.Postgres {
			return
		}
		sink := deliverytest.New(t, deliverytest.Options{})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
		batch := n.enqueue(t, 1, 100, 150)
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
			n.town.set(func(o *town) { o.audience = [2]int64{90, 150} })
			_, err := n.Enqueue(ctx, tx, delivery.NewBatch{Origin: "test.issue", Ref: 1, Channel: delivery.Email})
			stepped := make(chan struct{})
			go func() { // a worker does what it can before the commit
				defer close(stepped)
				n.step(t)
			}()
			<-stepped
			return err
		})
		n.step(t)
		if p := n.progress(t, batch.ID, "sent 61"); p.Finished.IsZero() {
			t.Errorf("%+v", p)
		}
		exactly(t, sink, 90, 150)
	})
}

func TestABatchThatIsCancelledIsFilledNoFurther(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{})
		o := newTown(t)
		o.step = 10
		n := newNode(t, db, o, clock.At(morning), sink.URL())
		batch := n.enqueue(t, 1, 1, 100)
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
			_, err := n.Cancel(ctx, tx, batch.ID)
			return err
		})
		n.step(t)
		if p := n.progress(t, batch.ID, "cancelled 10"); p.Finished.IsZero() {
			t.Errorf("%+v", p)
		}
		if sink.Count() != 0 {
			t.Errorf("%d mails went out", sink.Count())
		}
	})
}

// Cancel waits for a step of the filling that is in progress, and cancels what it added too.
func TestCancellingInTheMiddleOfAStepTakesBackAll(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{})
		o := newTown(t)
		o.step = 10
		n := newNode(t, db, o, clock.At(morning), sink.URL())
		batch := n.enqueueAt(t, 1, 1, 40, morning.Add(time.Hour)) // nothing is sent yet
		cancelled := make(chan error, 1)
		o.set(func(o *town) {
			o.asked = func() {
				go func() {
					cancelled <- db.Tx(t.Context(), func(tx *storage.Tx) error {
						_, err := n.Cancel(t.Context(), tx, batch.ID)
						return err
					})
				}()
				for waiting := false; db.Engine() == storage.Postgres && !waiting; { // until the step is waited for
					asked := make(chan error)
					go func() { // the step is inside its transaction and must not use the pool
						asked <- db.QueryRowContext(t.Context(), "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)").Scan(&waiting)
					}()
					if err := <-asked; err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
		n.step(t)
		if err := n.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := <-cancelled; err != nil {
			t.Fatal(err)
		}
		p, err := n.Progress(t.Context(), batch.ID)
		if err != nil || p.Owed() != 0 || p.Cancelled != p.Messages {
			t.Errorf("%+v, %v", p, err)
		}
	})
}

// An origin that cannot name its recipients does not stop the others, and is asked again.
func TestTroubleWithOneAudienceKeepsNobodyElseWaiting(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{})
		o := newTown(t)
		o.step = 10
		n := newNode(t, db, o, clock.At(morning), sink.URL())
		first := n.enqueue(t, 1, 1, 30)
		second := n.enqueue(t, 2, 1, 30)
		o.set(func(o *town) { o.mute = 1 })
		if err := n.Step(t.Context()); !errors.Is(err, errMute) {
			t.Fatalf("got %v", err)
		}
		n.progress(t, first.ID, "sent 10")
		n.progress(t, second.ID, "sent 30")
		o.set(func(o *town) { o.mute = 0 })
		n.step(t)
		n.progress(t, first.ID, "sent 30")
	})
}

// A ledger of the first release, with a queued message, is upgraded completely.
func TestTheLedgerOfTheFirstReleaseIsUpgraded(t *testing.T) {
	for _, engine := range []storage.Engine{storage.SQLite, storage.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			text, err := fs.ReadFile(delivery.Schema(), "0001_delivery.sql")
			if err != nil {
				t.Fatal(err)
			}
			db := storagetest.Open(t, engine, storage.Schema{Room: "delivery", Files: fstest.MapFS{"0001_delivery.sql": {Data: text}}})
			for _, s := range []string{
				"INSERT INTO delivery_batch (id, origin, ref, channel, created, at, cancelled, finished) VALUES (7, 'test.issue', 1, 'email', 1, 1, 0, 0)",
				"INSERT INTO delivery_chunk (batch, number, due, lease_until, fence) VALUES (7, 0, 0, 0, 3), (7, 1, 1, 0, 1)",
				"INSERT INTO delivery_message (batch, person, chunk, state, reason, code, attempts, next_at, changed) VALUES" +
					" (7, 1, 0, 'sent', '', 0, 1, 1, 5), (7, 2, 1, 'later', 'temporary', 451, 1, 1, 6), (7, 3, 1, 'waiting', '', 0, 0, 1, 1)",
			} {
				if _, err := db.ExecContext(t.Context(), s); err != nil {
					t.Fatalf("%s: %v", s, err)
				}
			}
			if _, err := db.Migrate(t.Context(), storage.Schema{Room: "delivery", Files: delivery.Schema()}); err != nil {
				t.Fatal(err)
			}
			sink := deliverytest.New(t, deliverytest.Options{})
			n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
			n.progress(t, 7, "waiting 1 sent 1 later 1")
			n.step(t)
			n.progress(t, 7, "sent 3 retried 1")
			exactly(t, sink, 2, 3)
			sendings, err := n.Export(t.Context(), db, 2, access.Whole)
			if list, ok := sendings.([]delivery.Sending); err != nil || !ok || len(list) != 1 {
				t.Errorf("%s, %v", fmt.Sprint(sendings), err)
			}
		})
	}
}
