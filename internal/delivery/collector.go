package delivery

import (
	"runtime/debug"
	"sync"
)

// collector lets garbage wait while messages are sent. Little of what a sending holds lives long: the usual collection,
// whenever memory has doubled, took a twelfth of its processor time. Waiting until it is four times as much costs some
// 11 MB as long as the sending lasts.
type collector struct {
	mu      sync.Mutex
	sending int // how many workers are at it
}

// The collector's percentages: Go's own, and that while messages are sent.
const (
	usualPercent   = 100
	sendingPercent = 300
)

// ease begins a sending, and done ends it. An operator who set another percentage (GOGC) keeps it.
func (c *collector) ease() (done func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sending++; c.sending == 1 {
		c.turn(usualPercent, sendingPercent)
	}
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.sending--; c.sending == 0 {
			c.turn(sendingPercent, usualPercent)
		}
	}
}

// turn goes from one percentage to another, unless it was neither's.
func (c *collector) turn(from, to int) {
	if was := debug.SetGCPercent(to); was != from {
		debug.SetGCPercent(was)
	}
}
