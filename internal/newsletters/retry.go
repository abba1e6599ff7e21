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

// Retryable returns what Retry would try again now; nothing if Retry would fail. It asks access.SendIssues.
func (r *Room) Retryable(ctx context.Context, id int64) (delivery.Retried, error) {
	var none delivery.Retried
	i, _, err := anyIssueFor(ctx, r.DB, id, access.SendIssues)
	if err != nil || !i.retryable() {
		return none, err
	}
	own, inDigests, err := r.sendingsOf(ctx, r.DB, id)
	if err != nil {
		return none, err
	}
	return sumOf(append(own, inDigests...), func(s sending) (delivery.Retried, error) {
		return r.Delivery.Retryable(ctx, r.DB, s.batch, s.among)
	})
}

// retryable tells whether failed messages of the issue may be tried again at all.
func (i Issue) retryable() bool { return !i.Archived && (i.State == Sending || i.State == Sent) }

// Retry tries an issue's failed messages again, alone and in digests: deferred messages are due at once, and messages
// refused for a reason that may have passed are queued again. A mail of a digest goes with all issues that it held.
// Nobody gets an issue twice. It asks access.SendIssues. Faults: newsletters.issue.not_retryable for an issue that was
// never sent or was cancelled, and delivery.retry.folded if only numbers of it are kept.
func (r *Room) Retry(ctx context.Context, id int64) (delivery.Retried, error) {
	var again delivery.Retried
	err := r.DB.Tx(ctx, func(tx *storage.Tx) error {
		i, _, err := anyIssueFor(ctx, tx, id, access.SendIssues)
		if err != nil {
			return err
		}
		if !i.retryable() {
			return fault.Conflict("newsletters.issue.not_retryable")
		}
		if again, err = r.retrySendings(ctx, tx, id); err != nil || again == (delivery.Retried{}) {
			return err
		}
		return r.Identity.Audit(ctx, tx, "audit.issue.retried", i.Subject(), fmt.Sprint(again.Later+again.Refused))
	})
	if err == nil {
		r.Delivery.Wake()
	}
	return again, err
}

// retrySendings queues failed messages again and marks every issue in them as being sent. It holds all batches before
// any issue, as does the code that finishes a batch.
func (r *Room) retrySendings(ctx context.Context, tx *storage.Tx, id int64) (again delivery.Retried, err error) {
	own, inDigests, err := r.sendingsOf(ctx, tx, id)
	if err != nil {
		return again, err
	}
	if len(own)+len(inDigests) == 0 {
		return again, fault.Conflict("delivery.retry.folded")
	}
	retry := func(s sending) (delivery.Retried, error) { return r.Delivery.Retry(ctx, tx, s.batch, s.among) }
	again, err = sumOf(own, retry)
	if err != nil {
		return again, err
	}
	digested, err := sumOf(inDigests, retry)
	again.Later, again.Refused = again.Later+digested.Later, again.Refused+digested.Refused
	if err != nil || again == (delivery.Retried{}) {
		return again, err
	}
	queries := db.New(tx)
	if digested.Refused > 0 { // otherwise no digest owes more than before
		for _, s := range inDigests {
			if err := queries.ReopenDigested(ctx, s.digest); err != nil {
				return again, err
			}
		}
	}
	return again, queries.ReopenIssue(ctx, id)
}

// sending is a batch that sends an issue.
type sending struct {
	batch  int64
	digest int64            // the digest of the batch; 0 for the issue's own batch
	among  *storage.Builder // SELECTs the persons who get the issue in it; nil means all
}

// sendingsOf returns the issue's own batches, and those of the digests that hold it, except folded ones.
func (r *Room) sendingsOf(ctx context.Context, q storage.Queryer, id int64) (own, inDigests []sending, err error) {
	batches, err := r.batches(ctx, q, id)
	if err != nil {
		return nil, nil, err
	}
	for _, b := range batches {
		if b.Folded.IsZero() {
			own = append(own, sending{batch: b.ID})
		}
	}
	digests, err := db.New(q).DigestsWith(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	for _, digest := range digests {
		batch, found, err := r.Delivery.Find(ctx, q, DigestOrigin, digest, string(people.Email))
		if err != nil {
			return nil, nil, err
		}
		if found && batch.Folded.IsZero() {
			var among storage.Builder
			among.Add("SELECT k.person_id FROM newsletters_kept k WHERE k.issue = ? AND k.digest = ?", id, digest)
			inDigests = append(inDigests, sending{batch.ID, digest, &among})
		}
	}
	return own, inDigests, nil
}

// sumOf adds up the results of retry for all sendings.
func sumOf(sendings []sending, retry func(sending) (delivery.Retried, error)) (all delivery.Retried, err error) {
	for _, s := range sendings {
		one, err := retry(s)
		if err != nil {
			return all, err
		}
		all.Later, all.Refused = all.Later+one.Later, all.Refused+one.Refused
	}
	return all, nil
}
