package delivery

import (
	"context"
	"errors"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/storage"
)

// result is what has become of a message.
type result struct {
	state  State // "" when nothing was tried: the message waits on
	reason email.Reason
	code   int   // SMTP reply code; 0: none
	nextAt int64 // of Later: when it is tried again
}

// outcome is the result of one message of a chunk.
type outcome struct {
	result
	chunk    *chunk
	person   int64
	attempts int64 // with this one, if it was one
	inFlight bool  // holds a token of Room.inFlight, given back when it is on record
}

// send sends the jobs, one at a time.
func (w *worker) send() {
	var buffer []byte
	for j := range w.jobs {
		var o outcome
		o, buffer = w.sendOne(j, buffer)
		w.outcomes <- o
	}
}

func (w *worker) sendOne(j job, buffer []byte) (outcome, []byte) {
	o := outcome{chunk: j.chunk, person: j.to.Person, attempts: j.attempts}
	select {
	case w.inFlight <- struct{}{}:
		o.inFlight = true
	case <-w.life.Done():
		return o, buffer
	}
	if !j.chunk.holds() || w.isDead() {
		return o, buffer
	}
	buffer, err := w.deliver(w.sending, j.chunk.batch, j.to, j.path, buffer)
	w.judge(&o, err)
	return o, buffer
}

// judge turns what the channel answered into an outcome.
func (w *worker) judge(o *outcome, err error) {
	var down *email.Unreachable
	var unfit *unfitError
	switch {
	case errors.As(err, &down):
		o.chunk.relayDown()
	case errors.As(err, &unfit):
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
	var never *email.Permanent
	var later *email.Later
	switch {
	case err == nil:
		return result{state: Sent}
	case errors.As(err, &never):
		return result{state: Refused, reason: never.Reason, code: never.Code}
	case errors.As(err, &later):
		pause, again := wait(r.settings.RetryFirst, tries)
		if !again {
			return result{state: Refused, reason: email.Expired, code: later.Code}
		}
		at := clock.Millis(r.clock.Now().Add(pause))
		return result{state: Later, reason: later.Reason, code: later.Code, nextAt: at}
	}
	return result{} // told to stop before anything was said
}

// unfitError says that a message could not be built: an origin's mistake.
type unfitError struct{ text string }

func (e *unfitError) Error() string { return e.text }

// deliver builds the person's message in buffer, which it returns for the next, and sends it.
func (r *Room) deliver(ctx context.Context, batch int64, to Recipient, path email.Path, buffer []byte) ([]byte, error) {
	if to.Template == nil {
		return buffer, &unfitError{"a recipient without a template"}
	}
	from, err := r.envelope(batch, to.Person)
	if err != nil {
		return buffer, &unfitError{err.Error()}
	}
	buffer = to.Template.Append(buffer[:0], &email.Filling{
		To: path, ToName: to.Name, Date: r.clock.Now(), MessageID: r.MessageID(batch, to.Person),
		Unsubscribe: to.Unsubscribe, Values: to.Values,
	})
	return buffer, r.pool.Send(ctx, from, path, buffer)
}

// TestSend sends one mail at once, as the person would get it, and leaves no trace in the ledger: "send this issue to
// myself". It fails with a fault that says why it did not go.
func (r *Room) TestSend(ctx context.Context, to Recipient) error {
	path, err := email.ParsePath(to.Address)
	if err != nil {
		return err
	}
	to.Person = storage.NewID() // a new Message-ID each time
	r.pool.Retry()              // who asks by hand is answered now, not when the relay's turn comes
	_, err = r.deliver(ctx, 0, to, path, nil)
	return sendFault(err)
}
