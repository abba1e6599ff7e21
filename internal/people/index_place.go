package people

import (
	"context"

	"unoxuno/internal/people/index"
)

// Place is a reader's position in the feed of changes. A room may keep it in its own table. The feed is not swept
// beyond the place that [Subscriptions] keep.
type Place struct {
	Turn     int64 // the changes of all transactions before it were read
	Database int64 // the database that numbers these transactions; see storage.Engine.Database
}

// PlaceNow returns the place after every committed change. A caller that takes it, then reads the tables and then calls
// [People.ChangedSince] misses nothing.
func (p *People) PlaceNow(ctx context.Context) (Place, error) {
	place := Place{}
	if err := p.db.QueryRowContext(ctx, "SELECT "+p.db.Engine().Database()).Scan(&place.Database); err != nil {
		return place, err
	}
	end, err := feedEnd(ctx, p.db)
	place.Turn = end.from
	return place, err
}

// ChangedSince returns the people that changed since the place, as ranges in order, and the next place. A change just
// before a place may be returned again. known is false if the place belongs to another database: then anybody may have
// changed.
func (p *People) ChangedSince(ctx context.Context, place Place) (next Place, changed []index.Block, known bool, err error) {
	next = place
	if err := p.db.QueryRowContext(ctx, "SELECT "+p.db.Engine().Database()).Scan(&next.Database); err != nil {
		return place, nil, false, err
	}
	end, changed, err := readFeed(ctx, p.db, feedPlace{from: place.Turn})
	if err != nil || next.Database != place.Database || end.from < place.Turn {
		return place, nil, false, err
	}
	next.Turn = end.from
	return next, changed, true, nil
}
