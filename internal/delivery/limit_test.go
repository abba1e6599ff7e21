package delivery

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"unoxuno/internal/delivery/routing"
)

// traffic records the messages to domains, and when each was in flight.
type traffic struct {
	mu     sync.Mutex
	flying map[*domain]int
	most   map[*domain]int
	at     map[*domain][]time.Time
}

// send takes a while; at some moment in between the receiver counts the message.
func (f *traffic) send(d *domain, before, after time.Duration) {
	began := time.Now()
	f.mu.Lock()
	f.flying[d]++
	f.most[d] = max(f.most[d], f.flying[d])
	f.mu.Unlock()
	time.Sleep(before) // free of cost with synctest's clock
	f.mu.Lock()
	f.at[d] = append(f.at[d], time.Now())
	f.flying[d]--
	f.mu.Unlock()
	time.Sleep(after)
	d.done(time.Since(began))
}

// within checks that the domain got no more, in any minute and at once, than its limit.
func (f *traffic) within(d *domain, limit routing.Limit) error {
	if limit.Connections > 0 && f.most[d] > limit.Connections {
		return fmt.Errorf("%d at once, the limit is %d", f.most[d], limit.Connections)
	}
	times := f.at[d]
	for i := range times {
		if n := i - limit.PerMinute; limit.PerMinute > 0 && n >= 0 && times[i].Sub(times[n]) < time.Minute {
			return fmt.Errorf("%d within %s, the limit is %d a minute", limit.PerMinute+1, times[i].Sub(times[n]), limit.PerMinute)
		}
	}
	return nil
}

// With any limits and delivery times, no domain gets more than its limit, all messages are sent in the time that this
// takes, and no domain waits for another.
func TestDomainsGetWhatTheirLimitsAllow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var all []routing.Limit
		var messages []int
		for range rapid.IntRange(1, 4).Draw(rt, "domains") {
			all = append(all, routing.Limit{
				Connections: rapid.IntRange(0, 5).Draw(rt, "connections"), PerMinute: rapid.SampledFrom([]int{0, 1, 2, 7, 12, 60, 300}).Draw(rt, "per minute"),
			})
			messages = append(messages, rapid.IntRange(0, 40).Draw(rt, "messages"))
		}
		slow, seed := rapid.IntRange(1, 3000).Draw(rt, "milliseconds"), rapid.Uint64().Draw(rt, "seed")
		var wrong error
		synctest.Test(t, func(*testing.T) { wrong = sendWithin(all, messages, slow, seed) })
		if wrong != nil {
			rt.Fatal(wrong)
		}
	})
}

func sendWithin(all []routing.Limit, messages []int, slow int, seed uint64) error {
	random := rand.New(rand.NewPCG(seed, 0))
	f := &traffic{flying: map[*domain]int{}, most: map[*domain]int{}, at: map[*domain][]time.Time{}}
	var going sync.WaitGroup
	began := time.Now()
	domains := make([]*domain, len(all))
	ended := make([]time.Duration, len(all))
	for i, limit := range all {
		domains[i] = newDomain(limit)
		var own sync.WaitGroup
		for range messages[i] {
			before, after := time.Duration(1+random.IntN(slow))*time.Millisecond, time.Duration(random.IntN(slow))*time.Millisecond
			tries := random.IntN(2) == 0
			own.Go(func() {
				if !tries || !domains[i].try() {
					<-domains[i].queue()
				}
				f.send(domains[i], before, after)
			})
		}
		going.Go(func() {
			own.Wait()
			ended[i] = time.Since(began)
		})
	}
	going.Wait()
	for i, limit := range all {
		if len(f.at[domains[i]]) != messages[i] {
			return fmt.Errorf("%d of %d were served", len(f.at[domains[i]]), messages[i])
		}
		if err := f.within(domains[i], limit); err != nil {
			return err
		}
		if most := longest(limit, messages[i], time.Duration(slow)*2*time.Millisecond); ended[i] > most {
			return fmt.Errorf("%d messages with %+v took %s, longer than %s", messages[i], limit, ended[i], most)
		}
	}
	return nil
}

// longest returns the longest time that messages may take, if each takes so long.
func longest(limit routing.Limit, messages int, each time.Duration) time.Duration {
	most := each
	if limit.Connections > 0 {
		most += time.Duration(messages) * each / time.Duration(limit.Connections)
	}
	if limit.PerMinute > 0 { // a slot is free again a minute after its message is done
		most += time.Duration((messages+limit.PerMinute-1)/limit.PerMinute) * (time.Minute + each)
	}
	return most + each
}

func TestWhoGivesUpWaitingKeepsNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDomain(routing.Limit{Connections: 1})
		if !d.try() || d.try() {
			t.Fatal("one may go, not two")
		}
		first, second, third := d.queue(), d.queue(), d.queue()
		d.leave(first)
		d.done(time.Second)
		if isClosed(first) || !isClosed(second) || isClosed(third) {
			t.Error("the second is not the one whose turn it is")
		}
		d.leave(second) // its turn had come
		if !isClosed(third) {
			t.Error("the third did not get the turn that the second left")
		}
	})
}

func TestAMinutesWorthIsSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDomain(routing.Limit{PerMinute: 600})
		n := 0
		for d.try() {
			d.done(time.Millisecond)
			n++
		}
		if n < 600/burstShare || n > 600/burstShare+1 {
			t.Errorf("%d of 600 at once", n)
		}
		time.Sleep(10 * time.Second)
		for d.try() {
			d.done(time.Millisecond)
			n++
		}
		if n < 100 || n > 160 {
			t.Errorf("%d of 600 within ten seconds", n)
		}
	})
}

// Chunks that found no room come back one after another, about as fast as their messages can be sent.
func TestChunksComeBackInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDomain(routing.Limit{PerMinute: 600}) // ten a second: a line is ten messages
		for i := range 20 {
			if got, want := d.away(500), time.Duration(i+1)*time.Second; (got - want).Abs() > 10*time.Millisecond {
				t.Errorf("chunk %d comes back after %s, want %s", i, got, want)
			}
		}
		for range 1000 {
			d.away(500)
		}
		if got := d.away(500); got > longestAway {
			t.Errorf("a chunk stays away for %s", got)
		}
		time.Sleep(time.Hour)
		if got := d.away(3); got > time.Second {
			t.Errorf("an hour later a chunk stays away for %s", got)
		}
	})
}

func TestIdleDomainsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimits(routing.Plan{Others: routing.Limit{PerMinute: 5}})
		busy := l.use("busy.example")
		busy.try()
		for i := range manyDomains * 2 {
			name := fmt.Sprintf("d%d.example", i)
			d := l.use(name)
			if !d.try() {
				t.Fatal("a domain that nothing was sent to is limited")
			}
			d.done(time.Millisecond)
			l.leave(d)
			if i == manyDomains {
				time.Sleep(2 * time.Minute)
			}
		}
		if len(l.rest) > manyDomains+2 {
			t.Errorf("%d domains are kept", len(l.rest))
		}
		if l.use("busy.example") != busy {
			t.Error("a domain in use was forgotten")
		}
	})
}

func TestNamesOfOneEntryShareTheLimit(t *testing.T) {
	l := newLimits(routing.Plan{Domains: []routing.Domain{{Names: []string{"gmail.com", "googlemail.com"}, Limit: routing.Limit{Connections: 1}}}})
	if l.use("gmail.com") != l.use("googlemail.com") || l.use("other.example") != nil {
		t.Error("the limit is not shared, or more than its own")
	}
	if newLimits(routing.Plan{}) != nil {
		t.Error("a plan without limits limits")
	}
}
