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

// runners is how many chunks a worker has in hand: while the last messages of one are on their way, the next begins.
const runners = 2

// grace is how long what is in flight may take after we are told to stop; then its connections are cut.
const grace = 20 * time.Second

// worker works off what is due now: runners claim chunks and feed their messages to senders, one for each connection;
// one recorder writes what came of them.
type worker struct {
	*Room
	only     int64           // the batch to work on; 0 is any
	life     context.Context // ends only in a test, as if the process were killed
	sending  context.Context // ends when what is in flight must be cut
	letters  letters
	jobs     chan job
	outcomes chan outcome
	dead     chan struct{} // closed when outcomes cannot be recorded
}

// job is one message to send.
type job struct {
	chunk    *chunk
	to       Recipient
	path     email.Path
	attempts int64
}

// work sends all that is due now, of the batch only, or of every batch when only is 0. When ctx ends it finishes what
// is in flight, records it and gives its chunks back.
func (r *Room) work(ctx context.Context, only int64) error {
	return r.workUntil(ctx, context.WithoutCancel(ctx), only)
}

func (r *Room) workUntil(ctx, life context.Context, only int64) error {
	sending, done := lingering(ctx, life)
	defer done()
	w := &worker{
		Room: r, only: only, life: life, sending: sending, letters: letters{open: map[int64]Letter{}},
		jobs: make(chan job), outcomes: make(chan outcome, InFlight), dead: make(chan struct{}),
	}
	var running errgroup.Group
	for range runners {
		running.Go(func() error { return w.run(ctx) })
	}
	var senders sync.WaitGroup
	for range r.settings.Conns {
		senders.Go(w.send)
	}
	var recorder errgroup.Group
	recorder.Go(w.record)
	err := running.Wait()
	close(w.jobs)
	senders.Wait()
	close(w.outcomes)
	return errors.Join(err, recorder.Wait())
}

// lingering is a context that lives on for grace after ctx has ended, and no longer than life. done releases it.
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

// run works off chunks until none is due.
func (w *worker) run(ctx context.Context) error {
	var failed []error // of origins: they do not keep the other batches from going
	for ctx.Err() == nil && !w.isDead() {
		l, found, err := w.claim(w.life, w.only)
		if err != nil || !found {
			return errors.Join(append(failed, err)...)
		}
		if err := w.workOff(ctx, newChunk(l)); err != nil {
			failed = append(failed, fmt.Errorf("batch %d: %w", l.batch, err))
		}
	}
	return errors.Join(failed...)
}

func (w *worker) isDead() bool {
	select {
	case <-w.dead:
		return true
	default:
		return w.life.Err() != nil
	}
}

// workOff sends a chunk and gives it back.
func (w *worker) workOff(ctx context.Context, c *chunk) error {
	keeping, stop := context.WithCancel(w.life)
	var keeper sync.WaitGroup
	keeper.Go(func() { w.keep(keeping, c) })
	troubled := w.feed(ctx, c)
	c.pending.Wait()
	stop()
	keeper.Wait()
	if w.isDead() {
		return troubled
	}
	if err := w.close(c, troubled != nil); err != nil {
		return errors.Join(troubled, fmt.Errorf("close chunk: %w", err))
	}
	return errors.Join(troubled, w.finish(w.life, c.batch))
}

// close gives the lease back, if it is still ours, and says when the chunk is to be looked at next. A relay that is down, or an origin that
// is troubled, puts off the whole rest.
func (w *worker) close(c *chunk, troubled bool) error {
	return w.db.Tx(w.life, func(tx *storage.Tx) error {
		if ours, err := c.renew(w.life, tx, tx.Engine()); err != nil || !ours {
			return err
		}
		queries, now := db.New(tx), w.now()
		var notBefore int64
		switch {
		case c.relay.Load():
			notBefore = w.relayBack()
			if err := queries.PutOffChunk(w.life, db.PutOffChunkParams{
				Batch: c.batch, Chunk: c.number, Reason: string(email.RelayUnreachable), NextAt: notBefore, Changed: now,
			}); err != nil {
				return err
			}
		case troubled:
			notBefore = now + w.settings.RetryFirst.Milliseconds()
		}
		return queries.CloseChunk(w.life, db.CloseChunkParams{Batch: c.batch, Chunk: c.number, NextAt: notBefore})
	})
}

// relayBack is when the relay is tried again.
func (r *Room) relayBack() int64 {
	now := r.clock.Now()
	if at := r.pool.Health().RetryAt; at.After(now) {
		return clock.Millis(at)
	}
	return clock.Millis(now.Add(r.settings.RetryFirst)) // another connection has found it up again
}

// feed hands the chunk's messages to the senders, a few at a time, so that consent and suppression are as of now.
func (w *worker) feed(ctx context.Context, c *chunk) error {
	if health := w.pool.Health(); w.clock.Now().Before(health.RetryAt) {
		c.relayDown()
		return nil
	}
	letter, err := w.letter(c.batch)
	if err != nil {
		return err
	}
	queries := db.New(w.db)
	last := int64(0) // below stand those who were forgotten
	for ctx.Err() == nil && c.holds() && !w.isDead() {
		rows, err := queries.NextMessages(w.life, db.NextMessagesParams{
			Batch: c.batch, Chunk: c.number, Person: last, NextAt: w.now(), Limit: InFlight,
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		last = rows[len(rows)-1].Person
		jobs, err := w.prepare(c, letter, rows)
		if err != nil {
			return err
		}
		for _, j := range jobs {
			c.pending.Add(1)
			select {
			case w.jobs <- j:
			case <-ctx.Done():
				c.pending.Done()
				return nil
			case <-c.stopped:
				c.pending.Done()
				return nil
			}
		}
	}
	return nil
}

// prepare finds out who of rows is to be sent to now; the outcome of the others goes on record.
func (w *worker) prepare(c *chunk, letter Letter, rows []db.NextMessagesRow) ([]job, error) {
	persons := make([]int64, len(rows))
	for i, row := range rows {
		persons[i] = row.Person
	}
	recipients, err := letter.Recipients(w.life, persons)
	if err != nil {
		return nil, fmt.Errorf("recipients: %w", err)
	}
	reached := make(map[int64]Recipient, len(recipients))
	digests := make([]string, 0, len(recipients))
	for _, to := range recipients {
		if to.Address == "" {
			continue
		}
		reached[to.Person] = to
		digests = append(digests, w.digest(to.Address))
	}
	suppressed, err := suppressedAmong(w.life, w.db, digests)
	if err != nil {
		return nil, fmt.Errorf("suppression: %w", err)
	}
	jobs := make([]job, 0, len(rows))
	for _, row := range rows {
		to, ok := reached[row.Person]
		path, malformed := email.ParsePath(to.Address)
		switch {
		case !ok:
			w.settle(c, outcome{person: row.Person, attempts: row.Attempts, result: result{state: Withdrawn}})
		case len(suppressed) > 0 && suppressed[w.digest(to.Address)]:
			w.settle(c, outcome{person: row.Person, attempts: row.Attempts, result: result{state: Suppressed}})
		case malformed != nil:
			refused := result{state: Refused, reason: email.AddressMalformed}
			w.settle(c, outcome{person: row.Person, attempts: row.Attempts, result: refused})
		default:
			jobs = append(jobs, job{chunk: c, to: to, path: path, attempts: row.Attempts})
		}
	}
	return jobs, nil
}

// settle puts on record an outcome for which no server was needed.
func (w *worker) settle(c *chunk, o outcome) {
	o.chunk = c
	c.pending.Add(1)
	w.outcomes <- o
}

// letters keeps the letters that a worker has opened.
type letters struct {
	mu   sync.Mutex
	open map[int64]Letter
}

func (w *worker) letter(batch int64) (Letter, error) {
	w.letters.mu.Lock()
	defer w.letters.mu.Unlock()
	if l, ok := w.letters.open[batch]; ok {
		return l, nil
	}
	row, err := db.New(w.db).GetBatch(w.life, batch)
	if err != nil {
		return nil, err
	}
	origin, ok := w.origins[row.Origin]
	if !ok {
		return nil, fmt.Errorf("no origin %q is plugged in", row.Origin)
	}
	l, err := origin.Letter(w.life, row.Ref)
	if err != nil {
		return nil, fmt.Errorf("letter %d of %s: %w", row.Ref, row.Origin, err)
	}
	w.letters.open[batch] = l
	return l, nil
}
