package sms

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/sms/smpp"
)

// pile is a Handler that keeps everything in order.
type pile struct {
	mu       sync.Mutex
	inbound  []Inbound
	receipts []Receipt
	refuse   bool
}

func (p *pile) Inbound(_ context.Context, m Inbound) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuse {
		return errors.New("not now")
	}
	p.inbound = append(p.inbound, m)
	return nil
}

func (p *pile) Receipt(_ context.Context, r Receipt) error {
	p.receipts = append(p.receipts, r)
	return nil
}

func septets(t testing.TB, text string) []byte {
	t.Helper()
	octets, err := Encode(text, GSM7)
	if err != nil {
		t.Fatal(err)
	}
	return octets
}

func TestPartsInAnyOrderTwiceAndAtOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := &pile{}
		a := newAssembler(clock.System{}, p.Inbound)
		n := rapid.IntRange(2, 20).Draw(rt, "parts")
		order := rapid.Permutation(append(numbers(n), numbers(rapid.IntRange(0, n).Draw(rt, "again"))...)).Draw(rt, "order")
		want := ""
		for i := range n {
			want += fmt.Sprintf("parte %d; ", i+1)
		}
		var bringing sync.WaitGroup
		for _, i := range order {
			bringing.Go(func() {
				part := inboundPart{to: "48100", octets: septets(t, fmt.Sprintf("parte %d; ", i))}
				if err := a.add(context.Background(), concatenation{7, i, n}, part); err != nil {
					t.Error(err)
				}
			})
		}
		bringing.Wait()
		if len(p.inbound) != 1 || p.inbound[0].Text != want || p.inbound[0].Incomplete {
			rt.Fatalf("%+v", p.inbound)
		}
	})
}

func numbers(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i + 1
	}
	return all
}

func TestWhatNeverEndsIsHandedOverAsItIs(t *testing.T) {
	p := &pile{}
	now := clock.At(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
	a := newAssembler(now, p.Inbound)
	bring := func(reference uint16, n int, text string) {
		t.Helper()
		if err := a.add(t.Context(), concatenation{reference, n, 3}, inboundPart{octets: septets(t, text)}); err != nil {
			t.Fatal(err)
		}
	}
	bring(1, 1, "STOP e ")
	bring(1, 3, "basta")
	now.Advance(maxUnfinished)
	bring(2, 1, "altro")
	a.sweep(t.Context(), false)
	if len(p.inbound) != 0 {
		t.Fatalf("too soon: %+v", p.inbound)
	}
	now.Advance(time.Minute)
	p.refuse = true
	a.sweep(t.Context(), false)
	p.refuse = false
	a.sweep(t.Context(), false)
	a.sweep(t.Context(), false)
	if len(p.inbound) != 1 || p.inbound[0].Text != "STOP e basta" || !p.inbound[0].Incomplete {
		t.Fatalf("%+v", p.inbound)
	}
	now.Advance(-24 * time.Hour) // a clock that jumps back keeps things longer, no more
	a.sweep(t.Context(), false)
	a.sweep(t.Context(), true)
	if len(p.inbound) != 2 || len(a.pending) != 0 || a.size != 0 {
		t.Fatalf("%+v, %d left of %d octets", p.inbound, len(a.pending), a.size)
	}
}

func TestAFloodOfBeginningsTakesBoundedMemory(t *testing.T) {
	p := &pile{}
	a := newAssembler(clock.System{}, p.Inbound)
	big := strings.Repeat("x", 60_000)
	for i := range 3 * maxPending {
		text := "x"
		if i%10 == 0 {
			text = big
		}
		if err := a.add(t.Context(), concatenation{uint16(i), 1, 255}, inboundPart{octets: septets(t, text)}); err != nil {
			t.Fatal(err)
		}
		if len(a.pending) > maxPending || a.size > maxOctets {
			t.Fatalf("%d messages, %d octets", len(a.pending), a.size)
		}
	}
	if len(p.inbound)+len(a.pending) != 3*maxPending {
		t.Errorf("%d handed over, %d kept", len(p.inbound), len(a.pending))
	}
}

func TestPausesGrowOncePerWindow(t *testing.T) {
	p := newPace(0, time.Hour)
	pause := func() time.Duration { return time.Until(p.until).Round(time.Minute) }
	for _, want := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 64} {
		p.tooFast()
		p.tooFast() // the rest of the window
		if pause() != want*time.Hour {
			t.Fatalf("%v, want %d h", pause(), want)
		}
		p.until = time.Now().Add(-time.Second)
	}
	p.taken()
	p.tooFast()
	if pause() != time.Hour {
		t.Errorf("after a message was taken: %v", pause())
	}
}

func TestTheAgreedRateIsKept(t *testing.T) {
	p := newPace(0.001, time.Second) // one in a quarter of an hour
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := p.wait(ctx); err != nil {
		t.Fatal(err)
	}
	if err := p.wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the second: %v", err)
	}
}

func TestUserDataHeaders(t *testing.T) {
	for text, want := range map[string]struct {
		part concatenation
		rest string
		bad  bool
	}{
		"0500030703026869":         {concatenation{7, 2, 3}, "hi", false},
		"060804010203026869":       {concatenation{0x0102, 2, 3}, "hi", false},
		"0a2401010500030703026869": {concatenation{}, "", true},         // the second element is longer than the header
		"0b0504158200000003070302": {concatenation{7, 2, 3}, "", false}, // ports first
		"0500030703046869":         {concatenation{}, "hi", false},      // part 4 of 3
		"0500030703006869":         {concatenation{}, "hi", false},      // part 0
		"00":                       {concatenation{}, "", false},
		"ff":                       {concatenation{}, "", true},
		"0100":                     {concatenation{}, "", true},
		"":                         {concatenation{}, "", true},
	} {
		octets, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		part, rest, err := readHeader(octets)
		if part != want.part || string(rest) != want.rest || (err != nil) != want.bad {
			t.Errorf("%s: %+v, %q, %v", text, part, rest, err)
		}
	}
}

// FuzzDeliver hands over whatever a centre may bring: nothing panics, what is handed on is text.
func FuzzDeliver(f *testing.F) {
	for _, text := range []string{
		"00010133393333333132333435363700033034383130300040000000000000000007050003070302636961",
		"000101333933333331323334353637000001003438313030000400000000000000000b69643a3120737461743a44",
		"0002003339333132333435363700030034383130300040000000000008000009050003ff0201d83cdf89",
	} {
		octets, _ := hex.DecodeString(text[:len(text)/2*2])
		f.Add(octets, true)
		f.Add(octets, false)
	}
	f.Fuzz(func(t *testing.T, body []byte, packed bool) {
		d, err := smpp.ParseDeliver(body)
		if err != nil {
			return
		}
		p := &pile{}
		c := &centre{common: common{country: "39"}, setup: Setup{Handler: p}, packed: packed, hexIDs: packed}
		c.parts = newAssembler(clock.System{}, p.Inbound)
		if err := c.deliver(context.Background(), d); err != nil {
			t.Fatal(err)
		}
		c.parts.sweep(context.Background(), true)
		for _, m := range p.inbound {
			if !utf8.ValidString(m.Text) || m.From.String() == "" {
				t.Fatalf("%+v", m)
			}
		}
		for _, r := range p.receipts {
			if r.ID == "" || r.State == "" || len(r.Code) > 8 {
				t.Fatalf("%+v", r)
			}
		}
	})
}
