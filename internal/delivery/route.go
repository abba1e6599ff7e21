package delivery

import (
	"context"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/time/rate"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/delivery/routing"
)

// routes are the ways that mail takes: which relays, and which signature.
type routes struct {
	names   []string      // of the relays
	pools   []*email.Pool // to each
	all     *email.Fleet
	shared  *email.Fleet            // of accounts without their own relays, and of notes
	own     map[string]*email.Fleet // by account
	signers map[string]*email.Signer
}

// newRoutes returns the routes of the settings. Without relays in the plan there is one, that of SMTPURL.
func newRoutes(s Settings, c clock.Clock) (*routes, error) {
	plan := s.Plan
	if len(plan.Relays) == 0 {
		plan.Relays = []routing.Relay{{URL: s.SMTPURL, Weight: 1, Conns: s.Conns}}
	}
	signatures, err := loadKeys(plan.Keys)
	if err != nil {
		return nil, err
	}
	r := &routes{own: map[string]*email.Fleet{}}
	if r.signers, err = signersOf(signatures); err != nil {
		return nil, err
	}
	if err := r.openPools(s, plan, c); err != nil {
		return nil, err
	}
	fleet := func(names []string) *email.Fleet {
		var pools []*email.Pool
		var weights []int
		for i, relay := range plan.Relays {
			if slices.Contains(names, relay.Name) {
				pools, weights = append(pools, r.pools[i]), append(weights, relay.Weight)
			}
		}
		return email.FleetOf(pools, weights)
	}
	r.all, r.shared = fleet(r.names), fleet(plan.Shared())
	for account, names := range plan.Routes {
		if account != routing.Default {
			r.own[account] = fleet(names)
		}
	}
	return r, nil
}

func (r *routes) openPools(s Settings, plan routing.Plan, c clock.Clock) error {
	var brake *rate.Limiter
	if plan.PerMinute > 0 {
		brake = rate.NewLimiter(rate.Limit(plan.PerMinute)/60, 1)
	}
	weights := 0
	for _, relay := range plan.Relays {
		weights += relay.Weight
	}
	for _, one := range plan.Relays {
		relay, err := email.ParseRelay(one.URL, email.RelayOptions{Hello: s.Domain, TLS: s.TLS, LockStep: one.LockStep})
		if err != nil {
			return err
		}
		conns := one.Conns
		if conns == 0 {
			conns = max(1, (s.Conns*one.Weight+weights/2)/weights)
		}
		r.names = append(r.names, one.Name)
		r.pools = append(r.pools, email.NewPoolWith(relay, email.PoolOptions{
			Conns: conns, Cool: s.RetryFirst, MaxMessages: one.MaxMessages, MaxAge: one.MaxAge, Ramp: one.SlowStart, Brake: brake,
		}, c))
	}
	return nil
}

// of returns the relays of an account.
func (r *routes) of(account string) *email.Fleet {
	if f, ok := r.own[account]; ok {
		return f
	}
	return r.shared
}

// signer returns the signer for a domain in From: the domain's own, or that of the nearest parent domain, which DMARC
// treats as aligned (RFC 7489 §3.1.1). It returns nil if there is none.
func (r *routes) signer(domain string) *email.Signer {
	for len(r.signers) > 0 && domain != "" {
		if s, ok := r.signers[domain]; ok {
			return s
		}
		_, domain, _ = strings.Cut(domain, ".")
	}
	return nil
}

// lane is the messages with the same relays and the same signature.
type lane struct {
	relays *email.Fleet
	signer *email.Signer // nil: none
}

// lanes returns all possible lanes, each with the channel of its jobs.
func (r *routes) lanes() map[lane]chan email.Job {
	lanes := map[lane]chan email.Job{}
	fleets := []*email.Fleet{r.shared}
	for _, f := range r.own {
		fleets = append(fleets, f)
	}
	for _, f := range fleets {
		lanes[lane{f, nil}] = make(chan email.Job, jobsAhead)
		for _, s := range r.signers {
			lanes[lane{f, s}] = make(chan email.Job, jobsAhead)
		}
	}
	return lanes
}

// carry gives the lane's jobs to its relays until the channel is closed. When stop ends, the remaining jobs are marked
// as not sent.
func (l lane) carry(stop, cut context.Context, jobs <-chan email.Job) {
	ready := jobs
	if l.signer != nil {
		ready = l.signer.Ahead(stop, jobs, runtime.GOMAXPROCS(0))
	}
	l.relays.Stream(stop, cut, ready)
	for left := range ready {
		left.Done(context.Canceled)
	}
	for left := range jobs { // not signed yet
		left.Done(context.Canceled)
	}
}

// RelayState is the state of one relay, as this process sees it.
type RelayState struct {
	Name string // the plan's name; "" is the relay of SMTPURL
	email.Health
}

// Relay returns the state of all relays together: up if one is.
func (r *Room) Relay() email.Health { return r.routes.all.Health() }

// Relays returns the state of each relay.
func (r *Room) Relays() []RelayState {
	all := make([]RelayState, len(r.routes.pools))
	for i, pool := range r.routes.pools {
		all[i] = RelayState{r.routes.names[i], pool.Health()}
	}
	return all
}

// CheckRelays connects to each relay. It returns, in the order of Relays, why each cannot accept mail: nil, or the
// fault delivery.relay.unreachable.
func (r *Room) CheckRelays(ctx context.Context) []error {
	all := make([]error, len(r.routes.pools))
	for i, pool := range r.routes.pools {
		all[i] = relayFault(pool.Check(ctx))
	}
	return all
}
