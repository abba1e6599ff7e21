package delivery

import (
	"context"
	"errors"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/storage"
)

// Recent counts, for each of persons (a few hundred) who has any, the mails of some origins that were sent to her since a
// time, or that a batch older than the given one still owes her. Of two batches that reach her at one moment the younger
// thus sees the older, whichever goes first. What a brake holds is not counted. Only batches that were under way since
// then are looked at.
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
