package smpp

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Options says who we are and how long we wait.
type Options struct {
	SystemID, Password, SystemType string
	TLS                            *tls.Config   // nil: in clear
	Window                         int           // submit_sm's that may wait for their response at once; 0: 10
	Dial                           time.Duration // to connect and bind
	Reply                          time.Duration // for any response; when it is over, so is the session
	Enquire                        time.Duration // between two enquire_link's

	// Deliver takes what the centre brings; an error asks the centre to bring it again (ESME_RX_T_APPN). It is called from
	// several goroutines, with a context that ends with the session. nil binds as a transmitter, which gets nothing.
	Deliver func(ctx context.Context, d *Deliver) error
}

const (
	defaultWindow = 10
	deliverers    = 4  // goroutines that take what the centre brings
	deliverQueue  = 64 // what may wait for them; above it the centre is told that we are full
)

// The ways in which a request may come to nothing.
var (
	ErrNotSent    = errors.New("the session has ended, and nothing was sent")
	ErrUnanswered = errors.New("no response came")
	errUnbound    = errors.New("the centre has taken its leave")
	errClosed     = errors.New("closed by us")
)

// StatusError is a response that is not ESME_ROK.
type StatusError struct {
	Command Command // what was asked
	Status  Status
}

func (e *StatusError) Error() string { return fmt.Sprintf("%s refused: %s", e.Command, e.Status) }

// UnfitError says that SMPP cannot carry what it was given.
type UnfitError struct{ Problem string }

func (e *UnfitError) Error() string { return "SMPP cannot carry " + e.Problem }

// Session is a bound connection.
type Session struct {
	options  Options
	conn     net.Conn
	reader   *bufio.Reader
	window   chan struct{}
	incoming chan PDU
	done     chan struct{}
	life     context.Context // ends with the session
	end      context.CancelFunc
	running  sync.WaitGroup

	writing sync.Mutex
	buffer  []byte

	mu       sync.Mutex
	sequence uint32
	waiting  map[uint32]*waiter
	cause    error // why the session ended; nil while it lives
}

// waiter is a request whose response has not come.
type waiter struct {
	answer chan PDU
	timer  *time.Timer
	slot   bool // it holds a place in the window
}

// Dial connects to host:port and binds. It fails with *StatusError when the centre does not want us.
func Dial(ctx context.Context, address string, o Options) (*Session, error) {
	if o.Window <= 0 {
		o.Window = defaultWindow
	}
	ctx, cancel := context.WithTimeout(ctx, o.Dial)
	defer cancel()
	conn, err := connect(ctx, address, o.TLS)
	if err != nil {
		return nil, err
	}
	s := &Session{
		options: o, conn: conn, reader: bufio.NewReader(conn), window: make(chan struct{}, o.Window),
		incoming: make(chan PDU, deliverQueue), done: make(chan struct{}), waiting: map[uint32]*waiter{},
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	err = s.bind()
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	s.life, s.end = context.WithCancel(context.WithoutCancel(ctx))
	s.running.Go(s.read)
	s.running.Go(s.enquire)
	for range deliverers {
		s.running.Go(s.deliver)
	}
	return s, nil
}

func connect(ctx context.Context, address string, trust *tls.Config) (net.Conn, error) {
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil || trust == nil {
		return raw, err
	}
	if trust.ServerName == "" {
		trust = trust.Clone()
		if trust.ServerName, _, err = net.SplitHostPort(address); err != nil {
			_ = raw.Close()
			return nil, err
		}
	}
	secure := tls.Client(raw, trust)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		return nil, err
	}
	return secure, nil
}

// bind says who we are, and waits for the answer. Nothing else is going on yet.
func (s *Session) bind() error {
	command := BindTransceiver
	if s.options.Deliver == nil {
		command = BindTransmitter
	}
	body, err := bindBody(&s.options)
	if err != nil {
		return err
	}
	s.sequence = 1
	if _, err := s.write(PDU{Command: command, Sequence: s.sequence, Body: body}); err != nil {
		return err
	}
	p, err := ReadPDU(s.reader)
	switch {
	case err != nil:
		return err
	case p.Command != command.Response() && p.Command != GenericNack:
		return problem("%s in answer to %s", p.Command, command)
	case p.Status != OK || p.Command == GenericNack:
		return &StatusError{Command: command, Status: p.Status}
	}
	return nil
}

// Submit sends a message and returns the identifier that the centre gives it. It waits for a place in the window first. It
// fails with *StatusError, *UnfitError, ErrNotSent, ErrUnanswered, or the context's error when nothing was sent.
func (s *Session) Submit(ctx context.Context, m *Submit) (string, error) {
	body, err := m.body()
	if err != nil {
		return "", err
	}
	select {
	case s.window <- struct{}{}:
	case <-s.done:
		return "", ErrNotSent
	case <-ctx.Done():
		return "", ctx.Err()
	}
	p, err := s.request(ctx, SubmitSM, body, true)
	if err != nil {
		return "", err
	}
	id, err := messageID(p.Body)
	if err != nil {
		s.fail(err)
		return "", ErrUnanswered // it was taken, it seems; nobody knows as what
	}
	return id, nil
}

// Done is closed when the session has ended.
func (s *Session) Done() <-chan struct{} { return s.done }

// Err is why the session ended; nil while it lives.
func (s *Session) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cause
}

// Close waits for the responses that are due, takes its leave (unbind), and ends the session; at once when ctx ends.
func (s *Session) Close(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { s.fail(errClosed) })
	defer stop()
	for range cap(s.window) { // a full window lets nobody else in
		select {
		case s.window <- struct{}{}:
		case <-s.done:
		}
	}
	if s.Err() == nil {
		_, _ = s.request(ctx, Unbind, nil, false) // we go in any case
	}
	s.fail(errClosed)
	s.running.Wait()
}

// fail ends the session; the first cause counts.
func (s *Session) fail(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause != nil {
		return
	}
	s.cause = cause
	for _, w := range s.waiting {
		w.timer.Stop()
	}
	_ = s.conn.Close() // what cannot be closed is closed
	s.end()
	close(s.done)
}
