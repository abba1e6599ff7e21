package people

import (
	"context"

	"unoxuno/internal/people/index"
)

// Place is how far a reader of the feed of changes has come. A room may keep it in a table of its own. The feed is not swept
// beyond the place that [Subscriptions] keep.
type Place struct {
	Turn     int64 // of transactions: the changes of all before it were read
	Database int64 // whose transactions they are; see storage.Engine.Database
}

// PlaceNow is the place after every change that was committed. Whoever asks for it, then reads the tables, and then asks
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

// ChangedSince returns the persons about whom something changed since the place, as ranges in order, and the place after
// them. A change just before a place may be returned again. known is false if the place is another database's: then
// anything may have changed.
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
