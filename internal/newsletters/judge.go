package newsletters

import (
	"slices"
	"time"
)

// What a scanner does and no reader: so many visits, or so many different links of one issue, within burstSpan, from
// one address and user agent.
const (
	burstSpan   = 10 * time.Second
	burstLinks  = 3
	burstVisits = 6
)

// Rule distinguishes visits of programs from those of people, in addition to the program's own name. Visits of one
// address and user agent are a program's if within Span they follow Links different links of one issue, or are Visits
// or more in total.
type Rule struct {
	Span   time.Duration
	Links  int
	Visits int
}

// FilterRule returns the rule of the filtered numbers, to be shown with them.
func FilterRule() Rule { return Rule{Span: burstSpan, Links: burstLinks, Visits: burstVisits} }

// place is the key under which visits are counted.
type place struct {
	issue int64
	n     int64 // number of the link; 0 = the issue was opened
	hour  int64 // beginning of the hour
}

// seen is a recent visit.
type seen struct {
	place
	at     int64 // UTC unix milliseconds, like all times here
	person int64 // whose reading it was recorded as; 0 = nobody's
	taken  bool  // not a person's, or no longer counted as one
}

// visitor holds the recent visits of one address and user agent. The last few are enough: more visits make it a program
// anyway.
type visitor struct {
	last [burstVisits - 1]seen // oldest first
	n    int                   // number of visits in last
}

// judge tells whether a visit seems a person's. It calls takeBack for each earlier visit that was counted as a person's
// by mistake.
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

// forget drops the visits that are too old to matter, or in the future after the clock was set back.
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

// different returns how many links of c's issue were followed, including c's.
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

// visitors remembers recent visitors in two generations. New visitors belong to the young one. When it is burstSpan
// old, or full, it becomes the old one and the previous old one is dropped. So a visitor is remembered for at least
// burstSpan, unless there is no room, and for little more than twice that.
type visitors struct {
	born       int64 // when the young generation began
	young, old map[uint64]*visitor
}

// maxVisitors is the size of a generation.
const maxVisitors = 1000

// of returns the visitor with that digest.
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

// age replaces a generation whose time is over.
func (m *visitors) age(at int64) {
	if !near(at, m.born) {
		m.turn(at)
	}
}

func (m *visitors) turn(at int64) {
	m.born, m.old, m.young = at, m.young, map[uint64]*visitor{}
}
