package email_test

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/email"
)

// The benchmarks of the client send to smtp-sink, as fast a server as there is, and measure smtp-source beside it, on
// the same machine in the same run:
//
//	go test -run '^$' -bench 'Stream|FarRelay' -benchtime 100000x -count 3 ./internal/delivery/email

// program finds one of Postfix's test programs.
func program(b *testing.B, name string) string {
	b.Helper()
	for _, path := range []string{name, "/usr/sbin/" + name, "/usr/libexec/postfix/" + name} {
		if found, err := exec.LookPath(path); err == nil {
			return found
		}
	}
	b.Skipf("%s is not on this machine: it is in Debian's package postfix", name)
	return ""
}

// smtpSink starts Postfix's smtp-sink and returns its host:port.
func smtpSink(b *testing.B) string {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	addr := listener.Addr().String()
	if err := listener.Close(); err != nil {
		b.Fatal(err)
	}
	args := []string{addr, "1000"}
	if syscall.Getuid() == 0 {
		args = append([]string{"-u", "nobody"}, args...)
	}
	sink := exec.Command(program(b, "smtp-sink"), args...)
	if err := sink.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = sink.Process.Kill()
		_ = sink.Wait()
	})
	for range 500 {
		if c, err := net.Dial("tcp", addr); err == nil {
			_ = c.Close()
			return addr
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.Fatal("smtp-sink does not answer")
	return ""
}

// source is how many messages a second smtp-source sends to addr.
func source(b *testing.B, addr string, messages int) float64 {
	b.Helper()
	best := 0.0
	for _, sessions := range []int{2, 8} {
		began := time.Now()
		c := exec.Command(program(b, "smtp-source"), "-s", fmt.Sprint(sessions), "-m", fmt.Sprint(messages), "-l", "6000", "-d", addr)
		if out, err := c.CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
		best = max(best, float64(messages)/time.Since(began).Seconds())
	}
	return best
}

// letter is one of many messages of 6 kB.
type letter struct {
	from, to email.Path
	fill     email.Filling
	template *email.Template
	sent     *atomic.Int64
	idle     *sync.Pool
}

func (l *letter) Envelope() (from, to email.Path) { return l.from, l.to }

func (l *letter) Plain() bool { return true }

func (l *letter) Append(dst []byte) ([]byte, error) { return l.template.Append(dst, &l.fill), nil }

func (l *letter) Done(err error) {
	if err == nil {
		l.sent.Add(1)
	}
	l.idle.Put(l)
}

func issue(b *testing.B) *email.Template {
	b.Helper()
	body := strings.Repeat("Sabato 14 marzo alle 21, al teatro comunale: La locandiera.\r\n", 42)
	template, err := email.Compile(email.Message{
		From: email.Mailbox{Name: "Teatro", Address: "teatro@town.example"}, Subject: "La stagione", Bulk: true,
		ListID: email.ListID{Name: "Novità a teatro", ID: "teatro.town.example"},
		Text:   email.Part{{Literal: "Ciao ", Hole: 1}, {Literal: body, Hole: 2}}, HTML: email.Part{{Literal: "Ciao ", Hole: 1}, {Literal: body, Hole: 2}},
	})
	if err != nil {
		b.Fatal(err)
	}
	return template
}

// stream sends b.N messages over a pool and reports the rate and the processor time of one.
func stream(b *testing.B, addr string, conns int, o email.RelayOptions) float64 {
	b.Helper()
	relay, err := email.ParseRelay("smtp://"+addr, o)
	if err != nil {
		b.Fatal(err)
	}
	pool := email.NewPool(relay, conns, time.Minute, clock.System{})
	defer pool.Close()
	var sent atomic.Int64
	idle := &sync.Pool{New: func() any { return new(letter) }}
	template, now := issue(b), time.Now()
	from, to := path(b, "b-c4kq7v2m3xhd5j@bounce.town.example"), path(b, "maria.rossi@example.org")
	jobs := make(chan email.Job, 64)
	before, began := processorTime(b), time.Now()
	b.ResetTimer()
	b.ReportAllocs()
	go func() {
		defer close(jobs)
		values := []string{"", "Maria", "https://town.example/u/c4kq7v2m3xhd5j"}
		for range b.N {
			l := idle.Get().(*letter)
			*l = letter{from: from, to: to, template: template, sent: &sent, idle: idle, fill: email.Filling{
				To: to, ToName: "Maria Rossi", Date: now, MessageID: "c4kq7v2m3xhd5j@town.example", Values: values,
				Unsubscribe: email.Unsubscribe{URL: "https://town.example/u/c4kq7v2m3xhd5j", Mailto: "mailto:u-c4kq7v2m3xhd5j@town.example"},
			}}
			jobs <- l
		}
	}()
	pool.Stream(b.Context(), context.WithoutCancel(b.Context()), jobs)
	b.StopTimer()
	if sent.Load() != int64(b.N) {
		b.Fatalf("%d of %d sent", sent.Load(), b.N)
	}
	rate := float64(b.N) / time.Since(began).Seconds()
	b.ReportMetric(rate, "messages/s")
	b.ReportMetric(float64((processorTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/message")
	return rate
}

// processorTime is what this process has used.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkStream(b *testing.B) {
	for _, conns := range []int{1, 2, 4, 8, 16} {
		b.Run(fmt.Sprint("conns=", conns), func(b *testing.B) {
			addr := smtpSink(b)
			rate := stream(b, addr, conns, email.RelayOptions{})
			if b.N > 1000 {
				best := source(b, addr, b.N)
				b.ReportMetric(best, "smtp-source/s")
				b.ReportMetric(rate/best, "of-smtp-source")
			}
		})
	}
}

// BenchmarkFarRelay sends over a line of 20 ms there and back.
func BenchmarkFarRelay(b *testing.B) {
	for _, lockStep := range []bool{false, true} {
		b.Run(fmt.Sprint("lockstep=", lockStep), func(b *testing.B) {
			addr := deliverytest.Slow(b, smtpSink(b), 20*time.Millisecond)
			stream(b, addr, 8, email.RelayOptions{LockStep: lockStep})
		})
	}
}
