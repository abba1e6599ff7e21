package email

import (
	"context"
	"math"
	"time"

	"golang.org/x/time/rate"
)

// Ramp is a slow start: receivers distrust a server that they do not know and that sends much at once. It allows
// PerMinute messages a minute since Since and doubles that every Doubling.
type Ramp struct {
	Since     time.Time
	PerMinute int // at the start; 0: no ramp
	Doubling  time.Duration
}

// At is how many messages a minute are allowed at a time.
func (r Ramp) At(now time.Time) float64 {
	if r.PerMinute <= 0 {
		return math.Inf(1)
	}
	if r.Doubling <= 0 || now.Before(r.Since) {
		return float64(r.PerMinute)
	}
	return float64(r.PerMinute) * math.Exp2(now.Sub(r.Since).Hours()/r.Doubling.Hours())
}

func (r Ramp) limiter() *rate.Limiter {
	if r.PerMinute <= 0 {
		return nil
	}
	return rate.NewLimiter(rate.Limit(float64(r.PerMinute)/60), 1)
}

// limits are what bounds the pool's rate.
func (p *Pool) limits() []*rate.Limiter {
	if p.ramp != nil {
		p.ramp.SetLimit(rate.Limit(p.options.Ramp.At(p.clock.Now()) / 60))
	}
	return p.limiters
}

// holdOff is how long the next message has to wait.
func (p *Pool) holdOff() (wait time.Duration) {
	for _, l := range p.limits() {
		if lacking := 1 - l.Tokens(); lacking > 0 {
			wait = max(wait, min(maxHoldOff, time.Duration(lacking/float64(l.Limit())*float64(time.Second))))
		}
	}
	return wait
}

// maxHoldOff is how long is waited before the limits are looked at again: they may have been changed.
const maxHoldOff = time.Second

// permit waits until one more message may be sent. Connections that wait together may go together: what they take too
// much, the next wait longer.
func (p *Pool) permit(ctx context.Context) error {
	for ctx.Err() == nil && !p.resting() {
		wait := p.holdOff()
		if wait <= 0 {
			break
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

// count counts a message towards the limits.
func (p *Pool) count() {
	for _, l := range p.limits() {
		l.Reserve()
	}
}
