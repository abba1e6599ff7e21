package delivery

import (
	"context"
	"errors"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/storage"
)

// Recent counts, for each of persons (a few hundred), the mails of some origins that were sent to her since a time, or
// that an older batch than the given one still has queued for her. So if two batches reach her at the same moment, the
// younger one counts the older one, whichever is sent first. Batches stopped by a brake are not counted. Only batches
// active since then are examined.
func (r *Room) Recent(ctx context.Context, origins []string, since time.Time, batch int64, persons []int64) (counts map[int64]int, err error) {
	from := clock.Millis(since)
	var b storage.Builder
	b.Add(`SELECT m.person, count(*) FROM delivery_batch b CROSS JOIN delivery_message m
		WHERE m.batch = b.id AND b.channel = 'email' AND b.id <> ? AND (b.finished = 0 OR b.finished > ?)
			AND (m.state = 'sent' AND m.changed > ? OR m.state IN ('waiting', 'later') AND b.id < ? AND NOT EXISTS (
				SELECT 1 FROM delivery_brake k WHERE k.account = b.account AND k.lifted_at = 0))
			AND b.origin`, batch, from, from, batch)
	storage.In(&b, origins)
	b.Add(" AND m.person")
	storage.In(&b, persons)
	b.Add(" GROUP BY m.person")
	rows, err := r.db.QueryContext(ctx, b.SQL(), b.Args()...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	counts = map[int64]int{}
	for rows.Next() {
		var person int64
		var n int
		if err := rows.Scan(&person, &n); err != nil {
			return nil, err
		}
		counts[person] = n
	}
	return counts, rows.Err()
}
