package newsletters

import (
	"context"
	"fmt"

	"unoxuno/internal/access"
	"unoxuno/internal/delivery"
	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// Retry tries again what failed of an issue, on its own and in digests: what was put off is due at once, and what was
// refused for a reason that may have passed is owed again. A mail of a digest goes with all the issues that it held.
// Nobody gets an issue twice. It asks access.SendIssues, and fails with the fault
// newsletters.issue.not_retryable for an issue that was never sent, or was cancelled.
func (r *Room) Retry(ctx context.Context, id int64) (delivery.Retried, error) {
	var again delivery.Retried
	err := r.DB.Tx(ctx, func(tx *storage.Tx) error {
		again = delivery.Retried{}
		i, _, err := issueFor(ctx, tx, id, access.SendIssues)
		if err != nil {
			return err
		}
		if i.Archived || i.State != Sending && i.State != Sent {
			return fault.Conflict("newsletters.issue.not_retryable")
		}
		own, err := r.retryOwn(ctx, tx, id)
		if err != nil {
			return err
		}
		digested, err := r.retryDigested(ctx, tx, id)
		if err != nil {
			return err
		}
		again = delivery.Retried{Later: own.Later + digested.Later, Refused: own.Refused + digested.Refused}
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

// retryOwn tries again what failed of the issue's own sendings.
func (r *Room) retryOwn(ctx context.Context, tx *storage.Tx, id int64) (again delivery.Retried, err error) {
	batches, err := r.batches(ctx, tx, id)
	if err != nil {
		return again, err
	}
	for _, b := range batches {
		some, err := r.Delivery.Retry(ctx, tx, b.ID)
		if err != nil {
			return again, err
		}
		again.Later, again.Refused = again.Later+some.Later, again.Refused+some.Refused
	}
	return again, nil
}

// retryDigested tries again the mails of digests that hold the issue and failed; the other issues in them are owed again
// too. All batches are held before any issue, as where a batch finishes.
func (r *Room) retryDigested(ctx context.Context, tx *storage.Tx, id int64) (again delivery.Retried, err error) {
	queries := db.New(tx)
	digests, err := queries.DigestsWith(ctx, id)
	if err != nil {
		return again, err
	}
	for _, digest := range digests {
		batch, found, err := r.Delivery.Find(ctx, tx, DigestOrigin, digest, string(people.Email))
		if err != nil {
			return again, err
		}
		if !found {
			continue
		}
		var among storage.Builder
		among.Add("SELECT k.person_id FROM newsletters_kept k WHERE k.issue = ? AND k.digest = ?", id, digest)
		some, err := r.Delivery.RetryAmong(ctx, tx, batch.ID, &among)
		if err != nil {
			return again, err
		}
		again.Later, again.Refused = again.Later+some.Later, again.Refused+some.Refused
	}
	if again.Refused == 0 { // else nobody is owed more than before
		return again, nil
	}
	for _, digest := range digests {
		if err := queries.ReopenDigested(ctx, digest); err != nil {
			return again, err
		}
	}
	return again, nil
}
