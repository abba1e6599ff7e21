package delivery_test

import (
	"context"
	"testing"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/bounce"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
)

// enqueueFor adds the persons from first to last to a batch of the account.
func (n *node) enqueueFor(t testing.TB, account string, ref, first, last int64) delivery.Batch {
	t.Helper()
	var b delivery.Batch
	n.tx(t, func(ctx context.Context, tx *storage.Tx) (err error) {
		n.town.set(func(o *town) { o.audience = [2]int64{first, last} })
		b, err = n.Enqueue(ctx, tx, delivery.NewBatch{Origin: "test.issue", Ref: ref, Channel: delivery.Email, Account: account})
		return err
	})
	return b
}

// bouncing returns the messages of the batch to the persons from first to last.
func (n *node) bouncing(t testing.TB, batch delivery.Batch, first, last int64) {
	t.Helper()
	for p := first; p <= last; p++ {
		n.mustBack(t, n.EnvelopeTo(batch.ID, p, addressOf(p)), notice(addressOf(p), "5.1.1", unknown))
	}
}

// braked applies the brakes and checks whether the account is stopped.
func (n *node) braked(t testing.TB, account string, want bool) delivery.Brake {
	t.Helper()
	if err := n.ApplyBrakes(t.Context()); err != nil {
		t.Fatal(err)
	}
	brakes, err := n.Brakes(t.Context(), n.db)
	brake, got := brakes[account]
	if err != nil || got != want {
		t.Fatalf("%s is stopped: %v, %v", account, got, err)
	}
	return brake
}

func (n *node) resume(t testing.TB, account string, want bool) {
	t.Helper()
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
		ctx = access.With(ctx, access.Actor{Kind: access.StaffAct, Name: "ada@town.example"})
		if lifted, err := n.Resume(ctx, tx, account); err != nil || lifted != want {
			t.Fatalf("lifted %v, %v", lifted, err)
		}
		return nil
	})
}

// brakeTown is a node whose brake looks at seven days.
func brakeTown(t *testing.T, db *storage.DB) (*node, *deliverytest.Sink) {
	t.Helper()
	sink := deliverytest.New(t, deliverytest.Options{Keep: -1})
	return newNode(t, db, newTown(t), clock.At(morning), sink.URL(), func(s *delivery.Settings) { s.Policy.BrakeDays = 7 }), sink
}

func TestTooManyBouncesStopTheAccountUntilItIsReleased(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		n, sink := brakeTown(t, db)
		first := n.enqueueFor(t, "culture", 1, 1, 210)
		n.step(t)
		n.bouncing(t, first, 1, 10)
		n.braked(t, "culture", false) // 10 of 210
		n.bouncing(t, first, 1, 10)   // the same again
		n.braked(t, "culture", false)
		n.clock.Advance(time.Hour)
		n.bouncing(t, first, 11, 11)
		brake := n.braked(t, "culture", true)
		want := delivery.Brake{Account: "culture", Since: n.clock.Now(), Reason: delivery.BrakeBounces, Returned: 11, Accepted: 210}
		if brake != want {
			t.Fatalf("%+v, want %+v", brake, want)
		}

		held, other := n.enqueueFor(t, "culture", 2, 12, 60), n.enqueueFor(t, "school", 3, 61, 90)
		n.town.set(func(o *town) { o.step = 10 })
		filling := n.enqueueFor(t, "culture", 4, 12, 60)
		sink.Clear()
		n.step(t)
		n.progress(t, held.ID, "waiting 49")
		n.progress(t, other.ID, "sent 30")
		if p := n.progress(t, filling.ID, "waiting 9"); !p.Filling {
			t.Fatal("its ledger was filled")
		}
		// An operator who waits for it is told at once that it does not go.
		if p, err := n.Drain(t.Context(), filling.ID, nil); err != nil || p.Owed() != 9 || sink.Count() != 30 {
			t.Fatalf("%+v, %v, %d mails", p, err, sink.Count())
		}

		n.resume(t, "school", false)
		n.clock.Advance(time.Minute)
		n.resume(t, "culture", true)
		n.resume(t, "culture", false)
		n.braked(t, "culture", false) // earlier returns are not counted again
		n.clock.Advance(time.Minute)
		n.step(t)
		n.progress(t, held.ID, "sent 49")
		n.progress(t, filling.ID, "sent 49")
		n.clock.Advance(time.Minute)
		n.bouncing(t, held, 12, 40)
		n.braked(t, "culture", false) // too few messages since
		n.town.set(func(o *town) { o.step = 0 })
		more := n.enqueueFor(t, "culture", 5, 300, 450)
		n.step(t)
		n.progress(t, more.ID, "sent 151")
		n.braked(t, "culture", true) // 29 of 249
	})
}

func TestAFewComplaintsHoldTheAccount(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		n, _ := brakeTown(t, db)
		batch := n.enqueueFor(t, "culture", 1, 1, 400)
		n.step(t)
		n.mustBack(t, n.EnvelopeTo(batch.ID, 1, addressOf(1)), complaint("To: "+addressOf(1)+"\n"))
		n.braked(t, "culture", false) // 1 of 400 is less than 0.3 %
		n.mustBack(t, n.EnvelopeTo(batch.ID, 2, addressOf(2)), complaint("To: "+addressOf(2)+"\n"))
		if brake := n.braked(t, "culture", true); brake.Reason != delivery.BrakeComplaints || brake.Returned != 2 || brake.Accepted != 400 {
			t.Fatalf("%+v", brake)
		}
	})
}

func TestWhatCameBackLongAgoHoldsNobody(t *testing.T) {
	n, _ := brakeTown(t, storageSQLite(t))
	batch := n.enqueueFor(t, "culture", 1, 1, 300)
	n.step(t)
	n.bouncing(t, batch, 1, 30)
	n.clock.Advance(8 * 24 * time.Hour)
	n.braked(t, "culture", false)
	off := newNode(t, n.db, n.town, clock.At(morning), "")
	off.braked(t, "culture", false) // a town may have no brake
	n.clock.Set(morning)
	n.braked(t, "culture", true)
}

func TestWhatFailedIsTriedAgainByHand(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		well := false
		sink := deliverytest.New(t, deliverytest.Options{Rule: func(a deliverytest.Attempt) error {
			if a.Stage != deliverytest.AtRcpt || well && a.To != addressOf(1) {
				return nil
			}
			switch a.To {
			case addressOf(1):
				return deliverytest.Refuse(550, "5.1.1", "no such mailbox")
			case addressOf(2):
				return deliverytest.Refuse(552, "5.2.2", "mailbox full")
			case addressOf(3):
				return deliverytest.Refuse(554, "5.7.1", "blocked")
			case addressOf(4):
				return deliverytest.Refuse(451, "4.3.0", "come back")
			}
			return nil
		}})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error { return n.Suppress(ctx, tx, addressOf(5), "hard") })
		n.town.set(func(o *town) { o.gone[6] = true })
		batch := n.enqueue(t, 1, 1, 50)
		n.step(t)
		n.progress(t, batch.ID, "sent 44 refused 3 later 1 suppressed 1 withdrawn 1")
		again := n.retry(t, batch.ID)
		if again != (delivery.Retried{Later: 1, Refused: 2}) {
			t.Fatalf("%+v", again)
		}
		if p := n.progress(t, batch.ID, "sent 44 refused 1 later 3 suppressed 1 withdrawn 1"); !p.Finished.IsZero() {
			t.Fatal("finished although messages are queued")
		}
		well = true
		n.step(t)
		if p := n.progress(t, batch.ID, "sent 47 refused 1 suppressed 1 withdrawn 1 retried 3"); p.Finished.IsZero() {
			t.Fatal("not finished")
		}
		if again := n.retry(t, batch.ID); again != (delivery.Retried{}) {
			t.Fatalf("%+v", again)
		}
		if p := n.progress(t, batch.ID, "sent 47 refused 1 suppressed 1 withdrawn 1 retried 3"); p.Finished.IsZero() || n.town.finishes() != 1 {
			t.Fatalf("finished at %v, %d times", p.Finished, n.town.finishes())
		}
		for address, mails := range sink.ByRecipient() {
			if mails != 1 {
				t.Errorf("%s got %d mails", address, mails)
			}
		}
	})
}

// retry calls Retry, and checks that it does what Retryable announced and leaves nothing to retry.
func (n *node) retry(t testing.TB, batch int64) (again delivery.Retried) {
	t.Helper()
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
		told, err := n.Retryable(ctx, tx, batch, nil)
		if err != nil {
			return err
		}
		if again, err = n.Retry(ctx, tx, batch, nil); err == nil && told != again {
			t.Errorf("retried %+v, announced %+v", again, told)
		}
		if left, _ := n.Retryable(ctx, tx, batch, nil); left != (delivery.Retried{}) {
			t.Errorf("left %+v", left)
		}
		return err
	})
	return again
}

func TestWhatWasGivenUpBeginsAnewAndWhatWasCancelledDoesNot(t *testing.T) {
	sink := deliverytest.New(t, deliverytest.Options{Rule: func(a deliverytest.Attempt) error {
		if a.Stage == deliverytest.AtRcpt {
			return deliverytest.Refuse(451, "4.3.0", "come back")
		}
		return nil
	}})
	n := newNode(t, storageSQLite(t), newTown(t), clock.At(morning), sink.URL())
	batch := n.enqueue(t, 1, 1, 2)
	for range 30 { // days of trying
		n.step(t)
		n.clock.Advance(6 * time.Hour)
	}
	if p := n.progress(t, batch.ID, "refused 2 retried 2"); p.Reasons[0].Reason != email.Expired {
		t.Fatalf("%+v", p.Reasons)
	}
	if again := n.retry(t, batch.ID); again.Refused != 2 {
		t.Fatalf("%+v", again)
	}
	n.step(t)
	n.progress(t, batch.ID, "later 2 retried 2") // not given up at once
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
		_, err := n.Cancel(ctx, tx, batch.ID)
		return err
	})
	err := n.db.Tx(t.Context(), func(tx *storage.Tx) error {
		_, err := n.Retry(t.Context(), tx, batch.ID, nil)
		return err
	})
	if !fault.HasKey(err, "delivery.retry.cancelled") {
		t.Fatalf("got %v", err)
	}
}

func TestEveryReasonToComeBackHasWords(t *testing.T) {
	keys := wordKeys(t)
	for _, reason := range []bounce.Reason{
		bounce.UnknownAddress, bounce.UnknownDomain, bounce.Moved, bounce.NoMail, bounce.MailboxFull, bounce.Suspended, bounce.TooLarge,
		bounce.Filtered, bounce.Spam, bounce.Virus, bounce.Blocked, bounce.Sender, bounce.Policy, bounce.Relaying, bounce.Busy,
		bounce.Network, bounce.Expired, bounce.System, bounce.Content, bounce.Protocol, bounce.Undetermined, bounce.Abuse, bounce.Answer,
	} {
		if !keys[delivery.ReasonWord(reason)] {
			t.Errorf("no word for %q", reason)
		}
	}
	for _, kind := range []bounce.Kind{bounce.Hard, bounce.Soft, bounce.Complaint, bounce.Auto, bounce.None} {
		if !keys["delivery.return.kind."+string(kind)] {
			t.Errorf("no word for %q", kind)
		}
	}
	for _, reason := range []delivery.BrakeReason{delivery.BrakeBounces, delivery.BrakeComplaints} {
		if !keys["delivery.brake."+string(reason)] {
			t.Errorf("no word for %q", reason)
		}
	}
}
