package people

import (
	"context"

	"unoxuno/internal/fault"
	"unoxuno/internal/people/db"
	"unoxuno/internal/storage"
)

// preferredRow returns the address that the person is written to on the channel, as the view people_preferred does; ok
// is false if none is confirmed.
func preferredRow(rows []db.PeopleAddress, channel Channel) (best db.PeopleAddress, ok bool) {
	for _, row := range rows {
		if row.Channel != string(channel) || row.VerifiedAt == 0 {
			continue
		}
		if !ok || row.Preference > best.Preference || row.Preference == best.Preference && row.ID < best.ID {
			best, ok = row, true
		}
	}
	return best, ok
}

// addressesOf returns the person's addresses, with the preferred ones marked.
func addressesOf(rows []db.PeopleAddress) []Address {
	addresses := make([]Address, len(rows))
	for i, row := range rows {
		addresses[i] = addressOf(row)
		best, ok := preferredRow(rows, Channel(row.Channel))
		addresses[i].Preferred = ok && best.ID == row.ID
	}
	return addresses
}

// PreferAddress makes a confirmed address the one that the person is written to on its channel.
func (p *People) PreferAddress(ctx context.Context, person, address int64) error {
	return p.db.Tx(ctx, func(tx *storage.Tx) error {
		if _, err := p.holdRecord(ctx, tx, person); err != nil {
			return err
		}
		n, err := db.New(tx).PreferAddress(ctx, db.PreferAddressParams{PersonID: person, ID: address})
		if err == nil && n == 0 {
			err = fault.NotFound("people.address.unknown")
		}
		return err
	})
}

// NewAddress reports that a person has a new confirmed address.
type NewAddress struct {
	Person   int64
	Language string    // her language; "" = the town's default
	Added    Address   // the new one
	Replaced bool      // it replaced the preferred address of that channel
	Before   []Address // her confirmed addresses before, including the replaced one
}

// AddressAdded is called, in the transaction, for a new confirmed address.
type AddressAdded func(ctx context.Context, tx *storage.Tx, n NewAddress) error

// PlugAddressAdded sets that function. It is called while the program is assembled.
func (p *People) PlugAddressAdded(told AddressAdded) { p.addressAdded = told }

// giveAddress gives the person an address. If the address replaces is still hers, the new one takes its place;
// otherwise her preferred address stays. AddressAdded is called if the address is new.
func (p *People) giveAddress(ctx context.Context, tx *storage.Tx, r *record, c Contact, replaces int64, from Source) (Address, error) {
	q := db.New(tx)
	before, err := q.AddressesOf(ctx, r.id)
	if err != nil {
		return Address{}, err
	}
	a, err := p.addAddress(ctx, tx, r.id, c, from)
	if err != nil || a.Verified.IsZero() {
		return a, err
	}
	n := NewAddress{Person: r.id, Language: r.Language, Added: a}
	known := false
	prefer := int64(0)
	if old, ok := preferredRow(before, c.Channel); ok {
		prefer = old.ID
	}
	if replaces > 0 {
		prefer = a.ID
	}
	for _, row := range before {
		known = known || row.ID == a.ID && row.VerifiedAt > 0
		if row.VerifiedAt > 0 && row.ID != a.ID {
			n.Before = append(n.Before, addressOf(row))
		}
		if row.ID == replaces && row.ID != a.ID {
			if _, err := q.RemoveAddress(ctx, db.RemoveAddressParams{PersonID: r.id, ID: row.ID}); err != nil {
				return a, err
			}
			n.Replaced, r.told.address = true, from
			if err := r.put(ctx, q); err != nil {
				return a, err
			}
		}
	}
	if prefer != 0 && len(n.Before) > 0 {
		if _, err := q.PreferAddress(ctx, db.PreferAddressParams{PersonID: r.id, ID: prefer}); err != nil {
			return a, err
		}
	}
	if known && !n.Replaced || len(n.Before) == 0 {
		return a, nil
	}
	return a, p.addressAdded(ctx, tx, n)
}
