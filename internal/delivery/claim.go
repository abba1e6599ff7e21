package delivery

import (
	"context"
	"fmt"
	"time"

	"unoxuno/internal/storage"
)

// A lease lasts ten seconds and is renewed every three: two renewals may fail before another worker takes over. Leases
// use the database's clock, which all nodes share.
const (
	leaseTime  = 10 * time.Second
	leaseRenew = 3 * time.Second
	leaseSlack = 2 * time.Second // a lease is not relied on in its last seconds, because sending takes a moment
)

// lease is a chunk that one worker holds. fence differs for every holder.
type lease struct {
	batch, number, fence int64
	after, through       int64  // range of persons
	channel, account     string // of the batch
}

// claim leases one chunk that is due and free, of the batch only, or of any batch if only is 0. Low numbers come first,
// so that a small batch does not wait behind a big one. Stopped batches are skipped.
func (r *Room) claim(ctx context.Context, tx *storage.Tx, only int64) (l lease, found bool, err error) {
	engine := tx.Engine()
	err = tx.QueryRowContext(ctx, toClaim(engine), r.now(), only).Scan(&l.batch, &l.number, &l.fence, &l.after, &l.through, &l.channel, &l.account)
	if storage.None(err) {
		return lease{}, false, nil
	}
	if err != nil {
		return lease{}, false, fmt.Errorf("claim: %w", err)
	}
	l.fence++
	_, err = tx.ExecContext(ctx, "UPDATE delivery_chunk SET fence = $3, lease_until = $4 + "+engine.Now()+
		" WHERE batch = $1 AND number = $2", l.batch, l.number, l.fence, leaseTime.Milliseconds())
	if err != nil {
		return lease{}, false, fmt.Errorf("claim: %w", err)
	}
	return l, true, nil
}

// renew extends the lease and tells whether it was still ours. In a transaction it keeps the lease until the end.
func (l lease) renew(ctx context.Context, q storage.Queryer, engine storage.Engine) (bool, error) {
	result, err := q.ExecContext(ctx, "UPDATE delivery_chunk SET lease_until = $4 + "+engine.Now()+
		" WHERE batch = $1 AND number = $2 AND fence = $3", l.batch, l.number, l.fence, leaseTime.Milliseconds())
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// toClaim selects the next chunk to claim: $1 is now, $2 the only batch, or 0.
func toClaim(engine storage.Engine) string {
	return "SELECT batch, number, fence, person_after, person_through," +
		" (SELECT b.channel FROM delivery_batch b WHERE b.id = delivery_chunk.batch)," +
		" (SELECT b.account FROM delivery_batch b WHERE b.id = delivery_chunk.batch) FROM delivery_chunk WHERE due > 0 AND due <= $1" +
		" AND " + engine.LeaseEnded("lease_until", leaseTime) + " AND (CAST($2 AS bigint) = 0 OR batch = $2)" +
		" AND batch NOT IN (SELECT b.id FROM delivery_brake k JOIN delivery_batch b ON b.account = k.account" +
		" WHERE k.lifted_at = 0 AND b.finished = 0)" +
		" AND batch NOT IN (SELECT b.id FROM delivery_held h JOIN delivery_batch b ON b.created <= h.at WHERE b.finished = 0)" +
		" ORDER BY number, due, batch LIMIT 1" + engine.SkipLocked()
}
