package people

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"unoxuno/internal/people/db"
	"unoxuno/internal/people/index"
	"unoxuno/internal/storage"
)

// among writes an SQL condition that selects some people; personID is the expression of their identifier.
type among func(b *storage.Builder, personID string)

func everyone(b *storage.Builder, _ string) { b.Add("1 = 1") }

// tell receives the people who have a word of a fact. It must not keep the list.
type tell func(index.Fact, []int64)

// wordLists collects the people who have each word of a fact.
type wordLists map[string]*[]int64

func (w wordLists) add(word []byte, person int64) {
	list := w[string(word)] // the look-up copies no text
	if list == nil {
		list = new([]int64)
		w[string(word)] = list
	}
	*list = append(*list, person)
}

// tell passes on what was collected, and keeps the memory for more.
func (w wordLists) tell(fact string, to tell) {
	for word, list := range w {
		to(index.Fact{Name: fact, Word: word}, *list)
		*list = (*list)[:0]
	}
}

// indexReader reads what the index holds.
type indexReader struct {
	db            *storage.DB
	subscriptions Subscriptions
}

// page is the number of people read at a time, so that no statement takes long and no text is large.
const page = 50_000

// readPeople reads people in order, with the facts of their rows.
func (r indexReader) readPeople(ctx context.Context, who among, put func(index.Person), to tell) error {
	var b storage.Builder
	b.Add("SELECT x.id, x.born, x.since, x.cell_key, x.kind, x.place, x.language FROM people_person x WHERE ")
	who(&b, "x.id")
	b.Add(" ORDER BY x.id")
	var p index.Person
	var kind, place, language sql.RawBytes
	kinds, places, languages, n := wordLists{}, wordLists{}, wordLists{}, 0
	told := func() {
		kinds.tell("kind", to)
		places.tell("place", to)
		languages.tell("language", to)
	}
	err := r.each(ctx, &b, []any{&p.ID, &p.Born, &p.Since, &p.Key, &kind, &place, &language}, func() error {
		put(p)
		kinds.add(kind, p.ID)
		places.add(place, p.ID)
		languages.add(language, p.ID)
		if n++; n%page == 0 {
			told()
		}
		return nil
	})
	told()
	return err
}

// otherFacts returns the facts that other tables than people_person hold.
func otherFacts() []string {
	names := []string{"wants", "who", "channels", factConsents}
	for _, tie := range Ties() {
		names = append(names, string(tie))
	}
	return names
}

// writeFact writes a SELECT of a fact's words and of the people who have each.
func (r indexReader) writeFact(b *storage.Builder, fact string, who among) {
	switch fact {
	case "who":
		b.Add("SELECT x.category AS word, x.person_id AS person FROM people_who x WHERE ")
	case "wants":
		b.Add("SELECT x.topic AS word, x.person_id AS person FROM people_wants x WHERE ")
	case "channels":
		b.Add("SELECT x.channel AS word, x.person_id AS person FROM people_address x WHERE x.verified_at > 0 AND ")
	case factConsents:
		b.Add("SELECT x.purpose AS word, x.person_id AS person FROM people_consenting x WHERE ")
	default:
		r.subscriptions.Tied(b, Tie(fact), who)
		return
	}
	who(b, "x.person_id")
}

// readFact passes on the people who have each word of the fact. The query returns one text, "word person word person
// …", because reading row by row took half as long again on SQLite. Words are slugs and contain no space.
func (r indexReader) readFact(ctx context.Context, fact string, who among, to tell) error {
	var b storage.Builder
	b.Add("SELECT coalesce(string_agg(f.word || ' ' || f.person, ' '), '') FROM (")
	r.writeFact(&b, fact, who)
	b.Add(") f")
	var text sql.RawBytes
	return r.each(ctx, &b, []any{&text}, func() error {
		found := wordLists{}
		for rest := []byte(text); len(rest) > 0; {
			var word, person []byte
			word, rest, _ = bytes.Cut(rest, []byte{' '})
			person, rest, _ = bytes.Cut(rest, []byte{' '})
			id, err := strconv.ParseInt(string(person), 10, 64)
			if err != nil {
				return err
			}
			found.add(word, id)
		}
		found.tell(fact, to)
		return nil
	})
}

// each scans every row of a query into into.
func (r indexReader) each(ctx context.Context, b *storage.Builder, into []any, row func() error) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("index of people: %w", err)
		}
	}()
	rows, err := r.db.QueryContext(ctx, b.SQL(), b.Args()...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := row(); err != nil {
			return err
		}
	}
	return rows.Err()
}

// indexMost is the largest number of people in an index, which then takes some 300 megabytes. With more people the
// database counts.
const indexMost = 10_000_000

var errTooMany = errors.New("index of people: there are too many")

// everything reads all people into a new index, two facts at a time.
func (r indexReader) everything(ctx context.Context) (*index.Index, error) {
	size, err := db.New(r.db).CountPeople(ctx)
	if err != nil {
		return nil, err
	}
	if size > indexMost {
		return nil, errTooMany
	}
	x := index.New(int(size))
	if err := r.readPeople(ctx, everyone, x.Put, x.Tell); err != nil {
		return nil, err
	}
	pages := conditions(x.Blocks(page))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(2)
	for _, fact := range otherFacts() {
		work.Go(func() error {
			for _, who := range pages {
				if err := r.readFact(ctx, fact, who, x.Tell); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	x.Pack()
	return x, nil
}

// news is the current data of the people in some blocks.
type news struct {
	blocks  []index.Block
	persons []index.Person
	facts   []saidOf
}

type saidOf struct {
	index.Fact
	persons []int64
}

// newsOf reads the people in blocks; errTooMany if there are more than most.
func (r indexReader) newsOf(ctx context.Context, blocks []index.Block, most int) (news, error) {
	n := news{blocks: blocks}
	put := func(p index.Person) { n.persons = append(n.persons, p) }
	to := func(f index.Fact, persons []int64) { n.facts = append(n.facts, saidOf{f, slices.Clone(persons)}) }
	for _, who := range conditions(blocks) {
		if err := r.readPeople(ctx, who, put, to); err != nil {
			return n, err
		}
		if len(n.persons) > most {
			return n, errTooMany
		}
		for _, fact := range otherFacts() {
			if err := r.readFact(ctx, fact, who, to); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// conditions returns conditions that together select the people of all blocks: one for each large block, and one for
// every few hundred single people.
func conditions(blocks []index.Block) []among {
	var list []among
	var alone []any
	for _, b := range blocks {
		if b.First == b.Last {
			alone = append(alone, b.First)
			continue
		}
		list = append(list, func(w *storage.Builder, personID string) { w.Add(personID+" BETWEEN ? AND ?", b.First, b.Last) })
	}
	const atOnce = 512
	for some := range slices.Chunk(alone, atOnce) {
		for len(some)&(len(some)-1) != 0 { // repeat the last one up to a power of two: few different texts to prepare
			some = append(slices.Clip(some), some[len(some)-1])
		}
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(some)), ", ")
		list = append(list, func(w *storage.Builder, personID string) { w.Add(personID+" IN ("+marks+")", some...) })
	}
	return list
}

// apply updates the index.
func (n news) apply(x *index.Index) {
	x.Forget(n.blocks)
	slices.SortFunc(n.persons, func(a, b index.Person) int { return cmp.Compare(a.ID, b.ID) })
	for _, p := range n.persons {
		x.Put(p)
	}
	for _, f := range n.facts {
		x.Tell(f.Fact, f.persons)
	}
}
