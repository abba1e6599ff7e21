package delivery

import (
	"context"
	"time"

	"unoxuno/internal/delivery/email"
)

// Step does what Run does in one round: it sends all batches that are due now.
func (r *Room) Step(ctx context.Context) error { return r.runBatches(ctx) }

// StepUntil is Step by a process that is killed when life ends: it records nothing more and gives nothing back.
func (r *Room) StepUntil(life context.Context) error { return r.workUntil(life, life, 0) }

// Wait is the retry schedule.
func Wait(first time.Duration, tries int64) (time.Duration, bool) { return wait(first, tries) }

// EnvelopeTo is the envelope sender of a message that goes to the address.
func (r *Room) EnvelopeTo(batch, person int64, address string) string {
	path, _ := email.ParsePath(address)
	return r.envelope(batch, person, path).String()
}
