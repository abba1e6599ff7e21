package delivery

import (
	"context"
	"errors"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/storage"
)

// result is what has become of a message.
type result struct {
	state  State // "" when nothing was tried: the message waits on
	reason email.Reason
	code   int   // what the server said: of SMTP, SMPP or HTTP; 0: none
	nextAt int64 // of Later: when it is tried again
	gone   bool  // of Refused: nobody has the address
}

// outcome is the result of one message of a chunk.
type outcome struct {
	result
	chunk    *chunk
	person   int64
	attempts int64                                    // with this one, if it was one
	parts    []string                                 // of a text message that was taken: the names of its receipts
	digest   string                                   // of the address, where something may be held against it
	aside    func(context.Context, *storage.Tx) error // of Kept: see Recipient.Aside
	inFlight bool                                     // holds a token of Room.inFlight, given back when it is on record
}

// message is one message of a chunk on its way: of e-mail, an email.Job.
type message struct {
	*worker
	chunk    *chunk
	person   int64
	to       Recipient
	attempts int64
	domain   *domain   // that it has the right to go to; nil when it needs none
	begun    time.Time // when its turn came
	parts    []string  // of a text message: the names of its receipts
}

// settle puts on record an outcome for which no server was needed.
func (m *message) settle(r result) {
	m.chunk.pending.Add(1)
	m.outcomes <- outcome{result: r, chunk: m.chunk, person: m.person, attempts: m.attempts}
}

// putAside puts on record that the message goes with something else.
func (m *message) putAside() {
	m.chunk.pending.Add(1)
	m.outcomes <- outcome{result: result{state: Kept}, aside: m.to.Aside, chunk: m.chunk, person: m.person, attempts: m.attempts}
}

// Envelope is whom the message comes from and goes to.
func (m *message) Envelope() (from, to email.Path) {
	return m.envelope(m.chunk.batch, m.person, m.to.path), m.to.path
}

// errNotOurs keeps a message from being sent: its lease has run out, or the ledger cannot be written.
var errNotOurs = errors.New("the chunk is not ours any more")

// Append writes the message.
func (m *message) Append(dst []byte) ([]byte, error) {
	if !m.chunk.holds() || m.isDead() {
		return dst, errNotOurs
	}
	m.begun = time.Now()
	return m.build(dst, m.chunk.batch, m.to)
}

// Plain is true: templates write nothing else.
func (m *message) Plain() bool { return true }

// Done passes on what has become of the message.
func (m *message) Done(err error) {
	o := outcome{chunk: m.chunk, person: m.person, attempts: m.attempts, inFlight: true}
	m.judge(&o, err)
	if o.state == Sent {
		o.parts = m.parts
	}
	if len(o.parts) > 0 || o.gone {
		o.digest = m.digest(m.to.Address)
	}
	if !m.begun.IsZero() {
		m.metrics.seconds.Observe(time.Since(m.begun).Seconds())
	}
	if m.domain != nil {
		m.domain.done(m.took())
	}
	m.to = Recipient{} // not needed while the others of its gulp are on their way
	m.outcomes <- o
}

// took is how long the message was on its way; 0 when it never was.
func (m *message) took() time.Duration {
	if m.begun.IsZero() {
		return 0
	}
	return time.Since(m.begun)
}

// lane is the mail's.
func (m *message) lane() (l lane) {
	if way, ok := m.chunk.way.(mails); ok {
		l.relays = way.relays
	}
	if m.to.Template != nil {
		l.signer = m.routes.signer(m.to.Template.Sender())
	}
	return l
}

// judge turns what the channel answered into an outcome.
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

// verdict is what an answer of the channel means after that many tries.
func (r *Room) verdict(err error, tries int64) result {
	if err == nil {
		return result{state: Sent}
	}
	said, ok := refusalOf(err)
	switch {
	case !ok:
		return result{} // told to stop before anything was said
	case said.forever:
		return result{state: Refused, reason: said.reason, code: said.code, gone: said.gone}
	}
	pause, again := wait(r.settings.RetryFirst, tries)
	if !again {
		return result{state: Refused, reason: email.Expired, code: said.code}
	}
	return result{state: Later, reason: said.reason, code: said.code, nextAt: clock.Millis(r.clock.Now().Add(pause))}
}

// unfitError says that a message could not be built: an origin's mistake.
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

// deliver builds one person's message, of no batch, and sends it at once the way that an account's mail goes.
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
	return r.routes.of(account).Send(ctx, r.envelope(0, to.Person, to.path), to.path, message)
}

// TestSend sends one mail at once, as a person would get it from the account, and leaves no trace in the ledger: "send
// this issue to myself". It fails with a fault that says why it did not go.
func (r *Room) TestSend(ctx context.Context, account string, to Recipient) error {
	var err error
	if to.path, err = email.ParsePath(to.Address); err != nil {
		return err
	}
	to.Person = storage.NewID()  // a new Message-ID each time
	r.routes.of(account).Retry() // who asks by hand is answered now, not when the relay's turn comes
	return sendFault(r.deliver(ctx, account, to))
}
