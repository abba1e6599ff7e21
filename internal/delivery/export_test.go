package delivery

import (
	"context"
	"time"
)

// Step does what Run does in one round: it sends all batches that are due now.
func (r *Room) Step(ctx context.Context) error { return r.runBatches(ctx) }

// StepUntil is Step by a process that is killed when life ends: it records nothing more and gives nothing back.
func (r *Room) StepUntil(life context.Context) error { return r.workUntil(life, life, 0) }

// Wait is the retry schedule.
func Wait(first time.Duration, tries int64) (time.Duration, bool) { return wait(first, tries) }

// Envelope is the envelope sender of a message.
func (r *Room) Envelope(batch, person int64) (string, error) {
	path, err := r.envelope(batch, person)
	return path.String(), err
}
