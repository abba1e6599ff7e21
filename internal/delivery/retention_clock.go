package delivery

import (
	"context"
	"fmt"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/db"
	"unoxuno/internal/storage"
)

// Folding cannot be undone, so it does not trust the clock. It keeps a time of its own that follows the clock by at
// most foldPace in each call: a clock that runs ahead for a night makes messages older by that much only. A clock that
// is more than clockSlack behind that time is not trusted at all.
const (
	foldPace   = 8 * 24 * time.Hour
	clockSlack = 8 * 24 * time.Hour
	// farAhead is how far in the future a stored time may be, because the nodes' clocks differ a little.
	farAhead = 24 * time.Hour
)

// foldingTime returns the time that folding uses; ok is false if the clock cannot be trusted.
func (r *Room) foldingTime(ctx context.Context) (at time.Time, ok bool, err error) {
	queries, now := db.New(r.db), r.clock.Now().UTC()
	kept, err := queries.FoldingTime(ctx)
	if storage.None(err) {
		return now, true, queries.BeginFoldingTime(ctx, clock.Millis(now))
	}
	if err != nil {
		return at, false, err
	}
	last := clock.Time(kept).UTC()
	switch ahead := now.Sub(last); {
	case ahead < -clockSlack:
		r.log.WarnContext(ctx, "nothing is folded: the clock is behind the last time by days", "now", now, "last", last)
		return last, false, nil
	case ahead > foldPace:
		r.log.WarnContext(ctx, "the clock is ahead of the last folding by many days: folding follows slowly", "now", now, "last", last)
		at = last.Add(foldPace)
	default:
		at = now
	}
	return at, true, queries.MoveFoldingTime(ctx, db.MoveFoldingTimeParams{FromTime: kept, ToTime: clock.Millis(at)})
}

// mendTimes corrects times that were stored while the clock ran ahead: otherwise these rows would wait until then.
func (r *Room) mendTimes(ctx context.Context) error {
	queries, now := db.New(r.db), r.now()
	latest := now + farAhead.Milliseconds()
	var mended int64
	for _, mend := range []func() (int64, error){
		func() (int64, error) {
			return queries.MendBatchTimes(ctx, db.MendBatchTimesParams{Now: now, Latest: latest})
		},
		func() (int64, error) {
			return queries.MendReturnTimes(ctx, db.MendReturnTimesParams{Now: now, Latest: latest})
		},
		func() (int64, error) {
			return queries.MendNoteTimes(ctx, db.MendNoteTimesParams{Now: now, Latest: latest})
		},
	} {
		n, err := mend()
		if err != nil {
			return fmt.Errorf("times that lie ahead: %w", err)
		}
		mended += n
	}
	if mended > 0 {
		r.log.WarnContext(ctx, "times in the ledger lay in the future: the clock had run ahead", "rows", mended)
	}
	return nil
}
