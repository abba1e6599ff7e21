package newsletters

import (
	"context"
	"fmt"
	"strings"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/storage"
)

// wallForm is the format of a local time in forms (HTML's datetime-local).
const wallForm = "2006-01-02T15:04"

// wallTime returns the moment when the town's clock shows wall. It refuses a time that the clock skips in spring. Of a
// time that occurs twice in autumn it returns the first. Faults are on the field "at".
func wallTime(wall string, zone *time.Location) (time.Time, error) {
	wall = strings.Replace(strings.TrimSpace(wall), " ", "T", 1)
	t, err := time.ParseInLocation(wallForm, wall, zone)
	if err != nil {
		return time.Time{}, fault.Invalid("newsletters.schedule.malformed", "Text", wall).On("at")
	}
	if t.Format(wallForm) != wall {
		return time.Time{}, fault.Invalid("newsletters.schedule.gap", "Text", wall).On("at")
	}
	if earlier := t.Add(-time.Hour); earlier.Format(wallForm) == wall {
		t = earlier
	}
	return t, nil
}

// Schedule sends the issue when the town's clock shows wall ("2026-12-05T18:30"). version is the one that the publisher
// saw and is responsible for. Recipients are determined at that time. Unless confirmEmpty is set, an issue that would
// reach nobody now is refused, as by Send. A scheduled issue can be rescheduled. It asks access.SendIssues.
func (r *Room) Schedule(ctx context.Context, id, version int64, wall string, confirmEmpty bool) (Issue, error) {
	at, err := wallTime(wall, r.Town.Town().Zone())
	if err != nil {
		return Issue{}, err
	}
	if !at.After(r.Clock.Now()) {
		return Issue{}, fault.Invalid("newsletters.schedule.past").On("at")
	}
	i, n, err := r.toSend(ctx, r.DB, id, version)
	if err != nil {
		return Issue{}, err
	}
	if err := i.ReadyToSend(); err != nil {
		return Issue{}, err
	}
	reached, floor, err := r.reachedBy(ctx, n, i)
	switch {
	case err != nil:
		return Issue{}, err
	case confirmEmpty:
	case reached.People.None():
		return Issue{}, fault.Invalid("newsletters.issue.nobody").On("audience")
	case reached.Few && access.From(ctx).Kind == access.StaffAct:
		return Issue{}, fault.Invalid("newsletters.issue.too_few", "Floor", floor).On("audience")
	}
	var scheduled Issue
	err = r.DB.Tx(ctx, func(tx *storage.Tx) error {
		// The reach was asked for this version, so only this version is scheduled.
		if err := db.New(tx).HoldIssue(ctx, id); err != nil {
			return err
		}
		i, _, err := r.toSend(ctx, tx, id, version)
		if err == nil {
			err = i.ReadyToSend()
		}
		if err != nil {
			return err
		}
		if _, err := db.New(tx).ScheduleIssue(ctx, db.ScheduleIssueParams{
			ID: id, Version: version, ScheduledAt: clock.Millis(at), SentBy: actorName(ctx),
		}); err != nil {
			return err
		}
		if scheduled, _, err = issue(ctx, tx, id); err != nil {
			return err
		}
		return r.Identity.Audit(ctx, tx, "audit.issue.scheduled", i.Subject(), at.Format(time.RFC3339))
	})
	return scheduled, err
}

// Unschedule makes a scheduled issue a draft again. It asks access.SendIssues.
func (r *Room) Unschedule(ctx context.Context, id int64) (Issue, error) {
	var draft Issue
	err := r.DB.Tx(ctx, func(tx *storage.Tx) error {
		if err := db.New(tx).HoldIssue(ctx, id); err != nil {
			return err
		}
		i, _, err := anyIssueFor(ctx, tx, id, access.SendIssues)
		if err != nil {
			return err
		}
		draft, err = r.unschedule(ctx, tx, i, "audit.issue.unscheduled", "")
		return err
	})
	return draft, err
}

func (r *Room) unschedule(ctx context.Context, tx *storage.Tx, i Issue, action, detail string) (Issue, error) {
	n, err := db.New(tx).UnscheduleIssue(ctx, db.UnscheduleIssueParams{ID: i.ID, Version: i.Version})
	if err != nil {
		return Issue{}, err
	}
	if n == 0 {
		return Issue{}, fault.Conflict("newsletters.issue.not_scheduled")
	}
	draft, _, err := anyIssue(ctx, tx, i.ID)
	if err != nil {
		return Issue{}, err
	}
	return draft, r.Identity.Audit(ctx, tx, action, i.Subject(), detail)
}

// Due sends the scheduled issues that are due and returns their number. Any number of nodes may call it at any time:
// each issue is sent once. An issue that cannot be sent, for example because its audience contains a word that no
// longer exists, becomes a draft again, with an audit line that says why.
func (r *Room) Due(ctx context.Context) (int, error) {
	ctx = access.With(ctx, access.Actor{Kind: access.System, Name: string(access.System)})
	sent := 0
	for {
		id, version, err := r.sendNext(ctx)
		if id == 0 {
			return sent, err
		}
		if err == nil {
			sent++
			r.Delivery.Wake()
			continue
		}
		if fault.List(err) == nil {
			return sent, err
		}
		if err := r.giveUp(ctx, id, version, err); err != nil {
			return sent, err
		}
	}
}

// sendNext sends the next due issue in one transaction; id is 0 if none is due. version is the version that was sent or
// failed.
func (r *Room) sendNext(ctx context.Context) (id, version int64, err error) {
	err = r.DB.Tx(ctx, func(tx *storage.Tx) error {
		id = 0
		if err := r.People.HoldCrowd(ctx, tx); err != nil {
			return err
		}
		err := tx.QueryRowContext(ctx, "SELECT id, version FROM newsletters_issue WHERE state = 'scheduled' AND scheduled_at <= $1"+
			" AND NOT EXISTS (SELECT 1 FROM delivery_held h WHERE newsletters_issue.scheduled_at <= h.at)"+
			" ORDER BY scheduled_at, id LIMIT 1"+tx.Engine().SkipLocked(), r.now()).Scan(&id, &version)
		if storage.None(err) {
			return nil
		}
		if err != nil {
			return err
		}
		i, n, err := issue(ctx, tx, id)
		if err != nil {
			return err
		}
		_, err = r.send(ctx, tx, i, n, true)
		return err
	})
	return id, version, err
}

// giveUp makes an issue that could not be sent a draft again, unless somebody has changed it since.
func (r *Room) giveUp(ctx context.Context, id, version int64, why error) error {
	r.Log.WarnContext(ctx, "scheduled issue could not be sent", "issue", id, "why", why)
	return r.DB.Tx(ctx, func(tx *storage.Tx) error {
		if err := db.New(tx).HoldIssue(ctx, id); err != nil {
			return err
		}
		i, _, err := anyIssue(ctx, tx, id)
		if err != nil || i.Version != version {
			return err
		}
		detail := fault.Sentence(why, func(key string, args map[string]any) string {
			return r.Words.SayWith(r.defaultLanguage(), key, args)
		})
		if _, err := r.unschedule(ctx, tx, i, "audit.issue.not_sent", detail); err != nil {
			return fmt.Errorf("newsletters: give up issue %d: %w", id, err)
		}
		return nil
	})
}
