package delivery

import (
	"context"
	"fmt"
	"slices"
	"time"

	"unoxuno/internal/delivery/db"
	"unoxuno/internal/storage"
)

// recordTries is how often the recorder tries to write before it gives up; recordPause is the growing pause in between.
// It waits longer for a database that has gone away: as long as a restart, or the promotion of a standby, takes. What
// was sent stays sent, whoever holds the chunk by then, so nobody gets a message twice because of it.
const (
	recordTries = 5
	recordPause = 200 * time.Millisecond
	recordMost  = 2 * time.Second // the longest pause
	awayFor     = time.Minute
)

// A group is written when it has halfGroup outcomes, while the other half may be in flight, or when its first outcome
// has waited for gathering: a transaction for a few messages costs as much as one for a hundred.
const (
	halfGroup = InFlight / 2
	gathering = 5 * time.Millisecond
)

// record writes outcomes in groups. If they cannot be written the worker is dead: it sends no more, keeps its tokens,
// and lets its leases expire.
func (w *worker) record() error {
	var failed error
	for first := range w.outcomes {
		group := w.gather(first)
		if failed == nil {
			if failed = w.writeTrying(group); failed != nil {
				close(w.dead)
			}
		}
		for _, o := range group {
			if failed != nil {
				o.chunk.halt()
			}
			if o.inFlight {
				<-w.inFlight
			}
			o.chunk.pending.Done()
		}
	}
	return failed
}

// gather returns first and the outcomes that come soon after it.
func (w *worker) gather(first outcome) []outcome {
	group := append(make([]outcome, 0, InFlight), first)
	enough := time.NewTimer(gathering)
	defer enough.Stop()
	for len(group) < halfGroup {
		select {
		case more, ok := <-w.outcomes:
			if !ok {
				return group
			}
			group = append(group, more)
		case <-enough.C:
			return group
		}
	}
	return group
}

func (w *worker) writeTrying(group []outcome) error {
	for try, first := 1, time.Now(); ; try++ {
		began := time.Now()
		var back []noted
		err := w.db.Tx(w.life, func(tx *storage.Tx) (err error) {
			back, err = w.write(w.life, tx, group)
			return err
		})
		if err == nil {
			w.metrics.count(group, time.Since(began))
			w.heedReturns(back)
			return nil
		}
		again := try < recordTries || storage.Lost(err) && time.Since(first) < awayFor
		if !again || w.life.Err() != nil {
			return fmt.Errorf("record outcomes: %w", err)
		}
		w.log.Warn("outcomes not recorded, trying again", "count", len(group), "error", err)
		select {
		case <-time.After(min(time.Duration(try)*recordPause, recordMost)):
		case <-w.life.Done():
		}
	}
}

// write writes a group of outcomes, chunk by chunk. If another worker holds a chunk by now, only what was sent is
// written: that is a fact. Anything else would overwrite the new holder's work. It returns the text messages whose
// returns have arrived already.
func (w *worker) write(ctx context.Context, tx *storage.Tx, group []outcome) ([]noted, error) {
	chunks := map[*chunk][]outcome{}
	for _, o := range group {
		if o.state != "" {
			chunks[o.chunk] = append(chunks[o.chunk], o)
		}
	}
	now := w.now()
	erased, err := w.holdOutcomes(ctx, tx, group)
	if err != nil {
		return nil, fmt.Errorf("hold persons: %w", err)
	}
	var told []part
	for c, outcomes := range chunks {
		if err := writeSent(ctx, tx, c.batch, outcomes, now); err != nil {
			return nil, fmt.Errorf("sent: %w", err)
		}
		for _, o := range outcomes {
			if erased[o.person] {
				continue
			}
			some, err := writeParts(ctx, tx, c.batch, o.person, o.parts, o.digest, now)
			if err != nil {
				return nil, fmt.Errorf("parts: %w", err)
			}
			told = append(told, some...)
		}
		outcomes = slices.DeleteFunc(outcomes, func(o outcome) bool { return erased[o.person] })
		if err := w.writeOthers(ctx, tx, c, outcomes, now); err != nil {
			return nil, err
		}
	}
	return w.undeliveredAll(ctx, tx, told)
}

// heedReturns carries out the consequences of text messages that were returned before they were recorded.
func (w *worker) heedReturns(back []noted) {
	for _, n := range back {
		if err := w.heedReturn(w.life, n); err != nil {
			w.log.Warn("what came back is on record, and not yet looked at", "error", err) // the next return will do it
		}
	}
}

// writeOthers writes the outcomes other than sent, if the chunk is still ours.
func (w *worker) writeOthers(ctx context.Context, tx *storage.Tx, c *chunk, group []outcome, now int64) error {
	ours := false
	for _, o := range group {
		if o.state == Sent {
			continue
		}
		if !ours {
			began := time.Now()
			var err error
			if ours, err = c.renew(ctx, tx, tx.Engine()); err != nil {
				return fmt.Errorf("renew lease: %w", err)
			}
			if !ours {
				w.metrics.lost.Inc()
				c.halt()
				return nil
			}
			c.trust(began)
		}
		if o.aside != nil {
			if err := o.aside(ctx, tx); err != nil {
				return fmt.Errorf("put aside: %w", err)
			}
		}
		if err := db.New(tx).Settle(ctx, db.SettleParams{
			Batch: c.batch, Person: o.person, State: string(o.state), Reason: string(o.reason), Code: int64(o.code),
			Attempts: o.attempts, NextAt: o.nextAt, Changed: now,
		}); err != nil {
			return fmt.Errorf("settle: %w", err)
		}
		if o.gone {
			if err := noteGone(ctx, tx, c.batch, o, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeSent marks the messages of the group that the relay accepted, in one statement. Sent overrides every other
// state, even a cancellation: the mail has left.
func writeSent(ctx context.Context, tx *storage.Tx, batch int64, group []outcome, now int64) error {
	sent := make([]int64, 0, len(group))
	for _, o := range group {
		if o.state == Sent {
			sent = append(sent, o.person)
		}
	}
	if len(sent) == 0 {
		return nil
	}
	slices.Sort(sent) // in the order of the ledger
	var query storage.Builder
	query.Add("UPDATE delivery_message SET state = 'sent', reason = '', code = 0, attempts = attempts + 1, changed = ?", now)
	query.Add(" WHERE batch = ? AND state <> 'sent' AND person", batch)
	tx.Engine().InFew(&query, sent)
	_, err := tx.ExecContext(ctx, query.SQL(), query.Args()...)
	return err
}
