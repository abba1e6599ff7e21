package people

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/people/db"
	"unoxuno/internal/storage"
)

// EntryLife is how long the link or code that opens a person's own page is valid. It can be used once. SessionLife is
// how long the page then stays open in that browser.
const (
	EntryLife   = 10 * time.Minute
	SessionLife = time.Hour
)

// The kinds of messages that anybody can request for an address. At most three of each kind are sent within an hour.
const (
	askedConfirm = "confirm" // confirms a sign-up or an address
	askedEntry   = "entry"   // opens the person's own page
	askedPause   = time.Hour
)

// At most guessMost codes are tried for one address within guessPause, over all its sign-ups and entries.
const (
	guessMost  = 10
	guessPause = 24 * time.Hour
)

// Entry is a request, made with an address, to open a person's own page.
type Entry struct {
	ID      int64
	Channel Channel
	Address string    // the message goes to it
	Asked   time.Time // the code is computed from it
	Expires time.Time
	Used    bool
	// Send is false if messages to this address were requested too often lately. Nothing is sent then, but the visitor
	// gets the same answer.
	Send bool
}

// AskEntryIn stores, in tx, a request to open the page of the person who has the address. It does not look whose
// address it is, so that neither its effect nor its duration reveals it. The code that sends the message looks later
// ([People.HasHolder]). The address is in normal form.
func (p *People) AskEntryIn(ctx context.Context, tx *storage.Tx, channel Channel, address string) (Entry, error) {
	now := p.clock.Now()
	e := Entry{ID: storage.NewID(), Channel: channel, Address: address, Asked: clock.Time(clock.Millis(now)), Expires: now.Add(EntryLife)}
	var err error
	if e.Send, err = p.mayAsk(ctx, tx, channel, address, askedEntry); err != nil {
		return e, err
	}
	return e, db.New(tx).AddEntry(ctx, db.AddEntryParams{
		ID: e.ID, Channel: string(channel), Value: address, AskedAt: clock.Millis(now), ExpiresAt: clock.Millis(e.Expires),
	})
}

// mayAsk counts a requested message to an address, by its mailbox. It returns false if there were too many.
func (p *People) mayAsk(ctx context.Context, tx *storage.Tx, channel Channel, address, what string) (bool, error) {
	now := p.clock.Now()
	n, err := db.New(tx).MayAsk(ctx, db.MayAskParams{
		Channel: string(channel), Value: Mailbox(address), What: what, Now: clock.Millis(now), Before: clock.Millis(now.Add(-askedPause)),
	})
	return n > 0, err
}

// mayGuess counts a try at a code that was sent to an address. It returns false if there were too many.
func (p *People) mayGuess(ctx context.Context, tx *storage.Tx, channel, address string) (bool, error) {
	now := p.clock.Now()
	n, err := db.New(tx).MayGuess(ctx, db.MayGuessParams{
		Channel: channel, Value: Mailbox(address), Now: clock.Millis(now), Before: clock.Millis(now.Add(-guessPause)), Most: guessMost,
	})
	return n > 0, err
}

// Entry returns the entry with that identifier; a fault of kind Expired if it is gone.
func (p *People) Entry(ctx context.Context, id int64) (Entry, error) {
	row, err := db.New(p.db).GetEntry(ctx, id)
	if storage.None(err) || err == nil && row.ExpiresAt <= p.now() {
		return Entry{}, fault.Expired("people.entry.gone")
	}
	return Entry{
		ID: id, Channel: Channel(row.Channel), Address: row.Value, Asked: clock.Time(row.AskedAt), Expires: clock.Time(row.ExpiresAt),
		Used: row.UsedAt > 0,
	}, err
}

// TryEntry counts a try at the code of an entry and returns when the code was made, from which the code is computed.
// The fault people.code.gone (Expired) means: too many tries, or the entry expired, was used or never existed.
func (p *People) TryEntry(ctx context.Context, id int64) (made time.Time, err error) {
	err = p.db.Tx(ctx, func(tx *storage.Tx) error {
		q := db.New(tx)
		n, err := q.TryEntry(ctx, db.TryEntryParams{ID: id, Most: codeTries, Now: p.now()})
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.Expired("people.code.gone")
		}
		row, err := q.GetEntry(ctx, id)
		if err != nil {
			return err
		}
		made = clock.Time(row.AskedAt)
		if may, err := p.mayGuess(ctx, tx, row.Channel, row.Value); err != nil || may {
			return err
		}
		return fault.Expired("people.code.gone")
	})
	return made, err
}

// Session is a browser in which a person's own page is open.
type Session struct {
	Token   string // for the browser's cookie; nothing else opens the session
	Person  int64
	Address int64 // with which she opened the page: the session ends when it is no longer hers
	Ends    time.Time
}

// UseEntry opens the own page of the person who has the entry's address. An entry works once, also for two requests at
// once. A fault of kind Expired means that it was used or has expired; people.entry.nobody that nobody has the address.
func (p *People) UseEntry(ctx context.Context, id int64) (s Session, err error) {
	err = p.db.Tx(ctx, func(tx *storage.Tx) error {
		q := db.New(tx)
		row, err := q.GetEntry(ctx, id)
		if storage.None(err) {
			return fault.Expired("people.entry.gone")
		}
		if err != nil {
			return err
		}
		address, err := p.holdHolder(ctx, tx, row)
		if err != nil {
			return err
		}
		n, err := q.UseEntry(ctx, db.UseEntryParams{ID: id, UsedAt: p.now()})
		if err == nil && n == 0 {
			err = fault.Expired("people.entry.gone")
		}
		if err != nil {
			return err
		}
		s, err = p.beginSession(ctx, tx, address.PersonID, address.ID)
		return err
	})
	return s, err
}

// holdHolder holds the person who has the entry's address; the fault people.entry.nobody if nobody has it.
func (p *People) holdHolder(ctx context.Context, tx *storage.Tx, row db.PeopleEntry) (address db.PeopleAddress, err error) {
	find := func() error {
		address, err = db.New(tx).FindAddress(ctx, db.FindAddressParams{Channel: row.Channel, Value: row.Value})
		if storage.None(err) || err == nil && address.VerifiedAt == 0 {
			err = fault.NotFound("people.entry.nobody")
		}
		return err
	}
	if err := find(); err != nil {
		return address, err
	}
	held := address.PersonID
	if _, err := p.Hold(ctx, tx, held); err != nil {
		return address, err
	}
	if err := find(); err != nil {
		return address, err
	}
	if address.PersonID != held { // somebody else got the address meanwhile
		return address, fault.NotFound("people.entry.nobody")
	}
	return address, nil
}

// BeginSession opens the person's own page for somebody who has just proved that the address is hers.
func (p *People) BeginSession(ctx context.Context, person, address int64) (s Session, err error) {
	err = p.db.Tx(ctx, func(tx *storage.Tx) error {
		s, err = p.beginSession(ctx, tx, person, address)
		return err
	})
	return s, err
}

func (p *People) beginSession(ctx context.Context, tx *storage.Tx, person, address int64) (Session, error) {
	now := p.clock.Now()
	s := Session{Token: rand.Text(), Person: person, Address: address, Ends: now.Add(SessionLife)}
	if err := p.mustHold(ctx, tx, person); err != nil {
		return s, err
	}
	return s, db.New(tx).AddSession(ctx, db.AddSessionParams{
		Digest: sessionDigest(s.Token), PersonID: person, AddressID: address, BeganAt: clock.Millis(now), EndsAt: clock.Millis(s.Ends),
	})
}

// sessionDigest is what the database stores of a session's token. It cannot be used in place of the token.
func sessionDigest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// SessionOf returns the session of a token; ok is false if there is none, or if its address is no longer hers.
func (p *People) SessionOf(ctx context.Context, token string) (s Session, ok bool, err error) {
	row, err := db.New(p.db).GetSession(ctx, db.GetSessionParams{Digest: sessionDigest(token), EndsAt: p.now()})
	if storage.None(err) {
		return Session{}, false, nil
	}
	return Session{Token: token, Person: row.PersonID, Address: row.AddressID}, err == nil, err
}

// EndSession closes the page in the browser that has the token.
func (p *People) EndSession(ctx context.Context, token string) error {
	return p.db.Tx(ctx, func(tx *storage.Tx) error { return db.New(tx).EndSession(ctx, sessionDigest(token)) })
}

// OwnPageLink is the content of the link to her own page in every message to a person.
type OwnPageLink struct {
	Person  int64
	Address int64 // it was sent to; 0 in links made before links named an address
}

// LinkAddress returns the address that the link was sent to, if it is still hers. A link becomes invalid with its
// address. For a link without an address it returns her preferred e-mail address, unless she ever removed an address.
func (p *People) LinkAddress(ctx context.Context, l OwnPageLink) (a Address, ok bool, err error) {
	q := db.New(p.db)
	if l.Address != 0 {
		row, err := q.GetAddress(ctx, db.GetAddressParams{PersonID: l.Person, ID: l.Address})
		if storage.None(err) {
			return a, false, nil
		}
		return addressOf(row), err == nil && row.VerifiedAt > 0, err
	}
	r, err := loadRecord(ctx, q, l.Person)
	if err != nil || r.told.address != "" {
		return a, false, err
	}
	rows, err := q.AddressesOf(ctx, l.Person)
	row, ok := preferredRow(rows, Email)
	return addressOf(row), ok, err
}

// HasHolder tells whether somebody has the address, confirmed.
func (p *People) HasHolder(ctx context.Context, channel Channel, address string) (bool, error) {
	_, ok, err := p.ByAddress(ctx, channel, address)
	return ok, err
}

// AddressValues returns the person's addresses, including unconfirmed new ones.
func (p *People) AddressValues(ctx context.Context, q storage.Queryer, person int64) ([]string, error) {
	keys, err := db.New(q).AddressKeys(ctx, person)
	values := make([]string, len(keys))
	for i, k := range keys {
		values[i] = k.Value
	}
	return values, err
}

// forgetEntries removes the requests and tries for the person's addresses, and her sessions.
func forgetEntries(ctx context.Context, q *db.Queries, person int64) error {
	keys, err := q.AddressKeys(ctx, person)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if err := q.EraseEntries(ctx, db.EraseEntriesParams(k)); err != nil {
			return err
		}
		if err := q.EraseAsked(ctx, db.EraseAskedParams{Channel: k.Channel, Value: Mailbox(k.Value)}); err != nil {
			return err
		}
		if err := q.EraseGuesses(ctx, db.EraseGuessesParams{Channel: k.Channel, Value: Mailbox(k.Value)}); err != nil {
			return err
		}
	}
	return q.EraseSessions(ctx, person)
}

// sweepEntries removes what has expired.
func (p *People) sweepEntries(ctx context.Context, q *db.Queries) error {
	now := p.clock.Now()
	for _, sweep := range []struct {
		do     func(context.Context, int64) error
		before time.Time
	}{
		{q.SweepEntries, now}, {q.SweepSessions, now}, {q.SweepAsked, now.Add(-askedPause)}, {q.SweepGuesses, now.Add(-guessPause)},
	} {
		if err := sweep.do(ctx, clock.Millis(sweep.before)); err != nil {
			return err
		}
	}
	return nil
}

// entriesOf returns the data about entries and sessions for the person's export.
func entriesOf(ctx context.Context, q *db.Queries, person int64) (map[string]any, error) {
	entries, err := q.EntriesOf(ctx, person)
	if err != nil {
		return nil, err
	}
	sessions, err := q.SessionsOf(ctx, person)
	if err != nil {
		return nil, err
	}
	asked, open := []map[string]any{}, []map[string]any{}
	for _, e := range entries {
		asked = append(asked, map[string]any{"channel": e.Channel, "address": e.Value, "asked": clock.Time(e.AskedAt), "used": e.UsedAt > 0})
	}
	for _, s := range sessions {
		open = append(open, map[string]any{"began": clock.Time(s.BeganAt), "ends": clock.Time(s.EndsAt)})
	}
	return map[string]any{"asked": asked, "sessions": open}, nil
}
