package delivery

import (
	"context"
	"fmt"
	"time"

	"unoxuno/internal/storage"
)

// A lease holds for ten seconds and is renewed every three: two renewals may fail before another worker takes over.
// Leases are measured by the database's clock, which all nodes share.
const (
	leaseTime  = 10 * time.Second
	leaseRenew = 3 * time.Second
	leaseSlack = 2 * time.Second // before its end a lease is not relied upon: a message needs a moment to go
)

// lease is a chunk that one worker holds. fence tells it from every earlier and later holder.
type lease struct {
	batch, number, fence int64
}

// claim takes one chunk that is due and that nobody holds, of the batch only, or of any when only is 0. Low numbers go
// first, so that a small batch does not wait behind the whole of a big one.
func (r *Room) claim(ctx context.Context, only int64) (l lease, found bool, err error) {
	err = r.db.Tx(ctx, func(tx *storage.Tx) error {
		engine := tx.Engine()
		query := "SELECT batch, number, fence FROM delivery_chunk WHERE due > 0 AND due <= $1 AND lease_until <= " + engine.Now() +
			" AND (CAST($2 AS bigint) = 0 OR batch = $2) ORDER BY number, due, batch LIMIT 1" + engine.SkipLocked()
		err := tx.QueryRowContext(ctx, query, r.now(), only).Scan(&l.batch, &l.number, &l.fence)
		if storage.None(err) {
			return nil
		}
		if err != nil {
			return err
		}
		l.fence++
		found = true
		_, err = tx.ExecContext(ctx, "UPDATE delivery_chunk SET fence = $3, lease_until = $4 + "+engine.Now()+
			" WHERE batch = $1 AND number = $2", l.batch, l.number, l.fence, leaseTime.Milliseconds())
		return err
	})
	if err != nil {
		return lease{}, false, fmt.Errorf("claim: %w", err)
	}
	return l, found, nil
}

// renew prolongs the lease, and tells whether it was still ours. Within a transaction it keeps it ours to the end.
func (l lease) renew(ctx context.Context, q storage.Queryer, engine storage.Engine) (bool, error) {
	result, err := q.ExecContext(ctx, "UPDATE delivery_chunk SET lease_until = $4 + "+engine.Now()+
		" WHERE batch = $1 AND number = $2 AND fence = $3", l.batch, l.number, l.fence, leaseTime.Milliseconds())
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}
