package delivery

import (
	"context"
	"strings"
	"sync/atomic"
	"time"
)

// patience is how long messages of a chunk wait for their domains after all others were sent. The rest stays queued,
// and the chunk comes back for it.
const patience = time.Second

// lingerers is how many chunks may wait for domains in the background, while the runners take up others.
const lingerers = 4

// line is the messages of one chunk that wait for one domain.
type line struct {
	domain *domain
	queue  chan *message // nil until a message has to wait
	left   atomic.Int64  // messages without room or time
}

// pass gives a message to the connections, or lets it wait for its domain while others go; false if the chunk must be
// left. A message without room in the line stays queued.
func (w *worker) pass(ctx context.Context, m *message) bool {
	if w.limits == nil || m.chunk.channel != Email {
		return w.hand(ctx, m)
	}
	l := w.lineOf(m)
	if l == nil {
		return w.hand(ctx, m)
	}
	m.domain = l.domain
	if l.queue == nil && l.domain.try() {
		return w.handLimited(ctx, m)
	}
	if l.queue == nil {
		l.queue = make(chan *message, l.domain.room())
		m.chunk.lines.Go(func() { w.walk(ctx, m.chunk, l) })
	}
	select {
	case l.queue <- m:
		m.chunk.inLine.Add(1)
	default:
		l.left.Add(1)
	}
	return true
}

// lineOf returns the chunk's line for the message's domain, nil if it has no limit.
func (w *worker) lineOf(m *message) *line {
	name := m.to.path.Domain()
	l, known := m.chunk.byDomain[name]
	if known {
		return l
	}
	if d := w.limits.use(name); d != nil {
		l = &line{domain: d}
	}
	if m.chunk.byDomain == nil {
		m.chunk.byDomain = map[string]*line{}
	}
	m.chunk.byDomain[strings.Clone(name)] = l // name is a part of the address, which must not stay in memory
	return l
}

// handLimited is hand for a message that has its domain's right to send.
func (w *worker) handLimited(ctx context.Context, m *message) bool {
	if w.hand(ctx, m) {
		return true
	}
	m.domain.done(0)
	return false
}

// walk hands the messages of a line over, each when its domain allows it.
func (w *worker) walk(ctx context.Context, c *chunk, l *line) {
	for m := range l.queue {
		if !w.await(ctx, c, l.domain) || !w.handLimited(ctx, m) {
			l.left.Add(1)
		}
		c.inLine.Add(-1)
	}
}

// await waits for the right to send one message to the domain.
func (w *worker) await(ctx context.Context, c *chunk, d *domain) bool {
	turn := d.queue()
	if isClosed(turn) {
		return true
	}
	select {
	case <-turn:
		return true
	case <-ctx.Done():
	case <-c.hurried:
	case <-c.stopped:
	case <-w.dead:
	}
	d.leave(turn)
	return false
}

// lingers tells whether messages of the chunk still wait for their domains after all were passed.
func (c *chunk) lingers() bool { return c.inLine.Load() > 0 }

// disperse waits at most wait for the messages in the chunk's lines to be sent, and sets when the chunk comes back for
// the others.
func (w *worker) disperse(c *chunk, wait time.Duration) {
	if len(c.byDomain) == 0 {
		return
	}
	for _, l := range c.byDomain {
		if l != nil && l.queue != nil {
			close(l.queue)
		}
	}
	hurry := time.AfterFunc(wait, func() { close(c.hurried) })
	c.lines.Wait()
	hurry.Stop()
	for _, l := range c.byDomain {
		if l == nil {
			continue
		}
		if left := int(l.left.Load()); left > 0 {
			c.comeBack(w.clock.Now().Add(l.domain.away(left)))
		}
		w.limits.leave(l.domain)
	}
}
