package app

import (
	"context"
	"time"

	"unoxuno/internal/periodic"
)

// What stays of erased people in the database's file is removed when it disturbs least; see storage.DB.Scrub.
const (
	scrubEvery = time.Minute // how often the write-ahead log is emptied after an erasure
	scrubAt    = 4           // the hour of the town's clock at which the file is written anew, after the old batches' folding
	// smallFile is up to which size the file may be written anew on any night, and at once from the command line: those
	// who write wait for less than a minute. A larger one is written anew in the night to Sunday.
	smallFile = 2 << 30
)

// scrubTasks remove what erasures left behind.
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

// scrubOld writes a database anew, once, that is from the time before deleted data was overwritten. When that cannot be
// done now it is tried at the next start.
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

// scrubNow removes at once what the erasure just made left behind, for the command line. It tells whether nothing is left.
func (h *house) scrubNow(ctx context.Context) bool {
	done, err := h.db.Scrub(ctx, h.db.Size() <= smallFile)
	return err == nil && done
}
