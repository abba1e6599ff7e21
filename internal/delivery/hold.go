package delivery

import (
	"context"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/db"
	"unoxuno/internal/storage"
)

// Owed is what a hold keeps back, and what may therefore be sent a second time when it is released.
type Owed struct {
	Batches, Messages int64 // sendings under way, and what is owed of them
	Notes             int64 // single mails and text messages: confirmations, codes, answers
}

// Hold keeps back what was due, or made, until now, because the database may be an older copy and all of it may have
// gone out already. What is made later goes out as ever. Release ends it.
func (r *Room) Hold(ctx context.Context, tx *storage.Tx) (w Owed, err error) {
	queries := db.New(tx)
	if err := queries.AddHold(ctx, db.AddHoldParams{ID: storage.NewID(), At: r.now()}); err != nil {
		return w, err
	}
	return r.Owed(ctx, tx)
}

// Owed counts what is owed now.
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

// Held tells until when what was due is kept back; the zero time when nothing is.
func (r *Room) Held(ctx context.Context, q storage.Queryer) (time.Time, error) {
	at, err := db.New(q).HeldUntil(ctx)
	if err != nil || at == 0 {
		return time.Time{}, err
	}
	return clock.Time(at), nil
}

// Release lets go of what is kept back, in the caller's transaction, and tells whether anything was. After the commit,
// call Wake.
func (r *Room) Release(ctx context.Context, tx *storage.Tx) (bool, error) {
	n, err := db.New(tx).ReleaseHolds(ctx, db.ReleaseHoldsParams{ReleasedAt: r.now(), ReleasedBy: access.From(ctx).Name})
	return n > 0, err
}

// Beat raises the database's beat by one, and above the one given, and returns it.
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

// LastBeat is the database's beat.
func (r *Room) LastBeat(ctx context.Context) (int64, error) { return db.New(r.db).GetBeat(ctx) }
