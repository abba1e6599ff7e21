package email

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"unoxuno/internal/clock"
)

// maxIdle is how long a connection is kept without use: less than the minutes after which servers hang up.
const maxIdle = 30 * time.Second

// defaultConns is how many connections a relay bears that nobody asked.
const defaultConns = 4

// maxCool bounds how long an unreachable relay is left alone.
const maxCool = 15 * time.Minute

// Health is how it goes with a relay.
type Health struct {
	Address    string    // host:port; empty when there is none
	Configured bool      // whether there is a relay at all
	Up         bool      // whether it took the last connection, or has not been tried yet
	Since      time.Time // when it became unreachable; zero while Up
	RetryAt    time.Time // when it is tried again; zero while Up
	Trouble    string    // for the operator: what went wrong, in technical words; of a relay that is Up, what it does against the rules
	Conns      int       // connections that are in use
	Limit      int       // connections that it seems to bear
}

// PoolOptions is how a Pool uses its relay.
type PoolOptions struct {
	Conns       int           // most connections at once; 0 is 4
	Cool        time.Duration // wait after a vain connection; it doubles with each that follows, to a quarter of an hour; 0 is a minute
	MaxMessages int           // messages on one connection, after which it is replaced; 0: no limit
	MaxAge      time.Duration // age at which a connection is replaced; 0: no limit
	Ramp        Ramp          // slow start of a new relay; zero: none
	Brake       *rate.Limiter // messages a second over all pools that share it; nil: no limit
}

// Pool holds a few connections to one relay and reuses them. It makes more while jobs wait and messages are taken, and
// fewer when the relay turns connections away. While the relay cannot be reached the pool refuses at once, and tries
// again after a wait that grows: five thousand messages do not mean five thousand vain connections.
type Pool struct {
	relay   *Relay
	clock   clock.Clock
	options PoolOptions
	ramp    *rate.Limiter
	urgent  chan *single // single messages for connections that are at work
	slots   *slots

	limiters []*rate.Limiter // ramp and brake, as far as there are any

	mu     sync.Mutex
	idle   []*conn
	live   int // connections that the relay bears now, idle ones included
	closed bool
	vain   int // vain connections in a row
	health Health
}

// NewPool makes a pool of at most conns connections. cool is the wait after the first vain connection; it doubles with
// each that follows, to a quarter of an hour.
func NewPool(relay *Relay, conns int, cool time.Duration, c clock.Clock) *Pool {
	return NewPoolWith(relay, PoolOptions{Conns: conns, Cool: cool}, c)
}

// NewPoolWith makes a pool.
func NewPoolWith(relay *Relay, o PoolOptions, c clock.Clock) *Pool {
	if o.Conns <= 0 {
		o.Conns = defaultConns
	}
	if o.Cool <= 0 {
		o.Cool = time.Minute
	}
	p := &Pool{
		relay: relay, clock: c, options: o, ramp: o.Ramp.limiter(), urgent: make(chan *single), slots: newSlots(o.Conns),
		health: Health{Address: relay.Address(), Configured: relay.Configured(), Up: true},
	}
	for _, l := range []*rate.Limiter{p.ramp, o.Brake} {
		if l != nil {
			p.limiters = append(p.limiters, l)
		}
	}
	return p
}

// Stream sends jobs until the channel is closed, and returns when Done was called for every job it took. It takes a job
// only when a connection is ready for it. Give the channel a buffer of a few jobs: a connection that finds its next job
// at once sends its envelope along with the end of the message before; one that finds none ends the message alone.
//
// When stop ends no more jobs are taken, those not taken stay in the channel, and what is on its way is brought to its
// end. When cut ends connections are cut; it should live longer than stop.
//
// Several streams may run on one pool: they share its connections.
func (p *Pool) Stream(stop, cut context.Context, jobs <-chan Job) {
	newStream(stop, cut, jobs, p).run()
}

// Check connects to the relay even while it is left alone, and says what is wrong with it.
func (p *Pool) Check(ctx context.Context) error {
	p.Retry()
	conn, err := p.dial(ctx)
	if err != nil {
		return p.noted(err)
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
	h := p.health
	p.mu.Unlock()
	if h.Up {
		h.Trouble = p.relay.Trouble()
	}
	h.Conns, h.Limit = p.slots.state()
	return h
}

// resting tells whether the relay is left alone now.
func (p *Pool) resting() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.isResting()
}

func (p *Pool) isResting() bool {
	return !p.health.RetryAt.IsZero() && p.clock.Now().Before(p.health.RetryAt)
}

// Close closes the idle connections; those in use are closed when they are given back.
func (p *Pool) Close() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	p.discard(idle...)
}

// Idle closes connections that have not been used for a while.
func (p *Pool) Idle() {
	p.mu.Lock()
	var old []*conn
	for len(p.idle) > 0 && time.Since(p.idle[0].since) > maxIdle {
		old, p.idle = append(old, p.idle[0]), p.idle[1:]
	}
	p.mu.Unlock()
	p.discard(old...)
}

// connect is an idle connection, the one used last, or a new one.
func (p *Pool) connect(ctx context.Context, fresh bool) (*conn, error) {
	p.Idle()
	p.mu.Lock()
	if n := len(p.idle); n > 0 && !fresh {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return c, nil
	}
	p.mu.Unlock()
	return p.dial(ctx)
}

// give takes back a connection: it is kept, or closed when it has had its day.
func (p *Pool) give(c *conn) {
	c.reused, c.since = true, time.Now()
	p.mu.Lock()
	keep := !c.broken && !p.closed && !p.isSpent(c) && c.in.Buffered() == 0
	if keep {
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	if !keep {
		p.discard(c)
	}
}

// discard closes connections.
func (p *Pool) discard(conns ...*conn) {
	p.mu.Lock()
	p.live -= len(conns)
	p.mu.Unlock()
	var closing sync.WaitGroup
	for _, c := range conns {
		closing.Go(func() { _ = c.Close() }) // a farewell that fails harms nobody
	}
	closing.Wait()
}

// isSpent tells whether a connection is to be replaced.
func (p *Pool) isSpent(c *conn) bool {
	o := &p.options
	return o.MaxMessages > 0 && c.begun >= o.MaxMessages || o.MaxAge > 0 && time.Since(c.born) > o.MaxAge
}

func (p *Pool) dial(ctx context.Context) (*conn, error) {
	p.mu.Lock()
	resting, trouble := p.isResting(), p.health.Trouble
	p.mu.Unlock()
	if resting {
		return nil, &Unreachable{Trouble: trouble}
	}
	c, err := p.relay.dial(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err() // we were told to stop: the relay is not to blame
		}
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.vain = 0
	p.live++
	p.health.Up, p.health.Since, p.health.RetryAt, p.health.Trouble = true, time.Time{}, time.Time{}, ""
	return c, nil
}

// turnedAway tells whether a relay that turned a connection away bears others; then those are all it bears. ended is how
// many connections are counted that it has ended.
func (p *Pool) turnedAway(ended int) bool {
	p.mu.Lock()
	live := p.live - ended
	p.mu.Unlock()
	if live <= 0 {
		return false
	}
	p.slots.shrink(live)
	return true
}

// noted remembers that the relay is unreachable, when that is what err says. Several connections that fail together
// count once.
func (p *Pool) noted(err error) error {
	var down *Unreachable
	if err == nil || !errors.As(err, &down) {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isResting() {
		return err
	}
	now := p.clock.Now()
	if p.health.Up {
		p.health.Up, p.health.Since = false, now
	}
	wait := p.options.Cool << min(p.vain, 10)
	if wait <= 0 || wait > maxCool {
		wait = maxCool
	}
	p.vain++
	p.health.RetryAt, p.health.Trouble = now.Add(wait), down.Trouble
	return err
}
