package people

import (
	"context"
	_ "embed" // the staging tables
	"fmt"
	"iter"
	"slices"

	"unoxuno/internal/people/db"
	"unoxuno/internal/storage"
)

// importTables defines the import's temporary tables. sqlc reads the same text.
//
//go:embed staging/import.sql
var importTables string

// load reads the people who have an address of the chunk.
func (b *batch) load(ctx context.Context, tx *storage.Tx, entries []entry) error {
	keys := keysOf(entries)
	if len(keys) == 0 {
		return nil
	}
	if err := tx.Staging(ctx, importTables); err != nil {
		return err
	}
	if _, err := tx.Load(ctx, "people_import_key", []string{"channel", "value"}, keyRows(keys)); err != nil {
		return err
	}
	if err := b.bring(ctx, tx); err != nil {
		return err
	}
	q := db.New(tx)
	people, err := q.ImportHolders(ctx)
	if err != nil || len(people) == 0 {
		return err
	}
	// The people that the chunk may change are held before they are read. A correction that one of them makes meanwhile
	// comes before or after, and is never overwritten.
	held, err := b.people.HoldAll(ctx, tx, people)
	if err != nil || len(held) == 0 {
		return err
	}
	if err := stagePeople(ctx, tx, held); err != nil {
		return err
	}
	return b.loadPeople(ctx, q)
}

func stagePeople(ctx context.Context, tx *storage.Tx, people []int64) error {
	_, err := tx.Load(ctx, "people_import_person", []string{"id"}, func(yield func([]any) bool) {
		row := make([]any, 1)
		for _, person := range people {
			if row[0] = person; !yield(row) {
				return
			}
		}
	})
	return err
}

// keysOf returns the addresses of the entries that may belong to somebody, each once, in index order, so that the pages
// of the index are visited in order.
func keysOf(entries []entry) []addressKey {
	var keys []addressKey
	for _, e := range entries {
		for _, c := range e.contacts {
			if c.known {
				keys = append(keys, c.key)
			}
		}
	}
	slices.SortFunc(keys, addressKey.compare)
	return slices.Compact(keys)
}

func keyRows(keys []addressKey) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		row := make([]any, 2)
		for _, k := range keys {
			if row[0], row[1] = string(k.channel), k.value; !yield(row) {
				return
			}
		}
	}
}

// loadPeople reads the people in people_import_person.
func (b *batch) loadPeople(ctx context.Context, q *db.Queries) error {
	rows, err := q.ImportPeople(ctx)
	if err != nil {
		return err
	}
	for _, row := range rows {
		h := &holder{record: recordOf(row)}
		b.holders = append(b.holders, h)
		b.byID[h.id] = h
	}
	if err := b.loadAddresses(ctx, q); err != nil {
		return err
	}
	if err := b.loadLists(ctx, q); err != nil {
		return err
	}
	consents, err := q.ImportConsents(ctx)
	for _, c := range consents {
		if h, ok := b.byID[c.PersonID]; ok {
			at := h.ledger.at(Purpose(c.Purpose))
			at.stands = at.stands || c.EndedAt == 0 && !c.Void
			at.ended = max(at.ended, c.EndedAt)
		}
	}
	return err
}

func (b *batch) loadAddresses(ctx context.Context, q *db.Queries) error {
	rows, err := q.ImportAddresses(ctx)
	if err != nil {
		return err
	}
	for _, row := range rows {
		h, ok := b.byID[row.PersonID]
		if !ok {
			return fmt.Errorf("address %d of nobody", row.ID)
		}
		a := heldAddress{id: row.ID, key: addressKey{Channel(row.Channel), row.Value}, verified: row.VerifiedAt}
		h.addresses = append(h.addresses, a)
		b.byKey[a.key] = h
	}
	return nil
}

func (b *batch) loadLists(ctx context.Context, q *db.Queries) error {
	who, err := q.ImportWho(ctx)
	if err != nil {
		return err
	}
	for _, row := range who {
		if h, ok := b.byID[row.PersonID]; ok {
			h.Who = append(h.Who, row.Category)
		}
	}
	wants, err := q.ImportWants(ctx)
	for _, row := range wants {
		if h, ok := b.byID[row.PersonID]; ok {
			h.Wants = append(h.Wants, row.Topic)
		}
	}
	for _, h := range b.holders {
		h.settle()
	}
	return err
}
