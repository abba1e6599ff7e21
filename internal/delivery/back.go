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

// Policy says how to handle returned mail.
type Policy struct {
	Mailbox   string // the mailto address of List-Unsubscribe; "" means that of Settings.From
	Contact   string // where people should write instead: a web or mail address
	SoftCount int    // this many softly returned messages suppress an address …; 0 means 3
	SoftDays  int    // … if they came within so many days; 0 means 14
	BrakeDays int    // the brake counts returns of so many days; 0: no brake
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

// PlugFarewells sets the room that understands unsubscribe tokens, before the room runs.
func (r *Room) PlugFarewells(f Farewells) { r.farewells = f }

// Expects fails with the fault delivery.back.nobody for an address that accepts no mail. Only envelope senders made by
// us and the mailbox in List-Unsubscribe accept any.
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

// Back is a mail that arrived at one of our addresses.
type Back struct {
	Recipient string    // of the envelope
	Mail      io.Reader // as delivered, with its envelope sender in Return-Path: see [bounce.Parse]
}

// TakeBack processes a mail that arrived. A bounce or a complaint is recorded and may suppress the address. A delay is
// recorded and changes nothing. An unsubscription is carried out. An automatic answer is counted. Processing the same
// mail again changes nothing more. It fails with the fault delivery.back.letter for a mail that a person wrote, which
// must not be lost, and with delivery.back.nobody for an address that is not ours. Any other error is ours, and the
// mail should be delivered again.
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

// coming is a returned message, with what the policy needs.
type coming struct {
	Envelope
	origin  string // of the unsubscribe token; "" for an envelope's token, which contains the batch
	ref     int64
	kind    bounce.Kind
	reason  bounce.Reason
	status  string
	named   []string // addresses in the notice
	quoted  string   // the Message-ID that the notice quotes; "" if none
	checked bool     // the token contains the address that the message went to
	folded  bool     // the batch is folded: a return still suppresses, but the numbers no longer change
}

// noteReport records a bounce or a complaint. Only a token of ours identifies the message: in the address that the
// notice came to or, if complaints go to one mailbox, in what it quotes. Everything else can be forged.
func (r *Room) noteReport(ctx context.Context, recipient string, report bounce.Report) error {
	c := coming{kind: report.Kind, named: []string{report.Original.To}, quoted: report.Original.MessageID, checked: true}
	for _, each := range report.Recipients {
		c.named = append(c.named, each.Address, each.Original)
	}
	if !r.trace(&c, recipient, report) {
		r.metrics.back("unknown") // a machine's notice that names none of our messages
		return nil
	}
	r.choose(&c, report)
	if c.kind == bounce.Auto {
		r.metrics.back(string(bounce.Auto)) // of several recipients, ours got it
		return nil
	}
	return r.note(ctx, c)
}

// trace finds the message that a report is about.
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

// quotedToken matches the token in a List-Unsubscribe field of ours. A digest's token grows with its issues.
var quotedToken = regexp.MustCompile(`subject=unsubscribe-([A-Za-z0-9_-]{20,})`)

// choose finds what the report says about our recipient. If it names several others, it counts as permanent only if all
// of them failed permanently, because a list may have one dead member.
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

// note records the return and its consequences.
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

// holdComing holds the person that the message went to.
func (r *Room) holdComing(ctx context.Context, tx *storage.Tx, c coming) (found bool, err error) {
	if c.origin != "" { // then it was not a note
		return r.holdPerson(ctx, tx, c.Person)
	}
	return r.holdReader(ctx, tx, c.Batch, c.Person)
}

// noted is the result of recording a return.
type noted struct {
	kind   bounce.Kind
	digest string // the address that it counts against; "" for none
	news   bool   // it was not recorded before
}

// keepReturn records the return of a known message, and suppresses the address that it counts against, unless the
// failure may be temporary. The origin is told of a complaint only if it came from an address that is the person's now.
// A complaint always counts against the newsroom, but nobody else may end her subscriptions.
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

// heedReturn carries out the consequences after the commit.
func (r *Room) heedReturn(ctx context.Context, n noted) error {
	if n.news {
		r.metrics.back(string(n.kind))
	}
	if n.kind == bounce.Soft && n.digest != "" {
		return r.suppressSoft(ctx, n.digest)
	}
	return nil
}

// find looks the message up. It returns its origin, nil for a note, and whether the ledger still has it. For a folded
// batch only the token shows that there was such a message.
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

// heldAgainst is the address that a return counts against.
type heldAgainst struct {
	digest string // "" for none
	hers   bool   // the person is reached there now
}

// against finds the address that a return counts against: the one that the message went to. The person may have another
// by now, and a notice may name any address. A notice that was traced only by an unsubscribe token proves nothing,
// because everybody to whom the mail was forwarded has that token. It must also quote the Message-ID, which is only in
// the header of the message itself.
func (r *Room) against(ctx context.Context, tx *storage.Tx, c coming, origin Origin) (held heldAgainst, err error) {
	if c.kind == bounce.Delayed || c.kind == bounce.Soft && !c.reason.OfMailbox() {
		return held, nil // nothing has failed, or the mailbox is not to blame
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

// suppressSoft suppresses the address if enough messages came back softly lately. It depends only on what is recorded,
// so the order in which two nodes write does not matter.
func (r *Room) suppressSoft(ctx context.Context, digest string) error {
	queries, now := db.New(r.db), r.clock.Now()
	since := now.Add(-time.Duration(r.settings.Policy.SoftDays) * 24 * time.Hour)
	n, err := queries.SoftReturns(ctx, db.SoftReturnsParams{Digest: digest, At: clock.Millis(since)})
	if err != nil || n < int64(r.settings.Policy.SoftCount) {
		return err
	}
	return queries.SuppressFor(ctx, db.SuppressForParams{Digest: digest, Reason: string(bounce.Soft), Created: clock.Millis(now)})
}
