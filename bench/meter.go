package main

import (
	"sync"

	"unoxuno/internal/delivery/deliverytest"
)

// meter lets wait until the mail server has taken so many mails.
type meter struct {
	mu    sync.Mutex
	taken int
	broke int // times that the other rule refused
	waits map[chan struct{}]int
}

func newMeter() *meter { return &meter{waits: map[chan struct{}]int{}} }

// reached is closed when that many mails have been taken.
func (m *meter) reached(many int) <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := make(chan struct{})
	if m.taken >= many {
		close(c)
		return c
	}
	m.waits[c] = many
	return c
}

// misbehaved is how often the other rule refused.
func (m *meter) misbehaved() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.broke
}

// rule counts, and lets another rule decide.
func (m *meter) rule(other func(deliverytest.Attempt) error) func(deliverytest.Attempt) error {
	return func(a deliverytest.Attempt) error {
		if a.Stage == deliverytest.AtReply {
			m.count(a.Taken)
		}
		if other == nil {
			return nil
		}
		err := other(a)
		if err != nil {
			m.mu.Lock()
			m.broke++
			m.mu.Unlock()
		}
		return err
	}
}

func (m *meter) count(taken int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.taken = max(m.taken, taken)
	for c, many := range m.waits {
		if m.taken >= many {
			close(c)
			delete(m.waits, c)
		}
	}
}
