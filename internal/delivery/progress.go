package delivery

import (
	"context"
	"time"

	"unoxuno/internal/delivery/db"
	"unoxuno/internal/delivery/email"
)

// State is the state of a message; its words have the key "delivery.state." and the State.
type State string

// The states. Messages in Waiting and Later are queued, the others are final.
const (
	Waiting    State = "waiting"    // not tried yet
	Sent       State = "sent"       // the relay accepted it
	Refused    State = "refused"    // permanently
	Later      State = "later"      // deferred, to be tried again
	Suppressed State = "suppressed" // the address is suppressed
	Withdrawn  State = "withdrawn"  // consent, or the address, was gone when it was to be sent
	Cancelled  State = "cancelled"  // cancelled before it was sent
	Kept       State = "kept"       // deferred by its origin: she gets it with something else, or on another channel
)

// ReasonCount is how many messages were refused, or deferred, for a reason.
type ReasonCount struct {
	State  State
	Reason email.Reason
	Count  int64
}

// Progress counts a batch's messages by state.
type Progress struct {
	Batch       int64
	Messages    int64
	Waiting     int64
	Sent        int64
	Refused     int64
	Later       int64
	Suppressed  int64
	Withdrawn   int64
	Cancelled   int64
	Kept        int64         // part of another batch, now or later
	Delivered   int64         // text messages that reached the telephone: part of Sent
	Undelivered int64         // text messages that the network gave up: part of Sent
	Retried     int64         // tried more than once, whatever the outcome
	Reasons     []ReasonCount // of Refused and Later
	Returns     []ReturnCount // of Sent: returned
	Filling     bool          // more messages are being added
	Finished    time.Time     // zero while messages are queued
	Delay       Delay         // what delays it, if that was asked for (Room.Delay)
}

// Owed returns how many messages may still be sent.
func (p Progress) Owed() int64 { return p.Waiting + p.Later }

// Progress counts the batch as it is now.
func (r *Room) Progress(ctx context.Context, batch int64) (Progress, error) {
	queries := db.New(r.db)
	row, err := queries.GetBatch(ctx, batch)
	if err != nil {
		return Progress{}, err
	}
	counts, err := queries.Counts(ctx, batch)
	if err != nil {
		return Progress{}, err
	}
	p := Progress{Batch: batch, Filling: batchOf(row).Filling, Finished: batchOf(row).Finished}
	for _, c := range counts {
		p.add(State(c.State), email.Reason(c.Reason), c.Messages)
		p.Retried += c.Retried
	}
	if row.Channel == SMS {
		if err := r.addReceipts(ctx, batch, &p); err != nil {
			return Progress{}, err
		}
	}
	if err := r.addReturns(ctx, batch, &p); err != nil {
		return Progress{}, err
	}
	return p, nil
}

func (p *Progress) add(s State, reason email.Reason, n int64) {
	p.Messages += n
	switch s {
	case Waiting:
		p.Waiting += n
	case Sent:
		p.Sent += n
	case Refused:
		p.Refused += n
	case Later:
		p.Later += n
	case Suppressed:
		p.Suppressed += n
	case Withdrawn:
		p.Withdrawn += n
	case Cancelled:
		p.Cancelled += n
	case Kept:
		p.Kept += n
	}
	if reason != "" && (s == Refused || s == Later) {
		p.Reasons = append(p.Reasons, ReasonCount{s, reason, n})
	}
}
