package delivery

import (
	"context"
	"fmt"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/db"
	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
)

// Email is the channel of e-mail, the only one so far.
const Email = "email"

// NewBatch is a sending that is asked for.
type NewBatch struct {
	Origin  string    // the name under which its Origin was plugged
	Ref     int64     // what the origin is to say
	Channel string    // Email
	At      time.Time // when it may begin; zero is at once
}

// Batch is a sending.
type Batch struct {
	ID        int64
	Origin    string
	Ref       int64
	Channel   string
	Created   time.Time
	At        time.Time // when it may begin
	Cancelled time.Time // zero unless it was cancelled
	Finished  time.Time // zero while something is owed
	Added     int64     // messages that this call of Enqueue added
	Messages  int64     // messages in all
}

// Enqueue puts everybody that recipients selects into the ledger, in the caller's transaction. recipients is a SELECT
// of one column, person_id. There is one batch for each origin, ref and channel: doing it again adds only those who
// were missing. After the commit, call Wake.
func (r *Room) Enqueue(ctx context.Context, tx *storage.Tx, n NewBatch, recipients *storage.Builder) (Batch, error) {
	if n.Channel != Email {
		return Batch{}, fault.Invalid("delivery.channel", "Channel", n.Channel)
	}
	queries, now := db.New(tx), r.now()
	at := now
	if !n.At.IsZero() {
		at = clock.Millis(n.At)
	}
	if err := queries.PutBatch(ctx, db.PutBatchParams{
		ID: storage.NewID(), Origin: n.Origin, Ref: n.Ref, Channel: n.Channel, Created: now, At: at,
	}); err != nil {
		return Batch{}, fmt.Errorf("put batch: %w", err)
	}
	row, err := queries.FindBatch(ctx, db.FindBatchParams{Origin: n.Origin, Ref: n.Ref, Channel: n.Channel})
	if err != nil {
		return Batch{}, fmt.Errorf("find batch: %w", err)
	}
	added, err := r.addMessages(ctx, tx, row.ID, at, recipients)
	if err != nil {
		return Batch{}, err
	}
	if added > 0 {
		if err := queries.ReopenBatch(ctx, row.ID); err != nil {
			return Batch{}, fmt.Errorf("reopen batch: %w", err)
		}
		row.Finished, row.Cancelled = 0, 0
	}
	b := batchOf(row)
	b.Added = added
	if b.Messages, err = queries.CountMessages(ctx, row.ID); err != nil {
		return Batch{}, fmt.Errorf("count messages: %w", err)
	}
	return b, nil
}

// analyzeFrom is how many rows make the planner's picture of the ledger old.
const analyzeFrom = 1000

// addMessages adds those who are not in the batch yet, in one statement, and cuts them into new chunks by person: what
// lies together in the ledger is sent together.
func (r *Room) addMessages(ctx context.Context, tx *storage.Tx, batch, at int64, recipients *storage.Builder) (int64, error) {
	queries := db.New(tx)
	first, err := queries.NextChunk(ctx, batch)
	if err != nil {
		return 0, fmt.Errorf("next chunk: %w", err)
	}
	args := recipients.Args()
	n := len(args)
	text := fmt.Sprintf(`WITH wanted AS (%s)
INSERT INTO delivery_message (batch, person, chunk, state, reason, code, attempts, next_at, changed)
SELECT CAST($%d AS bigint), w.person_id, CAST($%d AS bigint) + (row_number() OVER (ORDER BY w.person_id) - 1) / CAST($%d AS bigint),
       'waiting', '', 0, 0, CAST($%d AS bigint), CAST($%d AS bigint)
FROM (SELECT DISTINCT person_id FROM wanted) w
WHERE NOT EXISTS (SELECT 1 FROM delivery_message m WHERE m.batch = $%d AND m.person = w.person_id)`,
		recipients.SQL(), n+1, n+2, n+3, n+4, n+5, n+1)
	args = append(args[:n:n], batch, first, r.settings.ChunkSize, at, r.now())
	result, err := tx.ExecContext(ctx, text, args...)
	if err != nil {
		return 0, fmt.Errorf("enqueue: %w", err)
	}
	added, err := result.RowsAffected()
	if err != nil || added == 0 {
		return 0, err
	}
	if err := queries.AddChunks(ctx, db.AddChunksParams{Batch: batch, Chunk: first}); err != nil {
		return 0, fmt.Errorf("add chunks: %w", err)
	}
	if added >= analyzeFrom {
		err = tx.Analyze(ctx, "delivery_message", "delivery_chunk")
	}
	return added, err
}

func batchOf(row db.DeliveryBatch) Batch {
	return Batch{
		ID: row.ID, Origin: row.Origin, Ref: row.Ref, Channel: row.Channel, Created: clock.Time(row.Created),
		At: clock.Time(row.At), Cancelled: clock.Time(row.Cancelled), Finished: clock.Time(row.Finished),
	}
}

// Find is the batch of that origin, ref and channel, and whether there is one.
func (r *Room) Find(ctx context.Context, q storage.Queryer, origin string, ref int64, channel string) (Batch, bool, error) {
	queries := db.New(q)
	row, err := queries.FindBatch(ctx, db.FindBatchParams{Origin: origin, Ref: ref, Channel: channel})
	if storage.None(err) {
		return Batch{}, false, nil
	}
	if err != nil {
		return Batch{}, false, err
	}
	b := batchOf(row)
	b.Messages, err = queries.CountMessages(ctx, row.ID)
	return b, err == nil, err
}

// RetryNow makes due at once what was put off, in the caller's transaction: for an operator who sends again by hand.
func (r *Room) RetryNow(ctx context.Context, tx *storage.Tx, batch int64) error {
	queries, now := db.New(tx), r.now()
	if err := queries.RetryMessagesNow(ctx, db.RetryMessagesNowParams{Batch: batch, NextAt: now}); err != nil {
		return err
	}
	if err := queries.RetryChunksNow(ctx, db.RetryChunksNowParams{Batch: batch, Due: now}); err != nil {
		return err
	}
	r.pool.Retry()
	return nil
}

// Cancel takes back what was not sent yet, in the caller's transaction, and tells how many messages that is. The few
// that a worker has in hand may still go; they are then on record as sent.
func (r *Room) Cancel(ctx context.Context, tx *storage.Tx, batch int64) (int64, error) {
	queries, now := db.New(tx), r.now()
	n, err := queries.CancelMessages(ctx, db.CancelMessagesParams{Batch: batch, Changed: now})
	if err != nil {
		return 0, err
	}
	if err := queries.CancelBatch(ctx, db.CancelBatchParams{ID: batch, Cancelled: now}); err != nil {
		return 0, err
	}
	return n, queries.CancelChunks(ctx, batch)
}

// finish marks the batch finished when nothing of it is owed, and tells its origin in the same transaction.
func (r *Room) finish(ctx context.Context, batch int64) error {
	return r.db.Tx(ctx, func(tx *storage.Tx) error {
		queries := db.New(tx)
		n, err := queries.FinishBatch(ctx, db.FinishBatchParams{ID: batch, Finished: r.now()})
		if err != nil || n == 0 {
			return err
		}
		row, err := queries.GetBatch(ctx, batch)
		if err != nil {
			return err
		}
		origin, ok := r.origins[row.Origin]
		if !ok {
			return fmt.Errorf("batch %d: no origin %q is plugged in", batch, row.Origin)
		}
		return origin.Finished(ctx, tx, row.Ref)
	})
}

// finishAll finishes the batches whose last worker died, or could not say so.
func (r *Room) finishAll(ctx context.Context) error {
	batches, err := db.New(r.db).BatchesToFinish(ctx)
	if err != nil {
		return err
	}
	for _, b := range batches {
		if err := r.finish(ctx, b); err != nil {
			return err
		}
	}
	return nil
}
