package delivery_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/storage"
)

func TestPutOffMessagesAreTriedAgainOnAGrowingSchedule(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		var tries atomic.Int64
		sink := deliverytest.New(t, deliverytest.Options{Rule: func(a deliverytest.Attempt) error {
			if a.Stage == deliverytest.AtRcpt && a.To == addressOf(3) && tries.Add(1) <= 3 {
				return deliverytest.Refuse(451, "4.3.0", "come back")
			}
			return nil
		}})
		o, c := newTown(t), clock.At(morning)
		batch := newNode(t, db, o, c, sink.URL()).enqueue(t, 1, 1, 5)
		restarted := func() *node { return newNode(t, db, o, c, sink.URL()) } // the schedule is in the database
		restarted().step(t)
		restarted().progress(t, batch.ID, "sent 4 later 1")
		tried := int64(1)
		for _, pause := range []time.Duration{time.Minute, 2 * time.Minute} {
			c.Advance(pause - time.Second)
			restarted().step(t)
			if got := tries.Load(); got != tried {
				t.Fatalf("tried %d times, %v being too early", got, pause)
			}
			c.Advance(time.Second)
			restarted().step(t)
			if tried++; tries.Load() != tried {
				t.Fatalf("tried %d times, want %d", tries.Load(), tried)
			}
			p := restarted().progress(t, batch.ID, "sent 4 later 1 retried 1")
			if len(p.Reasons) != 1 || p.Reasons[0] != (delivery.ReasonCount{State: delivery.Later, Reason: email.Temporary, Count: 1}) {
				t.Fatalf("reasons %v", p.Reasons)
			}
		}
		c.Advance(4*time.Minute - time.Second)
		restarted().step(t)
		restarted().progress(t, batch.ID, "sent 4 later 1 retried 1")
		c.Advance(time.Second)
		restarted().step(t)
		restarted().progress(t, batch.ID, "sent 5 retried 1")
		exactly(t, sink, 1, 5)
	})
}

func TestTheScheduleGrowsAndEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := time.Duration(rapid.Int64Range(int64(time.Second), int64(time.Hour)).Draw(t, "first"))
		total, last := time.Duration(0), time.Duration(0)
		for tries := int64(1); ; tries++ {
			pause, again := delivery.Wait(first, tries)
			if !again {
				break
			}
			if total += pause; pause < last || pause > 6*time.Hour || total > 72*time.Hour {
				t.Fatalf("try %d waits %v after %v", tries, pause, last)
			}
			last = pause
		}
		if total < 60*time.Hour {
			t.Fatalf("given up after %v", total)
		}
	})
}

func TestAMessagePutOffForDaysIsGivenUp(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{Rule: func(a deliverytest.Attempt) error {
			if a.Stage == deliverytest.AtRcpt {
				return deliverytest.Refuse(450, "4.2.0", "never now")
			}
			return nil
		}})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
		batch := n.enqueue(t, 1, 1, 1)
		for range 4 {
			n.step(t)
			n.clock.Advance(6 * time.Hour)
		}
		n.progress(t, batch.ID, "later 1 retried 1")
		for range 18 {
			n.step(t)
			n.clock.Advance(6 * time.Hour)
		}
		p := n.progress(t, batch.ID, "refused 1 retried 1")
		if p.Reasons[0].Reason != email.Expired || p.Finished.IsZero() {
			t.Fatalf("%+v", p)
		}
	})
}

func TestARefusalIsFinal(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		var asked atomic.Int64
		sink := deliverytest.New(t, deliverytest.Options{Rule: func(a deliverytest.Attempt) error {
			if a.Stage == deliverytest.AtRcpt && a.To == addressOf(7) {
				asked.Add(1)
				return deliverytest.Refuse(550, "5.1.1", "no "+a.To+" here")
			}
			return nil
		}})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
		n.town.address[9] = "a@b\r\nRCPT TO:<eve@example.org>"
		batch := n.enqueue(t, 1, 1, 10)
		for range 3 {
			n.step(t)
			n.clock.Advance(24 * time.Hour)
		}
		p := n.progress(t, batch.ID, "sent 8 refused 2")
		if asked.Load() != 1 || len(p.Reasons) != 2 || sink.ByRecipient()["eve@example.org"] != 0 {
			t.Fatalf("asked %d times, reasons %v", asked.Load(), p.Reasons)
		}
		var messages int64
		if err := db.QueryRowContext(t.Context(), "SELECT messages FROM delivery_counts WHERE origin = $1 AND ref = $2 AND reason = $3",
			"test.issue", 1, string(email.MailboxUnknown)).Scan(&messages); err != nil || messages != 1 {
			t.Fatalf("the view counts %d, %v", messages, err)
		}
		var code int64
		if err := db.QueryRowContext(t.Context(), "SELECT code FROM delivery_message WHERE person = $1", 7).Scan(&code); err != nil || code != 550 {
			t.Fatalf("code %d, %v", code, err)
		}
	})
}

func TestARelayThatIsDownPutsEverybodyOffWithoutCountingIt(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{})
		url := sink.URL()
		if err := sink.Close(); err != nil {
			t.Fatal(err)
		}
		n := newNode(t, db, newTown(t), clock.At(morning), url)
		batch := n.enqueue(t, 1, 1, 500)
		p, err := n.Drain(t.Context(), batch.ID, nil)
		if err != nil || p.Later != 500 || p.Retried != 0 || p.Reasons[0].Reason != email.RelayUnreachable {
			t.Fatalf("%+v, %v", p, err)
		}
		if h := n.Relay(); h.Up || h.Trouble == "" || !h.RetryAt.Equal(morning.Add(time.Minute)) {
			t.Fatalf("health %+v", h)
		}
		sink = deliverytest.New(t, deliverytest.Options{Listen: strings.TrimPrefix(url, "smtp://")})
		n.step(t)
		if sink.Count() != 0 {
			t.Fatal("the relay was not left alone")
		}
		n.clock.Advance(time.Minute)
		n.step(t)
		n.progress(t, batch.ID, "sent 500")
		exactly(t, sink, 1, 500)
		if h := n.Relay(); !h.Up {
			t.Fatalf("health %+v", h)
		}
	})
}

func TestWithoutARelayEverythingIsPutOff(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		n := newNode(t, db, newTown(t), clock.At(morning), "")
		batch := n.enqueue(t, 1, 1, 30)
		if p, err := n.Drain(t.Context(), batch.ID, nil); err != nil || p.Later != 30 || n.Relay().Configured {
			t.Fatalf("%+v, %v", p, err)
		}
	})
}

func TestAnOperatorSendsAgainWithoutWaiting(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		var down atomic.Bool
		down.Store(true)
		sink := deliverytest.New(t, deliverytest.Options{Rule: func(a deliverytest.Attempt) error {
			if a.Stage == deliverytest.AtRcpt && down.Load() {
				return deliverytest.Refuse(451, "4.3.0", "later")
			}
			return nil
		}})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
		batch := n.enqueue(t, 1, 1, 50)
		n.step(t)
		n.progress(t, batch.ID, "later 50")
		down.Store(false)
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error { return n.RetryNow(ctx, tx, batch.ID) })
		var told []delivery.Progress
		p, err := n.Drain(t.Context(), batch.ID, func(p delivery.Progress) { told = append(told, p) })
		if err != nil || p.Sent != 50 || p.Retried != 50 || len(told) == 0 || told[len(told)-1].Sent != 50 {
			t.Fatalf("%+v, %v", p, err)
		}
	})
}
