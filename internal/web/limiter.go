package web

import (
	"container/heap"
	"sync"
	"time"

	"unoxuno/internal/fault"
)

// Limiter allows each key some requests at once and then a steady rate. It is in memory: each node counts for itself.
// The zero value is not usable; use NewLimiter.
//
// It is a GCRA (ITU-T I.371): each allowed request adds every to the key's debt, and time pays it back. A key without
// debt need not be remembered. Memory is limited: beyond limiterKeys the key with the least debt is forgotten first, so
// nobody can make the limiter forget a key by using many others, unless each of these owes more.
type Limiter struct {
	every time.Duration
	burst int
	room  int
	now   func() time.Time

	mu    sync.Mutex
	debts map[string]*debt
	least debtHeap
}

// limiterKeys limits the memory of a Limiter to about 10 MB.
const limiterKeys = 50_000

// NewLimiter allows burst requests at once for each key, and then one per every. now returns the time.
func NewLimiter(burst int, every time.Duration, now func() time.Time) *Limiter {
	return &Limiter{every: every, burst: burst, room: limiterKeys, now: now, debts: map[string]*debt{}}
}

// Allow returns nil if the key is within its limit, and otherwise a fault of KindTooMany.
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
	if d.paid.Sub(now) > most { // no key can owe that much: the clock had run ahead
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

// forget drops the keys without debt.
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

// debt is what a key owes: it is paid back at the time paid. at is its index in the heap.
type debt struct {
	key  string
	paid time.Time
	at   int
}

// debtHeap has the key with the least debt at the top.
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
