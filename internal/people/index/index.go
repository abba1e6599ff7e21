package index

import (
	"slices"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
)

// Fact is a value that people can have, such as the word teatro of the fact wants.
type Fact struct{ Name, Word string }

// Person is a person in the index. Dates are yyyymmdd; 0 is unknown.
type Person struct {
	ID          int64
	Born, Since int32
	Key         int64 // secret; see package disclosure
}

// Block is a range of identifiers, including both ends.
type Block struct{ First, Last int64 }

// Index finds the people who have some facts. Many goroutines may read it while nobody changes it.
type Index struct {
	// ids are the people's identifiers by number, in ascending order, so that a number is found by binary search. A
	// person added after others with greater identifiers is in strays, and at her number the previous identifier is
	// repeated.
	ids         []int64
	strays      map[int64]uint32
	born, since []int32
	keys        []int64
	everybody   *roaring.Bitmap
	making      sync.Mutex // guards only the map
	sets        map[Fact]*roaring.Bitmap
}

// New returns an index with room for people people.
func New(people int) *Index {
	return &Index{
		ids: make([]int64, 0, people), born: make([]int32, 0, people), since: make([]int32, 0, people),
		keys:   make([]int64, 0, people),
		strays: map[int64]uint32{}, everybody: roaring.New(), sets: map[Fact]*roaring.Bitmap{},
	}
}

// Len returns the number of people in the index.
func (x *Index) Len() int { return int(x.everybody.GetCardinality()) } //nolint:gosec // at most 2³²

// Bytes estimates the memory that the index takes.
func (x *Index) Bytes() uint64 {
	const stray = 32 // a map entry, with its share of empty ones
	bytes := uint64(cap(x.ids))*8 + uint64(cap(x.born))*4 + uint64(cap(x.since))*4 + uint64(cap(x.keys))*8 + uint64(len(x.strays))*stray +
		x.everybody.GetSizeInBytes()
	for _, set := range x.sets {
		bytes += set.GetSizeInBytes()
	}
	return bytes
}

// Put adds a person, or changes her dates.
func (x *Index) Put(p Person) {
	n, known := x.number(p.ID)
	if !known {
		n = x.meet(p.ID)
	}
	x.everybody.Add(n)
	x.born[n], x.since[n], x.keys[n] = p.Born, p.Since, p.Key
}

// meet gives a new person a number.
func (x *Index) meet(id int64) uint32 {
	n := uint32(len(x.ids)) //nolint:gosec // nobody has more than 2³² people
	if last := len(x.ids) - 1; last >= 0 && id < x.ids[last] {
		x.strays[id] = n
		id = x.ids[last]
	}
	x.ids, x.born, x.since, x.keys = append(x.ids, id), append(x.born, 0), append(x.since, 0), append(x.keys, 0)
	return n
}

// number returns the number of a known person.
func (x *Index) number(id int64) (n uint32, known bool) {
	at, found := slices.BinarySearch(x.ids, id) // of equal ones the first, which is never a stray's place
	if found {
		return uint32(at), true //nolint:gosec // at most 2³²
	}
	n, known = x.strays[id]
	return n, known
}

// Tell adds the fact to people, fastest in the order of their identifiers. It skips people who are not in the index.
// Several goroutines may call Tell at once, each for other facts, while nothing else changes the index.
func (x *Index) Tell(f Fact, ids []int64) {
	numbers := make([]uint32, 0, len(ids))
	near := 0
	for _, id := range ids {
		var n uint32
		var known bool
		if near, known = x.seek(id, near); known {
			n = uint32(near) //nolint:gosec // at most 2³²
		} else {
			n, known = x.strays[id]
		}
		if known && x.everybody.Contains(n) {
			numbers = append(numbers, n)
		}
	}
	x.set(f).AddMany(numbers)
}

// set returns the set of people who have the fact, to be extended.
func (x *Index) set(f Fact) *roaring.Bitmap {
	x.making.Lock()
	defer x.making.Unlock()
	set := x.sets[f]
	if set == nil {
		set = roaring.New()
		x.sets[f] = set
	}
	return set
}

// seek finds an identifier in ids, or the place where it would be, in steps that double from near on.
func (x *Index) seek(id int64, near int) (at int, found bool) {
	from, to := 0, len(x.ids)
	if near < len(x.ids) && x.ids[near] <= id {
		from = near
		for step := 1; from+step < len(x.ids) && x.ids[from+step] < id; step *= 2 {
			from += step
		}
		// The next step would be as long as all steps before it plus one.
		to = min(to, 2*from-near+2)
	} else {
		to = min(to, near+1)
	}
	at, found = slices.BinarySearch(x.ids[from:to], id)
	return from + at, found
}

// Pack compresses the sets after many people were added.
func (x *Index) Pack() {
	pack := func(set *roaring.Bitmap) *roaring.Bitmap {
		set.RunOptimize()
		return set.Clone() // without spare capacity
	}
	x.everybody = pack(x.everybody)
	for f, set := range x.sets {
		x.sets[f] = pack(set)
	}
}

// Blocks returns blocks of at most people people each that together contain everybody.
func (x *Index) Blocks(people int) []Block {
	var blocks []Block
	for ids := range slices.Chunk(x.ids, people) {
		blocks = append(blocks, Block{ids[0], ids[len(ids)-1]})
	}
	return blocks
}

// Forget removes the people in the blocks from the index, with all their facts.
func (x *Index) Forget(blocks []Block) {
	gone := roaring.New()
	for _, b := range blocks {
		from, _ := slices.BinarySearch(x.ids, b.First)
		for n := from; n < len(x.ids) && x.ids[n] <= b.Last; n++ {
			if n == 0 || x.ids[n] != x.ids[n-1] { // a repeated one is a stray's place
				gone.Add(uint32(n)) //nolint:gosec // at most 2³²
			}
		}
		for id, n := range x.strays {
			if id >= b.First && id <= b.Last {
				gone.Add(n)
			}
		}
	}
	x.everybody.AndNot(gone)
	for _, set := range x.sets {
		set.AndNot(gone)
	}
}
