package delivery

import (
	"context"
	"fmt"
	"slices"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/db"
	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
)

// NewBatch describes a batch to create.
type NewBatch struct {
	Origin  string    // the name under which the Origin was plugged
	Ref     int64     // what to send; the origin knows it
	Channel string    // Email or SMS
	At      time.Time // when it may begin; zero means at once
	Account string    // the account that returns count against, such as a newsroom; optional
}

// Batch is the sending of one matter on one channel.
type Batch struct {
	ID        int64
	Origin    string
	Ref       int64
	Channel   string
	Created   time.Time
	At        time.Time // when it may begin
	Cancelled time.Time // zero unless it was cancelled
	Finished  time.Time // zero while messages are queued
	Folded    time.Time // when it was closed for good because only numbers of it are kept, or soon will be; zero before
	Filling   bool      // the ledger does not have all recipients yet; Run adds them
	Added     int64     // messages added by this call of Enqueue
	Aside     int64     // people deferred by the origin in this call of Enqueue
	Messages  int64     // messages so far; final unless Filling
}

// Enqueue creates the batch and adds its recipients to the ledger, in the caller's transaction: all of them if they are
// few, otherwise the first; Run adds the rest. A caller that takes other locks takes the people's crowd before them.
// There is one batch for each origin, ref and channel. Calling it again adds only missing recipients, and none once the
// batch is folded. Call Wake after the commit.
func (r *Room) Enqueue(ctx context.Context, tx *storage.Tx, n NewBatch) (Batch, error) {
	if !slices.Contains(Channels(), n.Channel) {
		return Batch{}, fault.Invalid("delivery.channel", "Channel", n.Channel)
	}
	if err := r.persons.HoldCrowd(ctx, tx); err != nil {
		return Batch{}, err
	}
	queries, now := db.New(tx), r.now()
	at := now
	if !n.At.IsZero() {
		at = clock.Millis(n.At)
	}
	if err := queries.PutBatch(ctx, db.PutBatchParams{
		ID: storage.NewID(), Origin: n.Origin, Ref: n.Ref, Channel: n.Channel, Created: now, At: at, Account: n.Account,
	}); err != nil {
		return Batch{}, fmt.Errorf("put batch: %w", err)
	}
	row, err := queries.FindBatch(ctx, db.FindBatchParams{Origin: n.Origin, Ref: n.Ref, Channel: n.Channel})
	if err != nil {
		return Batch{}, fmt.Errorf("find batch: %w", err)
	}
	row.At = at
	var added, aside int64
	for first := true; row.Folded == 0 && (first || added+aside == 0 && row.Filled < Everybody); first = false {
		if added, aside, err = r.fillStep(ctx, tx, &row); err != nil {
			return Batch{}, err
		}
	}
	b := batchOf(row)
	b.Added, b.Aside = added, aside
	if b.Messages, err = queries.CountMessages(ctx, row.ID); err != nil {
		return Batch{}, fmt.Errorf("count messages: %w", err)
	}
	return b, nil
}

func batchOf(row db.DeliveryBatch) Batch {
	return Batch{
		ID: row.ID, Origin: row.Origin, Ref: row.Ref, Channel: row.Channel, Created: clock.Time(row.Created),
		At: clock.Time(row.At), Cancelled: clock.Time(row.Cancelled), Finished: clock.Time(row.Finished),
		Folded: clock.Time(row.Folded), Filling: row.Filled < Everybody,
	}
}

// Find returns the batch of that origin, ref and channel, and whether there is one.
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

// Unfinished tells whether messages of the origin's ref are queued on any channel, or still being added to the ledger.
func (r *Room) Unfinished(ctx context.Context, q storage.Queryer, origin string, ref int64) (bool, error) {
	return db.New(q).Unfinished(ctx, db.UnfinishedParams{Origin: origin, Ref: ref})
}

// RetryNow makes deferred messages due at once, in the caller's transaction, for an operator who sends again by hand.
func (r *Room) RetryNow(ctx context.Context, tx *storage.Tx, batch int64) error {
	queries, now := db.New(tx), r.now()
	if err := queries.RetryMessagesNow(ctx, db.RetryMessagesNowParams{Batch: batch, NextAt: now}); err != nil {
		return err
	}
	if err := queries.RetryChunksNow(ctx, db.RetryChunksNowParams{Batch: batch, Due: now}); err != nil {
		return err
	}
	r.routes.all.Retry()
	r.way(SMS, "").retry()
	return nil
}

// Cancel cancels the messages that are not sent yet, in the caller's transaction, and returns their number. The few
// that a worker is sending may still go; they are then recorded as sent.
func (r *Room) Cancel(ctx context.Context, tx *storage.Tx, batch int64) (int64, error) {
	queries, now := db.New(tx), r.now()
	// The batch is locked first. That waits for a step of its filling, whose messages are then seen, and prevents
	// further steps.
	if err := queries.CancelBatch(ctx, db.CancelBatchParams{ID: batch, Cancelled: now}); err != nil {
		return 0, err
	}
	n, err := queries.CancelMessages(ctx, db.CancelMessagesParams{Batch: batch, Changed: now})
	if err != nil {
		return 0, err
	}
	return n, queries.CancelChunks(ctx, batch)
}

// finish marks the batch as finished if nothing of it is queued, and tells its origin in the same transaction.
func (r *Room) finish(ctx context.Context, batch int64) error {
	return r.db.Tx(ctx, func(tx *storage.Tx) error { return r.finishIn(ctx, tx, batch) })
}

func (r *Room) finishIn(ctx context.Context, tx *storage.Tx, batch int64) error {
	queries := db.New(tx)
	// This waits for transactions that add messages. The next statement then sees them.
	n, err := queries.HoldFilled(ctx, batch)
	if err != nil || n == 0 {
		return err
	}
	n, err = queries.FinishBatch(ctx, db.FinishBatchParams{ID: batch, Finished: r.now()})
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
}

// finishAll finishes the batches whose last worker died before it could do so.
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
