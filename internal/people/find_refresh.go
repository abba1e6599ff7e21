package people

import (
	"context"

	"unoxuno/internal/people/db"
	"unoxuno/internal/storage"
)

// refreshed is the number of people that one transaction of RefreshSearch reads.
const refreshed = 500

// RefreshSearch folds the names again that an older version folded differently, and returns how many changed. Only
// names with letters outside ASCII can differ. It runs once in each process.
func (p *People) RefreshSearch(ctx context.Context) (changed int64, err error) {
	if p.refreshed.Load() {
		return 0, nil
	}
	for after := int64(-1); ; {
		var last, n int64
		err := p.db.Tx(ctx, func(tx *storage.Tx) (err error) {
			last, n, err = refreshSome(ctx, tx, after)
			return err
		})
		if err != nil {
			return changed, err
		}
		changed += n
		if last < 0 {
			break
		}
		after = last
	}
	p.refreshed.Store(true)
	return changed, nil
}

// refreshSome does this for some people after the given one. It returns the last of them, or -1 if there are no more.
func refreshSome(ctx context.Context, tx *storage.Tx, after int64) (last, changed int64, err error) {
	q := db.New(tx)
	rows, err := q.NamesToFold(ctx, db.NamesToFoldParams{After: after, Many: refreshed})
	if err != nil {
		return 0, 0, err
	}
	last = -1
	for _, row := range rows {
		d := Details{Given: row.GivenName, Family: row.FamilyName, Organisation: row.Organisation}
		familyFirst, givenFirst := d.search()
		if familyFirst != row.Search || givenFirst != row.SearchGiven {
			err := q.PutFolded(ctx, db.PutFoldedParams{ID: row.ID, Search: familyFirst, SearchGiven: givenFirst})
			if err != nil {
				return 0, 0, err
			}
			changed++
		}
		last = row.ID
	}
	if len(rows) < refreshed {
		last = -1
	}
	return last, changed, nil
}
