package newsletters

import (
	"context"
	"time"

	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// slowly is an SQL condition: the person selected by writeRecipients gets the issue in a digest. For a subscriber the
// pace of her subscription decides, for others the rhythm of what comes by profile. Its ? is the newsletter.
const slowly = `(e.asked = 1 AND EXISTS (SELECT 1 FROM newsletters_subscription z WHERE z.newsletter = ?
		AND z.person_id = e.person_id AND z.channel = 'email' AND z.ended_at = 0 AND z.pace <> 'at-once')
	OR e.asked = 0 AND EXISTS (SELECT 1 FROM newsletters_rhythm y WHERE y.person_id = e.person_id AND y.pace <> 'at-once'))`

// writePaused writes the condition that the person selected by writeRecipients has paused at a time.
func writePaused(b *storage.Builder, at int64) {
	b.Add("EXISTS (SELECT 1 FROM newsletters_rhythm u WHERE u.person_id = e.person_id AND u.paused_until > ?)", at)
}

// keep defers the issue for the people of the span who get it in a digest, and returns their number. Each person's pace
// is evaluated once: a person who is deferred is not in the ledger and vice versa, whatever she chooses meanwhile.
func (r *Room) keep(ctx context.Context, tx *storage.Tx, i Issue, n Newsletter, a people.Audience, s span) (int64, error) {
	slow, err := db.New(tx).AnySlow(ctx, n.Slug)
	if err != nil || !slow {
		return 0, err
	}
	now := r.now()
	var b storage.Builder
	b.Add(`INSERT INTO newsletters_kept (person_id, issue, pace, kept_at, digest)
		SELECT x.person_id, CAST(? AS bigint), x.pace, CAST(? AS bigint), 0
		FROM (SELECT e.person_id, COALESCE(CASE WHEN e.asked = 1 THEN (SELECT z.pace FROM newsletters_subscription z WHERE z.newsletter = ?
				AND z.person_id = e.person_id AND z.channel = 'email' AND z.ended_at = 0)
			ELSE (SELECT y.pace FROM newsletters_rhythm y WHERE y.person_id = e.person_id) END, 'at-once') AS pace`, i.ID, now, n.Slug)
	r.writeRecipients(&b, n, a, s, people.Email)
	writeNotElsewhere(&b, i, people.Email, s)
	b.Add(" AND "+slowly+" AND NOT ", n.Slug)
	writePaused(&b, now)
	b.Add(") x WHERE x.pace <> 'at-once' ON CONFLICT (person_id, issue) DO NOTHING")
	result, err := tx.ExecContext(ctx, b.SQL(), b.Args()...)
	if err != nil {
		return 0, err
	}
	kept, err := result.RowsAffected()
	if err == nil && s.after == 0 {
		err = tx.AnalyzeAfter(ctx, kept, "newsletters_kept")
	}
	return kept, err
}

// week is the period of a limit on messages.
const week = 7 * 24 * time.Hour

// bound returns how many messages a week the person may get; 0 means no limit.
func (a addressee) bound(town int) int {
	if a.most > 0 && (town == 0 || a.most < town) {
		return a.most
	}
	return town
}

// full returns the people who have reached their limit of messages this week. What is sent to them now goes with a
// later digest. It asks nothing if nobody has a limit.
func (r *Room) full(ctx context.Context, list []addressee, batch int64) (map[int64]bool, error) {
	town := r.Town.Town().Digests.MostAWeek
	var bounded []int64
	for _, a := range list {
		if a.bound(town) > 0 {
			bounded = append(bounded, a.person)
		}
	}
	if len(bounded) == 0 {
		return nil, nil //nolint:nilnil // nobody has reached it
	}
	counts, err := r.Delivery.Recent(ctx, []string{Origin, DigestOrigin}, r.Clock.Now().Add(-week), batch, bounded)
	if err != nil {
		return nil, err
	}
	full := map[int64]bool{}
	for _, a := range list {
		if most := a.bound(town); most > 0 && counts[a.person] >= most {
			full[a.person] = true
		}
	}
	return full, nil
}
