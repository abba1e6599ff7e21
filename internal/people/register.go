package people

import (
	"context"
	"fmt"
	"strings"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/people/db"
	"unoxuno/internal/storage"
)

// Vocabulary returns the words that can describe people today.
func (p *People) Vocabulary(ctx context.Context) (Vocabulary, error) {
	return p.VocabularyIn(ctx, p.db)
}

// VocabularyIn is Vocabulary read through q. In a transaction, pass the transaction.
func (p *People) VocabularyIn(ctx context.Context, q storage.Queryer) (Vocabulary, error) {
	lists, err := p.taxonomy.LoadIn(ctx, q)
	if err != nil {
		return Vocabulary{}, err
	}
	known, err := p.subscriptions.Known(ctx, q)
	if err != nil {
		return Vocabulary{}, fmt.Errorf("people: newsletters: %w", err)
	}
	v := Vocabulary{
		Categories: lists.Categories, Topics: lists.Topics, Places: lists.Places,
		Titles: map[string]string{}, Languages: p.town().Languages,
	}
	for _, n := range known {
		v.Newsletters = append(v.Newsletters, n.Slug)
		for _, title := range n.Titles {
			if key := titleKey(title); key != "" {
				v.Titles[key] = n.Slug
			}
		}
	}
	return v, nil
}

// ParseAudience reads an audience; "" is everybody. An error in the text is a fault with a key people.audience.*. Its
// argument Column is the position in characters, from 1.
func (p *People) ParseAudience(ctx context.Context, text string) (Audience, error) {
	return p.ParseAudienceIn(ctx, p.db, text)
}

// ParseAudienceIn is ParseAudience with the words read through q. In a transaction, pass the transaction.
func (p *People) ParseAudienceIn(ctx context.Context, q storage.Queryer, text string) (Audience, error) {
	if strings.TrimSpace(text) == "" {
		return Audience{}, nil
	}
	v, err := p.VocabularyIn(ctx, q)
	if err != nil {
		return Audience{}, err
	}
	return ParseAudience(text, v)
}

// cleaned returns d in normal form, or its faults.
func (p *People) cleaned(ctx context.Context, d Details) (Details, error) {
	v, err := p.Vocabulary(ctx)
	if err != nil {
		return d, err
	}
	return d.cleaned(v, p.Today())
}

// Register adds a new person with her addresses and consents. The context's actor is the source. An address that
// another person has is a fault of kind Conflict.
func (p *People) Register(ctx context.Context, d Details, contacts []Contact, grants []Grant) (person int64, err error) {
	d, err = p.cleaned(ctx, d)
	if err != nil {
		return 0, err
	}
	err = p.addressing(ctx, func(tx *storage.Tx) error {
		r := newRecord(d, sourceOf(ctx), p.Today(), p.now())
		person = r.id
		if err := p.addRecord(ctx, tx, r); err != nil {
			return err
		}
		for _, c := range contacts {
			if _, err := p.addAddress(ctx, tx, r.id, c, sourceOf(ctx)); err != nil {
				return err
			}
		}
		for _, g := range grants {
			if err := p.GrantIn(ctx, tx, r.id, g); err != nil {
				return err
			}
		}
		return p.deed(ctx, tx, "registered", r.id, "")
	})
	return person, err
}

// Update sets the person's details to d; a part that is empty in d becomes empty. A consent that she was too young to
// give, by the new birth date, becomes void. What the context's actor may not see stays as it is.
func (p *People) Update(ctx context.Context, person int64, d Details) error {
	d, err := p.cleaned(ctx, d)
	if err != nil {
		return err
	}
	return p.db.Tx(ctx, func(tx *storage.Tx) error {
		q := db.New(tx)
		r, err := p.holdRecord(ctx, tx, person)
		if err != nil {
			return err
		}
		if access.From(ctx).SightOf(person) != access.Whole {
			lists, err := p.taxonomy.LoadIn(ctx, tx)
			if err != nil {
				return err
			}
			_, hidden := r.divided(lists)
			d = d.with(hidden)
		}
		r.replace(d, sourceOf(ctx))
		if err := r.put(ctx, q); err != nil {
			return err
		}
		if err := p.judge(ctx, tx, r); err != nil {
			return err
		}
		return p.deed(ctx, tx, "changed", person, "")
	})
}

// Get returns the person with her addresses; a fault of kind NotFound if there is none.
func (p *People) Get(ctx context.Context, person int64) (Person, error) {
	return getPerson(ctx, db.New(p.db), person)
}

// Shown returns the person as the context's actor may see her: see access.Sight.
func (p *People) Shown(ctx context.Context, person int64) (Person, error) {
	who, err := p.Get(ctx, person)
	if err != nil || access.From(ctx).SightOf(person) == access.Whole {
		return who, err
	}
	lists, err := p.taxonomy.Load(ctx)
	who.Details, _ = who.divided(lists)
	return who, err
}

// GetIn is Get in a transaction.
func (p *People) GetIn(ctx context.Context, tx *storage.Tx, person int64) (Person, error) {
	return getPerson(ctx, db.New(tx), person)
}

func getPerson(ctx context.Context, q *db.Queries, person int64) (Person, error) {
	r, err := loadRecord(ctx, q, person)
	if err != nil {
		return Person{}, err
	}
	rows, err := q.AddressesOf(ctx, person)
	if err != nil {
		return Person{}, err
	}
	return r.person(addressesOf(rows)), nil
}

func addressOf(row db.PeopleAddress) Address {
	return Address{
		ID: row.ID, Person: row.PersonID, Channel: Channel(row.Channel), Value: row.Value, Shown: row.Shown,
		Verified: clock.Time(row.VerifiedAt), Created: clock.Time(row.CreatedAt), Source: Source(row.Source),
	}
}

// ByAddress returns the person who has that confirmed address. Text that is not an address belongs to nobody.
func (p *People) ByAddress(ctx context.Context, channel Channel, text string) (person int64, ok bool, err error) {
	value, err := normal(channel, text, p.town().Region)
	if err != nil {
		return 0, false, nil //nolint:nilerr // a text that is not an address is nobody's
	}
	row, err := db.New(p.db).FindAddress(ctx, db.FindAddressParams{Channel: string(channel), Value: value})
	if storage.None(err) {
		return 0, false, nil
	}
	return row.PersonID, err == nil && row.VerifiedAt > 0, err
}

// AddAddress adds an address to the person, for staff; the person herself uses AskAddress. A fault of kind Conflict if
// somebody has it.
func (p *People) AddAddress(ctx context.Context, person int64, c Contact) (a Address, err error) {
	err = p.addressing(ctx, func(tx *storage.Tx) error {
		r, err := p.holdRecord(ctx, tx, person)
		if err != nil {
			return err
		}
		if a, err = p.giveAddress(ctx, tx, r, c, c.Replaces, sourceOf(ctx)); err != nil {
			return err
		}
		return p.deed(ctx, tx, "address_added", person, "")
	})
	return a, err
}

// addressing runs do in a transaction. If somebody else adds the same address at the same moment, it runs do again,
// which then finds it.
func (p *People) addressing(ctx context.Context, do func(tx *storage.Tx) error) error {
	err := p.db.Tx(ctx, do)
	if storage.IsUnique(err) {
		err = p.db.Tx(ctx, do)
	}
	return err
}

// addAddress gives an address to the person, whom the transaction holds. If this one is confirmed, it takes over an
// address that never was.
func (p *People) addAddress(ctx context.Context, tx *storage.Tx, person int64, c Contact, from Source) (Address, error) {
	value, err := normal(c.Channel, c.Value, p.town().Region)
	if err != nil {
		return Address{}, onField(err, string(c.Channel))
	}
	q := db.New(tx)
	a := Address{
		ID: storage.NewID(), Person: person, Channel: c.Channel, Value: value, Shown: shown(c.Channel, c.Value, value),
		Created: clock.Time(p.now()), Source: from,
	}
	if c.Verified {
		a.Verified = a.Created
	}
	row, err := q.FindAddress(ctx, db.FindAddressParams{Channel: string(c.Channel), Value: value})
	switch {
	case storage.None(err):
		return a, q.AddAddress(ctx, db.AddAddressParams{
			ID: a.ID, PersonID: person, Channel: string(a.Channel), Value: a.Value, Shown: a.Shown,
			VerifiedAt: clock.Millis(a.Verified), CreatedAt: clock.Millis(a.Created), Source: string(a.Source),
		})
	case err != nil:
		return Address{}, err
	case row.VerifiedAt > 0 && row.PersonID != person, !c.Verified && row.PersonID != person:
		return Address{}, fault.Conflict("people.address.taken", "Value", a.Shown).On(string(c.Channel))
	case row.PersonID != person: // another person loses it, so she changes too
		if _, err := p.Hold(ctx, tx, row.PersonID); err != nil {
			return Address{}, err
		}
		if err := p.Changed(ctx, tx, row.PersonID); err != nil {
			return Address{}, err
		}
	}
	a.ID = row.ID
	if row.VerifiedAt > 0 {
		a.Verified = clock.Time(row.VerifiedAt)
	}
	moved, err := q.MoveAddress(ctx, db.MoveAddressParams{
		Channel: row.Channel, Value: row.Value, PersonID: person, Shown: a.Shown, VerifiedAt: clock.Millis(a.Verified),
		Source: string(from), FromPerson: row.PersonID, WasVerified: row.VerifiedAt,
	})
	if err == nil && moved == 0 { // its holder has confirmed or removed it meanwhile
		err = fault.Conflict("people.address.taken", "Value", a.Shown).On(string(c.Channel))
	}
	return a, err
}

// shown returns an address for its owner: an e-mail address as she typed it, a number in normal form.
func shown(channel Channel, text, value string) string {
	if channel == Email {
		return strings.TrimSpace(text)
	}
	return value
}

// onField sets the field of a fault that has none.
func onField(err error, field string) error {
	var problems fault.Problems
	if other := problems.Add(field, err); other != nil {
		return other
	}
	return problems.Err()
}

// ConfirmAddress marks the person's address as confirmed; it does nothing if it is already.
func (p *People) ConfirmAddress(ctx context.Context, person, address int64) error {
	return p.db.Tx(ctx, func(tx *storage.Tx) error {
		found, err := p.Hold(ctx, tx, person)
		if err == nil && !found {
			err = fault.NotFound("people.address.unknown")
		}
		if err != nil {
			return err
		}
		q := db.New(tx)
		rows, err := q.AddressesOf(ctx, person)
		if err != nil {
			return err
		}
		verified, err := q.VerifyAddress(ctx, db.VerifyAddressParams{PersonID: person, ID: address, VerifiedAt: p.now()})
		if err != nil {
			return err
		}
		row, err := q.GetAddress(ctx, db.GetAddressParams{PersonID: person, ID: address})
		if storage.None(err) {
			return fault.NotFound("people.address.unknown")
		}
		if err != nil || verified == 0 {
			return err
		}
		if old, had := preferredRow(rows, Channel(row.Channel)); had { // the preferred address stays
			if _, err := q.PreferAddress(ctx, db.PreferAddressParams{PersonID: person, ID: old.ID}); err != nil {
				return err
			}
		}
		if err := p.Changed(ctx, tx, person); err != nil {
			return err
		}
		return p.deed(ctx, tx, "address_confirmed", person, "")
	})
}

// RemoveAddress removes an address of the person. No import gives it back.
func (p *People) RemoveAddress(ctx context.Context, person, address int64) error {
	return p.db.Tx(ctx, func(tx *storage.Tx) error {
		q := db.New(tx)
		r, err := p.holdRecord(ctx, tx, person)
		if err != nil {
			return err
		}
		n, err := q.RemoveAddress(ctx, db.RemoveAddressParams{ID: address, PersonID: person})
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.NotFound("people.address.unknown")
		}
		r.told.address = sourceOf(ctx)
		if err := r.put(ctx, q); err != nil {
			return err
		}
		return p.deed(ctx, tx, "address_removed", person, "")
	})
}
