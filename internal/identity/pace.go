package identity

import (
	"context"
	"encoding/hex"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/identity/db"
	"unoxuno/internal/storage"
)

// pace is a rate limit: burst attempts at once, and then one in each period. It is counted in the database for all
// nodes, before the attempt is checked, so that concurrent attempts count like others.
type pace struct {
	of    string // what is limited
	burst int
	every time.Duration
}

// The limits of sign-in. An attempt counts for its network, and for the account in that network. The strangers' limit
// is shared by all networks that the account has not signed in from lately: guessing from many of them is slow, and
// locks nobody out where she signed in before.
func networkPace() pace  { return pace{"network", 30, 10 * time.Second} }
func pairPace() pace     { return pace{"pair", 5, 3 * time.Minute} }
func strangerPace() pace { return pace{"stranger", 20, 3 * time.Minute} }

// The limits of codes by text message: for the account that asks, and for the number that gets them.
func codePace() pace   { return pace{"code", 3, time.Hour} }
func numberPace() pace { return pace{"number", 3, 8 * time.Hour} }

// due is one counter of a limit.
type due struct {
	pace
	key string
}

// due returns the counter of a limit for parts; only a digest of them is stored.
func (r *Room) due(p pace, parts ...string) due {
	text := ""
	for _, part := range parts {
		text += part + "\x00"
	}
	return due{p, p.of + "/" + hex.EncodeToString(r.sealer.Digest("pace of tries", text)[:16])}
}

// charge counts an attempt in all dues, or in none: then the fault identity.too_many_failures says that one is
// exhausted. All callers must pass dues in the same order, because each is a locked row.
func (r *Room) charge(ctx context.Context, dues ...due) error {
	now := r.clock.Now()
	return r.db.Tx(ctx, func(tx *storage.Tx) error {
		q := db.New(tx)
		for _, d := range dues {
			every := d.every.Milliseconds()
			n, err := q.Owe(ctx, db.OweParams{
				Key: d.key, PaidAt: clock.Millis(now) + every, PaidAt_2: clock.Millis(now), PaidAt_3: every,
				PaidAt_4: clock.Millis(now) + int64(d.burst-1)*every,
			})
			if err != nil {
				return err
			}
			if n == 0 {
				return fault.TooMany("identity.too_many_failures")
			}
		}
		return nil
	})
}

// forgive takes back an attempt that was no failure, in the caller's transaction.
func forgive(ctx context.Context, q *db.Queries, dues ...due) error {
	for _, d := range dues {
		if err := q.Forgive(ctx, db.ForgiveParams{Key: d.key, PaidAt: d.every.Milliseconds()}); err != nil {
			return err
		}
	}
	return nil
}
