package newsletters_test

import (
	"strings"
	"testing"

	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/disclosure"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
)

// wantState fails the test unless the issues are in that state.
func (w *world) wantState(want newsletters.State, issues ...newsletters.Issue) {
	w.Helper()
	for _, i := range issues {
		now, err := w.Issue(w.ctx, i.ID)
		w.must(err)
		if now.State != want || (want == newsletters.Sent) == now.Finished.IsZero() {
			w.Errorf("%s is %s (finished %v), want %s", i.Slug, now.State, now.Finished, want)
		}
	}
}

// tornDigest sends a slot in which Ada is reached, Bea's and Carla's mailboxes are full, and Dina's does not exist.
// Carla gets only the concert.
func tornDigest(w *world) (play, concert newsletters.Issue) {
	w.Helper()
	for _, name := range []string{"Ada", "Bea", "Carla", "Dina"} {
		slugs := []string{"teatro", "concerti"}
		if name == "Carla" {
			slugs = slugs[1:]
		}
		w.paced(w.citizen(people.Details{Given: name}, false, slugs...), newsletters.Daily, slugs...)
	}
	play, concert = w.publish(text("teatro", "t1", "")), w.publish(text("concerti", "c1", ""))
	w.refused = func(a deliverytest.Attempt) error {
		switch {
		case a.Stage != deliverytest.AtRcpt, strings.HasPrefix(a.To, "ada@"):
			return nil
		case strings.HasPrefix(a.To, "dina@"):
			return deliverytest.Refuse(550, "5.1.1", "no such user") // permanent
		}
		return deliverytest.Refuse(552, "5.2.2", "mailbox full")
	}
	w.slot()
	return play, concert
}

// tryAgain retries what failed of the issue. Retryable must have announced the same.
func (w *world) tryAgain(i newsletters.Issue) delivery.Retried {
	w.Helper()
	told, err := w.Retryable(w.ctx, i.ID)
	w.must(err)
	again, err := w.Retry(w.ctx, i.ID)
	w.must(err)
	if told != again {
		w.Errorf("Retryable says %+v, Retry %+v", told, again)
	}
	return again
}

func TestWhatFailedInADigestIsTriedAgain(t *testing.T) {
	inTown(t, func(w *world) {
		play, concert := tornDigest(w)
		w.wantReached("ada")
		w.wantState(newsletters.Sent, play, concert)
		s := w.numbers(concert.ID)
		if s.Recipients != disclosure.Exact(4) || s.Accepted != disclosure.Exact(1) || s.Refused != disclosure.Exact(3) || s.AwaitingDigest != disclosure.Exact(0) || len(s.Reasons) != 2 {
			t.Errorf("statistics are %+v", s)
		}

		w.refused = nil
		again := w.tryAgain(play)
		if again != (delivery.Retried{Refused: 1}) {
			t.Errorf("of the theatre %+v is tried again, want Bea's alone", again)
		}
		w.wantState(newsletters.Sending, play, concert)
		if awaiting, err := w.Awaiting(w.ctx, concert.ID); err != nil || awaiting != 1 {
			t.Errorf("%d await the concert (%v), want Bea", awaiting, err)
		}
		w.deliver()
		mails := w.sink.Mails()
		if len(mails) != 1 || !strings.Contains(mails[0].Text(), "/teatro/t1") || !strings.Contains(mails[0].Text(), "/concerti/c1") {
			t.Errorf("%d mails, want one with both issues", len(mails))
		}
		w.wantReached("bea")
		w.wantState(newsletters.Sent, play, concert)

		again = w.tryAgain(concert)
		if again != (delivery.Retried{Refused: 1}) {
			t.Errorf("of the concerts %+v is tried again, want Carla's alone", again)
		}
		w.deliver()
		w.wantReached("carla")
		w.wantState(newsletters.Sent, play, concert)
		for _, i := range []newsletters.Issue{play, concert} {
			if again = w.tryAgain(i); again != (delivery.Retried{}) {
				t.Errorf("once more: %+v", again)
			}
		}
		s = w.numbers(concert.ID)
		if s.Recipients != disclosure.Exact(4) || s.Accepted != disclosure.Exact(3) || s.InDigests != disclosure.Exact(3) || s.Refused != disclosure.Exact(1) || len(s.Reasons) != 1 {
			t.Errorf("statistics are %+v", s)
		}
	})
}

func TestWhatIsPutOffInADigestIsTriedNow(t *testing.T) {
	inTown(t, func(w *world) {
		ada := w.citizen(people.Details{Given: "Ada"}, false, "teatro")
		w.paced(ada, newsletters.Daily, "teatro")
		play := w.publish(text("teatro", "t1", ""))
		w.refused = func(a deliverytest.Attempt) error {
			if a.Stage == deliverytest.AtRcpt {
				return deliverytest.Refuse(451, "4.3.0", "come back")
			}
			return nil
		}
		w.slot()
		w.wantState(newsletters.Sending, play)
		w.refused = nil
		w.deliver() // it is not due
		w.wantReached("")
		again := w.tryAgain(play)
		if again != (delivery.Retried{Later: 1}) {
			t.Errorf("%+v is tried again", again)
		}
		w.deliver()
		w.wantReached("ada")
		w.wantState(newsletters.Sent, play)
	})
}
