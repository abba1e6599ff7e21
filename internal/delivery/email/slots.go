package email

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// slots are the rights to a connection. Their number follows what the relay bears: it shrinks when the relay turns us
// away, and grows by one after every so many messages that it took.
type slots struct {
	most    int
	queued  atomic.Int32 // how many wait
	limited atomic.Bool  // limit is below most

	mu      sync.Mutex
	limit   int
	used    int
	taken   int // messages taken since the limit changed last
	waiting []chan struct{}
}

// regrowth is how many messages must be taken before one more connection is tried after the relay turned one away.
const regrowth = 200

func newSlots(most int) *slots { return &slots{most: most, limit: most} }

// acquire waits for a slot.
func (s *slots) acquire(ctx context.Context) error {
	turn := s.queue()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		s.leave(turn)
		return ctx.Err()
	}
}

// queue is closed when a slot is ours.
func (s *slots) queue() (turn chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	turn = make(chan struct{})
	s.waiting = append(s.waiting, turn)
	s.admit()
	return turn
}

// leave gives up waiting, and the slot if it has come.
func (s *slots) leave(turn chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := slices.Index(s.waiting, turn); at >= 0 {
		s.waiting = slices.Delete(s.waiting, at, at+1)
	} else {
		s.used--
	}
	s.admit()
}

func (s *slots) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used--
	s.admit()
}

// admit gives free slots to those who wait longest.
func (s *slots) admit() {
	for s.used < s.limit && len(s.waiting) > 0 {
		s.used++
		close(s.waiting[0])
		s.waiting = s.waiting[1:]
	}
	s.queued.Store(int32(len(s.waiting)))
}

// wanted tells whether somebody waits for a slot.
func (s *slots) wanted() bool { return s.queued.Load() > 0 }

// earn counts a message that the relay took; many of them earn one more slot.
func (s *slots) earn() {
	if !s.limited.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken++; s.taken >= regrowth && s.limit < s.most {
		s.taken = 0
		s.limit++
		s.limited.Store(s.limit < s.most)
		s.admit()
	}
}

// shrink makes the slots as few as the connections that the relay is known to bear.
func (s *slots) shrink(borne int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit, s.taken = min(s.limit, max(1, borne)), 0
	s.limited.Store(s.limit < s.most)
}

func (s *slots) state() (used, limit int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used, s.limit
}
