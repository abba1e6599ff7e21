package delivery

import (
	"context"
	"fmt"
	"time"

	"unoxuno/internal/delivery/bounce"
	"unoxuno/internal/delivery/db"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/storage"
)

// The states in receipts of sent messages.
const (
	Delivered   State = "delivered"   // it reached the telephone
	Undelivered State = "undelivered" // the network gave it up
)

// Receipts of messages that are not recorded yet are kept for so long, and so many of them: a receipt may be faster
// than the gateway's answer, or belong to somebody else.
const (
	strangersFor  = 24 * time.Hour
	mostStrangers = 10_000
)

// Room is told what arrives through its gateway.
var _ sms.Handler = (*Room)(nil)

// Receipt records what the network reports about a message, and carries out the consequences, as for a returned mail.
// Receipts may repeat, in any order: a final state stays.
func (r *Room) Receipt(ctx context.Context, receipt sms.Receipt) error {
	r.metrics.receipts.WithLabelValues(string(receipt.State)).Inc()
	var state State
	switch receipt.State {
	case sms.Delivered:
		state = Delivered
	case sms.Undelivered:
		state = Undelivered
	default:
		return nil // more may follow, or nothing ever
	}
	var strange bool
	var n noted
	err := r.db.Tx(ctx, func(tx *storage.Tx) error {
		n = noted{}
		gone, err := r.holdPart(ctx, tx, receipt.ID)
		if err != nil || gone {
			return err
		}
		p, found, err := r.takeReceipt(ctx, tx, receipt, state)
		if strange = found && p.person == 0; err != nil || !found || strange {
			return err
		}
		n, err = r.undelivered(ctx, tx, p)
		return err
	})
	if err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	if strange {
		r.metrics.strangers.Inc()
		r.log.DebugContext(ctx, "a receipt of a text message that is not on record, or not yet", "state", state)
	}
	return r.heedReturn(ctx, n)
}

// holdPart holds the person that a part went to, before the part's row is locked. gone means that she was erased.
func (r *Room) holdPart(ctx context.Context, tx *storage.Tx, id string) (gone bool, err error) {
	row, err := db.New(tx).PartReader(ctx, id)
	if storage.None(err) || err == nil && row.Person <= 0 {
		return false, nil // not recorded yet, or anonymous by now
	}
	if err != nil {
		return false, err
	}
	found, err := r.holdReader(ctx, tx, row.Batch, row.Person)
	return !found, err
}

// part is a part of a text message with a receipt.
type part struct {
	batch, person int64  // person is 0 if its message is not recorded yet
	digest        string // of the number that it went to
	state         State
	reason        sms.Reason
}

// takeReceipt stores a receipt; found is false if it changes nothing.
func (r *Room) takeReceipt(ctx context.Context, tx *storage.Tx, receipt sms.Receipt, state State) (p part, found bool, err error) {
	queries, now := db.New(tx), r.now()
	p.state, p.reason = state, receipt.Reason
	taken, err := queries.TakeReceipt(ctx, db.TakeReceiptParams{
		ID: receipt.ID, State: string(state), Reason: string(receipt.Reason), Changed: now,
	})
	if storage.None(err) {
		var kept db.KeepReceiptRow
		kept, err = queries.KeepReceipt(ctx, db.KeepReceiptParams{
			ID: receipt.ID, State: string(state), Reason: string(receipt.Reason), Changed: now, Most: mostStrangers,
		})
		taken = db.TakeReceiptRow(kept)
	}
	if storage.None(err) {
		return p, false, nil
	}
	p.batch, p.person, p.digest = taken.Batch, taken.Person, taken.Digest
	return p, err == nil, err
}

// Reasons that only text messages have; their words are with those of package bounce.
const (
	numberUnknown = bounce.Reason(sms.NumberUnknown)
	phoneOff      = bounce.Reason(sms.PhoneOff)
)

// undelivered records that a text message was returned, if the receipt says so. A number that does not exist is
// suppressed like a mailbox that does not exist. A telephone that stays off counts like a full mailbox. Everything else
// may concern our sender or the network and counts against no number.
func (r *Room) undelivered(ctx context.Context, tx *storage.Tx, p part) (noted, error) {
	if p.state != Undelivered {
		return noted{}, nil
	}
	c := coming{Envelope: Envelope{Batch: p.batch, Person: p.person}, kind: bounce.Soft, reason: bounce.Undetermined}
	against := ""
	switch p.reason {
	case sms.NumberUnknown:
		c.kind, c.reason, against = bounce.Hard, numberUnknown, p.digest
	case sms.PhoneOff:
		c.reason, against = phoneOff, p.digest
	case sms.Blocked:
		c.reason = bounce.Policy
	}
	origin, known, err := r.find(ctx, tx, &c)
	if err != nil || !known {
		return noted{}, err
	}
	return r.keepReturn(ctx, tx, c, origin, heldAgainst{digest: against})
}

// writeParts records the ids under which the gateway will report on a text message to the number of the digest. It
// returns the parts that were reported already.
func writeParts(ctx context.Context, tx *storage.Tx, batch, person int64, names []string, digest string, now int64) (told []part, err error) {
	for _, id := range names {
		row, err := db.New(tx).PutPart(ctx, db.PutPartParams{ID: id, Batch: batch, Person: person, Changed: now, Digest: digest})
		if err != nil {
			return nil, err
		}
		if State(row.State) != Sent {
			told = append(told, part{batch, person, digest, State(row.State), sms.Reason(row.Reason)})
		}
	}
	return told, nil
}

// undeliveredAll calls undelivered for all of them.
func (r *Room) undeliveredAll(ctx context.Context, tx *storage.Tx, told []part) (all []noted, err error) {
	for _, p := range told {
		n, err := r.undelivered(ctx, tx, p)
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, nil
}

// addReceipts adds the receipts of a batch of text messages.
func (r *Room) addReceipts(ctx context.Context, batch int64, p *Progress) error {
	counts, err := db.New(r.db).CountReceipts(ctx, batch)
	p.Delivered, p.Undelivered = counts.Delivered, counts.Undelivered
	return err
}

// forgetParts makes the person's receipts anonymous; their counts stay.
func forgetParts(ctx context.Context, q *db.Queries, batch, person, nobody int64) error {
	parts, err := q.PartsOf(ctx, db.PartsOfParams{Batch: batch, Person: person})
	if err != nil {
		return err
	}
	for _, id := range parts {
		// The gateway's own id would lead to its log.
		if err := q.ForgetPart(ctx, db.ForgetPartParams{ID: id, Nothing: fmt.Sprint(nobody, "/", storage.NewID()), Nobody: nobody}); err != nil {
			return err
		}
	}
	return nil
}

// answerAgain is how long a number does not get the same answer twice.
const answerAgain = 24 * time.Hour

// stopped is the reason of a suppression after STOP.
const stopped = "stop"

// Answer is the reply to a text message; the zero Answer means no reply.
type Answer struct {
	Text, Language string
}

// Correspondent is the room that knows who writes to us by text message, and about what.
type Correspondent interface {
	// Wrote handles a text message, perhaps twice; number is in international form. The number was suppressed before
	// for STOP, or released for START.
	Wrote(ctx context.Context, tx *storage.Tx, number string, request sms.Request) (Answer, error)
}

// PlugCorrespondent sets who handles inbound text messages. It is called before the room runs.
func (r *Room) PlugCorrespondent(c Correspondent) { r.correspondent = c }

// Inbound does what a text message asks, and answers: each number once a day for each kind of request, so that two
// machines do not answer each other for ever. The text is not kept.
func (r *Room) Inbound(ctx context.Context, m sms.Inbound) error {
	request := sms.ReadCommand(m.Text)
	r.metrics.inbound.WithLabelValues(string(request.Command)).Inc()
	if request.Command == sms.Nothing {
		return nil
	}
	number := m.From.String()
	if err := r.db.Tx(ctx, func(tx *storage.Tx) error { return r.heed(ctx, tx, number, request) }); err != nil {
		return fmt.Errorf("inbound: %w", err)
	}
	r.Wake()
	return nil
}

func (r *Room) heed(ctx context.Context, tx *storage.Tx, number string, request sms.Request) error {
	queries, digest := db.New(tx), r.digest(number)
	var err error
	switch request.Command {
	case sms.Stop:
		err = r.Suppress(ctx, tx, number, stopped)
	case sms.Start:
		err = queries.LiftFor(ctx, db.LiftForParams{Digest: digest, Reason: stopped})
	}
	if err != nil || r.correspondent == nil {
		return err
	}
	answer, err := r.correspondent.Wrote(ctx, tx, number, request)
	if err != nil || answer.Text == "" {
		return err
	}
	now := r.clock.Now()
	may, err := queries.MayAnswer(ctx, db.MayAnswerParams{
		Digest: digest, Command: string(request.Command), Now: now.UnixMilli(), Since: now.Add(-answerAgain).UnixMilli(),
	})
	if err != nil || may == 0 {
		return err
	}
	return r.Post(ctx, tx, Note{
		Channel: SMS, Kind: "answer", To: number, Language: answer.Language, Text: answer.Text, Expires: now.Add(answerAgain),
	})
}

// Sweep makes due what a clock that ran ahead deferred too far. It deletes receipts that are not for our messages,
// receipts of notes, and records of answers, once they are a day old.
func (r *Room) Sweep(ctx context.Context) error {
	queries, before := db.New(r.db), r.clock.Now().Add(-strangersFor).UnixMilli()
	if _, err := queries.SweepReceipts(ctx, before); err != nil {
		return err
	}
	if _, err := queries.SweepAnswers(ctx, before); err != nil {
		return err
	}
	return r.dueInTime(ctx)
}
