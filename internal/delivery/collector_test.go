package delivery

import (
	"runtime/debug"
	"testing"
)

// percent is the collector's percentage now.
func percent() int {
	now := debug.SetGCPercent(usualPercent)
	debug.SetGCPercent(now)
	return now
}

func TestGarbageWaitsWhileAnybodySends(t *testing.T) {
	before := debug.SetGCPercent(usualPercent)
	defer debug.SetGCPercent(before)
	var c collector
	first, second := c.ease(), c.ease()
	first()
	if got := percent(); got != sendingPercent {
		t.Errorf("%d while one still sends", got)
	}
	second()
	if got := percent(); got != usualPercent {
		t.Errorf("%d when all are done", got)
	}
	debug.SetGCPercent(50) // an operator's
	c.ease()()
	if got := percent(); got != 50 {
		t.Errorf("%d, the operator said 50", got)
	}
}
