package people

import (
	"context"
	"hash/maphash"

	"unoxuno/internal/people/db"
)

// seen remembers which addresses may be somebody's already, so that those which are nobody's need not be looked up: it
// is sure of what it has not seen, and wrong about one in a thousand of the others while there are some millions (a Bloom
// filter). Its memory does not grow. That nobody else writes the same addresses meanwhile is kept by their index.
type seen struct {
	bits []uint64
	seed maphash.Seed
	all  bool // people stood there before the import: any address may be somebody's
}

const (
	seenBits  = 1 << 25 // 4 MB
	seenMarks = 4       // bits of an address
)

// newSeen has seen what stands in the database before the import: nothing, or anything. Where chunks fly together it is to be mistaken in few of them, and has four times the memory.
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

// meet notes an address, and tells whether it may have been met before.
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
