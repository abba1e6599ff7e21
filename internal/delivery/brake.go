package delivery

import (
	"context"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/bounce"
	"unoxuno/internal/delivery/db"
	"unoxuno/internal/storage"
)

// The limits of the brake. It stops an account if, of at least brakeLeast messages, more than one in brakeBounces was
// returned permanently or refused because the address does not exist, or more than three in brakeComplaints were
// reported as spam. Large receivers require fewer than three complaints in a thousand, and block senders to addresses
// that do not exist.
const (
	brakeLeast      = 200
	brakeBounces    = 20   // 5 %
	brakeComplaints = 1000 // 0.3 %, with the three
)

// BrakeReason is why an account was stopped; its words have the key "delivery.brake." and the BrakeReason.
type BrakeReason string

// The reasons.
const (
	BrakeBounces    BrakeReason = "bounces"
	BrakeComplaints BrakeReason = "complaints"
)

// Brake says that an account's batches are stopped.
type Brake struct {
	Account  string
	Since    time.Time
	Reason   BrakeReason
	Returned int64 // so many were returned, or refused because the address does not exist, when it was set …
	Accepted int64 // … of so many that were accepted, or refused for that reason
}

// ApplyBrakes counts what was returned to each account in the days of Policy.BrakeDays and since its brake was last
// released, and stops the accounts with too much. One node calls it now and then.
func (r *Room) ApplyBrakes(ctx context.Context) error {
	if r.settings.Policy.BrakeDays <= 0 {
		return nil
	}
	since := clock.Millis(r.clock.Now().Add(-time.Duration(r.settings.Policy.BrakeDays) * 24 * time.Hour))
	queries := db.New(r.db)
	returned, err := queries.ReturnsByAccount(ctx, since)
	if err != nil {
		return err
	}
	for _, one := range returned {
		// The limit is exceeded if fewer messages than this were sent, so counting stops there.
		reason, most := BrakeBounces, one.Returned*brakeBounces
		if one.Kind == string(bounce.Complaint) {
			reason, most = BrakeComplaints, (one.Returned*brakeComplaints+2)/3
		}
		if most <= brakeLeast {
			continue
		}
		accepted, err := queries.AcceptedSince(ctx, db.AcceptedSinceParams{
			Account: one.Account, Since: max(since, one.LiftedAt), Most: int32(min(most-one.Refused, 1<<30)),
		})
		if err != nil {
			return err
		}
		accepted += one.Refused
		if accepted < brakeLeast || accepted >= most {
			continue
		}
		if err := queries.Brake(ctx, db.BrakeParams{
			ID: storage.NewID(), Account: one.Account, Since: r.now(), Reason: string(reason), Returned: one.Returned, Accepted: accepted,
		}); err != nil {
			return err
		}
		r.log.WarnContext(ctx, "sending stands still", "account", one.Account, "reason", reason, "returned", one.Returned, "accepted", accepted)
	}
	return nil
}

// Brakes returns the active brakes, by account.
func (r *Room) Brakes(ctx context.Context, q storage.Queryer) (map[string]Brake, error) {
	rows, err := db.New(q).BrakesHolding(ctx)
	brakes := make(map[string]Brake, len(rows))
	for _, row := range rows {
		brakes[row.Account] = Brake{
			Account: row.Account, Since: clock.Time(row.Since), Reason: BrakeReason(row.Reason), Returned: row.Returned, Accepted: row.Accepted,
		}
	}
	return brakes, err
}

// Resume releases the account's brake, in the caller's transaction, and tells whether there was one. Messages returned
// so far no longer count. Call Wake after the commit.
func (r *Room) Resume(ctx context.Context, tx *storage.Tx, account string) (bool, error) {
	n, err := db.New(tx).LiftBrake(ctx, db.LiftBrakeParams{Account: account, LiftedAt: r.now(), LiftedBy: access.From(ctx).Name})
	return n > 0, err
}
