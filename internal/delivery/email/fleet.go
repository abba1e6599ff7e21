package email

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"unoxuno/internal/clock"
)

// Member is a relay of a Fleet.
type Member struct {
	Relay  *Relay
	Weight int  // its share of the connections, beside the weights of the others; 0 is 1
	Ramp   Ramp // its own slow start
}

// Fleet is several relays that share the work. Each has connections after its weight; the next message goes to whichever
// connection is ready first, so a relay that is slow carries less than its share, and one that is down nothing: the
// others take over.
//
// A Fleet is used like a Pool, and a fleet of one is a Pool. Where newsrooms have relays of their own, each has its own
// Fleet.
type Fleet struct {
	pools []*Pool
	turns []int // an index into pools for each unit of weight
	turn  atomic.Uint64
}

// NewFleet makes a fleet; one without members is like one whose only relay is the empty address. o.Conns is the number of
// connections to all of them together, but each has one at least; o.Ramp is not used.
func NewFleet(members []Member, o PoolOptions, c clock.Clock) *Fleet {
	f := &Fleet{}
	if len(members) == 0 {
		members = []Member{{Relay: &Relay{}}}
	}
	weights := make([]int, len(members))
	for i, m := range members {
		weights[i] = max(m.Weight, 1)
		for range weights[i] {
			f.turns = append(f.turns, i)
		}
	}
	if o.Conns <= 0 {
		o.Conns = defaultConns
	}
	for i, m := range members {
		one := o
		one.Ramp, one.Conns = m.Ramp, max(1, (o.Conns*weights[i]+len(f.turns)/2)/len(f.turns))
		f.pools = append(f.pools, NewPoolWith(m.Relay, one, c))
	}
	return f
}

// FleetOf makes a fleet of pools with their weights. A pool may belong to several fleets: they share its connections and
// its limits.
func FleetOf(pools []*Pool, weights []int) *Fleet {
	f := &Fleet{pools: pools}
	for i := range pools {
		for range max(weights[i], 1) {
			f.turns = append(f.turns, i)
		}
	}
	return f
}

// Stream is as [Pool.Stream].
func (f *Fleet) Stream(stop, cut context.Context, jobs <-chan Job) {
	newStream(stop, cut, jobs, f.pools...).run()
}

// Send is as [Pool.Send]; the relays take turns after their weights.
func (f *Fleet) Send(ctx context.Context, from, to Path, message []byte) error {
	first := f.turns[int(f.turn.Add(1)%uint64(len(f.turns)))]
	var err error
	for i := range f.pools {
		err = f.pools[(first+i)%len(f.pools)].Send(ctx, from, to, message)
		var down *Unreachable
		if !errors.As(err, &down) {
			return err
		}
	}
	return err
}

// Check is as [Pool.Check], of every relay.
func (f *Fleet) Check(ctx context.Context) error {
	var all []error
	for _, p := range f.pools {
		all = append(all, p.Check(ctx))
	}
	return errors.Join(all...)
}

// Retry is as [Pool.Retry].
func (f *Fleet) Retry() { f.each((*Pool).Retry) }

// Idle is as [Pool.Idle].
func (f *Fleet) Idle() { f.each((*Pool).Idle) }

// Close is as [Pool.Close].
func (f *Fleet) Close() { f.each((*Pool).Close) }

func (f *Fleet) each(do func(*Pool)) {
	for _, p := range f.pools {
		do(p)
	}
}

// Members is how it goes with each relay.
func (f *Fleet) Members() []Health {
	all := make([]Health, len(f.pools))
	for i, p := range f.pools {
		all[i] = p.Health()
	}
	return all
}

// Health is how it goes with the fleet: it is up while one relay is, down since the last of them is, and tried again
// when the first of them is.
func (f *Fleet) Health() Health {
	members := f.Members()
	whole := members[0]
	addresses, troubles := []string{whole.Address}, []string{whole.Trouble}
	for _, m := range members[1:] {
		whole.Configured = whole.Configured || m.Configured
		whole.Conns, whole.Limit = whole.Conns+m.Conns, whole.Limit+m.Limit
		if m.Since.After(whole.Since) {
			whole.Since = m.Since
		}
		if m.RetryAt.Before(whole.RetryAt) {
			whole.RetryAt = m.RetryAt
		}
		whole.Up = whole.Up || m.Up
		addresses, troubles = append(addresses, m.Address), append(troubles, m.Trouble)
	}
	if whole.Up {
		whole.Since, whole.RetryAt = time.Time{}, time.Time{}
	}
	whole.Address = strings.Join(addresses, ", ")
	troubles = slices.DeleteFunc(troubles, func(t string) bool { return t == "" })
	whole.Trouble = strings.Join(troubles, "; ")
	return whole
}
