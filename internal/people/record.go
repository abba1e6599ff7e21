package people

import (
	"context"
	"slices"

	"unoxuno/internal/clock"
	"unoxuno/internal/disclosure"
	"unoxuno/internal/fault"
	"unoxuno/internal/people/db"
	"unoxuno/internal/storage"
)

// record is a person's row, with the source of each part.
type record struct {
	id int64
	Details
	told             told
	since            Day
	created, updated int64 // unix milliseconds
	cellKey          int64 // see package disclosure; set for a new record only
}

// told is the source of each part of the details; "" if nobody gave it.
type told struct{ name, born, language, place, who, wants, address Source }

// mayFill tells whether source from may write a part that source by wrote and that may be empty. An import fills only
// what nobody but an import wrote. The person, and staff for her, also correct imported data.
func mayFill(empty bool, by, from Source) bool {
	open := by == "" || by == FromImport
	if from == FromImport {
		return empty && open
	}
	return empty || open
}

// fill adds d to the record: it fills gaps and extends lists, and overwrites nothing that she declared. It tells
// whether anything changed.
func (r *record) fill(d Details, from Source) bool {
	changed := false
	text := func(have *string, by *Source, new string) {
		if new != "" && new != *have && mayFill(*have == "", *by, from) {
			*have, changed = new, true
		}
	}
	before := r.told
	text(&r.Given, &before.name, d.Given)
	text(&r.Family, &before.name, d.Family)
	text(&r.Organisation, &before.name, d.Organisation)
	if changed {
		r.told.name = from
	}
	if r.fillBorn(d.Born, from) {
		r.told.born, changed = from, true
	}
	part := func(have *string, by *Source, new string) {
		if was := *have; new != "" && new != was && mayFill(was == "", *by, from) {
			*have, *by, changed = new, from, true
		}
	}
	part(&r.Language, &r.told.language, d.Language)
	part(&r.Place, &r.told.place, d.Place)
	list := func(have *[]string, by *Source, more []string) {
		if grown := union(*have, more); len(grown) > len(*have) && (from != FromImport || *by == "" || *by == FromImport) {
			*have, *by, changed = grown, from, true
		}
	}
	list(&r.Who, &r.told.who, d.Who)
	list(&r.Wants, &r.told.wants, d.Wants)
	return changed
}

// fillBorn also replaces a bare year by a whole date in that year.
func (r *record) fillBorn(born Birth, from Source) bool {
	if born.Day == 0 || born == r.Born {
		return false
	}
	sharper := born.Exact && !r.Born.Exact && r.Born.Day != 0 && born.Day/10000 == r.Born.Day/10000
	if !mayFill(r.Born.Day == 0 || sharper, r.told.born, from) {
		return false
	}
	r.Born = born
	return true
}

// replace sets the record's details as she declares them. She is the source of each part that changed.
func (r *record) replace(d Details, from Source) {
	claim := func(changed bool, by *Source) {
		if changed {
			*by = from
		}
	}
	claim(r.Given != d.Given || r.Family != d.Family || r.Organisation != d.Organisation || r.Kind != d.Kind, &r.told.name)
	claim(r.Born != d.Born, &r.told.born)
	claim(r.Language != d.Language, &r.told.language)
	claim(r.Place != d.Place, &r.told.place)
	claim(!slices.Equal(r.Who, d.Who), &r.told.who)
	claim(!slices.Equal(r.Wants, d.Wants), &r.told.wants)
	r.Details = d
}

// union returns the words of two sorted lists, sorted; a itself if b adds nothing.
func union(a, b []string) []string {
	if len(a) == 0 && len(b) > 0 {
		return slices.Clip(b)
	}
	all := a
	for _, word := range b {
		if _, has := slices.BinarySearch(a, word); !has {
			all = append(slices.Clip(all), word)
		}
	}
	if len(all) > len(a) {
		slices.Sort(all)
		all = slices.Compact(all)
	}
	return all
}

// loadRecord reads a person; a fault of kind NotFound if there is none.
func loadRecord(ctx context.Context, q *db.Queries, person int64) (*record, error) {
	row, err := q.GetPerson(ctx, person)
	if storage.None(err) {
		return nil, fault.NotFound("people.person.unknown")
	}
	if err != nil {
		return nil, err
	}
	r := recordOf(row)
	if r.Who, err = q.WhoOf(ctx, person); err != nil {
		return nil, err
	}
	r.Wants, err = q.WantsOf(ctx, person)
	slices.Sort(r.Who) // by bytes, whatever the database's order
	slices.Sort(r.Wants)
	return r, err
}

// holdRecord holds a person that the transaction will change, reads her and tells the index. A fault of kind NotFound
// if there is none.
func (p *People) holdRecord(ctx context.Context, tx *storage.Tx, person int64) (*record, error) {
	if err := p.mustHold(ctx, tx, person); err != nil {
		return nil, err
	}
	if err := p.Changed(ctx, tx, person); err != nil {
		return nil, err
	}
	r, err := loadRecord(ctx, db.New(tx), person)
	if err != nil {
		return nil, err
	}
	r.updated = p.now()
	return r, nil
}

func recordOf(row db.PeoplePerson) *record {
	return &record{
		id: row.ID,
		Details: Details{
			Kind: Kind(row.Kind), Given: row.GivenName, Family: row.FamilyName, Organisation: row.Organisation,
			Born: Birth{Day: Day(row.Born), Exact: row.BornExact}, Language: row.Language, Place: row.Place,
			Who: []string{}, Wants: []string{},
		},
		told: told{
			name: Source(row.NameSource), born: Source(row.BornSource), language: Source(row.LanguageSource),
			place: Source(row.PlaceSource), who: Source(row.WhoSource), wants: Source(row.WantsSource),
			address: Source(row.AddressSource),
		},
		since: Day(row.Since), created: row.CreatedAt, updated: row.UpdatedAt,
	}
}

// addRecord inserts a new record and tells the index.
func (p *People) addRecord(ctx context.Context, tx *storage.Tx, r *record) error {
	if err := r.add(ctx, db.New(tx)); err != nil {
		return err
	}
	return p.Changed(ctx, tx, r.id)
}

// add inserts a new record.
func (r *record) add(ctx context.Context, q *db.Queries) error {
	familyFirst, givenFirst := r.search()
	err := q.AddPerson(ctx, db.AddPersonParams{
		ID: r.id, Kind: string(r.Kind), GivenName: r.Given, FamilyName: r.Family, Organisation: r.Organisation,
		Search: familyFirst, SearchGiven: givenFirst, Born: int64(r.Born.Day), BornExact: r.Born.Exact,
		Language: r.Language, Place: r.Place, NameSource: string(r.told.name), BornSource: string(r.told.born),
		LanguageSource: string(r.told.language), PlaceSource: string(r.told.place), WhoSource: string(r.told.who),
		WantsSource: string(r.told.wants), AddressSource: string(r.told.address), Since: int64(r.since), CreatedAt: r.created, UpdatedAt: r.updated,
		CellKey: r.cellKey,
	})
	if err != nil {
		return err
	}
	return r.addLists(ctx, q)
}

// put updates a changed record.
func (r *record) put(ctx context.Context, q *db.Queries) error {
	familyFirst, givenFirst := r.search()
	_, err := q.PutPerson(ctx, db.PutPersonParams{
		ID: r.id, Kind: string(r.Kind), GivenName: r.Given, FamilyName: r.Family, Organisation: r.Organisation,
		Search: familyFirst, SearchGiven: givenFirst, Born: int64(r.Born.Day), BornExact: r.Born.Exact,
		Language: r.Language, Place: r.Place, NameSource: string(r.told.name), BornSource: string(r.told.born),
		LanguageSource: string(r.told.language), PlaceSource: string(r.told.place), WhoSource: string(r.told.who),
		WantsSource: string(r.told.wants), AddressSource: string(r.told.address), UpdatedAt: r.updated,
	})
	if err != nil {
		return err
	}
	if err := q.ClearWho(ctx, r.id); err != nil {
		return err
	}
	if err := q.ClearWants(ctx, r.id); err != nil {
		return err
	}
	return r.addLists(ctx, q)
}

func (r *record) addLists(ctx context.Context, q *db.Queries) error {
	for _, category := range r.Who {
		if err := q.AddWho(ctx, db.AddWhoParams{PersonID: r.id, Category: category}); err != nil {
			return err
		}
	}
	for _, topic := range r.Wants {
		if err := q.AddWants(ctx, db.AddWantsParams{PersonID: r.id, Topic: topic}); err != nil {
			return err
		}
	}
	return nil
}

// newRecord returns the record of a new person.
func newRecord(d Details, from Source, since Day, now int64) *record {
	r := &record{id: storage.NewID(), Details: Details{Kind: d.Kind, Who: []string{}, Wants: []string{}}, since: since, created: now, updated: now, cellKey: disclosure.NewKey()}
	r.fill(d, from)
	return r
}

// person returns the record in the form for callers.
func (r *record) person(addresses []Address) Person {
	return Person{
		ID: r.id, Details: r.Details, Since: r.since,
		Created: clock.Time(r.created), Updated: clock.Time(r.updated), Addresses: addresses,
	}
}
