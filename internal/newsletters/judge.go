package newsletters

import (
	"slices"
	"time"
)

// What no reader does and a scanner does: so many visits, or so many different links of one issue, within so long, from
// one address and agent.
const (
	burstSpan   = 10 * time.Second
	burstLinks  = 3
	burstVisits = 6
)

// Rule is by what visits of programs are told from those of people, beside what a program says of itself: visits of one
// address and agent are a program's where within Span there are Links different links of one issue among them, or Visits
// in all.
type Rule struct {
	Span   time.Duration
	Links  int
	Visits int
}

// FilterRule is the rule of the filtered numbers, to be shown beside them.
func FilterRule() Rule { return Rule{Span: burstSpan, Links: burstLinks, Visits: burstVisits} }

// place is what visits are counted by.
type place struct {
	issue int64
	n     int64 // of the link; 0 = the issue was opened
	hour  int64 // where the hour begins
}

// seen is a visit of the last seconds.
type seen struct {
	place
	at     int64 // UTC unix milliseconds, like all times here
	person int64 // for whom it was noted; 0 = for nobody
	taken  bool  // not a person's, or no longer
}

// visitor is what one address and agent did in the last seconds. More than the last few visits need not be known: whoever
// made more is a program by their number.
type visitor struct {
	last [burstVisits - 1]seen // oldest first
	n    int                   // how many there are
}

// judge tells whether a visit is a person's, and calls takeBack for each earlier one that was counted as such and was not,
// after all.
func (v *visitor) judge(c seen, takeBack func(seen)) (person bool) {
	v.forget(c.at)
	person = v.n+1 < burstVisits && v.different(c) < burstLinks
	if !person {
		for i := range v.last[:v.n] {
			if !v.last[i].taken {
				takeBack(v.last[i])
			}
			v.last[i].taken = true
		}
		c.taken = true
	}
	if v.n == len(v.last) {
		copy(v.last[:], v.last[1:])
		v.n--
	}
	v.last[v.n] = c
	v.n++
	return person
}

// forget drops what is too long ago to matter at the time, or not yet, after the clock was set back.
func (v *visitor) forget(at int64) {
	kept := 0
	for _, s := range v.last[:v.n] {
		if near(at, s.at) {
			v.last[kept] = s
			kept++
		}
	}
	v.n = kept
}

func near(a, b int64) bool {
	const span = int64(burstSpan / time.Millisecond)
	return -span <= a-b && a-b <= span
}

// different is how many links of c's issue were followed, c's included.
func (v *visitor) different(c seen) int {
	var links [burstVisits]int64
	n := 0
	note := func(s seen) {
		if s.n > 0 && s.issue == c.issue && !slices.Contains(links[:n], s.n) {
			links[n] = s.n
			n++
		}
	}
	for _, s := range v.last[:v.n] {
		note(s)
	}
	note(c)
	return n
}

// visitors remembers who came in the last seconds, in two generations: whoever comes belongs to the young one, which
// grows old when it is burstSpan old, or full, and then the old one is forgotten. So somebody is remembered for burstSpan
// at least, unless there is no room, and a little more than twice as long at most.
type visitors struct {
	born       int64 // when the young generation began
	young, old map[uint64]*visitor
}

// maxVisitors is how many a generation holds.
const maxVisitors = 1000

// of is the visitor with that digest.
func (m *visitors) of(who uint64, at int64) *visitor {
	if len(m.young) >= maxVisitors {
		m.turn(at)
	}
	m.age(at)
	v := m.young[who]
	if v != nil {
		return v
	}
	if v = m.old[who]; v == nil {
		v = &visitor{}
	}
	m.young[who] = v
	return v
}

// age lets a generation pass that has had its time.
func (m *visitors) age(at int64) {
	if !near(at, m.born) {
		m.turn(at)
	}
}

func (m *visitors) turn(at int64) {
	m.born, m.old, m.young = at, m.young, map[uint64]*visitor{}
}
