package newsletters_test

import (
	"fmt"
	"strings"
	"testing"

	"unoxuno/internal/disclosure"
	"unoxuno/internal/identity"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
)

func TestAnIssueThatCannotBeReadIsLeftOutOfTheDigestAndStaysOwed(t *testing.T) {
	for _, column := range []string{"blocks", "frame"} {
		t.Run(column, func(t *testing.T) {
			inTown(t, func(w *world) {
				ada := w.citizen(people.Details{Given: "Ada"}, false, "teatro", "concerti")
				bea := w.citizen(people.Details{Given: "Bea"}, false, "concerti")
				w.paced(ada, newsletters.Daily, "teatro", "concerti")
				w.paced(bea, newsletters.Daily, "concerti")
				play, concert := w.publish(text("teatro", "t1", "")), w.publish(text("concerti", "c1", ""))
				var whole string
				w.must(w.db.QueryRowContext(w.ctx, "SELECT "+column+" FROM newsletters_issue WHERE id = $1", concert.ID).Scan(&whole))
				write := func(text string) {
					_, err := w.db.ExecContext(w.ctx, "UPDATE newsletters_issue SET "+column+" = $1 WHERE id = $2", text, concert.ID)
					w.must(err)
				}
				write("[{")
				w.slot()
				mails := w.sink.Mails()
				if len(mails) != 1 || !strings.Contains(mails[0].Text(), "/teatro/t1") || strings.Contains(mails[0].Text(), "/concerti/c1") {
					w.Fatalf("%d mails while the concerts cannot be read, want one with the theatre alone", len(mails))
				}
				w.wantReached("ada")
				w.wantState(newsletters.Sent, play)
				log, err := w.identity.AuditLog(w.ctx, identity.AuditQuery{Limit: 1})
				w.must(err)
				if log[0].Action != "audit.issue.left_out" || log[0].Subject != concert.Subject() {
					w.Errorf("the log says %+v", log[0])
				}
				if state := w.stateOf(concert); state != newsletters.Sending {
					w.Errorf("the concert is %s while two are owed it", state)
				}
				w.slot() // nothing is repaired
				w.wantReached("")
				write(whole)
				if awaiting, err := w.Awaiting(w.ctx, concert.ID); err != nil || awaiting != 2 {
					w.Errorf("%d await the concerts (%v), want 2", awaiting, err)
				}
				w.slot()
				w.wantReached("ada bea")
				w.wantState(newsletters.Sent, concert)
				if s := w.numbers(concert.ID); s.Recipients != disclosure.Exact(2) || s.Accepted != disclosure.Exact(2) {
					w.Errorf("statistics are %+v", s)
				}
				w.slot()
				w.wantReached("")
			})
		})
	}
}

// stateOf returns the issue's state, even if the issue cannot be read.
func (w *world) stateOf(i newsletters.Issue) (state newsletters.State) {
	w.Helper()
	w.must(w.db.QueryRowContext(w.ctx, "SELECT state FROM newsletters_issue WHERE id = $1", i.ID).Scan(&state))
	return state
}

func TestWhoChoosesTextMessagesBeforeTheSlotGetsWhatWaits(t *testing.T) {
	inTown(t, func(w *world) {
		ada := w.citizen(people.Details{Given: "Ada"}, false, "teatro", "concerti")
		w.paced(ada, newsletters.Daily, "teatro", "concerti")
		number := w.phone(ada)
		play := w.publish(withText("teatro", "t1"))
		mute := w.publish(text("teatro", "t2", ""))
		concert := w.publish(withText("concerti", "c1"))
		w.must(w.ChooseChannel(w.ctx, ada, "teatro", people.SMS))
		w.slot()
		w.deliver() // what the digest moved
		w.wantTexted(number)
		mails := w.sink.Mails()
		if len(mails) != 1 || strings.Contains(mails[0].Text(), "/teatro/t1") || !strings.Contains(mails[0].Text(), "/teatro/t2") ||
			!strings.Contains(mails[0].Text(), "/concerti/c1") {
			t.Errorf("%d mails, want one with what has no text and what she did not change", len(mails))
		}
		w.sink.Clear()
		w.wantState(newsletters.Sent, play, mute, concert)
		if s := w.numbers(play.ID); s.Recipients != disclosure.Exact(1) || s.Accepted != disclosure.Exact(1) || s.Withdrawn != disclosure.Exact(0) {
			t.Errorf("statistics are %+v", s)
		}
		w.slot()
		w.deliver()
		w.wantReached("")
		w.wantTexted()
	})
}

// TestAllOfADigestMayGoByText: a digest of which no mail is left. Readers without a mobile, an address or a consent, or
// who changed their mind, get what is due to them.
func TestAllOfADigestMayGoByText(t *testing.T) {
	inTown(t, func(w *world) {
		numbers := map[string]string{}
		persons := map[string]int64{}
		for _, name := range []string{"Ada", "Bea", "Carla", "Dina"} {
			person := w.citizen(people.Details{Given: name}, false, "teatro")
			w.paced(person, newsletters.Daily, "teatro")
			persons[name], numbers[name] = person, w.phone(person)
		}
		play := w.publish(withText("teatro", "t1"))
		for _, person := range persons {
			w.must(w.ChooseChannel(w.ctx, person, "teatro", people.SMS))
		}
		w.must(w.ChooseChannel(w.ctx, persons["Bea"], "teatro", people.Email))
		w.must(w.people.Withdraw(w.ctx, persons["Carla"], people.ForNewsletter, "test"))
		w.execute(fmt.Sprintf("DELETE FROM people_address WHERE channel = 'sms' AND person_id = %d", persons["Dina"]))
		w.makeDigest()
		for range 2 {
			w.deliver()
			w.deliver()
		}
		w.wantReached("bea dina")
		w.wantTexted(numbers["Ada"])
		w.wantState(newsletters.Sent, play)
		digests, err := w.LatestDigests(w.ctx, 1)
		w.must(err)
		if p := digests[0].Progress; p.Sent != 2 || p.Kept != 1 || p.Withdrawn != 1 {
			t.Errorf("the digest ended as %+v", p)
		}
	})
}
