package delivery

import (
	"context"
	"time"

	"unoxuno/internal/delivery/db"
	"unoxuno/internal/storage"
)

// furthest is longer than any deferral: a retry waits at most three days, a window at most a week.
const furthest = 8 * 24 * time.Hour

// dueInTime makes due at once whatever is deferred for longer than furthest. It was written while the clock ran ahead,
// and otherwise nobody would try it until the clock is there again.
func (r *Room) dueInTime(ctx context.Context) error {
	now := r.clock.Now()
	var chunks, notes int64
	err := r.db.Tx(ctx, func(tx *storage.Tx) (err error) {
		queries, latest := db.New(tx), now.Add(furthest).UnixMilli()
		if err = queries.MessagesInTime(ctx, db.MessagesInTimeParams{Now: now.UnixMilli(), Latest: latest}); err != nil {
			return err
		}
		if chunks, err = queries.ChunksInTime(ctx, db.ChunksInTimeParams{Now: now.UnixMilli(), Latest: latest}); err != nil {
			return err
		}
		notes, err = queries.NotesInTime(ctx, db.NotesInTimeParams{Now: now.UnixMilli(), Latest: latest})
		return err
	})
	if err == nil && chunks+notes > 0 {
		r.log.WarnContext(ctx, "a clock ran ahead: what it put off is tried now; compare the clocks of all nodes", "chunks", chunks, "notes", notes)
		r.Wake()
	}
	return err
}
