package delivery

import (
	"context"

	"unoxuno/internal/delivery/db"
	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
)

// Retried is how many messages are tried again.
type Retried struct {
	Later   int64 // that would have been tried later
	Refused int64 // that had been given up
}

// Retry makes due at once what was put off, and owes again what was refused for a reason that may have passed: a full
// mailbox, a blocklist, days of trying in vain. What was sent, suppressed, withdrawn or refused because there is no such
// address is left alone. It works in the caller's transaction; after the commit, call Wake. It fails with the fault
// delivery.retry.cancelled for a batch that was cancelled.
func (r *Room) Retry(ctx context.Context, tx *storage.Tx, batch int64) (Retried, error) {
	queries, now := db.New(tx), r.now()
	if err := queries.HoldBatch(ctx, batch); err != nil {
		return Retried{}, err
	}
	row, err := queries.GetBatch(ctx, batch)
	if err != nil {
		return Retried{}, err
	}
	if row.Cancelled > 0 {
		return Retried{}, fault.Conflict("delivery.retry.cancelled")
	}
	var again Retried
	if again.Later, err = queries.LaterNow(ctx, db.LaterNowParams{Batch: batch, Now: now}); err != nil {
		return Retried{}, err
	}
	if again.Refused, err = queries.OweRefused(ctx, db.OweRefusedParams{Batch: batch, Now: now}); err != nil {
		return Retried{}, err
	}
	if again == (Retried{}) {
		return again, nil
	}
	if err := queries.OweChunks(ctx, db.OweChunksParams{Batch: batch, Now: now}); err != nil {
		return Retried{}, err
	}
	if _, err := queries.ReopenFinished(ctx, batch); err != nil {
		return Retried{}, err
	}
	r.routes.all.Retry()
	return again, nil
}
