package newsletters

import (
	"net/http"
	"testing"
	"time"

	"pgregory.net/rapid"

	"unoxuno/internal/clock"
)

// TestJudgeKeepsTheRule: the recent visits that are kept suffice to judge as if every visit were remembered.
func TestJudgeKeepsTheRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type visit struct {
			who uint64
			seen
		}
		var all []visit
		var m visitors
		m.turn(0)
		now, counts := int64(1_700_000_000_000), map[place]int64{}
		for range rapid.IntRange(1, 60).Draw(t, "visits") {
			now += rapid.SampledFrom([]int64{0, 1, 500, 2000, 9999, 10_000, 10_001, 30_000}).Draw(t, "later")
			c := visit{rapid.Uint64Range(1, 3).Draw(t, "who"), seen{at: now, place: place{
				issue: rapid.Int64Range(1, 2).Draw(t, "issue"), n: rapid.Int64Range(0, 4).Draw(t, "link"),
			}}}
			all = append(all, c)
			if m.of(c.who, now).judge(c.seen, func(s seen) { counts[s.place]-- }) {
				counts[c.place]++
			}
			m.age(now)
		}
		// The rule restated: a visit is a program's if it, or a later one within the span, completes a burst.
		want := map[place]int64{}
		program := make([]bool, len(all))
		for i, last := range all {
			links, burst := map[int64]bool{}, []int{}
			for j, v := range all[:i+1] {
				if v.who != last.who || last.at-v.at > burstSpan.Milliseconds() {
					continue
				}
				burst = append(burst, j)
				if v.n > 0 && v.issue == last.issue {
					links[v.n] = true
				}
			}
			if len(links) < burstLinks && len(burst) < burstVisits {
				continue
			}
			for _, j := range burst {
				program[j] = true
			}
		}
		for i, v := range all {
			if !program[i] {
				want[v.place]++
			}
		}
		for i, v := range all {
			if counts[v.place] != want[v.place] {
				t.Fatalf("after %d visits: %+v counted %d times as a person's, want %d; visit %d of %+v", len(all), v.place, counts[v.place], want[v.place], i, all)
			}
		}
	})
}

func TestVisitorsAreForgotten(t *testing.T) {
	var m visitors
	now := clock.Millis(time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC))
	m.turn(now)
	for who := range uint64(10 * maxVisitors) {
		m.of(who, now)
	}
	if len(m.young)+len(m.old) > 2*maxVisitors {
		t.Errorf("%d and %d visitors are remembered", len(m.young), len(m.old))
	}
	for range 2 {
		now += burstSpan.Milliseconds() + 1
		m.age(now)
	}
	if len(m.young)+len(m.old) > 0 {
		t.Errorf("%d visitors are remembered after two spans", len(m.young)+len(m.old))
	}
}

func TestTallyIsBounded(t *testing.T) {
	tally, now := newTally(), time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	const visits = maxPlaces + 500 // of one visitor, and so in one shard
	for n := range int64(visits) {
		tally.add(1, n, Visit{IP: "192.0.2.1", UserAgent: "curl/8", At: now})
	}
	tally.collect(now)
	if lost := tally.lost.Load(); len(tally.owed) != maxPlaces || lost != visits-maxPlaces {
		t.Errorf("%d places and %d visits lost", len(tally.owed), lost)
	}
}

// TestWhatIsReadIsBounded: beyond the limit readings are not recorded or taken back, but visits are counted all the
// same.
func TestWhatIsReadIsBounded(t *testing.T) {
	tally, now := newTally(), time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	const readers = 2 * maxPlaces
	v := Visit{IP: "192.0.2.1", UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"}
	for n := range int64(readers) {
		v.At, v.person = now.Add(time.Duration(n)*11*time.Second), n+1
		tally.add(1, 1, v)
	}
	tally.collect(now)
	if len(tally.read) != maxPlaces {
		t.Errorf("%d readings of %d are noted", len(tally.read), readers)
	}
	var visits int64
	for _, c := range tally.owed {
		visits += c.filtered
	}
	if visits != readers {
		t.Errorf("%d visits are counted of %d", visits, readers)
	}
	v.At, v.person = v.At.Add(time.Minute), 1
	for n := range int64(3) { // a scanner, whose visits are taken back
		v.At = v.At.Add(time.Second)
		tally.add(1, n+1, v)
	}
	tally.collect(now)
	for g, n := range tally.read {
		if want := int64(1); n.times != want && (g.person != 1 || n.times != 0) {
			t.Errorf("%+v is noted %d times", g, n.times)
		}
	}
}

func TestShelfIsBounded(t *testing.T) {
	s := newShelf(nil, clock.System{})
	for issue := range int64(2*shelfSize + 10) {
		s.put(issue, shelved{links: []string{"https://www.comune.example"}})
		if len(s.issues) > shelfSize {
			t.Fatalf("%d issues are remembered", len(s.issues))
		}
	}
	if found, err := s.links(t.Context(), 2*shelfSize+9); err != nil || len(found) != 1 {
		t.Errorf("the last issue is forgotten: %v, %v", found, err)
	}
}

func TestRowsAtOnceArePowersOfTwo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		left := rapid.IntRange(1, 5000).Draw(t, "left")
		if n := rowsAtOnce(left); n < 1 || n > left || n > 256 || n&(n-1) != 0 {
			t.Fatalf("%d of %d", n, left)
		}
	})
}

// BenchmarkCount measures what counting costs a request, without HTTP: for one scanner, and for many readers.
func BenchmarkCount(b *testing.B) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	const agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	addresses := make([]string, 1<<16)
	for i := range addresses {
		addresses[i] = string([]byte{'1', '0', '.', byte(i), byte(i >> 8)})
	}
	for name, many := range map[string]int{"one": 1, "many": len(addresses)} {
		b.Run(name, func(b *testing.B) {
			tally := newTally()
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					tally.add(1, int64(i%20), Visit{IP: addresses[i%many], UserAgent: agent, Method: http.MethodGet, At: now})
				}
			})
		})
	}
}
