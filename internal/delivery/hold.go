package delivery

import (
	"context"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/db"
	"unoxuno/internal/storage"
)

// Owed is what a hold keeps back, and what may therefore be sent twice when it is released.
type Owed struct {
	Batches, Messages int64 // unfinished batches, and their queued messages
	Notes             int64 // single mails and text messages: confirmations, codes, answers
}

// Hold keeps back what was due, or created, until now. The database may be an older copy, and all of it may have been
// sent already. What is created later is sent as usual. Release ends the hold.
func (r *Room) Hold(ctx context.Context, tx *storage.Tx) (w Owed, err error) {
	queries := db.New(tx)
	if err := queries.AddHold(ctx, db.AddHoldParams{ID: storage.NewID(), At: r.now()}); err != nil {
		return w, err
	}
	return r.Owed(ctx, tx)
}

// Owed counts what is queued now.
func (r *Room) Owed(ctx context.Context, q storage.Queryer) (w Owed, err error) {
	queries := db.New(q)
	if w.Batches, err = queries.CountHeldBatches(ctx); err != nil {
		return w, err
	}
	if w.Messages, err = queries.CountHeldMessages(ctx); err != nil {
		return w, err
	}
	w.Notes, err = queries.CountHeldNotes(ctx)
	return w, err
}

// Held returns until when due messages are held; the zero time if there is no hold.
func (r *Room) Held(ctx context.Context, q storage.Queryer) (time.Time, error) {
	at, err := db.New(q).HeldUntil(ctx)
	if err != nil || at == 0 {
		return time.Time{}, err
	}
	return clock.Time(at), nil
}

// Release ends the hold, in the caller's transaction, and tells whether there was one. Call Wake after the commit.
func (r *Room) Release(ctx context.Context, tx *storage.Tx) (bool, error) {
	n, err := db.New(tx).ReleaseHolds(ctx, db.ReleaseHoldsParams{ReleasedAt: r.now(), ReleasedBy: access.From(ctx).Name})
	return n > 0, err
}

// Beat raises the database's beat by one, to more than above, and returns it.
func (r *Room) Beat(ctx context.Context, above int64) (beat int64, err error) {
	err = r.db.Tx(ctx, func(tx *storage.Tx) error {
		if err := db.New(tx).RaiseBeat(ctx, above+1); err != nil {
			return err
		}
		beat, err = db.New(tx).GetBeat(ctx)
		return err
	})
	return beat, err
}

// LastBeat returns the database's beat.
func (r *Room) LastBeat(ctx context.Context) (int64, error) { return db.New(r.db).GetBeat(ctx) }
