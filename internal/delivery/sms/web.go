package sms

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"
)

// Hooks is what a gateway that tells of receipts and inbound messages over HTTP also is. The caller has checked, in
// constant time, the token that is part of the address. Both fail with a fault, and read at most 64 KiB.
type Hooks interface {
	// Receipt reads a receipt.
	Receipt(r *http.Request) (Receipt, error)
	// Inbound reads a message that somebody wrote to us.
	Inbound(r *http.Request) (Inbound, error)
}

var _ Hooks = (*webGateway)(nil)

// dialect is how an HTTP interface is spoken to.
type dialect interface {
	Hooks
	// request is the request that hands m over. from is the sender, which may be empty.
	request(ctx context.Context, m Message, from Sender) (*http.Request, error)
	// answer is what Send returns for an answer that speaks of this message.
	answer(status int, body string, m Message) (id string, err error)
	// secure tells whether it is spoken over TLS.
	secure() bool
}

// maxAnswer bounds how much of an answer, or of a callback, is read, in octets.
const maxAnswer = 64 << 10

// webGateway is a Gateway over HTTP.
type webGateway struct {
	common
	dialect
	address string
	setup   Setup
	line    *line
	pace    *pace
	client  *http.Client

	closing sync.Once
	closed  atomic.Bool
}

// newWebGateway makes a gateway at u. Connections are used again only when reuse is set, which it must not be for GET:
// net/http sends a GET again by itself when a connection that was used before breaks while it waits for the answer, and
// the message may have been taken.
func newWebGateway(u *url.URL, c common, d dialect, s Setup, reuse bool) *webGateway {
	port := "80"
	if u.Scheme == "https" {
		port = "443"
	}
	g := &webGateway{common: c, dialect: d, address: hostPort(u, port), setup: s, pace: newPace(c.rate, s.Slow)}
	g.line = newLine(g.address, s)
	g.client = &http.Client{
		Timeout: s.Timeouts.Reply,
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: s.Timeouts.Dial}).DialContext,
			TLSClientConfig:     s.TLS.Clone(),
			TLSHandshakeTimeout: s.Timeouts.Dial,
			DisableKeepAlives:   !reuse,
			MaxIdleConnsPerHost: 32,
			IdleConnTimeout:     s.Timeouts.Enquire,
		},
		// A redirection would carry texts and passwords to where nobody has decided that they may go.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return g
}

// Send hands the message over.
func (g *webGateway) Send(ctx context.Context, m Message) ([]string, error) {
	if len(Split(m.Text)) > MaxParts {
		return nil, &Permanent{Reason: TextRefused}
	}
	for try := 1; ; try++ {
		if err := g.pace.wait(ctx); err != nil {
			return nil, err
		}
		if g.closed.Load() {
			return nil, errClosed()
		}
		if err := g.line.rest(); err != nil {
			return nil, err
		}
		id, err := g.exchange(ctx, m)
		var later *Later
		if errors.As(err, &later) && later.Code == http.StatusTooManyRequests {
			g.pace.tooFast()
			if try < maxTries {
				continue
			}
		}
		if err != nil {
			return nil, g.line.noted(err)
		}
		g.pace.taken()
		return []string{id}, nil
	}
}

// exchange sends one request, once.
func (g *webGateway) exchange(ctx context.Context, m Message) (string, error) {
	from := m.From
	if from.kind == noSender {
		from = g.source
	}
	request, err := g.request(ctx, m, from)
	if err != nil {
		return "", &Unreachable{Trouble: "the request cannot be built: " + bare(err)}
	}
	var begun atomic.Bool
	trace := &httptrace.ClientTrace{WroteHeaders: func() { begun.Store(true) }}
	request = request.WithContext(httptrace.WithClientTrace(request.Context(), trace))
	response, err := g.client.Do(request)
	if err != nil {
		switch {
		case begun.Load():
			return "", &Later{Reason: ConnectionLost}
		case ctx.Err() != nil:
			return "", ctx.Err()
		}
		return "", &Unreachable{Trouble: fmt.Sprintf("%s: %s", g.address, bare(err))}
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return "", &Later{Reason: ConnectionLost}
	}
	return g.judge(response.StatusCode, string(body), m)
}

// judge turns an answer into an identifier or one of our errors. What speaks of the gateway rather than of this message
// is *Unreachable, and held against nobody.
func (g *webGateway) judge(status int, body string, m Message) (string, error) {
	switch status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusUnauthorized,
		http.StatusPaymentRequired, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusProxyAuthRequired,
		http.StatusGone:
		return "", &Unreachable{Trouble: fmt.Sprintf("%s answers %d %s", g.address, status, http.StatusText(status))}
	case http.StatusTooManyRequests:
		return "", &Later{Code: status, Reason: Temporary}
	}
	if status >= 300 && status < 400 {
		return "", &Unreachable{Trouble: fmt.Sprintf("%s answers with a redirection (%d)", g.address, status)}
	}
	id, err := g.answer(status, body, m)
	var down *Unreachable
	if !errors.As(err, &down) {
		g.line.up()
	}
	return id, err
}

// bare is an error of net/http without the URL, which may hold a password and a text.
func bare(err error) string {
	var whole *url.Error
	if errors.As(err, &whole) {
		err = whole.Err
	}
	return err.Error()
}

// Run has nothing to keep up.
func (g *webGateway) Run(ctx context.Context) { <-ctx.Done() }

// Check connects, with TLS where the address says so. Whether our password is right shows only with a message.
func (g *webGateway) Check(ctx context.Context) error {
	g.line.retry()
	ctx, cancel := context.WithTimeout(ctx, g.setup.Timeouts.Dial)
	defer cancel()
	if err := g.connect(ctx); err != nil {
		return g.line.noted(&Unreachable{Trouble: fmt.Sprintf("connect to %s: %v", g.address, err)})
	}
	g.line.up()
	return nil
}

func (g *webGateway) connect(ctx context.Context) error {
	var conn net.Conn
	var err error
	if g.secure() {
		conn, err = (&tls.Dialer{Config: g.setup.TLS}).DialContext(ctx, "tcp", g.address)
	} else {
		conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", g.address)
	}
	if err != nil {
		return err
	}
	return conn.Close()
}

// Retry ends the wait after vain attempts.
func (g *webGateway) Retry() { g.line.retry() }

// Health is how it goes with the gateway.
func (g *webGateway) Health() Health { return g.line.state() }

// Close lets the idle connections go.
func (g *webGateway) Close() {
	g.closing.Do(func() {
		g.closed.Store(true)
		g.client.CloseIdleConnections()
	})
}
