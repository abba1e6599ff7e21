package delivery

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/storage"
)

// result is the outcome of a try.
type result struct {
	state  State // "" if nothing was tried: the message goes on waiting
	reason email.Reason
	code   int   // reply code of SMTP, SMPP or HTTP; 0 if none
	nextAt int64 // of Later: when to try again
	gone   bool  // of Refused: the address does not exist
}

// outcome is the result of one message of a chunk.
type outcome struct {
	result
	chunk    *chunk
	person   int64
	attempts int64                                    // including this one, if it was one
	parts    []string                                 // of an accepted text message: the ids of its receipts
	digest   string                                   // of the address, if a return may count against it
	aside    func(context.Context, *storage.Tx) error // of Kept: see Recipient.Aside
	inFlight bool                                     // holds a token of Room.inFlight until it is recorded
}

// message is one message of a chunk in flight; for e-mail it is an email.Job.
type message struct {
	*worker
	chunk    *chunk
	person   int64
	to       Recipient
	attempts int64
	domain   *domain   // whose right to send it holds; nil if it needs none
	begun    time.Time // when its turn came
	parts    []string  // of a text message: the ids of its receipts
}

// settle records an outcome that needed no server.
func (m *message) settle(r result) {
	m.chunk.pending.Add(1)
	m.outcomes <- outcome{result: r, chunk: m.chunk, person: m.person, attempts: m.attempts}
}

// putAside records that the message goes with something else.
func (m *message) putAside() {
	m.chunk.pending.Add(1)
	m.outcomes <- outcome{result: result{state: Kept}, aside: m.to.Aside, chunk: m.chunk, person: m.person, attempts: m.attempts}
}

// Envelope returns sender and recipient.
func (m *message) Envelope() (from, to email.Path) {
	return m.envelope(m.chunk.batch, m.person, m.to.digest), m.to.path
}

// errNotOurs stops a message: its lease has expired, or the ledger cannot be written.
var errNotOurs = errors.New("the chunk is not ours any more")

// Append writes the message.
func (m *message) Append(dst []byte) ([]byte, error) {
	if !m.chunk.holds() || m.isDead() {
		return dst, errNotOurs
	}
	m.begun = time.Now()
	return m.build(dst, m.chunk.batch, m.to)
}

// Plain returns true, because templates write nothing else; see email.Job.
func (m *message) Plain() bool { return true }

// Done passes on the outcome of the message.
func (m *message) Done(err error) {
	o := outcome{chunk: m.chunk, person: m.person, attempts: m.attempts, inFlight: true}
	m.judge(&o, err)
	if o.state == Sent {
		o.parts = m.parts
	}
	if len(o.parts) > 0 || o.gone {
		o.digest = hex.EncodeToString(m.to.digest)
	}
	if !m.begun.IsZero() {
		m.metrics.seconds.Observe(time.Since(m.begun).Seconds())
	}
	if m.domain != nil {
		m.domain.done(m.took())
	}
	m.to = Recipient{} // free the memory while the others are in flight
	m.outcomes <- o
}

// took returns how long the message was in flight; 0 if it never was.
func (m *message) took() time.Duration {
	if m.begun.IsZero() {
		return 0
	}
	return time.Since(m.begun)
}

// lane returns the lane of the mail.
func (m *message) lane() (l lane) {
	if way, ok := m.chunk.way.(mails); ok {
		l.relays = way.relays
	}
	if m.to.Template != nil {
		l.signer = m.routes.signer(m.to.Template.Sender())
	}
	return l
}

// judge turns the channel's answer into an outcome.
func (w *worker) judge(o *outcome, err error) {
	var unfit *unfitError
	switch {
	case err != nil && isDown(err):
		o.chunk.relayDown()
	case err != nil && errors.As(err, &unfit):
		w.log.Error("message not built", "batch", o.chunk.batch, "error", err)
		o.state, o.reason = Refused, email.Other
	default:
		o.result = w.verdict(err, o.attempts+1)
		if o.state != "" {
			o.attempts++
		}
	}
}

// verdict returns what an answer of the channel means after that many tries.
func (r *Room) verdict(err error, tries int64) result {
	if err == nil {
		return result{state: Sent}
	}
	said, ok := refusalOf(err)
	switch {
	case !ok:
		return result{} // cancelled before an answer came
	case said.forever:
		return result{state: Refused, reason: said.reason, code: said.code, gone: said.gone}
	}
	pause, again := wait(r.settings.RetryFirst, tries)
	if !again {
		return result{state: Refused, reason: email.Expired, code: said.code}
	}
	return result{state: Later, reason: said.reason, code: said.code, nextAt: clock.Millis(r.clock.Now().Add(pause))}
}

// unfitError means that a message could not be built, because of a mistake of the origin.
type unfitError struct{ text string }

func (e *unfitError) Error() string { return e.text }

// build appends the person's message to dst.
func (r *Room) build(dst []byte, batch int64, to Recipient) ([]byte, error) {
	if to.Template == nil {
		return dst, &unfitError{"a recipient without a template"}
	}
	return to.Template.Append(dst, &email.Filling{
		To: to.path, ToName: to.Name, Date: r.clock.Now(), MessageID: r.MessageID(batch, to.Person),
		Unsubscribe: to.Unsubscribe, Values: to.Values,
	}), nil
}

// deliver builds a single message outside any batch, and sends it at once with the relays of an account.
func (r *Room) deliver(ctx context.Context, account string, to Recipient) error {
	message, err := r.build(nil, 0, to)
	if err != nil {
		return err
	}
	if signer := r.routes.signer(to.Template.Sender()); signer != nil {
		if message, err = signer.Append(nil, message); err != nil {
			return &unfitError{err.Error()}
		}
	}
	return r.routes.of(account).Send(ctx, r.envelope(0, to.Person, r.digestOf(to.path.String())), to.path, message)
}

// TestSend sends one mail at once, as a recipient of the account would get it, without a trace in the ledger: "send
// this issue to myself". It fails with a fault that says why it was not sent.
func (r *Room) TestSend(ctx context.Context, account string, to Recipient) error {
	var err error
	if to.path, err = email.ParsePath(to.Address); err != nil {
		return err
	}
	to.Person = storage.NewID()  // a new Message-ID each time
	r.routes.of(account).Retry() // the person waits for the answer, so do not wait for the relay's pause
	return sendFault(r.deliver(ctx, account, to))
}
