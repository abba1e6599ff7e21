package email_test

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"unoxuno/internal/delivery/email"
)

// TestNonsenseIsSurvived lets a server say anything at all, whenever it likes.
func TestNonsenseIsSurvived(t *testing.T) {
	line := rapid.SampledFrom([]string{
		"250 OK", "250-half", "354 go", "503 no", "550 5.1.1 no", "421 bye", "220 hi", "what?", "999 x", "25", "250", "450-a\r\n451 b",
		strings.Repeat("y", 5000), "\x00\xff", "250 OK\r\n250 OK\r\n250 OK", "250 OK\r\n250 OK\r\n354 go",
	})
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(line, 0, 30).Draw(t, "words")
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		var serving sync.WaitGroup
		serving.Go(func() { babble(listener, words) })
		r, err := email.ParseRelay("smtp://"+listener.Addr().String(), email.RelayOptions{Timeouts: email.Timeouts{
			Dial: time.Second, Command: 20 * time.Millisecond, Data: 20 * time.Millisecond,
		}})
		if err != nil {
			t.Fatal(err)
		}
		pool := email.NewPool(r, 2, time.Minute, clockStandingStill)
		m := newMailing(t)
		pool.Stream(t.Context(), t.Context(), m.jobs(upTo(6)...))
		pool.Close()
		_ = listener.Close()
		serving.Wait()
		for _, n := range upTo(6) {
			if m.done[person(n)] != 1 {
				t.Fatalf("%s was answered %d times", person(n), m.done[person(n)])
			}
		}
	})
}

// babble greets properly and then answers whatever comes with the next of words; when they end it hangs up, and does
// not come back.
func babble(listener net.Listener, words []string) {
	for {
		c, err := listener.Accept()
		if err != nil {
			return
		}
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = io.WriteString(c, "220 babble\r\n")
		buffer := make([]byte, 1<<16)
		if _, err := c.Read(buffer); err == nil {
			_, _ = io.WriteString(c, "250-babble\r\n250 PIPELINING\r\n")
		}
		for len(words) > 0 {
			if _, err := c.Read(buffer); err != nil {
				break
			}
			_, _ = io.WriteString(c, words[0]+"\r\n")
			words = words[1:]
		}
		_ = c.Close()
	}
}
