package web

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"unoxuno/internal/clock"
)

// Whatever keys ask and however time passes, a limiter with room for them all allows what the definition says: at most
// burst, and one more for each stretch of every that went by, in any span of time.
func TestLimiterKeepsItsPace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const burst, every = 3, 10
		now := clock.At(time.Unix(1000, 0))
		l := NewLimiter(burst, every*time.Second, now.Now)
		allowed := map[string][]time.Time{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now.Advance(time.Duration(rapid.IntRange(0, 25).Draw(t, "seconds")) * time.Second)
			key := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key")
			debt := 0.0 // in units of every
			last := now.Now()
			for i, at := range allowed[key] {
				if i > 0 {
					debt = max(0, debt-at.Sub(last).Seconds()/every)
				}
				debt, last = debt+1, at
			}
			debt = max(0, debt-now.Now().Sub(last).Seconds()/every)
			got := l.Allow(key) == nil
			if want := debt+1 <= burst+1e-9; got != want {
				t.Fatalf("%s owes %.2f and was allowed: %v", key, debt, got)
			}
			if got {
				allowed[key] = append(allowed[key], now.Now())
			}
		}
	})
}

// Somebody who asks under more keys than the limiter remembers does not make it forget who was refused.
func TestLimiterForgetsWhoOwesLeast(t *testing.T) {
	now := clock.At(time.Unix(1000, 0))
	l := NewLimiter(3, time.Hour, now.Now)
	l.room = 100
	for range 3 {
		if err := l.Allow("victim@borgo.example"); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 1000 {
		if err := l.Allow(fmt.Sprint("flood ", i)); err != nil {
			t.Fatal(err)
		}
		if l.Allow("victim@borgo.example") == nil {
			t.Fatalf("after %d other keys the limit began anew", i+1)
		}
	}
	if len(l.debts) != 100 || len(l.least) != 100 {
		t.Errorf("it remembers %d keys, %d in the heap", len(l.debts), len(l.least))
	}
	now.Advance(4 * time.Hour)
	if err := l.Allow("victim@borgo.example"); err != nil || len(l.debts) != 1 {
		t.Errorf("when all was paid back: %v, %d keys", err, len(l.debts))
	}
}

// A clock that ran ahead for a while makes nobody wait for that time.
func TestLimiterForgivesWhatAClockThatRanAheadCounted(t *testing.T) {
	now := clock.At(time.Unix(1000, 0))
	l := NewLimiter(2, time.Minute, now.Now)
	now.Advance(1000 * time.Hour)
	for l.Allow("a") == nil {
	}
	now.Set(time.Unix(1000, 0))
	if err := l.Allow("a"); err != nil {
		t.Errorf("after the clock was put right: %v", err)
	}
	if l.Allow("a") != nil || l.Allow("a") == nil {
		t.Error("the limit is another than before")
	}
}
