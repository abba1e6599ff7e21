package people

import (
	"context"
	"time"

	"unoxuno/internal/storage"
)

// Beside a server a chunk is written in parts, each with as many rows as fit into partTime. Other writers then wait for
// one part at most. Without a server a chunk is one transaction.
const (
	partTime     = 30 * time.Millisecond
	smallestPart = 50 // rows
)

// store imports a chunk.
func (run *importRun) store(ctx context.Context, c chunk) (done outcome, err error) {
	attended, err := run.people.db.Attended()
	if err != nil {
		return outcome{}, err
	}
	for part := range run.parts(c.entries, attended) {
		began := time.Now()
		more, err := run.storePart(ctx, part)
		if err != nil {
			return done, err
		}
		done = done.and(more)
		if attended {
			run.adapt(len(part), time.Since(began))
		}
	}
	return done, nil
}

// parts cuts a chunk into parts. The length of the next part may change while the last one is written.
func (run *importRun) parts(entries []entry, attended bool) func(yield func([]entry) bool) {
	return func(yield func([]entry) bool) {
		for len(entries) > 0 {
			n := len(entries)
			if attended {
				n = min(n, run.part)
			}
			if !yield(entries[:n]) {
				return
			}
			entries = entries[n:]
		}
	}
}

// adapt sets the length of the next part to what fits into partTime, but at most twice the last length: the first rows
// of an import are the fastest.
func (run *importRun) adapt(rows int, took time.Duration) {
	fitting := int(int64(rows) * int64(partTime) / max(int64(took), 1))
	run.part = max(smallestPart, min(fitting, 2*run.part, run.chunk))
}

// storePart imports entries in one transaction.
func (run *importRun) storePart(ctx context.Context, entries []entry) (done outcome, err error) {
	once := func() error {
		return run.people.db.Tx(ctx, func(tx *storage.Tx) (err error) {
			done, err = run.take(ctx, tx, chunk{entries: entries})
			return err
		})
	}
	err = once()
	if storage.IsUnique(err) {
		doubt(entries) // somebody else has got one of these addresses meanwhile: look them all up
		err = once()
	}
	return done, err
}

// and returns the outcome of two parts.
func (o outcome) and(more outcome) outcome {
	return outcome{
		entries: o.entries + more.entries, created: o.created + more.created, updated: o.updated + more.updated,
		unchanged: o.unchanged + more.unchanged, rejects: append(o.rejects, more.rejects...), warnings: append(o.warnings, more.warnings...),
	}
}
