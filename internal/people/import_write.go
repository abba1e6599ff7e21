package people

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"

	"unoxuno/internal/people/db"
	"unoxuno/internal/storage"
)

// settle finishes the loading of a holder: it sorts her lists and remembers them.
func (h *holder) settle() {
	slices.Sort(h.Who)
	slices.Sort(h.Wants)
	h.stood = h.Details
}

// write stores what the chunk added and changed.
func (b *batch) write(ctx context.Context, tx *storage.Tx) error {
	if err := b.writeChanges(ctx, tx); err != nil {
		return err
	}
	if err := b.endVoid(ctx, tx); err != nil {
		return err
	}
	err := tx.LoadAll(ctx,
		storage.Rows{Table: "people_person", Columns: append(personColumns(), "cell_key"), Each: b.newPeople},
		storage.Rows{
			Table: "people_address", Columns: []string{"id", "person_id", "channel", "value", "shown", "verified_at", "created_at", "source"},
			Each: b.newAddresses(),
		},
		storage.Rows{Table: "people_who", Columns: []string{"person_id", "category"}, Each: b.newWords(func(d Details) []string { return d.Who })},
		storage.Rows{Table: "people_wants", Columns: []string{"person_id", "topic"}, Each: b.newWords(func(d Details) []string { return d.Wants })},
		storage.Rows{Table: "people_consent", Columns: []string{
			"id", "person_id", "purpose", "text_version", "source", "channel", "granted_at", "recorded_at", "actor",
			"proof", "ended_at", "end_reason", "ended_by", "given_on", "parent",
		}, Each: b.newConsents(actorOf(ctx))},
	)
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	return b.writeProved(ctx, tx)
}

func personColumns() []string {
	return []string{
		"id", "kind", "given_name", "family_name", "organisation", "search", "search_given", "born", "born_exact",
		"language", "place", "name_source", "born_source", "language_source", "place_source", "who_source",
		"wants_source", "address_source", "since", "created_at", "updated_at",
	}
}

// row appends the holder's row of people_person, in the order of personColumns.
func (h *holder) row(row []any) []any {
	return append(row,
		h.id, string(h.Kind), h.Given, h.Family, h.Organisation, h.folded, h.foldedGiven, int64(h.Born.Day), h.Born.Exact,
		h.Language, h.Place, string(h.told.name), string(h.told.born), string(h.told.language), string(h.told.place),
		string(h.told.who), string(h.told.wants), string(h.told.address), int64(h.since), h.created, h.updated)
}

func (b *batch) newPeople(yield func([]any) bool) {
	var row []any
	for _, h := range b.fresh {
		if row = append(h.row(row[:0]), h.cellKey); !yield(row) {
			return
		}
	}
}

// newAddresses yields the new addresses in the order of their values, for the same reason as number.
func (b *batch) newAddresses() iter.Seq[[]any] {
	type added struct {
		person int64
		*heldAddress
	}
	var list []added
	for _, h := range b.holders {
		for i := range h.addresses {
			if h.addresses[i].fresh {
				list = append(list, added{h.id, &h.addresses[i]})
			}
		}
	}
	if !b.filling {
		slices.SortFunc(list, func(x, y added) int { return x.key.compare(y.key) })
	}
	return func(yield func([]any) bool) {
		var row []any
		for _, a := range list {
			row = append(row[:0], storage.NewID(), a.person, string(a.key.channel), a.key.value, a.shown, a.verified, b.now, string(FromImport))
			if !yield(row) {
				return
			}
		}
	}
}

// newWords yields the words added to one of their lists.
func (b *batch) newWords(list func(Details) []string) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		row := make([]any, 2)
		for _, h := range b.inOrder() {
			row[0] = h.id
			stood := list(h.stood)
			for _, word := range list(h.Details) {
				if _, had := slices.BinarySearch(stood, word); had {
					continue
				}
				if row[1] = word; !yield(row) {
					return
				}
			}
		}
	}
}

// inOrder returns the holders in the order of their identifiers, existing people first.
func (b *batch) inOrder() []*holder {
	list := make([]*holder, 0, len(b.holders))
	for _, h := range b.holders {
		if !h.fresh {
			list = append(list, h)
		}
	}
	return append(list, b.fresh...)
}

// newConsents yields the new consents. Their wording is that of the source: she did not see the town's own.
func (b *batch) newConsents(actor string) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		var row []any
		for _, h := range b.inOrder() {
			for _, c := range h.consents {
				row = append(row[:0], storage.NewID(), h.id, string(c.purpose), "", c.entry.source, string(c.entry.channel), c.entry.when,
					b.now, actor, "CSV:"+strconv.Itoa(c.entry.line), int64(0), "", "", int64(c.entry.day), "")
				if !yield(row) {
					return
				}
			}
		}
	}
}

// writeChanges updates the rows of existing people to whom something was added.
func (b *batch) writeChanges(ctx context.Context, tx *storage.Tx) error {
	var rows [][]any
	for _, h := range b.holders {
		if h.touched && !h.fresh {
			h.folded, h.foldedGiven = h.search()
			rows = append(rows, h.row(nil))
		}
	}
	if len(rows) == 0 {
		return nil
	}
	if _, err := tx.Load(ctx, "people_import_change", personColumns(), slices.Values(rows)); err != nil {
		return err
	}
	if err := db.New(tx).ImportChanges(ctx); err != nil {
		return err
	}
	for _, h := range b.holders { // few get their birth date from an import
		if h.touched && !h.fresh && h.Born != h.stood.Born {
			if err := b.people.judge(ctx, tx, h.record); err != nil {
				return err
			}
		}
	}
	return nil
}

// endVoid ends void consents that are replaced by consents of the chunk.
func (b *batch) endVoid(ctx context.Context, tx *storage.Tx) error {
	for _, h := range b.holders {
		for _, c := range h.consents {
			if h.fresh {
				continue
			}
			if err := db.New(tx).EndVoid(ctx, db.EndVoidParams{
				PersonID: h.id, Purpose: string(c.purpose), EndedAt: b.now, EndedBy: actorOf(ctx),
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeProved confirms addresses that were unconfirmed. There are few.
func (b *batch) writeProved(ctx context.Context, tx *storage.Tx) error {
	q := db.New(tx)
	for _, h := range b.holders {
		for _, a := range h.addresses {
			if !a.proved {
				continue
			}
			if _, err := q.VerifyAddress(ctx, db.VerifyAddressParams{PersonID: h.id, ID: a.id, VerifiedAt: a.verified}); err != nil {
				return err
			}
		}
	}
	return nil
}
