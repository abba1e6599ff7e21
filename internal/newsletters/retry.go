package newsletters

import (
	"context"
	"fmt"

	"unoxuno/internal/access"
	"unoxuno/internal/delivery"
	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/storage"
)

// Retryable is what Retry would try again of an issue now; nothing where Retry would fail. It asks access.SendIssues.
func (r *Room) Retryable(ctx context.Context, id int64) (delivery.Retried, error) {
	var again delivery.Retried
	i, _, err := issueFor(ctx, r.DB, id, access.SendIssues)
	if err != nil || !i.retryable() {
		return again, err
	}
	batches, err := r.batches(ctx, r.DB, id)
	if err != nil {
		return again, err
	}
	for _, b := range batches {
		some, err := r.Delivery.Retryable(ctx, r.DB, b.ID)
		if err != nil {
			return again, err
		}
		again.Later, again.Refused = again.Later+some.Later, again.Refused+some.Refused
	}
	return again, nil
}

// retryable tells whether what failed of the issue may be tried again at all.
func (i Issue) retryable() bool { return !i.Archived && (i.State == Sending || i.State == Sent) }

// Retry tries again what failed of an issue: what was put off is due at once, and what was refused for a reason that may
// have passed is owed again. Nobody gets an issue twice. It asks access.SendIssues, and fails with the fault
// newsletters.issue.not_retryable for an issue that was never sent, or was cancelled.
func (r *Room) Retry(ctx context.Context, id int64) (delivery.Retried, error) {
	var again delivery.Retried
	err := r.DB.Tx(ctx, func(tx *storage.Tx) error {
		again = delivery.Retried{}
		i, _, err := issueFor(ctx, tx, id, access.SendIssues)
		if err != nil {
			return err
		}
		if !i.retryable() {
			return fault.Conflict("newsletters.issue.not_retryable")
		}
		batches, err := r.batches(ctx, tx, id)
		if err != nil {
			return err
		}
		for _, b := range batches {
			some, err := r.Delivery.Retry(ctx, tx, b.ID)
			if err != nil {
				return err
			}
			again.Later, again.Refused = again.Later+some.Later, again.Refused+some.Refused
		}
		if again == (delivery.Retried{}) {
			return nil
		}
		if err := db.New(tx).ReopenIssue(ctx, id); err != nil {
			return err
		}
		return r.Identity.Audit(ctx, tx, "audit.issue.retried", i.Subject(), fmt.Sprint(again.Later+again.Refused))
	})
	if err == nil {
		r.Delivery.Wake()
	}
	return again, err
}
