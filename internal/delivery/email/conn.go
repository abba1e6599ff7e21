package email

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"net"
	"time"
)

// conn is one connection to a relay, used by one goroutine at a time. It is broken after an error of the network, after
// a reply that cannot belong to what was said, and after 421 (RFC 5321 §3.8).
type conn struct {
	relay   *Relay
	net     net.Conn
	in      *bufio.Reader
	out     []byte // commands that are written next
	offers  extensions
	broken  bool
	open    bool      // a transaction is open that must be forgotten before the next MAIL
	begun   int       // messages that were begun
	carried int       // messages whose last answer has come
	reused  bool      // it has lain idle, and the relay may have ended it
	born    time.Time // when it was dialled
	since   time.Time // when it was given back last
	flights [2]flight
}

// flight is a job on a connection: the one that is being sent, or the one whose envelope is written ahead.
type flight struct {
	job  Job
	from Path
	to   Path
	body []byte // as it goes over the wire, but for the dot that ends it
	wide bool   // the body holds bytes beyond ASCII
}

// maxKept is the largest buffer that a connection keeps for the next message.
const maxKept = 1 << 20

func newConn(r *Relay, raw net.Conn) *conn {
	c := &conn{relay: r, born: time.Now()}
	c.over(raw)
	return c
}

// over makes the connection go on over raw: TLS, once it is started. What had come before is forgotten: nothing that
// was said in the clear counts (RFC 3207 §6).
func (c *conn) over(raw net.Conn) {
	c.net, c.in = raw, bufio.NewReaderSize(raw, 2*maxReplyLine)
}

func (c *conn) encrypted() bool {
	_, yes := c.net.(*tls.Conn)
	return yes
}

// load lets a job write its message into the flight's buffer. What cannot be sent is settled there and then.
func (c *conn) load(f *flight, job Job, from feeder) bool {
	f.job = job
	f.from, f.to = job.Envelope()
	if cap(f.body) > maxKept {
		f.body = nil
	}
	body, err := job.Append(f.body[:0])
	if err == nil {
		f.body, f.wide = body, false
		if !job.Plain() {
			f.body = stuffed(body)
			f.wide = !isASCII(f.body)
		}
		err = c.fits(f)
		c.begun++
	}
	if err != nil {
		f.job = nil
		from.settle(job, err)
	}
	return err == nil
}

// fits tells whether the relay can carry a message, as far as it has said.
func (c *conn) fits(f *flight) error {
	switch {
	case c.offers.size > 0 && int64(len(f.body)) > c.offers.size:
		return &Permanent{Code: 552, Enhanced: "5.3.4", Reason: Other} // RFC 1870 §6.1: it need not be asked
	case f.wide && !c.offers.eightBit:
		return &Permanent{Code: 554, Enhanced: "5.6.3", Reason: Other} // RFC 6152 §3: it must not be sent
	}
	return nil
}

// stuffed doubles the dots that start a line (RFC 5321 §4.5.2) and ends the last line. Dots after a lone LF are doubled too: servers that take it for a line end must not
// find a message within the message.
func stuffed(body []byte) []byte {
	if !bytes.HasSuffix(body, []byte("\r\n")) {
		body = append(body, '\r', '\n')
	}
	if body[0] != '.' && !bytes.Contains(body, []byte("\n.")) {
		return body
	}
	doubled := bytes.ReplaceAll(body, []byte("\n."), []byte("\n.."))
	if body[0] == '.' {
		doubled = append([]byte("."), doubled...)
	}
	return append(body[:0], doubled...)
}

// isASCII tells whether all of b is below 128; it looks at 32 bytes at a time.
func isASCII(b []byte) bool {
	const high = 0x8080808080808080
	for ; len(b) >= 32; b = b[32:] {
		word := binary.NativeEndian.Uint64
		if (word(b)|word(b[8:])|word(b[16:])|word(b[24:]))&high != 0 {
			return false
		}
	}
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// write writes text; the relay has limit from now on to take it and to answer.
func (c *conn) write(text []byte, limit time.Duration) error {
	if err := c.net.SetDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	_, err := c.net.Write(text)
	return err
}

// flush writes the commands that wait in out.
func (c *conn) flush() error {
	err := c.write(c.out, c.relay.options.Timeouts.Command)
	c.out = c.out[:0]
	return err
}

// answer reads the next reply.
func (c *conn) answer() (reply, error) { return readReply(c.in, nil) }

// farewell bounds how long we wait for the answer to QUIT.
const farewell = 2 * time.Second

// Close says goodbye, unless the connection is broken, and hangs up.
func (c *conn) Close() error {
	if !c.broken && c.net.SetDeadline(time.Now().Add(farewell)) == nil {
		if _, err := c.net.Write([]byte("QUIT\r\n")); err == nil {
			_, _ = c.answer() // whatever it says
		}
	}
	return c.net.Close()
}
