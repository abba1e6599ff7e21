package email

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strconv"
)

// extensions is what a relay offers in its answer to EHLO. SMTPUTF8 (RFC 6531) is not among it: a Path is ASCII and
// headers are encoded, so no message of ours ever needs it.
type extensions struct {
	pipelining, startTLS, eightBit, hasSize bool
	size                                    int64 // the largest message; 0: no limit is known (RFC 1870 §4)
	plain, login                            bool  // mechanisms of AUTH
}

// read takes in one line of the answer to EHLO.
func (x *extensions) read(line []byte) {
	words := bytes.Fields(bytes.Replace(bytes.ToUpper(line), []byte("AUTH="), []byte("AUTH "), 1)) // as old servers write it
	if len(words) == 0 {
		return
	}
	switch string(words[0]) {
	case "PIPELINING":
		x.pipelining = true
	case "STARTTLS":
		x.startTLS = true
	case "8BITMIME":
		x.eightBit = true
	case "SIZE":
		x.hasSize = true
		if len(words) > 1 {
			x.size, _ = strconv.ParseInt(string(words[1]), 10, 64) // what is no number is no limit
		}
	case "AUTH":
		for _, mechanism := range words[1:] {
			x.plain = x.plain || string(mechanism) == "PLAIN"
			x.login = x.login || string(mechanism) == "LOGIN"
		}
	}
}

// refusal is a reply to a command of the handshake that says no.
type refusal struct {
	reply
	text string // what the relay says; no address has been named to it yet
}

func (e *refusal) Error() string { return fmt.Sprintf("%d %s", e.code, e.text) }

// dial connects, greets, and authenticates where the address names a user. Every failure is *Unreachable.
func (r *Relay) dial(ctx context.Context) (*conn, error) {
	if !r.Configured() {
		return nil, &Unreachable{Trouble: "no relay is configured (smtp_url)"}
	}
	ctx, cancel := context.WithTimeout(ctx, r.options.Timeouts.Dial)
	defer cancel()
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", r.Address())
	if err != nil {
		return nil, &Unreachable{Trouble: fmt.Sprintf("connect to %s: %v", r.Address(), err)}
	}
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() }) // ends the waiting for the relay together with ctx
	c := newConn(r, raw)
	err = c.handshake()
	if err == nil && stop() {
		return c, nil
	}
	_ = raw.Close()
	if ctx.Err() != nil {
		err = &Unreachable{Trouble: fmt.Sprintf("%s does not answer within %v", r.Address(), r.options.Timeouts.Dial)}
	}
	return nil, err
}

// handshake does all that comes before the first message.
func (c *conn) handshake() error {
	if c.relay.implicit {
		if err := c.secure(); err != nil {
			return err
		}
	}
	if err := expect(2)(c.collect()); err != nil {
		return c.trouble("greet", err)
	}
	if err := c.hello(); err != nil {
		return c.trouble("greet", err)
	}
	if !c.relay.implicit {
		if err := c.startTLS(); err != nil {
			return err
		}
	}
	return c.authenticate()
}

// trouble is what went wrong in the handshake.
func (c *conn) trouble(doing string, err error) error {
	return &Unreachable{Trouble: fmt.Sprintf("%s %s: %v", doing, c.relay.Address(), err)}
}

// collect reads a reply with the text of its lines.
func (c *conn) collect() (reply, []byte, error) {
	var text []byte
	r, err := readReply(c.in, func(line []byte) {
		if len(text) > 0 {
			text = append(text, ' ')
		}
		text = append(text, bytes.ToValidUTF8(line, []byte("?"))...)
	})
	return r, text, err
}

// ask says a line and reads the reply with its text.
func (c *conn) ask(line string) (reply, []byte, error) {
	c.out = append(append(c.out, line...), "\r\n"...)
	if err := c.flush(); err != nil {
		return reply{}, nil, err
	}
	return c.collect()
}

// expect makes an error of every reply that is not of the class.
func expect(class int) func(reply, []byte, error) error {
	return func(r reply, text []byte, err error) error {
		if err == nil && !r.isClass(class) {
			err = &refusal{r, string(text[:min(len(text), maxShown)])}
		}
		return err
	}
}

// maxShown is how much of a relay's words an operator is shown.
const maxShown = 300

// hello says EHLO, and HELO to those who do not know that (RFC 5321 §3.2).
func (c *conn) hello() error {
	c.offers = extensions{}
	c.out = append(c.out, "EHLO "+c.relay.options.Hello+"\r\n"...)
	if err := c.flush(); err != nil {
		return err
	}
	first := true
	r, err := readReply(c.in, func(line []byte) {
		if !first { // the first line greets
			c.offers.read(line)
		}
		first = false
	})
	switch {
	case err != nil:
		return err
	case r.good():
		return nil
	case r.code == 421:
		return &refusal{reply: r}
	}
	c.offers = extensions{}
	return expect(2)(c.ask("HELO " + c.relay.options.Hello))
}

// startTLS starts TLS on the same connection where the relay offers it (RFC 3207). One that has offered it once must
// offer it for ever, so that nobody in between can strip it away.
func (c *conn) startTLS() error {
	if !c.offers.startTLS {
		if c.relay.startsTLS.Load() {
			return c.trouble("start TLS with", errors.New("it offered STARTTLS before and does not now"))
		}
		return nil
	}
	c.relay.startsTLS.Store(true)
	if err := expect(2)(c.ask("STARTTLS")); err != nil {
		return c.trouble("start TLS with", err)
	}
	if c.in.Buffered() > 0 { // it would be taken for an answer under TLS
		return c.trouble("start TLS with", &ProtocolError{"it answers what was not said"})
	}
	if err := c.secure(); err != nil {
		return err
	}
	if err := c.hello(); err != nil {
		return c.trouble("greet", err)
	}
	return nil
}

// secure goes on over TLS.
func (c *conn) secure() error {
	secured := tls.Client(c.net, c.relay.tlsConfig())
	if err := secured.Handshake(); err != nil { //nolint:noctx // dial closes the connection when its context ends
		return c.trouble("start TLS with", err)
	}
	c.over(secured)
	return nil
}

// authenticate gives user and password by AUTH PLAIN (RFC 4616) or AUTH LOGIN, and never in the clear but to this very
// machine.
func (c *conn) authenticate() error {
	user := c.relay.user
	if user == nil {
		return nil
	}
	password, _ := user.Password()
	if !c.encrypted() && !c.relay.isLocal() {
		return &Unreachable{Trouble: c.relay.Address() + " offers no TLS, and a password is never sent in the clear"}
	}
	var err error
	switch {
	case c.offers.plain:
		err = expect(2)(c.ask("AUTH PLAIN " + coded("\x00"+user.Username()+"\x00"+password)))
	case c.offers.login:
		err = c.authLogin(user.Username(), password)
	default:
		return &Unreachable{Trouble: c.relay.Address() + " offers neither AUTH PLAIN nor AUTH LOGIN"}
	}
	if err != nil {
		return c.trouble("authenticate with", err)
	}
	return nil
}

// authLogin follows draft-murchison-sasl-login: name and password in answer to two questions, whatever these say.
func (c *conn) authLogin(user, password string) error {
	if err := expect(3)(c.ask("AUTH LOGIN")); err != nil {
		return err
	}
	if err := expect(3)(c.ask(coded(user))); err != nil {
		return err
	}
	return expect(2)(c.ask(coded(password)))
}

func coded(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// tlsConfig checks the relay's certificate wherever a password is at stake or the address asks for TLS. Elsewhere TLS
// is opportunistic (RFC 7435): unproven encryption is better than the plain text that would be sent without it.
func (r *Relay) tlsConfig() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if r.options.TLS != nil {
		c = r.options.TLS.Clone()
	}
	if c.ServerName == "" {
		c.ServerName = r.host
	}
	c.InsecureSkipVerify = c.InsecureSkipVerify || r.user == nil && !r.implicit
	return c
}
