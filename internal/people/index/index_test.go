package index_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"unoxuno/internal/people/index"
)

// model is the simplest possible index.
type model map[int64]*modelled

type modelled struct {
	index.Person
	facts map[index.Fact]bool
}

func (m model) where(is func(*modelled) bool) []int64 {
	ids := []int64{}
	for _, id := range slices.Sorted(maps.Keys(m)) {
		if is(m[id]) {
			ids = append(ids, id)
		}
	}
	return ids
}

func facts() []index.Fact {
	return []index.Fact{{Name: "wants", Word: "teatro"}, {Name: "wants", Word: "sport"}, {Name: "place"}, {Name: "place", Word: "centro"}}
}

func days() *rapid.Generator[int32] {
	return rapid.SampledFrom([]int32{0, 19800101, 19991231, 20000101, 20260101})
}

// check compares every set that the index can return, alone and combined.
func (m model) check(t *rapid.T, x *index.Index) {
	same := func(what string, set index.Set, is func(*modelled) bool) {
		t.Helper()
		if got, want := x.IDs(set), m.where(is); !slices.Equal(got, want) {
			t.Fatalf("%s: index %v, model %v", what, got, want)
		}
		if set.Len() != int64(len(m.where(is))) {
			t.Fatalf("%s: counted %d", what, set.Len())
		}
	}
	same("everybody", x.Everybody(), func(*modelled) bool { return true })
	for _, f := range facts() {
		same(fmt.Sprint(f), x.Having(f), func(p *modelled) bool { return p.facts[f] })
	}
	a, b := facts()[0], facts()[1]
	same("and", x.Having(a).And(x.Having(b)), func(p *modelled) bool { return p.facts[a] && p.facts[b] })
	same("or", x.Having(a).Or(x.Having(b)), func(p *modelled) bool { return p.facts[a] || p.facts[b] })
	same("without", x.Having(a).Without(x.Having(b)), func(p *modelled) bool { return p.facts[a] && !p.facts[b] })
	if x.Having(a).LenAnd(x.Having(b)) != x.Having(a).And(x.Having(b)).Len() {
		t.Fatal("LenAnd counts otherwise than And and Len")
	}
	from, to := days().Draw(t, "from"), days().Draw(t, "to")
	same("born", x.Born(from, to), func(p *modelled) bool { return p.Born > 0 && p.Born >= from && p.Born <= to })
	same("since", x.Since(from, index.Forever), func(p *modelled) bool { return p.Since > 0 && p.Since >= from })
}

// After any sequence of Put, Tell and Forget the index agrees with the model.
func TestIndexFindsWhomTheModelFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, m := index.New(0), model{}
		ids := rapid.Int64Range(1, 200)
		fact := rapid.SampledFrom(facts())
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				p := index.Person{ID: ids.Draw(t, "id"), Born: days().Draw(t, "born"), Since: days().Draw(t, "since")}
				x.Put(p)
				if m[p.ID] == nil {
					m[p.ID] = &modelled{facts: map[index.Fact]bool{}}
				}
				m[p.ID].Person = p
			},
			"tell": func(t *rapid.T) {
				f, id := fact.Draw(t, "fact"), ids.Draw(t, "id")
				x.Tell(f, []int64{id})
				if m[id] != nil {
					m[id].facts[f] = true
				}
			},
			"forget": func(t *rapid.T) {
				first := ids.Draw(t, "first")
				b := index.Block{First: first, Last: first + rapid.Int64Range(0, 30).Draw(t, "more")}
				x.Forget([]index.Block{b})
				maps.DeleteFunc(m, func(id int64, _ *modelled) bool { return id >= b.First && id <= b.Last })
			},
			"": func(t *rapid.T) { m.check(t, x) },
		})
	})
}

// Telling many people at once equals telling them one by one, in any order, and packing changes nothing.
func TestManyToldAtOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one, other := index.New(0), index.New(0)
		ids := rapid.Int64Range(1, 300)
		for _, id := range rapid.SliceOf(ids).Draw(t, "people") {
			one.Put(index.Person{ID: id})
			other.Put(index.Person{ID: id})
		}
		told := rapid.SliceOf(ids).Draw(t, "told")
		if rapid.Bool().Draw(t, "in order") {
			slices.Sort(told)
		}
		f := facts()[0]
		one.Tell(f, told)
		one.Pack()
		for _, id := range told {
			other.Tell(f, []int64{id})
		}
		if a, b := one.IDs(one.Having(f)), other.IDs(other.Having(f)); !slices.Equal(a, b) {
			t.Fatalf("at once %v, one by one %v", a, b)
		}
	})
}

// With many people the bitmaps have several roaring containers of 65,536.
func TestIndexOfManyPeople(t *testing.T) {
	x, even := index.New(0), index.Fact{Name: "even"}
	const many = 200_000
	for id := range int64(many) {
		x.Put(index.Person{ID: id * 3, Born: int32(19000101 + id%1000)})
	}
	var told []int64
	for id := int64(0); id < many; id += 2 {
		told = append(told, id*3)
	}
	x.Tell(even, told)
	x.Pack()
	x.Forget([]index.Block{{First: 0, Last: 3 * 99_999}})
	if got := []int64{x.Everybody().Len(), x.Having(even).Len(), x.Born(19000101, 19000200).LenAnd(x.Having(even))}; !slices.Equal(got, []int64{100_000, 50_000, 5_000}) {
		t.Errorf("everybody, even, born in the first hundred days and even: %v", got)
	}
	if x.Bytes() < many*16 || x.Bytes() > many*40 {
		t.Errorf("%d bytes for %d people", x.Bytes(), many)
	}
}
