package identity

import (
	"context"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/identity/db"
	"unoxuno/internal/storage"
)

// LongestSession is how long a browser stays signed in at most.
const LongestSession = 12 * time.Hour

// Sessions keeps the sessions of scs (github.com/alexedwards/scs) in the database, under the digest of their token.
type Sessions struct{ room *Room }

// Sessions returns the store of signed-in browsers.
func (r *Room) Sessions() Sessions { return Sessions{r} }

// FindCtx returns the data of a session that has not expired.
func (s Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	now := clock.Millis(s.room.clock.Now())
	data, err := db.New(s.room.db).Session(ctx, db.SessionParams{TokenHash: digest(token), ExpiresAt: now})
	if storage.None(err) {
		return nil, false, nil
	}
	return data, err == nil, err
}

// CommitCtx stores a session's data until expiry, and deletes expired sessions.
func (s Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	return s.room.db.Tx(ctx, func(tx *storage.Tx) error {
		q := db.New(tx)
		if err := q.DeleteOldSessions(ctx, clock.Millis(s.room.clock.Now())); err != nil {
			return err
		}
		return q.SaveSession(ctx, db.SaveSessionParams{TokenHash: digest(token), Data: data, ExpiresAt: clock.Millis(expiry)})
	})
}

// DeleteCtx ends a session.
func (s Sessions) DeleteCtx(ctx context.Context, token string) error {
	return s.room.db.Tx(ctx, func(tx *storage.Tx) error { return db.New(tx).DeleteSession(ctx, digest(token)) })
}

// Find is FindCtx for a caller without a context.
func (s Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx for a caller without a context.
func (s Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx for a caller without a context.
func (s Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
