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
	return r.RetryAmong(ctx, tx, batch, nil)
}

// RetryAmong is Retry for those of the batch whom among selects: a SELECT of one column, person_id; nil is everybody.
func (r *Room) RetryAmong(ctx context.Context, tx *storage.Tx, batch int64, among *storage.Builder) (Retried, error) {
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
	var later, refused storage.Builder
	later.Add("UPDATE delivery_message SET next_at = ? WHERE batch = ? AND state = 'later' AND next_at > ?", now, batch, now)
	if again.Later, err = changed(ctx, tx, &later, among); err != nil {
		return Retried{}, err
	}
	refused.Add(`UPDATE delivery_message SET state = 'later', attempts = 1, next_at = ?, changed = ?
		WHERE batch = ? AND state = 'refused' AND `+mayPass, now, now, batch) // from the first wait on
	if again.Refused, err = changed(ctx, tx, &refused, among); err != nil {
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

// mayPass is the SQL condition that what a message was refused for may have passed.
const mayPass = `reason IN ('expired', 'blocked', 'mailbox_full', 'temporary', 'connection_lost', 'relay_unreachable', 'phone_off',
	'sender_refused', 'gateway_unreachable')`

// changed executes an update of messages, of those only whom among selects, unless it is nil.
func changed(ctx context.Context, tx *storage.Tx, update, among *storage.Builder) (int64, error) {
	if among != nil {
		update.Add(" AND person IN (").Append(among).Add(")")
	}
	result, err := tx.ExecContext(ctx, update.SQL(), update.Args()...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
