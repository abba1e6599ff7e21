package delivery

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// chunk is a leased range of the ledger while its messages are sent.
type chunk struct {
	lease
	way       channel
	byDomain  map[string]*line // the waiting lines by domain, if there are limits; nil for a domain without one
	lines     sync.WaitGroup   // lines that are being served
	inLine    atomic.Int64     // messages in the lines
	hurried   chan struct{}    // closed when no message may wait any longer
	notBefore time.Time        // when to look at it again, in the town's time; zero: when one of its messages is due
	pending   sync.WaitGroup   // messages whose outcome is not recorded yet
	stopped   chan struct{}    // closed when no more of it may be sent now
	stop      sync.Once
	relay     atomic.Bool  // it was stopped because its channel accepts nothing
	troubled  error        // why its letter could not be read further
	trusted   atomic.Int64 // until when the lease can be relied on, in nanoseconds of this machine's clock
}

func newChunk(l lease, way channel) *chunk {
	c := &chunk{lease: l, way: way, stopped: make(chan struct{}), hurried: make(chan struct{})}
	c.trust(time.Now())
	return c
}

// halt stops the sending of the chunk.
func (c *chunk) halt() { c.stop.Do(func() { close(c.stopped) }) }

// comeBack sets when to look at the chunk again; the earliest time wins.
func (c *chunk) comeBack(at time.Time) {
	if c.notBefore.IsZero() || at.Before(c.notBefore) {
		c.notBefore = at
	}
}

func (c *chunk) relayDown() {
	c.relay.Store(true)
	c.halt()
}

// trust records that the lease was renewed by a statement that began at the given time of this machine's clock. That
// clock shows, without asking the database, whether the process was suspended.
func (c *chunk) trust(began time.Time) {
	c.trusted.Store(began.Add(leaseTime - leaseSlack).UnixNano())
}

// holds tells whether a message may be sent on this lease.
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
			c.halt() // another worker has it
			return
		default:
			c.trust(began)
		}
	}
}
