package delivery

import (
	"context"
	"fmt"
	"time"

	"unoxuno/internal/delivery/db"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/storage"
)

// What receipts say of a message that was sent.
const (
	Delivered   State = "delivered"   // it is on the telephone
	Undelivered State = "undelivered" // the network gave it up
)

// Receipts of messages that are not on record yet are kept for so long, and so many of them: a receipt may be faster than
// the gateway's answer, or be another's.
const (
	strangersFor  = 24 * time.Hour
	mostStrangers = 10_000
)

// Room is told what comes back over its gateway.
var _ sms.Handler = (*Room)(nil)

// Receipt puts on record what the network tells of a message. The same may be told twice, in any order: what is final
// stays.
func (r *Room) Receipt(ctx context.Context, receipt sms.Receipt) error {
	r.metrics.receipts.WithLabelValues(string(receipt.State)).Inc()
	var state State
	switch receipt.State {
	case sms.Delivered:
		state = Delivered
	case sms.Undelivered:
		state = Undelivered
	default:
		return nil // there may come more, or nothing ever
	}
	now := r.now()
	var strange int64
	err := r.db.Tx(ctx, func(tx *storage.Tx) error {
		queries := db.New(tx)
		taken, err := queries.TakeReceipt(ctx, db.TakeReceiptParams{
			ID: receipt.ID, State: string(state), Reason: string(receipt.Reason), Changed: now,
		})
		if err != nil || taken > 0 {
			return err
		}
		strange, err = queries.KeepReceipt(ctx, db.KeepReceiptParams{
			ID: receipt.ID, State: string(state), Reason: string(receipt.Reason), Changed: now, Most: mostStrangers,
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	if strange > 0 {
		r.metrics.strangers.Inc()
		r.log.DebugContext(ctx, "a receipt of a text message that is not on record, or not yet", "state", state)
	}
	return nil
}

// writeParts puts on record under which names the gateway will report on the messages of the group.
func writeParts(ctx context.Context, tx *storage.Tx, batch int64, group []outcome, now int64) error {
	for _, o := range group {
		for _, id := range o.parts {
			if err := db.New(tx).PutPart(ctx, db.PutPartParams{ID: id, Batch: batch, Person: o.person, Changed: now}); err != nil {
				return err
			}
		}
	}
	return nil
}

// addReceipts adds what the network told of a batch of text messages.
func (r *Room) addReceipts(ctx context.Context, batch int64, p *Progress) error {
	counts, err := db.New(r.db).CountReceipts(ctx, batch)
	p.Delivered, p.Undelivered = counts.Delivered, counts.Undelivered
	return err
}

// forgetParts cuts the person's receipts off: their counts stand.
func forgetParts(ctx context.Context, q *db.Queries, batch, person, nobody int64) error {
	parts, err := q.PartsOf(ctx, db.PartsOfParams{Batch: batch, Person: person})
	if err != nil {
		return err
	}
	for _, id := range parts {
		// The gateway's own name would lead to its log.
		if err := q.ForgetPart(ctx, db.ForgetPartParams{ID: id, Nothing: fmt.Sprint(nobody, "/", storage.NewID()), Nobody: nobody}); err != nil {
			return err
		}
	}
	return nil
}

// answerAgain is how long a number is not answered the same twice.
const answerAgain = 24 * time.Hour

// stopped is why a number is suppressed whose owner wrote STOP.
const stopped = "stop"

// Answer is what who wrote to us is answered; the zero Answer is none.
type Answer struct {
	Text, Language string
}

// Correspondent is the room that knows who writes to us by text message, and what to.
type Correspondent interface {
	// Wrote is told what somebody wrote, perhaps twice; number is hers in international form. STOP has been heeded for
	// that number, and START undone it.
	Wrote(ctx context.Context, tx *storage.Tx, number string, request sms.Request) (Answer, error)
}

// PlugCorrespondent names who is told of inbound text messages. It is called before the room runs.
func (r *Room) PlugCorrespondent(c Correspondent) { r.correspondent = c }

// Inbound does what somebody wrote to us asks, and answers: to each number once a day for each kind of request, so that
// no two machines write to each other for ever. What was written is not kept.
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

// Sweep forgets receipts of messages that never were ours, those of notes, and who was answered, once they are a day old.
func (r *Room) Sweep(ctx context.Context) error {
	queries, before := db.New(r.db), r.clock.Now().Add(-strangersFor).UnixMilli()
	if _, err := queries.SweepReceipts(ctx, before); err != nil {
		return err
	}
	_, err := queries.SweepAnswers(ctx, before)
	return err
}
