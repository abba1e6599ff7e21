package newsletters

import (
	"cmp"
	"context"
	"database/sql"
	"regexp"
	"slices"
	"strings"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/content"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// readingMonths is how long we keep what a person read, from the first time she read it: a year, and a month to compare
// the last one with.
const readingMonths = 13

// Reading records that a person opened an issue or followed one of its links. It exists only with her consent; see
// [people.ForReading].
type Reading struct {
	Issue string    `json:"issue"` // "newsletter/slug"
	Title string    `json:"title"` // of the issue
	Link  string    `json:"link"`  // target of the link; "" = she opened the issue
	Times int64     `json:"times"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
}

// ReadingOf returns what was recorded that the person read, latest first. It is for her only: no page of the office
// shows it.
func (r *Room) ReadingOf(ctx context.Context, person int64) ([]Reading, error) {
	return readingOf(ctx, r.DB, person)
}

func readingOf(ctx context.Context, q storage.Queryer, person int64) ([]Reading, error) {
	rows, err := db.New(q).ReadingOf(ctx, person)
	list := make([]Reading, len(rows))
	for i, row := range rows {
		list[i] = Reading{
			Issue: row.Newsletter + "/" + row.Slug, Title: row.Title, Link: row.Url, Times: row.Times,
			First: clock.Time(row.FirstAt), Last: clock.Time(row.LastAt),
		}
	}
	return list, err
}

// Withdrawn deletes, for people, what was recorded on the basis of a consent that has ended.
func (r *Room) Withdrawn(ctx context.Context, tx *storage.Tx, person int64, purpose people.Purpose) error {
	if purpose != people.ForReading {
		return nil
	}
	return db.New(tx).ForgetReading(ctx, person)
}

// forgetReading ends the consent before it deletes the records, so that it waits for a flush that relies on the
// consent.
func (r *Room) forgetReading(ctx context.Context, tx *storage.Tx, person int64) error {
	if _, err := r.People.WithdrawIn(ctx, tx, person, people.ForReading, "erased"); err != nil {
		return err
	}
	return db.New(tx).ForgetReading(ctx, person)
}

// SweepReading deletes what people read more than thirteen months ago, and what was recorded of newsletters that have
// become sensitive.
func (r *Room) SweepReading(ctx context.Context) error {
	_, err := db.New(r.DB).SweepReading(ctx, clock.Millis(r.Clock.Now().AddDate(0, -readingMonths, 0)))
	return err
}

// trace adds a hole after each counted URL of a compiled issue. Everything else stays the same.
func (r *Room) trace(issue int64, links map[string]int, c content.Compiled) content.Compiled {
	addresses := []string{regexp.QuoteMeta(r.settings.PublicURL + r.PixelPath(issue))}
	for _, n := range links {
		addresses = append(addresses, regexp.QuoteMeta(r.settings.PublicURL+r.LinkPath(issue, n)))
	}
	counted := regexp.MustCompile(strings.Join(addresses, "|"))
	c.HTML.Segments, c.Text.Segments = traced(c.HTML.Segments, counted), traced(c.Text.Segments, counted)
	return c
}

func traced(segments []content.Segment, counted *regexp.Regexp) []content.Segment {
	var cut []content.Segment
	for _, s := range segments {
		from := 0
		for _, found := range counted.FindAllStringIndex(s.Literal, -1) {
			cut = append(cut, content.Segment{Literal: s.Literal[from:found[1]], Hole: content.Hole(holeReader)})
			from = found[1]
		}
		cut = append(cut, content.Segment{Literal: s.Literal[from:], Hole: s.Hole})
	}
	return cut
}

// reading identifies what a person read: the n-th link of an issue, or with n 0 the issue.
type reading struct{ person, issue, n int64 }

func (g reading) compare(o reading) int {
	return cmp.Or(cmp.Compare(g.person, o.person), cmp.Compare(g.issue, o.issue), cmp.Compare(g.n, o.n))
}

// noted is how often, and when first and last. A negative number takes back earlier records and has no times.
type noted struct{ times, first, last int64 }

func (a noted) and(b noted) noted {
	sum := noted{a.times + b.times, min(a.first, b.first), max(a.last, b.last)}
	if a.first == 0 || b.first == 0 {
		sum.first = max(a.first, b.first)
	}
	return sum
}

// roomFor returns the reading's person if there is memory to record it, and 0 otherwise. Her visit is still counted
// with everybody's.
func (s *shard) roomFor(g reading) int64 {
	if len(s.read) < maxPlaces {
		return g.person
	}
	if _, known := s.read[g]; !known {
		return 0
	}
	return g.person
}

// note records what a person read until the next flush; nothing if the person is 0.
func (s *shard) note(g reading, n noted) {
	if g.person != 0 {
		s.read[g] = s.read[g].and(n)
	}
}

// writeRead writes what people read, if their consent was valid then and still is, and if the newsletter is not
// sensitive. The transaction holds the people.
func (t *tally) writeRead(ctx context.Context, tx *storage.Tx, all []reading) error {
	since, err := consentsSince(ctx, tx, all)
	if err != nil {
		return err
	}
	queries, open := db.New(tx), map[int64]bool{} // whether the issue's newsletter is not sensitive
	var added []reading
	for _, g := range all {
		n := t.read[g]
		if n.times < 0 {
			if err := takeReadingBack(ctx, queries, g, -n.times); err != nil {
				return err
			}
		}
		if granted, stands := since[g.person]; n.times <= 0 || !stands || n.first < granted {
			continue
		}
		if _, asked := open[g.issue]; !asked {
			found, err := queries.NotSensitive(ctx, g.issue)
			if err != nil {
				return err
			}
			open[g.issue] = found > 0
		}
		if open[g.issue] {
			added = append(added, g)
		}
	}
	for len(added) > 0 {
		n := rowsAtOnce(len(added))
		if err := t.addRead(ctx, tx, added[:n]); err != nil {
			return err
		}
		added = added[n:]
	}
	return nil
}

// consentsSince returns since when the persons of the readings have a valid consent, for those who do.
func consentsSince(ctx context.Context, tx *storage.Tx, all []reading) (map[int64]int64, error) {
	since := map[int64]int64{}
	for some := range slices.Chunk(readersOf(all), 500) {
		var b storage.Builder
		b.Add("SELECT c.person_id, c.granted_at FROM people_consenting c WHERE c.purpose = ? AND c.person_id", string(people.ForReading))
		storage.In(&b, some)
		b.Add(" ORDER BY c.person_id")
		if err := each(ctx, tx, b.SQL(), b.Args(), func(rows *sql.Rows) error {
			var person, granted int64
			err := rows.Scan(&person, &granted)
			since[person] = granted
			return err
		}); err != nil {
			return nil, err
		}
	}
	return since, nil
}

// readersOf returns the persons of sorted readings.
func readersOf(all []reading) []int64 {
	persons := make([]int64, len(all))
	for i, g := range all {
		persons[i] = g.person
	}
	return slices.Compact(persons)
}

// takeReadingBack takes back what an earlier flush wrote.
func takeReadingBack(ctx context.Context, queries *db.Queries, g reading, times int64) error {
	err := queries.TakeReadingBack(ctx, db.TakeReadingBackParams{Times: times, PersonID: g.person, IssueID: g.issue, N: g.n})
	if err != nil {
		return err
	}
	return queries.DropReadingTakenBack(ctx, db.DropReadingTakenBackParams{PersonID: g.person, IssueID: g.issue, N: g.n})
}

// addRead adds readings to the records.
func (t *tally) addRead(ctx context.Context, tx *storage.Tx, some []reading) error {
	var b storage.Builder
	b.Add("INSERT INTO newsletters_reading (person_id, issue_id, n, times, first_at, last_at) VALUES ")
	for i, g := range some {
		if i > 0 {
			b.Add(", ")
		}
		n := t.read[g]
		b.Add("(?, ?, ?, ?, ?, ?)", g.person, g.issue, g.n, n.times, n.first, n.last)
	}
	b.Add(` ON CONFLICT (person_id, issue_id, n) DO UPDATE SET times = newsletters_reading.times + excluded.times,
		first_at = CASE WHEN excluded.first_at < newsletters_reading.first_at THEN excluded.first_at ELSE newsletters_reading.first_at END,
		last_at = CASE WHEN excluded.last_at > newsletters_reading.last_at THEN excluded.last_at ELSE newsletters_reading.last_at END`)
	_, err := tx.ExecContext(ctx, b.SQL(), b.Args()...)
	return err
}
