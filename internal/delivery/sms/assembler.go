package sms

import (
	"bytes"
	"context"
	"sync"
	"time"

	"unoxuno/internal/clock"
)

// What an assembler holds at most. Whoever sends more, or leaves a message unfinished for longer, has it taken as it is.
const (
	maxPending    = 1000             // messages
	maxOctets     = 4 << 20          // of all their parts
	maxUnfinished = 10 * time.Minute // since the last part
)

// partKey says of which message a part is.
type partKey struct {
	from, to  string
	reference uint16
	total     int
}

// pending is a long message of which parts have come.
type pending struct {
	letter inboundPart // the first that came, without its octets
	parts  [][]byte
	have   int
	size   int
	last   time.Time
	done   bool // it was handed over, and is kept to recognise parts that come again
}

// inboundPart is one message as the network brought it.
type inboundPart struct {
	from   Number
	to     string
	coding byte
	octets []byte // septets one an octet, or UTF-16BE
}

// assembler joins the parts of long inbound messages.
type assembler struct {
	clock clock.Clock
	hand  func(ctx context.Context, m Inbound) error

	mu      sync.Mutex
	pending map[partKey]*pending
	size    int
}

func newAssembler(c clock.Clock, hand func(context.Context, Inbound) error) *assembler {
	return &assembler{clock: c, hand: hand, pending: map[partKey]*pending{}}
}

// add takes a part, and hands the message over when it was the last. On an error the part is not taken.
func (a *assembler) add(ctx context.Context, at concatenation, p inboundPart) error {
	key := partKey{p.from.String(), p.to, at.reference, at.total}
	whole, given := a.put(key, at.n, p)
	if given != nil {
		if err := a.give(ctx, key, given); err != nil {
			return err
		}
		return a.add(ctx, at, p)
	}
	if whole == nil {
		return a.makeRoom(ctx)
	}
	if err := a.hand(ctx, whole.message()); err != nil {
		a.takeBack(whole, at.n)
		return err
	}
	a.finish(whole)
	return nil
}

// put keeps a part. whole is the message when all are there; given is another message of the same name, whose part this
// one contradicts.
func (a *assembler) put(key partKey, n int, p inboundPart) (whole, given *pending) {
	a.mu.Lock()
	defer a.mu.Unlock()
	m := a.pending[key]
	if m != nil && m.parts[n-1] != nil {
		if bytes.Equal(m.parts[n-1], p.octets) {
			return nil, nil // come again
		}
		if !m.done {
			return nil, m
		}
		a.drop(key, m)
		m = nil
	}
	if m == nil {
		m = &pending{letter: p, parts: make([][]byte, key.total)}
		m.letter.octets = nil
		a.pending[key] = m
	}
	m.parts[n-1] = append([]byte{}, p.octets...)
	m.have++
	m.size += len(p.octets)
	a.size += len(p.octets)
	m.last = a.clock.Now()
	if m.have == key.total {
		return m, nil
	}
	return nil, nil
}

func (a *assembler) takeBack(m *pending, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	m.size -= len(m.parts[n-1])
	a.size -= len(m.parts[n-1])
	m.parts[n-1] = nil
	m.have--
}

func (a *assembler) finish(m *pending) {
	a.mu.Lock()
	defer a.mu.Unlock()
	m.done = true
}

func (a *assembler) forget(key partKey, m *pending) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.pending[key] == m {
		a.drop(key, m)
	}
}

func (a *assembler) drop(key partKey, m *pending) {
	a.size -= m.size
	delete(a.pending, key)
}

// makeRoom hands over the oldest messages while there are too many.
func (a *assembler) makeRoom(ctx context.Context) error {
	for {
		a.mu.Lock()
		if len(a.pending) <= maxPending && a.size <= maxOctets {
			a.mu.Unlock()
			return nil
		}
		var oldest partKey
		for key, m := range a.pending {
			if o := a.pending[oldest]; o == nil || m.last.Before(o.last) {
				oldest = key
			}
		}
		m := a.pending[oldest]
		a.mu.Unlock()
		if err := a.give(ctx, oldest, m); err != nil {
			return err
		}
	}
}

// sweep hands over what has waited for its other parts for too long, or all there is.
func (a *assembler) sweep(ctx context.Context, all bool) {
	limit := a.clock.Now().Add(-maxUnfinished)
	a.mu.Lock()
	old := map[partKey]*pending{}
	for key, m := range a.pending {
		if all || m.last.Before(limit) {
			old[key] = m
		}
	}
	a.mu.Unlock()
	for key, m := range old {
		_ = a.give(ctx, key, m) // it stays, and is swept again
	}
}

func (a *assembler) give(ctx context.Context, key partKey, m *pending) error {
	a.mu.Lock()
	done, message := m.done, m.message()
	a.mu.Unlock()
	if !done {
		if err := a.hand(ctx, message); err != nil {
			return err
		}
	}
	a.forget(key, m)
	return nil
}

// message is what there is of the message.
func (m *pending) message() Inbound {
	return Inbound{
		From: m.letter.from, To: m.letter.to, Text: textOf(m.letter.coding, bytes.Join(m.parts, nil)),
		Incomplete: m.have < len(m.parts),
	}
}
