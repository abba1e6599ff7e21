package sms_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/delivery/sms/smpp"
	"unoxuno/internal/delivery/sms/smstest"
)

// post is a Handler that keeps what comes back.
type post struct {
	mu       sync.Mutex
	fail     int // how many times it refuses first
	receipts chan sms.Receipt
	inbound  chan sms.Inbound
}

func newPost() *post {
	return &post{receipts: make(chan sms.Receipt, 100), inbound: make(chan sms.Inbound, 100)}
}

func (p *post) refuses() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail > 0 {
		p.fail--
		return errors.New("not now")
	}
	return nil
}

func (p *post) Receipt(_ context.Context, r sms.Receipt) error {
	if err := p.refuses(); err != nil {
		return err
	}
	p.receipts <- r
	return nil
}

func (p *post) Inbound(_ context.Context, m sms.Inbound) error {
	if err := p.refuses(); err != nil {
		return err
	}
	p.inbound <- m
	return nil
}

// next is the next of what comes.
func next[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal("nothing comes")
		panic("unreachable")
	}
}

func open(t *testing.T, address string, s sms.Setup) sms.Gateway {
	t.Helper()
	if s.Slow == 0 {
		s.Slow = time.Millisecond
	}
	g, err := sms.Open(address, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

// running opens a gateway and runs it until the test ends.
func running(t *testing.T, address string, s sms.Setup) sms.Gateway {
	t.Helper()
	g := open(t, address, s)
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() { g.Run(ctx) })
	t.Cleanup(func() { cancel(); run.Wait() })
	return g
}

func to(t *testing.T, text string) sms.Message {
	t.Helper()
	n, err := sms.ParseNumber("+39 333 123 4567")
	if err != nil {
		t.Fatal(err)
	}
	return sms.Message{To: n, Text: text, Reference: "ref1"}
}

func TestATextOverSMPP(t *testing.T) {
	centre := smstest.Start(t, smstest.Options{})
	g := open(t, centre.URL("source=Comune&system_type=civic"), sms.Setup{})
	m := to(t, "Città: è l'ora {€}")
	m.Validity = 90 * time.Minute
	ids, err := g.Send(t.Context(), m)
	if err != nil || len(ids) != 1 || ids[0] != "m1" {
		t.Fatalf("%v, %v", ids, err)
	}
	if b := centre.Next("bind"); b.Command != "bind_transmitter" || b.SystemType != "civic" {
		t.Errorf("without a handler, %+v", b)
	}
	got := centre.Next("submit")
	if got.Text != m.Text || got.Source != "Comune" || got.SourceTON != 5 || got.SourceNPI != 0 || got.Dest != "393331234567" ||
		got.DestTON != 1 || got.Coding != 0 || got.Class != 0 || got.Receipt != 1 {
		t.Errorf("%+v", got)
	}
	if h := g.Health(); !h.Up || !h.Configured || h.Address != centre.Address() {
		t.Errorf("%+v", h)
	}
	code, err := sms.ParseSender("48100")
	if err != nil {
		t.Fatal(err)
	}
	m.From = code
	if _, err := g.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if got := centre.Next("submit"); got.Source != "48100" || got.SourceTON != 3 {
		t.Errorf("%+v", got)
	}
}

func TestLongTextsGoInParts(t *testing.T) {
	centre := smstest.Start(t, smstest.Options{})
	g := open(t, centre.URL(""), sms.Setup{})
	for _, text := range []string{strings.Repeat("perché no? ", 40), strings.Repeat("🎉 festa ", 30)} {
		ids, err := g.Send(t.Context(), to(t, text))
		if err != nil || len(ids) != len(sms.Split(text)) {
			t.Fatalf("%v, %v", ids, err)
		}
		whole, reference := "", ""
		for i := range ids {
			got := centre.Next("submit")
			head := got.UDH
			if i == 0 {
				reference = head[4:6]
			}
			if want := fmt.Sprintf("0003%s%02x%02x", reference, len(ids), i+1); head != want || got.Class != 0x40 {
				t.Errorf("part %d: header %s, want %s", i, head, want)
			}
			whole += got.Text
		}
		if whole != text {
			t.Errorf("joined to %q", whole)
		}
	}
	whole := open(t, centre.URL("long=payload"), sms.Setup{})
	text := strings.Repeat("perché no? ", 18) // it would fit in short_message
	if ids, err := whole.Send(t.Context(), to(t, text)); err != nil || len(ids) != 1 {
		t.Fatalf("%v, %v", ids, err)
	}
	if got := centre.Next("submit"); !got.Payload || got.Text != text || got.UDH != "" {
		t.Errorf("%+v", got)
	}
	if _, err := g.Send(t.Context(), to(t, strings.Repeat("a", 153*256))); err == nil || err.Error() != (&sms.Permanent{Reason: sms.TextRefused}).Error() {
		t.Errorf("256 parts: %v", err)
	}
}

func TestStatusesAndTheirReasons(t *testing.T) {
	centre := smstest.Start(t, smstest.Options{})
	g := open(t, centre.URL(""), sms.Setup{})
	for status, want := range map[smpp.Status]error{
		smpp.InvalidDestination: &sms.Permanent{Code: 0x0B, Reason: sms.NumberUnknown},
		smpp.InvalidDestTON:     &sms.Permanent{Code: 0x50, Reason: sms.NumberMalformed},
		smpp.InvalidLength:      &sms.Permanent{Code: 0x01, Reason: sms.TextRefused},
		smpp.Rejected:           &sms.Permanent{Code: 0x66, Reason: sms.Blocked},
		smpp.InvalidSource:      &sms.Later{Code: 0x0A, Reason: sms.SenderRefused},
		smpp.SystemError:        &sms.Later{Code: 0x08, Reason: sms.Temporary},
		0x0401:                  &sms.Later{Code: 0x0401, Reason: sms.Other},
	} {
		centre.Answer(int(status))
		if _, err := g.Send(t.Context(), to(t, "x")); err == nil || err.Error() != want.Error() {
			t.Errorf("%v: %v, want %v", status, err, want)
		}
	}
}

func TestAGatewayThatFindsUsTooFastIsGivenTime(t *testing.T) {
	centre := smstest.Start(t, smstest.Options{})
	g := open(t, centre.URL(""), sms.Setup{})
	throttled, full := int(smpp.Throttled), int(smpp.QueueFull)
	centre.Answer(throttled, full, throttled)
	if ids, err := g.Send(t.Context(), to(t, "x")); err != nil || ids[0] != "m1" {
		t.Errorf("%v, %v", ids, err)
	}
	centre.Answer(throttled, throttled, throttled, throttled, throttled)
	var later *sms.Later
	if _, err := g.Send(t.Context(), to(t, "x")); !errors.As(err, &later) || later.Reason != sms.Temporary {
		t.Errorf("%v", err)
	}
	centre.Answer(throttled)
	waiting := open(t, centre.URL(""), sms.Setup{Slow: time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	for range 9 {
		centre.Next("submit") // those above
	}
	done := make(chan error)
	go func() { _, err := waiting.Send(ctx, to(t, "x")); done <- err }()
	centre.Next("submit")
	centre.Enquire()
	centre.Next("enquire_link_resp") // so that it has the answer, and an hour to wait
	cancel()
	if err := next(t, done); !errors.Is(err, context.Canceled) {
		t.Errorf("told to stop: %v", err)
	}
}

func TestADropMidWindowLosesNobody(t *testing.T) {
	centre := smstest.Start(t, smstest.Options{})
	g := open(t, centre.URL("window=4"), sms.Setup{Cool: time.Nanosecond})
	centre.Answer(smstest.Hold, smstest.Hold, smstest.Hold, smstest.Drop)
	results := make(chan error, 20)
	for range 20 {
		go func() { _, err := g.Send(t.Context(), to(t, "x")); results <- err }()
	}
	lost := 0
	for range 20 {
		err := next(t, results)
		var later *sms.Later
		switch {
		case errors.As(err, &later) && later.Reason == sms.ConnectionLost:
			lost++
		case err != nil:
			t.Error(err)
		}
	}
	if lost != 4 {
		t.Errorf("%d of a window of 4 were told that nobody knows", lost)
	}
	for range 16 { // the others went over the next connection
		centre.Next("submit")
	}
}

func TestAGatewayThatIsNotThere(t *testing.T) {
	now := clock.At(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
	g := open(t, "smpp://town:s3cret@127.0.0.1:1", sms.Setup{Cool: time.Minute, Clock: now})
	var down *sms.Unreachable
	for _, pause := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute, 15 * time.Minute} {
		if _, err := g.Send(t.Context(), to(t, "x")); !errors.As(err, &down) || strings.Contains(err.Error(), "s3cret") {
			t.Fatal(err)
		}
		if h := g.Health(); h.Up || h.RetryAt.Sub(now.Now()) != pause || h.Trouble == "" {
			t.Fatalf("%+v, want a pause of %v", h, pause)
		}
		now.Advance(pause)
	}
	nowhere := open(t, "", sms.Setup{})
	if _, err := nowhere.Send(t.Context(), to(t, "x")); !errors.As(err, &down) || nowhere.Health().Configured {
		t.Errorf("%v, %+v", err, nowhere.Health())
	}
}

func TestAWrongPasswordIsTheOperatorsMatter(t *testing.T) {
	centre := smstest.Start(t, smstest.Options{User: "town", Password: "right"})
	g := open(t, "smpp://town:wrong@"+centre.Address(), sms.Setup{})
	var down *sms.Unreachable
	if _, err := g.Send(t.Context(), to(t, "x")); !errors.As(err, &down) || !strings.Contains(down.Trouble, "ESME_RINVPASWD") || strings.Contains(down.Trouble, "wrong") {
		t.Errorf("%v", err)
	}
	if err := g.Check(t.Context()); !errors.As(err, &down) {
		t.Errorf("check: %v", err)
	}
}

func TestGarbageIsTrouble(t *testing.T) {
	centre := smstest.Start(t, smstest.Options{})
	g := running(t, centre.URL(""), sms.Setup{Cool: time.Hour, Handler: newPost()})
	centre.Next("bind")
	centre.Raw("485454502f312e312034303020426164205265717565737400")
	centre.Next("closed")
	var down *sms.Unreachable
	if _, err := g.Send(t.Context(), to(t, "x")); !errors.As(err, &down) || !strings.Contains(down.Trouble, "not SMPP") {
		t.Errorf("%v", err)
	}
	g.Retry() // wakes Run, which has an hour to wait
	centre.Next("bind")
	if _, err := g.Send(t.Context(), to(t, "x")); err != nil {
		t.Errorf("after Retry: %v", err)
	}
}

func TestTheConnectionIsMadeAgain(t *testing.T) {
	centre := smstest.Start(t, smstest.Options{})
	p := newPost()
	running(t, centre.URL(""), sms.Setup{Handler: p, Cool: time.Nanosecond})
	for range 3 {
		if b := centre.Next("bind"); b.Command != "bind_transceiver" {
			t.Errorf("%+v", b)
		}
		centre.Destroy()
	}
	centre.Next("bind")
	centre.Unbind()
	centre.Next("bind")
	centre.Deliver(map[string]any{"source_addr": "393331234567", "source_addr_ton": 1, "text": "STOP"})
	if m := next(t, p.inbound); m.Text != "STOP" {
		t.Errorf("%+v", m)
	}
}

func TestSMPPOverTLS(t *testing.T) {
	key, cert, trust := smstest.Certificate(t)
	centre := smstest.Start(t, smstest.Options{Key: key, Cert: cert})
	g := open(t, centre.URL(""), sms.Setup{TLS: trust})
	if _, err := g.Send(t.Context(), to(t, "x")); err != nil {
		t.Error(err)
	}
	unproven := open(t, centre.URL(""), sms.Setup{})
	var down *sms.Unreachable
	if _, err := unproven.Send(t.Context(), to(t, "x")); !errors.As(err, &down) || !strings.Contains(down.Trouble, "certificate") {
		t.Errorf("%v", err)
	}
}
