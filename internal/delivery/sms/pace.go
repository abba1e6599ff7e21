package sms

import (
	"cmp"
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxSlow bounds how often the pause of a pace doubles: 64 times the first.
const maxSlow = 6

// pace keeps what we send below what the gateway takes: a rate that was agreed, and a pause that grows each time the
// gateway says that we are too fast.
type pace struct {
	limit *rate.Limiter
	slow  time.Duration // first pause

	mu    sync.Mutex
	times int // pauses without a message taken between them
	until time.Time
}

// newPace makes a pace of at most perSecond messages; 0 is any number.
func newPace(perSecond float64, slow time.Duration) *pace {
	limit := rate.NewLimiter(rate.Inf, 0)
	if perSecond > 0 {
		limit = rate.NewLimiter(rate.Limit(perSecond), 1)
	}
	return &pace{limit: limit, slow: slow}
}

// wait waits for the pause to end and for its turn, or for ctx to end.
func (p *pace) wait(ctx context.Context) error {
	for {
		p.mu.Lock()
		pause := time.Until(p.until)
		p.mu.Unlock()
		if pause <= 0 {
			if p.limit.Wait(ctx) != nil { // it also gives up when ctx would end before its turn
				return cmp.Or(ctx.Err(), context.DeadlineExceeded)
			}
			return nil
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// tooFast begins a pause, unless one is under way: the messages that were in the window together were too fast together.
func (p *pace) tooFast() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); now.After(p.until) {
		p.until = now.Add(p.slow << min(p.times, maxSlow))
		p.times++
	}
}

func (p *pace) taken() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.times = 0
}
