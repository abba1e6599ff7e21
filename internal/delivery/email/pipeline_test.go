package email_test

import (
	"bufio"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/email"
)

// turns serves one connection, answers EHLO as told, takes every message, and tells how often it had to wait for the
// client.
func turns(listener net.Listener, hello string) (waited int, err error) {
	c, err := listener.Accept()
	if err != nil {
		return 0, err
	}
	defer func() { _ = c.Close() }()
	in, out := bufio.NewReader(c), bufio.NewWriter(c)
	_, _ = out.WriteString("220 hello\r\n")
	for body := false; ; {
		if in.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return waited, err
			}
			waited++
		}
		line, err := in.ReadString('\n')
		switch {
		case err != nil:
			return waited, nil
		case body && line != ".\r\n":
			continue
		case line == "DATA\r\n":
			_, _ = out.WriteString("354 go on\r\n")
		case strings.HasPrefix(line, "EHLO"):
			_, _ = out.WriteString(hello)
		default:
			_, _ = out.WriteString("250 2.0.0 OK\r\n")
		}
		body = line == "DATA\r\n"
	}
}

func TestAMessageCostsOneRoundTrip(t *testing.T) {
	const pipelining = "250-hello\r\n250 PIPELINING\r\n"
	for name, c := range map[string]struct {
		hello    string
		lockStep bool
		want     int
	}{
		"pipelined":        {pipelining, false, 100 + 4}, // and EHLO, the first envelope, QUIT, the end
		"told not to":      {pipelining, true, 4*100 + 3},
		"not offered":      {"250 hello\r\n", false, 4*100 + 3},
		"EHLO not known":   {"502 what?\r\n", false, 4*100 + 4},
		"offered in small": {"250-hello\r\n250 pipelining\r\n", false, 100 + 4},
	} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		var waited int
		var serving sync.WaitGroup
		serving.Go(func() { waited, err = turns(listener, c.hello) })
		pool := newPool(t, "smtp://"+listener.Addr().String(), email.RelayOptions{LockStep: c.lockStep}, email.PoolOptions{Conns: 1})
		m := newMailing(t)
		pool.Stream(t.Context(), t.Context(), m.jobs(upTo(100)...))
		pool.Close()
		serving.Wait()
		if left, _ := m.left(upTo(100)); err != nil || len(left) > 0 || waited != c.want {
			t.Errorf("%s: %d turns for 100 messages, want %d (%d put off, %v)", name, waited, c.want, len(left), err)
		}
		_ = listener.Close()
	}
}

func TestAPoolGrowsWhileJobsWait(t *testing.T) {
	const conns = 4
	var mu sync.Mutex
	tried, held := 0, 0
	open := make(chan struct{})
	sink := deliverytest.New(t, deliverytest.Options{Rule: func(a deliverytest.Attempt) error {
		if a.Stage != deliverytest.AtRcpt {
			return nil
		}
		mu.Lock()
		if tried++; tried <= 2*conns { // the first few pass; the others wait until there are as many as connections
			mu.Unlock()
			return nil
		}
		if held++; held == conns {
			close(open)
		}
		mu.Unlock()
		<-open
		return nil
	}})
	pool := newPool(t, sink.URL(), email.RelayOptions{}, email.PoolOptions{Conns: conns})
	m := newMailing(t)
	pool.Stream(t.Context(), t.Context(), m.jobs(upTo(50)...))
	if left, _ := m.left(upTo(50)); len(left) > 0 || sink.Connections() != conns {
		t.Fatalf("%d put off over %d connections", len(left), sink.Connections())
	}
}

func TestAFarRelayGetsEveryMessage(t *testing.T) {
	sink := deliverytest.New(t, deliverytest.Options{})
	far := deliverytest.Slow(t, sink.Addr(), 4*time.Millisecond)
	pool := newPool(t, "smtp://"+far, email.RelayOptions{}, email.PoolOptions{Conns: 2})
	m := newMailing(t)
	pool.Stream(t.Context(), t.Context(), m.jobs(upTo(40)...))
	if left, _ := m.left(upTo(40)); len(left) > 0 || sink.Count() != 40 {
		t.Fatalf("%d put off, %d mails", len(left), sink.Count())
	}
}

func TestAConnectionThatTheRelayEndedMeanwhileIsReplaced(t *testing.T) {
	first := deliverytest.New(t, deliverytest.Options{})
	pool := newPool(t, first.URL(), email.RelayOptions{}, email.PoolOptions{Conns: 3})
	m := newMailing(t)
	pool.Stream(t.Context(), t.Context(), m.jobs(upTo(30)...))
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := deliverytest.New(t, deliverytest.Options{Listen: first.Addr()})
	pool.Stream(t.Context(), t.Context(), m.jobs(31, 32, 33, 34))
	for n := 31; n <= 34; n++ {
		if err := m.verdict[person(n)]; err != nil || m.done[person(n)] != 1 {
			t.Errorf("%v", err)
		}
	}
	if second.Count() != 4 {
		t.Fatalf("%d mails", second.Count())
	}
}
