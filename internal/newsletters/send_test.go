package newsletters_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
)

// populate registers people of all kinds that an issue may or may not concern. "Salute" is sensitive, "famiglie" is for
// parents.
func populate(w *world) map[string]int64 {
	parent, theatre := []string{"genitore"}, []string{"teatro"}
	return map[string]int64{
		"ada":   w.citizen(people.Details{Given: "Ada", Family: "Rossi"}, false, "teatro", "salute"),
		"bea":   w.citizen(people.Details{Given: "Bea", Wants: theatre}, true),
		"carla": w.citizen(people.Details{Given: "Carla", Wants: theatre, Who: parent, Language: "en"}, true),
		"dina":  w.citizen(people.Details{Given: "Dina", Wants: theatre}, false),
		"elio":  w.citizen(people.Details{Given: "Elio", Wants: []string{"sport"}}, true),
		"fede":  w.citizen(people.Details{Given: "Fede", Wants: theatre, Place: "fuori-comune"}, true, "teatro"),
	}
}

func TestIssueReachesWhomItConcerns(t *testing.T) {
	inTown(t, func(w *world) {
		populate(w)
		for _, c := range []struct{ newsletter, audience, want string }{
			{"teatro", "", "ada bea carla fede"},
			{"teatro", `place == "fuori-comune"`, "fede"},
			{"teatro", `not ("teatro" in subscribed)`, "bea carla"},
			{"teatro", `"genitore" in who`, "carla"},
			{"famiglie", "", "carla"},
			{"salute", "", "ada"},
		} {
			issue := w.create(text(c.newsletter, "", c.audience))
			reach, err := w.Reach(w.ctx, issue.ID)
			w.must(err)
			p := w.send(issue.ID)
			w.wantReached(c.want)
			if want := int64(len(strings.Fields(c.want))); reach.People != want || p.Sent != want || reach.BySubscription+reach.ByProfile != want {
				w.Errorf("%s %s: counted %+v before and sent %d, want %d", c.newsletter, c.audience, reach, p.Sent, want)
			}
			after, err := w.Issue(w.ctx, issue.ID)
			w.must(err)
			if after.State != newsletters.Sent || after.Finished.IsZero() {
				w.Errorf("%s: state is %s, finished %v", c.newsletter, after.State, after.Finished)
			}
		}
	})
}

func TestSendingAgainAddsNobody(t *testing.T) {
	inTown(t, func(w *world) {
		populate(w)
		issue := w.create(text("teatro", "2025-03", ""))
		w.send(issue.ID)
		w.wantReached("ada bea carla fede")
		w.citizen(people.Details{Given: "Gina"}, false, "teatro") // too late for this issue
		again, err := w.Send(w.ctx, issue.ID, issue.Version, false)
		w.must(err)
		if !again.Again || again.Batch.Added != 0 || again.Batch.Messages != 4 {
			w.Errorf("the second time gave %+v", again)
		}
		if _, err := w.delivery.Drain(w.ctx, again.Batch.ID, nil); err != nil {
			w.Fatal(err)
		}
		w.wantReached("")
	})
}

func TestWhoLeavesBetweenSendAndDeliveryGetsNothing(t *testing.T) {
	inTown(t, func(w *world) {
		who := populate(w)
		issue := w.create(text("teatro", "2025-03", ""))
		d, err := w.Send(w.ctx, issue.ID, issue.Version, false)
		w.must(err)
		w.must(w.OneClick(w.ctx, w.UnsubscribeToken(who["ada"], issue.ID)))
		w.must(w.OneClick(w.ctx, w.UnsubscribeToken(who["bea"], issue.ID)))
		w.must(w.people.Withdraw(w.ctx, who["carla"], people.ForProfile, "test"))
		p, err := w.delivery.Drain(w.ctx, d.Batch.ID, nil)
		w.must(err)
		w.wantReached("fede")
		if p.Withdrawn != 3 || p.Sent != 1 || p.Owed() != 0 {
			w.Errorf("progress is %+v", p)
		}
		// A person who left stays out, by profile too, until she asks again.
		w.send(w.create(text("teatro", "2025-04", "")).ID)
		w.wantReached("fede")
		w.must(w.SubscribePerson(w.ctx, who["bea"], "teatro", "own-page"))
		w.send(w.create(text("teatro", "2025-05", "")).ID)
		w.wantReached("bea fede")
	})
}

func TestMessageSaysWhoWhyAndHowToLeave(t *testing.T) {
	inTown(t, func(w *world) {
		populate(w)
		issue := w.create(text("famiglie", "2025-03", ""))
		theatre := w.create(text("teatro", "2025-03", ""))
		w.send(theatre.ID)
		mails := map[string]int{}
		all := w.sink.Mails()
		for at, m := range all {
			mails[m.To] = at
		}
		ada, carla := all[mails["ada@mail.example"]], all[mails["carla@mail.example"]]
		for header, want := range map[string]string{
			"From": `"Ufficio cultura" <newsletter@comune.example>`, "Reply-To": `"Ufficio cultura" <cultura@comune.example>`,
			"To": `"Ada Rossi" <ada@mail.example>`, "Subject": "Il cartellone di dicembre", "Content-Language": "it",
			"List-Id": `"A teatro" <teatro.comune.example>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "Precedence": "bulk",
		} {
			if got := ada.Header(header); got != want {
				w.Errorf("%s is %q, want %q", header, got, want)
			}
		}
		if got := ada.Header("Feedback-ID"); !strings.HasSuffix(got, ":teatro:office:unoxuno") {
			w.Errorf("Feedback-ID is %q", got)
		}
		for _, want := range []string{
			"perché il 3 marzo 2025 hai chiesto la newsletter «A teatro».", "Ciao Ada,", "https://uno.comune.example" + w.LinkPath(theatre.ID, 1),
			"https://uno.comune.example/unsubscribe/", "https://uno.comune.example/me/", "/newsletters/teatro/2025-03",
		} {
			if !strings.Contains(strings.Join(strings.Fields(ada.Text()), " "), want) {
				w.Errorf("Ada's text lacks %q:\n%s", want, ada.Text())
			}
		}
		if !strings.Contains(ada.HTML(), "/o/") || strings.Contains(ada.HTML()+ada.Text(), "www.teatro.example/goldoni") {
			w.Error("openings and links are not counted for all together")
		}
		english := strings.Join(strings.Fields(carla.Text()), " ")
		for _, want := range []string{"because you said you are interested in “Theatre”, and asked us", "https://uno.comune.example/en/unsubscribe/"} {
			if !strings.Contains(english, want) {
				w.Errorf("Carla's text lacks %q:\n%s", want, carla.Text())
			}
		}
		w.sink.Clear()
		w.send(issue.ID)
		english = strings.Join(strings.Fields(w.sink.Mails()[0].Text()), " ")
		if want := "interested in “Theatre” and see yourself in “Parent”, and asked"; !strings.Contains(english, want) {
			w.Errorf("Carla's text lacks %q:\n%s", want, english)
		}
	})
}

func TestOneClickOfTheHeaderUnsubscribes(t *testing.T) {
	inTown(t, func(w *world) {
		ada := w.citizen(people.Details{Given: "Ada"}, false, "teatro", "concerti")
		w.send(w.create(text("teatro", "2025-03", "")).ID)
		header := w.sink.Mails()[0].Header("List-Unsubscribe")
		address, _, _ := strings.Cut(strings.TrimPrefix(header, "<"), ">")
		token, ok := strings.CutPrefix(address, "https://uno.comune.example/u/")
		if !ok || !strings.Contains(header, "<mailto:newsletter@comune.example?subject=") {
			w.Fatalf("List-Unsubscribe is %q", header)
		}
		farewell, err := w.OpenUnsubscribe(w.ctx, token)
		w.must(err)
		if farewell.Person != ada || farewell.Newsletter.Slug != "teatro" {
			w.Errorf("the token is about %+v", farewell)
		}
		w.must(w.OneClick(w.ctx, token))
		w.must(w.OneClick(w.ctx, token))
		left, err := w.SubscribedTo(w.ctx, ada)
		w.must(err)
		if len(left) != 1 || left[0].Slug != "concerti" {
			w.Errorf("subscribed to %v", left)
		}
		history, err := w.Subscriptions(w.ctx, ada)
		w.must(err)
		for _, s := range history {
			if s.Newsletter == "teatro" && (s.Standing() || s.EndedHow != "one-click" || s.How != "own-page") {
				w.Errorf("history says %+v", s)
			}
		}
		if _, err := w.OpenUnsubscribe(w.ctx, token[:len(token)-2]+"zz"); !fault.Is(err, fault.KindExpired) {
			w.Errorf("a forged token gave %v", err)
		}
		if _, err := w.OpenOwnPage(token); !fault.Is(err, fault.KindExpired) {
			w.Errorf("an unsubscribe token opens the own page: %v", err)
		}
	})
}

func TestNobodyIsAskedToConfirm(t *testing.T) {
	inTown(t, func(w *world) {
		populate(w)
		issue := w.create(text("concerti", "2025-03", ""))
		if _, err := w.Send(w.ctx, issue.ID, issue.Version, false); !fault.HasKey(err, "newsletters.issue.nobody") {
			w.Fatalf("sent to nobody: %v", err)
		}
		still, err := w.Issue(w.ctx, issue.ID)
		w.must(err)
		if still.State != newsletters.Draft {
			w.Fatalf("state is %s after a refusal", still.State)
		}
		d, err := w.Send(w.ctx, issue.ID, issue.Version, true)
		w.must(err)
		if d.Issue.State != newsletters.Sent || d.Batch.Messages != 0 {
			w.Errorf("confirmed, it is %+v", d)
		}
	})
}

func TestCancelStopsWhatHasNotLeft(t *testing.T) {
	inTown(t, func(w *world) {
		populate(w)
		issue := w.create(text("teatro", "2025-03", ""))
		d, err := w.Send(w.ctx, issue.ID, issue.Version, false)
		w.must(err)
		cancelled, err := w.Cancel(w.ctx, issue.ID)
		w.must(err)
		p, err := w.delivery.Drain(w.ctx, d.Batch.ID, nil)
		w.must(err)
		w.wantReached("")
		if cancelled.State != newsletters.Cancelled || p.Cancelled != 4 {
			w.Errorf("state %s, progress %+v", cancelled.State, p)
		}
		if _, err := w.Send(w.ctx, issue.ID, issue.Version, false); !fault.HasKey(err, "newsletters.issue.cancelled") {
			w.Errorf("a cancelled issue is sent: %v", err)
		}
		if _, err := w.ReadArchived(w.ctx, "teatro", "2025-03"); !fault.Is(err, fault.KindNotFound) {
			w.Errorf("a cancelled issue is in the archive: %v", err)
		}
	})
}

func TestScheduleKeepsTheTownsTime(t *testing.T) {
	inTown(t, func(w *world) {
		populate(w)
		for n, c := range []struct{ wall, utc, fault string }{
			{"2025-03-29T08:00", "2025-03-29T07:00:00Z", ""},
			{"2025-03-30T08:00", "2025-03-30T06:00:00Z", ""}, // summer time began that night
			{"2025-03-30T02:30", "", "newsletters.schedule.gap"},
			{"2025-10-26 02:30", "2025-10-26T00:30:00Z", ""}, // of the repeated hour, the first
			{"2025-03-03T09:59", "", "newsletters.schedule.past"},
			{"domani", "", "newsletters.schedule.malformed"},
		} {
			issue := w.create(text("teatro", fmt.Sprint(n), ""))
			scheduled, err := w.Schedule(w.ctx, issue.ID, issue.Version, c.wall, false)
			if c.fault != "" {
				if !fault.HasKey(err, c.fault) || fault.List(err)[0].Field != "at" {
					w.Errorf("%s: %v, want %s", c.wall, err, c.fault)
				}
				continue
			}
			w.must(err)
			if got := scheduled.Scheduled.Format(time.RFC3339); got != c.utc {
				w.Errorf("%s is %s, want %s", c.wall, got, c.utc)
			}
		}
	})
}

func TestDueSendsOnceWhenTheTimeHasCome(t *testing.T) {
	inTown(t, func(w *world) {
		who := populate(w)
		issue := w.create(text("teatro", "2025-03", ""))
		issue, err := w.Schedule(w.ctx, issue.ID, issue.Version, "2025-03-03T12:00", false)
		w.must(err)
		due := func(want int) {
			w.Helper()
			n, err := w.Due(w.ctx)
			w.must(err)
			if n != want {
				w.Errorf("at %v %d issues were due, want %d", w.clock.Now(), n, want)
			}
		}
		due(0)
		if _, err := w.Save(w.ctx, issue.ID, issue.Version, issue.Content()); !fault.HasKey(err, "newsletters.issue.scheduled") {
			w.Errorf("a scheduled issue is changed: %v", err)
		}
		w.leaveAll(who["fede"], "own-page") // after scheduling, before sending
		w.clock.Set(morning().Add(2 * time.Hour))
		due(1)
		due(0)
		d, err := w.Send(w.ctx, issue.ID, issue.Version, false)
		w.must(err)
		_, err = w.delivery.Drain(w.ctx, d.Batch.ID, nil)
		w.must(err)
		w.wantReached("ada bea carla")
		if d.Issue.SentBy != "console" {
			w.Errorf("sent by %q: want the one who scheduled it", d.Issue.SentBy)
		}
	})
}

func TestScheduledIssueThatCannotGoIsADraftAgain(t *testing.T) {
	inTown(t, func(w *world) {
		populate(w)
		issue := w.create(text("teatro", "2025-03", `"concerti" in subscribed`))
		_, err := w.Schedule(w.ctx, issue.ID, issue.Version, "2025-03-03T12:00", true)
		w.must(err)
		d := declared()
		d.Newsletters[2].Closed = true // its audience now names a newsletter that nobody may subscribe to
		w.declare(d)
		w.clock.Set(morning().Add(2 * time.Hour))
		n, err := w.Due(w.ctx)
		w.must(err)
		after, err := w.Issue(w.ctx, issue.ID)
		w.must(err)
		if n != 0 || after.State != newsletters.Draft {
			w.Errorf("%d sent, state %s", n, after.State)
		}
	})
}
