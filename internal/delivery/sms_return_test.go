package delivery_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/bounce"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/storage"
)

// partOf returns the id that the gateway of phones gives to a part of the person's message.
func partOf(person int64, part int) string { return fmt.Sprintf("g%07d-%d", person, part) }

// undelivered delivers the receipt of a part that the network gave up.
func undelivered(t testing.TB, n *node, id string, reason sms.Reason) {
	t.Helper()
	if err := n.Receipt(t.Context(), sms.Receipt{ID: id, State: sms.Undelivered, Reason: reason}); err != nil {
		t.Fatal(err)
	}
}

// muteNumbers checks which of the persons' usual numbers are suppressed, written as "2 3".
func (n *node) muteNumbers(t testing.TB, want string) {
	t.Helper()
	var got []string
	for p := range int64(12) {
		yes, err := n.Suppressed(t.Context(), n.db, numberOf(p))
		if err != nil {
			t.Fatal(err)
		}
		if yes {
			got = append(got, fmt.Sprint(p))
		}
	}
	if text := strings.Join(got, " "); text != want {
		t.Fatalf("suppressed are %q, want %q", text, want)
	}
}

func TestAReceiptThatNobodyHasTheNumberSuppressesItAtOnce(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		p := newPhones()
		n := textNode(t, db, sms.Pretend(p.take))
		p.first = func(id string) { // faster than the gateway's answer
			if id == "g0000001" {
				undelivered(t, n, id+"-1", sms.NumberUnknown)
			}
		}
		batch := n.enqueueTexts(t, 1, 1, 8)
		n.step(t)
		n.muteNumbers(t, "1")
		n.town.set(func(o *town) { o.address[2] = numberOf(11) }) // by now she has another number
		for range 2 {
			undelivered(t, n, partOf(2, 1), sms.NumberUnknown)
			undelivered(t, n, partOf(2, 2), sms.NumberUnknown)
		}
		undelivered(t, n, partOf(3, 1), sms.Blocked)
		undelivered(t, n, partOf(4, 1), sms.Other)
		undelivered(t, n, partOf(5, 1), sms.PhoneOff)
		receipt(t, n, partOf(6, 1), sms.Delivered)
		undelivered(t, n, partOf(6, 1), sms.NumberUnknown) // a final state stays
		undelivered(t, n, "a stranger's", sms.NumberUnknown)
		n.muteNumbers(t, "1 2")
		got := n.progress(t, batch.ID, "sent 8")
		want := []delivery.ReturnCount{
			{Kind: bounce.Hard, Reason: bounce.Reason(sms.NumberUnknown), Count: 2}, {Kind: bounce.Soft, Reason: bounce.Reason(sms.PhoneOff), Count: 1},
			{Kind: bounce.Soft, Reason: bounce.Policy, Count: 1}, {Kind: bounce.Soft, Reason: bounce.Undetermined, Count: 1},
		}
		if fmt.Sprint(sorted(got.Returns)) != fmt.Sprint(sorted(want)) || got.Undelivered != 5 {
			t.Errorf("returns %+v, undelivered %d", got.Returns, got.Undelivered)
		}
		n.town.set(func(o *town) { delete(o.address, 2) })
		next := n.enqueueTexts(t, 2, 1, 8)
		n.step(t)
		n.progress(t, next.ID, "sent 6 suppressed 2")
	})
}

// sorted returns the counts as a map.
func sorted(counts []delivery.ReturnCount) map[string]int64 {
	all := map[string]int64{}
	for _, c := range counts {
		all[string(c.Kind)+" "+string(c.Reason)] = c.Count
	}
	return all
}

func TestATelephoneThatStaysOffIsSuppressedLikeAFullMailbox(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		n := textNode(t, db, sms.Pretend(newPhones().take))
		for issue, want := range []string{"", "", "1"} {
			n.enqueueTexts(t, int64(issue+1), 1, 2)
			n.step(t)
			undelivered(t, n, partOf(1, 1), sms.PhoneOff)
			undelivered(t, n, partOf(1, 2), sms.PhoneOff)
			undelivered(t, n, partOf(2, 1), sms.Other) // it may have been our sender: counts against no number
			n.muteNumbers(t, want)
			n.clock.Advance(24 * time.Hour)
		}
	})
}

func TestACodeGoesToASuppressedNumberAndItsAnswerLiftsThat(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		n := textNode(t, db, sms.Pretend(newPhones().take))
		n.enqueueTexts(t, 1, 1, 2)
		n.step(t)
		undelivered(t, n, partOf(1, 1), sms.NumberUnknown)
		n.muteNumbers(t, "1")
		n.post(t, delivery.Note{Channel: delivery.SMS, Kind: "answer", To: numberOf(1), Text: "Il sito è …"})
		n.sendNotes(t, 0)
		n.post(t, delivery.Note{Channel: delivery.SMS, Kind: delivery.NoteCode, To: numberOf(1), Text: "Codice 123456"})
		n.sendNotes(t, 1)
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error { return n.Lift(ctx, tx, numberOf(1)) })
		undelivered(t, n, partOf(1, 1), sms.NumberUnknown) // of the code, which has the same id now
		n.muteNumbers(t, "1")                              // a number confirmed just now does not exist
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error { return n.Lift(ctx, tx, numberOf(1)) })
		undelivered(t, n, partOf(1, 1), sms.NumberUnknown) // an old one, delivered again
		n.muteNumbers(t, "")
	})
}

// Both channels follow one rule: what the server or gateway says at once counts like a return.
func TestARefusalThatNobodyHasTheAddressSuppressesIt(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		p := newPhones()
		p.rule = func(m sms.Message, _ int) error {
			switch m.To.String() {
			case numberOf(1), numberOf(9):
				return &sms.Permanent{Code: 11, Reason: sms.NumberUnknown}
			case numberOf(2):
				return &sms.Permanent{Code: 69, Reason: sms.Blocked}
			}
			return nil
		}
		sink := deliverytest.New(t, deliverytest.Options{Rule: func(a deliverytest.Attempt) error {
			if a.Stage != deliverytest.AtRcpt {
				return nil
			}
			switch a.To {
			case addressOf(1), addressOf(9):
				return deliverytest.Refuse(550, "5.1.1", "no such mailbox")
			case addressOf(2):
				return deliverytest.Refuse(554, "5.7.1", "blocked")
			case addressOf(3):
				return deliverytest.Refuse(550, "", "relay not permitted") // Exim's words
			}
			return nil
		}})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL(), func(s *delivery.Settings) { s.SMS.Gateway = sms.Pretend(p.take) })
		mail, text := n.enqueue(t, 1, 1, 5), n.enqueueTexts(t, 2, 1, 5)
		n.step(t)
		n.progress(t, mail.ID, "sent 2 refused 3")
		n.progress(t, text.ID, "sent 3 refused 2")
		n.suppressed(t, "1")
		n.muteNumbers(t, "1")
		n.post(t, delivery.Note{Channel: delivery.SMS, Kind: delivery.NoteCode, To: numberOf(9), Text: "Codice 123456"})
		n.post(t, delivery.Note{Kind: delivery.NoteConfirm, To: addressOf(9), Subject: "Conferma", Text: "Premi qui."})
		n.sendNotes(t, 0)
		n.suppressed(t, "1 9")
		n.muteNumbers(t, "1 9")
	})
}

func TestReceiptsOfWhoIsForgottenNameNobody(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		n := textNode(t, db, sms.Pretend(newPhones().take))
		batch := n.enqueueTexts(t, 1, 1, 2)
		n.step(t)
		undelivered(t, n, partOf(1, 1), sms.NumberUnknown)
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error { return n.Forget(ctx, tx, 1) })
		if p := n.progress(t, batch.ID, "sent 2"); p.Returned() != 1 {
			t.Errorf("returned %d", p.Returned())
		}
		var named int
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM delivery_sms_part WHERE person < $1 AND digest <> ''", 0).Scan(&named); err != nil || named != 0 {
			t.Errorf("%d rows name a number, %v", named, err)
		}
	})
}

// Receipts count for the brake like returned mails.
func TestTooManyUnknownNumbersHoldTheAccount(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		n := newNode(t, db, newTown(t), clock.At(morning), "", func(s *delivery.Settings) {
			s.SMS.Gateway, s.Policy.BrakeDays = sms.Pretend(newPhones().take), 7
		})
		n.town.set(func(o *town) { o.audience = [2]int64{1, 210} })
		var batch delivery.Batch
		n.tx(t, func(ctx context.Context, tx *storage.Tx) (err error) {
			batch, err = n.Enqueue(ctx, tx, delivery.NewBatch{Origin: "test.issue", Ref: 1, Channel: delivery.SMS, Account: "culture"})
			return err
		})
		n.step(t)
		n.progress(t, batch.ID, "sent 210")
		for p := int64(1); p <= 10; p++ {
			undelivered(t, n, partOf(p, 1), sms.NumberUnknown)
			undelivered(t, n, partOf(p, 2), sms.NumberUnknown)
		}
		undelivered(t, n, partOf(100, 1), sms.PhoneOff)
		n.braked(t, "culture", false) // 10 of 210
		undelivered(t, n, partOf(11, 2), sms.NumberUnknown)
		if brake := n.braked(t, "culture", true); brake.Reason != delivery.BrakeBounces || brake.Returned != 11 || brake.Accepted != 210 {
			t.Fatalf("%+v", brake)
		}
	})
}
