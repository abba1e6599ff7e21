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

// readingMonths is how long it is kept what a person read, from when she first did: a round of the town's year, and the
// month with which the last one is compared.
const readingMonths = 13

// Reading is what a person read, who agreed that it is noted: an issue she opened, or a link of it that she followed.
// Nobody else's is; see [people.ForReading].
type Reading struct {
	Issue string    `json:"issue"` // "newsletter/slug"
	Title string    `json:"title"` // of the issue
	Link  string    `json:"link"`  // where the link leads; "" = she opened the issue
	Times int64     `json:"times"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
}

// ReadingOf is all that is noted of what the person read, the latest first. It is for her own eyes: no page of the office
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

// Withdrawn deletes, for people, what was noted upon a consent that has ended.
func (r *Room) Withdrawn(ctx context.Context, tx *storage.Tx, person int64, purpose people.Purpose) error {
	if purpose != people.ForReading {
		return nil
	}
	return db.New(tx).ForgetReading(ctx, person)
}

// forgetReading ends the consent before it deletes what was noted upon it, so that a flush that relies on it is waited for.
func (r *Room) forgetReading(ctx context.Context, tx *storage.Tx, person int64) error {
	if _, err := r.People.WithdrawIn(ctx, tx, person, people.ForReading, "erased"); err != nil {
		return err
	}
	return db.New(tx).ForgetReading(ctx, person)
}

// SweepReading deletes what persons read more than thirteen months ago, and what is noted of newsletters that became
// sensitive since.
func (r *Room) SweepReading(ctx context.Context) error {
	_, err := db.New(r.DB).SweepReading(ctx, clock.Millis(r.Clock.Now().AddDate(0, -readingMonths, 0)))
	return err
}

// trace opens a hole after each counted address of a compiled issue. Whatever else there is stays as everybody gets it.
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

// reading is what a person read: the n-th link of an issue, or with n 0 the issue.
type reading struct{ person, issue, n int64 }

func (g reading) compare(o reading) int {
	return cmp.Or(cmp.Compare(g.person, o.person), cmp.Compare(g.issue, o.issue), cmp.Compare(g.n, o.n))
}

// noted is how often she did, and when first and last. Below nothing it takes back what was noted before, and has no times.
type noted struct{ times, first, last int64 }

func (a noted) and(b noted) noted {
	sum := noted{a.times + b.times, min(a.first, b.first), max(a.last, b.last)}
	if a.first == 0 || b.first == 0 {
		sum.first = max(a.first, b.first)
	}
	return sum
}

// roomFor is the reading's person if it can be noted, else 0. What would not fit into memory is not noted: her visit
// counts among everybody's all the same.
func (s *shard) roomFor(g reading) int64 {
	if len(s.read) < maxPlaces {
		return g.person
	}
	if _, known := s.read[g]; !known {
		return 0
	}
	return g.person
}

// note notes what a person read, until the next flush; nothing for nobody.
func (s *shard) note(g reading, n noted) {
	if g.person != 0 {
		s.read[g] = s.read[g].and(n)
	}
}

// writeRead writes what persons read, of those whose consent stands as it did when they read it, and of newsletters that
// are not sensitive. The transaction holds them.
func (t *tally) writeRead(ctx context.Context, tx *storage.Tx, all []reading) error {
	since, err := consentsSince(ctx, tx, all)
	if err != nil {
		return err
	}
	queries, open := db.New(tx), map[int64]bool{} // issues of newsletters that are not sensitive
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

// consentsSince tells since when the consents of the readings' persons stand, of those that do.
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

// readersOf are the persons of readings, which are in their order.
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

// addRead adds readings to what is noted.
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
