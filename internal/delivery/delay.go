package delivery

import (
	"context"
	"math"
	"slices"
	"time"

	"unoxuno/internal/delivery/db"
)

// DelayReason is why a batch waits, or is not sent at full speed, although nothing is wrong.
type DelayReason string

// The reasons.
const (
	DelayBrake  DelayReason = "brake"  // its account is stopped
	DelayWindow DelayReason = "window" // outside its sending hours
	DelayLimits DelayReason = "limits" // some receiving domains are at their limit
	DelayRate   DelayReason = "rate"   // all relays together, or a new one, have a rate limit
)

// Delay says why a batch is slow. The zero Delay means that nothing delays it.
type Delay struct {
	Reason    DelayReason `json:"reason"`
	Until     time.Time   `json:"until,omitzero"`       // of DelayWindow: when it opens
	PerMinute int64       `json:"per_minute,omitempty"` // of DelayRate: messages
}

// Delay returns what delays the batch with this progress: the first reason that applies, by this process's plan.
func (r *Room) Delay(ctx context.Context, p Progress) (Delay, error) {
	if !p.Finished.IsZero() || p.Owed() == 0 && !p.Filling {
		return Delay{}, nil
	}
	queries := db.New(r.db)
	row, err := queries.GetBatch(ctx, p.Batch)
	if err != nil {
		return Delay{}, err
	}
	held, err := queries.IsHeld(ctx, p.Batch)
	if err != nil || held {
		return Delay{Reason: DelayBrake}, err
	}
	if opens := r.Opens(row.Account); !opens.IsZero() {
		return Delay{Reason: DelayWindow, Until: opens}, nil
	}
	if row.Channel != Email || p.Waiting == 0 {
		return Delay{}, nil
	}
	if r.limits != nil {
		limited, err := queries.WaitsForDomains(ctx, db.WaitsForDomainsParams{Batch: p.Batch, Now: r.now()})
		if err != nil || limited {
			return Delay{Reason: DelayLimits}, err
		}
	}
	if most := r.perMinute(row.Account); float64(p.Waiting) > most {
		return Delay{Reason: DelayRate, PerMinute: int64(most)}, nil
	}
	return Delay{}, nil
}

// perMinute returns how many messages of an account the plan allows a minute; infinite if it has no limit.
func (r *Room) perMinute(account string) float64 {
	plan, now := r.settings.Plan, r.clock.Now()
	most := math.Inf(1)
	if plan.PerMinute > 0 {
		most = float64(plan.PerMinute)
	}
	names, own := plan.Routes[account]
	if !own {
		names = plan.Shared()
	}
	if len(names) == 0 {
		return most
	}
	var all float64
	for _, relay := range plan.Relays {
		if slices.Contains(names, relay.Name) {
			all += relay.SlowStart.At(now)
		}
	}
	return min(most, all)
}
