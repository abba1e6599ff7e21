package newsletters

import (
	"context"
	"fmt"
	"slices"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/people"
	"unoxuno/internal/plaintext"
	"unoxuno/internal/storage"
)

// Leaving describes how a person leaves a newsletter.
type Leaving struct {
	Person     int64
	Newsletter string // slug
	How        string // "one-click", "page", "own-page", "desk"
	Why        string // in her own words; optional
	Issue      int64  // the issue whose link she followed; 0 for none
}

// maxWhy is the number of characters of her reason that are stored.
const maxWhy = 500

// Left names the rows that a leaving wrote, so that TakeBack restores exactly what she had.
type Left struct {
	Subscriptions []int64 // ended
	OptOuts       []int64 // begun
	Consents      []int64 // withdrawn
}

// add joins what another leaving of the same person wrote.
func (l *Left) add(other Left) {
	l.Subscriptions = append(l.Subscriptions, other.Subscriptions...)
	l.OptOuts = append(l.OptOuts, other.OptOuts...)
	l.Consents = append(l.Consents, other.Consents...)
}

// Unsubscribe ends the person's subscription to the newsletter and opts her out of getting it by profile, so that it no
// longer comes for any reason. Messages queued for her are withdrawn before they leave. Calling it again does nothing.
func (r *Room) Unsubscribe(ctx context.Context, l Leaving) error {
	_, err := r.Leave(ctx, []Leaving{l})
	return err
}

// Leave does every leaving as Unsubscribe does, all or none.
func (r *Room) Leave(ctx context.Context, leavings []Leaving) (left Left, err error) {
	err = r.DB.Tx(ctx, func(tx *storage.Tx) error {
		left = Left{}
		for _, l := range leavings {
			one, err := r.leave(ctx, tx, l)
			if err != nil {
				return err
			}
			left.add(one)
		}
		return nil
	})
	return left, err
}

func (r *Room) leave(ctx context.Context, tx *storage.Tx, l Leaving) (left Left, err error) {
	why := []rune(plaintext.Visible(l.Why))
	l.Why = string(why[:min(len(why), maxWhy)])
	found, err := r.People.Hold(ctx, tx, l.Person)
	if err != nil || !found {
		return left, err // erased meanwhile, or the sample person of a test send: nothing to end
	}
	known, err := loadCatalogue(ctx, tx)
	if err == nil {
		_, err = known.find(l.Newsletter)
	}
	if err != nil {
		return left, err
	}
	if err := r.People.Changed(ctx, tx, l.Person); err != nil {
		return left, err
	}
	queries := db.New(tx)
	if left.Subscriptions, err = queries.EndSubscription(ctx, db.EndSubscriptionParams{
		PersonID: l.Person, Newsletter: l.Newsletter, EndedAt: r.now(), EndedHow: l.How, EndedWhy: l.Why,
		EndedBy: actorName(ctx), EndedIssue: l.Issue,
	}); err != nil {
		return left, err
	}
	if left.OptOuts, err = queries.OptOut(ctx, db.OptOutParams{
		ID: storage.NewID(), PersonID: l.Person, Newsletter: l.Newsletter, BeganAt: r.now(), BeganHow: l.How, Issue: l.Issue,
	}); err != nil {
		return left, err
	}
	if err := r.letGo(ctx, tx, l.Person, l.Newsletter); err != nil {
		return left, err
	}
	if err := r.People.Note(ctx, tx, l.Person, leftFact(l.Newsletter)); err != nil {
		return left, err
	}
	return left, r.deed(ctx, tx, "unsubscribed", l.Person, l.Newsletter)
}

// deed records what staff did to a person's subscriptions. What she does herself is in the subscriptions.
func (r *Room) deed(ctx context.Context, tx *storage.Tx, action string, person int64, newsletter string) error {
	if access.From(ctx).Kind != access.StaffAct {
		return nil
	}
	return r.Identity.Audit(ctx, tx, "audit.person."+action, fmt.Sprintf("person %d", person), newsletter)
}

// UnsubscribeAll ends all the person's subscriptions and withdraws all her consents, so that no issue reaches her any
// more.
func (r *Room) UnsubscribeAll(ctx context.Context, person int64, how string) (left Left, err error) {
	err = r.DB.Tx(ctx, func(tx *storage.Tx) (err error) {
		left, err = r.endAll(ctx, tx, person, how)
		return err
	})
	return left, err
}

// endAll is UnsubscribeAll in tx.
func (r *Room) endAll(ctx context.Context, tx *storage.Tx, person int64, how string) (left Left, err error) {
	if found, err := r.People.Hold(ctx, tx, person); err != nil || !found {
		return left, err // erased: nothing to end
	}
	ended, err := db.New(tx).EndAllSubscriptions(ctx, db.EndAllSubscriptionsParams{
		PersonID: person, EndedAt: r.now(), EndedHow: how, EndedBy: actorName(ctx),
	})
	if err != nil {
		return left, err
	}
	newsletters := make([]string, len(ended))
	for i, row := range ended {
		left.Subscriptions, newsletters[i] = append(left.Subscriptions, row.ID), row.Newsletter
	}
	if len(ended) > 0 {
		if err := r.People.Changed(ctx, tx, person); err != nil {
			return left, err
		}
	}
	if err := r.People.Note(ctx, tx, person, endedFacts(newsletters, "")...); err != nil {
		return left, err
	}
	if err := r.letGo(ctx, tx, person, ""); err != nil {
		return left, err
	}
	for _, purpose := range people.Purposes() {
		ended, err := r.People.WithdrawIn(ctx, tx, person, purpose, how)
		if err != nil {
			return left, err
		}
		left.Consents = append(left.Consents, ended...)
	}
	return left, nil
}

// TakeBack undoes a leaving: each subscription exists again with its channel, pace and first day, and what came by
// profile comes again. It skips a newsletter that was closed meanwhile or that she has subscribed to again.
func (r *Room) TakeBack(ctx context.Context, person int64, left Left) error {
	return r.DB.Tx(ctx, func(tx *storage.Tx) error {
		found, err := r.People.Hold(ctx, tx, person)
		if err != nil || !found {
			return err
		}
		if err := r.People.Changed(ctx, tx, person); err != nil {
			return err
		}
		proof := r.Words.Say(r.defaultLanguage(), "newsletters.take_back.proof")
		if err := r.People.RestoreIn(ctx, tx, person, left.Consents, "page", proof); err != nil {
			return err
		}
		queries := db.New(tx)
		for _, id := range left.OptOuts {
			lifted, err := queries.EndOptOut(ctx, db.EndOptOutParams{
				PersonID: person, ID: id, EndedAt: r.now(), EndedHow: "take-back",
			})
			if err != nil {
				return err
			}
			for _, newsletter := range lifted {
				if err := r.People.Note(ctx, tx, person, backFacts(newsletter)...); err != nil {
					return err
				}
			}
		}
		return r.subscribeAgain(ctx, tx, person, left.Subscriptions)
	})
}

// subscribeAgain begins the named ended subscriptions of the person again.
func (r *Room) subscribeAgain(ctx context.Context, tx *storage.Tx, person int64, ended []int64) error {
	known, err := loadCatalogue(ctx, tx)
	if err != nil {
		return err
	}
	had, err := subscriptionsOf(ctx, tx, person)
	if err != nil {
		return err
	}
	for _, s := range had {
		if n, err := known.find(s.Newsletter); err != nil || n.Closed || !slices.Contains(ended, s.ID) {
			continue //nolint:nilerr // a newsletter that was closed does not come back
		}
		if _, err := db.New(tx).AddSubscription(ctx, db.AddSubscriptionParams{
			ID: storage.NewID(), PersonID: person, Newsletter: s.Newsletter, Channel: string(s.Channel),
			BeganAt: clock.Millis(s.Began), BeganHow: s.How, BeganBy: actorName(ctx), Pace: string(s.Pace),
		}); err != nil {
			return err
		}
		if err := r.People.Note(ctx, tx, person, backFacts(s.Newsletter)...); err != nil {
			return err
		}
	}
	return nil
}
