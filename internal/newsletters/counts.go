package newsletters

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"

	"unoxuno/internal/disclosure"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/people"
	"unoxuno/internal/people/index"
	"unoxuno/internal/storage"
)

// Subscribers are counted by ranges of persons, and the counts are kept. A reader counts again only the ranges that
// changed since, which the feed of changes shows (people.ChangedSince). So a page is always right; RefreshCounts only
// makes it fast.

const (
	// countTogether is the default of Settings.CountTogether.
	countTogether = 4096
	// markTogether is the number of changes that one transaction marks.
	markTogether = 500
	// A page that would count more than maxLive ranges itself, or read more than maxChanges changes, counts all
	// subscriptions instead. That costs about as much.
	maxLive    = 128
	maxChanges = 200
)

// RefreshCounts updates the kept counts of subscribers. It marks the ranges of persons that changed, and then counts
// each again in its own transaction: if it is interrupted, the others stay marked. A node calls it now and then, and an
// import at its end.
func (r *Room) RefreshCounts(ctx context.Context) error {
	if err := r.markChanged(ctx); err != nil {
		return fmt.Errorf("counts of subscribers: mark what changed: %w", err)
	}
	for more := true; more && ctx.Err() == nil; {
		err := r.DB.Tx(ctx, func(tx *storage.Tx) (err error) {
			more, err = r.countNext(ctx, tx)
			return err
		})
		if err != nil {
			return fmt.Errorf("counts of subscribers: count a range: %w", err)
		}
	}
	return ctx.Err()
}

// CountsReadTo returns the turn from which the kept counts still need the feed of changes; see people.Subscriptions.
func (r *Room) CountsReadTo(ctx context.Context, q storage.Queryer) (int64, error) {
	place, err := db.New(q).CountPlace(ctx)
	if storage.None(err) {
		return math.MaxInt64, nil
	}
	return place.Turn, err
}

// markChanged marks the ranges that changed since the kept place, and then stores the new place. If the changes since
// the place are unknown, it starts again with one uncounted range of everybody.
func (r *Room) markChanged(ctx context.Context) error {
	kept, err := db.New(r.DB).CountPlace(ctx)
	if storage.None(err) {
		return r.countAnew(ctx)
	}
	if err != nil {
		return err
	}
	next, changed, known, err := r.People.ChangedSince(ctx, people.Place(kept))
	switch {
	case err != nil:
		return err
	case !known:
		return r.countAnew(ctx)
	case len(changed) == 0:
		return nil
	}
	for some := range slices.Chunk(changed, markTogether) {
		err := r.DB.Tx(ctx, func(tx *storage.Tx) error {
			queries := db.New(tx)
			if _, err := queries.HoldCounts(ctx); err != nil {
				return err
			}
			for _, b := range some {
				if err := queries.MarkCountRanges(ctx, db.MarkCountRangesParams{First: b.First, Last: b.Last}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return r.DB.Tx(ctx, func(tx *storage.Tx) error {
		return db.New(tx).PutCountPlace(ctx, db.PutCountPlaceParams(next))
	})
}

// countAnew deletes all counts.
func (r *Room) countAnew(ctx context.Context) error {
	place, err := r.People.PlaceNow(ctx)
	if err != nil {
		return err
	}
	return r.DB.Tx(ctx, func(tx *storage.Tx) error {
		queries := db.New(tx)
		if err := queries.PutCountPlace(ctx, db.PutCountPlaceParams(place)); err != nil {
			return err
		}
		if err := queries.DropCounts(ctx); err != nil {
			return err
		}
		if err := queries.DropCountRanges(ctx); err != nil {
			return err
		}
		return queries.AddCountRange(ctx, db.AddCountRangeParams{FirstID: math.MinInt64, LastID: math.MaxInt64})
	})
}

// countNext counts the first marked range. If the range holds too many people, it splits off its beginning. It returns
// false if no range is marked.
func (r *Room) countNext(ctx context.Context, tx *storage.Tx) (bool, error) {
	queries := db.New(tx)
	if _, err := queries.HoldCounts(ctx); err != nil {
		return false, err
	}
	ranges, err := queries.NextUncounted(ctx)
	if err != nil || len(ranges) == 0 {
		return false, err
	}
	first, last, most := ranges[0].FirstID, ranges[0].LastID, r.countTogether()
	end, err := queries.CountRangeEnd(ctx, db.CountRangeEndParams{First: first, Last: last, Most: int32(most)}) //nolint:gosec // a setting
	if err != nil {
		return false, err
	}
	through := last
	if end.People == int64(most) && end.Through < last {
		through = end.Through
		if err := queries.AddCountRange(ctx, db.AddCountRangeParams{FirstID: through + 1, LastID: last}); err != nil {
			return false, err
		}
	}
	if err := queries.ForgetCounts(ctx, first); err != nil {
		return false, err
	}
	counts, err := queries.CountSubscribers(ctx, db.CountSubscribersParams{First: first, Last: through})
	if err != nil {
		return false, err
	}
	columns := []string{"first_id", "newsletter", "people", "cell_keys"}
	if _, err := tx.Load(ctx, "newsletters_count", columns, func(yield func([]any) bool) {
		for _, c := range counts {
			if !yield([]any{first, c.Newsletter, c.People, c.CellKeys}) {
				return
			}
		}
	}); err != nil {
		return false, err
	}
	return true, queries.EndCountRange(ctx, db.EndCountRangeParams{FirstID: first, LastID: through})
}

func (r *Room) countTogether() int {
	if r.settings.CountTogether > 0 {
		return r.settings.CountTogether
	}
	return countTogether
}

// countSubscribers counts the current subscribers of each newsletter in the database. The cells have no buckets.
func (r *Room) countSubscribers(ctx context.Context) (map[string]disclosure.Cell, error) {
	cells, live, ok, err := r.keptCounts(ctx)
	if err != nil {
		return nil, err
	}
	if !ok {
		cells, live = map[string]disclosure.Cell{}, []index.Block{{First: math.MinInt64, Last: math.MaxInt64}}
	}
	queries := db.New(r.DB)
	for _, b := range live {
		counts, err := queries.CountSubscribers(ctx, db.CountSubscribersParams{First: b.First, Last: b.Last})
		if err != nil {
			return nil, err
		}
		for _, c := range counts {
			addTo(cells, c.Newsletter, c.People, c.CellKeys)
		}
	}
	return cells, nil
}

func addTo(cells map[string]disclosure.Cell, newsletter string, n, keys int64) {
	cell := cells[newsletter]
	cell.Plus(disclosure.Cell{N: n, Keys: uint64(keys)}) //nolint:gosec // a sum of keys is not negative
	cells[newsletter] = cell
}

// keptCounts returns the sums of the kept counts, and the live ranges, which are left out and must be counted now: the
// marked ones, and those that changed since the place. ok is false if nothing is kept, or if too much changed.
//
// A concurrent refresh does no harm: it marks the changes before it moves the place. So a range with an outdated count
// is marked, was counted again, or changed since the place that was read here.
func (r *Room) keptCounts(ctx context.Context) (cells map[string]disclosure.Cell, live []index.Block, ok bool, err error) {
	place, err := db.New(r.DB).CountPlace(ctx)
	if storage.None(err) {
		return nil, nil, false, nil
	}
	if err != nil {
		return nil, nil, false, err
	}
	_, changed, known, err := r.People.ChangedSince(ctx, people.Place(place))
	if err != nil || !known || len(changed) > maxChanges {
		return nil, nil, false, err
	}
	// One statement, so that ranges and counts are from the same moment.
	var b storage.Builder
	b.Add("WITH live AS (SELECT b.first_id, b.last_id FROM newsletters_count_range b WHERE NOT b.counted")
	for _, c := range changed {
		b.Add(" OR b.first_id <= ? AND b.last_id >= ?", c.Last, c.First)
	}
	b.Add(`) SELECT '' AS newsletter, l.first_id, l.last_id FROM live l UNION ALL
		SELECT c.newsletter, CAST(SUM(c.people) AS bigint), CAST(SUM(c.cell_keys) AS bigint) FROM newsletters_count c
		WHERE c.first_id NOT IN (SELECT l.first_id FROM live l) GROUP BY c.newsletter`)
	cells = map[string]disclosure.Cell{}
	err = each(ctx, r.DB, b.SQL(), b.Args(), func(rows *sql.Rows) error {
		var newsletter string
		var x, y int64
		if err := rows.Scan(&newsletter, &x, &y); err != nil {
			return err
		}
		if newsletter == "" {
			live = append(live, index.Block{First: x, Last: y})
		} else {
			addTo(cells, newsletter, x, y)
		}
		return nil
	})
	return cells, live, len(live) <= maxLive, err
}
