package delivery

import (
	"math"
	"slices"
	"sync"
	"time"

	"unoxuno/internal/delivery/routing"
)

// burstShare is the part of a minute's limit that a domain may get at once, as a fraction: receivers dislike a whole
// minute's worth in one second.
const burstShare = 12

// untilDone means waiting until a message in flight is done.
const untilDone = math.MaxInt64

// meter tells when one more message may go to a domain. It has no clock: times are counted from an arbitrary start.
//
// Messages in flight count as if they were sent now, and finished ones as if they were sent when they finished. So what
// a receiver sees in any minute is within the limit, however long a message waited in a buffer or on the line.
type meter struct {
	limit  routing.Limit
	flying int             // messages in flight
	ends   []time.Duration // end times of the last minute, oldest first
	paced  time.Duration   // when the next one would be due if they were sent evenly
}

// wait returns how long the next message must wait: 0 if it may go, untilDone if another must finish first.
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

// begin counts a message that is being sent.
func (m *meter) begin(now time.Duration) {
	m.flying++
	if m.limit.PerMinute > 0 {
		m.paced = max(m.paced, now) + m.interval()
	}
}

// end counts a message that is done, whatever its outcome.
func (m *meter) end(now time.Duration) {
	m.flying--
	if m.limit.PerMinute > 0 {
		m.ends = append(m.ends, now)
	}
}

// domain keeps what goes to one receiving domain, or to several that share a limit, within the limit. Waiting messages
// are served in order.
type domain struct {
	born time.Time

	mu      sync.Mutex
	meter   meter
	waiting []chan struct{}
	alarm   *time.Timer
	takes   time.Duration // average delivery time of a message
	due     time.Duration // until when chunks have been told to come back
	users   int           // chunks that use it; guarded by limits.mu
}

func newDomain(limit routing.Limit) *domain {
	return &domain{born: time.Now(), meter: meter{limit: limit}, takes: firstTakes}
}

// firstTakes is the delivery time we assume until the first message has been measured.
const firstTakes = 50 * time.Millisecond

// now returns the time since the domain was created, by a monotonic clock.
func (d *domain) now() time.Duration { return time.Since(d.born) }

// try takes the right to send one message if it is free at once.
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

// queue returns a channel that is closed when we have the right to send one message.
func (d *domain) queue() (turn chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	turn = make(chan struct{})
	d.waiting = append(d.waiting, turn)
	d.admit()
	return turn
}

// leave stops waiting, and returns the right if it has come.
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

// done returns the right to send, after a message was in flight for that long; 0 if it never was.
func (d *domain) done(took time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.meter.end(d.now())
	if took > 0 {
		d.takes += (took - d.takes) / 8
	}
	d.admit()
}

// admit gives the right to as many waiting messages as possible.
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

// perSecond estimates how many messages a second the domain gets if there are enough.
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

// The smallest and largest number of messages of a chunk that wait for the same domain.
const (
	shortLine = 4
	longLine  = 64
)

// room returns how many messages of a chunk may wait for the domain: as many as can be sent in the time they have.
func (d *domain) room() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return int(d.line())
}

func (d *domain) line() float64 {
	return min(longLine, max(shortLine, d.perSecond()*patience.Seconds()))
}

// longestAway is the longest time that a chunk waits for a full domain.
const longestAway = 2 * time.Minute

// away returns how long a chunk with so many messages left should wait. Chunks get different times, so that each finds
// room and a long queue needs few visits.
func (d *domain) away(left int) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	d.due = max(d.due, now) + time.Duration(min(float64(left), d.line())/d.perSecond()*float64(time.Second))
	d.due = min(d.due, now+longestAway)
	return max(d.due-now, shortestAway)
}

// shortestAway is the shortest such time: looking at a chunk costs as much as sending a hundred messages.
const shortestAway = 500 * time.Millisecond

// idle tells whether the domain can be forgotten without exceeding its limit.
func (d *domain) idle() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	m := &d.meter
	return m.flying == 0 && len(d.waiting) == 0 && d.due < d.now() && (len(m.ends) == 0 || m.ends[len(m.ends)-1]+time.Minute <= d.now())
}

// limits are the domains with a limit.
type limits struct {
	named  map[string]*domain
	others routing.Limit // for each other domain

	mu   sync.Mutex
	rest map[string]*domain // other domains used lately
}

// manyDomains is how many other domains are kept before idle ones are dropped.
const manyDomains = 4096

// newLimits returns the limits of a plan, nil if it has none.
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

// use returns the domain of that name, nil if it has no limit; leave ends the use.
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
