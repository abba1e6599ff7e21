package email

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"
)

// restPoll is how often a runner whose relay is left alone looks whether it is up again, while other relays are at work.
const restPoll = 250 * time.Millisecond

// fairShare is how many messages a connection carries before it is given to a stream that waits for one.
const fairShare = 16

// stream brings the jobs of one channel to the connections of its pools. Each pool has runners, each runner one
// connection while it has something to send. A pool starts with one runner; there are more while jobs wait, the relay
// takes them, and the pool has slots.
type stream struct {
	jobs     <-chan Job
	stop     context.Context
	cutting  context.Context
	pools    []*Pool
	again    chan Job      // jobs that one relay could not be reached for, while others are up
	finished chan struct{} // closed when jobs is closed and every job is settled

	mu      sync.Mutex
	closed  bool // jobs is
	owed    int  // jobs taken and not settled
	runners map[*Pool]int
	running sync.WaitGroup
}

func newStream(stop, cut context.Context, jobs <-chan Job, pools ...*Pool) *stream {
	most := 0
	for _, p := range pools {
		most += p.slots.most
	}
	return &stream{
		jobs: jobs, stop: stop, cutting: cut, pools: pools,
		again: make(chan Job, most), finished: make(chan struct{}), runners: map[*Pool]int{},
	}
}

func (s *stream) run() {
	for _, p := range s.pools {
		s.spawn(p)
	}
	s.running.Wait()
	close(s.again)
	for job := range s.again { // they wait only when we were told to stop
		s.settle(job, cmp.Or(s.stop.Err(), error(&Unreachable{Trouble: "no relay took over"})))
	}
}

// spawn starts a runner, unless there are as many as the pool has slots.
func (s *stream) spawn(p *Pool) {
	_, limit := p.slots.state()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.runners[p] < limit {
		s.runners[p]++
		s.running.Go((&runner{stream: s, pool: p, jobs: s.jobs}).run)
	}
}

// retire tells whether a runner is one too many.
func (s *stream) retire(p *Pool) bool {
	_, limit := p.slots.state()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.runners[p] <= limit {
		return false
	}
	s.runners[p]--
	return true
}

// settle tells a job what became of it.
func (s *stream) settle(job Job, err error) {
	job.Done(err)
	s.mu.Lock()
	s.owed--
	s.finish()
	s.mu.Unlock()
}

// drained is told that jobs is closed.
func (s *stream) drained() {
	s.mu.Lock()
	s.closed = true
	s.finish()
	s.mu.Unlock()
}

func (s *stream) finish() {
	if s.closed && s.owed == 0 && !isClosed(s.finished) {
		close(s.finished)
	}
}

// elsewhere gives a job, whose relay is down, to another relay, if one is up.
func (s *stream) elsewhere(p *Pool, job Job) bool {
	if !s.othersAreUp(p) || isClosed(s.finished) {
		return false
	}
	select {
	case s.again <- job:
		return true
	default: // the others do not keep up
		return false
	}
}

func (s *stream) othersAreUp(p *Pool) bool {
	for _, other := range s.pools {
		if other != p && !other.resting() {
			return true
		}
	}
	return false
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// runner feeds one connection at a time.
type runner struct {
	*stream
	pool  *Pool
	jobs  <-chan Job // nil once it is closed
	share int        // messages carried since the slot was acquired
	alone bool       // it is there for one job
	away  bool       // the relay turned the last connection away
}

func (r *runner) run() {
	for {
		job, ok := r.take()
		if !ok {
			return
		}
		r.deliver(job, false)
		if r.retire(r.pool) {
			return
		}
	}
}

// take waits for a job.
func (r *runner) take() (Job, bool) {
	for r.pool.resting() && r.othersAreUp(r.pool) {
		select {
		case <-time.After(restPoll):
		case <-r.finished:
			return nil, false
		case <-r.stop.Done():
			return nil, false
		}
	}
	if r.pool.permit(r.stop) != nil {
		return nil, false
	}
	for r.stop.Err() == nil {
		select {
		case s := <-r.pool.urgent:
			return r.took(s), true
		case job := <-r.again:
			return job, true
		case job, ok := <-r.jobs:
			if ok {
				return r.took(job), true
			}
			r.jobs = nil
			r.drained()
		case <-r.finished:
			return nil, false
		case <-r.stop.Done():
		}
	}
	return nil, false
}

// took counts a job that was taken.
func (r *runner) took(job Job) Job {
	r.mu.Lock()
	r.owed++
	r.mu.Unlock()
	r.pool.count()
	return job
}

// more is as in feeder.
func (r *runner) more(c *conn) (Job, bool) {
	if r.alone || r.stop.Err() != nil || r.pool.isSpent(c) || r.pool.holdOff() > 0 {
		return nil, false
	}
	if r.share++; r.share > fairShare && r.pool.slots.wanted() {
		return nil, false
	}
	select {
	case s := <-r.pool.urgent:
		return r.took(s), true
	default:
	}
	select {
	case job := <-r.again:
		return job, true
	case job, ok := <-r.jobs:
		if ok {
			if c.carried > 0 {
				r.spawn(r.pool)
			}
			return r.took(job), true
		}
		r.jobs = nil
		r.drained()
	default:
	}
	return nil, false
}

// settle is as in feeder.
func (r *runner) settle(job Job, err error) {
	if err == nil {
		r.pool.slots.earn()
	}
	r.stream.settle(job, r.pool.noted(err))
}

// crowded is as in feeder.
func (r *runner) crowded() bool {
	r.away = r.pool.turnedAway(1)
	return r.away
}

// cut is as in feeder.
func (r *runner) cut() error { return r.cutting.Err() }

// deliver brings a job to its end, and whatever more there is at once. hasSlot tells that a slot was acquired.
func (r *runner) deliver(job Job, hasSlot bool) {
	for fresh := false; job != nil; {
		if !hasSlot {
			if err := r.pool.slots.acquire(r.stop); err != nil {
				r.stream.settle(job, err)
				return
			}
		}
		hasSlot, r.share, r.away = false, 0, false
		c, err := r.pool.connect(r.stop, fresh)
		if err == nil {
			job = r.work(c, job)
			fresh = !r.away // who ended one connection in use may have ended those that lie idle, too
		} else if job = r.unserved(job, err); job != nil {
			fresh = false
		}
		r.pool.slots.release()
	}
}

// work sends over a connection. left is a job of which nothing was said.
func (r *runner) work(c *conn, job Job) (left Job) {
	stop := context.AfterFunc(r.cutting, func() { _ = c.net.Close() })
	left = c.carry(job, r)
	if !stop() {
		c.broken = true
	}
	r.pool.give(c)
	return left
}

// unserved is what becomes of a job for which there is no connection: it waits for one of those that the relay bears,
// goes to another relay, or is told so.
func (r *runner) unserved(job Job, err error) (left Job) {
	var down *Unreachable
	switch {
	case !errors.As(err, &down):
		r.stream.settle(job, err)
	case !r.pool.resting() && r.pool.turnedAway(0):
		return job
	default:
		err = r.pool.noted(err)
		if !r.elsewhere(r.pool, job) {
			r.stream.settle(job, err)
		}
	}
	return nil
}
