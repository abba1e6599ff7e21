package delivery

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// chunk is a leased stretch of the ledger while its messages are sent.
type chunk struct {
	lease
	way       channel
	byDomain  map[string]*line // where there are limits: the lines to the domains met, nil where a domain has none
	lines     sync.WaitGroup   // that move
	inLine    atomic.Int64     // messages in them
	hurried   chan struct{}    // closed when nobody in them may wait any more
	notBefore time.Time        // when it is to be looked at again, in the town's time; zero: when a message of it is due
	pending   sync.WaitGroup   // messages whose outcome is not on record yet
	stopped   chan struct{}    // closed when no more of it is to be sent now
	stop      sync.Once
	relay     atomic.Bool  // it was stopped because its channel takes nothing
	troubled  error        // why its letter could not be read on
	trusted   atomic.Int64 // until when, in nanoseconds of this machine's clock, the lease may be relied upon
}

func newChunk(l lease, way channel) *chunk {
	c := &chunk{lease: l, way: way, stopped: make(chan struct{}), hurried: make(chan struct{})}
	c.trust(time.Now())
	return c
}

// halt ends the sending of the chunk.
func (c *chunk) halt() { c.stop.Do(func() { close(c.stopped) }) }

// comeBack says when the chunk is to be looked at again; of several times the first counts.
func (c *chunk) comeBack(at time.Time) {
	if c.notBefore.IsZero() || at.Before(c.notBefore) {
		c.notBefore = at
	}
}

func (c *chunk) relayDown() {
	c.relay.Store(true)
	c.halt()
}

// trust notes that the lease was renewed by a statement that began at the given time of this machine's clock. It is
// that clock that can tell us, without asking the database, that we may have been asleep.
func (c *chunk) trust(began time.Time) {
	c.trusted.Store(began.Add(leaseTime - leaseSlack).UnixNano())
}

// holds tells whether a message may go out on this lease.
func (c *chunk) holds() bool {
	select {
	case <-c.stopped:
		return false
	default:
		return time.Now().UnixNano() < c.trusted.Load()
	}
}

// keep renews the lease until ctx ends.
func (w *worker) keep(ctx context.Context, c *chunk) {
	ticker := time.NewTicker(leaseRenew)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		began := time.Now()
		ours, err := c.renew(ctx, w.db, w.db.Engine())
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			w.log.WarnContext(ctx, "lease not renewed", "batch", c.batch, "chunk", c.number, "error", err)
		case !ours:
			w.metrics.lost.Inc()
			c.halt() // it is another's
			return
		default:
			c.trust(began)
		}
	}
}
