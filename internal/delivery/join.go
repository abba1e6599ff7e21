package delivery

import (
	"context"
	"fmt"
	"slices"

	"unoxuno/internal/delivery/db"
	"unoxuno/internal/storage"
)

// Join adds persons to a batch, in the caller's transaction, and returns how many were added. People who are in the
// batch already are skipped, unless their message there is Kept: then it is queued again. Nobody can join a cancelled
// or folded batch. Call Wake after the commit.
func (r *Room) Join(ctx context.Context, tx *storage.Tx, batch int64, persons []int64) (joined int64, err error) {
	queries := db.New(tx)
	if err := queries.HoldBatch(ctx, batch); err != nil {
		return 0, err
	}
	row, err := queries.GetBatch(ctx, batch)
	if err != nil || row.Cancelled > 0 || row.Folded > 0 || len(persons) == 0 {
		return 0, err
	}
	var again storage.Builder
	again.Add("UPDATE delivery_message SET state = 'waiting', reason = '', code = 0, attempts = 0, next_at = ?, changed = ?", row.At, r.now())
	again.Add(" WHERE batch = ? AND state = 'kept' AND person", batch)
	storage.In(&again, persons)
	owed, err := changed(ctx, tx, &again)
	if err != nil {
		return 0, fmt.Errorf("owe again: %w", err)
	}
	row.Filled = Everybody // their places are looked up one by one, below
	for some := range slices.Chunk(slices.Compact(slices.Sorted(slices.Values(persons))), listable) {
		last, err := queries.LastChunk(ctx, batch)
		if err != nil {
			return 0, fmt.Errorf("last chunk: %w", err)
		}
		added, err := r.addMessages(ctx, tx, &row, Stretch{Persons: listed(some), Through: Everybody}, last, false)
		if err != nil {
			return 0, err
		}
		joined += added
	}
	for _, person := range persons {
		if err := queries.WakeChunkOf(ctx, db.WakeChunkOfParams{Batch: batch, Person: person, Due: row.At}); err != nil {
			return 0, fmt.Errorf("wake chunk: %w", err)
		}
	}
	if owed > 0 {
		_, err = queries.ReopenFinished(ctx, batch)
	}
	return joined + owed, err
}

// listable is how many persons one statement lists: SQLite joins at most five hundred SELECTs.
const listable = 200

// listed returns a SELECT of persons.
func listed(persons []int64) *storage.Builder {
	b := &storage.Builder{}
	for n, person := range persons {
		if n > 0 {
			b.Add(" UNION ALL ")
		}
		b.Add("SELECT CAST(? AS bigint) AS person_id", person)
	}
	return b
}

// Part withdraws persons' unsent messages from batch from by marking them Kept, because they now get them through batch
// to or in another way. It returns the persons it moved. The caller's transaction queues their messages there;
// concurrent callers get none of these persons. Part skips persons whose message in to has ended unsent, and everybody
// if to was cancelled or folded.
func (r *Room) Part(ctx context.Context, tx *storage.Tx, from, to int64, persons []int64) (parted []int64, err error) {
	queries := db.New(tx)
	for _, batch := range []int64{min(from, to), max(from, to)} { // in the order of their creation, as everywhere
		if err := queries.HoldBatch(ctx, batch); err != nil {
			return nil, err
		}
	}
	row, err := queries.GetBatch(ctx, to)
	if err != nil || row.Cancelled > 0 || row.Folded > 0 || len(persons) == 0 {
		return nil, err
	}
	var query storage.Builder
	query.Add("UPDATE delivery_message SET state = 'kept', reason = '', code = 0, changed = ? WHERE batch = ?", r.now(), from)
	query.Add(" AND state IN ('waiting', 'later') AND person")
	storage.In(&query, persons)
	query.Add(` AND NOT EXISTS (SELECT 1 FROM delivery_message o WHERE o.batch = ? AND o.person = delivery_message.person
		AND o.state IN ('refused', 'suppressed', 'withdrawn', 'cancelled')) RETURNING person`, to)
	rows, err := tx.QueryContext(ctx, query.SQL(), query.Args()...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err reports any failure
	for rows.Next() {
		var person int64
		if err := rows.Scan(&person); err != nil {
			return nil, err
		}
		parted = append(parted, person)
	}
	return parted, rows.Err()
}
