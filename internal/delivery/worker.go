package delivery

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/db"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/storage"
)

// runners is how many chunks a worker sends at a time: while the last messages of one are in flight, the next begins.
const runners = 2

// grace is how long messages in flight may take after we are told to stop; then the connections are cut.
const grace = 20 * time.Second

// worker sends what is due now: a filler fills the ledger, runners claim chunks and give their messages to the
// connections of their channel, and one recorder writes the outcomes.
type worker struct {
	*Room
	only      int64           // the batch to work on; 0 means any
	life      context.Context // ends only in a test, as if the process were killed
	letters   letters
	stepped   chan struct{} // the ledger has more messages than before
	filled    chan struct{} // closed when there is nothing more to fill
	mails     map[lane]chan email.Job
	lingering chan struct{} // a token for each chunk that waits in the background
	running   *errgroup.Group
	texts     chan *message
	outcomes  chan outcome
	dead      chan struct{} // closed when outcomes cannot be recorded
}

// work sends everything that is due now, of the batch only, or of every batch if only is 0. When ctx ends it completes
// what is in flight, records it and returns its chunks.
func (r *Room) work(ctx context.Context, only int64) error {
	return r.workUntil(ctx, context.WithoutCancel(ctx), only)
}

func (r *Room) workUntil(ctx, life context.Context, only int64) error {
	defer r.garbage.ease()()
	sending, done := lingering(ctx, life)
	defer done()
	w := &worker{
		Room: r, only: only, life: life, letters: letters{open: map[int64]Letter{}},
		stepped: make(chan struct{}, runners), filled: make(chan struct{}),
		mails: r.routes.lanes(), texts: make(chan *message), lingering: make(chan struct{}, lingerers),
		outcomes: make(chan outcome, InFlight), dead: make(chan struct{}), running: new(errgroup.Group),
	}
	running := w.running
	running.Go(func() error {
		defer close(w.filled)
		return w.fill(ctx)
	})
	for range runners {
		running.Go(func() error { return w.run(ctx) })
	}
	var sent sync.WaitGroup
	for lane, jobs := range w.mails {
		sent.Go(func() { lane.carry(ctx, sending, jobs) })
	}
	sent.Go(func() {
		w.sendTexts(ctx, sending, w.texts)
		for left := range w.texts {
			left.Done(context.Canceled)
		}
	})
	var recorder errgroup.Group
	recorder.Go(w.record)
	err := running.Wait()
	for _, jobs := range w.mails {
		close(jobs)
	}
	close(w.texts)
	sent.Wait()
	close(w.outcomes)
	return errors.Join(err, recorder.Wait())
}

// lingering returns a context that lasts for grace after ctx has ended, and no longer than life. done releases it.
func lingering(ctx, life context.Context) (lives context.Context, done func()) {
	lives, cut := context.WithCancel(life)
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(grace, cut)
		context.AfterFunc(lives, func() { timer.Stop() })
	})
	return lives, func() {
		stop()
		cut()
	}
}

// run sends chunks until none is due and none will come.
func (w *worker) run(ctx context.Context) error {
	var failed []error // of origins; the other batches go on
	var had *chunk
	for {
		full := isClosed(w.filled)
		stop := ctx.Err() != nil || w.isDead()
		l, found, err := w.turn(had, stop)
		if err != nil {
			return errors.Join(append(failed, err)...)
		}
		had = nil
		switch {
		case found:
			c := newChunk(l, w.way(l.channel, l.account))
			if w.workOff(ctx, c) {
				had = c
			}
			if c.troubled != nil {
				failed = append(failed, fmt.Errorf("batch %d: %w", l.batch, c.troubled))
			}
		case stop || full:
			return errors.Join(failed...)
		default:
			select {
			case <-w.stepped:
			case <-w.filled:
			case <-ctx.Done():
			}
		}
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func (w *worker) isDead() bool { return isClosed(w.dead) || w.life.Err() != nil }

// turn returns the runner's finished chunk and takes the next one, unless it must stop. It finishes a batch of which
// nothing is queued any more.
func (w *worker) turn(had *chunk, stop bool) (next lease, found bool, err error) {
	if w.isDead() || had == nil && stop {
		return lease{}, false, nil
	}
	err = w.db.Tx(w.life, func(tx *storage.Tx) error {
		next, found = lease{}, false
		if had != nil {
			if err := w.close(tx, had); err != nil {
				return fmt.Errorf("close chunk: %w", err)
			}
		}
		if stop {
			return nil
		}
		var err error
		next, found, err = w.claim(w.life, tx, w.only)
		return err
	})
	if err == nil && had != nil && next.batch != had.batch {
		// In its own transaction: code that adds to a batch locks first the batch and then its chunks.
		err = w.finish(w.life, had.batch)
	}
	return next, found, err
}

// workOff sends a chunk, as far as possible now. It returns false if messages of the chunk still wait for their
// domains: a background goroutine then sends them and closes the chunk.
func (w *worker) workOff(ctx context.Context, c *chunk) bool {
	keeping, stop := context.WithCancel(w.life)
	var keeper sync.WaitGroup
	keeper.Go(func() { w.keep(keeping, c) })
	c.troubled = w.feed(ctx, c)
	finish := func(wait time.Duration) {
		w.disperse(c, wait)
		c.pending.Wait()
		stop()
		keeper.Wait()
	}
	if c.lingers() {
		select {
		case w.lingering <- struct{}{}:
			w.running.Go(func() error {
				defer func() { <-w.lingering }()
				finish(patience)
				_, _, err := w.turn(c, true)
				return err
			})
			return false
		default: // enough chunks wait
		}
	}
	finish(0)
	return true
}

// close returns the lease, if it is still ours, and sets when the chunk is due next. If a relay is down, or an origin
// failed, the whole rest is deferred.
func (w *worker) close(tx *storage.Tx, c *chunk) error {
	queries, now := db.New(tx), w.now()
	if ours, err := c.renew(w.life, tx, tx.Engine()); err != nil || !ours {
		return err
	}
	var notBefore int64
	switch {
	case c.relay.Load():
		notBefore = w.back(c.way)
		if err := queries.PutOffChunk(w.life, db.PutOffChunkParams{
			Batch: c.batch, After: c.after, Through: c.through, Reason: string(c.way.down()), NextAt: notBefore, Now: now,
		}); err != nil {
			return err
		}
	case c.troubled != nil:
		notBefore = now + w.settings.RetryFirst.Milliseconds()
	case !c.notBefore.IsZero():
		notBefore = clock.Millis(c.notBefore)
	}
	return queries.CloseChunk(w.life, db.CloseChunkParams{
		Batch: c.batch, Number: c.number, After: c.after, Through: c.through, NotBefore: notBefore, Fence: c.fence,
	})
}
