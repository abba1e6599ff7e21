package newsletters

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"unoxuno/internal/access"
	"unoxuno/internal/delivery"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// share is one issue in a person's mail, and why she gets it.
type share struct {
	*letter

	why reason
}

// movedPeople are people to whom the digest no longer sends something it owed: it waits for a later digest, or goes by
// text message.
type movedPeople map[int64]bool

// alreadyMoved ends the message of a person for whom the digest has nothing left: that was recorded before.
func alreadyMoved(context.Context, *storage.Tx) error { return nil }

// shares returns the issues in each person's mail, in the order of publication. moved are the people for whom some
// issue was left out.
func (l *digestLetter) shares(ctx context.Context, persons []int64) (shares map[int64][]share, moved movedPeople, err error) {
	order, owed, err := l.owed(ctx, persons)
	if err != nil {
		return nil, nil, err
	}
	shares, moved = make(map[int64][]share, len(persons)), movedPeople{}
	for _, issue := range order {
		one, err := l.open(ctx, issue)
		if err != nil {
			return nil, nil, err
		}
		if one == nil {
			if err := l.leaveOut(ctx, issue, owed[issue], moved); err != nil {
				return nil, nil, err
			}
			continue
		}
		reasons, err := l.reasons(ctx, one, owed[issue], moved)
		if err != nil {
			return nil, nil, err
		}
		for _, person := range owed[issue] {
			if why, may := reasons[person]; may {
				shares[person] = append(shares[person], share{one, why})
			}
		}
	}
	return shares, moved, nil
}

// owed returns the issues that the digest owes to persons, in the order of publication, and the people of each.
func (l *digestLetter) owed(ctx context.Context, persons []int64) (order []int64, owed map[int64][]int64, err error) {
	var b storage.Builder
	b.Add(`SELECT k.issue, k.person_id FROM newsletters_kept k JOIN newsletters_issue i ON i.id = k.issue
		WHERE k.digest = ? AND i.state IN ('sending', 'sent')`, l.row.ID)
	writeAmong(&b, "k.person_id", persons)
	b.Add(" ORDER BY i.sent_at, k.issue, k.person_id")
	owed = map[int64][]int64{}
	err = each(ctx, l.room.DB, b.SQL(), b.Args(), func(rows *sql.Rows) error {
		var issue, person int64
		err := rows.Scan(&issue, &person)
		if owed[issue] == nil {
			order = append(order, issue)
		}
		owed[issue] = append(owed[issue], person)
		return err
	})
	return order, owed, err
}

// open returns the issue as it was frozen when its sending began. It returns nil if the issue cannot be read, or no
// mail can be made of it; then the office is told.
func (l *digestLetter) open(ctx context.Context, issue int64) (*letter, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if one, ok := l.issues[issue]; ok {
		return one, nil
	}
	one, err := l.room.open(ctx, delivery.Matter{Ref: issue, Channel: string(people.Email)})
	if err == nil {
		_, err = l.compile(ctx, l.room.defaultLanguage(), []share{{letter: one}})
	}
	if err != nil {
		if ctx.Err() != nil || storage.Lost(err) {
			return nil, err // the issue is not to blame
		}
		if err := l.tellLeftOut(ctx, issue, err); err != nil {
			return nil, err
		}
		one = nil
	}
	l.issues[issue] = one
	return one, nil
}

func (l *digestLetter) tellLeftOut(ctx context.Context, issue int64, why error) error {
	l.room.Log.ErrorContext(ctx, "an issue is left out of a digest", "digest", l.row.ID, "issue", issue, "error", why)
	row, err := db.New(l.room.DB).GetIssue(ctx, issue)
	if err != nil {
		return err
	}
	ctx = access.With(ctx, access.Actor{Kind: access.System, Name: "system"})
	return l.room.DB.Tx(ctx, func(tx *storage.Tx) error {
		return l.room.Identity.Audit(ctx, tx, "audit.issue.left_out", Issue{Newsletter: row.Newsletter, Slug: row.Slug}.Subject(), "")
	})
}

// leaveOut defers the issue to the next daily slot of persons, whose mails have not been sent.
func (l *digestLetter) leaveOut(ctx context.Context, issue int64, persons []int64, moved movedPeople) error {
	var b storage.Builder
	b.Add("UPDATE newsletters_kept SET digest = 0, pace = 'daily', kept_at = ? WHERE issue = ? AND digest = ?", l.room.now(), issue, l.row.ID)
	writeAmong(&b, "person_id", persons)
	err := l.room.DB.Tx(ctx, func(tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, b.SQL(), b.Args()...)
		return err
	})
	if err != nil {
		return fmt.Errorf("newsletters: leave issue %d out of digest %d: %w", issue, l.row.ID, err)
	}
	for _, person := range persons {
		moved[person] = true
	}
	return nil
}

// reasons returns why each of persons gets the issue in her mail. A person who has since chosen text messages gets it
// so, if the issue has a text and she a mobile number; otherwise by mail as before.
func (l *digestLetter) reasons(ctx context.Context, one *letter, persons []int64, moved movedPeople) (map[int64]reason, error) {
	reasons, err := one.reasons(ctx, people.Email, persons)
	if err != nil || len(reasons) == len(persons) {
		return reasons, err
	}
	others := slices.DeleteFunc(slices.Clone(persons), func(person int64) bool {
		_, byMail := reasons[person]
		return byMail
	})
	byText, err := one.reasons(ctx, people.SMS, others)
	if err != nil || len(byText) == 0 {
		return reasons, err
	}
	if one.issue.SMS != "" {
		handed, err := l.handOver(ctx, one.issue.ID, slices.Sorted(maps.Keys(byText)))
		if err != nil {
			return nil, fmt.Errorf("newsletters: hand issue %d of digest %d over: %w", one.issue.ID, l.row.ID, err)
		}
		for _, person := range handed {
			delete(byText, person)
			moved[person] = true
		}
	}
	maps.Copy(reasons, byText)
	return reasons, nil
}

// handOver moves the issue to text message for those of persons who have a mobile number, and returns them.
func (l *digestLetter) handOver(ctx context.Context, issue int64, persons []int64) (handed []int64, err error) {
	err = l.room.DB.Tx(ctx, func(tx *storage.Tx) error {
		handed = nil
		batch, found, err := l.room.Delivery.Find(ctx, tx, Origin, issue, string(people.SMS))
		if err != nil || !found {
			return err
		}
		held, err := l.room.People.HoldAll(ctx, tx, persons)
		if err != nil || len(held) == 0 {
			return err
		}
		var able storage.Builder
		able.Add("SELECT DISTINCT r.person_id FROM people_reachable r WHERE r.channel = 'sms'")
		writeAmong(&able, "r.person_id", held)
		able.Add(" AND NOT EXISTS (SELECT 1 FROM delivery_facts f WHERE f.batch = ? AND f.person = r.person_id AND f.state <> 'kept')", batch.ID)
		if handed, err = ids(ctx, tx, able.SQL(), able.Args()...); err != nil || len(handed) == 0 {
			return err
		}
		var out storage.Builder
		if joined, err := l.room.Delivery.Join(ctx, tx, batch.ID, handed); err != nil || joined == 0 {
			handed = nil // the issue was cancelled
			return err
		}
		out.Add("DELETE FROM newsletters_kept WHERE issue = ? AND digest = ?", issue, l.row.ID)
		writeAmong(&out, "person_id", handed)
		_, err = tx.ExecContext(ctx, out.SQL(), out.Args()...)
		return err
	})
	if len(handed) > 0 && err == nil {
		l.room.Delivery.Wake()
	}
	return handed, err
}
