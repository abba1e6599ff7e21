package people

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/people/db"
	"unoxuno/internal/storage"
)

// signUpLife is how long a sign-up waits for confirmation.
const signUpLife = 48 * time.Hour

// Draft is an unconfirmed sign-up.
type Draft struct {
	Details
	Channel     Channel  `json:"channel"` // how she wants to be reached; "" = by e-mail
	Address     string   `json:"address"`
	Mobile      string   `json:"mobile,omitempty"` // a second address, to be confirmed after the first
	Newsletters []string `json:"newsletters"`      // slugs she asks for
	Profile     bool     `json:"profile"`          // she also wants what fits her profile
	Reading     bool     `json:"reading"`          // and agrees that we record what she reads
}

// Pending is a sign-up, or a new address, that waits for confirmation.
type Pending struct {
	ID       int64
	Channel  Channel
	Address  string // the message goes to it
	Language string
	Expires  time.Time
	Coded    time.Time // when the code for a telephone was made; zero for an e-mail address
	// Send is false if messages to this address were requested too often lately. Nothing is sent then, but the visitor
	// gets the same answer.
	Send bool
}

// stored is a draft as the table keeps it.
type stored struct {
	Draft
	Versions map[Purpose]string `json:"versions"` // versions of the wordings she saw
}

// SignUp stores a draft until its address is confirmed. Until then no person exists and nothing shows it. Its faults
// (fault.Problems on the fields of Details, address, mobile, newsletters and consents) concern the input, never who is
// known.
func (p *People) SignUp(ctx context.Context, d Draft) (Pending, error) {
	v, err := p.Vocabulary(ctx)
	if err != nil {
		return Pending{}, err
	}
	value, err := p.checkDraft(&d, v)
	if err != nil {
		return Pending{}, err
	}
	keep := stored{Draft: d, Versions: map[Purpose]string{}}
	for _, purpose := range d.purposes() {
		if keep.Versions[purpose], err = currentVersion(ctx, db.New(p.db), purpose); err != nil {
			return Pending{}, err
		}
	}
	return p.pend(ctx, value, keep, 0, false)
}

// checkDraft brings the draft to normal form and returns the normal address, or all faults.
func (p *People) checkDraft(d *Draft, v Vocabulary) (value string, err error) {
	var problems fault.Problems
	note := func(field string, err error) { _ = problems.Add(field, err) } // all of them are faults
	d.Details, err = d.cleaned(v, p.Today())
	note("", err)
	if d.Channel == "" {
		d.Channel = Email
	}
	value, err = normal(d.Channel, d.Address, p.town().Region)
	field := "address"
	if d.Channel == SMS {
		field = "mobile"
	}
	note(field, err)
	d.Address = shown(d.Channel, d.Address, value)
	if d.Mobile != "" {
		d.Mobile, err = NormalMobile(d.Mobile, p.town().Region)
		note("mobile", err)
	}
	asked := d.Newsletters
	d.Newsletters = nil
	for _, text := range asked {
		slug, err := v.newsletter(text)
		note("newsletters", err)
		if !slices.Contains(d.Newsletters, slug) {
			d.Newsletters = append(d.Newsletters, slug)
		}
	}
	if len(d.Newsletters) == 0 && !d.Profile {
		note("newsletters", fault.Invalid("people.signup.nothing"))
	}
	if tooYoung(d.Born, p.Today()) {
		note("birth_date", tooYoungFault())
	}
	return value, problems.Err()
}

// purposes returns what the draft agrees to.
func (d Draft) purposes() []Purpose {
	var purposes []Purpose
	if len(d.Newsletters) > 0 {
		purposes = append(purposes, ForNewsletter)
	}
	if d.Profile {
		purposes = append(purposes, ForProfile)
	}
	if d.Reading {
		purposes = append(purposes, ForReading)
	}
	return purposes
}

// pend stores what waits for the address's confirmation. With change the address replaces another one.
func (p *People) pend(ctx context.Context, value string, keep stored, forPerson int64, change bool) (Pending, error) {
	text, err := json.Marshal(keep)
	if err != nil {
		return Pending{}, err
	}
	now := p.clock.Now()
	pending := Pending{
		ID: storage.NewID(), Channel: keep.Channel, Address: value, Language: keep.Language, Expires: now.Add(signUpLife),
	}
	if keep.Channel == SMS {
		pending.Coded = now
	}
	if pending.Language == "" {
		pending.Language = p.town().Languages[0]
	}
	err = p.db.Tx(ctx, func(tx *storage.Tx) error {
		if forPerson != 0 {
			if err := p.mustHold(ctx, tx, forPerson); err != nil {
				return err
			}
		}
		if pending.Send, err = p.mayAsk(ctx, tx, keep.Channel, value, askedConfirm); err != nil || !pending.Send {
			return err // nobody will ever get the link to it
		}
		q, replaces := db.New(tx), int64(0)
		if change {
			if replaces, err = p.beginChange(ctx, tx, forPerson, keep.Channel); err != nil {
				return err
			}
		}
		return q.AddSignUp(ctx, db.AddSignUpParams{
			ID: pending.ID, Channel: string(keep.Channel), Value: value, Draft: string(text), ForPerson: forPerson,
			CreatedAt: clock.Millis(now), ExpiresAt: clock.Millis(pending.Expires), CodeAt: clock.Millis(pending.Coded), Replaces: replaces,
		})
	})
	return pending, err
}

// signUpRow returns a sign-up that exists and has not expired; otherwise a fault of kind Expired.
func (p *People) signUpRow(ctx context.Context, q *db.Queries, id int64) (db.PeopleSignup, error) {
	row, err := q.GetSignUp(ctx, id)
	if storage.None(err) || err == nil && row.ExpiresAt <= p.now() {
		return row, fault.Expired("people.signup.gone")
	}
	return row, err
}

// ReadSignUp returns a waiting draft, to be shown with the button that confirms it. A fault of kind Expired if it has
// expired; people.signup.done (Conflict) if it was confirmed.
func (p *People) ReadSignUp(ctx context.Context, id int64) (Draft, error) {
	row, err := p.signUpRow(ctx, db.New(p.db), id)
	if err == nil && row.ConfirmedAt > 0 {
		err = fault.Conflict("people.signup.done")
	}
	if err != nil {
		return Draft{}, err
	}
	keep, err := unstored(row)
	return keep.Draft, err
}

func unstored(row db.PeopleSignup) (keep stored, err error) {
	if err = json.Unmarshal([]byte(row.Draft), &keep); err != nil {
		err = fmt.Errorf("sign-up %d: %w", row.ID, err)
	}
	return keep, err
}

// Confirmation is the result of confirming an address.
type Confirmation struct {
	Person  int64
	Address int64 // the confirmed address
	// First is false if it was confirmed before: the link or code was used already, perhaps by somebody else.
	First bool
	Asked time.Time // when the link or code was sent
}

// ConfirmSignUp carries out the draft after its address was confirmed. It creates the person, or adds to the one who
// has that address, records her consents with their evidence and begins her subscriptions. Called again before the
// sign-up expires, it only returns the person. A fault of kind Expired if there is no such sign-up any more.
func (p *People) ConfirmSignUp(ctx context.Context, id int64) (c Confirmation, err error) {
	confirm := func() error {
		return p.db.Tx(ctx, func(tx *storage.Tx) error {
			c, err = p.confirm(ctx, tx, id)
			return err
		})
	}
	if err = confirm(); storage.IsUnique(err) || fault.HasKey(err, "people.address.taken") {
		// Another sign-up may have confirmed the same address at the same moment: then join that person.
		err = confirm()
	}
	return c, err
}

func (p *People) confirm(ctx context.Context, tx *storage.Tx, id int64) (Confirmation, error) {
	q := db.New(tx)
	row, err := p.signUpRow(ctx, q, id)
	if err != nil || row.ConfirmedAt > 0 {
		return Confirmation{Person: row.PersonID}, err
	}
	if err := p.holdConfirming(ctx, tx, row); err != nil {
		return Confirmation{}, err
	}
	taken, err := q.ConfirmedSignUp(ctx, db.ConfirmedSignUpParams{ID: id, ConfirmedAt: p.now()})
	if err != nil {
		return Confirmation{}, err
	}
	if taken == 0 { // the button was pressed twice
		row, err = p.signUpRow(ctx, q, id)
		return Confirmation{Person: row.PersonID}, err
	}
	if err := p.confirmed(ctx, tx, Channel(row.Channel), row.Value); err != nil {
		return Confirmation{}, err
	}
	keep, err := unstored(row)
	if err != nil {
		return Confirmation{}, err
	}
	c := Confirmation{Person: row.ForPerson, First: true, Asked: clock.Time(max(row.CreatedAt, row.CodeAt))}
	if row.ForPerson > 0 {
		err = p.confirmAddress(ctx, tx, row, keep)
	} else {
		c.Person, err = p.welcome(ctx, tx, row, keep)
	}
	if err != nil {
		return Confirmation{}, err
	}
	address, err := q.FindAddress(ctx, db.FindAddressParams{Channel: row.Channel, Value: row.Value})
	if err != nil {
		return Confirmation{}, err
	}
	c.Address = address.ID
	if err := q.SignUpLedTo(ctx, db.SignUpLedToParams{ID: id, PersonID: c.Person}); err != nil {
		return Confirmation{}, err
	}
	return c, p.deed(ctx, tx, "address_confirmed", c.Person, "")
}

// holdConfirming holds the person that the confirmation will change, if she exists. Persons are locked before sign-ups,
// as in Erase.
func (p *People) holdConfirming(ctx context.Context, tx *storage.Tx, row db.PeopleSignup) error {
	person := row.ForPerson
	if person == 0 {
		address, err := db.New(tx).FindAddress(ctx, db.FindAddressParams{Channel: row.Channel, Value: row.Value})
		if storage.None(err) {
			return nil
		}
		if err != nil {
			return err
		}
		person = address.PersonID
	}
	_, err := p.Hold(ctx, tx, person) // if she was erased, the sign-up is gone too, which the caller finds
	return err
}

// welcome creates the person of a confirmed draft, or adds the draft to the person who has the address.
func (p *People) welcome(ctx context.Context, tx *storage.Tx, row db.PeopleSignup, keep stored) (int64, error) {
	person, err := p.settle(ctx, tx, row, keep.Draft)
	if err != nil {
		return 0, err
	}
	now := p.clock.Now()
	proof := fmt.Sprintf("double opt-in %d: asked %s, confirmed %s from the address", row.ID,
		clock.Time(row.CreatedAt).Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	for _, purpose := range keep.purposes() {
		err := p.GrantIn(ctx, tx, person, Grant{
			Purpose: purpose, TextVersion: keep.Versions[purpose], Source: "sign-up", Channel: keep.Channel, When: now, Proof: proof,
		})
		if err != nil {
			return 0, err
		}
	}
	asked := make([]Asked, len(keep.Newsletters))
	for i, slug := range keep.Newsletters {
		asked[i] = Asked{Person: person, Newsletter: slug, Channel: keep.Channel, How: "signup", When: now}
	}
	_, err = p.subscriptions.Subscribe(ctx, tx, asked)
	return person, err
}

// settle finds or creates the person who has the address. Only a confirmed address leads to an existing person. An
// unconfirmed one proves nothing and is taken away from the person who typed it.
func (p *People) settle(ctx context.Context, tx *storage.Tx, row db.PeopleSignup, d Draft) (int64, error) {
	q := db.New(tx)
	address, err := q.FindAddress(ctx, db.FindAddressParams{Channel: row.Channel, Value: row.Value})
	if err == nil && address.VerifiedAt > 0 {
		r, err := p.holdRecord(ctx, tx, address.PersonID)
		if err != nil {
			return 0, err
		}
		if r.fill(d.Details, FromSelf) {
			if err = r.put(ctx, q); err == nil {
				err = p.judge(ctx, tx, r)
			}
		}
		return r.id, err
	}
	if err != nil && !storage.None(err) {
		return 0, err
	}
	r := newRecord(d.Details, FromSelf, p.Today(), p.now())
	if err := p.addRecord(ctx, tx, r); err != nil {
		return 0, err
	}
	_, err = p.addAddress(ctx, tx, r.id, Contact{Channel: d.Channel, Value: d.Address, Verified: true}, FromSelf)
	return r.id, err
}

// Sweep removes expired sign-ups and returns their number. It also removes rows of the feed that every node has read.
func (p *People) Sweep(ctx context.Context) (removed int64, err error) {
	err = p.db.Tx(ctx, func(tx *storage.Tx) error {
		if removed, err = db.New(tx).SweepSignUps(ctx, p.now()); err != nil {
			return err
		}
		if err := p.sweepEntries(ctx, db.New(tx)); err != nil {
			return err
		}
		return p.sweepFeed(ctx, tx)
	})
	return removed, err
}

// signUpsOf returns the person's waiting and recent sign-ups. A sign-up may contain anything, so only she sees what she
// wrote.
func signUpsOf(ctx context.Context, q *db.Queries, person int64, sight access.Sight) ([]map[string]any, error) {
	rows, err := q.SignUpsOf(ctx, person)
	if err != nil {
		return nil, err
	}
	list := make([]map[string]any, 0, len(rows))
	for _, row := range rows {
		entry := map[string]any{
			"channel": row.Channel, "address": row.Value,
			"asked": clock.Time(row.CreatedAt), "expires": clock.Time(row.ExpiresAt), "confirmed": row.ConfirmedAt > 0,
		}
		if row.Draft != "" && sight == access.Whole {
			entry["draft"] = json.RawMessage(row.Draft)
		}
		list = append(list, entry)
	}
	return slices.Clip(list), nil
}
