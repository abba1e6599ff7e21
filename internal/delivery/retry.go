package delivery

import (
	"context"

	"unoxuno/internal/delivery/db"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
)

// Retried is how many messages are tried again.
type Retried struct {
	Later   int64 // deferred before
	Refused int64 // given up before
}

// Retry makes deferred messages due at once, and queues refused messages again if the reason may have passed: a full
// mailbox, a blocklist, days of failed tries. It skips messages that were sent, suppressed, withdrawn, or refused
// because the address does not exist, and persons whom among does not select: a SELECT of one column, person_id, or nil
// for all. It works in the caller's transaction; call Wake after the commit. Faults: delivery.retry.cancelled for a
// cancelled batch, delivery.retry.folded for a folded one.
func (r *Room) Retry(ctx context.Context, tx *storage.Tx, batch int64, among *storage.Builder) (Retried, error) {
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
	if row.Folded > 0 {
		return Retried{}, fault.Conflict("delivery.retry.folded")
	}
	var again Retried
	if again.Later, err = laterNow(ctx, tx, batch, among, now); err != nil {
		return Retried{}, err
	}
	if again.Refused, err = oweRefused(ctx, tx, batch, among, now); err != nil {
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

// Retryable returns what Retry would do now.
func (r *Room) Retryable(ctx context.Context, q storage.Queryer, batch int64, among *storage.Builder) (again Retried, err error) {
	var query storage.Builder
	query.Add("SELECT state, count(*) FROM delivery_message WHERE batch = ? AND EXISTS ("+
		"SELECT 1 FROM delivery_batch b WHERE b.id = ? AND b.folded = 0) AND (", batch, batch)
	putOff(&query, r.now())
	query.Add(" OR ")
	givenUp(&query)
	query.Add(")")
	only(&query, among)
	query.Add(" GROUP BY state")
	rows, err := q.QueryContext(ctx, query.SQL(), query.Args()...)
	if err != nil {
		return Retried{}, err
	}
	defer func() { _ = rows.Close() }() // rows.Err reports any failure
	for rows.Next() {
		var state State
		var n int64
		if err := rows.Scan(&state, &n); err != nil {
			return Retried{}, err
		}
		if state == Later {
			again.Later = n
		} else {
			again.Refused = n
		}
	}
	return again, rows.Err()
}

// putOff writes the condition that a message is deferred.
func putOff(query *storage.Builder, now int64) { query.Add("state = 'later' AND next_at > ?", now) }

// givenUp writes the condition that a message was refused for a reason that may have passed.
func givenUp(query *storage.Builder) {
	query.Add("state = 'refused' AND reason")
	storage.In(query, []string{
		string(email.Expired), string(email.Blocked), string(email.MailboxFull), string(email.Temporary), string(email.ConnectionLost),
		string(email.RelayUnreachable), string(sms.PhoneOff), string(sms.SenderRefused), string(sms.GatewayUnreachable),
	})
}

// only adds the condition that among selects the person, unless it is nil.
func only(query, among *storage.Builder) {
	if among != nil {
		query.Add(" AND person IN (").Append(among).Add(")")
	}
}

// laterNow makes deferred messages due.
func laterNow(ctx context.Context, tx *storage.Tx, batch int64, among *storage.Builder, now int64) (int64, error) {
	var query storage.Builder
	query.Add("UPDATE delivery_message SET next_at = ? WHERE batch = ? AND ", now, batch)
	putOff(&query, now)
	only(&query, among)
	return changed(ctx, tx, &query)
}

// oweRefused queues given-up messages again, with the first wait.
func oweRefused(ctx context.Context, tx *storage.Tx, batch int64, among *storage.Builder, now int64) (int64, error) {
	var query storage.Builder
	query.Add("UPDATE delivery_message SET state = 'later', attempts = 1, next_at = ?, changed = ? WHERE batch = ? AND ", now, now, batch)
	givenUp(&query)
	only(&query, among)
	return changed(ctx, tx, &query)
}

// changed runs a statement and returns how many rows it changed.
func changed(ctx context.Context, tx *storage.Tx, query *storage.Builder) (int64, error) {
	result, err := tx.ExecContext(ctx, query.SQL(), query.Args()...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
