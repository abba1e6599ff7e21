package newsletters_test

import (
	"strings"
	"testing"
	"time"

	"unoxuno/internal/disclosure"
	"unoxuno/internal/fault"
	"unoxuno/internal/identity"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/town"
)

// paced gives the person's subscriptions a pace.
func (w *world) paced(person int64, pace newsletters.Pace, subscribed ...string) {
	w.Helper()
	c := newsletters.Choice{Paces: map[string]newsletters.Pace{}, Profile: newsletters.AtOnce}
	for _, slug := range subscribed {
		c.Paces[slug] = pace
	}
	w.must(w.ChooseRhythm(w.ctx, person, c))
}

// slot sets the clock to the next slot and sends its digest. Two nodes ask for it, one of them late.
func (w *world) slot() time.Time {
	w.Helper()
	at := w.makeDigest()
	w.deliver()
	return at
}

func (w *world) makeDigest() time.Time {
	w.Helper()
	at := w.NextSlot(w.clock.Now())
	w.clock.Set(at.Add(time.Second))
	w.must(w.MakeDigest(w.ctx, at))
	w.clock.Advance(time.Minute)
	w.must(w.MakeDigest(w.ctx, at))
	return at
}

// deliver sends everything that is queued now.
func (w *world) deliver() {
	w.Helper()
	for _, batch := range w.column("SELECT id FROM delivery_batch WHERE finished = 0 AND cancelled = 0 ORDER BY id") {
		_, err := w.delivery.Drain(w.ctx, batch, nil)
		w.must(err)
	}
}

// publish sends an issue, and what leaves at once.
func (w *world) publish(c newsletters.Content) newsletters.Issue {
	w.Helper()
	i := w.create(c)
	_, err := w.Send(w.ctx, i.ID, i.Version, true)
	w.must(err)
	w.deliver()
	i, err = w.Issue(w.ctx, i.ID)
	w.must(err)
	return i
}

// column returns the numbers that a query of one column selects.
func (w *world) column(query string) (list []int64) {
	w.Helper()
	rows, err := w.db.QueryContext(w.ctx, query)
	w.must(err)
	defer func() { w.must(rows.Close()) }()
	for rows.Next() {
		var n int64
		w.must(rows.Scan(&n))
		list = append(list, n)
	}
	w.must(rows.Err())
	return list
}

func titled(newsletter, slug, title string) newsletters.Content {
	c := text(newsletter, slug, "")
	c.Title = title
	return c
}

func TestAPauseHoldsEverythingButWhatIsUrgent(t *testing.T) {
	inTown(t, func(w *world) {
		ada := w.citizen(people.Details{Given: "Ada"}, false, "teatro", "concerti")
		bea := w.citizen(people.Details{Given: "Bea"}, false, "teatro")
		w.paced(ada, newsletters.Daily, "concerti")
		waiting := w.publish(text("concerti", "c0", ""))
		w.must(w.Pause(w.ctx, ada, "2025-03-06"))
		w.must(w.Pause(w.ctx, bea, "2025-03-04"))
		if i, err := w.Issue(w.ctx, waiting.ID); err != nil || i.State != newsletters.Sent {
			t.Errorf("the issue that waited for Ada is %s (%v): a pause drops it", i.State, err)
		}
		queued := w.create(text("teatro", "t1", ""))
		if reach, err := w.Reach(w.ctx, queued.ID); err != nil || reach.People != 0 {
			t.Errorf("the issue reaches %+v (%v) while all have paused", reach, err)
		}
		w.must(w.EndPause(w.ctx, bea))
		_, err := w.Send(w.ctx, queued.ID, queued.Version, false)
		w.must(err)
		w.must(w.Pause(w.ctx, bea, "2025-03-05")) // what is queued for her is withdrawn
		w.deliver()
		w.publish(text("concerti", "c1", ""))
		w.slot()
		w.wantReached("")
		urgent := text("teatro", "t2", "")
		urgent.Urgent = true
		w.publish(urgent)
		w.wantReached("ada bea")
		w.slot() // Wednesday, 5 March: Bea is back
		w.publish(text("teatro", "t3", ""))
		w.wantReached("bea")
		for _, c := range []struct{ until, key string }{
			{"2025-03-05", "newsletters.pause.past"}, {"2026-12-01", "newsletters.pause.far"}, {"domani", "newsletters.pause.malformed"},
		} {
			if err := w.Pause(w.ctx, ada, c.until); !fault.HasKey(err, c.key) {
				t.Errorf("a pause until %s gave %v", c.until, err)
			}
		}
	})
}

func TestABoundKeepsWhatIsTooMuchForTheNextSlotWithRoom(t *testing.T) {
	inTown(t, func(w *world) {
		w.bound(3)
		ada := w.citizen(people.Details{Given: "Ada"}, false, "teatro")
		w.citizen(people.Details{Given: "Bea"}, false, "teatro")
		if err := w.ChooseRhythm(w.ctx, ada, newsletters.Choice{Profile: newsletters.AtOnce, MostAWeek: 4}); !fault.HasKey(err, "newsletters.most.range") {
			t.Errorf("to ask for more than the town allows gave %v", err)
		}
		w.must(w.ChooseRhythm(w.ctx, ada, newsletters.Choice{Profile: newsletters.AtOnce, MostAWeek: 2}))
		// Two of them are in the ledger before either leaves.
		one, two := w.create(text("teatro", "t1", "")), w.create(text("teatro", "t2", ""))
		for _, i := range []newsletters.Issue{one, two} {
			_, err := w.Send(w.ctx, i.ID, i.Version, false)
			w.must(err)
		}
		w.deliver()
		w.wantReached("ada ada bea bea")
		three := w.publish(text("teatro", "t3", ""))
		w.publish(text("teatro", "t4", ""))
		w.wantReached("bea")
		s, err := w.Statistics(w.ctx, three.ID)
		w.must(err)
		if s.Recipients != disclosure.Exact(2) || s.Accepted != disclosure.Exact(1) || s.AwaitingDigest != disclosure.Exact(1) || three.State != newsletters.Sending {
			t.Errorf("statistics are %+v, the issue is %s", s, three.State)
		}
		urgent := text("teatro", "t5", "")
		urgent.Urgent = true
		w.publish(urgent)
		w.wantReached("ada bea")
		for day := range 6 { // at the limit until a week after
			w.slot()
			if got := w.reached(); len(got) > 0 {
				t.Errorf("on day %d after came mail to %v", day+1, got)
			}
		}
		w.slot() // the seventh day, 7:00: the first two were sent at 10:00
		w.wantReached("")
		w.slot() // a week and some
		mails := w.sink.Mails()
		for _, m := range mails {
			if m.To == "ada@mail.example" && (!strings.Contains(m.Text(), "/teatro/t3") || !strings.Contains(m.Text(), "/teatro/t4")) {
				t.Errorf("Ada got\n%s", m.Text())
			}
		}
		w.wantReached("ada bea")
		if i, err := w.Issue(w.ctx, three.ID); err != nil || i.State != newsletters.Sent {
			t.Errorf("the issue is %s at the end (%v)", i.State, err)
		}
	})
}

// bound sets the town's limit on messages a week.
func (w *world) bound(most int) {
	w.Helper()
	w.must(w.db.Tx(w.ctx, func(tx *storage.Tx) error {
		t := w.Town.Town()
		t.Digests = town.Digests{MostAWeek: most}
		_, err := w.Town.Apply(w.ctx, tx, t)
		return err
	}))
	w.must(w.Town.Refresh(w.ctx))
}

func TestAChangeOfPaceNeitherLosesNorDoubles(t *testing.T) {
	inTown(t, func(w *world) {
		for _, c := range []struct {
			from, to newsletters.Pace
			slots    int // until what waits is sent
		}{
			{newsletters.Weekly, newsletters.AtOnce, 1}, {newsletters.Weekly, newsletters.Daily, 1},
			{newsletters.Daily, newsletters.Weekly, 1}, {newsletters.Daily, newsletters.AtOnce, 1},
		} {
			w.clock.Set(w.Slots().Next(newsletters.Weekly, w.clock.Now()).Add(time.Hour)) // a week lies ahead
			ada := w.citizen(people.Details{Given: "Ada" + string(c.from) + string(c.to)}, false, "teatro")
			w.paced(ada, c.from, "teatro")
			w.publish(text("teatro", "", ""))
			w.paced(ada, c.to, "teatro")
			for n := range 8 {
				w.slot()
				if got := len(w.reached()); got != 0 && n+1 != c.slots || got != 1 && n+1 == c.slots {
					t.Errorf("from %s to %s: %d mails at slot %d", c.from, c.to, got, n+1)
				}
			}
			history, err := w.Subscriptions(w.ctx, ada)
			w.must(err)
			if len(history) != 3 || !history[0].Began.Equal(history[2].Began) || history[0].How != "own-page" || history[0].Pace != c.to || !history[0].Standing() {
				t.Errorf("history says %+v", history)
			}
			w.leaveAll(ada, "test")
		}
	})
}

func TestWhatComesByProfileHasAPaceOfItsOwn(t *testing.T) {
	inTown(t, func(w *world) {
		bea := w.citizen(people.Details{Given: "Bea", Wants: []string{"teatro"}}, true)
		w.must(w.ChooseRhythm(w.ctx, bea, newsletters.Choice{Profile: newsletters.Weekly}))
		w.publish(text("teatro", "t1", ""))
		w.slot()
		w.wantReached("")
		w.must(w.ChooseRhythm(w.ctx, bea, newsletters.Choice{Profile: newsletters.AtOnce})) // what waited comes tomorrow
		w.publish(text("teatro", "t2", ""))
		w.wantReached("bea")
		w.slot()
		if mails := w.sink.Mails(); len(mails) != 1 || !strings.Contains(strings.Join(strings.Fields(mails[0].Text()), " "), "perché hai detto che ti interessa «Teatro»") {
			t.Errorf("%d mails, want one that says why", len(mails))
		}
		w.sink.Clear()
		w.slot()
		w.wantReached("")
	})
}

func TestOnlyWhoPublishesMakesAnIssueUrgent(t *testing.T) {
	inTown(t, func(w *world) {
		editor, publisher := w.actAs(identity.Editor, "ufficio-cultura"), w.actAs(identity.Publisher)
		c := text("teatro", "t1", "")
		c.Urgent = true
		if _, err := w.Create(editor, c); !fault.HasKey(err, "newsletters.issue.urgent_forbidden") {
			t.Errorf("an editor's urgent issue gave %v", err)
		}
		c.Urgent = false
		issue, err := w.Create(editor, c)
		w.must(err)
		c.Urgent = true
		if _, err := w.Save(editor, issue.ID, issue.Version, c); !fault.HasKey(err, "newsletters.issue.urgent_forbidden") {
			t.Errorf("an editor's forged flag gave %v", err)
		}
		issue, err = w.Save(publisher, issue.ID, issue.Version, c)
		w.must(err)
		c.Urgent, c.Title = false, "Corretto"
		issue, err = w.Save(editor, issue.ID, issue.Version, c) // her form has no such field
		w.must(err)
		if !issue.Urgent || issue.Title != "Corretto" {
			t.Errorf("after an editor's correction the issue is %+v", issue)
		}
	})
}

func TestHerDataHoldsHerRhythmAndIsForgotten(t *testing.T) {
	inTown(t, func(w *world) {
		ada := w.citizen(people.Details{Given: "Ada"}, false, "teatro")
		w.paced(ada, newsletters.Weekly, "teatro")
		issue := w.publish(text("teatro", "t1", ""))
		all, err := w.people.Export(w.ctx, ada)
		w.must(err)
		kept, ok := all["newsletters"].(newsletters.Kept)
		if !ok || kept.Rhythm == nil || len(kept.Waiting) != 1 || kept.Waiting[0].Issue != "t1" || kept.Waiting[0].Pace != newsletters.Weekly {
			t.Errorf("her export holds %+v", all["newsletters"])
		}
		w.must(w.people.Erase(w.ctx, ada))
		for _, table := range []string{"newsletters_kept", "newsletters_rhythm", "newsletters_subscription"} {
			if left := w.column("SELECT count(*) FROM " + table); left[0] != 0 {
				t.Errorf("%s still has %d rows", table, left[0])
			}
		}
		if i, err := w.Issue(w.ctx, issue.ID); err != nil || i.State != newsletters.Sent {
			t.Errorf("the issue is %s (%v), and nobody is owed it", i.State, err)
		}
	})
}

func TestCountingTellsHowManyGetItInADigest(t *testing.T) {
	inTown(t, func(w *world) {
		ada := w.citizen(people.Details{Given: "Ada"}, false, "teatro")
		w.citizen(people.Details{Given: "Bea", Wants: []string{"teatro"}}, true)
		carla := w.citizen(people.Details{Given: "Carla", Wants: []string{"teatro"}}, true)
		dina := w.citizen(people.Details{Given: "Dina"}, false, "teatro")
		w.paced(ada, newsletters.Weekly, "teatro")
		w.must(w.ChooseRhythm(w.ctx, carla, newsletters.Choice{Profile: newsletters.Daily}))
		w.must(w.Pause(w.ctx, dina, "2025-03-10"))
		c := text("teatro", "t1", "")
		issue := w.create(c)
		for range 2 { // once by the database, once by the index of people
			reach, err := w.Reach(w.ctx, issue.ID)
			w.must(err)
			want := newsletters.Reach{People: 3, BySubscription: 1, ByProfile: 2, ByEmail: 3, InDigest: 2}
			if reach != want {
				t.Errorf("it reaches %+v, want %+v", reach, want)
			}
			w.keepIndex()
		}
		c.Urgent = true
		issue, err := w.Save(w.ctx, issue.ID, issue.Version, c)
		w.must(err)
		reach, err := w.Reach(w.ctx, issue.ID)
		w.must(err)
		if reach.People != 4 || reach.InDigest != 0 {
			t.Errorf("urgent, it reaches %+v", reach)
		}
		p := w.send(issue.ID)
		if p.Sent != 4 {
			t.Errorf("urgent, it went to %+v", p)
		}
	})
}
