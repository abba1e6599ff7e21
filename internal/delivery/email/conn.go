package email

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/emersion/go-smtp"
)

// Conn is one connection to a relay, used by one goroutine at a time.
type Conn interface {
	// Send hands over one message. It returns nil once the relay has taken it, or *Permanent, *Later, *Unreachable. When
	// ctx ends, the connection is cut.
	Send(ctx context.Context, from, to Path, message []byte) error
	// Usable tells whether another message may be sent on the connection.
	Usable() bool
	Close() error
}

// clientConn is a Conn upon go-smtp's client.
type clientConn struct {
	raw      net.Conn
	client   *smtp.Client
	timeouts Timeouts
	broken   bool
	dirty    bool // a transaction was begun and not ended
}

func (c *clientConn) Usable() bool { return !c.broken }

func (c *clientConn) Send(ctx context.Context, from, to Path, message []byte) error {
	stop := context.AfterFunc(ctx, func() { _ = c.raw.Close() })
	defer func() {
		if !stop() {
			c.broken = true
		}
	}()
	if c.dirty {
		if err := c.client.Reset(); err != nil {
			return c.failed(err, stageMail)
		}
		c.dirty = false
	}
	if err := c.client.Mail(from.text, nil); err != nil {
		return c.failed(err, stageMail)
	}
	c.dirty = true
	if err := c.client.Rcpt(to.text, nil); err != nil {
		return c.failed(err, stageRcpt)
	}
	body, err := c.client.Data()
	if err != nil {
		return c.failed(err, stageData)
	}
	// go-smtp bounds the commands and leaves the writing of the body unbounded.
	if err := c.raw.SetDeadline(time.Now().Add(c.timeouts.Data)); err != nil {
		return c.failed(err, stageData)
	}
	if _, err := body.Write(message); err != nil {
		return c.failed(err, stageData)
	}
	if err := body.Close(); err != nil {
		return c.failed(err, stageData)
	}
	c.dirty = false
	return nil
}

// failed turns an error of go-smtp into one of ours. Anything but a reply means that the connection is lost.
func (c *clientConn) failed(err error, at stage) error {
	var reply *smtp.SMTPError
	if !errors.As(err, &reply) {
		c.broken = true
		return &Later{Reason: ConnectionLost, early: at == stageMail}
	}
	if reply.Code == 421 { // RFC 5321 §3.8: the server closes the connection
		c.broken = true
	}
	return verdict(reply, at)
}

// farewell bounds how long we wait for the answer to QUIT.
const farewell = 2 * time.Second

func (c *clientConn) Close() error {
	if !c.broken {
		c.client.CommandTimeout = farewell
		if c.client.Quit() == nil {
			return nil
		}
	}
	return c.raw.Close()
}
