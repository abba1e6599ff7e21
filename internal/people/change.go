package people

import (
	"context"

	"unoxuno/internal/people/db"
	"unoxuno/internal/storage"
)

// AskAddress stores a new address of the person until it is confirmed by ConfirmSignUp. The answer does not reveal
// whether somebody has the address already.
func (p *People) AskAddress(ctx context.Context, person int64, channel Channel, text string) (Pending, error) {
	return p.askAddress(ctx, person, channel, text, false)
}

// AskChange is AskAddress for an address that replaces the preferred one of that channel. It makes her earlier
// unconfirmed changes of that channel invalid.
func (p *People) AskChange(ctx context.Context, person int64, channel Channel, text string) (Pending, error) {
	return p.askAddress(ctx, person, channel, text, true)
}

func (p *People) askAddress(ctx context.Context, person int64, channel Channel, text string, change bool) (Pending, error) {
	value, err := normal(channel, text, p.town().Region)
	if err != nil {
		return Pending{}, onField(err, "address")
	}
	r, err := loadRecord(ctx, db.New(p.db), person)
	if err != nil {
		return Pending{}, err
	}
	d := Draft{Details: Details{Language: r.Language}, Channel: channel, Address: shown(channel, text, value)}
	return p.pend(ctx, value, stored{Draft: d}, person, change)
}

// beginChange drops the unconfirmed changes of the channel. The transaction holds the person. It returns the address
// that the new one replaces; 0 if there is none.
func (p *People) beginChange(ctx context.Context, tx *storage.Tx, person int64, channel Channel) (int64, error) {
	q := db.New(tx)
	if err := q.DropChanges(ctx, db.DropChangesParams{ForPerson: person, Channel: string(channel)}); err != nil {
		return 0, err
	}
	rows, err := q.AddressesOf(ctx, person)
	if err != nil {
		return 0, err
	}
	old, _ := preferredRow(rows, channel)
	return old.ID, nil
}

// confirmAddress gives the person the address that she asked for and confirmed.
func (p *People) confirmAddress(ctx context.Context, tx *storage.Tx, row db.PeopleSignup, keep stored) error {
	r, err := p.holdRecord(ctx, tx, row.ForPerson)
	if err != nil {
		return err
	}
	contact := Contact{Channel: keep.Channel, Value: keep.Address, Verified: true}
	_, err = p.giveAddress(ctx, tx, r, contact, row.Replaces, FromSelf)
	return err
}
