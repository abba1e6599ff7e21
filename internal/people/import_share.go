package people

import (
	"context"
	"time"

	"unoxuno/internal/storage"
)

// Beside a server that answers people a chunk is written in parts, each of as many rows as take about so long: somebody
// who wants to write waits for one part at most. Alone, a chunk is one transaction.
const (
	partTime     = 30 * time.Millisecond
	smallestPart = 50 // rows
)

// store merges a chunk into the database.
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

// parts cuts a chunk; how long the next part is may change while the last is written.
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

// adapt lets the next part be as long as takes partTime, and at most twice as long as the last: the first rows of an
// import are the quickest.
func (run *importRun) adapt(rows int, took time.Duration) {
	fitting := int(int64(rows) * int64(partTime) / max(int64(took), 1))
	run.part = max(smallestPart, min(fitting, 2*run.part, run.chunk))
}

// storePart merges entries in one transaction.
func (run *importRun) storePart(ctx context.Context, entries []entry) (done outcome, err error) {
	once := func() error {
		return run.people.db.Tx(ctx, func(tx *storage.Tx) (err error) {
			done, err = run.take(ctx, tx, chunk{entries: entries})
			return err
		})
	}
	err = once()
	if storage.IsUnique(err) {
		doubt(entries) // somebody else has got one of these addresses by now: look again
		err = once()
	}
	return done, err
}

// and is the outcome of two parts.
func (o outcome) and(more outcome) outcome {
	return outcome{
		entries: o.entries + more.entries, created: o.created + more.created, updated: o.updated + more.updated,
		unchanged: o.unchanged + more.unchanged, rejects: append(o.rejects, more.rejects...), warnings: append(o.warnings, more.warnings...),
	}
}
