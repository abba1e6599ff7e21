package people

import (
	"context"
	"slices"
	"strings"

	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
)

// holder is a person whom a chunk may change: her stored data, and what the chunk adds.
type holder struct {
	*record
	fresh       bool    // created by this chunk; the identifier is set after merging
	touched     bool    // the chunk changes her stored data
	folded      string  // of a new person: her name for searching, family name first
	foldedGiven string  // the same, given name first
	stood       Details // details as stored: only additions to lists are written
	addresses   []heldAddress
	ledger      ledger         // consents stored and added by this chunk
	consents    []entryConsent // to be written
	asked       []asking       // by this chunk
	askedBy     []int          // rows that only ask for newsletters
}

// ledger holds the state of her consents, in the order of Purposes.
type ledger [3]standing

// standing is the state of the consents for one purpose.
type standing struct {
	stands bool
	ended  int64 // time of the last withdrawal; 0 = never
}

func (l *ledger) at(purpose Purpose) *standing {
	switch purpose {
	case ForNewsletter:
		return &l[0]
	case ForProfile:
		return &l[1]
	default:
		return &l[2]
	}
}

type heldAddress struct {
	id       int64
	key      addressKey
	shown    string
	verified int64
	fresh    bool // to be inserted
	proved   bool // was unconfirmed and is confirmed now
}

type entryConsent struct {
	purpose Purpose
	entry   *entry
}

// batch is a chunk that is being merged with the stored data.
type batch struct {
	people   *People
	today    Day
	now      int64
	holders  []*holder // in order of first appearance
	fresh    []*holder // those created by the chunk, in the order of their identifiers
	byID     map[int64]*holder
	byKey    map[addressKey]*holder
	outcomes []outcomeKind // of each entry
	filling  bool          // the tables have no indexes, and everybody is new
	rejects  []rejected
	warnings []remark
}

// asking is a newsletter that a row asks for.
type asking struct {
	slug  string
	entry *entry
}

type outcomeKind int

const (
	unchanged outcomeKind = iota
	updated
	created
	refused
)

// newBatch returns a batch for rows rows.
func (run *importRun) newBatch(rows int) *batch {
	return &batch{
		people: run.people, today: run.people.Today(), now: run.people.now(), byID: map[int64]*holder{},
		byKey: make(map[addressKey]*holder, 2*rows), outcomes: make([]outcomeKind, rows), filling: run.filling,
	}
}

// take merges a chunk into the database.
func (run *importRun) take(ctx context.Context, tx *storage.Tx, c chunk) (outcome, error) {
	if len(c.entries) == 0 {
		return outcome{}, nil
	}
	b := c.ready
	if b == nil {
		b = run.newBatch(len(c.entries))
		if err := b.load(ctx, tx, c.entries); err != nil {
			return outcome{}, err
		}
		b.mergeAll(c.entries)
	}
	if err := b.write(ctx, tx); err != nil {
		return outcome{}, err
	}
	begun, err := b.people.subscriptions.Subscribe(ctx, tx, b.askedNow())
	if err != nil {
		return outcome{}, err
	}
	if err := noteBlocks(ctx, tx, b.changed(begun)); err != nil {
		return outcome{}, err
	}
	for _, person := range begun {
		if h := b.byID[person]; len(h.askedBy) > 0 {
			b.outcomes[h.askedBy[0]] = updated
		}
	}
	return b.outcome(), nil
}

// mergeAll merges the rows with the stored data and gives new people identifiers.
func (b *batch) mergeAll(entries []entry) {
	for i := range entries {
		kind, err := b.merge(i, &entries[i])
		if err != nil {
			b.rejects = append(b.rejects, rejected{entries[i].line, entries[i].cells, err})
		}
		b.outcomes[i] = kind
	}
	b.number()
}

// number gives the chunk's new people identifiers in the order of their names. An index on names then visits its pages
// in order and writes each once. Without indexes the order is that of the file.
func (b *batch) number() {
	var fresh []*holder
	for _, h := range b.holders {
		if h.fresh {
			h.folded, h.foldedGiven = h.search()
			fresh = append(fresh, h)
		}
	}
	if !b.filling {
		slices.SortStableFunc(fresh, func(x, y *holder) int { return strings.Compare(x.folded, y.folded) })
	}
	for _, h := range fresh {
		h.id = storage.NewID()
		b.byID[h.id] = h
	}
	b.fresh = fresh
}

// askedNow returns the newsletters that the chunk asks for, in the order of persons and newsletters, for the same
// reason as number.
func (b *batch) askedNow() []Asked {
	holders, many := b.inOrder(), 0
	for _, h := range holders {
		many += len(h.asked)
	}
	list := make([]Asked, 0, many)
	for _, h := range holders {
		slices.SortFunc(h.asked, func(x, y asking) int { return strings.Compare(x.slug, y.slug) })
		for _, a := range h.asked {
			list = append(list, Asked{
				Person: h.id, Newsletter: a.slug, Channel: a.entry.channel, How: "import", When: clock.Time(a.entry.when), New: h.fresh,
			})
		}
	}
	return list
}

func (b *batch) outcome() outcome {
	o := outcome{entries: len(b.outcomes), rejects: b.rejects, warnings: b.warnings}
	for _, kind := range b.outcomes {
		switch kind {
		case created:
			o.created++
		case updated:
			o.updated++
		case unchanged:
			o.unchanged++
		case refused: // counted with its reject
		}
	}
	return o
}

// merge applies one row to the stored data. Its error is a fault: then nothing of the row is applied.
func (b *batch) merge(i int, e *entry) (outcomeKind, error) {
	h, err := b.whose(e)
	if err != nil {
		return refused, err
	}
	kind := unchanged
	if h == nil {
		h, kind = b.meet(e), created
	}
	added := h.fill(e.details, FromImport)
	for _, c := range e.contacts {
		added = b.reach(h, c, e) || added
	}
	for _, purpose := range e.purposes {
		added = h.agree(purpose, e) || added
	}
	if added {
		h.touched, h.updated = true, b.now
		kind = max(kind, updated)
	}
	h.ask(i, kind, e)
	return kind, nil
}

// whose returns the person who has the row's addresses; nil for somebody new.
func (b *batch) whose(e *entry) (*holder, error) {
	var h *holder
	var shared addressKey
	for _, c := range e.contacts {
		other := b.byKey[c.key]
		if h != nil && other != nil && other != h {
			return nil, fault.Invalid("people.import.two_people").On("mobile")
		}
		if h == nil && other != nil {
			h, shared = other, c.key
		}
	}
	if h == nil {
		return nil, nil //nolint:nilnil // nobody yet, and no error
	}
	if err := b.otherName(h, e, shared); err != nil {
		return nil, err
	}
	if tooYoung(h.Born, e.day) {
		return nil, tooYoungFault()
	}
	return h, nil
}

// otherName compares the row's name with that of the person who has its address. If the names differ clearly, two
// people share a mailbox or telephone, and the row is rejected: merging them would show one of them the other's page
// and use the consent of one to write to the other. If the names may belong to one person, hers is kept and the other
// is reported.
func (b *batch) otherName(h *holder, e *entry, shared addressKey) error {
	if sameName(h.Given, e.details.Given) && sameName(h.Family, e.details.Family) {
		return nil
	}
	known, new := h.Name(), e.details.Name()
	if isOther(h.Details, e.details) {
		column := "email"
		if shared.channel == SMS {
			column = "mobile"
		}
		return fault.Invalid("people.import.other_person", "Value", shared.value, "Known", clip(known), "New", clip(new)).On(column)
	}
	b.warnings = append(b.warnings, remark{e.line, fault.Invalid("people.import.name_kept", "Known", clip(known), "New", clip(new)).On("given_name")})
	return nil
}

func (b *batch) meet(e *entry) *holder {
	h := &holder{
		record: newRecord(e.details, FromImport, e.day, b.now), fresh: true,
		addresses: make([]heldAddress, 0, len(e.contacts)), consents: make([]entryConsent, 0, len(e.purposes)),
		asked: make([]asking, 0, len(e.newsletters)),
	}
	b.holders = append(b.holders, h)
	return h
}

// reach adds an address. With evidence of consent it counts as confirmed.
func (b *batch) reach(h *holder, c entryContact, e *entry) bool {
	i := slices.IndexFunc(h.addresses, func(a heldAddress) bool { return a.key == c.key })
	if i < 0 {
		if h.told.address != "" { // she removed an address: perhaps this one
			return false
		}
		h.addresses = append(h.addresses, heldAddress{key: c.key, shown: c.shown, verified: e.when, fresh: true})
		b.byKey[c.key] = h
		return true
	}
	if a := &h.addresses[i]; a.verified == 0 {
		a.verified, a.proved = e.when, true
		return true
	}
	return false
}

// agree adds a consent, unless there is one or she withdrew one since.
func (h *holder) agree(purpose Purpose, e *entry) bool {
	at := h.ledger.at(purpose)
	if at.stands || at.ended != 0 && at.ended >= e.when {
		return false
	}
	at.stands = true
	h.consents = append(h.consents, entryConsent{purpose, e})
	return true
}

// ask adds the newsletters of the row, unless she has since withdrawn the consent to receive any.
func (h *holder) ask(i int, kind outcomeKind, e *entry) {
	if at := h.ledger.at(ForNewsletter); !at.stands && at.ended != 0 && at.ended >= e.when {
		return
	}
	for _, slug := range e.newsletters {
		if slices.ContainsFunc(h.asked, func(a asking) bool { return a.slug == slug }) {
			continue
		}
		h.asked = append(h.asked, asking{slug, e})
		if kind == unchanged && !slices.Contains(h.askedBy, i) {
			h.askedBy = append(h.askedBy, i)
		}
	}
}
