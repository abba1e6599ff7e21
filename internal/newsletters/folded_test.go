package newsletters_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"unoxuno/internal/delivery"
	"unoxuno/internal/disclosure"
	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

// mortal is an origin that makes folding fail after some steps.
type mortal struct {
	delivery.Origin

	steps *int
}

var errKilled = errors.New("killed")

func (m mortal) Folding(ctx context.Context, tx *storage.Tx, ref, after, through int64) error {
	if *m.steps--; *m.steps < 0 {
		return errKilled
	}
	return m.Origin.Folding(ctx, tx, ref, after, through)
}

// mortality makes folding fail after the returned number of steps, which starts out very large.
func (w *world) mortality() *int {
	steps := 1 << 30
	w.delivery.Plug(newsletters.Origin, mortal{w.Room, &steps})
	w.delivery.Plug(newsletters.DigestOrigin, mortal{w.Digests(), &steps})
	return &steps
}

// nightsPass removes the rows that make folding follow the clock night by night, so that it reaches the current date.
func (w *world) nightsPass() {
	w.Helper()
	w.must(w.db.Tx(w.ctx, func(tx *storage.Tx) error {
		_, err := tx.ExecContext(w.ctx, "DELETE FROM delivery_folding")
		return err
	}))
}

// foldFor folds old messages, and stops after some steps as if the process were killed.
func (w *world) foldFor(mortality *int, steps int) {
	w.Helper()
	w.nightsPass()
	*mortality = steps
	if err := w.delivery.Fold(w.ctx); err != nil && !errors.Is(err, errKilled) {
		w.Fatal(err)
	}
	*mortality = 1 << 30
}

// shown returns everything that the office and the command line show of the issues' sending.
func (w *world) shown(issues ...newsletters.Issue) string {
	w.Helper()
	var b strings.Builder
	for _, i := range issues {
		now, err := w.Issue(w.ctx, i.ID)
		w.must(err)
		numbers, err := json.Marshal(w.numbers(i.ID))
		w.must(err)
		p, err := w.Progress(w.ctx, i.ID)
		w.must(err)
		awaiting, err := w.Awaiting(w.ctx, i.ID)
		w.must(err)
		fmt.Fprintf(&b, "%s %s %s\n%s\n%+v\n%d\n", i.Slug, now.State, now.Finished, numbers, p, awaiting)
	}
	digests, err := w.LatestDigests(w.ctx, 1000)
	w.must(err)
	for _, d := range digests {
		fmt.Fprintf(&b, "%+v\n", d)
	}
	return b.String()
}

// The statistics of issues sent at once, in digests and as text messages, with failures, retries and returns, stay the
// same however often folding is killed. In the end no record of a person is left, and nobody gets anything again.
func TestFoldingChangesNoStatistics(t *testing.T) {
	inTown(t, func(w *world) {
		plugged(w)
		mortality, round := w.mortality(), 0
		storagetest.Few(w.T, 3)
		rapid.Check(t, func(rt *rapid.T) {
			round++
			p := newTroubledTown(w, rt, fmt.Sprintf("f%dx", round), slices.Repeat([]newsletters.Pace{newsletters.Daily}, rapid.IntRange(1, 5).Draw(rt, "readers"))...)
			steps := []func(){p.publish, p.publish, p.change, p.toSlot, p.retry, p.trouble, p.hurry, p.bounce}
			for range rapid.IntRange(3, 10).Draw(rt, "steps") {
				rapid.SampledFrom(steps).Draw(rt, "step")()
			}
			clear(p.busy)
			p.toSlot()
			p.soon() // what a busy server deferred
			w.clock.Advance(25 * 31 * 24 * time.Hour)
			before := w.shown(p.issues...)
			for _, steps := range rapid.SliceOfN(rapid.IntRange(0, 6), 1, 4).Draw(rt, "kills") {
				w.foldFor(mortality, steps)
				if now := w.shown(p.issues...); now != before {
					rt.Fatalf("killed after %d steps\n%s\nbefore\n%s", steps, now, before)
				}
			}
			w.foldFor(mortality, 1<<30)
			if now := w.shown(p.issues...); now != before {
				rt.Fatalf("folded\n%s\nbefore\n%s", now, before)
			}
			if left := w.column("SELECT (SELECT count(*) FROM newsletters_kept) + (SELECT count(*) FROM delivery_message)"); left[0] != 0 {
				rt.Errorf("%d rows of newsletters_kept are left at the end", left[0])
			}
			p.nothingMore()
		})
	})
}

// hurry changes a reader's pace to at once, or back to daily.
func (p *troubledTown) hurry() {
	pace := rapid.SampledFrom([]newsletters.Pace{newsletters.AtOnce, newsletters.Daily}).Draw(p.rt, "pace")
	r := p.any()
	r.pace = pace
	p.paced(r.id, pace, "teatro", "concerti")
}

// bounce returns some of the sent mail.
func (p *troubledTown) bounce() {
	mails := p.sink.Mails()
	if len(mails) == 0 {
		return
	}
	m := mails[rapid.IntRange(0, len(mails)-1).Draw(p.rt, "mail")]
	status := rapid.SampledFrom([]string{"4.2.2", "5.1.1"}).Draw(p.rt, "status")
	p.back(m.From, bounced(m.To, status, "no"))
}

// nothingMore checks that nobody gets anything of the issues again.
func (p *troubledTown) nothingMore() {
	p.sink.Clear()
	p.texted = nil
	for _, i := range p.issues {
		if offered, err := p.Retryable(p.ctx, i.ID); err != nil || offered != (delivery.Retried{}) {
			p.rt.Errorf("offered to be tried again: %+v, %v", offered, err)
		}
		if _, err := p.Retry(p.ctx, i.ID); !fault.HasKey(err, "delivery.retry.folded") {
			p.rt.Errorf("tried again: %v", err)
		}
		d, err := p.Send(p.ctx, i.ID, i.Version, false)
		p.must(err)
		if !d.Again {
			p.rt.Errorf("sent again: %+v", d)
		}
	}
	p.toSlot()
	if n := p.sink.Count() + len(p.texted); n != 0 {
		p.rt.Errorf("%d messages went out", n)
	}
	for _, r := range p.readers {
		p.leaveAll(r.id, "test")
	}
}

func TestADigestIsTriedAgainUntilItIsFoldedToo(t *testing.T) {
	inTown(t, func(w *world) {
		mortality := w.mortality()
		play, concert := tornDigest(w)
		before := w.shown(play, concert)
		began, err := w.Issue(w.ctx, play.ID)
		w.must(err)
		w.clock.Set(began.Sent.AddDate(2, 0, 0)) // after the issues ended, and before the digest did
		w.foldFor(mortality, 1<<30)
		if now := w.shown(play, concert); now != before {
			t.Errorf("now\n%s\nbefore\n%s", now, before)
		}
		if again := w.tryAgain(concert); again != (delivery.Retried{Refused: 2}) {
			t.Errorf("%+v is tried again, want Bea's and Carla's", again)
		}
		w.deliver() // without success
		before = w.shown(play, concert)
		w.clock.Advance(25 * 31 * 24 * time.Hour)
		for steps := range 4 {
			w.foldFor(mortality, steps)
			if now := w.shown(play, concert); now != before {
				t.Errorf("killed after %d steps\n%s\nbefore\n%s", steps, now, before)
			}
			if _, err := w.Retry(w.ctx, concert.ID); !fault.HasKey(err, "delivery.retry.folded") {
				t.Errorf("tried again: %v", err)
			}
		}
		w.foldFor(mortality, 1<<30)
		if now := w.shown(play, concert); now != before {
			t.Errorf("folded\n%s\nbefore\n%s", now, before)
		}
		if left := w.column("SELECT count(*) FROM newsletters_kept"); left[0] != 0 {
			t.Errorf("%d rows are kept", left[0])
		}
		w.wantState(newsletters.Sent, play, concert)
	})
}

var leaving = regexp.MustCompile(`subject=unsubscribe-([A-Za-z0-9_-]+)`)

func TestOldMailsStillUnsubscribeAndTakeComplaints(t *testing.T) {
	inTown(t, func(w *world) {
		plugged(w)
		ada := w.citizen(people.Details{Given: "Ada"}, false, "teatro", "concerti")
		bea := w.citizen(people.Details{Given: "Bea"}, false, "teatro", "concerti")
		carla := w.citizen(people.Details{Given: "Carla"}, false, "teatro")
		issue := w.create(text("teatro", "2025-03", ""))
		w.send(issue.ID)
		leave, to, carlas := leaving.FindStringSubmatch(w.unsubscribeHeader("ada@mail.example"))[1], w.envelope("bea@mail.example"), w.envelope("carla@mail.example")
		w.clock.Advance(25 * 31 * 24 * time.Hour)
		w.nightsPass()
		w.must(w.delivery.Fold(w.ctx))
		w.must(w.people.Erase(w.ctx, carla))
		w.must(w.OneClick(w.ctx, leave))
		w.back(to, abuse("Subject: x\n"))
		w.back(carlas, abuse("Subject: x\n")) // the ledger no longer names a person
		standing := map[int64]int{}
		for _, person := range []int64{ada, bea} {
			all, err := w.Subscriptions(w.ctx, person)
			w.must(err)
			for _, s := range all {
				if s.Standing() {
					standing[person]++
				}
			}
		}
		if standing[ada] != 1 || standing[bea] != 0 {
			t.Errorf("subscriptions that stand: %v", standing)
		}
		if s := w.numbers(issue.ID); s.Accepted != disclosure.Exact(3) || s.Complaints != disclosure.Hidden() {
			t.Errorf("%+v", s)
		}
	})
}
