package email

import (
	"errors"
	"net"
	"strconv"
	"time"
)

// feeder gives a connection its jobs and is told what became of them.
type feeder interface {
	// more is the next job for the connection, if there is one at this very moment.
	more(*conn) (Job, bool)
	// settle is told what became of a job.
	settle(Job, error)
	// crowded is told that the relay ended a new connection at once (421), and tells whether it bears others.
	crowded() bool
	// cut is not nil once we were told to stop at once: what became of a job of which nothing was said.
	cut() error
}

// carry sends first and then whatever more there is at once; it returns when there is nothing more or when the
// connection has ended. left is a job that was taken and of which nothing counts as said, to be given to another
// connection: its envelope had gone out when the relay ended a connection that lay idle or had carried its fill. The
// first message of a new connection is left only to connections that the relay bears already; otherwise, what goes wrong
// with it is its answer.
//
// Where the relay offers PIPELINING (RFC 2920), one write holds the end of a message and the envelope of the next, so
// that a message costs one round trip. A body is written only once DATA is answered by 354: at most one message is out
// and unanswered.
func (c *conn) carry(first Job, from feeder) (left Job) {
	cur, next := &c.flights[0], &c.flights[1]
	defer func() { cur.job, next.job = nil, nil }()
	if !c.load(cur, first, from) && !c.take(cur, from) {
		return nil
	}
	pipelined := c.begin(cur)
	for {
		ready, unsaid, err := c.talk(cur, pipelined)
		ahead := false
		if ready {
			cur.body = append(cur.body, ".\r\n"...)
			if ahead = pipelined && c.take(next, from); ahead {
				cur.body = c.appendEnvelope(cur.body, next)
			}
			err = c.finish(cur)
		}
		if unsaid && from.cut() != nil {
			err = from.cut()
		} else if unsaid && (c.reused || c.carried > 0 || isClosing(err) && from.crowded()) {
			return cur.job
		}
		from.settle(cur.job, err)
		if c.broken && ahead {
			return next.job
		}
		if cur, next = next, cur; ahead {
			continue
		}
		if c.broken || !c.take(cur, from) {
			return nil
		}
		pipelined = c.begin(cur)
	}
}

// take loads the next job that is there at once and can be carried.
func (c *conn) take(f *flight, from feeder) bool {
	for {
		job, ok := from.more(c)
		if !ok {
			return false
		}
		if c.load(f, job, from) {
			return true
		}
	}
}

// begin prepares the envelope of a message that follows upon nothing, and tells whether it is pipelined.
func (c *conn) begin(f *flight) bool {
	if !c.offers.pipelining || c.relay.inLockStep() {
		return false
	}
	c.out = c.appendEnvelope(c.out, f)
	return true
}

// talk brings the relay to take the body of a message: then it is ready. Otherwise err says why not; unsaid tells that
// the connection ended before the relay had given its verdict. Pipelined, the whole envelope is in c.out or was written
// already.
func (c *conn) talk(f *flight, pipelined bool) (ready, unsaid bool, err error) {
	if c.open && !pipelined {
		c.out = append(c.out, "RSET\r\n"...)
	}
	if err := c.flushEnvelope(); err != nil {
		return false, true, c.lost(err)
	}
	if c.open { // RSET goes before the envelope
		if r, err := c.answer(); err != nil || !r.good() {
			return false, true, c.lost(err)
		}
		c.open = false
	}
	var answers [stageData + 1]reply
	good := true
	for at := stageMail; at <= stageData; at++ {
		if !pipelined {
			if !good {
				break
			}
			c.out = c.appendCommand(c.out, f, at)
			if err := c.flush(); err != nil {
				return false, true, c.lost(err)
			}
		}
		r, err := c.answer()
		if err != nil || r.code == 421 {
			return c.ended(answers, at, r, err, pipelined)
		}
		answers[at], good = r, r.good()
	}
	ready, err = c.judge(answers)
	return ready, false, err
}

// flushEnvelope writes what waits. When nothing does, the envelope went out behind the body of the message before, and
// the time for the answers to it begins now.
func (c *conn) flushEnvelope() error {
	switch {
	case len(c.out) > 0:
		return c.flush()
	case c.in.Buffered() > 0:
		return nil
	}
	return c.net.SetDeadline(time.Now().Add(c.relay.options.Timeouts.Command))
}

// ended says what has become of a message when the connection ended instead of the answer to the command at: a verdict
// that had come before stands.
func (c *conn) ended(answers [stageData + 1]reply, at stage, r reply, err error, pipelined bool) (ready, unsaid bool, _ error) {
	if isTimeout(err) && pipelined && (at > stageMail || c.carried > 0) {
		c.relay.suspect(suspicion, "it does not answer commands that were sent together")
	}
	lost := c.lost(err)
	for before := stageMail; before < at; before++ {
		if answers[before].refused() {
			return false, false, verdict(answers[before], before)
		}
	}
	if err == nil { // 421
		return false, true, verdict(r, at)
	}
	return false, true, lost
}

// judge reads the answers to an envelope. ready tells that the body may be written.
func (c *conn) judge(a [stageData + 1]reply) (ready bool, err error) {
	mail, rcpt, data := a[stageMail], a[stageRcpt], a[stageData]
	switch {
	case mail.isClass(3), rcpt.isClass(3), data.good(), data.isClass(3) && data.code != 354,
		!mail.good() && rcpt.good(), mail.good() && rcpt.code == 503, rcpt.good() && data.code == 503:
		return false, c.outOfStep("its answers do not belong to the commands")
	case rcpt.good() && data.code == 354:
		if c.in.Buffered() > 0 {
			return false, c.outOfStep("it answers what was not said")
		}
		return true, nil
	}
	at := stageMail
	for a[at].good() {
		at++
	}
	c.open = mail.good()
	if data.code == 354 {
		c.empty()
	}
	return false, verdict(a[at], at)
}

// empty ends at once a message that nobody is to get: some relays want one after DATA though they refused the recipient
// (RFC 2920 §3.1). What they say to it changes nothing.
func (c *conn) empty() {
	c.out = append(c.out, ".\r\n"...)
	err := c.flush()
	if err == nil {
		var r reply
		if r, err = c.answer(); err == nil && r.code != 421 {
			c.open = false
			return
		}
	}
	c.lost(err) //nolint:errcheck // the verdict is known
}

// finish writes the body, with what may follow it, and reads the answer.
func (c *conn) finish(f *flight) error {
	if err := c.write(f.body, c.relay.options.Timeouts.Data); err != nil {
		return c.lost(err)
	}
	r, err := c.answer()
	switch {
	case err != nil:
		return c.lost(err)
	case r.code == 421:
		c.broken = true
	case r.good():
		c.carried++
		return nil
	case !r.refused():
		return c.outOfStep("its answers do not belong to the commands")
	}
	c.carried++
	return verdict(r, stageData)
}

// lost gives the connection up: nobody knows what has become of what was said last.
func (c *conn) lost(cause error) error {
	c.broken = true
	return &Later{Reason: ConnectionLost, cause: cause}
}

// outOfStep gives up a connection on which answers and commands have come apart, as they do with relays that offer
// PIPELINING and throw away what has come in the meantime; from then on they get one command at a time.
func (c *conn) outOfStep(trouble string) error {
	c.relay.suspect(conviction, trouble)
	return c.lost(&ProtocolError{trouble})
}

// isClosing tells whether the relay said that it ends the connection.
func isClosing(err error) bool {
	var later *Later
	return errors.As(err, &later) && later.Code == 421
}

func isTimeout(err error) bool {
	var network net.Error
	return errors.As(err, &network) && network.Timeout()
}

// appendEnvelope appends MAIL, RCPT and DATA, and RSET before them where a transaction is still open.
func (c *conn) appendEnvelope(dst []byte, f *flight) []byte {
	if c.open {
		dst = append(dst, "RSET\r\n"...)
	}
	for at := stageMail; at <= stageData; at++ {
		dst = c.appendCommand(dst, f, at)
	}
	return dst
}

func (c *conn) appendCommand(dst []byte, f *flight, at stage) []byte {
	switch at {
	case stageMail:
		dst = append(append(append(dst, "MAIL FROM:<"...), f.from.text...), '>')
		if c.offers.hasSize {
			dst = strconv.AppendInt(append(dst, " SIZE="...), int64(len(f.body)), 10)
		}
		if f.wide {
			dst = append(dst, " BODY=8BITMIME"...)
		}
		return append(dst, "\r\n"...)
	case stageRcpt:
		return append(append(append(dst, "RCPT TO:<"...), f.to.text...), ">\r\n"...)
	}
	return append(dst, "DATA\r\n"...)
}
