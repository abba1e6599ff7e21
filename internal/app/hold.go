package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"unoxuno/internal/delivery"
	"unoxuno/internal/fault"
	"unoxuno/internal/journal"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/storage"
)

// The beat of the database grows while the program runs, and is kept in a file of the data folder, too. When the file's
// is ahead, the database is an older copy, put back by restore, by hand or by pg_restore: what was due waits for a person.

// beatFile is the file's name in the data folder.
const beatFile = "unoxuno.beat"

// beatEvery is how often the beat grows while the program runs: a younger copy is not noticed at a start.
const beatEvery = time.Minute

func (r *run) beatPath() string { return filepath.Join(r.config.Data, beatFile) }

// notedBeat returns the beat in the file; 0 if there is none yet.
func (r *run) notedBeat() (int64, error) {
	text, err := os.ReadFile(r.beatPath())
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fault.Unavailable("app.data_folder", "Folder", r.config.Data).Because(err)
	}
	beat, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		r.log.Warn("the beat cannot be read: an older copy of the database would not be noticed at this start", "file", r.beatPath())
		return 0, nil //nolint:nilerr // reported above: starting without this check is better than not starting
	}
	return beat, nil
}

// noteBeat writes the beat to the file atomically.
func (r *run) noteBeat(beat int64) error {
	if err := os.MkdirAll(r.config.Data, ownFolder); err != nil {
		return err
	}
	part, err := os.CreateTemp(r.config.Data, "."+beatFile+"-*")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(part, beat)
	if err = errors.Join(err, part.Sync(), part.Close()); err == nil {
		err = os.Rename(part.Name(), r.beatPath())
	}
	if err != nil {
		_ = os.Remove(part.Name())
	}
	return err
}

// beat raises the beat in the database and then writes it to the file, which is therefore never ahead of its database.
func (r *run) beat(ctx context.Context, h *house, above int64) error {
	beat, err := h.delivery.Beat(ctx, above)
	if err != nil {
		return err
	}
	return r.noteBeat(beat)
}

// noticeOlderCopy holds what was due when the database is an older copy, and does again what was taken from people since
// the copy was made. A process that does not stay looks at the beat alone: the journal may be long.
func (r *run) noticeOlderCopy(h *house) error {
	noted, err := r.notedBeat()
	if err != nil {
		return err
	}
	has, err := h.delivery.LastBeat(r.ctx)
	if err != nil || noted <= has && !r.stays {
		return err
	}
	missing, err := h.journal.Missing(r.ctx)
	if err != nil {
		return err
	}
	if noted <= has && missing.Committed() == 0 {
		return errors.Join(h.journal.Settle(missing), h.journal.Prune())
	}
	_, err = r.catchUp(h, noted, missing)
	return err
}

// catchUp makes an older copy of the database usable.
func (r *run) catchUp(h *house, noted int64, missing journal.Missing) (again again, err error) {
	if held, err := h.delivery.Held(r.ctx, h.db); err != nil {
		return again, err
	} else if held.IsZero() || noted > 0 {
		if err := r.hold(h, noted); err != nil {
			return again, err
		}
	}
	if again, err = r.takeAgain(h, missing); err != nil {
		return again, err
	}
	owed, err := r.owed(h)
	if err == nil {
		r.log.Warn("this database is an older copy of the one that was used last: what was due until now is not sent"+
			" until you say `unoxuno hold release`", "sendings", owed.Batches, "messages", owed.Messages, "single", owed.Notes,
			"scheduled", owed.Scheduled, "digests", owed.Digests, "erased_again", again.erased, "left_again", again.left)
	}
	return again, err
}

// hold keeps back what was due until now, and brings database and file to one beat.
func (r *run) hold(h *house, noted int64) error {
	err := h.db.Tx(r.ctx, func(tx *storage.Tx) error {
		if _, err := h.delivery.Hold(r.ctx, tx); err != nil {
			return err
		}
		return h.identity.Audit(r.ctx, tx, "audit.hold.began", "", "")
	})
	if err != nil {
		return err
	}
	return r.beat(r.ctx, h, noted)
}

// keepBeating raises the beat until ctx ends.
func (r *run) keepBeating(ctx context.Context, h *house) error {
	ticker := time.NewTicker(beatEvery)
	defer ticker.Stop()
	for {
		if err := r.beatOrNotice(ctx, h); err != nil && ctx.Err() == nil {
			r.log.Warn("the beat was not noted", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// beatOrNotice raises the beat, unless an older copy was put in the database's place while the program runs.
func (r *run) beatOrNotice(ctx context.Context, h *house) error {
	noted, err := r.notedBeat()
	if err != nil {
		return err
	}
	has, err := h.delivery.LastBeat(ctx)
	if err != nil {
		return err
	}
	if noted > has {
		return r.noticeOlderCopy(h)
	}
	return r.beat(ctx, h, 0)
}

type holdCmd struct {
	Show    holdShowCmd    `cmd:"" default:"1" help:"Say whether something is kept back, and what."`
	Release holdReleaseCmd `cmd:"" help:"Let go of what is kept back since an older copy of the database was put back."`
}

type holdShowCmd struct{}

// Run says what is held.
func (holdShowCmd) Run(r *run) error {
	h, err := r.openHouse()
	if err != nil {
		return err
	}
	defer h.close(r)
	held, err := h.delivery.Held(r.ctx, h.db)
	if err != nil {
		return err
	}
	if held.IsZero() {
		r.tell("app.hold.none")
		return nil
	}
	owed, err := r.owed(h)
	if err == nil {
		r.tellHeld(owed)
	}
	return err
}

// heldBack is what a hold holds back.
type heldBack struct {
	delivery.Owed
	newsletters.Upcoming
}

func (r *run) owed(h *house) (o heldBack, err error) {
	if o.Owed, err = h.delivery.Owed(r.ctx, h.db); err != nil {
		return o, err
	}
	o.Upcoming, err = h.newsletters.Upcoming(r.ctx)
	return o, err
}

func (r *run) tellHeld(o heldBack) {
	r.tell("app.hold.held", "Sendings", o.Batches, "Messages", o.Messages, "Single", o.Notes, "Scheduled", o.Scheduled, "Digests", o.Digests)
}

type holdReleaseCmd struct{}

// Run releases what is held.
func (holdReleaseCmd) Run(r *run) error {
	h, err := r.openHouse()
	if err != nil {
		return err
	}
	defer h.close(r)
	err = h.db.Tx(r.ctx, func(tx *storage.Tx) error {
		was, err := h.delivery.Release(r.ctx, tx)
		if err != nil {
			return err
		}
		if !was {
			return fault.Conflict("app.hold.none")
		}
		return h.identity.Audit(r.ctx, tx, "audit.hold.released", "", "")
	})
	if err == nil {
		r.tell("app.hold.released")
	}
	return err
}
