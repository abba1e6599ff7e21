package newsletters_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/disclosure"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// putOff defers mails (or text messages) until the returned function is called; then they are due.
func (w *world) putOff(mails, texts bool) (end func()) {
	w.refused = func(a deliverytest.Attempt) error {
		if mails && a.Stage == deliverytest.AtRcpt {
			return deliverytest.Refuse(451, "4.3.0", "come back")
		}
		return nil
	}
	w.busy = func(sms.Message) error {
		if texts {
			return &sms.Later{Code: 88, Reason: sms.Temporary}
		}
		return nil
	}
	return func() {
		w.refused, w.busy = nil, nil
		w.clock.Advance(time.Hour)
		w.deliver()
		w.deliver() // moved to a batch that was finished before
	}
}

// takeUp asks the room for the recipients of a batch and does nothing with the answer, like a node that is killed.
func (w *world) takeUp(batch int64) error {
	var m delivery.Matter
	row := w.db.QueryRowContext(w.ctx, "SELECT ref, channel, id FROM delivery_batch WHERE id = $1", batch)
	if err := row.Scan(&m.Ref, &m.Channel, &m.Batch); err != nil {
		return err
	}
	letter, err := w.Letter(w.ctx, m)
	if err != nil {
		return err
	}
	owed := w.column(fmt.Sprintf("SELECT person FROM delivery_message WHERE batch = %d AND state IN ('waiting', 'later') ORDER BY person", batch))
	_, err = letter.Recipients(w.ctx, owed)
	return err
}

func TestWhoseMailWasPutOffGetsATextIfSheChoosesIt(t *testing.T) {
	inTown(t, func(w *world) {
		persons, numbers := map[string]int64{}, map[string]string{}
		for _, name := range []string{"Ada", "Bea", "Carla", "Dina"} {
			persons[name] = w.citizen(people.Details{Given: name}, false, "teatro")
			numbers[name] = w.phone(persons[name])
		}
		end := w.putOff(true, false)
		play, mute := w.publish(withText("teatro", "t1")), w.publish(text("teatro", "t2", ""))
		w.must(w.ChooseChannel(w.ctx, persons["Ada"], "teatro", people.SMS))
		w.must(w.ChooseChannel(w.ctx, persons["Bea"], "teatro", people.SMS)) // and then she loses her telephone
		w.execute(fmt.Sprintf("DELETE FROM people_address WHERE channel = 'sms' AND person_id = %d", persons["Bea"]))
		w.must(w.ChooseChannel(w.ctx, persons["Carla"], "teatro", people.SMS)) // and then she leaves
		w.must(w.Unsubscribe(w.ctx, newsletters.Leaving{Person: persons["Carla"], Newsletter: "teatro", How: "page"}))
		w.must(w.takeUp(w.column("SELECT id FROM delivery_batch WHERE channel = 'email' ORDER BY id")[0]))
		end()
		w.wantTexted(numbers["Ada"])
		w.wantReached("ada bea bea dina dina") // Ada gets what has no text, too, as before
		w.wantState(newsletters.Sent, play, mute)
		if s := w.numbers(play.ID); s.Recipients != disclosure.Exact(4) || s.Accepted != disclosure.Exact(3) || s.Withdrawn != disclosure.Exact(1) || s.AwaitingDigest != disclosure.Exact(0) ||
			s.Channels[0].Recipients != disclosure.Exact(3) || s.Channels[1].Recipients != disclosure.Exact(1) {
			t.Errorf("statistics are %+v", s)
		}
		again, err := w.Retry(w.ctx, play.ID)
		if w.must(err); again != (delivery.Retried{}) {
			t.Errorf("%+v is tried again", again)
		}
	})
}

func TestWhoseTextWasPutOffGetsAMailAtHerPaceIfSheChoosesIt(t *testing.T) {
	inTown(t, func(w *world) {
		persons, numbers := map[string]int64{}, map[string]string{}
		for _, name := range []string{"Ada", "Bea", "Carla"} {
			persons[name] = w.citizen(people.Details{Given: name}, false, "teatro")
			numbers[name] = w.phone(persons[name])
			w.must(w.ChooseChannel(w.ctx, persons[name], "teatro", people.SMS))
		}
		end := w.putOff(false, true)
		play := w.publish(withText("teatro", "t1"))
		for _, name := range []string{"Ada", "Bea"} {
			w.must(w.ChooseChannel(w.ctx, persons[name], "teatro", people.Email))
		}
		w.paced(persons["Bea"], newsletters.Daily, "teatro")
		end()
		w.wantTexted(numbers["Carla"])
		w.wantReached("ada")
		w.wantState(newsletters.Sending, play)
		w.slot()
		w.wantReached("bea")
		w.wantState(newsletters.Sent, play)
		if s := w.numbers(play.ID); s.Recipients != disclosure.Exact(3) || s.Accepted != disclosure.Exact(3) || s.InDigests != disclosure.Exact(1) {
			t.Errorf("statistics are %+v", s)
		}
	})
}

func TestWhoChangesHerMindAgainAndAgainGetsItOnce(t *testing.T) {
	inTown(t, func(w *world) {
		ada := w.citizen(people.Details{Given: "Ada"}, false, "teatro")
		number := w.phone(ada)
		end := w.putOff(true, true)
		play := w.publish(withText("teatro", "t1"))
		for _, channel := range []people.Channel{people.SMS, people.Email, people.SMS, people.Email, people.SMS} {
			w.must(w.ChooseChannel(w.ctx, ada, "teatro", channel))
			w.clock.Advance(time.Hour)
			w.deliver()
			w.deliver()
		}
		w.wantState(newsletters.Sending, play)
		end()
		w.wantTexted(number)
		w.wantReached("")
		w.wantState(newsletters.Sent, play)
	})
}

// TestNodesThatHandOverTogetherMoveEachOnce: several nodes ask for the same people at the same moment, on both
// channels.
func TestNodesThatHandOverTogetherMoveEachOnce(t *testing.T) {
	inTown(t, func(w *world) {
		var wanted []string
		for n := range 12 {
			person := w.citizen(people.Details{Given: fmt.Sprintf("r%d", n)}, false, "teatro")
			number := w.phone(person)
			if n%2 == 1 {
				w.must(w.ChooseChannel(w.ctx, person, "teatro", people.SMS))
			} else {
				wanted = append(wanted, number)
			}
		}
		end := w.putOff(true, true)
		play := w.publish(withText("teatro", "t1"))
		for n := range int64(12) {
			channel := people.SMS
			if n%2 == 1 {
				channel = people.Email
			}
			w.must(w.ChooseChannel(w.ctx, w.personAt(fmt.Sprintf("r%d@mail.example", n)), "teatro", channel))
		}
		batches := w.column("SELECT id FROM delivery_batch ORDER BY id")
		var nodes errgroup.Group
		for range 3 {
			for _, batch := range batches {
				nodes.Go(func() error { return w.takeUp(batch) })
			}
		}
		w.must(nodes.Wait())
		end()
		w.wantTexted(wanted...)
		w.wantReached("r1 r11 r3 r5 r7 r9")
		w.wantState(newsletters.Sent, play)
		if s := w.numbers(play.ID); s.Recipients != disclosure.Exact(12) || s.Accepted != disclosure.Exact(12) {
			t.Errorf("statistics are %+v", s)
		}
	})
}

// named returns the people in the issue's audience on a channel now, as while the ledger is filled.
func (w *world) named(i newsletters.Issue, channel people.Channel) (persons []int64) {
	w.Helper()
	w.must(w.db.Tx(w.ctx, func(tx *storage.Tx) error {
		if err := w.people.HoldCrowd(w.ctx, tx); err != nil {
			return err
		}
		s, err := w.Audience(w.ctx, tx, delivery.Matter{Ref: i.ID, Channel: string(channel)}, 0)
		if err != nil {
			return err
		}
		rows, err := tx.QueryContext(w.ctx, s.Persons.SQL()+" ORDER BY 1", s.Persons.Args()...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var person int64
			if err := rows.Scan(&person); err != nil {
				return err
			}
			persons = append(persons, person)
		}
		return rows.Err()
	}))
	return persons
}

// TestWhoChangesWhileTheLedgerIsFilledIsInItOnce computes the second channel's recipients after somebody has changed to
// it since the first one was filled.
func TestWhoChangesWhileTheLedgerIsFilledIsInItOnce(t *testing.T) {
	inTown(t, func(w *world) {
		byMail := w.citizen(people.Details{Given: "Ada"}, false, "teatro")
		byDigest := w.citizen(people.Details{Given: "Bea"}, false, "teatro")
		byText := w.citizen(people.Details{Given: "Carla"}, false, "teatro")
		late := w.citizen(people.Details{Given: "Dina"}, false)
		w.paced(byDigest, newsletters.Daily, "teatro")
		for _, person := range []int64{byMail, byDigest, byText, late} {
			w.phone(person)
		}
		w.must(w.ChooseChannel(w.ctx, byText, "teatro", people.SMS))
		play := w.publish(withText("teatro", "t1"))
		for _, person := range []int64{byMail, byDigest} {
			w.must(w.ChooseChannel(w.ctx, person, "teatro", people.SMS))
		}
		w.must(w.ChooseChannel(w.ctx, byText, "teatro", people.Email))
		w.paced(byText, newsletters.Daily, "teatro")
		w.must(w.SubscribePerson(w.ctx, late, "teatro", "own-page"))
		if got := w.named(play, people.Email); !slices.Equal(got, []int64{late}) {
			t.Errorf("by mail it is for %v, want %v alone", got, late)
		}
		w.must(w.ChooseChannel(w.ctx, late, "teatro", people.SMS))
		if got := w.named(play, people.SMS); !slices.Equal(got, []int64{late}) {
			t.Errorf("by text message it is for %v, want %v alone", got, late)
		}
		if kept := w.column("SELECT person_id FROM newsletters_kept"); !slices.Equal(kept, []int64{byDigest}) {
			t.Errorf("it is deferred for %v, want %v alone", kept, byDigest)
		}
	})
}
