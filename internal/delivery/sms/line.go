package sms

import (
	"errors"
	"sync"
	"time"

	"unoxuno/internal/clock"
)

// maxCool bounds how long an unreachable gateway is left alone.
const maxCool = 15 * time.Minute

// line remembers how it goes with a gateway: while it cannot be reached it is left alone, for a wait that grows.
type line struct {
	clock clock.Clock
	cool  time.Duration // first wait after a vain attempt

	mu      sync.Mutex
	vain    int // vain attempts in a row
	health  Health
	retried chan struct{} // closed and replaced by retry
}

func newLine(address string, s Setup) *line {
	return &line{
		clock: s.Clock, cool: s.Cool, retried: make(chan struct{}),
		health: Health{Address: address, Configured: address != "", Up: true},
	}
}

// rest is *Unreachable while the gateway is left alone.
func (l *line) rest() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.clock.Now().Before(l.health.RetryAt) {
		return &Unreachable{Trouble: l.health.Trouble}
	}
	return nil
}

// wait is how long the gateway is still left alone, and a channel that is closed when somebody ends the wait.
func (l *line) wait() (time.Duration, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.health.RetryAt.Sub(l.clock.Now()), l.retried
}

func (l *line) retry() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.health.RetryAt = time.Time{}
	close(l.retried)
	l.retried = make(chan struct{})
}

func (l *line) state() Health {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.health
}

// up remembers that the gateway answers.
func (l *line) up() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.vain = 0
	l.health.Up, l.health.Since, l.health.RetryAt, l.health.Trouble = true, time.Time{}, time.Time{}, ""
}

// noted remembers that the gateway is unreachable, when that is what err says. Several attempts that fail together count
// once.
func (l *line) noted(err error) error {
	var down *Unreachable
	if !errors.As(err, &down) {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	if now.Before(l.health.RetryAt) {
		return err
	}
	if l.health.Up {
		l.health.Up, l.health.Since = false, now
	}
	wait := l.cool << min(l.vain, 20)
	if wait <= 0 || wait > maxCool {
		wait = maxCool
	}
	l.vain++
	l.health.RetryAt, l.health.Trouble = now.Add(wait), down.Trouble
	return err
}
