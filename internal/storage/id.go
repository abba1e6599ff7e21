package storage

import (
	"math/rand/v2"
	"sync"
	"time"
)

// idEpoch is 2020-01-01T00:00:00Z in unix milliseconds: identifiers count from there.
const idEpoch = 1_577_836_800_000

// counterBits is what remains of 63 bits after 41 for the milliseconds, which last until 2089.
const counterBits = 22

type idMaker struct {
	mu   sync.Mutex
	last int64
}

var ids = &idMaker{}

// NewID makes an identifier. It is positive, grows within this process, and starts at random in each millisecond: two
// nodes that make one in the same millisecond collide once in four million times. It needs no database, so rows that
// refer to each other can be prepared before they are loaded.
func NewID() int64 {
	ids.mu.Lock()
	defer ids.mu.Unlock()
	now := (time.Now().UnixMilli() - idEpoch) << counterBits
	if now > ids.last {
		// The random start leaves the upper half of the counter free for the rest of the millisecond.
		ids.last = now | rand.Int64N(1<<(counterBits-1))
	} else {
		ids.last++
	}
	return ids.last
}
