package newsletters_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"unoxuno/internal/access"
	"unoxuno/internal/disclosure"
	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/taxonomy"
)

// as returns a context with a member of staff as actor.
func (w *world) as(id int64, newsrooms ...string) context.Context {
	rights := []access.Permission{access.WriteIssues, access.SendIssues, access.ReadStatistics}
	return access.With(w.ctx, access.Actor{Kind: access.StaffAct, ID: id, Name: fmt.Sprint("staff", id), Permissions: rights, Newsrooms: newsrooms})
}

// crowded adds n readers of a newsletter: every second one lives outside, every third has a place in town, the others
// have none.
func (w *world) crowded(n int, newsletter string) {
	w.Helper()
	places(w)
	for i := range n {
		d := people.Details{Given: fmt.Sprint("R", i), Who: []string{"genitore"}}
		switch {
		case i%2 == 0:
			d.Place = taxonomy.Outside
		case i%3 == 0:
			d.Place = "frazione"
		}
		w.citizen(d, false, newsletter)
	}
}

func (w *world) asked(ctx context.Context, i newsletters.Issue, audience string) newsletters.Reached {
	w.Helper()
	shown, err := w.AskReach(ctx, i, audience, false)
	w.must(err)
	return shown
}

func places(w *world) {
	w.must(w.terms(taxonomy.Declaration{Places: []taxonomy.Declared{{Slug: "frazione", Name: taxonomy.Name{IT: "Frazione"}}}}))
}

// TestAnEditorSeesNobodyAlone: one person and nobody look alike. The same set shows the same figure however it is asked
// for, and whether the index or the database counts it. An administrator sees the exact number.
func TestAnEditorSeesNobodyAlone(t *testing.T) {
	inTown(t, func(w *world) {
		w.crowded(60, "teatro")
		w.citizen(people.Details{Given: "Ada", Who: []string{"giovane"}}, false, "teatro")
		editor, issue := w.as(1, "ufficio-cultura"), w.create(text("teatro", "2025-03", ""))
		small := 0
		for _, alone := range []string{`"giovane" in who`, `"over-65" in who and place == "frazione"`, `"over-65" in who and "teatro" in wants`} {
			if w.asked(editor, issue, alone).Few {
				small++
			}
		}
		if small < 2 { // noise can make five of one person, but never of nobody
			w.Errorf("%d of three small audiences are shown as small", small)
		}
		same := []string{
			`place == "fuori-comune"`, `place == "fuori-comune" and since > "1900-01-01"`, `not (not (place == "fuori-comune"))`,
			`place in ["fuori-comune"] or place == "fuori-comune" and "sms" in channels`, `place == "fuori-comune" or "giovane" in who and place == "frazione"`,
		}
		for range 2 { // from the database, then from the index
			for _, one := range same {
				if got, want := w.asked(editor, issue, one).People, w.asked(editor, issue, same[0]).People; got != want {
					w.Errorf("%s is shown as %s, and as %s", same[0], want, one+" "+got.String())
				}
			}
			w.keepIndex()
		}
		if n, ok := w.asked(editor, issue, same[0]).People.Number(); !ok || n%5 != 0 || n < 10 || n > 50 {
			w.Errorf("30 people are shown as %d", n)
		}
		if exact := w.asked(w.ctx, issue, `"giovane" in who`).People; exact != disclosure.Exact(1) {
			w.Errorf("the command line sees %s", exact)
		}
		if _, err := w.ReachOf(editor, issue, ""); !fault.Is(err, fault.KindForbidden) {
			w.Errorf("an editor reads exact numbers: %v", err)
		}
	})
}

func TestAReaderWithoutAPlace(t *testing.T) {
	inTown(t, func(w *world) {
		w.crowded(60, "teatro") // 20 of them without a place
		issue := w.create(text("teatro", "2025-03", ""))
		for audience, want := range map[string]struct {
			people, none int64
			placeless    people.Placeless
		}{
			`place != "fuori-comune"`:                               {10, 20, people.PlacelessLeft},
			`place not in ["fuori-comune"]`:                         {30, 20, people.PlacelessTaken},
			`not (place != "fuori-comune")`:                         {50, 20, people.PlacelessTaken},
			`place not in ["fuori-comune"] and place != ""`:         {10, 0, people.PlacelessNoQuestion},
			`place not in ["fuori-comune"] or place == ""`:          {30, 0, people.PlacelessNoQuestion},
			`place == "fuori-comune"`:                               {30, 0, people.PlacelessNoQuestion},
			`place == ""`:                                           {20, 0, people.PlacelessNoQuestion},
			`"genitore" in who and not (place in ["fuori-comune"])`: {30, 20, people.PlacelessTaken},
		} {
			shown := w.asked(w.ctx, issue, audience)
			if shown.People != disclosure.Exact(want.people) || shown.NoPlace != disclosure.Exact(want.none) || shown.Placeless != want.placeless {
				w.Errorf("%s: %+v, want %+v", audience, shown, want)
			}
			for _, taken := range []bool{true, false} {
				said, err := w.SayPlaceless(w.ctx, issue, audience, taken)
				w.must(err)
				after := w.asked(w.ctx, issue, said)
				more := want.people
				switch {
				case want.placeless == people.PlacelessLeft && taken:
					more += want.none
				case want.placeless == people.PlacelessTaken && !taken:
					more -= want.none
				}
				if after.People != disclosure.Exact(more) || after.Placeless != people.PlacelessNoQuestion {
					w.Errorf("%s, taken %v, becomes %s: %+v, want %d", audience, taken, said, after, more)
				}
			}
		}
		if shown := w.asked(w.as(1, "ufficio-cultura"), issue, `place not in ["fuori-comune"]`); shown.NoPlace.IsExact() {
			w.Errorf("an editor reads how many have no place: %+v", shown)
		}
	})
}

// TestSensitiveWordsAreUnknown: to actors who may not use them, sensitive words look like words that do not exist;
// similar ones are not suggested, and a colleague's audience still works.
func TestSensitiveWordsAreUnknown(t *testing.T) {
	yes := true
	inTown(t, func(w *world) {
		w.must(w.terms(taxonomy.Declaration{Topics: []taxonomy.Declared{{Slug: "invalidi", Name: taxonomy.Name{IT: "Invalidi"}, Sensitive: &yes}}}))
		editor, stranger := w.as(1, "ufficio-cultura"), w.as(2, "amici-della-musica")
		issue, concert := w.create(text("teatro", "2025-03", "")), w.create(text("concerti", "2025-03", ""))
		key := func(ctx context.Context, i newsletters.Issue, audience string) string {
			_, err := w.AskReach(ctx, i, audience, false)
			text := ""
			for _, f := range fault.List(err) {
				text += f.Key + fmt.Sprint(f.Args["Near"])
			}
			return text
		}
		unknown := key(editor, issue, `"qqqqqqqqqqqq" in wants`)
		for _, audience := range []string{`"invalidi" in wants`, `"invalid" in wants`} {
			if got := key(editor, issue, audience); got != unknown || got == "" {
				w.Errorf("%s: %q, want %q", audience, got, unknown)
			}
		}
		if got := key(stranger, concert, `"salute" in subscribed`); got != key(stranger, concert, `"qqqqqqqqqqqq" in subscribed`) {
			w.Errorf("another newsroom's sensitive newsletter: %q", got)
		}
		if got := key(editor, issue, `"salute" in subscribed`); got != "" {
			w.Errorf("one's own sensitive newsletter: %q", got)
		}
		c := issue.Content()
		c.Audience = `"invalidi" in wants`
		if _, err := w.Save(editor, issue.ID, issue.Version, c); !fault.HasKey(err, "people.audience.word") {
			w.Errorf("an editor saved a sensitive word: %v", err)
		}
		saved, err := w.Save(w.ctx, issue.ID, issue.Version, c) // an administrator may
		w.must(err)
		if shown := w.asked(editor, saved, saved.Audience); !shown.Few || shown.People != disclosure.Fewer(disclosure.SensitiveFloor) {
			w.Errorf("a colleague's audience is counted as %+v", shown)
		}
		c.Title = "Un altro titolo"
		saved, err = w.Save(editor, saved.ID, saved.Version, c)
		w.must(err)
		_, err = w.Send(editor, saved.ID, saved.Version, true)
		w.must(err)
	})
}

func TestOutsideTheAdministration(t *testing.T) {
	inTown(t, func(w *world) {
		stranger, issue := w.as(2, "amici-della-musica"), w.create(text("concerti", "2025-03", ""))
		for audience, want := range map[string]string{
			`age >= 18 and age < 35`:                  "",
			`age in 18..34 and "sms" not in channels`: "",
			`age == 44`:             "outside_age",
			`age > 18`:              "outside_age",
			`since >= "2025-01-01"`: "",
			`since >= "2025-01-02"`: "outside_since",
			`"genitore" in who and "teatro" in wants and "musica" in wants and language == "it" and kind == "person"`: "outside_many",
		} {
			_, err := w.AskReach(stranger, issue, audience, false)
			if want == "" && err != nil || want != "" && !fault.HasKey(err, "people.audience."+want) {
				w.Errorf("%s: %v, want %q", audience, err, want)
			}
		}
		if shown := w.asked(stranger, issue, `"genitore" in who`); shown.People != disclosure.Fewer(disclosure.SensitiveFloor) {
			w.Errorf("nobody is shown as %s", shown.People)
		}
	})
}

// TestFewAreSentToAfterAQuestion: the publisher must confirm, whoever the recipients are and even if there are none,
// and sees nothing of what they read.
func TestFewAreSentToAfterAQuestion(t *testing.T) {
	inTown(t, func(w *world) {
		publisher := w.as(3, "ufficio-cultura")
		w.citizen(people.Details{Given: "Ada", Who: []string{"genitore"}}, false, "salute")
		_, err := w.db.ExecContext(w.ctx, "UPDATE people_person SET cell_key = 1") // with some keys the noise makes ten of one
		w.must(err)
		for _, audience := range []string{`"genitore" in who`, `"giovane" in who`} { // one person, nobody
			issue := w.create(text("salute", "", audience))
			if _, err := w.Send(publisher, issue.ID, issue.Version, false); !fault.HasKey(err, "newsletters.issue.too_few") {
				w.Errorf("%s: %v", audience, err)
			}
			if _, err := w.Schedule(publisher, issue.ID, issue.Version, "2030-01-01T10:00", false); !fault.HasKey(err, "newsletters.issue.too_few") {
				w.Errorf("%s, later: %v", audience, err)
			}
			_, err := w.Send(publisher, issue.ID, issue.Version, true)
			w.must(err)
			w.send(issue.ID)
			if audience == `"genitore" in who` {
				w.click(issue.ID, 1, reader(1))
			}
			w.must(w.Flush(w.ctx))
			for _, ctx := range []context.Context{publisher, w.ctx} { // not even the command line sees readers
				s, err := w.Statistics(ctx, issue.ID)
				w.must(err)
				told, err := json.Marshal([]any{s.Clicks, s.Opens, s.Readers, s.Unsubscribed, s.Complaints, s.Links[0].Visits, s.Links[1].Visits})
				w.must(err)
				if !s.Few || strings.ContainsAny(string(told), "0123456789") {
					w.Errorf("%s is told %s", audience, told)
				}
			}
			s, err := w.Statistics(publisher, issue.ID)
			w.must(err)
			if s.Recipients != disclosure.Fewer(disclosure.SensitiveFloor) || s.Accepted != s.Refused {
				w.Errorf("recipients %s, accepted %s, refused %s", s.Recipients, s.Accepted, s.Refused)
			}
		}
	})
}

// The version is checked before the number of recipients is asked for.
func TestWhoSawAnOlderVersionIsToldBeforeAnythingIsAskedOfIt(t *testing.T) {
	inTown(t, func(w *world) {
		w.citizen(people.Details{Given: "Ada"}, false, "teatro")
		publisher, i := w.as(3, "ufficio-cultura"), w.create(text("teatro", "2025-03", ""))
		_, err := w.Save(w.ctx, i.ID, i.Version, i.Content())
		w.must(err)
		if _, err := w.Send(publisher, i.ID, i.Version, false); !fault.HasKey(err, "newsletters.issue.stale") {
			w.Errorf("sent: %v", err)
		}
		if _, err := w.Schedule(publisher, i.ID, i.Version, "2025-03-04T10:00", false); !fault.HasKey(err, "newsletters.issue.stale") {
			w.Errorf("scheduled: %v", err)
		}
	})
}

// TestALinkIsNotReadOffTheOthers: of a total of 9, with links followed 7 times and twice, neither reveals the other.
func TestALinkIsNotReadOffTheOthers(t *testing.T) {
	inTown(t, func(w *world) {
		for n := range 12 {
			w.citizen(people.Details{Given: fmt.Sprint("P", n)}, false, "teatro")
		}
		issue := w.create(text("teatro", "2025-03", ""))
		w.send(issue.ID)
		for n := range 7 {
			w.click(issue.ID, 1, reader(n))
		}
		for n := range 2 {
			w.click(issue.ID, 2, reader(50+n))
		}
		s := w.numbers(issue.ID)
		if s.Links[0].Filtered != disclosure.Exact(7) || s.Links[1].Filtered != disclosure.Fewer(5) || s.Clicks.Filtered != disclosure.Hidden() || s.Clicks.Raw != disclosure.Hidden() {
			w.Errorf("links %s and %s of %s", s.Links[0].Filtered, s.Links[1].Filtered, s.Clicks.Filtered)
		}
		for _, point := range s.Timeline {
			if point.Clicks.IsExact() {
				w.Errorf("the timeline reveals the total: %+v", s.Timeline)
			}
		}
	})
}

// TestADaysFigures: sixty, each once; then bands. Two simultaneous questions spend the same figure once.
func TestADaysFigures(t *testing.T) {
	inTown(t, func(w *world) {
		w.crowded(40, "teatro")
		editor, issue := w.as(1, "ufficio-cultura"), w.create(text("teatro", "2025-03", ""))
		numbers := 0
		ask := func(n int) string { return fmt.Sprintf(`age < %d or "genitore" in who`, n+1) }
		for n := range 70 {
			shown := w.asked(editor, issue, ask(n%65)).People
			if _, ok := shown.Number(); ok {
				numbers++
			}
			if band := strings.Contains(shown.String(), "-") || shown == disclosure.Fewer(50); band != (n%65 >= 60) {
				w.Errorf("figure %d is %s", n, shown)
			}
		}
		if shown := w.asked(editor, issue, `"genitore" in who`).People; strings.Contains(shown.String(), "-") {
			w.Errorf("a single public term is shown as %s", shown)
		}
		alarms, err := w.Disclosure.Alarms(w.ctx)
		w.must(err)
		if len(alarms) != 1 || alarms[0].Account != "staff1" {
			w.Errorf("alarms %+v", alarms)
		}
		log, err := w.identity.AuditLog(w.ctx, identityQuery("newsletter teatro"))
		w.must(err)
		actions := map[string]int{}
		for _, line := range log {
			actions[line.Action]++
		}
		if actions["audit.audience.counted"] != 65 || actions["audit.audience.alike"] != 1 {
			w.Errorf("the log has %v", actions)
		}
		failed := make(chan error, 8)
		other := w.as(9, "ufficio-cultura")
		for n := range 8 {
			go func() {
				_, err := w.AskReach(other, issue, ask(100+n/2), false)
				failed <- err
			}()
		}
		for range 8 {
			w.must(<-failed)
		}
		log, err = w.identity.AuditLog(w.ctx, identityQuery("newsletter teatro"))
		w.must(err)
		if n := len(slices.DeleteFunc(log, func(e entry) bool { return e.Actor != "staff9" })); n != 4 {
			w.Errorf("four questions asked twice at once are %d lines", n)
		}
	})
}

// TestASubscriberIsNotSeenToCome: one new person does not change the number of subscribers that an editor sees.
func TestASubscriberIsNotSeenToCome(t *testing.T) {
	inTown(t, func(w *world) {
		w.crowded(30, "teatro")
		editor := w.as(1, "ufficio-cultura")
		see := func() string {
			shown, err := w.Subscribers(editor)
			w.must(err)
			board, err := w.Board(editor)
			w.must(err)
			return shown["teatro"].String() + " " + board.Subscriptions.String()
		}
		before := see()
		for n := range 4 {
			w.citizen(people.Details{Given: fmt.Sprint("New", n)}, false, "teatro")
			if after := see(); after != before {
				w.Errorf("after %d more: %s, before %s", n+1, after, before)
			}
		}
		exact, err := w.Subscribers(w.ctx)
		w.must(err)
		if exact["teatro"] != disclosure.Exact(34) {
			w.Errorf("the command line sees %s", exact["teatro"])
		}
	})
}
