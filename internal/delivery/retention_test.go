package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/bounce"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

// folder returns another node of the same town that keeps its ledger so many months and folds a few messages at a time.
func (n *node) folder(t testing.TB, months int) *node { return n.folderBy(t, months, 3) }

func (n *node) folderBy(t testing.TB, months, atOnce int) *node {
	t.Helper()
	f := newNode(t, n.db, n.town, n.clock, "", func(s *delivery.Settings) {
		s.LedgerMonths, s.FoldAtOnce, s.Policy = months, atOnce, delivery.Policy{BrakeDays: 7, Contact: "https://town.example/"}
	})
	f.PlugFarewells(&farewells{})
	return f
}

var errKilled = errors.New("killed")

// killedAt makes folding fail after so many steps.
func (o *town) killedAt(steps int) {
	o.set(func(o *town) {
		o.folding = func() error {
			if steps--; steps < 0 {
				return errKilled
			}
			return nil
		}
	})
}

func (o *town) spared() { o.set(func(o *town) { o.folding = nil }) }

func (n *node) fold(t testing.TB) {
	t.Helper()
	if err := n.Fold(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// rows checks how many rows of the batch in the ledger name a person.
func (n *node) rows(t testing.TB, batch delivery.Batch, want int) {
	t.Helper()
	var got int
	if err := n.db.QueryRowContext(t.Context(), `SELECT (SELECT count(*) FROM delivery_message WHERE batch = $1)
		+ (SELECT count(*) FROM delivery_chunk WHERE batch = $1) + (SELECT count(*) FROM delivery_return WHERE batch = $1)
		+ (SELECT count(*) FROM delivery_sms_part WHERE batch = $1)`, batch.ID).Scan(&got); err != nil || got != want {
		t.Fatalf("%d rows, %v; want %d", got, err, want)
	}
}

// sentLongAgo tests a batch of 20 messages, two of them refused, finished 24 months ago: when it was just closed, when
// it is partly folded, and when it is folded.
func sentLongAgo(t *testing.T, db *storage.DB, test func(t *testing.T, n *node, batch delivery.Batch, sink *deliverytest.Sink)) {
	t.Helper()
	sink := deliverytest.New(t, deliverytest.Options{Rule: func(a deliverytest.Attempt) error {
		if a.Stage == deliverytest.AtRcpt && (a.To == addressOf(5) || a.To == addressOf(19)) {
			return deliverytest.Refuse(552, "5.2.2", "mailbox full")
		}
		return nil
	}})
	n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
	for ref, killed := range map[int64]int{1: 0, 2: 3, 3: math.MaxInt} {
		batch := n.enqueue(t, ref, 1, 20)
		n.step(t)
		n.clock.Set(morning.AddDate(2, 0, 1))
		f := n.folder(t, 24)
		f.town.killedAt(killed)
		if err := f.Fold(t.Context()); (err != nil) != (killed < math.MaxInt) {
			t.Fatal(err)
		}
		f.town.spared()
		sink.Clear()
		test(t, n, batch, sink)
		f.fold(t)
		f.rows(t, batch, 0)
		n.clock.Set(morning)
	}
}

func TestAFoldedBatchIsClosedForGood(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sentLongAgo(t, db, func(t *testing.T, n *node, batch delivery.Batch, sink *deliverytest.Sink) {
			again := n.enqueue(t, batch.Ref, 1, 30)
			if again.ID != batch.ID || again.Added != 0 || again.Messages != 20 || again.Folded.IsZero() || again.Filling {
				t.Fatalf("enqueued again: %+v", again)
			}
			n.join(t, batch, 0, 7, 31)
			n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
				if _, err := n.Retry(ctx, tx, batch.ID, nil); !fault.HasKey(err, "delivery.retry.folded") {
					t.Errorf("tried again: %v", err)
				}
				return n.RetryNow(ctx, tx, batch.ID)
			})
			if offered, err := n.Retryable(t.Context(), db, batch.ID, nil); err != nil || offered != (delivery.Retried{}) {
				t.Errorf("offered to be tried again: %+v, %v", offered, err)
			}
			n.step(t)
			p, err := n.Drain(t.Context(), batch.ID, nil)
			if err != nil || p.Sent != 18 || p.Refused != 2 || p.Finished.IsZero() || sink.Count() != 0 {
				t.Errorf("%d mails, %+v, %v", sink.Count(), p, err)
			}
			n.progress(t, batch.ID, "sent 18 refused 2")
		})
	})
}

func TestWhatComesBackOfAFoldedBatchStillSuppresses(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		n, batch, to := sentTown(t, db)
		n.mustBack(t, to[4], notice(addressOf(4), "5.1.1", unknown))
		n.clock.Advance(25 * 31 * 24 * time.Hour)
		f := n.folder(t, 24)
		f.fold(t)
		f.rows(t, batch, 0)
		for range 2 {
			n.mustBack(t, to[2], notice(addressOf(2), "5.1.1", unknown))
			n.mustBack(t, to[3], notice(addressOf(3), "4.2.2", full))
			n.mustBack(t, to[5], complaint("Return-Path: <"+to[5]+">\nTo: "+addressOf(5)+"\n"))
		}
		n.mustBack(t, "newsletter@town.example", complaint("List-Unsubscribe: <mailto:newsletter@town.example?subject=unsubscribe-"+
			goodToken+">\nTo: "+addressOf(1)+"\nMessage-ID: <"+n.MessageID(batch.ID, 1)+">\n"))
		n.suppressed(t, "1 2 4 5")
		if angry := n.town.angry; len(angry) == 0 || angry[0] != 5 || angry[len(angry)-1] != 1 {
			t.Errorf("complained: %v", angry)
		}
		p := n.progress(t, batch.ID, "sent 5")
		want := delivery.ReturnCount{Kind: bounce.Hard, Reason: bounce.UnknownAddress, Count: 1}
		if len(p.Returns) != 1 || p.Returns[0] != want {
			t.Errorf("returns %+v", p.Returns)
		}
		f.rows(t, batch, 0)
	})
}

func TestReceiptsOfFoldedTextMessagesAreStrangers(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		p := newPhones()
		n := textNode(t, db, sms.Pretend(p.take))
		batch := n.enqueueTexts(t, 1, 1, 8)
		n.step(t)
		receipt(t, n, partOf(1, 1), sms.Delivered)
		undelivered(t, n, partOf(2, 1), sms.NumberUnknown)
		before, err := n.Progress(t.Context(), batch.ID)
		if err != nil || before.Undelivered != 1 {
			t.Fatal(before, err)
		}
		n.clock.Advance(25 * 31 * 24 * time.Hour)
		f := n.folder(t, 24)
		f.fold(t)
		f.rows(t, batch, 0)
		undelivered(t, n, partOf(3, 1), sms.NumberUnknown)
		receipt(t, n, partOf(4, 1), sms.Delivered)
		n.muteNumbers(t, "2")
		after, err := n.Progress(t.Context(), batch.ID)
		if fmt.Sprintf("%+v", before) != fmt.Sprintf("%+v", after) || err != nil {
			t.Errorf("before %+v\nafter  %+v, %v", before, after, err)
		}
	})
}

func TestAPersonsRightsHoldWhileHerBatchesBecomeNumbers(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sentLongAgo(t, db, func(t *testing.T, n *node, batch delivery.Batch, _ *deliverytest.Sink) {
			for _, person := range []int64{2, 19} { // one with a row, one without
				n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
					if _, err := n.Export(ctx, tx, person, access.Whole); err != nil {
						return err
					}
					return n.Forget(ctx, tx, person)
				})
				if all, err := n.Export(t.Context(), db, person, access.Whole); err != nil || fmt.Sprint(all) != "[]" {
					t.Errorf("exported of who was forgotten: %v, %v", all, err)
				}
			}
			n.progress(t, batch.ID, "sent 18 refused 2")
		})
		n := newNode(t, db, newTown(t), clock.At(morning.AddDate(2, 0, 1)), "")
		if all, err := n.Export(t.Context(), db, 7, access.Whole); err != nil || fmt.Sprint(all) != "[]" {
			t.Errorf("exported of what became numbers: %v, %v", all, err)
		}
	})
}

func TestWhatIsOwedOrYoungStaysWhateverTheClock(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{Rule: func(a deliverytest.Attempt) error {
			if a.Stage == deliverytest.AtRcpt && a.To == addressOf(5) {
				return deliverytest.Refuse(451, "4.3.0", "later")
			}
			return nil
		}})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
		owed := n.enqueue(t, 1, 1, 5)
		n.step(t)
		cancelled := n.enqueueAt(t, 2, 1, 4, morning.Add(time.Hour))
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error { _, err := n.Cancel(ctx, tx, cancelled.ID); return err })
		n.step(t)
		n.progress(t, owed.ID, "sent 4 later 1")
		n.clock.Set(morning.AddDate(2, 0, -1))
		young := n.enqueue(t, 3, 1, 4)
		n.step(t)
		f := n.folder(t, 24)
		f.rows(t, cancelled, 5)
		f.fold(t)
		f.rows(t, cancelled, 5)
		for _, at := range []time.Time{morning.AddDate(-30, 0, 0), morning, morning.AddDate(2, 0, 1)} { // put back, and forward again
			n.clock.Set(at)
			f.fold(t)
		}
		f.rows(t, cancelled, 0)
		f.progress(t, cancelled.ID, "cancelled 4")
		f.rows(t, owed, 6)
		f.rows(t, young, 5)
		n.clock.Set(morning.AddDate(70, 0, 0)) // far ahead, by mistake
		f.fold(t)
		f.rows(t, young, 5)
		n.clock.Set(morning.AddDate(2, 0, 2))
		f.fold(t)
		f.progress(t, young.ID, "sent 4")
		f.progress(t, owed.ID, "sent 4 later 1 retried 1")
		n.folder(t, 0).fold(t) // for ever
		f.rows(t, owed, 6)
	})
}

func TestWhatSomethingCameBackOfLatelyWaits(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		n, batch, to := sentTown(t, db)
		n.clock.Set(morning.AddDate(2, 0, 1))
		n.mustBack(t, to[4], notice(addressOf(4), "4.2.2", full)) // it counts with others for two weeks
		f := n.folder(t, 24)
		f.fold(t)
		f.rows(t, batch, 7)
		for range 2 {
			n.clock.Advance(7 * 24 * time.Hour)
			f.fold(t)
		}
		f.rows(t, batch, 0)
		if p := f.progress(t, batch.ID, "sent 5"); p.Returned() != 1 {
			t.Errorf("returned %+v", p.Returns)
		}
	})
}

func TestTwoNodesFoldEachMessageOnce(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{Keep: -1})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
		batch := n.enqueue(t, 1, 1, 200)
		n.step(t)
		n.clock.Set(morning.AddDate(2, 0, 1))
		var all sync.WaitGroup
		for range 3 {
			f := n.folder(t, 24)
			all.Go(func() {
				if err := f.Fold(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
		folded := make(chan struct{})
		go func() {
			defer close(folded)
			all.Wait()
		}()
		for reading := true; reading; { // concurrent readers see all of them
			n.progress(t, batch.ID, "sent 200")
			select {
			case <-folded:
				reading = false
			default:
			}
		}
		n.rows(t, batch, 0)
		n.progress(t, batch.ID, "sent 200")
	})
}

// Old batches of a town with the previous release are folded like the others.
func TestOldBatchesOfTheReleaseBeforeAreFolded(t *testing.T) {
	files := fstest.MapFS{}
	for _, name := range []string{
		"0001_delivery.sql", "0002_ledger_by_person.sql", "0003_returns.sql", "0004_sms.sql", "0005_batches_stay.sql", "0006_sms_numbers.sql",
	} {
		text, err := fs.ReadFile(delivery.Schema(), name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: text}
	}
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ended := clock.Millis(morning.AddDate(-5, 0, 0))
		for _, text := range []string{
			fmt.Sprintf("INSERT INTO delivery_batch (id, origin, ref, channel, created, at, cancelled, finished) VALUES (9, 'test.issue', 1, 'email', 1, 1, 0, %d)", ended),
			"INSERT INTO delivery_chunk (batch, number, person_after, person_through, due, lease_until, fence) VALUES (9, 0, 0, 2, 0, 0, 1)",
			fmt.Sprintf("INSERT INTO delivery_message (batch, person, state, reason, code, attempts, next_at, changed) VALUES (9, 1, 'sent', '', 0, 1, 1, %d), (9, 2, 'refused', 'mailbox_full', 552, 2, 1, %[1]d)", ended),
		} {
			if _, err := db.ExecContext(t.Context(), text); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := db.Migrate(t.Context(), storage.Schema{Room: "delivery", Files: delivery.Schema()}); err != nil {
			t.Fatal(err)
		}
		n := newNode(t, db, newTown(t), clock.At(morning), "").folder(t, 24)
		n.progress(t, 9, "sent 1 refused 1 retried 1")
		n.fold(t)
		n.progress(t, 9, "sent 1 refused 1 retried 1")
		n.rows(t, delivery.Batch{ID: 9}, 0)
	}, storage.Schema{Room: "delivery", Files: files})
}

func TestOldNotesGoAndWhatIsOwedStays(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
		for range 7 {
			n.post(t, confirmation)
		}
		n.sendNotes(t, 7)
		n.post(t, confirmation) // is never sent
		n.mustBack(t, sink.Mails()[3].From, notice("maria@example.org", "5.1.1", unknown))
		n.clock.Advance(24 * time.Hour)
		n.mustBack(t, sink.Mails()[4].From, notice("maria@example.org", "5.1.1", unknown))
		for _, c := range []struct{ days, want int }{{-1, 10}, {0, 3}, {1, 1}} {
			n.clock.Set(morning.AddDate(2, 0, c.days))
			n.folder(t, 24).fold(t)
			var left int
			err := db.QueryRowContext(t.Context(), "SELECT (SELECT count(*) FROM delivery_note) + (SELECT count(*) FROM delivery_return)").Scan(&left)
			if err != nil || left != c.want {
				t.Errorf("%d days from two years: %d notes and returns are left, %v; want %d", c.days, left, err, c.want)
			}
		}
		if yes, err := n.Suppressed(t.Context(), db, "maria@example.org"); err != nil || !yes {
			t.Errorf("the address is suppressed: %v, %v", yes, err)
		}
	})
}

// TestAClockThatRanAheadNeitherHastensNorStopsFolding: the times of a batch, a note and a return that were stored while
// the clock was wrong are corrected, and a night of a wrong clock makes nothing old.
func TestAClockThatRanAheadNeitherHastensNorStopsFolding(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		n, old, to := sentTown(t, db)
		f := n.folder(t, 24)
		f.fold(t)
		n.clock.Set(morning.AddDate(50, 0, 0)) // for a night
		ahead := n.enqueue(t, 2, 1, 4)
		n.step(t)
		n.mustBack(t, to[3], notice(addressOf(3), "4.2.2", full))
		f.fold(t)
		f.rows(t, old, 7)
		n.clock.Set(morning.AddDate(0, 0, 1)) // corrected
		f.fold(t)
		f.rows(t, ahead, 5)
		n.clock.Set(morning.AddDate(-50, 0, 0)) // the battery is empty
		f.fold(t)
		f.rows(t, old, 7)
		for at := morning.AddDate(0, 0, 2); at.Before(morning.AddDate(2, 0, 4)); at = at.AddDate(0, 0, 7) {
			n.clock.Set(at)
			f.fold(t)
		}
		n.clock.Set(morning.AddDate(2, 0, 4))
		f.fold(t)
		f.rows(t, ahead, 0)
		f.rows(t, old, 0)
		f.progress(t, ahead.ID, "sent 4")
	})
}
