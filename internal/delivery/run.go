package delivery

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"unoxuno/internal/delivery/db"
	"unoxuno/internal/storage"
)

// Polls: how often an idle room looks for due work, and how often Drain checks whether another worker is done.
const (
	idlePoll     = time.Second
	notePoll     = 500 * time.Millisecond
	drainPoll    = 250 * time.Millisecond
	progressPoll = 250 * time.Millisecond

	progressShare = 10 // counting a huge batch takes at most a tenth of the time
)

// Run sends batches and notes as they come due, until ctx ends. Then it completes what is in flight, records it,
// returns its chunks for others to continue, and returns nil. It logs failures and goes on.
func (r *Room) Run(ctx context.Context) error {
	var both errgroup.Group
	both.Go(func() error {
		r.loop(ctx, r.batches, idlePoll, r.runBatches)
		return nil
	})
	both.Go(func() error {
		r.loop(ctx, r.singles, notePoll, func(ctx context.Context) error {
			_, err := r.SendNotes(ctx)
			return err
		})
		return nil
	})
	both.Go(func() error {
		r.gateway.Run(ctx) // so that receipts and inbound messages arrive while nothing is sent
		return nil
	})
	return errors.Join(both.Wait(), r.Close())
}

// loop calls do again and again, and rests in between until it is woken.
func (r *Room) loop(ctx context.Context, wake <-chan struct{}, rest time.Duration, do func(context.Context) error) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-timer.C:
		}
		if err := do(ctx); err != nil && ctx.Err() == nil {
			r.log.ErrorContext(ctx, "delivery is troubled", "error", err)
		}
		timer.Reset(rest)
	}
}

func (r *Room) runBatches(ctx context.Context) error {
	r.routes.all.Idle()
	due, err := db.New(r.db).AnyDue(ctx, r.now())
	if err != nil {
		return err
	}
	filling, err := db.New(r.db).AnyToFill(ctx)
	if err != nil {
		return err
	}
	if due || filling {
		if err := r.work(ctx, 0); err != nil {
			return err
		}
	}
	return r.finishAll(ctx)
}

// Drain works on one batch, as one worker among others, until nothing of it can be sent now. It waits for chunks that
// other workers hold, or that dead ones held, but not for messages deferred to a later time. onProgress, unless nil, is
// called a few times a second. Drain returns at once if the batch's account is stopped. It waits for a database that is
// away for less than a minute. When ctx ends, Drain completes what is in flight and returns ctx's error.
func (r *Room) Drain(ctx context.Context, batch int64, onProgress func(Progress)) (Progress, error) {
	err := r.reporting(ctx, batch, onProgress, func() error { return r.drain(ctx, batch) })
	p, progressErr := r.Progress(context.WithoutCancel(ctx), batch)
	if err == nil {
		err = progressErr
	}
	if err == nil && onProgress != nil {
		onProgress(p)
	}
	return p, err
}

func (r *Room) drain(ctx context.Context, batch int64) error {
	ticker := time.NewTicker(drainPoll)
	defer ticker.Stop()
	for well := time.Now(); ; {
		done, err := r.drainRound(ctx, batch)
		switch {
		case err == nil:
			well = time.Now()
		case !storage.Lost(err) || time.Since(well) > awayFor:
			return err
		default:
			r.log.WarnContext(ctx, "the database is away, trying again", "error", err)
		}
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// drainRound sends what is due of the batch, and tells whether nothing is left to wait for.
func (r *Room) drainRound(ctx context.Context, batch int64) (done bool, err error) {
	if err := r.work(ctx, batch); err != nil {
		return false, err
	}
	left, err := db.New(r.db).DueIn(ctx, db.DueInParams{Batch: batch, Due: r.now()})
	if err != nil {
		return false, err
	}
	row, err := db.New(r.db).GetBatch(ctx, batch)
	if err != nil {
		return false, err
	}
	held, err := db.New(r.db).IsHeld(ctx, batch)
	if err != nil || held {
		return held, err
	}
	if left > 0 || batchOf(row).Filling {
		return false, nil
	}
	return true, r.finish(ctx, batch)
}

// reporting calls do, and onProgress meanwhile.
func (r *Room) reporting(ctx context.Context, batch int64, onProgress func(Progress), do func() error) error {
	if onProgress == nil {
		return do()
	}
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		pause := progressPoll
		for {
			select {
			case <-done:
				return
			case <-time.After(pause):
			}
			began := time.Now()
			if p, err := r.Progress(ctx, batch); err == nil {
				onProgress(p)
			}
			pause = max(progressPoll, progressShare*time.Since(began))
		}
	}()
	err := do()
	close(done)
	<-stopped
	return err
}
