package delivery

import (
	"context"

	"unoxuno/internal/delivery/db"
	"unoxuno/internal/storage"
)

// Join adds to a batch those whom persons selects (a SELECT of one column, person_id), in the caller's transaction, and
// tells how many that is: who is in the batch already is left alone, and nobody joins one that was cancelled or is folded.
// After the commit, call Wake.
func (r *Room) Join(ctx context.Context, tx *storage.Tx, batch int64, persons *storage.Builder) (int64, error) {
	queries := db.New(tx)
	if err := queries.HoldBatch(ctx, batch); err != nil {
		return 0, err
	}
	row, err := queries.GetBatch(ctx, batch)
	if err != nil || row.Cancelled > 0 || row.Folded > 0 {
		return 0, err
	}
	row.Filled = 0 // they may stand anywhere in it
	return r.addMessages(ctx, tx, &row, Stretch{Persons: persons, Through: Everybody})
}
