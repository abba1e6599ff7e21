package delivery

import (
	"context"
	"errors"
	"fmt"
	"math"

	"unoxuno/internal/delivery/db"
	"unoxuno/internal/storage"
)

// Everybody is the end of an origin's last page: no person has a greater number.
const Everybody = math.MaxInt64

// Stretch is a page of a batch's recipients. A large batch is added to the ledger in many short transactions, so that
// the first message leaves before the last is written, and others need not wait long for the database.
type Stretch struct {
	Persons *storage.Builder // a SELECT of one column, person_id, that returns each person once
	Through int64            // the page's last person; Everybody for the last page
	Aside   int64            // people whom the origin defers: they get it another way and are not in Persons
}

// fillStep adds the next page of the batch to the ledger. It returns the number of messages added and of people
// deferred. The caller's transaction holds the batch.
func (r *Room) fillStep(ctx context.Context, tx *storage.Tx, batch *db.DeliveryBatch) (added, aside int64, err error) {
	origin, ok := r.origins[batch.Origin]
	if !ok {
		return 0, 0, fmt.Errorf("batch %d: no origin %q is plugged in", batch.ID, batch.Origin)
	}
	stretch, err := origin.Audience(ctx, tx, Matter{batch.Ref, batch.Channel, batch.ID}, batch.Filled)
	if err != nil {
		return 0, 0, fmt.Errorf("audience: %w", err)
	}
	if stretch.Through <= batch.Filled {
		return 0, 0, fmt.Errorf("batch %d: the audience of %s does not go on from %d", batch.ID, batch.Origin, batch.Filled)
	}
	queries, first := db.New(tx), batch.Filled == 0
	last, err := queries.LastChunk(ctx, batch.ID)
	if err != nil {
		return 0, 0, fmt.Errorf("last chunk: %w", err)
	}
	// Every message is in a chunk. If no chunk ends after the last page, nobody of this page is in the batch yet.
	added, err = r.addMessages(ctx, tx, batch, stretch, last, last.PersonThrough <= batch.Filled)
	if err != nil {
		return 0, 0, err
	}
	if err := queries.Filled(ctx, db.FilledParams{ID: batch.ID, Filled: stretch.Through}); err != nil {
		return 0, 0, fmt.Errorf("note how far it is filled: %w", err)
	}
	batch.Filled = stretch.Through
	if first {
		err = tx.AnalyzeAfter(ctx, added, "delivery_message", "delivery_chunk")
	}
	return added, stretch.Aside, err
}

// addMessages adds the people of the page who are not in the batch yet, in one statement, and makes chunks of them behind
// the last one. allNew says that none of them can be in the batch.
func (r *Room) addMessages(
	ctx context.Context, tx *storage.Tx, batch *db.DeliveryBatch, stretch Stretch, last db.LastChunkRow, allNew bool,
) (int64, error) {
	queries := db.New(tx)
	var query storage.Builder
	query.Add(`INSERT INTO delivery_message (batch, person, state, reason, code, attempts, next_at, changed)
		SELECT CAST(? AS bigint), w.person_id, 'waiting', '', 0, 0, CAST(? AS bigint), CAST(? AS bigint)
		FROM (`, batch.ID, batch.At, r.now())
	query.Append(stretch.Persons)
	query.Add(") w")
	if !allNew {
		query.Add(" WHERE NOT EXISTS (SELECT 1 FROM delivery_message m WHERE m.batch = ? AND m.person = w.person_id)", batch.ID)
	}
	query.Add(" ORDER BY w.person_id")
	result, err := tx.ExecContext(ctx, query.SQL(), query.Args()...)
	if err != nil {
		return 0, fmt.Errorf("enqueue: %w", err)
	}
	added, err := result.RowsAffected()
	if err != nil || added == 0 {
		return 0, err
	}
	if err := r.addChunks(ctx, queries, batch, last); err != nil {
		return 0, fmt.Errorf("add chunks: %w", err)
	}
	if last.PersonThrough > batch.Filled { // some may belong to existing chunks
		if err := queries.ReopenChunks(ctx, db.ReopenChunksParams{
			Batch: batch.ID, LastNumber: last.Number, PersonAfter: batch.Filled, PersonThrough: stretch.Through, Due: batch.At,
		}); err != nil {
			return 0, fmt.Errorf("reopen chunks: %w", err)
		}
	}
	if batch.Finished > 0 || batch.Cancelled > 0 {
		batch.Finished, batch.Cancelled = 0, 0
		if err := queries.ReopenBatch(ctx, batch.ID); err != nil {
			return 0, fmt.Errorf("reopen batch: %w", err)
		}
	}
	return added, nil
}

// addChunks divides the messages after the last chunk into new chunks. Each begins where the previous one ends.
func (r *Room) addChunks(ctx context.Context, queries *db.Queries, batch *db.DeliveryBatch, last db.LastChunkRow) error {
	for after, number := last.PersonThrough, last.Number+1; ; number++ {
		through, err := queries.ChunkEnd(ctx, db.ChunkEndParams{Batch: batch.ID, PersonAfter: after, Size: int32(r.settings.ChunkSize)})
		if err != nil || through == 0 {
			return err
		}
		if err := queries.AddChunk(ctx, db.AddChunkParams{
			Batch: batch.ID, Number: number, PersonAfter: after, PersonThrough: through, Due: batch.At,
		}); err != nil {
			return err
		}
		after = through
	}
}

// fill continues to fill batches, only that batch, or all if only is 0, until ctx ends or the ledger has everybody.
// Nodes share the work step by step.
func (w *worker) fill(ctx context.Context) error {
	var failed []error
	for passed := int64(0); ctx.Err() == nil && !w.isDead(); {
		batch, more, err := w.fillNext(passed)
		if err != nil && batch == 0 {
			return errors.Join(append(failed, err)...)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("fill batch %d: %w", batch, err))
			passed = batch // the others are filled all the same
			continue
		}
		if !more {
			break
		}
		for range runners {
			select {
			case w.stepped <- struct{}{}:
			default: // already notified
			}
		}
	}
	return errors.Join(failed...)
}

// fillNext makes one step for a batch after passed, and tells whether there was one.
func (w *worker) fillNext(passed int64) (batch int64, found bool, err error) {
	err = w.db.Tx(w.life, func(tx *storage.Tx) error {
		if err := w.persons.HoldCrowd(w.life, tx); err != nil {
			return err
		}
		err := tx.QueryRowContext(w.life, toFill(tx.Engine()), int64(Everybody), passed, w.only).Scan(&batch)
		if storage.None(err) {
			batch, found = 0, false
			return nil
		}
		if err != nil {
			return err
		}
		row, err := db.New(tx).GetBatch(w.life, batch)
		if err != nil {
			return err
		}
		found = true
		if _, _, err = w.fillStep(w.life, tx, &row); err != nil || row.Filled < Everybody {
			return err
		}
		return w.finishIn(w.life, tx, batch) // if nothing is queued by now
	})
	return batch, found, err
}

// toFill selects the next batch to fill: $1 is Everybody, $2 the previous batch, $3 the only batch, or 0.
func toFill(engine storage.Engine) string {
	return "SELECT id FROM delivery_batch WHERE finished = 0 AND cancelled = 0 AND filled < $1 AND id > $2" +
		" AND (CAST($3 AS bigint) = 0 OR id = $3)" +
		" AND NOT EXISTS (SELECT 1 FROM delivery_brake k WHERE k.account = delivery_batch.account AND k.lifted_at = 0)" +
		" ORDER BY id LIMIT 1" + engine.SkipLocked()
}
