package people

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"unoxuno/internal/people/db"
	"unoxuno/internal/storage"
)

// The staging tables of an import. A chunk's addresses and people are put there, so that what stands is read, and what
// changed is written, in a handful of statements whatever the chunk's size.
const (
	stageKey    = "people_import_key"
	stagePerson = "people_import_person"
	stageChange = "people_import_change"
)

// refill makes the staging table empty and loads rows into it.
func refill(ctx context.Context, tx *storage.Tx, table, definition string, columns []string, rows iter.Seq[[]any]) error {
	if err := tx.Staging(ctx, table, definition); err != nil {
		return err
	}
	// A dry run takes all chunks in one transaction.
	if _, err := tx.ExecContext(ctx, "DELETE FROM "+table); err != nil {
		return err
	}
	_, err := tx.Load(ctx, table, columns, rows)
	return err
}

// each calls scan for every row of a query.
func each(ctx context.Context, tx *storage.Tx, query string, scan func(into func(...any) error) error) (err error) {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// load reads everyone who has an address of the chunk. CROSS JOIN makes SQLite begin with the small table.
func (b *batch) load(ctx context.Context, tx *storage.Tx, entries []entry) error {
	keys := map[addressKey]bool{}
	for _, e := range entries {
		for _, c := range e.contacts {
			keys[c.key] = true
		}
	}
	err := refill(ctx, tx, stageKey, "channel text NOT NULL, value text NOT NULL", []string{"channel", "value"},
		func(yield func([]any) bool) {
			for k := range keys {
				if !yield([]any{string(k.channel), k.value}) {
					return
				}
			}
		})
	if err != nil {
		return err
	}
	people := map[int64]bool{}
	err = each(ctx, tx, "SELECT a.person_id FROM "+stageKey+" k CROSS JOIN people_address a"+
		" WHERE a.channel = k.channel AND a.value = k.value", func(into func(...any) error) error {
		var person int64
		err := into(&person)
		people[person] = true
		return err
	})
	if err != nil || len(people) == 0 {
		return err
	}
	err = refill(ctx, tx, stagePerson, "id bigint NOT NULL", []string{"id"}, func(yield func([]any) bool) {
		for person := range people {
			if !yield([]any{person}) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	return b.loadPeople(ctx, tx)
}

// loadPeople reads those in stagePerson.
func (b *batch) loadPeople(ctx context.Context, tx *storage.Tx) error {
	from := " FROM " + stagePerson + " s CROSS JOIN "
	err := each(ctx, tx, "SELECT p.id, p.kind, p.given_name, p.family_name, p.organisation, p.born, p.born_exact, p.language,"+
		" p.place, p.name_source, p.born_source, p.language_source, p.place_source, p.who_source, p.wants_source,"+
		" p.address_source, p.since, p.created_at, p.updated_at"+from+"people_person p WHERE p.id = s.id", b.scanPerson)
	if err != nil {
		return err
	}
	err = each(ctx, tx, "SELECT a.id, a.person_id, a.channel, a.value, a.verified_at"+from+
		"people_address a WHERE a.person_id = s.id", b.scanAddress)
	if err != nil {
		return err
	}
	err = each(ctx, tx, "SELECT w.person_id, w.category"+from+"people_who w WHERE w.person_id = s.id",
		b.scanWord(func(h *holder) *[]string { return &h.Who }))
	if err != nil {
		return err
	}
	err = each(ctx, tx, "SELECT w.person_id, w.topic"+from+"people_wants w WHERE w.person_id = s.id",
		b.scanWord(func(h *holder) *[]string { return &h.Wants }))
	if err != nil {
		return err
	}
	err = each(ctx, tx, "SELECT c.person_id, c.purpose, c.ended_at"+from+"people_consent c WHERE c.person_id = s.id", b.scanConsent)
	for _, h := range b.holders {
		h.settle()
	}
	return err
}

func (b *batch) scanPerson(into func(...any) error) error {
	var row db.PeoplePerson
	err := into(&row.ID, &row.Kind, &row.GivenName, &row.FamilyName, &row.Organisation, &row.Born, &row.BornExact,
		&row.Language, &row.Place, &row.NameSource, &row.BornSource, &row.LanguageSource, &row.PlaceSource,
		&row.WhoSource, &row.WantsSource, &row.AddressSource, &row.Since, &row.CreatedAt, &row.UpdatedAt)
	if err != nil {
		return err
	}
	b.know(&holder{record: recordOf(row), standing: map[Purpose]bool{}, ended: map[Purpose]int64{}})
	return nil
}

func (b *batch) scanAddress(into func(...any) error) error {
	var a heldAddress
	var person int64
	if err := into(&a.id, &person, &a.key.channel, &a.key.value, &a.verified); err != nil {
		return err
	}
	h, ok := b.byID[person]
	if !ok {
		return fmt.Errorf("address %d of nobody", a.id)
	}
	h.addresses = append(h.addresses, a)
	b.byKey[a.key] = h
	return nil
}

func (b *batch) scanWord(list func(*holder) *[]string) func(func(...any) error) error {
	return func(into func(...any) error) error {
		var person int64
		var word string
		if err := into(&person, &word); err != nil {
			return err
		}
		if h, ok := b.byID[person]; ok {
			*list(h) = append(*list(h), word)
		}
		return nil
	}
}

func (b *batch) scanConsent(into func(...any) error) error {
	var person, ended int64
	var purpose Purpose
	if err := into(&person, &purpose, &ended); err != nil {
		return err
	}
	h, ok := b.byID[person]
	switch {
	case !ok:
	case ended == 0:
		h.standing[purpose] = true
	default:
		h.ended[purpose] = max(h.ended[purpose], ended)
	}
	return nil
}
