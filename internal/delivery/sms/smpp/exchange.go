package smpp

import (
	"context"
	"errors"
	"time"
)

// request sends a request and waits for its response. slot tells that it holds a place in the window, which is given back
// when the response comes: not before, though ctx should end.
func (s *Session) request(ctx context.Context, command Command, body []byte, slot bool) (PDU, error) {
	sequence, w := s.expect(slot)
	if w == nil {
		return PDU{}, ErrNotSent
	}
	if n, err := s.write(PDU{Command: command, Sequence: sequence, Body: body}); err != nil {
		s.fail(err)
		if n == 0 {
			return PDU{}, ErrNotSent
		}
	}
	select {
	case p := <-w.answer:
		return p, refusal(command, p)
	case <-ctx.Done():
	case <-s.done:
	}
	select { // the response may have come at the same moment
	case p := <-w.answer:
		return p, refusal(command, p)
	default:
		return PDU{}, ErrUnanswered
	}
}

func refusal(command Command, p PDU) error {
	switch {
	case p.Status != OK:
		return &StatusError{Command: command, Status: p.Status}
	case p.Command != command.Response():
		return &StatusError{Command: command, Status: UnknownError} // a generic_nack of nothing, or another's response
	}
	return nil
}

// expect makes a waiter under a new sequence number; nil when the session has ended.
func (s *Session) expect(slot bool) (uint32, *waiter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause != nil {
		return 0, nil
	}
	for taken := true; taken; _, taken = s.waiting[s.sequence] {
		s.sequence = s.sequence%maxSequence + 1
	}
	w := &waiter{answer: make(chan PDU, 1), slot: slot}
	w.timer = time.AfterFunc(s.options.Reply, func() { s.fail(errors.New("a response is overdue")) })
	s.waiting[s.sequence] = w
	return s.sequence, w
}

// answered hands a response to who waits for it. One that nobody waits for is let go: it may answer a request of which
// the centre thinks that we made it twice.
func (s *Session) answered(p PDU) {
	s.mu.Lock()
	w := s.waiting[p.Sequence]
	delete(s.waiting, p.Sequence)
	s.mu.Unlock()
	if w == nil {
		return
	}
	w.timer.Stop()
	w.answer <- p
	if w.slot {
		<-s.window
	}
}

// write writes a PDU and returns how many octets have left.
func (s *Session) write(p PDU) (int, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.buffer = p.Append(s.buffer[:0])
	if err := s.conn.SetWriteDeadline(time.Now().Add(s.options.Reply)); err != nil {
		return 0, err
	}
	return s.conn.Write(s.buffer)
}

// reply answers a request of the centre.
func (s *Session) reply(to PDU, status Status) error {
	p := PDU{Command: to.Command.Response(), Status: status, Sequence: to.Sequence}
	if to.Command == DeliverSM {
		p.Body = []byte{0} // §4.6.2: message_id, unused
	}
	_, err := s.write(p)
	return err
}

// read takes what comes until the session ends.
func (s *Session) read() {
	for {
		p, err := ReadPDU(s.reader)
		if err == nil {
			err = s.take(p)
		}
		if err != nil {
			s.fail(err)
			return
		}
	}
}

func (s *Session) take(p PDU) error {
	switch {
	case p.Command.IsResponse():
		s.answered(p)
		return nil
	case p.Command == EnquireLink:
		return s.reply(p, OK)
	case p.Command == Unbind:
		return errors.Join(s.reply(p, OK), errUnbound)
	case p.Command == AlertNotify: // §4.12.1: has no response
		return nil
	case p.Command == DeliverSM && s.options.Deliver != nil:
		select {
		case s.incoming <- p:
			return nil
		default:
			return s.reply(p, QueueFull)
		}
	}
	_, err := s.write(PDU{Command: GenericNack, Status: InvalidCommand, Sequence: p.Sequence})
	return err
}

// deliver hands what the centre brings to who takes it, and acknowledges it then.
func (s *Session) deliver() {
	for {
		select {
		case p := <-s.incoming:
			if err := s.reply(p, s.takeDelivered(p)); err != nil {
				s.fail(err)
			}
		case <-s.done:
			return
		}
	}
}

func (s *Session) takeDelivered(p PDU) Status {
	d, err := ParseDeliver(p.Body)
	if err != nil {
		return InvalidTLV
	}
	if s.options.Deliver(s.life, d) != nil {
		return TryAgain
	}
	return OK
}

// enquire asks now and then whether the centre is alive. Who does not answer in time is not.
func (s *Session) enquire() {
	ticker := time.NewTicker(s.options.Enquire)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			_, _ = s.request(s.life, EnquireLink, nil, false) // any answer will do; silence ends the session by itself
		case <-s.done:
			return
		}
	}
}
