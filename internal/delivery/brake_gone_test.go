package delivery_test

import (
	"context"
	"testing"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/storage"
)

// oldList is a mail server that knows none of the persons up to gone, refuses the next ones for a temporary reason, and
// accepts the rest.
func oldList(t *testing.T, gone int) *deliverytest.Sink {
	t.Helper()
	answers := map[string]error{}
	for p := range int64(gone) {
		answers[addressOf(p+1)] = deliverytest.Refuse(550, "5.1.1", "no such mailbox")
	}
	answers[addressOf(int64(gone+1))] = deliverytest.Refuse(554, "5.7.1", "blocked")
	return deliverytest.New(t, deliverytest.Options{Keep: -1, Rule: func(a deliverytest.Attempt) error {
		if a.Stage != deliverytest.AtRcpt {
			return nil
		}
		return answers[a.To]
	}})
}

func TestAddressesThatNobodyHasHoldTheAccountThoughNothingCameBack(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := oldList(t, 60)
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL(), func(s *delivery.Settings) { s.Policy.BrakeDays = 7 })
		first := n.enqueueFor(t, "culture", 1, 50, 249)
		n.step(t)
		if p := n.progress(t, first.ID, "sent 188 refused 12"); p.Returned() != 0 || len(p.Returns) != 0 {
			t.Errorf("what was refused is told as %+v that came back", p.Returns)
		}
		n.braked(t, "culture", false) // 11 of 199: temporary refusals do not count
		n.enqueueFor(t, "culture", 2, 300, 300)
		n.enqueueFor(t, "school", 3, 1, 5)
		n.step(t)
		n.clock.Advance(time.Hour)
		want := delivery.Brake{Account: "culture", Since: n.clock.Now(), Reason: delivery.BrakeBounces, Returned: 11, Accepted: 200}
		if brake := n.braked(t, "culture", true); brake != want {
			t.Fatalf("%+v, want %+v", brake, want)
		}
		n.braked(t, "school", false)

		n.resume(t, "culture", true)
		n.clock.Advance(time.Minute)
		n.braked(t, "culture", false) // earlier refusals are not counted again
		again := n.enqueueFor(t, "culture", 4, 6, 60)
		n.step(t)
		n.progress(t, again.ID, "refused 44 suppressed 11") // suppressed addresses are not tried again
		n.braked(t, "culture", false)                       // too few messages since
		n.enqueueFor(t, "culture", 5, 400, 555)
		n.step(t)
		if brake := n.braked(t, "culture", true); brake.Returned != 44 || brake.Accepted != 200 {
			t.Fatalf("%+v", brake)
		}
	})
}

func TestRefusalsAndBouncesAreWeighedTogetherOnBothChannels(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		p := newPhones()
		p.rule = func(m sms.Message, _ int) error {
			if to := m.To.String(); to > numberOf(0) && to <= numberOf(6) {
				return &sms.Permanent{Code: 11, Reason: sms.NumberUnknown}
			}
			return nil
		}
		sink := deliverytest.New(t, deliverytest.Options{Keep: -1})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL(), func(s *delivery.Settings) {
			s.Policy.BrakeDays, s.SMS.Gateway = 7, sms.Pretend(p.take)
		})
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
			n.town.set(func(o *town) { o.audience = [2]int64{1, 100} })
			_, err := n.Enqueue(ctx, tx, delivery.NewBatch{Origin: "test.issue", Ref: 1, Channel: delivery.SMS, Account: "culture"})
			return err
		})
		mails := n.enqueueFor(t, "culture", 2, 1, 110)
		n.step(t)
		n.bouncing(t, mails, 1, 4)
		n.braked(t, "culture", false) // 10 of 210
		n.bouncing(t, mails, 5, 5)
		if brake := n.braked(t, "culture", true); brake.Returned != 11 || brake.Accepted != 210 {
			t.Fatalf("%+v", brake)
		}
	})
}
