package app

import (
	"context"
	"time"

	"unoxuno/internal/periodic"
)

// Traces of erased people in the database file are removed when it disturbs least; see storage.DB.Scrub.
const (
	scrubEvery = time.Minute // how often the write-ahead log is emptied after an erasure
	scrubAt    = 4           // the hour of the town's clock at which the file is rewritten, after folding
	// smallFile is the size up to which the file may be rewritten on any night, and at once from the command line:
	// writers wait for less than a minute. A larger one is rewritten in the night to Sunday.
	smallFile = 2 << 30
)

// scrubTasks remove the traces of erasures.
func (h *house) scrubTasks() []periodic.Task {
	return []periodic.Task{
		{Name: "storage.log", Next: periodic.Every(scrubEvery), Do: func(ctx context.Context, _ time.Time) error {
			_, err := h.db.Scrub(ctx, false)
			return err
		}},
		{Name: "storage.file", Next: periodic.Daily(scrubAt, h.town.Town().Zone()), Do: func(ctx context.Context, slot time.Time) error {
			if h.db.Size() > smallFile && slot.In(h.town.Town().Zone()).Weekday() != time.Sunday {
				return nil
			}
			_, err := h.db.Scrub(ctx, true)
			return err
		}},
	}
}

// scrubOld rewrites, once, a database from the time before deleted data was overwritten. If that fails it is tried at
// the next start.
func (r *run) scrubOld(h *house) {
	old, err := h.db.NotScrubbed(r.ctx)
	if err == nil && !old {
		return
	}
	if err == nil {
		r.log.Info("the database file is written anew, once, so that nothing of erased people is left in it; a large one takes minutes",
			"megabytes", h.db.Size()>>20)
		_, err = h.db.Scrub(r.ctx, true)
	}
	if err != nil {
		r.log.Warn("the database file was not written anew, so traces of erased people may be left in it: tried again at the next start",
			"reason", r.sentence(err))
	}
}

// scrubNow removes the traces of an erasure at once, for the command line. It tells whether none is left. If a server
// answers people, the file is not rewritten now, because whoever signs up would wait for it. The server does it at night.
func (h *house) scrubNow(ctx context.Context) bool {
	attended, err := h.db.Attended()
	if err != nil {
		return false
	}
	done, err := h.db.Scrub(ctx, !attended && h.db.Size() <= smallFile)
	return err == nil && done
}
