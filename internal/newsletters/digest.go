package newsletters

import (
	"context"
	"fmt"
	"math"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// DigestOrigin is the name under which Digests is plugged into delivery.
const DigestOrigin = "newsletters.digest"

// NextSlot returns the first daily or weekly slot after a time, for a periodic task.
func (r *Room) NextSlot(after time.Time) time.Time {
	slots := r.Slots()
	daily, weekly := slots.Next(Daily, after), slots.Next(Weekly, after)
	if weekly.Before(daily) {
		return weekly
	}
	return daily
}

// MakeDigest begins the digest of a slot: one mail for each person, with everything that waits for her for that slot or
// for an earlier one that was missed. Any number of nodes may call it at any time, repeatedly: a slot has one digest,
// or none if nothing is due.
func (r *Room) MakeDigest(ctx context.Context, slot time.Time) error {
	err := r.DB.Tx(ctx, func(tx *storage.Tx) error {
		if held, err := r.Delivery.Held(ctx, tx); err != nil || !held.IsZero() {
			return err // what is due stays due, for the first slot after the release
		}
		slots := r.Slots()
		d := db.NewslettersDigest{
			ID: storage.NewID(), Slot: clock.Millis(slot), DailyBefore: clock.Millis(slots.Last(Daily, slot)),
			WeeklyBefore: clock.Millis(slots.Last(Weekly, slot)), MadeAt: r.now(),
		}
		due, err := r.anyDue(ctx, tx, d)
		if err != nil || !due {
			return err
		}
		added, err := db.New(tx).AddDigest(ctx, db.AddDigestParams{
			ID: d.ID, Slot: d.Slot, DailyBefore: d.DailyBefore, WeeklyBefore: d.WeeklyBefore, MadeAt: d.MadeAt,
		})
		if err != nil || added == 0 {
			return err
		}
		_, err = r.Delivery.Enqueue(ctx, tx, delivery.NewBatch{Origin: DigestOrigin, Ref: d.ID, Channel: string(people.Email)})
		return err
	})
	if err != nil {
		return fmt.Errorf("newsletters: digest of %s: %w", slot, err)
	}
	r.Delivery.Wake()
	return nil
}

// writeDue writes the condition that a row k of newsletters_kept is due in the digest. Issues of newsrooms that a brake
// stops wait for a later digest.
func (r *Room) writeDue(ctx context.Context, q storage.Queryer, b *storage.Builder, d db.NewslettersDigest) error {
	b.Add("k.digest = 0 AND (k.pace = 'daily' AND k.kept_at < ? OR k.pace = 'weekly' AND k.kept_at < ?)", d.DailyBefore, d.WeeklyBefore)
	brakes, err := r.Delivery.Brakes(ctx, q)
	if err != nil || len(brakes) == 0 {
		return err
	}
	c, err := loadCatalogue(ctx, q)
	if err != nil {
		return err
	}
	var held []string
	for _, n := range c.sorted("", func(n Newsletter) bool { _, holds := brakes[n.Newsroom.Slug]; return holds }) {
		held = append(held, n.Slug)
	}
	b.Add(" AND NOT EXISTS (SELECT 1 FROM newsletters_issue i WHERE i.id = k.issue AND i.newsletter")
	storage.In(b, held)
	b.Add(")")
	return nil
}

func (r *Room) anyDue(ctx context.Context, q storage.Queryer, d db.NewslettersDigest) (due bool, err error) {
	var b storage.Builder
	b.Add("SELECT EXISTS (SELECT 1 FROM newsletters_kept k WHERE ")
	if err := r.writeDue(ctx, q, &b, d); err != nil {
		return false, err
	}
	b.Add(")")
	err = q.QueryRowContext(ctx, b.SQL(), b.Args()...).Scan(&due)
	return due, err
}

// Digests returns the room as delivery's origin of digests, under another name than that for issues.
func (r *Room) Digests() delivery.Origin { return digests{r} }

type digests struct{ *Room }

// Audience returns, for delivery, the next page of the digest's recipients, and records that what is due to them is
// part of it.
func (d digests) Audience(ctx context.Context, tx *storage.Tx, m delivery.Matter, after int64) (delivery.Stretch, error) {
	queries := db.New(tx)
	row, err := queries.DigestOf(ctx, m.Ref)
	if err != nil {
		return delivery.Stretch{}, err
	}
	through, err := queries.KeptAhead(ctx, db.KeptAheadParams{After: after, Passed: audienceStep - 1})
	if storage.None(err) {
		through, err = delivery.Everybody, nil
	}
	if err != nil {
		return delivery.Stretch{}, err
	}
	var b storage.Builder
	b.Add("UPDATE newsletters_kept AS k SET digest = ? WHERE k.person_id > ? AND k.person_id <= ? AND ", row.ID, after, through)
	if err := d.writeDue(ctx, tx, &b, row); err != nil {
		return delivery.Stretch{}, err
	}
	if _, err := tx.ExecContext(ctx, b.SQL(), b.Args()...); err != nil {
		return delivery.Stretch{}, err
	}
	persons := &storage.Builder{}
	persons.Add("SELECT DISTINCT k.person_id FROM newsletters_kept k WHERE k.digest = ? AND k.person_id > ? AND k.person_id <= ?",
		row.ID, after, through)
	return delivery.Stretch{Persons: persons, Through: through}, nil
}

// Finished deletes what the digest held and keeps its numbers. It marks those of its issues as sent that nobody waits
// for any more.
func (d digests) Finished(ctx context.Context, tx *storage.Tx, ref int64) error {
	queries := db.New(tx)
	issues, err := queries.InDigest(ctx, ref)
	if err != nil {
		return err
	}
	if err := queries.CountDigested(ctx, ref); err != nil {
		return err
	}
	if err := queries.ClearDigest(ctx, ref); err != nil {
		return err
	}
	if _, err := queries.FinishDigest(ctx, db.FinishDigestParams{ID: ref, FinishedAt: d.now()}); err != nil {
		return err
	}
	return d.released(ctx, tx, issues)
}

// Sensitive returns all refs: after a digest was sent we no longer know what it held for a person.
func (d digests) Sensitive(_ context.Context, _ storage.Queryer, refs []int64) ([]int64, error) {
	return refs, nil
}

// Folding turns the records of the digest for those persons into numbers: their messages were refused and cannot be
// retried.
func (d digests) Folding(ctx context.Context, tx *storage.Tx, ref, after, through int64) error {
	queries := db.New(tx)
	if err := queries.CountFolded(ctx, db.CountFoldedParams{Digest: ref, After: after, Through: through}); err != nil {
		return err
	}
	return queries.DropFolded(ctx, db.DropFoldedParams{Digest: ref, After: after, Through: through})
}

// Complained ends everything that the person receives, as for an issue.
func (d digests) Complained(ctx context.Context, tx *storage.Tx, ref, person int64) error {
	return d.complained(ctx, tx, fmt.Sprintf("digest %d", ref), person)
}

// Digest is the digest of one slot, sent or being sent.
type Digest struct {
	Slot     time.Time
	Made     time.Time // later than Slot if no node was running
	Issues   int64     // number of issues in it
	Progress delivery.Progress
}

// LatestDigests returns the last digests, newest first. It asks access.OperateTown.
func (r *Room) LatestDigests(ctx context.Context, most int) ([]Digest, error) {
	if !access.From(ctx).Can(access.OperateTown) {
		return nil, fault.Forbidden("newsletters.digest.forbidden")
	}
	queries := db.New(r.DB)
	rows, err := queries.LatestDigests(ctx, int32(min(most, math.MaxInt32))) //nolint:gosec // bounded
	if err != nil {
		return nil, err
	}
	list := make([]Digest, len(rows))
	for at, row := range rows {
		d := Digest{Slot: clock.Time(row.Slot), Made: clock.Time(row.MadeAt)}
		if d.Issues, err = queries.CountInDigest(ctx, row.ID); err != nil {
			return nil, err
		}
		batch, found, err := r.Delivery.Find(ctx, r.DB, DigestOrigin, row.ID, string(people.Email))
		if err != nil {
			return nil, err
		}
		if found {
			if d.Progress, err = r.Delivery.Progress(ctx, batch.ID); err != nil {
				return nil, err
			}
		}
		list[at] = d
	}
	return list, nil
}
