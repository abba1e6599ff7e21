package delivery

import (
	"context"
	"time"

	"unoxuno/internal/delivery/db"
	"unoxuno/internal/storage"
)

// furthest is longer than anything is ever put off: a try by three days, a window by a week.
const furthest = 8 * 24 * time.Hour

// dueInTime makes due at once what is put off for longer than anything ever is. A clock that ran ahead wrote that, and
// nobody would try it again until the clock is there.
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
