package email_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"unoxuno/internal/delivery/email"
)

// server is a model of RFC 5321: strict about the order of commands, free in its answers, which it takes from a tape.
// Every refusal carries the number of the person that it is about, as in "4.17.0".
type server struct {
	listener net.Listener
	offers   []string

	mu      sync.Mutex
	tape    []byte
	stored  map[string]int
	unsure  map[string]bool // stored, and the client not told
	said    map[string]map[string]bool
	trouble []string
	serving sync.WaitGroup
}

func newServer(t *rapid.T) *server {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{
		listener: listener, stored: map[string]int{}, unsure: map[string]bool{}, said: map[string]map[string]bool{},
		tape: rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "answers"),
	}
	for _, extension := range []string{"PIPELINING", "SIZE 100000", "8BITMIME"} {
		if extension == "PIPELINING" || rapid.Bool().Draw(t, extension) {
			s.offers = append(s.offers, extension)
		}
	}
	s.serving.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			s.serving.Go(func() { s.serve(c) })
		}
	})
	return s
}

func (s *server) close() {
	_ = s.listener.Close()
	s.serving.Wait()
}

// decide is the next choice on the tape, of n; 0, which is kindness, once the tape has ended.
func (s *server) decide(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tape) == 0 {
		return 0
	}
	d := int(s.tape[0])
	s.tape = s.tape[1:]
	return max(0, d%(n+5)-5) // mostly kind
}

func (s *server) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = append(s.trouble, fmt.Sprintf(format, args...))
}

// transaction is a connection and what was said on it.
type transaction struct {
	*server
	net.Conn
	in         *bufio.Reader
	mail, rcpt string
	number     int // of the person whom the envelope is for
}

var errGone = errors.New("hung up")

// answer writes a reply, of one line or of several.
func (c *transaction) answer(code int, enhanced, text string) {
	if code >= 400 {
		c.mu.Lock()
		if c.said[person(c.number)] == nil {
			c.said[person(c.number)] = map[string]bool{}
		}
		c.said[person(c.number)][fmt.Sprint(code, " ", enhanced)] = true
		c.mu.Unlock()
	}
	reply := fmt.Sprintf("%d %s %s\r\n", code, enhanced, text)
	if c.decide(4) == 1 {
		reply = fmt.Sprintf("%d-%s first\r\n%d-%s second\r\n", code, enhanced, code, enhanced) + reply
	}
	_, _ = c.Write([]byte(reply))
}

func (c *transaction) refuse(code int) {
	c.answer(code, fmt.Sprintf("%d.%d.0", code/100, c.number), "no")
}

func (s *server) serve(raw net.Conn) {
	defer func() { _ = raw.Close() }()
	_ = raw.SetDeadline(time.Now().Add(10 * time.Second))
	c := &transaction{server: s, Conn: raw, in: bufio.NewReader(raw)}
	_, _ = c.Write([]byte("220 model\r\n"))
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			c.silence(err)
			return
		}
		if c.command(strings.TrimSuffix(line, "\r\n")) != nil {
			return
		}
	}
}

// silence notes that client and server wait for each other.
func (c *transaction) silence(err error) {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.note("client and server wait for each other")
	}
}

func (c *transaction) command(line string) error {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb {
	case "EHLO":
		reply := "250-model\r\n"
		for _, extension := range c.offers {
			reply += "250-" + extension + "\r\n"
		}
		_, _ = c.Write([]byte(reply + "250 HELP\r\n"))
	case "MAIL":
		return c.from(rest)
	case "RCPT":
		return c.to(rest)
	case "DATA":
		return c.data()
	case "RSET":
		c.mail, c.rcpt = "", ""
		_, _ = c.Write([]byte("250 2.0.0 OK\r\n"))
	case "QUIT":
		_, _ = c.Write([]byte("221 2.0.0 bye\r\n"))
		return errGone
	default:
		c.note("unknown command %q", line)
		return errGone
	}
	return nil
}

func (c *transaction) from(rest string) error {
	if c.mail != "" {
		c.note("MAIL within a transaction")
	}
	path, _, _ := strings.Cut(strings.TrimPrefix(rest, "FROM:<"), ">")
	c.number, _ = strconv.Atoi(path[1:strings.IndexByte(path, '@')])
	switch c.decide(5) {
	case 1:
		c.refuse(451)
	case 2:
		c.refuse(550)
	case 3:
		c.refuse(421)
		return errGone
	case 4:
		return errGone
	default:
		c.mail = path
		c.answer(250, "2.1.0", "OK")
	}
	return nil
}

func (c *transaction) to(rest string) error {
	path, _, _ := strings.Cut(strings.TrimPrefix(rest, "TO:<"), ">")
	if path != person(c.number) {
		c.note("RCPT of %s after MAIL for %d", path, c.number)
	}
	if c.mail == "" {
		c.answer(503, "5.5.1", "MAIL first")
		return nil
	}
	switch c.decide(5) {
	case 1:
		c.refuse(450)
	case 2:
		c.refuse(553)
	case 3:
		c.refuse(421)
		return errGone
	case 4:
		return errGone
	default:
		c.rcpt = path
		c.answer(250, "2.1.5", "OK")
	}
	return nil
}

func (c *transaction) data() error {
	if c.rcpt == "" {
		switch c.decide(4) {
		case 0:
			c.answer(503, "5.5.1", "RCPT first")
			return nil
		case 1:
			c.answer(554, "5.5.1", "no valid recipients")
			return nil
		case 2:
			return errGone
		}
	} else {
		switch c.decide(4) {
		case 1:
			c.refuse(452)
			return nil
		case 2:
			c.refuse(421)
			return errGone
		case 3:
			return errGone
		}
	}
	if c.in.Buffered() > 0 {
		c.note("something was said after DATA and before 354")
	}
	_, _ = c.Write([]byte("354 go on\r\n"))
	return c.message()
}

func (c *transaction) message() error {
	var body bytes.Buffer
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			c.silence(err)
			return err
		}
		if line == ".\r\n" {
			break
		}
		body.WriteString(strings.TrimPrefix(line, "."))
	}
	to := c.rcpt
	c.mail, c.rcpt = "", ""
	if to == "" {
		if body.Len() > 0 {
			c.note("a body without a recipient")
		}
		c.answer(554, "5.5.1", "no valid recipients")
		return nil
	}
	want := fmt.Sprintf("Message-ID: <%s>\r\nTo: <%s>\r\n\r\nciao\r\n", to, to)
	if !strings.HasPrefix(body.String(), want) || !strings.HasSuffix(body.String(), dotted) {
		c.note("to %s came %q", to, body.String())
	}
	switch c.decide(6) {
	case 1:
		c.refuse(451)
	case 2:
		c.refuse(554)
	case 3:
		c.refuse(421)
		return errGone
	case 4:
		return errGone
	case 5:
		c.store(to, true)
		return errGone
	default:
		c.store(to, false)
		c.answer(250, "2.0.0", "OK")
	}
	return nil
}

func (c *transaction) store(to string, unsure bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stored[to]++
	c.unsure[to] = c.unsure[to] || unsure
}

// dotted ends every body: lines that SMTP must change.
const dotted = ".\r\n..\r\n.x\r\n"

func TestEveryMessageGetsItsOwnVerdictOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newServer(t)
		people := rapid.IntRange(1, 40).Draw(t, "people")
		r, err := email.ParseRelay("smtp://"+s.listener.Addr().String(), email.RelayOptions{LockStep: rapid.Bool().Draw(t, "lockstep")})
		if err != nil {
			t.Fatal(err)
		}
		pool := email.NewPool(r, rapid.IntRange(1, 3).Draw(t, "conns"), time.Minute, clockStandingStill)
		m := newMailing(t)
		m.pad = dotted
		jobs := make(chan email.Job, people)
		for n := 1; n <= people; n++ {
			i := m.item(n)
			i.from = path(t, fmt.Sprintf("b%d@town.example", n))
			jobs <- i
		}
		close(jobs)
		pool.Stream(t.Context(), t.Context(), jobs)
		pool.Close()
		s.close()
		for _, trouble := range s.trouble {
			t.Error(trouble)
		}
		for n := 1; n <= people; n++ {
			s.check(t, m, person(n))
		}
	})
}

var clockStandingStill = clockAt{time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}

type clockAt struct{ t time.Time }

func (c clockAt) Now() time.Time { return c.t }

// check compares what a job was told with what the server has done.
func (s *server) check(t *rapid.T, m *mailing, to string) {
	err := m.verdict[to]
	var never *email.Permanent
	var later *email.Later
	switch {
	case m.done[to] != 1:
		t.Fatalf("%s was answered %d times", to, m.done[to])
	case err == nil && s.stored[to] != 1:
		t.Fatalf("%s: sent, and stored %d times", to, s.stored[to])
	case err != nil && s.stored[to] > 0 && !s.unsure[to]:
		t.Fatalf("%s: %v, and it was stored and acknowledged", to, err)
	case err == nil:
		return
	case errors.As(err, &never):
		if said := fmt.Sprint(never.Code, " ", never.Enhanced); !s.said[to][said] {
			t.Fatalf("%s: %v was said of another: of this, %v", to, err, s.said[to])
		}
	case errors.As(err, &later) && later.Code > 0:
		if said := fmt.Sprint(later.Code, " ", later.Enhanced); !s.said[to][said] {
			t.Fatalf("%s: %v was said of another: of this, %v", to, err, s.said[to])
		}
	case !errors.As(err, &later):
		t.Fatalf("%s: %v", to, err)
	}
}
