package index

import (
	"slices"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
)

// Fact is something that is true of some people: of the fact named wants, the word teatro.
type Fact struct{ Name, Word string }

// Person is who can be found. Dates are yyyymmdd; 0 is unknown.
type Person struct {
	ID          int64
	Born, Since int32
	Key         int64 // her secret number; see package disclosure
}

// Block is a range of identifiers, both ends included.
type Block struct{ First, Last int64 }

// Index answers which people some facts are true of. Many may ask at once while nobody
// changes it.
type Index struct {
	// ids are the people's identifiers by their number; they never fall, so that a number is found by halving. Somebody
	// met after others with greater identifiers stands in strays, and the last identifier is repeated at her number.
	ids         []int64
	strays      map[int64]uint32
	born, since []int32
	keys        []int64
	everybody   *roaring.Bitmap
	making      sync.Mutex // guards the map alone
	sets        map[Fact]*roaring.Bitmap
}

// New is an index with room for some people.
func New(people int) *Index {
	return &Index{
		ids: make([]int64, 0, people), born: make([]int32, 0, people), since: make([]int32, 0, people),
		keys:   make([]int64, 0, people),
		strays: map[int64]uint32{}, everybody: roaring.New(), sets: map[Fact]*roaring.Bitmap{},
	}
}

// Len is how many people the index holds.
func (x *Index) Len() int { return int(x.everybody.GetCardinality()) } //nolint:gosec // at most 2³²

// Bytes is about how much memory the index takes.
func (x *Index) Bytes() uint64 {
	const stray = 32 // a map's entry with its share of empty ones
	bytes := uint64(cap(x.ids))*8 + uint64(cap(x.born))*4 + uint64(cap(x.since))*4 + uint64(cap(x.keys))*8 + uint64(len(x.strays))*stray +
		x.everybody.GetSizeInBytes()
	for _, set := range x.sets {
		bytes += set.GetSizeInBytes()
	}
	return bytes
}

// Put adds somebody, or gives her other dates.
func (x *Index) Put(p Person) {
	n, known := x.number(p.ID)
	if !known {
		n = x.meet(p.ID)
	}
	x.everybody.Add(n)
	x.born[n], x.since[n], x.keys[n] = p.Born, p.Since, p.Key
}

// meet gives a number to somebody new.
func (x *Index) meet(id int64) uint32 {
	n := uint32(len(x.ids)) //nolint:gosec // more people than 2³² are nowhere
	if last := len(x.ids) - 1; last >= 0 && id < x.ids[last] {
		x.strays[id] = n
		id = x.ids[last]
	}
	x.ids, x.born, x.since, x.keys = append(x.ids, id), append(x.born, 0), append(x.since, 0), append(x.keys, 0)
	return n
}

// number is the number of somebody who was met.
func (x *Index) number(id int64) (n uint32, known bool) {
	at, found := slices.BinarySearch(x.ids, id) // of equals the first: never a stray's place
	if found {
		return uint32(at), true //nolint:gosec // at most 2³²
	}
	n, known = x.strays[id]
	return n, known
}

// Tell notes that the fact is true of people, best told in the order of their identifiers; those whom the index does not
// hold are passed over. While nothing else changes the index, several may tell at the same time, each other facts.
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

// set is the set of whom the fact is true, to be added to.
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

// seek is the place of an identifier in ids, or where it would be, looked for in steps that double from near on.
func (x *Index) seek(id int64, near int) (at int, found bool) {
	from, to := 0, len(x.ids)
	if near < len(x.ids) && x.ids[near] <= id {
		from = near
		for step := 1; from+step < len(x.ids) && x.ids[from+step] < id; step *= 2 {
			from += step
		}
		// The next step would have been as long as all before it and one more.
		to = min(to, 2*from-near+2)
	} else {
		to = min(to, near+1)
	}
	at, found = slices.BinarySearch(x.ids[from:to], id)
	return from + at, found
}

// Pack brings the sets into their smallest form, once many people are told of.
func (x *Index) Pack() {
	pack := func(set *roaring.Bitmap) *roaring.Bitmap {
		set.RunOptimize()
		return set.Clone() // without the room left for growth
	}
	x.everybody = pack(x.everybody)
	for f, set := range x.sets {
		x.sets[f] = pack(set)
	}
}

// Blocks are blocks of at most so many people each, which together hold everybody.
func (x *Index) Blocks(people int) []Block {
	var blocks []Block
	for ids := range slices.Chunk(x.ids, people) {
		blocks = append(blocks, Block{ids[0], ids[len(ids)-1]})
	}
	return blocks
}

// Forget takes the people of the blocks out of the index, with all that was true of them.
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
