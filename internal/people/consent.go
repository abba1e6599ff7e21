package people

import (
	"context"
	"slices"
	"strings"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/people/db"
	"unoxuno/internal/plaintext"
	"unoxuno/internal/storage"
)

// Purpose is what a person agrees to.
type Purpose string

// The purposes.
const (
	ForNewsletter Purpose = "newsletter" // to receive the newsletters she subscribed to
	ForProfile    Purpose = "profile"    // to receive what fits who she is and what she wants
	ForReading    Purpose = "reading"    // that we record which messages and links she opens
)

// Purposes returns all purposes.
func Purposes() []Purpose { return []Purpose{ForNewsletter, ForProfile, ForReading} }

// consentAge is the age from which one consents for oneself in Italy (GDPR article 8; D.Lgs. 196/2003, art.
// 2-quinquies).
const consentAge = 14

// tooYoung tells whether a person born then was too young to consent on that day. If only the year is known, its last
// day counts, so that nobody is taken for older than she was. Without a birth date she is taken to be old enough.
func tooYoung(born Birth, on Day) bool {
	age, known := born.Age(on)
	return known && age < consentAge
}

func tooYoungFault() *fault.Error {
	return fault.Invalid("people.consent.too_young", "Years", consentAge).On("birth_date")
}

// Grant describes a consent to be recorded.
type Grant struct {
	Purpose     Purpose
	TextVersion string    // of the wording she saw; "" = the current one; "paper" for a form with its own wording
	Source      string    // where it was given: "sign-up", "own page", "counter", "paper form 2024"
	Channel     Channel   // on which she agreed to be reached; "" if she named none
	When        time.Time // zero = now
	Proof       string    // the evidence
	Parent      string    // who consents for a child below 14: name and relation; "" = the person herself
}

// Consent is a row of the ledger.
type Consent struct {
	ID          int64     `json:"id,string"`
	Person      int64     `json:"-"`
	Purpose     Purpose   `json:"purpose"`
	TextVersion string    `json:"text_version"`
	Source      string    `json:"source"`
	Channel     Channel   `json:"channel"`
	Granted     time.Time `json:"granted"`
	Recorded    time.Time `json:"recorded"`
	Actor       string    `json:"actor"` // who recorded it
	Proof       string    `json:"proof"`
	Ended       time.Time `json:"ended,omitzero"`
	EndReason   string    `json:"end_reason,omitempty"`
	EndedBy     string    `json:"ended_by,omitempty"`
	Parent      string    `json:"parent,omitempty"` // who consented for her, if she was below 14
	Void        bool      `json:"void,omitempty"`   // invalid: given below 14, and not by a parent
}

// Stands tells whether the consent is valid: it has not ended, and is not void.
func (c Consent) Stands() bool { return c.Ended.IsZero() && !c.Void }

// Grant records the person's consent. It does nothing if a consent for that purpose is valid, or if she withdrew one at
// or after When. Faults: people.consent.too_young, people.consent.future, people.consent.purpose.
func (p *People) Grant(ctx context.Context, person int64, g Grant) error {
	return p.db.Tx(ctx, func(tx *storage.Tx) error {
		granted, err := p.grant(ctx, tx, person, g)
		if err != nil || !granted {
			return err
		}
		action := "granted"
		if strings.TrimSpace(g.Parent) != "" {
			action = "granted_by_parent"
		}
		return p.deed(ctx, tx, action, person, string(g.Purpose))
	})
}

// GrantIn is Grant in tx.
func (p *People) GrantIn(ctx context.Context, tx *storage.Tx, person int64, g Grant) error {
	_, err := p.grant(ctx, tx, person, g)
	return err
}

// grant is GrantIn; granted tells whether a consent was recorded.
func (p *People) grant(ctx context.Context, tx *storage.Tx, person int64, g Grant) (granted bool, err error) {
	if !slices.Contains(Purposes(), g.Purpose) {
		return false, fault.Invalid("people.consent.purpose", "Text", clip(string(g.Purpose)))
	}
	now := p.clock.Now()
	if g.When.IsZero() {
		g.When = now
	}
	if g.When.After(now) {
		return false, fault.Invalid("people.consent.future", "Text", DayOf(g.When.In(p.town().Zone)).String())
	}
	q := db.New(tx)
	r, err := p.holdRecord(ctx, tx, person)
	if err != nil {
		return false, err
	}
	on := DayOf(g.When.In(p.town().Zone))
	if err := plaintext.Each(&g.Source, &g.Proof).Err(); err != nil {
		return false, err
	}
	if g.Parent, err = cleanName(g.Parent); err != nil {
		return false, onField(err, "parent")
	}
	rows, err := q.ConsentsOf(ctx, person)
	if err != nil {
		return false, err
	}
	ended := false
	for _, row := range rows {
		ended = ended || row.Purpose == string(g.Purpose) && row.EndedAt > 0
		if row.Purpose == string(g.Purpose) && !row.Void && (row.EndedAt == 0 || row.EndedAt >= clock.Millis(g.When)) {
			return false, nil
		}
	}
	switch young := tooYoung(r.Born, on); {
	case young && g.Parent == "":
		return false, tooYoungFault()
	case !young && r.Born.Day != 0 && g.Parent != "":
		return false, fault.Invalid("people.consent.parent_not_needed", "Years", consentAge).On("parent")
	}
	if err := q.EndVoid(ctx, db.EndVoidParams{
		PersonID: person, Purpose: string(g.Purpose), EndedAt: clock.Millis(now), EndedBy: actorOf(ctx),
	}); err != nil {
		return false, err
	}
	if ended {
		if err := p.Note(ctx, tx, person, consentFact(g.Purpose, true)); err != nil {
			return false, err
		}
	}
	if g.TextVersion == "" {
		if g.TextVersion, err = currentVersion(ctx, q, g.Purpose); err != nil {
			return false, err
		}
	}
	return true, q.AddConsent(ctx, db.AddConsentParams{
		ID: storage.NewID(), PersonID: person, Purpose: string(g.Purpose), TextVersion: g.TextVersion, Source: g.Source,
		Channel: string(g.Channel), GrantedAt: clock.Millis(g.When), RecordedAt: clock.Millis(now),
		Actor: actorOf(ctx), Proof: g.Proof, GivenOn: int64(on), Parent: g.Parent,
	})
}

// judge finds out which of the person's consents are void after her birth date changed. A consent is judged by her age
// on its own day, so correcting a typing error takes nothing away. Data that depends on a consent that is now void is
// removed.
func (p *People) judge(ctx context.Context, tx *storage.Tx, r *record) error {
	judged, err := db.New(tx).JudgeConsents(ctx, db.JudgeConsentsParams{PersonID: r.id, Born: int64(r.Born.Day), Youngest: consentAge * 10_000})
	if err != nil {
		return err
	}
	for _, c := range judged {
		if c.Void && c.EndedAt == 0 {
			if err := p.withdrawn(ctx, tx, r.id, Purpose(c.Purpose)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Withdraw ends the person's consent; it does nothing if there is none. The ledger keeps the reason, such as
// "unsubscribed by link" or "asked at the counter".
func (p *People) Withdraw(ctx context.Context, person int64, purpose Purpose, reason string) error {
	return p.db.Tx(ctx, func(tx *storage.Tx) error {
		if _, err := p.WithdrawIn(ctx, tx, person, purpose, reason); err != nil {
			return err
		}
		return p.deed(ctx, tx, "withdrawn", person, string(purpose))
	})
}

// WithdrawIn is Withdraw in tx. It returns the identifiers of the consents that ended, for RestoreIn.
func (p *People) WithdrawIn(ctx context.Context, tx *storage.Tx, person int64, purpose Purpose, reason string) ([]int64, error) {
	if found, err := p.Hold(ctx, tx, person); err != nil || !found {
		return nil, err // a person who was erased has no consents
	}
	ended, err := db.New(tx).EndConsent(ctx, db.EndConsentParams{
		PersonID: person, Purpose: string(purpose), EndedAt: p.now(), EndReason: plaintext.Visible(reason), EndedBy: actorOf(ctx),
	})
	if err != nil || len(ended) == 0 {
		return nil, err
	}
	if err := p.withdrawn(ctx, tx, person, purpose); err != nil {
		return nil, err
	}
	if err := p.Note(ctx, tx, person, consentFact(purpose, false)); err != nil {
		return nil, err
	}
	return ended, p.Changed(ctx, tx, person)
}

// RestoreIn gives the named ended consents of the person again, as new rows of the ledger. It skips a purpose that has
// a valid consent, and ForReading: that data was deleted, and she must opt in again.
func (p *People) RestoreIn(ctx context.Context, tx *storage.Tx, person int64, ended []int64, source, proof string) error {
	if _, err := p.holdRecord(ctx, tx, person); err != nil {
		return err
	}
	q := db.New(tx)
	ledger, err := q.ConsentsOf(ctx, person)
	if err != nil {
		return err
	}
	stands := map[string]bool{}
	for _, row := range ledger {
		stands[row.Purpose] = stands[row.Purpose] || row.EndedAt == 0
	}
	for _, row := range ledger {
		if !slices.Contains(ended, row.ID) || row.Void || stands[row.Purpose] || row.Purpose == string(ForReading) {
			continue
		}
		stands[row.Purpose] = true
		if err := q.AddConsent(ctx, db.AddConsentParams{
			ID: storage.NewID(), PersonID: person, Purpose: row.Purpose, TextVersion: row.TextVersion, Source: source,
			Channel: row.Channel, GrantedAt: p.now(), RecordedAt: p.now(), Actor: actorOf(ctx), Proof: proof,
			GivenOn: int64(p.Today()), Parent: row.Parent,
		}); err != nil {
			return err
		}
		if err := p.Note(ctx, tx, person, consentFact(Purpose(row.Purpose), true)); err != nil {
			return err
		}
	}
	return p.Changed(ctx, tx, person)
}

// Withdrawn is called, in the transaction, when a valid consent has ended. Code that stores data on the basis of a
// consent holds the person (People.Hold), so it either ran before this transaction or finds no consent.
type Withdrawn func(ctx context.Context, tx *storage.Tx, person int64, purpose Purpose) error

// PlugWithdrawn sets that function. It is called while the program is assembled.
func (p *People) PlugWithdrawn(told Withdrawn) { p.withdrawn = told }

// Consents returns the person's ledger, newest first, including ended consents.
func (p *People) Consents(ctx context.Context, person int64) ([]Consent, error) {
	return consentsOf(ctx, db.New(p.db), person)
}

func consentsOf(ctx context.Context, q *db.Queries, person int64) ([]Consent, error) {
	rows, err := q.ConsentsOf(ctx, person)
	if err != nil {
		return nil, err
	}
	consents := make([]Consent, len(rows))
	for i, row := range rows {
		consents[i] = Consent{
			ID: row.ID, Person: row.PersonID, Purpose: Purpose(row.Purpose), TextVersion: row.TextVersion,
			Source: row.Source, Channel: Channel(row.Channel), Granted: clock.Time(row.GrantedAt),
			Recorded: clock.Time(row.RecordedAt), Actor: row.Actor, Proof: row.Proof,
			Ended: clock.Time(row.EndedAt), EndReason: row.EndReason, EndedBy: row.EndedBy, Parent: row.Parent, Void: row.Void,
		}
	}
	return consents, nil
}

// ConsentText is the wording of a consent in both languages.
type ConsentText struct {
	Purpose Purpose
	Version string
	IT, EN  string
}

// In returns the wording in lang, or the Italian one if there is no other.
func (t ConsentText) In(lang string) string {
	if lang == "en" && t.EN != "" {
		return t.EN
	}
	return t.IT
}

// ConsentTexts returns the current wording of each purpose.
func (p *People) ConsentTexts(ctx context.Context) ([]ConsentText, error) {
	rows, err := db.New(p.db).ConsentTexts(ctx)
	if err != nil {
		return nil, err
	}
	texts := make([]ConsentText, len(rows))
	for i, row := range rows {
		texts[i] = ConsentText{Purpose: Purpose(row.Purpose), Version: row.Version, IT: row.WordingIt, EN: row.WordingEn}
	}
	return texts, nil
}

// AddConsentText makes a new wording the current one. Existing consents keep the wording that was shown. A fault of
// kind Conflict means that the version exists: a wording is never changed.
func (p *People) AddConsentText(ctx context.Context, t ConsentText) error {
	if t.Version == "" || strings.TrimSpace(t.IT) == "" || strings.TrimSpace(t.EN) == "" {
		return fault.Invalid("people.consent.text_incomplete")
	}
	err := p.db.Tx(ctx, func(tx *storage.Tx) error {
		return db.New(tx).AddConsentText(ctx, db.AddConsentTextParams{
			Purpose: string(t.Purpose), Version: t.Version, WordingIt: t.IT, WordingEn: t.EN, Since: p.now(),
		})
	})
	if storage.IsUnique(err) {
		return fault.Conflict("people.consent.text_exists", "Version", t.Version)
	}
	return err
}

// currentVersion returns the version of the purpose's current wording; "" if there is none.
func currentVersion(ctx context.Context, q *db.Queries, purpose Purpose) (string, error) {
	rows, err := q.ConsentTexts(ctx)
	for _, row := range rows {
		if row.Purpose == string(purpose) {
			return row.Version, err
		}
	}
	return "", err
}
