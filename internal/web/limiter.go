package web

import (
	"container/heap"
	"sync"
	"time"

	"unoxuno/internal/fault"
)

// Limiter lets each key do something a few times at once and then at a steady pace. It is kept in memory: each node
// counts for itself. The zero value is not ready; use NewLimiter.
//
// A key owes every for each time it was allowed, and time pays it back. A key that owes nothing need not be remembered.
// Memory is bounded: past limiterKeys the key that owes least is forgotten first. So nobody makes the limiter forget a
// key by asking under many others, unless each of those owes more (GCRA, ITU-T I.371).
type Limiter struct {
	every time.Duration
	burst int
	room  int
	now   func() time.Time

	mu    sync.Mutex
	debts map[string]*debt
	least debtHeap
}

// limiterKeys bounds the memory of a Limiter: about 10 MB when full.
const limiterKeys = 50_000

// NewLimiter allows burst at once for each key, and then one every so long. now is the clock's.
func NewLimiter(burst int, every time.Duration, now func() time.Time) *Limiter {
	return &Limiter{every: every, burst: burst, room: limiterKeys, now: now, debts: map[string]*debt{}}
}

// Allow is nil while the key keeps to its pace, and a fault of KindTooMany else.
func (l *Limiter) Allow(key string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.forget(now)
	d, known := l.debts[key]
	if !known {
		d = &debt{key: key, paid: now}
	}
	most := time.Duration(l.burst) * l.every
	if d.paid.Sub(now) > most { // nobody can owe that: the clock had run ahead
		d.paid = now
	}
	paid := later(d.paid, now).Add(l.every)
	if paid.Sub(now) > most {
		return fault.TooMany("web.too_many")
	}
	d.paid = paid
	if known {
		heap.Fix(&l.least, d.at)
		return nil
	}
	if len(l.least) >= l.room {
		delete(l.debts, l.least[0].key)
		heap.Pop(&l.least)
	}
	l.debts[key] = d
	heap.Push(&l.least, d)
	return nil
}

// forget drops the keys that owe nothing any more.
func (l *Limiter) forget(now time.Time) {
	for len(l.least) > 0 && !l.least[0].paid.After(now) {
		delete(l.debts, l.least[0].key)
		heap.Pop(&l.least)
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// debt is what a key owes: nothing more at the time paid. at is its place in the heap.
type debt struct {
	key  string
	paid time.Time
	at   int
}

// debtHeap has the key on top that owes least.
type debtHeap []*debt

func (h debtHeap) Len() int           { return len(h) }
func (h debtHeap) Less(i, j int) bool { return h[i].paid.Before(h[j].paid) }

func (h debtHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].at, h[j].at = i, j
}

// Push and Pop are container/heap's.
func (h *debtHeap) Push(x any) {
	d, _ := x.(*debt)
	d.at = len(*h)
	*h = append(*h, d)
}

// Pop takes the last element.
func (h *debtHeap) Pop() any {
	last := len(*h) - 1
	d := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return d
}
