package deliverytest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// Stage is the moment of a mail's transaction at which a Rule is asked.
type Stage int

// The stages, in their order.
const (
	AtMail  Stage = iota // MAIL FROM
	AtRcpt               // RCPT TO
	AtData               // the body has come and is not kept yet
	AtReply              // the mail is kept, the client does not know yet
)

// Attempt is what a Rule decides on.
type Attempt struct {
	Stage      Stage
	From, To   string // envelope; To is empty at AtMail
	Taken      int    // mails taken so far
	Tries      int    // how often this recipient was named, this time included; 0 at AtMail
	Connection int    // counts the connections from 1; 0 under TLS
}

// Options says how a Sink behaves. The zero Options takes and keeps everything, on a free port of this machine.
type Options struct {
	Listen         string // host:port; "" is a free port of 127.0.0.1
	Keep           int    // mails kept, oldest forgotten first; 0 is all, below 0 none (they are only counted)
	User, Password string // when set, clients must authenticate
	Login          bool   // they do so by AUTH LOGIN instead of AUTH PLAIN
	TLS            *tls.Config
	Implicit       bool                // TLS from the first byte, instead of STARTTLS
	Rule           func(Attempt) error // nil takes everything; called from many goroutines, may block to stall
	OnMail         func(Mail)          // told of every mail taken, before the client is; may be nil

	// Faults of the line. They show on connections without TLS.

	Greet     func() string // asked before a connection is greeted, may block; a text, as "554 No", is said instead and ends it
	Hide      []string      // extensions that are not offered, as "PIPELINING"
	Forgetful bool          // what comes together with DATA or with the end of a message is thrown away, though PIPELINING is offered
}

// Refuse is a Rule's refusal with an SMTP reply: 5xx for ever, 4xx for now. enhanced is as in "5.1.1". After 421 the
// connection is closed.
func Refuse(code int, enhanced, text string) error {
	var e smtp.EnhancedCode
	if _, err := fmt.Sscanf(enhanced, "%d.%d.%d", &e[0], &e[1], &e[2]); err != nil {
		e = smtp.NoEnhancedCode
	}
	return &smtp.SMTPError{Code: code, EnhancedCode: e, Message: text}
}

// Sink is a running server.
type Sink struct {
	options  Options
	server   *smtp.Server
	listener net.Listener

	mu          sync.Mutex
	mails       []Mail
	taken       int
	connections int
	received    map[string]int
	messages    map[string]int // by Message-ID
	tries       map[string]int
}

// Start starts a server; Close ends it.
func Start(o Options) (*Sink, error) {
	s := &Sink{options: o}
	s.Clear()
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("SMTP sink: %w", err)
	}
	s.listener = wires{listener, s}
	s.server = smtp.NewServer(smtp.BackendFunc(s.session))
	s.server.Domain = "sink.example"
	s.server.AllowInsecureAuth = true
	s.server.MaxMessageBytes = 32 << 20
	s.server.ErrorLog = log.New(io.Discard, "", 0)
	s.server.TLSConfig = o.TLS
	listener = s.listener
	if o.Implicit {
		listener = tls.NewListener(listener, o.TLS)
	}
	go func() { _ = s.server.Serve(listener) }() // it ends with Close
	return s, nil
}

// TB is what New and Certificate need of a testing.TB. The demonstration links this package, and package testing has no
// place in a program.
type TB interface {
	Helper()
	Fatal(args ...any)
	Cleanup(func())
}

// New starts a server that is closed when the test ends.
func New(t TB, o Options) *Sink {
	t.Helper()
	s, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // a test may have closed it already
	return s
}

// Close ends the server and every connection to it.
func (s *Sink) Close() error {
	return errors.Join(s.server.Close(), ignoreClosed(s.listener.Close()))
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Addr is the server's host:port.
func (s *Sink) Addr() string { return s.listener.Addr().String() }

// URL is the server's address as the setting smtp_url has it, with user and password.
func (s *Sink) URL() string {
	u := url.URL{Scheme: "smtp", Host: s.Addr()}
	if s.options.Implicit {
		u.Scheme = "smtps"
	}
	if s.options.User != "" {
		u.User = url.UserPassword(s.options.User, s.options.Password)
	}
	return u.String()
}

// Mails are the mails kept, oldest first.
func (s *Sink) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// Count is how many mails were taken, kept or not.
func (s *Sink) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken
}

// Connections is how many connections were made.
func (s *Sink) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections
}

// ByRecipient is how many mails each address got, kept or not.
func (s *Sink) ByRecipient() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.received)
}

// ByMessage is how many mails were taken with each Message-ID, kept or not: more than one is a repeat.
func (s *Sink) ByMessage() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.messages)
}

// Clear forgets the mails and the counts.
func (s *Sink) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails, s.taken, s.received, s.messages, s.tries = nil, 0, map[string]int{}, map[string]int{}, map[string]int{}
}

func (s *Sink) attempt(stage Stage, from, to string, connection int) error {
	if s.options.Rule == nil {
		return nil
	}
	s.mu.Lock()
	if stage == AtRcpt {
		s.tries[to]++
	}
	a := Attempt{Stage: stage, From: from, To: to, Taken: s.taken, Tries: s.tries[to], Connection: connection}
	s.mu.Unlock()
	return s.options.Rule(a)
}

func (s *Sink) take(from, to string, data []byte) {
	s.mu.Lock()
	s.taken++
	s.received[to]++
	s.messages[messageID(data)]++
	m := Mail{ID: s.taken, From: from, To: to, Received: time.Now().UTC(), Data: data}
	if s.options.Keep >= 0 {
		s.mails = append(s.mails, m)
		if over := len(s.mails) - s.options.Keep; s.options.Keep > 0 && over > 0 {
			s.mails = s.mails[over:] // what lies before is let go when append next moves the rest
		}
	}
	s.mu.Unlock()
	if s.options.OnMail != nil {
		s.options.OnMail(m)
	}
}
