package delivery

import (
	"context"
	"errors"
	"time"

	"unoxuno/internal/delivery/db"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/storage"
)

// Step does one round of Run: it sends all batches that are due now.
func (r *Room) Step(ctx context.Context) error { return r.runBatches(ctx) }

// StepUntil is Step in a process that is killed when life ends: it records nothing more and returns no lease.
func (r *Room) StepUntil(life context.Context) error { return r.workUntil(life, life, 0) }

// Wait is the retry schedule.
func Wait(first time.Duration, tries int64) (time.Duration, bool) { return wait(first, tries) }

// EnvelopeTo is the envelope sender of a message that goes to the address.
func (r *Room) EnvelopeTo(batch, person int64, address string) string {
	path, _ := email.ParsePath(address)
	return r.envelope(batch, person, r.digestOf(path.String())).String()
}

// Polled returns the statements that an idle room runs each second, with their arguments.
func Polled(engine storage.Engine) map[string][]any {
	return map[string][]any{
		toFill(engine): {int64(Everybody), int64(0), int64(0)}, toClaim(engine): {int64(1), int64(0)}, toSend(engine): {int64(1), 20},
	}
}

// PollThrough runs the room's other statements of each second through q.
func PollThrough(ctx context.Context, q db.DBTX) error {
	queries := db.New(q)
	_, due := queries.AnyDue(ctx, 1)
	_, filling := queries.AnyToFill(ctx)
	_, ended := queries.BatchesToFinish(ctx)
	_, notes := queries.AnyNoteDue(ctx, 1)
	return errors.Join(due, filling, ended, notes)
}
