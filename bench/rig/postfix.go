package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrNoPostfix says that Postfix's test programs are not on this machine.
var ErrNoPostfix = errors.New("smtp-sink and smtp-source are not on this machine; on Debian: apt-get install postfix")

// HasPostfix tells whether Postfix's test programs are there.
func HasPostfix() bool {
	_, sink := exec.LookPath("smtp-sink")
	_, source := exec.LookPath("smtp-source")
	return sink == nil && source == nil
}

// Postfix is a smtp-sink at work: a mail server that throws everything away and counts it.
type Postfix struct {
	Addr string // host:port

	cmd     *exec.Cmd
	counter counter
	ended   chan struct{}
}

// freePort is a port that nobody listens on now.
func freePort(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// FreeAddress is an address of this machine that nobody listens on now.
func FreeAddress(ctx context.Context) (string, error) { return freePort(ctx) }

// Sink starts smtp-sink with further options.
func (r *Rig) Sink(ctx context.Context, options ...string) (*Postfix, error) {
	if !HasPostfix() {
		return nil, ErrNoPostfix
	}
	addr, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	args := append([]string{"-c"}, options...)
	if IsRoot() {
		args = append([]string{"-u", "postfix"}, args...)
	}
	r.Note("smtp-sink " + strings.Join(args, " ") + " 127.0.0.1:PORT 1000")
	p := &Postfix{Addr: addr, ended: make(chan struct{}), cmd: exec.CommandContext(ctx, "smtp-sink", append(args, addr, "1000")...)}
	p.cmd.Stdout, p.cmd.Stderr = &p.counter, os.Stderr
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // it ends by a signal
	}()
	err = Until(ctx, 10*time.Second, "smtp-sink listens", func() (bool, error) {
		c, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", addr)
		if err == nil {
			err = c.Close()
		}
		return err == nil, nil
	})
	if err != nil {
		p.Close()
	}
	return p, err
}

// Close ends the server.
func (p *Postfix) Close() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	<-p.ended
}

// Taken is how many messages the server has counted, and when the first and the last since Mark came.
func (p *Postfix) Taken() (many int64, first, last time.Time) { return p.counter.state() }

// Mark lets Taken begin anew.
func (p *Postfix) Mark() { p.counter.mark() }

// Reached waits until the server has counted that many since Mark.
func (p *Postfix) Reached(ctx context.Context, many int64, within time.Duration) error {
	return Until(ctx, within, fmt.Sprintf("%d messages at smtp-sink", many), func() (bool, error) {
		n, _, _ := p.Taken()
		return n >= many, nil
	})
}

// Count is how many messages came since Mark.
func (p *Postfix) Count() int64 {
	many, _, _ := p.Taken()
	return many
}

// source has smtp-source send messages of 6,000 bytes over as many sessions, each kept open, and returns what that cost.
func source(ctx context.Context, r *Rig, addr string, sessions, many int) (Usage, error) {
	args := []string{"-d", "-s", strconv.Itoa(sessions), "-m", strconv.Itoa(many), "-l", "6000"}
	r.Note("smtp-source " + strings.Join(args, " ") + " 127.0.0.1:PORT")
	cmd := exec.CommandContext(ctx, "smtp-source", append(args, addr)...)
	begun := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return Usage{}, fmt.Errorf("smtp-source: %w: %s", err, out)
	}
	return Usage{Wall: time.Since(begun), CPU: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}, nil
}

// counter reads what smtp-sink -c prints: "sess=1 quit=0 mesg=5\r", again and again.
type counter struct {
	mu          sync.Mutex
	rest        []byte
	total, from int64
	first, last time.Time
}

func (c *counter) Write(p []byte) (int, error) {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rest = append(c.rest, p...)
	end := bytes.LastIndexByte(c.rest, '\r')
	if end < 0 {
		return len(p), nil
	}
	lines := c.rest[:end]
	latest := lines[bytes.LastIndexByte(lines, '\r')+1:]
	_, digits, _ := bytes.Cut(latest, []byte("mesg="))
	if n, err := strconv.ParseInt(string(bytes.TrimSpace(digits)), 10, 64); err == nil && n > c.total {
		if c.total == c.from {
			c.first = now
		}
		c.total, c.last = n, now
	}
	c.rest = append(c.rest[:0], c.rest[end+1:]...)
	return len(p), nil
}

func (c *counter) mark() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.from = c.total
}

func (c *counter) state() (many int64, first, last time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.total - c.from, c.first, c.last
}
