package people

import (
	"context"
	_ "embed" // the staging tables
	"fmt"
	"iter"

	"unoxuno/internal/people/db"
	"unoxuno/internal/storage"
)

// importTables are the import's temporary tables: sqlc reads the same text.
//
//go:embed staging/import.sql
var importTables string

// load reads everyone who has an address of the chunk.
func (b *batch) load(ctx context.Context, tx *storage.Tx, entries []entry) error {
	if err := tx.Staging(ctx, importTables); err != nil {
		return err
	}
	if _, err := tx.Load(ctx, "people_import_key", []string{"channel", "value"}, keysOf(entries)); err != nil {
		return err
	}
	q := db.New(tx)
	people, err := q.ImportHolders(ctx)
	if err != nil || len(people) == 0 {
		return err
	}
	_, err = tx.Load(ctx, "people_import_person", []string{"id"}, func(yield func([]any) bool) {
		for _, person := range people {
			if !yield([]any{person}) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	return b.loadPeople(ctx, q)
}

// keysOf are the addresses of the entries, each once.
func keysOf(entries []entry) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		keys := map[addressKey]bool{}
		for _, e := range entries {
			for _, c := range e.contacts {
				if keys[c.key] {
					continue
				}
				keys[c.key] = true
				if !yield([]any{string(c.key.channel), c.key.value}) {
					return
				}
			}
		}
	}
}

// loadPeople reads those in people_import_person.
func (b *batch) loadPeople(ctx context.Context, q *db.Queries) error {
	rows, err := q.ImportPeople(ctx)
	if err != nil {
		return err
	}
	for _, row := range rows {
		b.know(&holder{record: recordOf(row), standing: map[Purpose]bool{}, ended: map[Purpose]int64{}})
	}
	if err := b.loadAddresses(ctx, q); err != nil {
		return err
	}
	if err := b.loadLists(ctx, q); err != nil {
		return err
	}
	consents, err := q.ImportConsents(ctx)
	for _, c := range consents {
		h, ok := b.byID[c.PersonID]
		switch {
		case !ok:
		case c.EndedAt == 0:
			h.standing[Purpose(c.Purpose)] = true
		default:
			h.ended[Purpose(c.Purpose)] = max(h.ended[Purpose(c.Purpose)], c.EndedAt)
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
