package email

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"unoxuno/internal/fault"
)

// Timeouts bound how long a relay may keep us waiting.
type Timeouts struct {
	Dial    time.Duration // to connect, TLS handshake included
	Command time.Duration // for the reply to one command; RFC 5321 §4.5.3.2 asks for minutes
	Data    time.Duration // to write the body, and then again for the reply to it
}

// DefaultTimeouts are those of a relay that is ours or near: RFC 5321 §4.5.3.2's five and ten minutes are for strangers.
func DefaultTimeouts() Timeouts {
	return Timeouts{Dial: 15 * time.Second, Command: 2 * time.Minute, Data: 5 * time.Minute}
}

// RelayOptions is what the address of a relay does not tell.
type RelayOptions struct {
	Hello    string // the name we say in EHLO; "" is localhost
	TLS      *tls.Config
	Timeouts Timeouts // zero: DefaultTimeouts
}

// Relay is the server that takes our mail.
type Relay struct {
	host, port string
	implicit   bool // smtps: TLS from the first byte (RFC 8314 §3.3)
	user       *url.Userinfo
	options    RelayOptions
	startsTLS  atomic.Bool // it has offered STARTTLS: from then on it must, so that nobody strips it away
}

// ParseRelay reads smtp://[user:password@]host[:port] (STARTTLS when the relay offers it; port 25) or smtps://… (port
// 465). The empty text is a relay that can never be reached.
func ParseRelay(text string, o RelayOptions) (*Relay, error) {
	if o.Timeouts == (Timeouts{}) {
		o.Timeouts = DefaultTimeouts()
	}
	if o.Hello == "" {
		o.Hello = "localhost"
	}
	if text == "" {
		return &Relay{options: o}, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Path != "" && u.Path != "/" {
		return nil, fault.Invalid("delivery.relay.url") // the cause would quote the password
	}
	r := &Relay{host: u.Hostname(), port: u.Port(), implicit: u.Scheme == "smtps", user: u.User, options: o}
	if r.port == "" {
		r.port = map[bool]string{false: "25", true: "465"}[r.implicit]
	}
	return r, nil
}

// Configured tells whether there is a relay at all.
func (r *Relay) Configured() bool { return r.host != "" }

// Address is the relay's host:port, without user and password; empty when there is none.
func (r *Relay) Address() string {
	if !r.Configured() {
		return ""
	}
	return net.JoinHostPort(r.host, r.port)
}

// Dial connects, greets, and authenticates where the address names a user. Every failure is *Unreachable.
func (r *Relay) Dial(ctx context.Context) (Conn, error) {
	if !r.Configured() {
		return nil, &Unreachable{Trouble: "no relay is configured (smtp_url)"}
	}
	c, err := r.dial(ctx, r.implicit, r.startsTLS.Load())
	if err != nil {
		return nil, err
	}
	if offers, _ := c.client.Extension("STARTTLS"); offers && !r.implicit {
		// The library starts TLS only on a connection that it has not greeted yet, so the first one is given up.
		_ = c.Close()
		r.startsTLS.Store(true)
		if c, err = r.dial(ctx, false, true); err != nil {
			return nil, err
		}
	}
	if err := r.authenticate(c); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

func (r *Relay) dial(ctx context.Context, implicit, startTLS bool) (*clientConn, error) {
	trouble := func(doing string, err error) error {
		return &Unreachable{Trouble: fmt.Sprintf("%s %s: %v", doing, r.Address(), err)}
	}
	ctx, cancel := context.WithTimeout(ctx, r.options.Timeouts.Dial)
	defer cancel()
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", r.Address())
	if err != nil {
		return nil, trouble("connect to", err)
	}
	// Ends the waiting for greeting and handshake together with ctx; go-smtp's own timeouts know no context.
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	defer stop()
	c := &clientConn{raw: raw, timeouts: r.options.Timeouts}
	switch {
	case startTLS:
		if c.client, err = smtp.NewClientStartTLS(raw, r.tlsConfig()); err != nil {
			_ = raw.Close()
			return nil, trouble("start TLS with", err)
		}
	case implicit:
		secure := tls.Client(raw, r.tlsConfig())
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = raw.Close()
			return nil, trouble("start TLS with", err)
		}
		c.client = smtp.NewClient(secure)
	default:
		c.client = smtp.NewClient(raw)
	}
	c.client.CommandTimeout, c.client.SubmissionTimeout = r.options.Timeouts.Command, r.options.Timeouts.Data
	if err := c.client.Hello(r.options.Hello); err != nil {
		_ = raw.Close()
		return nil, trouble("greet", err)
	}
	return c, nil
}

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

func (r *Relay) authenticate(c *clientConn) error {
	if r.user == nil {
		return nil
	}
	password, _ := r.user.Password()
	if _, encrypted := c.client.TLSConnectionState(); !encrypted && !r.isLocal() {
		return &Unreachable{Trouble: r.Address() + " offers no TLS, and a password is never sent in the clear"}
	}
	var mechanism sasl.Client
	switch {
	case c.client.SupportsAuth(sasl.Plain):
		mechanism = sasl.NewPlainClient("", r.user.Username(), password)
	case c.client.SupportsAuth(sasl.Login):
		mechanism = sasl.NewLoginClient(r.user.Username(), password)
	default:
		return &Unreachable{Trouble: r.Address() + " offers neither AUTH PLAIN nor AUTH LOGIN"}
	}
	if err := c.client.Auth(mechanism); err != nil {
		return &Unreachable{Trouble: fmt.Sprintf("authenticate with %s: %v", r.Address(), err)}
	}
	return nil
}

// isLocal tells whether the relay is this very machine, where no one listens in between.
func (r *Relay) isLocal() bool {
	ip := net.ParseIP(r.host)
	return r.host == "localhost" || ip != nil && ip.IsLoopback()
}
