package delivery

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/bounce"
	"unoxuno/internal/delivery/db"
	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
)

// Policy is what is done about what comes back.
type Policy struct {
	Mailbox   string // the address that the mailto of List-Unsubscribe names; "" is that of Settings.From
	Contact   string // where people are told to write instead: an address of the web, or of mail
	SoftCount int    // so many messages that come back softly suppress an address …; 0 is 3
	SoftDays  int    // … when they did so within so many days; 0 is 14
	BrakeDays int    // how many days of returns the brake looks at; 0: there is no brake
}

func (p Policy) withDefaults(from string) Policy {
	if p.Mailbox == "" {
		p.Mailbox = from
	}
	if p.SoftCount <= 0 {
		p.SoftCount = 3
	}
	if p.SoftDays <= 0 {
		p.SoftDays = 14
	}
	return p
}

// PlugFarewells names the room that understands unsubscribe tokens, before the room runs.
func (r *Room) PlugFarewells(f Farewells) { r.farewells = f }

// Expects fails with the fault delivery.back.nobody for an address at which no mail is taken: that is every address but
// the envelope senders of our own making and the mailbox that List-Unsubscribe names.
func (r *Room) Expects(recipient string) error {
	if r.isMailbox(recipient) {
		return nil
	}
	if _, err := r.OpenBounce(recipient); err != nil {
		if strings.HasPrefix(strings.ToLower(recipient), envelopeMark) {
			r.metrics.forged.Inc()
		}
		return fault.NotFound("delivery.back.nobody", "Where", r.settings.Policy.Contact).Because(err)
	}
	return nil
}

func (r *Room) isMailbox(address string) bool {
	return address != "" && strings.EqualFold(address, r.settings.Policy.Mailbox)
}

// Back is a mail that came in at an address of ours.
type Back struct {
	Recipient string    // of the envelope
	Mail      io.Reader // as it was delivered, with its envelope sender in Return-Path: see [bounce.Parse]
}

// TakeBack reads a mail that came in, and does what it asks for: a bounce or a complaint goes on record and may suppress
// the address, a delay goes on record and changes nothing, an unsubscription is carried out, an automatic answer is counted. It may be done again with the same mail:
// that changes nothing more. It fails with the fault delivery.back.letter for what a person wrote, which must not be
// swallowed, and with delivery.back.nobody for an address that is not ours; any other error is of ours, and the mail
// should be brought again.
func (r *Room) TakeBack(ctx context.Context, b Back) error {
	if err := r.Expects(b.Recipient); err != nil {
		return err
	}
	report, err := bounce.Parse(b.Mail)
	if err != nil {
		return fmt.Errorf("read what came back: %w", err)
	}
	switch report.Kind {
	case bounce.Hard, bounce.Soft, bounce.Delayed, bounce.Complaint:
		return r.noteReport(ctx, b.Recipient, report)
	}
	if report.Leave != "" && r.farewells != nil {
		err := r.farewells.OneClick(ctx, report.Leave)
		if err == nil {
			r.metrics.back("unsubscribe")
			return nil
		}
		if !fault.Is(err, fault.KindExpired) && !fault.Is(err, fault.KindNotFound) {
			return err
		}
		r.metrics.forged.Inc()
	}
	if report.Kind == bounce.Auto {
		r.metrics.back(string(bounce.Auto))
		return nil
	}
	r.metrics.back("letter")
	return fault.Invalid("delivery.back.letter", "Where", r.settings.Policy.Contact)
}

// coming is a message that came back, as the policy sees it.
type coming struct {
	Envelope
	origin  string // of whom the token is a farewell's; "" where it is an envelope's, which knows its batch
	ref     int64
	kind    bounce.Kind
	reason  bounce.Reason
	status  string
	named   []string // addresses that the notice names
	quoted  string   // the Message-ID that the notice quotes; "" for none
	checked bool     // the token tells the address that the message went to
	folded  bool     // its batch is: what comes back now still suppresses, and the numbers stay as they are
}

// noteReport puts a bounce or a complaint on record. Only a token of ours tells which message it speaks of: the address
// that the notice came to or, where complaints go to one mailbox, what it quotes of the message. All else can be forged.
func (r *Room) noteReport(ctx context.Context, recipient string, report bounce.Report) error {
	c := coming{kind: report.Kind, named: []string{report.Original.To}, quoted: report.Original.MessageID, checked: true}
	for _, each := range report.Recipients {
		c.named = append(c.named, each.Address, each.Original)
	}
	if !r.trace(&c, recipient, report) {
		r.metrics.back("unknown") // a machine's notice of which we cannot make anything
		return nil
	}
	r.choose(&c, report)
	if c.kind == bounce.Auto {
		r.metrics.back(string(bounce.Auto)) // of several recipients, ours got it
		return nil
	}
	return r.note(ctx, c)
}

// trace finds out which message a report is about.
func (r *Room) trace(c *coming, recipient string, report bounce.Report) bool {
	for _, address := range []string{recipient, report.Original.ReturnPath} {
		var err error
		if c.Envelope, err = r.OpenBounce(address); err == nil {
			return true
		}
	}
	found := quotedToken.FindStringSubmatch(report.Original.ListUnsubscribe)
	if found == nil || report.Kind != bounce.Complaint || r.farewells == nil {
		return false
	}
	c.checked = false
	var err error
	c.origin, c.ref, c.Person, err = r.farewells.Sent(found[1])
	return err == nil
}

// quotedToken finds the token in a List-Unsubscribe field of ours. That of a digest grows with the digest's issues.
var quotedToken = regexp.MustCompile(`subject=unsubscribe-([A-Za-z0-9_-]{20,})`)

// choose finds what the report says of our recipient. Where it names several others, all of them must have failed for
// ever before that is held against her: a list may have one dead member.
func (r *Room) choose(c *coming, report bounce.Report) {
	take := func(one bounce.Recipient) { c.kind, c.reason, c.status = one.Kind, one.Reason, one.Status }
	all := true
	for _, one := range report.Recipients {
		if c.checked && (r.WentTo(c.Envelope, one.Address) || one.Original != "" && r.WentTo(c.Envelope, one.Original)) {
			take(one)
			return
		}
		all = all && one.Kind == bounce.Hard
	}
	if len(report.Recipients) > 0 {
		take(report.Recipients[0])
	}
	if report.Kind == bounce.Hard && len(report.Recipients) > 1 && !all {
		c.kind, c.reason, c.status = bounce.Soft, bounce.Undetermined, ""
	}
}

// note writes down what came back, and what follows of it.
func (r *Room) note(ctx context.Context, c coming) error {
	var n noted
	err := r.db.Tx(ctx, func(tx *storage.Tx) error {
		n = noted{}
		if found, err := r.holdComing(ctx, tx, c); err != nil || !found {
			return err
		}
		origin, known, err := r.find(ctx, tx, &c)
		if err != nil || !known {
			return err
		}
		held, err := r.against(ctx, tx, c, origin)
		if err == nil {
			n, err = r.keepReturn(ctx, tx, c, origin, held)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("note what came back: %w", err)
	}
	return r.heedReturn(ctx, n)
}

// holdComing holds the person whom the message went to.
func (r *Room) holdComing(ctx context.Context, tx *storage.Tx, c coming) (found bool, err error) {
	if c.origin != "" { // then it was no note
		return r.holdPerson(ctx, tx, c.Person)
	}
	return r.holdReader(ctx, tx, c.Batch, c.Person)
}

// noted is what was put on record.
type noted struct {
	kind   bounce.Kind
	digest string // the address it is held against; "" is none
	news   bool   // it was not on record yet
}

// keepReturn puts on record what came back of a message that was found, and suppresses the address that it is held
// against, unless that may recover. The origin hears of a complaint only if it came from an address that is the person's
// now: a complaint counts against the newsroom in any case, but nobody else may end what she asked for.
func (r *Room) keepReturn(ctx context.Context, tx *storage.Tx, c coming, origin Origin, held heldAgainst) (noted, error) {
	digest := held.digest
	queries, now := db.New(tx), r.now()
	news, err := int64(1), error(nil)
	if !c.folded {
		news, err = queries.NoteReturn(ctx, db.NoteReturnParams{
			Batch: c.Batch, Person: c.Person, Kind: string(c.kind), Digest: digest, Reason: string(c.reason), Status: c.status, At: now,
		})
	}
	n := noted{c.kind, digest, news > 0}
	if err != nil || !n.news || c.kind == bounce.Soft || c.kind == bounce.Delayed {
		return n, err
	}
	if digest != "" {
		if err := queries.SuppressFor(ctx, db.SuppressForParams{Digest: digest, Reason: string(c.kind), Created: now}); err != nil {
			return n, err
		}
	}
	if c.kind == bounce.Complaint && held.hers {
		return n, origin.Complained(ctx, tx, c.ref, c.Person)
	}
	return n, nil
}

// heedReturn does what follows of what was put on record, once that is committed.
func (r *Room) heedReturn(ctx context.Context, n noted) error {
	if n.news {
		r.metrics.back(string(n.kind))
	}
	if n.kind == bounce.Soft && n.digest != "" {
		return r.suppressSoft(ctx, n.digest)
	}
	return nil
}

// find looks the message up: its origin, nil for a note, and whether the ledger still knows it. Of a folded batch the token
// alone says that there was such a message.
func (r *Room) find(ctx context.Context, tx *storage.Tx, c *coming) (Origin, bool, error) {
	queries := db.New(tx)
	if c.origin == "" && c.Batch == 0 {
		known, err := queries.IsNote(ctx, c.Person)
		return nil, known, err
	}
	var batch db.DeliveryBatch
	var err error
	if c.origin != "" {
		batch, err = queries.FindBatch(ctx, db.FindBatchParams{Origin: c.origin, Ref: c.ref, Channel: Email})
	} else {
		batch, err = queries.GetBatch(ctx, c.Batch)
	}
	if storage.None(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	c.Batch, c.ref, c.folded = batch.ID, batch.Ref, batch.Folded > 0
	if c.folded {
		return r.origins[batch.Origin], true, nil
	}
	known, err := queries.InLedger(ctx, db.InLedgerParams{Batch: c.Batch, Person: c.Person})
	return r.origins[batch.Origin], known, err
}

// heldAgainst is the address that what came back is held against.
type heldAgainst struct {
	digest string // "" for none
	hers   bool   // the person is reached there now
}

// against finds the address that what came back is held against: the one that the message went to. The person may have
// another by now, and a notice may name any. A notice that was traced by a farewell's token alone proves nothing of an
// address, for whoever was passed the mail on has that token: it must quote the Message-ID, too, which stands only in the
// header of the message itself.
func (r *Room) against(ctx context.Context, tx *storage.Tx, c coming, origin Origin) (held heldAgainst, err error) {
	if c.kind == bounce.Delayed || c.kind == bounce.Soft && !c.reason.OfMailbox() {
		return held, nil // nothing has failed, or not for the mailbox
	}
	if !c.checked && !strings.EqualFold(c.quoted, r.MessageID(c.Batch, c.Person)) {
		return held, nil
	}
	went := func(address string) bool {
		return c.checked && r.WentTo(c.Envelope, address) || !c.checked && names(c.named, address)
	}
	if origin != nil {
		addresses, err := origin.Addresses(ctx, tx, c.Person)
		if err != nil {
			return held, err
		}
		for _, address := range addresses {
			if went(address) {
				return heldAgainst{digest: r.digest(address), hers: true}, nil
			}
		}
	}
	for _, address := range c.named {
		if c.checked && went(address) {
			return heldAgainst{digest: r.digest(address)}, nil
		}
	}
	return held, nil
}

func names(list []string, address string) bool {
	for _, one := range list {
		if strings.EqualFold(one, address) {
			return true
		}
	}
	return false
}

// suppressSoft suppresses the address when enough came back softly of late. It follows from what is on record alone,
// whichever of two nodes wrote last.
func (r *Room) suppressSoft(ctx context.Context, digest string) error {
	queries, now := db.New(r.db), r.clock.Now()
	since := now.Add(-time.Duration(r.settings.Policy.SoftDays) * 24 * time.Hour)
	n, err := queries.SoftReturns(ctx, db.SoftReturnsParams{Digest: digest, At: clock.Millis(since)})
	if err != nil || n < int64(r.settings.Policy.SoftCount) {
		return err
	}
	return queries.SuppressFor(ctx, db.SuppressForParams{Digest: digest, Reason: string(bounce.Soft), Created: clock.Millis(now)})
}
