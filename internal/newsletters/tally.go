package newsletters

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/storage"
)

const (
	flushEvery  = time.Second
	flushWithin = 10 * time.Second // how long a flush may take before it is abandoned and tried again

	shards    = 16
	maxPlaces = 4096               // counted by one shard between two flushes
	maxOwed   = shards * maxPlaces // limit on owed; beyond it shards keep their counts
)

// count is the number of visits to a place.
type count struct{ raw, filtered int64 }

// tally counts visits in memory and writes them once a second. Each node adds its own counts. All visits of one visitor
// are counted by the same shard, so what is taken back was counted before, in the same flush or an earlier one, and no
// total becomes negative.
//
// Its memory is limited. What does not fit is not counted, and the log says how much that was. It takes more places
// visited in a second, or while the database is down, than a town has links.
type tally struct {
	key    maphash.Seed // of the digests of visitors; never leaves this process
	shards [shards]shard
	lost   atomic.Int64 // visits for which there was no memory

	flushing sync.Mutex
	owed     map[place]count   // taken from the shards and not yet in the database
	read     map[reading]noted // the same for what persons read
	failing  bool              // the last flush of KeepCounting failed
}

type shard struct {
	mu       sync.Mutex
	counts   map[place]count
	read     map[reading]noted
	visitors visitors
}

func newTally() *tally {
	t := &tally{key: maphash.MakeSeed(), owed: map[place]count{}, read: map[reading]noted{}}
	for i := range t.shards {
		t.shards[i].counts, t.shards[i].read = map[place]count{}, map[reading]noted{}
	}
	return t
}

// add counts a visit to the n-th link of an issue, or with n 0 its opening.
func (t *tally) add(issue, n int64, v Visit) {
	p := place{issue, n, clock.Millis(v.At.Truncate(time.Hour))}
	at, program := clock.Millis(v.At), v.program()
	who := t.digest(v)
	s := &t.shards[who%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.counts[p]; !known && len(s.counts) >= maxPlaces {
		t.lost.Add(1)
		return
	}
	c := count{raw: 1}
	if !program {
		person := s.roomFor(reading{v.person, issue, n})
		if s.visitors.of(who, at).judge(seen{place: p, at: at, person: person}, s.takeBack) {
			c.filtered = 1
			s.note(reading{person, issue, n}, noted{times: 1, first: at, last: at})
		}
	}
	s.counts[p] = s.counts[p].and(c)
}

// takeBack removes a visit from the people's count. It was counted here or in an earlier flush, so it adds no more
// places than one visitor can.
func (s *shard) takeBack(c seen) {
	s.counts[c.place] = s.counts[c.place].and(count{filtered: -1})
	s.note(reading{c.person, c.issue, c.n}, noted{times: -1})
}

func (c count) and(d count) count { return count{c.raw + d.raw, c.filtered + d.filtered} }

// digest identifies a visitor in the shards for some seconds.
func (t *tally) digest(v Visit) uint64 {
	var h maphash.Hash
	h.SetSeed(t.key)
	_, _ = h.WriteString(v.IP)
	_ = h.WriteByte(0)
	_, _ = h.WriteString(v.UserAgent[:min(len(v.UserAgent), longestAgent)])
	return h.Sum64()
}

// collect moves the counts of the shards to owed, and lets the shards forget old visitors.
func (t *tally) collect(now time.Time) {
	for i := range t.shards {
		if len(t.owed) >= maxOwed || len(t.read) >= maxOwed {
			return
		}
		s := &t.shards[i]
		var counts map[place]count
		var read map[reading]noted
		s.mu.Lock()
		if len(s.counts) > 0 {
			counts, s.counts = s.counts, make(map[place]count, len(s.counts))
		}
		if len(s.read) > 0 {
			read, s.read = s.read, map[reading]noted{}
		}
		s.visitors.age(clock.Millis(now))
		s.mu.Unlock()
		for p, c := range counts {
			t.owed[p] = t.owed[p].and(c)
		}
		for g, n := range read {
			t.read[g] = t.read[g].and(n)
		}
	}
}

// holder locks persons' rows until tx ends: people.People.HoldAll.
type holder func(ctx context.Context, tx *storage.Tx, persons []int64) (held []int64, err error)

// flush writes what was counted in one transaction; what a failed flush did not write stays for the next.
func (t *tally) flush(ctx context.Context, db *storage.DB, now time.Time, hold holder) error {
	t.flushing.Lock()
	defer t.flushing.Unlock()
	t.collect(now)
	if len(t.owed) == 0 && len(t.read) == 0 {
		return nil
	}
	// Sorted, so that nodes that write the same rows do not deadlock.
	places := make([]place, 0, len(t.owed))
	for p := range t.owed {
		places = append(places, p)
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.issue, b.issue), cmp.Compare(a.n, b.n), cmp.Compare(a.hour, b.hour))
	})
	read := slices.SortedFunc(maps.Keys(t.read), reading.compare) // sorted, as places are
	err := db.Tx(ctx, func(tx *storage.Tx) error {
		if _, err := hold(ctx, tx, readersOf(read)); err != nil {
			return err
		}
		for rest := places; len(rest) > 0; {
			n := rowsAtOnce(len(rest))
			if err := t.write(ctx, tx, rest[:n]); err != nil {
				return err
			}
			rest = rest[n:]
		}
		return t.writeRead(ctx, tx, read)
	})
	if err != nil {
		return fmt.Errorf("newsletters: write visits: %w", err)
	}
	clear(t.owed)
	clear(t.read)
	return nil
}

// rowsAtOnce returns how many of the remaining rows one statement writes. It is a power of two, so that there are few
// different statements to prepare.
func rowsAtOnce(left int) int {
	n := 256
	for n > left {
		n /= 2
	}
	return n
}

// write adds the owed counts of places to the table.
func (t *tally) write(ctx context.Context, tx *storage.Tx, places []place) error {
	var b storage.Builder
	b.Add("INSERT INTO newsletters_visits (issue_id, n, hour, visits, filtered) VALUES ")
	for i, p := range places {
		if i > 0 {
			b.Add(", ")
		}
		c := t.owed[p]
		b.Add("(?, ?, ?, ?, ?)", p.issue, p.n, p.hour, c.raw, c.filtered)
	}
	b.Add(` ON CONFLICT (issue_id, n, hour) DO UPDATE SET
		visits = newsletters_visits.visits + excluded.visits, filtered = newsletters_visits.filtered + excluded.filtered`)
	_, err := tx.ExecContext(ctx, b.SQL(), b.Args()...)
	return err
}

// Unwritten returns how many visits are only in memory: those of a second, while the database answers.
func (r *Room) Unwritten() (visits int64) {
	t := r.tally
	t.flushing.Lock()
	defer t.flushing.Unlock()
	for _, c := range t.owed {
		visits += c.raw
	}
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		for _, c := range s.counts {
			visits += c.raw
		}
		s.mu.Unlock()
	}
	return visits
}

// Flush writes the visits in memory in one transaction. If it fails they are kept for the next flush.
//
// If the connection breaks during the commit, it is unknown whether the visits were written. They are then written
// again.
func (r *Room) Flush(ctx context.Context) error {
	return r.tally.flush(ctx, r.DB, r.Clock.Now(), r.People.HoldAll)
}

// KeepCounting flushes every second until the context ends, and completes the current flush. Close flushes the rest. A
// killed process loses the visits since its last flush: those of a second, while the database answers.
func (r *Room) KeepCounting(ctx context.Context) error {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			// Not cancelled with the context: an interrupted commit may have succeeded.
			within, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushWithin)
			r.noteFlush(r.Flush(within))
			cancel()
		}
	}
}

// noteFlush logs that flushes have begun to fail, or succeed again, and how many visits were lost.
func (r *Room) noteFlush(err error) {
	if failed := err != nil; failed != r.tally.failing {
		r.tally.failing = failed
		if failed {
			r.Log.Error("visits cannot be written: they are kept in memory", "err", err)
		} else {
			r.Log.Info("visits are written again")
		}
	}
	if lost := r.tally.lost.Swap(0); lost > 0 {
		r.Log.Warn("visits not counted, for want of room in memory", slog.Int64("visits", lost))
	}
}

// Close writes the visits that are still in memory. It tries until it succeeds or the context ends; then the error says
// how many were lost. Nothing may be counted after Close.
func (r *Room) Close(ctx context.Context) error {
	for {
		err := r.Flush(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d visits were not counted: %w", r.Unwritten(), err)
		case <-time.After(flushEvery):
		}
	}
}
