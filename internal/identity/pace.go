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

// pace is how often something may be tried: burst times at once, and then once every so long. It is counted in the
// database, for all nodes together, and before what is tried is looked at: tries at the same instant count like others.
type pace struct {
	of    string // what is limited
	burst int
	every time.Duration
}

// The paces of sign-in. A try is counted for its network and for the account there. The strangers' pace is shared by all
// networks from which the account has not signed in of late: guessing from many at once is slow, and locks nobody out
// who is where she was before.
func networkPace() pace  { return pace{"network", 30, 10 * time.Second} }
func pairPace() pace     { return pace{"pair", 5, 3 * time.Minute} }
func strangerPace() pace { return pace{"stranger", 20, 3 * time.Minute} }

// The paces of codes by text message: for who asks, and for the number that gets them.
func codePace() pace   { return pace{"code", 3, time.Hour} }
func numberPace() pace { return pace{"number", 3, 8 * time.Hour} }

// due is one thing that is counted.
type due struct {
	pace
	key string
}

// due is the pace of whom parts name; only a digest of them is kept.
func (r *Room) due(p pace, parts ...string) due {
	text := ""
	for _, part := range parts {
		text += part + "\x00"
	}
	return due{p, p.of + "/" + hex.EncodeToString(r.sealer.Digest("pace of tries", text)[:16])}
}

// charge counts a try in all dues, or in none: then the fault identity.too_many_failures says that one is exhausted. The
// order of dues must be the same for all callers, for each is a row that is locked.
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

// forgive takes a try back that was no failure, in the caller's transaction.
func forgive(ctx context.Context, q *db.Queries, dues ...due) error {
	for _, d := range dues {
		if err := q.Forgive(ctx, db.ForgiveParams{Key: d.key, PaidAt: d.every.Milliseconds()}); err != nil {
			return err
		}
	}
	return nil
}
