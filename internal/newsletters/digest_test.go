package newsletters_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/disclosure"
	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
)

func TestWhatWaitsGoesInOneMailPerSlot(t *testing.T) {
	inTown(t, func(w *world) {
		ada := w.citizen(people.Details{Given: "Ada", Family: "Rossi"}, false, "teatro", "concerti", "salute")
		w.citizen(people.Details{Given: "Bea"}, false, "teatro")
		w.paced(ada, newsletters.Daily, "teatro", "concerti", "salute")
		play := w.publish(titled("teatro", "2025-03", "Il cartellone"))
		w.wantReached("bea")
		if play.State != newsletters.Sending {
			t.Errorf("the issue is %s while Ada is owed it", play.State)
		}
		concert := w.publish(titled("concerti", "2025-03", "I concerti"))
		w.publish(titled("salute", "2025-03", "Il diabete"))
		w.wantReached("")
		w.slot()
		mails := w.sink.Mails()
		if len(mails) != 1 || mails[0].To != "ada@mail.example" {
			t.Fatalf("%d mails, want one to Ada", len(mails))
		}
		m, domain := mails[0], "https://uno.comune.example"
		for header, want := range map[string]string{
			"From": `"Comune di Esempio" <newsletter@comune.example>`, "Subject": "Comune di Esempio: 3 notizie per te",
			"List-Id": `"Le tue notizie" <digest.newsletters.comune.example>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
			"To": `"Ada Rossi" <ada@mail.example>`,
		} {
			if got := m.Header(header); got != want {
				t.Errorf("%s is %q, want %q", header, got, want)
			}
		}
		got := strings.Join(strings.Fields(m.Text()), " ")
		for _, want := range []string{
			"Le tue notizie, 4 marzo 2025", "1. Il cartellone (A teatro) 2. I concerti (Concerti) 3. Il diabete (Salute)",
			"perché il 3 marzo 2025 hai chiesto la newsletter «A teatro».", "perché il 3 marzo 2025 hai chiesto la newsletter «Concerti».",
			domain + w.LinkPath(play.ID, 1), domain + w.LinkPath(concert.ID, 2), domain + "/newsletters/concerti/2025-03",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("the text lacks %q:\n%s", want, m.Text())
			}
		}
		if n := strings.Count(got, domain+"/unsubscribe/"); n != 4 {
			t.Errorf("the text has %d unsubscribe links, want one for each issue and one for all", n)
		}
		if preview, _, _ := strings.Cut(m.HTML(), "<h1"); strings.Contains(preview, "diabete") || !strings.Contains(preview, "I concerti") {
			t.Errorf("an inbox shows\n%s", preview)
		}
		if !strings.Contains(m.HTML(), w.PixelPath(play.ID)) || strings.Contains(m.HTML()+m.Text(), "www.teatro.example/goldoni") {
			t.Error("openings and links are not counted for each issue together")
		}
		after, err := w.Issue(w.ctx, play.ID)
		w.must(err)
		if after.State != newsletters.Sent {
			t.Errorf("the issue is %s after its digest", after.State)
		}
	})
}

func TestAnEmptySlotSendsNothing(t *testing.T) {
	inTown(t, func(w *world) {
		ada := w.citizen(people.Details{Given: "Ada"}, false, "teatro")
		w.paced(ada, newsletters.Daily, "teatro")
		w.slot()
		w.publish(text("teatro", "t1", ""))
		w.slot()
		w.wantReached("ada")
		w.slot()
		w.wantReached("")
		digests, err := w.LatestDigests(w.ctx, 10)
		w.must(err)
		if len(digests) != 1 || digests[0].Progress.Sent != 1 || digests[0].Issues != 1 {
			t.Errorf("digests are %+v", digests)
		}
	})
}

func TestADigestOfOneIsAMailOfOneIssue(t *testing.T) {
	inTown(t, func(w *world) {
		ada := w.citizen(people.Details{Given: "Ada", Language: "en"}, false, "teatro")
		w.paced(ada, newsletters.Weekly, "teatro")
		w.publish(titled("teatro", "2025-03", "Il cartellone"))
		for range 4 { // Tuesday … Friday
			w.wantReached("")
			w.slot()
		}
		mails := w.sink.Mails()
		if len(mails) != 1 || mails[0].Subject() != "Comune di Esempio: one piece of news for you" || strings.Contains(mails[0].Text(), "In this e-mail") {
			t.Errorf("mails are %v", mails)
		}
		if got := w.clock.Now().Weekday(); got != time.Friday {
			t.Errorf("it is %s", got)
		}
	})
}

func TestADayAndAWeekThatEndTogetherAreOneMail(t *testing.T) {
	inTown(t, func(w *world) {
		ada := w.citizen(people.Details{Given: "Ada"}, false, "teatro", "concerti")
		w.must(w.ChooseRhythm(w.ctx, ada, newsletters.Choice{Profile: newsletters.AtOnce, Paces: map[string]newsletters.Pace{
			"teatro": newsletters.Daily, "concerti": newsletters.Weekly,
		}}))
		w.publish(text("concerti", "c1", ""))
		for range 3 { // to Thursday
			w.slot()
		}
		w.publish(text("teatro", "t1", ""))
		w.wantReached("")
		w.slot()
		mails := w.sink.Mails()
		if len(mails) != 1 || !strings.Contains(mails[0].Text(), "/concerti/c1") || !strings.Contains(mails[0].Text(), "/teatro/t1") {
			t.Errorf("%d mails on Friday, want one with both issues", len(mails))
		}
	})
}

func TestASlotThatWasMissedIsMadeUpForOnce(t *testing.T) {
	inTown(t, func(w *world) {
		ada := w.citizen(people.Details{Given: "Ada"}, false, "teatro", "concerti")
		w.must(w.ChooseRhythm(w.ctx, ada, newsletters.Choice{Profile: newsletters.AtOnce, Paces: map[string]newsletters.Pace{
			"teatro": newsletters.Daily, "concerti": newsletters.Weekly,
		}}))
		w.publish(text("teatro", "t1", ""))
		w.publish(text("concerti", "c1", ""))
		// No node runs until Sunday afternoon. Of the missed slots the last, a daily one, is made.
		sunday := time.Date(2025, 3, 9, 6, 0, 0, 0, time.UTC)
		w.clock.Set(sunday.Add(9 * time.Hour))
		w.must(w.MakeDigest(w.ctx, sunday))
		w.deliver()
		w.wantReached("ada")
		w.slot()
		w.wantReached("")
	})
}

func TestOneClickOfADigestLeavesAllThatIsInIt(t *testing.T) {
	inTown(t, func(w *world) {
		ada := w.citizen(people.Details{Given: "Ada"}, false, "teatro", "concerti", "salute")
		w.paced(ada, newsletters.Daily, "teatro", "concerti", "salute")
		w.publish(text("teatro", "t1", ""))
		concert := w.publish(text("concerti", "c1", ""))
		w.slot()
		header := w.sink.Mails()[0].Header("List-Unsubscribe")
		address, _, _ := strings.Cut(strings.TrimPrefix(header, "<"), ">")
		token, ok := strings.CutPrefix(address, "https://uno.comune.example/u/")
		if !ok || !strings.Contains(header, "<mailto:newsletter@comune.example?subject=unsubscribe-"+token) {
			t.Fatalf("List-Unsubscribe is %q", header)
		}
		f, err := w.OpenUnsubscribe(w.ctx, token)
		w.must(err)
		if all := f.All(); f.Person != ada || len(all) != 2 || all[1].Newsletter.Slug != "concerti" || all[1].Issue != concert.ID {
			t.Errorf("the token is about %+v", f)
		}
		if origin, _, person, err := w.Sent(token); origin != newsletters.DigestOrigin || person != ada || err != nil {
			t.Errorf("it was sent by %s to %d: %v", origin, person, err)
		}
		if _, err := w.OpenUnsubscribe(w.ctx, token[:len(token)-2]+"zz"); !fault.Is(err, fault.KindExpired) {
			t.Errorf("a forged token gave %v", err)
		}
		w.must(w.OneClick(w.ctx, token))
		left, err := w.SubscribedTo(w.ctx, ada)
		w.must(err)
		if len(left) != 1 || left[0].Slug != "salute" {
			t.Errorf("subscribed to %v", left)
		}
		s, err := w.Statistics(w.ctx, concert.ID)
		w.must(err)
		if s.Unsubscribed.IsExact() || s.InDigests != disclosure.Exact(1) || s.Recipients != disclosure.Exact(1) || s.Accepted != disclosure.Exact(1) || s.AwaitingDigest != disclosure.Exact(0) {
			t.Errorf("statistics are %+v", s)
		}
	})
}

func TestWhoLeavesBetweenIssueAndSlotDoesNotGetIt(t *testing.T) {
	inTown(t, func(w *world) {
		ada := w.citizen(people.Details{Given: "Ada"}, false, "teatro", "concerti")
		bea := w.citizen(people.Details{Given: "Bea", Wants: []string{"teatro"}}, true)
		w.paced(ada, newsletters.Daily, "teatro", "concerti")
		w.must(w.ChooseRhythm(w.ctx, bea, newsletters.Choice{Profile: newsletters.Daily}))
		play := w.publish(text("teatro", "t1", ""))
		w.publish(text("concerti", "c1", ""))
		w.must(w.Unsubscribe(w.ctx, newsletters.Leaving{Person: ada, Newsletter: "concerti", How: "page"}))
		w.makeDigest()
		w.must(w.people.Withdraw(w.ctx, bea, people.ForProfile, "test")) // her mail is in the ledger already
		w.deliver()
		mails := w.sink.Mails()
		if len(mails) != 1 || mails[0].To != "ada@mail.example" || strings.Contains(mails[0].Text(), "/concerti/c1") {
			t.Errorf("%d mails, want one to Ada with the theatre alone", len(mails))
		}
		s, err := w.Statistics(w.ctx, play.ID)
		w.must(err)
		if s.Recipients != disclosure.Exact(2) || s.InDigests != disclosure.Exact(1) || s.Withdrawn != disclosure.Exact(1) {
			t.Errorf("statistics are %+v", s)
		}
	})
}

func TestAnIssueThatIsCancelledIsInNoDigest(t *testing.T) {
	inTown(t, func(w *world) {
		ada := w.citizen(people.Details{Given: "Ada"}, false, "teatro", "concerti")
		w.paced(ada, newsletters.Daily, "teatro", "concerti")
		one, two := w.publish(text("teatro", "t1", "")), w.publish(text("concerti", "c1", ""))
		_, err := w.Cancel(w.ctx, one.ID)
		w.must(err)
		w.makeDigest()
		_, err = w.Cancel(w.ctx, two.ID)
		w.must(err)
		w.deliver()
		w.wantReached("")
		w.slot()
		w.wantReached("")
	})
}

func TestANodeThatDiesWhileADigestGoesOutLosesNobody(t *testing.T) {
	inTown(t, func(w *world) {
		const readers = 40
		for n := range readers {
			person := w.citizen(people.Details{Given: fmt.Sprintf("Reader%d", n)}, false, "teatro", "concerti")
			w.paced(person, newsletters.Daily, "teatro", "concerti")
		}
		w.publish(text("teatro", "t1", ""))
		w.publish(text("concerti", "c1", ""))
		w.makeDigest()
		life, die := context.WithCancel(w.ctx)
		var taken atomic.Int64
		w.refused = func(a deliverytest.Attempt) error {
			if a.Stage == deliverytest.AtRcpt && taken.Add(1) == readers/3 {
				die()
			}
			return nil
		}
		batch := w.column("SELECT id FROM delivery_batch WHERE origin = 'newsletters.digest'")[0]
		if _, err := w.delivery.Drain(life, batch, nil); err == nil {
			t.Error("the node was not stopped")
		}
		w.must(w.MakeDigest(w.ctx, w.Slots().Last(newsletters.Daily, w.clock.Now()))) // another node takes over
		w.deliver()
		got := map[string]int{}
		for _, m := range w.sink.Mails() {
			got[m.To]++
		}
		for to, n := range got {
			if n != 1 {
				t.Errorf("%s got %d mails", to, n)
			}
		}
		if len(got) != readers {
			t.Errorf("%d people got mail, want %d", len(got), readers)
		}
	})
}
