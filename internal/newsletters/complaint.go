package newsletters

import (
	"context"
	"fmt"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/storage"
)

// byComplaint is the reason with which a complaint ends a subscription.
const byComplaint = "complaint"

// Complained ends everything that the person receives, for delivery: somebody who reports one issue as spam gets no
// others.
func (r *Room) Complained(ctx context.Context, tx *storage.Tx, ref, person int64) error {
	i, n, err := anyIssue(ctx, tx, ref)
	if err != nil {
		return err
	}
	about := i.Subject()
	if n.Sensitive {
		about = "" // the log would reveal what the person receives
	}
	return r.complained(ctx, tx, about, person)
}

// complained records the person's complaint and ends everything that she receives.
func (r *Room) complained(ctx context.Context, tx *storage.Tx, about string, person int64) error {
	ctx = access.With(ctx, access.Actor{Kind: access.System, Name: "system"})
	if _, err := r.endAll(ctx, tx, person, byComplaint); err != nil {
		return err
	}
	return r.Identity.Audit(ctx, tx, "audit.complaint.noted", fmt.Sprintf("person %d", person), about)
}

// Addresses returns the mail addresses at which the person is reached now, for delivery.
func (r *Room) Addresses(ctx context.Context, q storage.Queryer, person int64) ([]string, error) {
	return db.New(q).MailAddresses(ctx, person)
}

// Sent returns the person that an unsubscribe token was sent to, and the issue or digest it came with.
func (r *Room) Sent(token string) (origin string, ref, person int64, err error) {
	if ints, err := r.Sealer.OpenAllInts(purposeLeaveDigest, token, time.Time{}); err == nil && len(ints) >= leastDigest {
		return DigestOrigin, ints[1], ints[0], nil
	}
	ints, err := r.Sealer.OpenInts(purposeUnsubscribe, token, time.Time{}, 2) // the token never expires
	if err != nil {
		return "", 0, 0, fault.Expired("newsletters.link.invalid").Because(err)
	}
	return Origin, ints[1], ints[0], nil
}
