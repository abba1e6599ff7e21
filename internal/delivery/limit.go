package delivery

import (
	"math"
	"slices"
	"sync"
	"time"

	"unoxuno/internal/delivery/routing"
)

// burstShare is how much of what a domain gets in a minute it may get at once, one part in so many: receivers dislike a
// minute's worth in the first second of it.
const burstShare = 12

// untilDone is a wait for a message on its way to reach its end.
const untilDone = math.MaxInt64

// meter tells when one more message may go to a domain. It knows no clock: times are counted from any beginning.
//
// Messages on their way count as if they went now, and those that are done as if they went when they were done. So what
// a receiver sees in any minute is within the limit, however long a message lay in a buffer or on the line.
type meter struct {
	limit  routing.Limit
	flying int             // messages on their way
	ends   []time.Duration // when those of the last minute were done, oldest first
	paced  time.Duration   // when the next would be due if they went evenly
}

// wait is how long the next message has to wait: 0 when it may go, untilDone when another must be done first.
func (m *meter) wait(now time.Duration) time.Duration {
	if m.limit.Connections > 0 && m.flying >= m.limit.Connections {
		return untilDone
	}
	if m.limit.PerMinute == 0 {
		return 0
	}
	for len(m.ends) > 0 && m.ends[0]+time.Minute <= now {
		m.ends = m.ends[1:]
	}
	switch {
	case m.flying >= m.limit.PerMinute:
		return untilDone
	case m.flying+len(m.ends) >= m.limit.PerMinute:
		return m.ends[0] + time.Minute - now
	}
	return max(0, m.paced-m.interval()*time.Duration(m.limit.PerMinute/burstShare)-now)
}

func (m *meter) interval() time.Duration { return time.Minute / time.Duration(m.limit.PerMinute) }

// begin counts a message that goes.
func (m *meter) begin(now time.Duration) {
	m.flying++
	if m.limit.PerMinute > 0 {
		m.paced = max(m.paced, now) + m.interval()
	}
}

// end counts a message that is done, whatever came of it.
func (m *meter) end(now time.Duration) {
	m.flying--
	if m.limit.PerMinute > 0 {
		m.ends = append(m.ends, now)
	}
}

// domain keeps what goes to one receiving domain, or to several that share a limit, within it. Those who wait are served
// in turn.
type domain struct {
	born time.Time

	mu      sync.Mutex
	meter   meter
	waiting []chan struct{}
	alarm   *time.Timer
	takes   time.Duration // how long a message is on its way, on average
	due     time.Duration // until when chunks have been told to come back
	users   int           // chunks that have to do with it; limits.mu guards it
}

func newDomain(limit routing.Limit) *domain {
	return &domain{born: time.Now(), meter: meter{limit: limit}, takes: firstTakes}
}

// firstTakes is how long a message is on its way before one has told.
const firstTakes = 50 * time.Millisecond

// now is the time since the domain was made, by a clock that nobody sets.
func (d *domain) now() time.Duration { return time.Since(d.born) }

// try takes the right to send one message, if it is there at once.
func (d *domain) try() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	if len(d.waiting) > 0 || d.meter.wait(now) > 0 {
		return false
	}
	d.meter.begin(now)
	return true
}

// queue is closed when the right to send one message is ours.
func (d *domain) queue() (turn chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	turn = make(chan struct{})
	d.waiting = append(d.waiting, turn)
	d.admit()
	return turn
}

// leave gives up waiting, and the right if it has come.
func (d *domain) leave(turn chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if at := slices.Index(d.waiting, turn); at >= 0 {
		d.waiting = slices.Delete(d.waiting, at, at+1)
	} else {
		d.meter.end(d.now())
	}
	d.admit()
}

// done gives back the right to send, after the message was on its way for that long; 0 when it never was.
func (d *domain) done(took time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.meter.end(d.now())
	if took > 0 {
		d.takes += (took - d.takes) / 8
	}
	d.admit()
}

// admit lets go who may.
func (d *domain) admit() {
	for len(d.waiting) > 0 {
		now := d.now()
		switch wait := d.meter.wait(now); {
		case wait == untilDone:
			return
		case wait > 0:
			d.wake(wait)
			return
		}
		d.meter.begin(now)
		close(d.waiting[0])
		d.waiting = d.waiting[1:]
	}
}

func (d *domain) wake(after time.Duration) {
	if d.alarm == nil {
		d.alarm = time.AfterFunc(after, func() {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.admit()
		})
		return
	}
	d.alarm.Reset(after)
}

// perSecond is about how many messages a second the domain is sent to when there are enough of them.
func (d *domain) perSecond() float64 {
	rate := math.Inf(1)
	if n := d.meter.limit.PerMinute; n > 0 {
		rate = float64(n) / 60
	}
	if n := d.meter.limit.Connections; n > 0 {
		rate = min(rate, float64(n)/d.takes.Seconds())
	}
	return rate
}

// The least and most messages of one chunk that wait for the same domain.
const (
	shortLine = 4
	longLine  = 64
)

// room is how many messages of one chunk may wait for the domain: as many as go in the time that they have.
func (d *domain) room() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return int(d.line())
}

func (d *domain) line() float64 {
	return min(longLine, max(shortLine, d.perSecond()*patience.Seconds()))
}

// longestAway is how long a chunk stays away at most from a domain that had no room for it.
const longestAway = 2 * time.Minute

// away is how long a chunk is to stay away that has so many messages left over. Chunks are told to come one after
// another, so that each finds room, and so that a long queue costs few visits.
func (d *domain) away(left int) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	d.due = max(d.due, now) + time.Duration(min(float64(left), d.line())/d.perSecond()*float64(time.Second))
	d.due = min(d.due, now+longestAway)
	return max(d.due-now, shortestAway)
}

// shortestAway is how long a chunk stays away at least: looking at it costs as much as sending a hundred messages.
const shortestAway = 500 * time.Millisecond

// idle tells whether forgetting the domain would forgive it nothing.
func (d *domain) idle() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	m := &d.meter
	return m.flying == 0 && len(d.waiting) == 0 && d.due < d.now() && (len(m.ends) == 0 || m.ends[len(m.ends)-1]+time.Minute <= d.now())
}

// limits are the domains that have a limit.
type limits struct {
	named  map[string]*domain
	others routing.Limit // of each other domain

	mu   sync.Mutex
	rest map[string]*domain // the others that were met lately
}

// manyDomains is how many other domains are kept before those that are idle are forgotten.
const manyDomains = 4096

// newLimits makes the limits of a plan, nil when it has none.
func newLimits(plan routing.Plan) *limits {
	if !plan.IsLimited() {
		return nil
	}
	l := &limits{named: map[string]*domain{}, others: plan.Others, rest: map[string]*domain{}}
	for _, group := range plan.Domains {
		d := newDomain(group.Limit)
		for _, name := range group.Names {
			l.named[name] = d
		}
	}
	return l
}

// use is the domain of that name, nil when it has no limit; leave ends the use.
func (l *limits) use(name string) *domain {
	l.mu.Lock()
	defer l.mu.Unlock()
	d, ok := l.named[name]
	if !ok && l.others != (routing.Limit{}) {
		d, ok = l.rest[name]
	} else if !ok {
		return nil
	}
	if !ok {
		if len(l.rest) >= manyDomains {
			l.forget()
		}
		d = newDomain(l.others)
		l.rest[name] = d
	}
	d.users++
	return d
}

func (l *limits) leave(d *domain) {
	l.mu.Lock()
	defer l.mu.Unlock()
	d.users--
}

func (l *limits) forget() {
	for name, d := range l.rest {
		if d.users == 0 && d.idle() {
			delete(l.rest, name)
		}
	}
}
