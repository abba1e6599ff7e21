package smstest

import (
	"bufio"
	_ "embed" // the program of the centre
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

//go:embed smsc.cjs
var program string

// patience bounds how long a test waits for anything.
const patience = 20 * time.Second

// Options says how a centre behaves.
type Options struct {
	User, Password string // what it wants in a bind; "" is "town" and "secret"
	Key, Cert      string // PEM; when set it speaks TLS
	HexIDs         bool   // its identifiers are hexadecimal
}

// Event is something that the centre saw or did.
type Event struct {
	Event      string // listening, connected, bind, submit, closed, error, and the names of the PDUs that come
	Session    int    // 1 is the first; of taken, a count
	Port       int
	Text       string // of a submission; of an error
	Command    string
	SystemType string
	Status     int

	Source, Dest         string // of a submission
	SourceTON, SourceNPI int
	DestTON              int
	Class, Coding        int
	Receipt              int
	Validity             string
	UDH                  string // hexadecimal
	Payload              bool
}

// SMSC is a running centre.
type SMSC struct {
	t       testing.TB
	options Options
	stdin   io.WriteCloser
	port    int

	mu      sync.Mutex
	events  []Event
	changed chan struct{} // closed and replaced at each event
}

// Start starts a centre that ends with the test.
func Start(t testing.TB, o Options) *SMSC {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		Missing(t, "node is not on this machine: on Debian, apt-get install nodejs")
	}
	if exec.CommandContext(t.Context(), "node", "-e", `require("smpp")`).Run() != nil {
		Missing(t, "the npm package smpp is not installed: run npm ci, or set NODE_PATH to a node_modules that has it")
	}
	if o.User == "" {
		o.User, o.Password = "town", "secret"
	}
	s := &SMSC{t: t, options: o, changed: make(chan struct{})}
	s.run(node)
	s.port = s.Next("listening").Port
	return s
}

// Missing skips the test, or fails it where the peers of these tests are wanted (UNOXUNO_REQUIRE_SMS=1).
func Missing(t testing.TB, sentence string) {
	t.Helper()
	if os.Getenv("UNOXUNO_REQUIRE_SMS") == "1" {
		t.Fatal(sentence)
	}
	t.Skip(sentence)
}

func (s *SMSC) run(node string) {
	s.t.Helper()
	o := map[string]any{"user": s.options.User, "password": s.options.Password}
	if s.options.Key != "" {
		o["tls"] = map[string]string{"key": s.options.Key, "cert": s.options.Cert}
	}
	if s.options.HexIDs {
		o["ids"] = "hex"
	}
	arguments, err := json.Marshal(o)
	if err != nil {
		s.t.Fatal(err)
	}
	command := exec.Command(node, "-e", program, string(arguments)) //nolint:gosec,noctx // its end is the end of its stdin
	command.Stderr = os.Stderr
	stdout, err := command.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if s.stdin, err = command.StdinPipe(); err != nil {
		s.t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		s.t.Fatal(err)
	}
	var reading sync.WaitGroup
	reading.Go(func() { s.read(stdout) })
	s.t.Cleanup(func() {
		_ = s.stdin.Close() // the program ends with it
		reading.Wait()
		_ = command.Wait()
	})
}

func (s *SMSC) read(stdout io.Reader) {
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			e = Event{Event: "error", Text: fmt.Sprintf("%v: %s", err, lines.Text())}
		}
		s.mu.Lock()
		s.events = append(s.events, e)
		close(s.changed)
		s.changed = make(chan struct{})
		s.mu.Unlock()
	}
}

// Next waits for the next event of that kind that nobody has asked for, and takes it.
func (s *SMSC) Next(kind string) Event {
	s.t.Helper()
	limit := time.After(patience)
	for {
		s.mu.Lock()
		for i, e := range s.events {
			if e.Event == kind {
				s.events = append(s.events[:i], s.events[i+1:]...)
				s.mu.Unlock()
				return e
			}
		}
		changed, seen := s.changed, fmt.Sprintf("%+v", s.events)
		s.mu.Unlock()
		select {
		case <-changed:
		case <-limit:
			s.t.Fatalf("the centre did not tell of %q in %v; it told of %s", kind, patience, seen)
		}
	}
}

// Count is how many events of that kind have come and were not taken by Next.
func (s *SMSC) Count(kind string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, e := range s.events {
		if e.Event == kind {
			n++
		}
	}
	return n
}

// Taken is how many submissions were taken; the last of them has the identifier "m" and that number (HexIDs: 0xABC0 and
// that number).
func (s *SMSC) Taken() int {
	s.t.Helper()
	s.do("count", nil)
	return s.Next("taken").Session
}

// do has the centre do something, and waits until it has begun.
func (s *SMSC) do(what string, with map[string]any) {
	s.t.Helper()
	if with == nil {
		with = map[string]any{}
	}
	with["do"] = what
	line, err := json.Marshal(with)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.stdin.Write(append(line, '\n')); err != nil {
		s.t.Fatal(err)
	}
	s.Next("done")
}

// Hold and Drop are answers to a submission: none until Release, and the end of the connection.
const (
	Hold = "hold"
	Drop = "drop"
)

// Answer says what the next submissions are answered with: an SMPP status, Hold or Drop, each once. Those that follow
// are taken.
func (s *SMSC) Answer(answers ...any) {
	s.t.Helper()
	s.do("answers", map[string]any{"answers": answers})
}

// Release takes the submissions that were held, the last first if reverse is set.
func (s *SMSC) Release(reverse bool) {
	s.t.Helper()
	s.do("release", map[string]any{"reverse": reverse})
}

// Deliver brings a deliver_sm to the last session; pdu has the names of npm's smpp, and text (or text_hex), udh_hex and
// network_error_code_hex. Next("deliver_sm_resp") is the response.
func (s *SMSC) Deliver(pdu map[string]any) { s.t.Helper(); s.do("deliver", map[string]any{"pdu": pdu}) }

// Raw writes octets, in hexadecimal, to the last session.
func (s *SMSC) Raw(hex string) { s.t.Helper(); s.do("raw", map[string]any{"hex": hex}) }

// Enquire asks the last session whether it is alive; Next("enquire_link_resp") is the response.
func (s *SMSC) Enquire() { s.t.Helper(); s.do("enquire", nil) }

// Unbind takes leave of the last session; Next("unbind_resp") is the response.
func (s *SMSC) Unbind() { s.t.Helper(); s.do("unbind", nil) }

// Destroy ends the last session's connection without a word.
func (s *SMSC) Destroy() { s.t.Helper(); s.do("destroy", nil) }

// Port is the port of 127.0.0.1 that the centre listens on.
func (s *SMSC) Port() int { return s.port }

// Address is its host:port.
func (s *SMSC) Address() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// URL is its address as a configuration has it, with the query, which may be empty.
func (s *SMSC) URL(query string) string {
	u := url.URL{Scheme: "smpp", Host: s.Address(), User: url.UserPassword(s.options.User, s.options.Password), RawQuery: query}
	if s.options.Key != "" {
		u.Scheme = "smpps"
	}
	return u.String()
}
