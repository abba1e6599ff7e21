package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"slices"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/bounce"
	"unoxuno/internal/delivery/db"
	"unoxuno/internal/storage"
)

// LedgerMonths returns for how many months after a batch was finished the ledger says who got what; 0 is for ever.
func (r *Room) LedgerMonths() int { return r.settings.LedgerMonths }

// Fold turns the messages of each batch that was finished LedgerMonths ago into numbers. First such batches are closed
// for good, then their rows are deleted, a range of persons in each transaction. What is shown of a batch stays the
// same before, during and after. If it is interrupted, the next call continues; if two nodes call it at once, each row
// is counted once. A batch with a recent return waits while the policy needs the return. A wrong clock neither hastens
// nor stops folding (retention_clock.go). A batch that cannot be folded does not stop the others. Notes of that age, of
// which no numbers are kept, are deleted with their returns.
func (r *Room) Fold(ctx context.Context) error {
	if r.settings.LedgerMonths <= 0 {
		return nil
	}
	now, believed, err := r.foldingTime(ctx)
	if err != nil {
		return fmt.Errorf("the time of folding: %w", err)
	}
	if !believed {
		return nil
	}
	if err := r.mendTimes(ctx); err != nil {
		return err
	}
	queries := db.New(r.db)
	heeded := now.AddDate(0, 0, -max(r.settings.Policy.SoftDays, r.settings.Policy.BrakeDays))
	before := now.AddDate(0, -r.settings.LedgerMonths, 0)
	if heeded.Before(before) {
		before = heeded
	}
	closed, err := queries.CloseBatches(ctx, db.CloseBatchesParams{
		Now: clock.Millis(now), FinishedBefore: clock.Millis(before), ReturnedAfter: clock.Millis(heeded),
	})
	if err != nil {
		return fmt.Errorf("close old batches: %w", err)
	}
	if closed > 0 {
		r.log.InfoContext(ctx, "old batches are closed, and become numbers", "batches", closed, "finished_before", before)
	}
	batches, err := queries.BatchesToFold(ctx)
	if err != nil {
		return fmt.Errorf("batches to fold: %w", err)
	}
	var failed []error
	for _, b := range batches {
		if err := r.foldBatch(ctx, b); err != nil {
			failed = append(failed, fmt.Errorf("fold batch %d: %w", b.ID, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(append(failed, r.dropNotes(ctx, clock.Millis(before)))...)
}

// dropNotes deletes the notes that were done before a time, after their returns.
func (r *Room) dropNotes(ctx context.Context, before int64) error {
	queries, most := db.New(r.db), int32(r.settings.FoldAtOnce)
	for _, drop := range []func() (int64, error){
		func() (int64, error) {
			return queries.DropNoteReturns(ctx, db.DropNoteReturnsParams{Before: before, Most: most})
		},
		func() (int64, error) { return queries.DropNotes(ctx, db.DropNotesParams{Before: before, Most: most}) },
	} {
		for more := true; more; {
			n, err := drop()
			if err != nil {
				return fmt.Errorf("old notes: %w", err)
			}
			more = n > 0
		}
	}
	return nil
}

// foldBatch folds the rows of a closed batch, in the order of their key. A row that moves behind this point meanwhile,
// because its person was forgotten, is left to the next call.
func (r *Room) foldBatch(ctx context.Context, b db.BatchesToFoldRow) error {
	began, folded := time.Now(), 0
	for s := (stretch{b, math.MinInt64, 0}); s.through < math.MaxInt64; s.after = s.through {
		var n int
		err := r.db.Tx(ctx, func(tx *storage.Tx) (err error) {
			n, err = r.foldStretch(ctx, tx, &s)
			return err
		})
		if err != nil {
			return err
		}
		folded += n
	}
	r.log.InfoContext(ctx, "a batch has become numbers", "batch", b.ID, slog.Int("messages", folded), slog.Duration("took", time.Since(began)))
	return nil
}

// stretch is a batch's messages to persons in the range (after, through].
type stretch struct {
	db.BatchesToFoldRow

	after, through int64
}

// foldStretch folds the next few messages and their returns; when there are none, whatever else is left. It returns the
// number of messages and sets how far it came.
func (r *Room) foldStretch(ctx context.Context, tx *storage.Tx, s *stretch) (messages int, err error) {
	queries := db.New(tx)
	s.through, err = queries.ChunkEnd(ctx, db.ChunkEndParams{Batch: s.ID, PersonAfter: s.after, Size: int32(r.settings.FoldAtOnce)})
	if err != nil {
		return 0, err
	}
	if s.through == 0 {
		s.through = math.MaxInt64
		if err := queries.DropChunks(ctx, s.ID); err != nil {
			return 0, err
		}
	}
	origin, ok := r.origins[s.Origin]
	if !ok {
		return 0, fmt.Errorf("no origin %q is plugged in", s.Origin)
	}
	if err := origin.Folding(ctx, tx, s.Ref, s.after, s.through); err != nil {
		return 0, fmt.Errorf("its origin: %w", err)
	}
	all := totals{}
	if messages, err = all.takeMessages(ctx, queries, s); err != nil {
		return 0, fmt.Errorf("messages: %w", err)
	}
	if err := all.takeReturns(ctx, queries, s); err != nil {
		return 0, fmt.Errorf("what came back: %w", err)
	}
	if err := all.takeReceipts(ctx, queries, s); err != nil {
		return 0, fmt.Errorf("receipts: %w", err)
	}
	return messages, all.write(ctx, queries, s.ID)
}

// total is the key of a row of delivery_total.
type total struct {
	kind, state, reason string
	hour                int64
}

// number is the number of messages, and how many of them were tried more than once.
type number struct{ messages, retried int64 }

type totals map[total]number

func (t totals) add(key total, n number) {
	sum := t[key]
	t[key] = number{sum.messages + n.messages, sum.retried + n.retried}
}

// The kinds of totals.
const (
	ofMessages = "message"
	ofReturns  = "return"
	ofReceipts = "receipt"
)

func (t totals) takeMessages(ctx context.Context, queries *db.Queries, s *stretch) (int, error) {
	rows, err := queries.TakeMessages(ctx, db.TakeMessagesParams{Batch: s.ID, After: s.after, Through: s.through})
	for _, row := range rows {
		key, n := total{kind: ofMessages, state: row.State, reason: row.Reason}, number{messages: 1}
		if State(row.State) == Sent {
			key.hour = row.Changed / time.Hour.Milliseconds()
		}
		if row.Attempts > 1 {
			n.retried = 1
		}
		t.add(key, n)
	}
	return len(rows), err
}

// takeReturns counts returns as ReturnsIn does: of a delay, a soft and a hard bounce of one message only the most
// severe counts. Immediate refusals are counted with the messages.
func (t totals) takeReturns(ctx context.Context, queries *db.Queries, s *stretch) error {
	rows, err := queries.TakeReturns(ctx, db.TakeReturnsParams{Batch: s.ID, After: s.after, Through: s.through})
	gravest := map[int64]bounce.Kind{}
	for _, row := range rows {
		if kind := bounce.Kind(row.Kind); kind.Graver(gravest[row.Person]) {
			gravest[row.Person] = kind
		}
	}
	for _, row := range rows {
		if row.Kind == refusedAtOnce || gravest[row.Person].Graver(bounce.Kind(row.Kind)) && bounce.Kind(row.Kind) != bounce.Complaint {
			continue
		}
		t.add(total{kind: ofReturns, state: row.Kind, reason: row.Reason}, number{messages: 1})
	}
	return err
}

// takeReceipts counts text messages as CountReceipts does: delivered if all parts are, undelivered if one is.
func (t totals) takeReceipts(ctx context.Context, queries *db.Queries, s *stretch) error {
	rows, err := queries.TakeParts(ctx, db.TakePartsParams{Batch: s.ID, After: s.after, Through: s.through})
	type told struct{ parts, arrived, failed int }
	texts := map[int64]told{}
	for _, row := range rows {
		one := texts[row.Person]
		one.parts++
		switch State(row.State) {
		case Delivered:
			one.arrived++
		case Undelivered:
			one.failed++
		}
		texts[row.Person] = one
	}
	for _, one := range texts {
		switch {
		case one.failed > 0:
			t.add(total{kind: ofReceipts, state: string(Undelivered)}, number{messages: 1})
		case one.arrived == one.parts:
			t.add(total{kind: ofReceipts, state: string(Delivered)}, number{messages: 1})
		}
	}
	return err
}

// write adds the totals to the batch's in a fixed order, so that two nodes at the same batch do not deadlock.
func (t totals) write(ctx context.Context, queries *db.Queries, batch int64) error {
	keys := slices.SortedFunc(maps.Keys(t), func(a, b total) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.state, b.state), cmp.Compare(a.reason, b.reason), cmp.Compare(a.hour, b.hour))
	})
	for _, key := range keys {
		n := t[key]
		if err := queries.AddTotal(ctx, db.AddTotalParams{
			Batch: batch, Kind: key.kind, State: key.state, Reason: key.reason, Hour: key.hour, Messages: n.messages, Retried: n.retried,
		}); err != nil {
			return fmt.Errorf("totals: %w", err)
		}
	}
	return nil
}
