package email

import (
	"context"
	"errors"
	"sync"
	"time"

	"unoxuno/internal/clock"
)

// maxIdle is how long a connection is kept without use: less than the minutes after which servers hang up.
const maxIdle = 30 * time.Second

// maxCool bounds how long an unreachable relay is left alone.
const maxCool = 15 * time.Minute

// Health is how it goes with a relay.
type Health struct {
	Address    string    // host:port; empty when there is none
	Configured bool      // whether there is a relay at all
	Up         bool      // whether it took the last connection, or has not been tried yet
	Since      time.Time // when it became unreachable; zero while Up
	RetryAt    time.Time // when it is tried again; zero while Up
	Trouble    string    // for the operator: what went wrong, in technical words
}

// Pool holds a few connections to one relay and reuses them. While the relay cannot be reached it refuses at once,
// and tries again after a wait that grows: five thousand messages do not mean five thousand vain connections.
type Pool struct {
	relay *Relay
	clock clock.Clock
	cool  time.Duration // first wait after a vain connection
	slots chan struct{}

	mu     sync.Mutex
	idle   []idleConn
	closed bool
	vain   int // vain connections in a row
	health Health
}

type idleConn struct {
	Conn
	since time.Time
}

// NewPool makes a pool of at most conns connections. cool is the wait after the first vain connection; it doubles with
// each that follows, to a quarter of an hour.
func NewPool(relay *Relay, conns int, cool time.Duration, c clock.Clock) *Pool {
	return &Pool{
		relay: relay, clock: c, cool: cool, slots: make(chan struct{}, conns),
		health: Health{Address: relay.Address(), Configured: relay.Configured(), Up: true},
	}
}

// Send sends a message on a connection that is free, waiting for one when all are busy. Its errors are those of
// Conn.Send; a context that ends while waiting is its own error, and nothing was sent.
func (p *Pool) Send(ctx context.Context, from, to Path, message []byte) error {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	conn := p.takeIdle()
	if conn != nil {
		err := conn.Send(ctx, from, to, message)
		p.give(conn)
		var later *Later
		if ctx.Err() != nil || !errors.As(err, &later) || !later.early {
			return p.noted(err)
		}
		// The relay had ended a connection that lay idle or had carried its fill: nothing of this message was said.
	}
	conn, err := p.dial(ctx)
	if err != nil {
		return err
	}
	err = conn.Send(ctx, from, to, message)
	p.give(conn)
	return p.noted(err)
}

// Check connects to the relay even while it is left alone, and says what is wrong with it.
func (p *Pool) Check(ctx context.Context) error {
	p.Retry()
	conn, err := p.dial(ctx)
	if err != nil {
		return err
	}
	p.give(conn)
	return nil
}

// Retry ends the wait after vain connections.
func (p *Pool) Retry() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.health.RetryAt = time.Time{}
}

// Health is how it goes with the relay.
func (p *Pool) Health() Health {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.health
}

// Close closes the idle connections; those in use are closed when they are given back.
func (p *Pool) Close() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	for _, c := range idle {
		_ = c.Close() // a farewell that fails harms nobody
	}
}

// Idle closes connections that have not been used for a while.
func (p *Pool) Idle() {
	p.mu.Lock()
	var old []idleConn
	for len(p.idle) > 0 && time.Since(p.idle[0].since) > maxIdle {
		old, p.idle = append(old, p.idle[0]), p.idle[1:]
	}
	p.mu.Unlock()
	for _, c := range old {
		_ = c.Close()
	}
}

// takeIdle is the connection used last, or nil.
func (p *Pool) takeIdle() Conn {
	p.Idle()
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	c := p.idle[n-1]
	p.idle = p.idle[:n-1]
	return c.Conn
}

func (p *Pool) give(c Conn) {
	p.mu.Lock()
	keep := c.Usable() && !p.closed
	if keep {
		p.idle = append(p.idle, idleConn{c, time.Now()})
	}
	p.mu.Unlock()
	if !keep {
		_ = c.Close()
	}
}

func (p *Pool) dial(ctx context.Context) (Conn, error) {
	if h := p.Health(); p.clock.Now().Before(h.RetryAt) {
		return nil, &Unreachable{Trouble: h.Trouble}
	}
	conn, err := p.relay.Dial(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err() // we were told to stop: the relay is not to blame
		}
		return nil, p.noted(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.vain = 0
	p.health.Up, p.health.Since, p.health.RetryAt, p.health.Trouble = true, time.Time{}, time.Time{}, ""
	return conn, nil
}

// noted remembers that the relay is unreachable, when that is what err says. Several connections that fail together
// count once.
func (p *Pool) noted(err error) error {
	var down *Unreachable
	if !errors.As(err, &down) {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now()
	if now.Before(p.health.RetryAt) {
		return err
	}
	if p.health.Up {
		p.health.Up, p.health.Since = false, now
	}
	wait := p.cool << min(p.vain, 10)
	if wait <= 0 || wait > maxCool {
		wait = maxCool
	}
	p.vain++
	p.health.RetryAt, p.health.Trouble = now.Add(wait), down.Trouble
	return err
}
