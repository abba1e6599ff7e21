package deliverytest

import (
	"bytes"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// wires makes a wire of every connection, and counts them.
type wires struct {
	net.Listener
	sink *Sink
}

func (l wires) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.sink.mu.Lock()
	defer l.sink.mu.Unlock()
	l.sink.connections++
	return &wire{Conn: c, options: l.sink.options, number: l.sink.connections}, nil
}

// wire is a connection as the faults of Options shape it. The library writes each line of a reply by itself.
type wire struct {
	net.Conn
	options Options
	number  int
	greeted bool
	pending []byte // read and not yet given on

	mu     sync.Mutex
	inBody bool
	ended  bool // 421 was said: nothing more is heard
}

func (w *wire) Write(line []byte) (int, error) {
	if !w.greeted && w.options.Greet != nil {
		if text := w.options.Greet(); text != "" {
			line = []byte(text + "\r\n")
			w.end()
		}
	}
	w.greeted = true
	if isExtension(line) && slices.Contains(w.options.Hide, extension(line)) {
		if line[3] == '-' {
			return len(line), nil
		}
		line = []byte("250 HELP\r\n")
	}
	if bytes.HasPrefix(line, []byte("354")) {
		w.mu.Lock()
		w.inBody = true
		w.mu.Unlock()
	}
	n, err := w.Conn.Write(line)
	if bytes.HasPrefix(line, []byte("421 ")) {
		w.end()
	}
	return n, err
}

func isExtension(line []byte) bool {
	return len(line) > 4 && bytes.HasPrefix(line, []byte("250"))
}

func extension(line []byte) string {
	name, _, _ := strings.Cut(strings.TrimSpace(string(line[4:])), " ")
	return name
}

func (w *wire) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
}

// leave is how long a client may take to hang up after 421.
const leave = 5 * time.Second

func (w *wire) Read(p []byte) (int, error) {
	w.mu.Lock()
	ended := w.ended
	w.mu.Unlock()
	if ended {
		if tcp, ok := w.Conn.(*net.TCPConn); ok { // hanging up with words unread would take the 421 back
			_ = tcp.CloseWrite()
			_ = tcp.SetReadDeadline(time.Now().Add(leave))
			_, _ = io.Copy(io.Discard, tcp)
		}
		return 0, io.EOF
	}
	if !w.options.Forgetful {
		return w.Conn.Read(p)
	}
	if len(w.pending) == 0 {
		n, err := w.Conn.Read(p)
		if err != nil {
			return 0, err
		}
		w.pending = w.forget(slices.Clone(p[:n]))
	}
	n := copy(p, w.pending)
	w.pending = w.pending[n:]
	return n, nil
}

// forget cuts off what came together with DATA or with the end of a message.
func (w *wire) forget(came []byte) []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	mark := "DATA\r\n"
	if w.inBody {
		mark = "\r\n.\r\n"
	}
	at := bytes.Index(came, []byte(mark))
	if at < 0 {
		return came
	}
	w.inBody = false
	return came[:at+len(mark)]
}
