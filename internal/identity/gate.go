package identity

import (
	"context"
	"runtime"
	"sync"
	"time"

	"unoxuno/internal/fault"
)

// The limits of password hashing. Each hash takes argonMemory; without a limit some dozens of concurrent attempts would
// take gigabytes.
const (
	gateSlots   = 2  // hashes at once, on a machine with as many cores
	gateWaiting = 32 // waiting for a slot; further requests are refused
	gateNetwork = 8  // of these, from one network, so that none fills the queue alone
	gateWait    = 10 * time.Second
)

// gate limits the number of concurrent password hashes.
type gate struct {
	slots chan struct{}

	mu     sync.Mutex
	inside int            // running or waiting
	from   map[string]int // the same, by network
}

func newGate() *gate {
	return &gate{slots: make(chan struct{}, min(gateSlots, runtime.GOMAXPROCS(0))), from: map[string]int{}}
}

// enter waits for a slot; leave releases it. If too many wait, or the slot does not come in time, the fault
// identity.busy is of KindUnavailable.
func (g *gate) enter(ctx context.Context, network string) (leave func(), err error) {
	if !g.queue(network) {
		return nil, fault.Unavailable("identity.busy")
	}
	patience := time.NewTimer(gateWait)
	defer patience.Stop()
	select {
	case g.slots <- struct{}{}:
		return func() { <-g.slots; g.unqueue(network) }, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-patience.C:
		err = fault.Unavailable("identity.busy")
	}
	g.unqueue(network)
	return nil, err
}

func (g *gate) queue(network string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside >= gateWaiting+cap(g.slots) || network != "" && g.from[network] >= gateNetwork {
		return false
	}
	g.inside++
	g.from[network]++
	return true
}

func (g *gate) unqueue(network string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	if g.from[network]--; g.from[network] == 0 {
		delete(g.from, network)
	}
}
