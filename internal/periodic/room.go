package periodic

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"unoxuno/internal/clock"
	"unoxuno/internal/periodic/db"
	"unoxuno/internal/storage"
)

//go:embed schema/*.sql
var schema embed.FS

// Schema returns the room's migrations.
func Schema() fs.FS { return storage.Sub(schema, "schema") }

// A lease holds for half a minute and is renewed every ten seconds.
const (
	leaseTime  = 30 * time.Second
	leaseRenew = 10 * time.Second
)

// look is how often a node checks whether a task is due.
const look = time.Second

// The wait after a failure: a quarter of a minute, doubled with each that follows, to an hour.
const (
	firstWait = 15 * time.Second
	lastWait  = time.Hour
)

// Room runs tasks.
type Room struct {
	db    *storage.DB
	clock clock.Clock
	log   *slog.Logger
}

// New returns the room for a database that has its schema.
func New(d *storage.DB, c clock.Clock, log *slog.Logger) *Room { return &Room{d, c, log} }

// Run runs tasks, independently of each other, until ctx ends. It logs failures and goes on.
func (r *Room) Run(ctx context.Context, tasks ...Task) error {
	var all errgroup.Group
	for _, t := range tasks {
		all.Go(func() error {
			r.loop(ctx, t)
			return nil
		})
	}
	return all.Wait()
}

func (r *Room) loop(ctx context.Context, t Task) {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		for again := true; again && ctx.Err() == nil; {
			var err error
			if again, err = r.Step(ctx, t); err != nil && ctx.Err() == nil {
				r.log.ErrorContext(ctx, "periodic task", "task", t.Name, "error", err)
				again = false
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Step runs one slot of the task if one is due and no other node runs it, and tells whether it did.
func (r *Room) Step(ctx context.Context, t Task) (bool, error) {
	now := r.clock.Now()
	row, err := r.known(ctx, t.Name, now)
	if err != nil {
		return false, err
	}
	if ranAhead(row, now) {
		return false, r.putRight(ctx, row, now)
	}
	slot, due := t.due(clock.Time(row.Slot), now)
	if !due || row.RetryAt > clock.Millis(now) {
		return false, nil
	}
	fence, taken, err := r.take(ctx, row)
	if err != nil || !taken {
		return false, err
	}
	working, stop := context.WithCancel(ctx)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		r.keep(working, t.Name, fence, stop)
	}()
	failed := t.Do(working, slot)
	stop()
	<-kept
	return failed == nil, errors.Join(failed, r.settle(context.WithoutCancel(ctx), row, fence, slot, ctx.Err(), failed))
}

// known returns the task's row, and creates it the first time.
func (r *Room) known(ctx context.Context, name string, now time.Time) (db.PeriodicTask, error) {
	row, err := db.New(r.db).Get(ctx, name)
	if !storage.None(err) {
		return row, err
	}
	err = r.db.Tx(ctx, func(tx *storage.Tx) error {
		if err := db.New(tx).Know(ctx, db.KnowParams{Name: name, Slot: clock.Millis(now)}); err != nil {
			return err
		}
		row, err = db.New(tx).Get(ctx, name)
		return err
	})
	return row, err
}

// ahead is how far the clocks of nodes may differ.
const ahead = 5 * time.Minute

// ranAhead tells whether the row was written by a clock that ran ahead: no slot is worked off before its time, and no
// wait is longer than the last. Such a task would stand still until the clock is there again.
func ranAhead(row db.PeriodicTask, now time.Time) bool {
	return clock.Time(row.Slot).After(now.Add(ahead)) || row.RetryAt > clock.Millis(now.Add(lastWait+ahead))
}

// putRight makes the task continue from now.
func (r *Room) putRight(ctx context.Context, row db.PeriodicTask, now time.Time) error {
	n, err := db.New(r.db).PutRight(ctx, db.PutRightParams{
		Name: row.Name, Fence: row.Fence, WasSlot: row.Slot, WasRetryAt: row.RetryAt, Slot: min(row.Slot, clock.Millis(now)),
	})
	if err == nil && n > 0 {
		r.log.WarnContext(ctx, "a clock ran ahead: the task goes on from now; compare the clocks of all nodes", "task", row.Name,
			"slot", clock.Time(row.Slot), "retry_at", clock.Time(row.RetryAt), "now", now)
	}
	return err
}

// take leases the task, unless another node has it or has run a slot since row was read.
func (r *Room) take(ctx context.Context, row db.PeriodicTask) (fence int64, taken bool, err error) {
	err = r.db.Tx(ctx, func(tx *storage.Tx) error {
		now := tx.Engine().Now()
		result, err := tx.ExecContext(ctx, "UPDATE periodic_task SET fence = fence + 1, lease_until = $1 + "+now+
			" WHERE name = $2 AND slot = $3 AND fence = $4 AND "+tx.Engine().LeaseEnded("lease_until", leaseTime), leaseTime.Milliseconds(), row.Name, row.Slot, row.Fence)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		taken = n == 1
		return err
	})
	return row.Fence + 1, taken, err
}

// keep renews the lease until ctx ends. If another node has taken the task it stops the work.
func (r *Room) keep(ctx context.Context, name string, fence int64, stop func()) {
	ticker := time.NewTicker(leaseRenew)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		result, err := r.db.ExecContext(ctx, "UPDATE periodic_task SET lease_until = $1 + "+r.db.Engine().Now()+
			" WHERE name = $2 AND fence = $3", leaseTime.Milliseconds(), name, fence)
		if err != nil {
			r.log.WarnContext(ctx, "lease not renewed", "task", name, "error", err)
			continue
		}
		if n, err := result.RowsAffected(); err == nil && n == 0 {
			stop()
			return
		}
	}
}

// settle records the result of the slot.
func (r *Room) settle(ctx context.Context, row db.PeriodicTask, fence int64, slot time.Time, stopped, failed error) error {
	queries := db.New(r.db)
	var n int64
	var err error
	switch {
	case failed == nil:
		n, err = queries.Done(ctx, db.DoneParams{Name: row.Name, Fence: fence, Slot: clock.Millis(slot)})
	case stopped != nil:
		n, err = queries.GiveBack(ctx, db.GiveBackParams{Name: row.Name, Fence: fence})
	default:
		wait := min(firstWait<<min(row.Failures, 10), lastWait)
		at := clock.Millis(r.clock.Now().Add(wait))
		n, err = queries.Failed(ctx, db.FailedParams{Name: row.Name, Fence: fence, RetryAt: at})
	}
	if err == nil && n == 0 {
		err = fmt.Errorf("task %s: another node has taken it over", row.Name)
	}
	return err
}
