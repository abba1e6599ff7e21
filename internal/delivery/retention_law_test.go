package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/storage"
)

// ledger writes any possible ledger of a finished batch.
type ledger struct {
	*node

	rt    *rapid.T
	t     *testing.T
	batch int64
}

func (l *ledger) exec(query string, args ...any) {
	l.t.Helper()
	if _, err := l.db.ExecContext(l.t.Context(), query, args...); err != nil {
		l.t.Fatal(err)
	}
}

// write creates a batch that was finished at a time.
func (l *ledger) write(ref int64, finished time.Time) {
	channel := rapid.SampledFrom(delivery.Channels()).Draw(l.rt, "channel")
	l.exec(`INSERT INTO delivery_batch (id, origin, ref, channel, created, at, cancelled, finished, account)
		VALUES ($1, 'test.issue', $2, $3, 1, 1, 0, $4, 'urp')`, l.batch, ref, channel, clock.Millis(finished))
	l.exec("INSERT INTO delivery_chunk (batch, number, person_after, person_through, due, lease_until, fence) VALUES ($1, 0, 0, 100, 0, 0, 3)", l.batch)
	persons := rapid.SliceOfNDistinct(rapid.Int64Range(-20, 40).Filter(func(n int64) bool { return n != 0 }), 0, 30, rapid.ID[int64]).Draw(l.rt, "persons")
	for _, person := range persons {
		state := rapid.SampledFrom([]string{"sent", "sent", "refused", "suppressed", "withdrawn", "cancelled", "kept"}).Draw(l.rt, "state")
		reason := ""
		if state == "refused" {
			reason = rapid.SampledFrom([]string{"mailbox_full", "expired"}).Draw(l.rt, "reason")
		}
		changed := clock.Millis(finished) - rapid.Int64Range(0, 5).Draw(l.rt, "hours")*3_600_000
		l.exec(`INSERT INTO delivery_message (batch, person, state, reason, code, attempts, next_at, changed)
			VALUES ($1, $2, $3, $4, 0, $5, 0, $6)`, l.batch, person, state, reason, rapid.Int64Range(0, 3).Draw(l.rt, "attempts"), changed)
		if state == "sent" {
			l.cameBack(person, channel, changed)
		}
	}
}

func (l *ledger) cameBack(person int64, channel string, at int64) {
	for _, kind := range []string{"delayed", "soft", "hard", "complaint"} {
		if rapid.IntRange(0, 3).Draw(l.rt, kind) == 0 {
			l.exec("INSERT INTO delivery_return (batch, person, kind, digest, reason, status, at, lifted) VALUES ($1, $2, $3, 'd', $4, '', $5, false)",
				l.batch, person, kind, rapid.SampledFrom([]string{"mailbox-full", "expired"}).Draw(l.rt, "why"), at)
		}
	}
	if channel != delivery.SMS {
		return
	}
	for part := range rapid.IntRange(0, 3).Draw(l.rt, "parts") {
		l.exec("INSERT INTO delivery_sms_part (id, batch, person, state, reason, changed) VALUES ($1, $2, $3, $4, '', 1)",
			fmt.Sprint(l.batch, "/", person, "/", part), l.batch, person, rapid.SampledFrom([]string{"sent", "delivered", "delivered", "undelivered"}).Draw(l.rt, "receipt"))
	}
}

// shown returns everything that is shown of the batch.
func (l *ledger) shown(ref int64) string {
	l.t.Helper()
	p, err := l.Progress(l.t.Context(), l.batch)
	if err != nil {
		l.t.Fatal(err)
	}
	text := fmt.Sprintf("%+v\n", p)
	for _, channel := range delivery.Channels() {
		b, found, err := l.Find(l.t.Context(), l.db, "test.issue", ref, channel)
		if err != nil {
			l.t.Fatal(err)
		}
		text += fmt.Sprintln(found, b.Messages, b.Finished)
	}
	rows, err := l.db.QueryContext(l.t.Context(), `SELECT channel, state, reason, hour, CAST(SUM(messages) AS bigint), CAST(SUM(retried) AS bigint)
		FROM delivery_counts WHERE origin = 'test.issue' AND ref = $1 GROUP BY channel, state, reason, hour ORDER BY channel, state, reason, hour`, ref)
	if err != nil {
		l.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var channel, state, reason string
		var hour, messages, retried int64
		if err := rows.Scan(&channel, &state, &reason, &hour, &messages, &retried); err != nil {
			l.t.Fatal(err)
		}
		text += fmt.Sprintln(channel, state, reason, hour, messages, retried)
	}
	if err := rows.Err(); err != nil {
		l.t.Fatal(err)
	}
	return text
}

// For any ledger, and whenever folding is killed, what is shown of a batch stays the same. Forgetting a person
// meanwhile changes nothing, and in the end no person is in it.
func TestFoldingChangesNoNumber(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		of := newNode(t, db, newTown(t), clock.At(morning), "")
		var ref int64
		rapid.Check(t, func(rt *rapid.T) {
			ref++
			n := of.folderBy(t, 24, rapid.IntRange(1, 12).Draw(rt, "at once"))
			old := ledger{n, rt, t, storage.NewID()}
			old.write(ref, morning.AddDate(-2, 0, -rapid.IntRange(0, 100).Draw(rt, "days")))
			young := ledger{n, rt, t, storage.NewID()}
			young.write(-ref, morning.AddDate(-2, 0, 1))
			before, other := old.shown(ref), young.shown(-ref)
			for _, steps := range rapid.SliceOfN(rapid.IntRange(0, 4), 0, 5).Draw(rt, "kills") {
				n.town.killedAt(steps)
				if err := n.Fold(t.Context()); err != nil && !errors.Is(err, errKilled) {
					t.Fatal(err)
				}
				if now := old.shown(ref); now != before {
					rt.Fatalf("killed after %d steps\n%s\nbefore\n%s", steps, now, before)
				}
				person := rapid.Int64Range(1, 40).Draw(rt, "forgotten")
				n.tx(t, func(ctx context.Context, tx *storage.Tx) error { return n.Forget(ctx, tx, person) })
			}
			n.town.spared()
			n.fold(t)
			if now := old.shown(ref); now != before {
				rt.Fatalf("folded\n%s\nbefore\n%s", now, before)
			}
			if now := young.shown(-ref); now != other {
				rt.Fatalf("not yet\n%s\nbefore\n%s", now, other)
			}
			n.rows(t, delivery.Batch{ID: old.batch}, 0)
			if b, _, err := n.Find(t.Context(), db, "test.issue", -ref, delivery.Email); err != nil || !b.Folded.IsZero() {
				rt.Fatalf("what is young is closed: %+v, %v", b, err)
			}
		})
	})
}

// Folding again, and stopping folding, do no harm.
func TestFoldingStopsWhenItIsTold(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		n := newNode(t, db, newTown(t), clock.At(morning), "").folder(t, 24)
		id := storage.NewID()
		if _, err := db.ExecContext(t.Context(), `INSERT INTO delivery_batch (id, origin, ref, channel, created, at, cancelled, finished)
			VALUES ($1, 'test.issue', 1, 'email', 1, 1, 0, 1)`, id); err != nil {
			t.Fatal(err)
		}
		for person := range int64(20) {
			if _, err := db.ExecContext(t.Context(), `INSERT INTO delivery_message (batch, person, state, reason, code, attempts, next_at, changed)
				VALUES ($1, $2, 'sent', '', 0, 1, 0, 5)`, id, person+1); err != nil {
				t.Fatal(err)
			}
		}
		ctx, stop := context.WithCancel(t.Context())
		var steps []int
		n.town.set(func(o *town) {
			o.folding = func() error {
				if steps = append(steps, len(steps)); len(steps) == 3 {
					stop()
				}
				return nil
			}
		})
		if err := n.Fold(ctx); !errors.Is(err, context.Canceled) || !slices.Equal(steps, []int{0, 1, 2}) {
			t.Fatalf("steps %v, %v", steps, err)
		}
		n.rows(t, delivery.Batch{ID: id}, 14)
		for range 2 {
			n.fold(t)
			n.progress(t, id, "sent 20")
		}
		n.rows(t, delivery.Batch{ID: id}, 0)
	})
}
