package delivery_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/storage"
)

func TestBeingToldToStopLeavesTheRestToBeResumed(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		ctx, stop := context.WithCancel(t.Context())
		sink := deliverytest.New(t, deliverytest.Options{OnMail: func(m deliverytest.Mail) {
			if m.ID == 150 {
				stop()
			}
		}})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
		batch := n.enqueue(t, 1, 1, 400)
		if err := n.Step(ctx); err != nil && ctx.Err() == nil {
			t.Fatal(err)
		}
		p, err := n.Progress(t.Context(), batch.ID)
		if err != nil || p.Sent != int64(sink.Count()) || p.Sent+p.Waiting != 400 || p.Waiting == 0 {
			t.Fatalf("%+v, %v; the server took %d", p, err, sink.Count())
		}
		newNode(t, db, n.town, n.clock, sink.URL()).step(t) // no lease is in the way
		n.progress(t, batch.ID, "sent 400")
		exactly(t, sink, 1, 400)
	})
}

// killing is a rule that kills a process the nth time that a mail reaches a stage.
type killing struct {
	stage deliverytest.Stage
	mu    sync.Mutex
	after int
	kill  func()
}

func (k *killing) rule(a deliverytest.Attempt) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if a.Stage != k.stage || k.kill == nil {
		return nil
	}
	if k.after--; k.after <= 0 {
		k.kill()
		k.kill = nil
	}
	return nil
}

func (k *killing) arm(stage deliverytest.Stage, after int, kill func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stage, k.after, k.kill = stage, after, kill
}

func TestKillingAtAnyMomentLosesNobodyAndRepeatsFew(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		o, c := newTown(t), clock.At(morning)
		var ref int64
		rapid.Check(t, func(rt *rapid.T) {
			people := rapid.Int64Range(1, 120).Draw(rt, "people")
			size := rapid.IntRange(5, 100).Draw(rt, "chunk")
			kills := rapid.SliceOfN(rapid.IntRange(1, 90), 1, 3).Draw(rt, "kills")
			k := &killing{}
			sink := deliverytest.New(t, deliverytest.Options{Rule: k.rule})
			defer func() { _ = sink.Close() }()
			start := func() *node {
				return newNode(t, db, o, c, sink.URL(), func(s *delivery.Settings) { s.ChunkSize = size })
			}
			ref++
			batch := start().enqueue(t, ref, 1, people)
			for _, after := range kills {
				life, kill := context.WithCancel(t.Context())
				stage := rapid.SampledFrom([]deliverytest.Stage{deliverytest.AtMail, deliverytest.AtRcpt, deliverytest.AtData, deliverytest.AtReply})
				k.arm(stage.Draw(rt, "stage"), after, kill)
				n := start()
				err := n.StepUntil(life)
				if err != nil && life.Err() == nil {
					rt.Fatal(err)
				}
				kill()
				n.expire(t)
			}
			n := start()
			n.outlive(t, batch.ID)
			p, err := n.Progress(t.Context(), batch.ID)
			if err != nil || p.Sent != people {
				rt.Fatalf("%+v, %v", p, err)
			}
			repeats := 0
			for p := int64(1); p <= people; p++ {
				got := sink.ByRecipient()[addressOf(p)]
				if got == 0 {
					rt.Fatalf("person %d got nothing", p)
				}
				repeats += got - 1
			}
			if repeats > len(kills)*delivery.InFlight {
				rt.Fatalf("%d repeats after %d kills", repeats, len(kills))
			}
			ids := map[string]string{}
			for _, m := range sink.Mails() {
				if id := m.Header("Message-Id"); ids[m.To] != "" && ids[m.To] != id {
					rt.Fatalf("a repeat to %s has another Message-ID", m.To)
				} else {
					ids[m.To] = id
				}
			}
		})
	})
}

// stalling makes the server wait at one recipient until told to go on, and then gives the test's answer.
type stalling struct {
	to      string
	reached chan struct{}
	goOn    chan error
	once    atomic.Bool
}

func newStalling(to string) *stalling {
	return &stalling{to: to, reached: make(chan struct{}), goOn: make(chan error)}
}

func (s *stalling) rule(a deliverytest.Attempt) error {
	if a.Stage == deliverytest.AtRcpt && a.To == s.to && s.once.CompareAndSwap(false, true) {
		close(s.reached)
		return <-s.goOn
	}
	return nil
}

func TestAWorkerThatLostItsLeaseOverwritesNothing(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		s := newStalling(addressOf(3))
		sink := deliverytest.New(t, deliverytest.Options{Rule: s.rule})
		o, c := newTown(t), clock.At(morning)
		sleeper, other := newNode(t, db, o, c, sink.URL()), newNode(t, db, o, c, sink.URL())
		batch := sleeper.enqueue(t, 1, 3, 3)
		var asleep sync.WaitGroup
		asleep.Go(func() {
			if err := sleeper.Step(t.Context()); err != nil {
				t.Error(err)
			}
		})
		<-s.reached
		other.step(t)
		if sink.ByRecipient()[addressOf(3)] != 0 {
			t.Fatal("a leased chunk was claimed")
		}
		other.expire(t)
		other.outlive(t, batch.ID) // another runner of the stalled worker may claim the chunk first
		other.progress(t, batch.ID, "sent 1")
		s.goOn <- deliverytest.Refuse(550, "5.1.1", "too late")
		asleep.Wait()
		other.progress(t, batch.ID, "sent 1")
	})
}

func TestAWorkerThatLostItsLeaseIsIgnoredWhileAnotherHoldsIt(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		s := newStalling(addressOf(3))
		sink := deliverytest.New(t, deliverytest.Options{Rule: func(a deliverytest.Attempt) error {
			if a.Stage == deliverytest.AtRcpt && a.Tries == 2 {
				return deliverytest.Refuse(451, "4.3.0", "later")
			}
			return s.rule(a)
		}})
		o, c := newTown(t), clock.At(morning)
		sleeper, other := newNode(t, db, o, c, sink.URL()), newNode(t, db, o, c, sink.URL())
		batch := sleeper.enqueue(t, 1, 3, 3)
		var asleep sync.WaitGroup
		asleep.Go(func() {
			if err := sleeper.Step(t.Context()); err != nil {
				t.Error(err)
			}
		})
		<-s.reached
		other.expire(t)
		other.step(t)
		s.goOn <- deliverytest.Refuse(550, "5.1.1", "too late")
		asleep.Wait()
		other.progress(t, batch.ID, "later 1")
		c.Advance(time.Minute)
		other.step(t)
		other.progress(t, batch.ID, "sent 1 retried 1")
	})
}

func TestWhatAWorkerSentAfterItsLeaseStaysSent(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		s := newStalling(addressOf(3))
		sink := deliverytest.New(t, deliverytest.Options{Rule: s.rule})
		o, c := newTown(t), clock.At(morning)
		sleeper, other := newNode(t, db, o, c, sink.URL()), newNode(t, db, o, c, sink.URL())
		batch := sleeper.enqueue(t, 1, 3, 3)
		var asleep sync.WaitGroup
		asleep.Go(func() {
			if err := sleeper.Step(t.Context()); err != nil {
				t.Error(err)
			}
		})
		<-s.reached
		other.tx(t, func(ctx context.Context, tx *storage.Tx) error {
			_, err := other.Cancel(ctx, tx, batch.ID)
			return err
		})
		other.expire(t)
		other.step(t)
		s.goOn <- nil
		asleep.Wait()
		p, err := other.Progress(t.Context(), batch.ID)
		if err != nil || p.Sent != int64(sink.Count()) || sink.ByRecipient()[addressOf(3)] != 1 || p.Sent != 1 {
			t.Fatalf("%+v, %v; the server took %d", p, err, sink.Count())
		}
	})
}

func TestDrainWaitsForWhatAnotherWorkerHolds(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		s := newStalling(addressOf(3))
		sink := deliverytest.New(t, deliverytest.Options{Rule: s.rule})
		o, c := newTown(t), clock.At(morning)
		holder, drainer := newNode(t, db, o, c, sink.URL()), newNode(t, db, o, c, sink.URL())
		batch := holder.enqueue(t, 1, 1, 60)
		var holding sync.WaitGroup
		holding.Go(func() {
			if err := holder.Step(t.Context()); err != nil {
				t.Error(err)
			}
		})
		<-s.reached
		released := false
		p, err := drainer.Drain(t.Context(), batch.ID, func(p delivery.Progress) {
			if p.Sent == 59 && !released { // all but the stalled one
				released = true
				s.goOn <- nil
			}
		})
		holding.Wait()
		if err != nil || p.Sent != 60 || p.Finished.IsZero() {
			t.Fatalf("%+v, %v", p, err)
		}
		exactly(t, sink, 1, 60)
	})
}

func TestALeaseHoldsForTenSeconds(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		s := newStalling(addressOf(1))
		sink := deliverytest.New(t, deliverytest.Options{Rule: s.rule})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
		n.enqueue(t, 1, 1, 1)
		var working sync.WaitGroup
		working.Go(func() { _ = n.Step(t.Context()) })
		<-s.reached
		var left int64
		query := "SELECT lease_until - " + db.Engine().Now() + " FROM delivery_chunk"
		if err := db.QueryRowContext(t.Context(), query).Scan(&left); err != nil {
			t.Fatal(err)
		}
		if lease := time.Duration(left) * time.Millisecond; lease <= 5*time.Second || lease > 10*time.Second {
			t.Errorf("the lease holds for %v more", lease)
		}
		s.goOn <- nil
		working.Wait()
	})
}
