package sms

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"unoxuno/internal/delivery/sms/smpp"
)

const (
	maxTries  = 5               // of one part that the gateway finds too fast, or whose connection ended before it left
	farewell  = 5 * time.Second // to let what is on its way arrive when we close
	sweepEach = time.Minute
)

// centre is a Gateway that speaks SMPP over one connection.
type centre struct {
	common
	setup                             Setup
	address                           string
	options                           smpp.Options
	payload, packed, hexIDs, receipts bool

	line      *line
	pace      *pace
	parts     *assembler
	reference atomic.Uint32 // of the last text that went in parts
	dialing   chan struct{} // holds who connects: one at a time

	mu      sync.Mutex
	session *smpp.Session // nil: none yet
	since   time.Time     // when it was bound
	closed  bool
}

func openCentre(u *url.URL, s Setup) (Gateway, error) {
	o := readOptions(u.RawQuery, "system_type", "window", "long", "alphabet", "ids", "receipts")
	c := &centre{
		common: o.common(), setup: s, dialing: make(chan struct{}, 1),
		payload: o.choice("long", "parts", "payload"), packed: o.choice("alphabet", "octets", "packed"),
		hexIDs: o.choice("ids", "same", "hex"), receipts: !o.choice("receipts", "yes", "no"),
	}
	port := "2775"
	if u.Scheme == "smpps" {
		port, c.options.TLS = "3550", s.TLS
	}
	password, _ := u.User.Password()
	c.options.SystemID, c.options.Password = u.User.Username(), password
	c.options.SystemType, c.options.Window = o.values.Get("system_type"), o.number("window", 1000)
	c.options.Dial, c.options.Reply, c.options.Enquire = s.Timeouts.Dial, s.Timeouts.Reply, s.Timeouts.Enquire
	if s.Handler != nil {
		c.options.Deliver = c.deliver
		c.parts = newAssembler(s.Clock, s.Handler.Inbound)
	}
	if o.err != nil {
		return nil, o.err
	}
	c.address = hostPort(u, port)
	c.line, c.pace = newLine(c.address, s), newPace(c.rate, s.Slow)
	c.reference.Store(rand.Uint32())
	return c, nil
}

// Send hands the parts over one after the other: where the first is refused, the others cost nothing.
func (c *centre) Send(ctx context.Context, m Message) ([]string, error) {
	parts, err := c.submissions(m)
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(parts))
	for i := range parts {
		id, err := c.submit(ctx, &parts[i])
		if err != nil {
			if i > 0 && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
				err = &Later{Reason: ConnectionLost} // a part of it is on its way
			}
			return ids, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// submit hands one part over, when it is its turn.
func (c *centre) submit(ctx context.Context, part *smpp.Submit) (string, error) {
	for try := 1; ; try++ {
		if err := c.pace.wait(ctx); err != nil {
			return "", err
		}
		s, err := c.bound(ctx)
		if err != nil {
			return "", err
		}
		id, err := s.Submit(ctx, part)
		var refused *smpp.StatusError
		errors.As(err, &refused)
		switch {
		case err == nil:
			c.pace.taken()
			return c.identifier(id, 16), nil
		case refused != nil && (refused.Status == smpp.Throttled || refused.Status == smpp.QueueFull):
			c.pace.tooFast()
			if try < maxTries {
				continue
			}
		case errors.Is(err, smpp.ErrNotSent) && try < maxTries:
			continue // on the next connection
		case refused != nil && refused.Status == smpp.InvalidBindStatus:
			go closeSoon(context.WithoutCancel(ctx), s) // another may be bound better
		}
		return "", c.judge(err)
	}
}

// bound is a living session, made where there is none.
func (c *centre) bound(ctx context.Context) (*smpp.Session, error) {
	if s, err := c.living(); s != nil || err != nil {
		return s, err
	}
	select {
	case c.dialing <- struct{}{}:
		defer func() { <-c.dialing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if s, err := c.living(); s != nil || err != nil { // somebody else was faster
		return s, err
	}
	if err := c.line.rest(); err != nil {
		return nil, err
	}
	s, err := smpp.Dial(ctx, c.address, c.options)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err() // we were told to stop: the gateway is not to blame
		}
		return nil, c.line.noted(&Unreachable{Trouble: c.trouble(err)})
	}
	c.line.up()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		go closeSoon(context.WithoutCancel(ctx), s)
		return nil, errClosed()
	}
	c.session, c.since = s, c.setup.Clock.Now()
	return s, nil
}

// living is the session there is, nil when it has ended. One that ended soon after it was bound counts as unreachable:
// we would bind again for ever.
func (c *centre) living() (*smpp.Session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errClosed()
	}
	if c.session == nil {
		return nil, nil
	}
	cause := c.session.Err()
	if cause == nil {
		return c.session, nil
	}
	c.session = nil
	if c.setup.Clock.Now().Sub(c.since) < c.setup.Cool {
		return nil, c.line.noted(&Unreachable{Trouble: fmt.Sprintf("%s ended the connection: %v", c.address, cause)})
	}
	return nil, nil
}

func errClosed() error { return &Unreachable{Trouble: "the gateway was closed"} }

func (c *centre) trouble(err error) string {
	var refused *smpp.StatusError
	if errors.As(err, &refused) {
		return fmt.Sprintf("%s refuses our user and password, or our system type (%s)", c.address, refused.Status)
	}
	return fmt.Sprintf("connect to %s: %v", c.address, err)
}

// Run keeps the connection up.
func (c *centre) Run(ctx context.Context) {
	sweep := time.NewTicker(sweepEach)
	defer sweep.Stop()
	for ctx.Err() == nil && !c.isClosed() {
		_, retried := c.line.wait() // before we try, so that no Retry is missed
		var ended <-chan struct{}
		var again <-chan time.Time
		if s, err := c.bound(ctx); err == nil {
			ended = s.Done()
		} else {
			pause, _ := c.line.wait()
			again = time.After(max(pause, 10*time.Millisecond))
		}
		select {
		case <-ended:
		case <-again:
		case <-retried:
		case <-sweep.C:
			if c.parts != nil {
				c.parts.sweep(ctx, false)
			}
		case <-ctx.Done():
		}
	}
}

func (c *centre) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// Check connects if need be; a session that lives was asked by enquire_link not long ago.
func (c *centre) Check(ctx context.Context) error {
	c.line.retry()
	_, err := c.bound(ctx)
	return err
}

// Retry ends the wait after vain attempts.
func (c *centre) Retry() { c.line.retry() }

// Health is how it goes with the centre.
func (c *centre) Health() Health { return c.line.state() }

// Close waits a little for what is on its way, takes leave, and hands over the long messages of which parts are missing.
func (c *centre) Close() {
	c.mu.Lock()
	s := c.session
	c.session, c.closed = nil, true
	c.mu.Unlock()
	if s != nil {
		closeSoon(context.Background(), s)
	}
	if c.parts != nil {
		ctx, cancel := context.WithTimeout(context.Background(), farewell)
		defer cancel()
		c.parts.sweep(ctx, true)
	}
}

func closeSoon(ctx context.Context, s *smpp.Session) {
	ctx, cancel := context.WithTimeout(ctx, farewell)
	defer cancel()
	s.Close(ctx)
}
