package newsletters_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/disclosure"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// agrees records the person's consent to record what she reads.
func (w *world) agrees(person int64) {
	w.Helper()
	w.must(w.people.Grant(w.ctx, person, people.Grant{Purpose: people.ForReading, Source: "test"}))
}

func (w *world) withdraws(person int64) {
	w.Helper()
	w.must(w.people.Withdraw(w.ctx, person, people.ForReading, "test"))
}

// follows is a visit to the person's own link to the issue, or with n 0 to its pixel.
func (w *world) follows(issue int64, n int, person int64, v newsletters.Visit) {
	w.Helper()
	v.Reader = w.ReaderToken(issue, person)
	w.visits(issue, n, v)
}

func (w *world) visits(issue int64, n int, v newsletters.Visit) {
	w.Helper()
	if n == 0 {
		w.must(w.Opened(w.ctx, issue, v))
	} else {
		w.click(issue, n, v)
	}
}

// read returns what is recorded of the person after a flush, "n×times" for each link in order.
func (w *world) read(person int64) string {
	w.Helper()
	w.must(w.Flush(w.ctx))
	rows, err := w.db.QueryContext(w.ctx, "SELECT n, times FROM newsletters_reading WHERE person_id = $1 ORDER BY n", person)
	w.must(err)
	defer rows.Close()
	var all []string
	for rows.Next() {
		var n, times int64
		w.must(rows.Scan(&n, &times))
		all = append(all, fmt.Sprintf("%d×%d", n, times))
	}
	w.must(rows.Err())
	return strings.Join(all, " ")
}

func (w *world) wantRead(person int64, want string) {
	w.Helper()
	if got := w.read(person); got != want {
		w.Errorf("noted %q, want %q", got, want)
	}
}

// written returns the mails of an issue to those persons as they go over the wire, by person.
func (w *world) written(issue int64, persons ...int64) map[int64]string {
	w.Helper()
	letter, err := w.Letter(w.ctx, delivery.Matter{Ref: issue, Channel: "email"})
	w.must(err)
	to, err := letter.Recipients(w.ctx, persons)
	w.must(err)
	mails := map[int64]string{}
	for _, r := range to {
		path, err := email.ParsePath(r.Address)
		w.must(err)
		mails[r.Person] = string(r.Template.Append(nil, &email.Filling{
			To: path, ToName: r.Name, Date: morning(), MessageID: "1@example", Unsubscribe: r.Unsubscribe, Values: r.Values,
		}))
	}
	return mails
}

// TestOnlyHerOwnMailIsTraced: the mail of a person who agreed has her token after every counted URL, in both parts. The
// mails of the others are identical, byte for byte, to those without anybody's consent.
func TestOnlyHerOwnMailIsTraced(t *testing.T) {
	inTown(t, func(w *world) {
		who := populate(w)
		issue := w.create(text("teatro", "2025-03", ""))
		w.send(issue.ID)
		all := []int64{who["ada"], who["bea"], who["carla"], who["fede"]}
		before := w.written(issue.ID, all...)
		w.agrees(who["ada"])
		after := w.written(issue.ID, all...)
		for _, person := range all[1:] {
			if before[person] == "" || before[person] != after[person] {
				w.Errorf("the mail to %d has changed from\n%s\nto\n%s", person, before[person], after[person])
			}
		}
		read := func(mail string) string {
			m := deliverytest.Mail{Data: []byte(mail)}
			return m.Text() + m.HTML()
		}
		token := "/" + w.ReaderToken(issue.ID, who["ada"])
		traced, shared := read(after[who["ada"]]), read(before[who["ada"]])
		if untraced := strings.ReplaceAll(traced, token, ""); untraced != shared {
			w.Errorf("without her token Ada's mail is\n%s\nwant\n%s", untraced, shared)
		}
		counted := regexp.MustCompile(`/(?:l/[\w-]{20}|o/[\w-]{20}\.gif)(/[\w-]*)?`).FindAllStringSubmatch(traced, -1)
		for _, found := range counted {
			if found[1] != token {
				w.Errorf("not traced: %s", found[0])
			}
		}
		if len(counted) < 5 {
			w.Errorf("%d counted addresses in %s", len(counted), traced)
		}
		w.withdraws(who["ada"])
		if w.written(issue.ID, who["ada"])[who["ada"]] != before[who["ada"]] {
			w.Error("after her withdrawal her mail still differs from the others'")
		}
	})
}

func TestSensitiveNewslettersAreNeverTraced(t *testing.T) {
	inTown(t, func(w *world) {
		ada := populate(w)["ada"]
		w.agrees(ada)
		health := w.create(text("salute", "2025-03", ""))
		w.send(health.ID)
		if mail := w.written(health.ID, ada)[ada]; mail == "" || strings.Contains(deliverytest.Mail{Data: []byte(mail)}.HTML(), ".gif/") {
			w.Errorf("the mail of a sensitive newsletter is traced: %s", mail)
		}
		w.follows(health.ID, 1, ada, reader(1))
		w.wantRead(ada, "")
		// For a newsletter that becomes sensitive nothing more is recorded, and the records are deleted.
		theatre := w.create(text("teatro", "2025-03", ""))
		w.send(theatre.ID)
		w.follows(theatre.ID, 1, ada, reader(1))
		w.wantRead(ada, "1×1")
		_, err := w.db.ExecContext(w.ctx, "UPDATE newsletters_newsletter SET sensitive = true WHERE slug = 'teatro'")
		w.must(err)
		w.follows(theatre.ID, 2, ada, reader(1))
		w.wantRead(ada, "1×1")
		w.must(w.SweepReading(w.ctx))
		w.wantRead(ada, "")
	})
}

func TestWhatSheReadsIsNotedOnce(t *testing.T) {
	inTown(t, func(w *world) {
		who := populate(w)
		ada, bea := who["ada"], who["bea"]
		w.agrees(ada)
		issue := w.create(text("teatro", "2025-03", ""))
		w.send(issue.ID)
		first := w.clock.Now()
		w.follows(issue.ID, 0, ada, reader(1))
		w.follows(issue.ID, 2, ada, reader(1))
		w.wantRead(ada, "0×1 2×1")
		w.clock.Advance(time.Hour)
		w.follows(issue.ID, 2, ada, reader(2))
		w.follows(issue.ID, 2, bea, reader(3)) // who did not agree
		w.wantRead(ada, "0×1 2×2")
		w.wantRead(bea, "")

		list, err := w.ReadingOf(w.ctx, ada)
		w.must(err)
		want := newsletters.Reading{
			Issue: "teatro/2025-03", Title: "Il cartellone di dicembre", Link: "https://www.teatro.example/prenota", Times: 2, First: first, Last: w.clock.Now(),
		}
		if len(list) != 2 || !list[0].First.Equal(want.First) || !list[0].Last.Equal(want.Last) {
			w.Fatalf("her page shows %+v", list)
		}
		if list[0].First, list[0].Last = want.First, want.Last; list[0] != want || list[1].Link != "" {
			w.Errorf("her page shows %+v, want %+v and an opening", list, want)
		}
		kept, err := w.Export(w.ctx, w.db, ada, access.Whole)
		w.must(err)
		if k, ok := kept.(newsletters.Kept); !ok || len(k.Reading) != 2 {
			w.Errorf("exported %+v", kept)
		}

		w.must(w.people.Erase(w.ctx, ada))
		w.wantRead(ada, "")
	})
}

// TestWhatIsNotHersIsNotNoted: a forged or expired token, one of another issue, a program and a HEAD request are
// counted as usual and recorded for nobody.
func TestWhatIsNotHersIsNotNoted(t *testing.T) {
	inTown(t, func(w *world) {
		ada := populate(w)["ada"]
		w.agrees(ada)
		issue, other := w.create(text("teatro", "2025-03", "")), w.create(text("teatro", "2025-04", ""))
		w.send(issue.ID)
		w.send(other.ID)
		for n, token := range []string{
			"x", w.ReaderToken(other.ID, ada), w.UnsubscribeToken(ada, issue.ID), strings.Repeat("A", 5000), w.ReaderToken(issue.ID, ada) + "x",
		} {
			v := reader(10 + n)
			v.Reader = token
			w.click(issue.ID, 1, v)
		}
		bot, head := reader(20), reader(21)
		bot.UserAgent, head.Method = "curl/8", "HEAD"
		w.follows(issue.ID, 1, ada, bot)
		w.follows(issue.ID, 1, ada, head)
		old := reader(22)
		old.Reader = w.ReaderToken(issue.ID, ada)
		w.clock.Advance(90*24*time.Hour - time.Minute)
		w.click(issue.ID, 1, old)
		w.wantRead(ada, "1×1")
		w.clock.Advance(time.Minute)
		w.click(issue.ID, 1, old)
		w.wantRead(ada, "1×1")
		if clicks, _ := w.counted(issue.ID); clicks != 5+1+2 {
			w.Errorf("%d clicks are counted, want 8", clicks)
		}
	})
}

func TestAFlushThatFailsLosesNoReading(t *testing.T) {
	inTown(t, func(w *world) {
		ada := populate(w)["ada"]
		w.agrees(ada)
		issue := w.create(text("teatro", "2025-03", ""))
		w.send(issue.ID)
		w.rename("newsletters_reading", "newsletters_away")
		for range 2 {
			w.follows(issue.ID, 1, ada, reader(1))
			if err := w.Flush(w.ctx); err == nil {
				w.Error("a flush without its table succeeds")
			}
		}
		w.rename("newsletters_away", "newsletters_reading")
		w.must(w.Close(w.ctx))
		w.wantRead(ada, "1×2")
		if clicks, _ := w.counted(issue.ID); clicks != 2 {
			w.Errorf("%d clicks, want 2", clicks)
		}
	})
}

func TestReadingIsKeptThirteenMonths(t *testing.T) {
	inTown(t, func(w *world) {
		ada := populate(w)["ada"]
		w.agrees(ada)
		issue := w.create(text("teatro", "2025-03", ""))
		w.send(issue.ID)
		w.follows(issue.ID, 1, ada, reader(1))
		w.clock.Advance(time.Hour)
		w.follows(issue.ID, 2, ada, reader(1))
		w.wantRead(ada, "1×1 2×1")
		w.clock.Set(morning().AddDate(0, 13, 0))
		w.must(w.SweepReading(w.ctx))
		w.wantRead(ada, "1×1 2×1")
		w.clock.Advance(time.Second)
		w.must(w.SweepReading(w.ctx))
		w.wantRead(ada, "2×1")
	})
}

// TestFewReadersAreNotTold: editors see the number of such readers, but not below five.
func TestFewReadersAreNotTold(t *testing.T) {
	inTown(t, func(w *world) {
		var readers []int64
		for n := range 6 {
			readers = append(readers, w.citizen(people.Details{Given: fmt.Sprint("P", n)}, false, "teatro"))
		}
		issue := w.create(text("teatro", "2025-03", ""))
		w.send(issue.ID)
		for n, person := range readers[:5] {
			w.agrees(person)
			w.follows(issue.ID, 0, person, reader(n))
			if n < 4 {
				w.follows(issue.ID, 1, person, reader(n))
			}
		}
		w.follows(issue.ID, 0, readers[5], reader(5)) // who did not agree
		if got, want := w.numbers(issue.ID).Readers, (newsletters.Readers{Read: disclosure.Exact(5), Clicked: disclosure.Fewer(5)}); got != want {
			w.Errorf("readers %+v, want %+v", got, want)
		}
		w.withdraws(readers[0])
		if got := w.numbers(issue.ID).Readers; got.Read.IsExact() || got.Clicked.IsExact() {
			w.Errorf("readers %+v of four", got)
		}
	})
}

// TestLeavingEverythingEndsIt: unsubscribing from everything, or reporting spam, withdraws this consent too.
func TestLeavingEverythingEndsIt(t *testing.T) {
	inTown(t, func(w *world) {
		who := populate(w)
		issue := w.create(text("teatro", "2025-03", ""))
		w.send(issue.ID)
		for name, leave := range map[string]func(person int64) error{
			"ada": func(person int64) error {
				_, err := w.UnsubscribeAll(w.ctx, person, "page")
				return err
			},
			"fede": func(person int64) error {
				return w.db.Tx(w.ctx, func(tx *storage.Tx) error { return w.Complained(w.ctx, tx, issue.ID, person) })
			},
		} {
			person := who[name]
			w.agrees(person)
			w.follows(issue.ID, 1, person, reader(1))
			w.wantRead(person, "1×1")
			w.must(leave(person))
			w.wantRead(person, "")
			consents, err := w.people.Consents(w.ctx, person)
			w.must(err)
			if slices.ContainsFunc(consents, func(c people.Consent) bool { return c.Ended.IsZero() }) {
				w.Errorf("%s left, but has valid consents: %+v", name, consents)
			}
		}
	})
}
