package rig

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Swallow is a mail server that throws everything away and counts it. smtp-sink looks at every byte in one thread, and so is
// slower than what is measured. Swallow only searches for the end of a message, and each connection has its own goroutine.
// It offers PIPELINING (RFC 2920) and, if it has a certificate, STARTTLS (RFC 3207).
type Swallow struct {
	Addr string // host:port

	listener net.Listener
	secure   *tls.Config
	taken    atomic.Int64
	from     atomic.Int64
	serving  sync.WaitGroup
	mu       sync.Mutex
	open     map[net.Conn]bool
}

// NewSwallow starts a server on a free port of this machine; secure may be nil.
func NewSwallow(ctx context.Context, secure *tls.Config) (*Swallow, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Swallow{Addr: listener.Addr().String(), listener: listener, secure: secure, open: map[net.Conn]bool{}}
	s.serving.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return // it is closed
			}
			s.serving.Go(func() { s.serve(c) })
		}
	})
	return s, nil
}

// Close ends the server and its connections.
func (s *Swallow) Close() {
	_ = s.listener.Close() // nobody else closes it
	s.mu.Lock()
	for c := range s.open {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.serving.Wait()
}

// Mark lets Count begin anew.
func (s *Swallow) Mark() { s.from.Store(s.taken.Load()) }

// Count is how many messages came since Mark.
func (s *Swallow) Count() int64 { return s.taken.Load() - s.from.Load() }

// serve speaks SMTP with one client.
func (s *Swallow) serve(c net.Conn) {
	s.mu.Lock()
	s.open[c] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.open, c)
		s.mu.Unlock()
		_ = c.Close()
	}()
	wire := newWire(c)
	wire.say("220 swallow ESMTP\r\n")
	for {
		line, err := wire.line()
		if err != nil {
			return
		}
		switch verb := strings.ToUpper(line[:min(4, len(line))]); verb {
		case "EHLO":
			wire.say("250-swallow\r\n250-PIPELINING\r\n250-SIZE 100000000\r\n")
			if _, is := wire.conn.(*tls.Conn); s.secure != nil && !is {
				wire.say("250-STARTTLS\r\n")
			}
			wire.say("250 8BITMIME\r\n")
		case "DATA":
			wire.say("354 go on\r\n")
			if wire.skip() != nil {
				return
			}
			s.taken.Add(1)
			wire.say("250 gone\r\n")
		case "STAR":
			wire.say("220 go on\r\n")
			if wire.out.Flush() != nil {
				return
			}
			wire = newWire(tls.Server(wire.conn, s.secure))
		case "QUIT":
			wire.say("221 bye\r\n")
			_ = wire.out.Flush() // the client may be gone
			return
		default: // HELO, MAIL, RCPT, RSET, NOOP
			wire.say("250 ok\r\n")
		}
	}
}

// wireTime bounds each wait for the client, so that a client that hangs does not keep the benchmark.
const wireTime = 5 * time.Minute

// wire is a connection's two ends. What is said is written when nothing more is there to be read.
type wire struct {
	conn net.Conn
	in   *bufio.Reader
	out  *bufio.Writer
}

func newWire(c net.Conn) *wire {
	return &wire{c, bufio.NewReaderSize(c, 64<<10), bufio.NewWriterSize(c, 4<<10)}
}

func (w *wire) say(text string) { _, _ = w.out.WriteString(text) } // an error comes back from Flush

// fill waits for more of what the client says.
func (w *wire) fill() error {
	if w.in.Buffered() > 0 {
		return nil
	}
	if err := w.out.Flush(); err != nil {
		return err
	}
	if err := w.conn.SetDeadline(time.Now().Add(wireTime)); err != nil {
		return err
	}
	_, err := w.in.Peek(1)
	return err
}

func (w *wire) line() (string, error) {
	if err := w.fill(); err != nil {
		return "", err
	}
	line, err := w.in.ReadSlice('\n')
	return string(bytes.TrimRight(line, "\r\n")), err
}

// skip reads a message to its end, "\r\n.\r\n" (RFC 5321 §4.1.1.4). The last bytes that were read are kept, because the end
// may come in two pieces.
func (w *wire) skip() error {
	end := []byte("\r\n.\r\n")
	tail := append(make([]byte, 0, 16), "\r\n"...) // the line of DATA ended so
	seam := make([]byte, 0, 16)
	for {
		if err := w.fill(); err != nil {
			return err
		}
		piece, _ := w.in.Peek(w.in.Buffered())
		// The end may begin in the tail: both together are looked at, as far as it reaches.
		seam = append(append(seam[:0], tail...), piece[:min(len(piece), len(end)-1)]...)
		if at := bytes.Index(seam, end); at >= 0 {
			_, err := w.in.Discard(at + len(end) - len(tail))
			return err
		}
		if at := bytes.Index(piece, end); at >= 0 {
			_, err := w.in.Discard(at + len(end))
			return err
		}
		seam = append(append(seam[:0], tail...), piece[max(0, len(piece)-len(end)+1):]...)
		tail = append(tail[:0], seam[max(0, len(seam)-len(end)+1):]...)
		if _, err := w.in.Discard(len(piece)); err != nil {
			return err
		}
	}
}

// Source has smtp-source send messages of 6,000 bytes over as many sessions, each kept open, and returns what that cost.
func (s *Swallow) Source(ctx context.Context, r *Rig, sessions, many int) (Usage, error) {
	return source(ctx, r, s.Addr, sessions, many)
}
