package newsletters

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// handOver moves the issue to the other channel for those of persons whom it now reaches there instead: since they
// entered the ledger they chose it, or lost their address on this one. reasons are those of the others. People who
// cannot get it there are added to them and get it here, as before.
func (l *letter) handOver(ctx context.Context, persons []int64, reasons map[int64]reason) (parted []int64, err error) {
	if len(reasons) == len(persons) {
		return nil, nil
	}
	others := slices.DeleteFunc(slices.Clone(persons), func(person int64) bool {
		_, here := reasons[person]
		return here
	})
	channel := people.SMS
	if l.channel == people.SMS {
		channel = people.Email
	}
	there, err := l.reasons(ctx, channel, others)
	if err != nil || len(there) == 0 {
		return nil, err
	}
	if parted, err = l.move(ctx, channel, slices.Sorted(maps.Keys(there))); err != nil {
		return nil, fmt.Errorf("newsletters: hand issue %d over to %s: %w", l.issue.ID, channel, err)
	}
	for _, person := range parted {
		delete(there, person)
	}
	maps.Copy(reasons, there)
	return parted, nil
}

// move moves the issue from the letter's batch to the other channel for those of persons who have an address there, and
// returns them.
func (l *letter) move(ctx context.Context, channel people.Channel, persons []int64) (parted []int64, err error) {
	err = l.room.DB.Tx(ctx, func(tx *storage.Tx) error {
		parted = nil
		batch, found, err := l.room.Delivery.Find(ctx, tx, Origin, l.issue.ID, string(channel))
		if err != nil || !found {
			return err
		}
		held, err := l.room.People.HoldAll(ctx, tx, persons)
		if err != nil || len(held) == 0 {
			return err
		}
		able, err := reachable(ctx, tx, channel, held)
		if err != nil || len(able) == 0 {
			return err
		}
		if parted, err = l.room.Delivery.Part(ctx, tx, l.batch, batch.ID, able); err != nil || len(parted) == 0 {
			return err
		}
		join := parted
		if channel == people.Email && !l.issue.Urgent {
			if join, err = l.keepFor(ctx, tx, parted); err != nil {
				return err
			}
		}
		_, err = l.room.Delivery.Join(ctx, tx, batch.ID, join)
		return err
	})
	if err == nil && len(parted) > 0 {
		l.room.Delivery.Wake()
	}
	return parted, err
}

// reachable returns those of persons who have a confirmed address on the channel.
func reachable(ctx context.Context, q storage.Queryer, channel people.Channel, persons []int64) ([]int64, error) {
	var b storage.Builder
	b.Add("SELECT DISTINCT r.person_id FROM people_reachable r WHERE r.channel = ?", string(channel))
	writeAmong(&b, "r.person_id", persons)
	b.Add(" ORDER BY r.person_id")
	return ids(ctx, q, b.SQL(), b.Args()...)
}

// keepFor defers the issue for those of persons who get it in a digest, and returns the others.
func (l *letter) keepFor(ctx context.Context, tx *storage.Tx, persons []int64) (atOnce []int64, err error) {
	var b storage.Builder
	b.Add(`INSERT INTO newsletters_kept (person_id, issue, pace, kept_at, digest)
		SELECT x.person_id, CAST(? AS bigint), x.pace, CAST(? AS bigint), 0 FROM (
			SELECT DISTINCT r.person_id, COALESCE(
				(SELECT z.pace FROM newsletters_subscription z WHERE z.newsletter = ? AND z.person_id = r.person_id
					AND z.channel = 'email' AND z.ended_at = 0),
				(SELECT y.pace FROM newsletters_rhythm y WHERE y.person_id = r.person_id), 'at-once') AS pace
			FROM people_reachable r WHERE r.channel = 'email'`, l.issue.ID, l.room.now(), l.issue.Newsletter)
	writeAmong(&b, "r.person_id", persons)
	b.Add(") x WHERE x.pace <> 'at-once' ON CONFLICT (person_id, issue) DO NOTHING RETURNING person_id")
	atOnce = slices.Clone(persons)
	err = each(ctx, tx, b.SQL(), b.Args(), func(rows *sql.Rows) error {
		var kept int64
		err := rows.Scan(&kept)
		atOnce = slices.DeleteFunc(atOnce, func(person int64) bool { return person == kept })
		return err
	})
	return atOnce, err
}

// writeNotElsewhere writes the condition that nobody selected by writeRecipients has the issue on the other channel. A
// person who changes her channel while the ledger is filled stays where she is, and is moved when her message leaves.
func writeNotElsewhere(b *storage.Builder, i Issue, channel people.Channel, s span) {
	if i.SMS == "" {
		return
	}
	other := people.SMS
	if channel == people.SMS {
		other = people.Email
	}
	b.Add(` AND e.person_id NOT IN (SELECT f.person FROM delivery_facts f WHERE f.origin = ? AND f.ref = ? AND f.channel = ?
		AND f.person > ? AND f.person <= ? AND f.state IN ('waiting', 'later', 'sent', 'kept'))`,
		Origin, i.ID, string(other), s.after, s.through)
}
