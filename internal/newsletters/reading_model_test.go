package newsletters_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"unoxuno/internal/people"
)

// TestWhatIsReadIsBoundToTheConsent: for any sequence of mails, clicks, scanners, flushes and withdrawals, the records
// are what was read, and flushed, under the present consent.
func TestWhatIsReadIsBoundToTheConsent(t *testing.T) {
	inTown(t, func(w *world) {
		populate(w)
		c := text("teatro", "2025-03", "")
		c.Blocks[0].Text += " E [poi](https://www.teatro.example/3)."
		issue := w.create(c)
		w.send(issue.ID)
		round := 0
		rapid.Check(w.T, func(t *rapid.T) {
			round++
			m := &readingModel{world: w, t: t, issue: issue.ID}
			for n := range 3 {
				m.people = append(m.people, &modelReader{id: w.citizen(people.Details{Given: fmt.Sprintf("P%d-%d", round, n)}, false, "teatro")})
			}
			t.Repeat(map[string]func(*rapid.T){
				"agree": m.agree, "withdraw": m.withdraw, "read": m.readOne, "scan": m.scan, "flush": m.flush, "": m.check,
			})
			for _, p := range m.people {
				w.withdraws(p.id)
				if left := w.read(p.id); left != "" {
					t.Fatalf("after she withdrew %q is left", left)
				}
			}
		})
	})
}

type modelReader struct {
	id      int64
	since   time.Time // of the present consent
	waiting map[int]modelRead
	kept    map[int]int // times by link
}

type modelRead struct {
	times int
	first time.Time
}

type readingModel struct {
	*world
	t       *rapid.T
	issue   int64
	people  []*modelReader
	visitor int
}

func (m *readingModel) one(t *rapid.T) *modelReader {
	return rapid.SampledFrom(m.people).Draw(t, "person")
}

func (m *readingModel) agree(t *rapid.T) {
	p := m.one(t)
	m.clock.Advance(time.Minute)
	m.agrees(p.id)
	if p.since.IsZero() {
		p.since = m.clock.Now()
	}
}

func (m *readingModel) withdraw(t *rapid.T) {
	p := m.one(t)
	m.clock.Advance(time.Minute)
	m.withdraws(p.id)
	p.since, p.kept = time.Time{}, nil
}

func (m *readingModel) readOne(t *rapid.T) {
	p, n := m.one(t), rapid.IntRange(0, 3).Draw(t, "link")
	m.clock.Advance(time.Minute)
	m.follows(m.issue, n, p.id, reader(1))
	if p.waiting == nil {
		p.waiting = map[int]modelRead{}
	}
	w := p.waiting[n]
	if w.times++; w.times == 1 {
		w.first = m.clock.Now()
	}
	p.waiting[n] = w
}

// scan is a scanner's visit to all links of her mail, with or without flushes in between: no record of it stays.
func (m *readingModel) scan(t *rapid.T) {
	p := m.one(t)
	m.flush(t)
	m.visitor++
	for n := 1; n <= 3; n++ {
		m.clock.Advance(time.Second)
		m.follows(m.issue, n, p.id, reader(10+m.visitor))
		if rapid.Bool().Draw(t, "flush") {
			m.must(m.Flush(m.ctx))
		}
	}
	m.must(m.Flush(m.ctx))
}

func (m *readingModel) flush(*rapid.T) {
	m.must(m.Flush(m.ctx))
	for _, p := range m.people {
		for n, w := range p.waiting {
			if p.since.IsZero() || w.first.Before(p.since) {
				continue
			}
			if p.kept == nil {
				p.kept = map[int]int{}
			}
			p.kept[n] += w.times
		}
		p.waiting = nil
	}
}

func (m *readingModel) check(t *rapid.T) {
	m.flush(t)
	for _, p := range m.people {
		var want []string
		for n := range 4 {
			if p.kept[n] > 0 {
				want = append(want, fmt.Sprintf("%d×%d", n, p.kept[n]))
			}
		}
		if got := m.read(p.id); got != strings.Join(want, " ") {
			t.Fatalf("of %d %q is noted, want %q", p.id, got, want)
		}
	}
	var strangers int64
	m.must(m.db.QueryRowContext(m.ctx, `SELECT count(*) FROM newsletters_reading g WHERE NOT EXISTS (
		SELECT 1 FROM people_consenting c WHERE c.person_id = g.person_id AND c.purpose = 'reading')`).Scan(&strangers))
	if strangers > 0 {
		t.Fatalf("%d rows about people who did not agree", strangers)
	}
}

// TestNothingIsLeftOfWhoWithdrawsWhileSheReads: a withdrawal or an erasure amid visits and flushes leaves nothing.
func TestNothingIsLeftOfWhoWithdrawsWhileSheReads(t *testing.T) {
	inTown(t, func(w *world) {
		issue := w.sentIssue()
		for round := range 15 {
			leaves := w.citizen(people.Details{Given: fmt.Sprint("Leaves", round)}, false)
			erased := w.citizen(people.Details{Given: fmt.Sprint("Erased", round)}, false)
			w.agrees(leaves)
			w.agrees(erased)
			var group sync.WaitGroup
			done := make(chan struct{})
			for n := range 2 {
				group.Go(func() {
					for {
						for _, person := range []int64{leaves, erased} {
							v := reader(n)
							v.Reader = w.ReaderToken(issue.ID, person)
							if err := w.Opened(w.ctx, issue.ID, v); err != nil {
								w.Error(err)
							}
						}
						if err := w.Flush(w.ctx); err != nil {
							w.Error(err)
						}
						select {
						case <-done:
							return
						default:
						}
					}
				})
			}
			group.Go(func() {
				defer close(done)
				if err := w.people.Withdraw(w.ctx, leaves, people.ForReading, "test"); err != nil {
					w.Error(err)
				}
				if err := w.people.Erase(w.ctx, erased); err != nil {
					w.Error(err)
				}
			})
			group.Wait()
			w.wantRead(leaves, "")
			w.wantRead(erased, "")
			w.clock.Advance(time.Minute)
		}
	})
}
