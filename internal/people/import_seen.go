package people

import (
	"context"
	"hash/maphash"

	"unoxuno/internal/people/db"
)

// seen is a Bloom filter of addresses that may belong to somebody, so that new ones need not be looked up. It never
// misses an address that it has seen, and is wrong about one in a thousand others at some millions of addresses. Its
// size is fixed. If another program adds the same address meanwhile, the unique index reports it.
type seen struct {
	bits []uint64
	seed maphash.Seed
	all  bool // people existed before the import: any address may be known
}

const (
	seenBits  = 1 << 25 // 4 MB
	seenMarks = 4       // bits per address
)

// newSeen returns a filter with what the database has before the import: nothing, or anything. If chunks are in flight
// together a mistake costs more, so the filter is then four times as large.
func newSeen(ctx context.Context, q *db.Queries, together int) (*seen, error) {
	n, err := q.SomeAddresses(ctx)
	if err != nil || n > 0 {
		return &seen{all: true}, err
	}
	bits := seenBits
	if together > 1 {
		bits *= 4
	}
	return &seen{bits: make([]uint64, bits/64), seed: maphash.MakeSeed()}, nil
}

// meet adds an address and tells whether it may have been seen before.
func (s *seen) meet(key addressKey) bool {
	if s.all {
		return true
	}
	h := maphash.Comparable(s.seed, key)
	step, known := h>>32|1, true
	for range seenMarks {
		at := h % uint64(64*len(s.bits))
		bit := uint64(1) << (at % 64)
		known = known && s.bits[at/64]&bit != 0
		s.bits[at/64] |= bit
		h += step
	}
	return known
}
