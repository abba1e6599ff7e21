package newsletters

import (
	"context"
	_ "embed" // the staging table
	"fmt"
	"slices"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// Subscription says that a person asked for a newsletter, and when and how that ended.
type Subscription struct {
	ID         int64          `json:"id,string"`
	Person     int64          `json:"-"`
	Newsletter string         `json:"newsletter"` // slug
	Channel    people.Channel `json:"channel"`
	Pace       Pace           `json:"pace"`
	Began      time.Time      `json:"began"`
	How        string         `json:"how"` // "signup", "import", "own-page", "desk"
	By         string         `json:"by"`
	Ended      time.Time      `json:"ended,omitzero"` // zero while it is current
	EndedHow   string         `json:"ended_how,omitempty"`
	EndedWhy   string         `json:"ended_why,omitempty"` // in her own words
	EndedBy    string         `json:"ended_by,omitempty"`
}

// Standing tells whether the subscription has not ended.
func (s Subscription) Standing() bool { return s.Ended.IsZero() }

// Subscriptions returns the person's subscriptions that the context's actor may see, newest first, including ended
// ones.
func (r *Room) Subscriptions(ctx context.Context, person int64) ([]Subscription, error) {
	kept := Kept{}
	var err error
	kept.Subscriptions, err = subscriptionsOf(ctx, r.DB, person)
	if err == nil && access.From(ctx).SightOf(person) != access.Whole {
		err = kept.leaveOut(ctx, r.DB)
	}
	return kept.Subscriptions, err
}

func subscriptionsOf(ctx context.Context, q storage.Queryer, person int64) ([]Subscription, error) {
	rows, err := db.New(q).SubscriptionsOf(ctx, person)
	if err != nil {
		return nil, err
	}
	list := make([]Subscription, len(rows))
	for i, row := range rows {
		list[i] = Subscription{
			ID: row.ID, Person: row.PersonID, Newsletter: row.Newsletter, Channel: people.Channel(row.Channel), Pace: Pace(row.Pace),
			Began: clock.Time(row.BeganAt), How: row.BeganHow, By: row.BeganBy, Ended: clock.Time(row.EndedAt),
			EndedHow: row.EndedHow, EndedWhy: row.EndedWhy, EndedBy: row.EndedBy,
		}
	}
	return list, nil
}

// SubscribedTo returns the newsletters that the person is subscribed to now, by name.
func (r *Room) SubscribedTo(ctx context.Context, person int64) ([]Newsletter, error) {
	slugs, err := r.Of(ctx, r.DB, person)
	if err != nil {
		return nil, err
	}
	c, err := loadCatalogue(ctx, r.DB)
	return c.sorted(locale.Lang(ctx), func(n Newsletter) bool { return slices.Contains(slugs, n.Slug) }), err
}

// Known returns the newsletters that one may subscribe to.
func (r *Room) Known(ctx context.Context, q storage.Queryer) ([]people.Offer, error) {
	rows, err := db.New(q).OpenNewsletters(ctx)
	offers := make([]people.Offer, len(rows))
	for i, row := range rows {
		offers[i] = people.Offer{Slug: row.Slug, Titles: []string{row.NameIt, row.NameEn}}
	}
	return offers, err
}

// Of returns the slugs of the newsletters that the person is subscribed to now.
func (r *Room) Of(ctx context.Context, q storage.Queryer, person int64) ([]string, error) {
	return db.New(q).SubscribedTo(ctx, person)
}

// Subscribed writes an SQL condition: the person is subscribed now to the newsletter. personID is the SQL expression of
// her identifier.
func (r *Room) Subscribed(b *storage.Builder, personID, slug string) {
	b.Add("EXISTS (SELECT 1 FROM newsletters_subscription s WHERE s.person_id = "+personID+
		" AND s.newsletter = ? AND s.ended_at = 0)", slug)
}

// askedTable defines the temporary table of Subscribe; sqlc reads the same text.
//
//go:embed staging/asked.sql
var askedTable string

// Subscribe begins many subscriptions. It skips those that exist, and those that the person ended at or after When. It
// returns the people for whom one began, each once.
func (r *Room) Subscribe(ctx context.Context, tx *storage.Tx, asked []people.Asked) ([]int64, error) {
	begun, err := begin(ctx, tx, asked)
	if err != nil {
		return nil, fmt.Errorf("newsletters: subscribe the new: %w", err)
	}
	asked = distinct(asked)
	if len(asked) == 0 {
		return begun, nil
	}
	if err := tx.Staging(ctx, askedTable); err != nil {
		return nil, fmt.Errorf("newsletters: stage subscriptions: %w", err)
	}
	columns := []string{"id", "person_id", "newsletter", "channel", "at", "how"}
	if _, err := tx.Load(ctx, "newsletters_asked", columns, func(yield func([]any) bool) {
		for _, a := range asked {
			if !yield([]any{storage.NewID(), a.Person, a.Newsletter, string(a.Channel), clock.Millis(a.When), a.How}) {
				return
			}
		}
	}); err != nil {
		return nil, fmt.Errorf("newsletters: load subscriptions: %w", err)
	}
	q := db.New(tx)
	if err := q.BeginAsked(ctx, actorName(ctx)); err != nil {
		return nil, fmt.Errorf("newsletters: subscribe: %w", err)
	}
	if err := q.LiftOptOutsAsked(ctx, r.now()); err != nil {
		return nil, fmt.Errorf("newsletters: lift opt-outs: %w", err)
	}
	if err := r.noteReturned(ctx, tx); err != nil {
		return nil, fmt.Errorf("newsletters: note who is back: %w", err)
	}
	more, err := q.BegunAsked(ctx)
	return append(begun, more...), err
}

// Tables returns the tables that Subscribe uses, and the definition of its temporary table.
func (r *Room) Tables() (tables []string, staging string) {
	return []string{"newsletters_subscription", "newsletters_optout"}, askedTable
}

// begin begins the subscriptions of new people. They have none yet, so nothing is looked up.
func begin(ctx context.Context, tx *storage.Tx, asked []people.Asked) (begun []int64, err error) {
	columns := []string{
		"id", "person_id", "newsletter", "channel", "began_at", "began_how", "began_by", "ended_at", "ended_how",
		"ended_why", "ended_by", "ended_issue",
	}
	row := make([]any, 0, len(columns))
	by := actorName(ctx)
	_, err = tx.Load(ctx, "newsletters_subscription", columns, func(yield func([]any) bool) {
		for _, a := range asked {
			if !a.New {
				continue
			}
			row = append(row[:0], storage.NewID(), a.Person, a.Newsletter, string(a.Channel), clock.Millis(a.When), a.How, by,
				int64(0), "", "", "", int64(0))
			if !yield(row) {
				return
			}
			if last := len(begun) - 1; last < 0 || begun[last] != a.Person {
				begun = append(begun, a.Person)
			}
		}
	})
	return begun, err
}

// distinct returns the requests of existing people, the first for each person, newsletter and channel.
func distinct(asked []people.Asked) []people.Asked {
	type key struct {
		person     int64
		newsletter string
		channel    people.Channel
	}
	seen := map[key]bool{}
	var list []people.Asked
	for _, a := range asked {
		if a.New {
			continue
		}
		if k := (key{a.Person, a.Newsletter, a.Channel}); !seen[k] {
			seen[k] = true
			list = append(list, a)
		}
	}
	return list
}

// SubscribePerson begins a subscription on the person's usual channel, records her consent if there is none, and ends
// an earlier opt-out. It does nothing if she is subscribed already. How is "own-page", "signup" or "desk". Faults:
// newsletters.newsletter.closed, newsletters.newsletter.unknown, people.consent.too_young.
func (r *Room) SubscribePerson(ctx context.Context, person int64, newsletter, how string) error {
	texts, err := r.People.ConsentTexts(ctx)
	if err != nil {
		return err
	}
	version := ""
	for _, t := range texts {
		if t.Purpose == people.ForNewsletter {
			version = t.Version
		}
	}
	return r.DB.Tx(ctx, func(tx *storage.Tx) error {
		if err := r.holding(ctx, tx, person); err != nil {
			return err
		}
		c, err := loadCatalogue(ctx, tx)
		if err != nil {
			return err
		}
		n, err := c.find(newsletter)
		if err != nil {
			return err
		}
		if n.Closed {
			return fault.Invalid("newsletters.newsletter.closed", "Name", n.Name.In(locale.Lang(ctx)))
		}
		channel, err := usualChannel(ctx, tx, person)
		if err != nil {
			return err
		}
		grant := people.Grant{Purpose: people.ForNewsletter, TextVersion: version, Source: how, Channel: channel}
		if err := r.People.GrantIn(ctx, tx, person, grant); err != nil {
			return err
		}
		queries := db.New(tx)
		if _, err := queries.LiftOptOut(ctx, db.LiftOptOutParams{
			PersonID: person, Newsletter: n.Slug, EndedAt: r.now(), EndedHow: "subscribed",
		}); err != nil {
			return err
		}
		standing, err := queries.SubscribedTo(ctx, person)
		if err != nil || slices.Contains(standing, n.Slug) {
			return err
		}
		_, err = queries.AddSubscription(ctx, db.AddSubscriptionParams{
			ID: storage.NewID(), PersonID: person, Newsletter: n.Slug, Channel: string(channel), BeganAt: r.now(),
			BeganHow: how, BeganBy: actorName(ctx), Pace: string(AtOnce),
		})
		if err != nil {
			return err
		}
		if err := r.People.Note(ctx, tx, person, backFacts(n.Slug)...); err != nil {
			return err
		}
		return r.deed(ctx, tx, "subscribed", person, n.Slug)
	})
}

// holding holds the person for a change of what she receives, and tells the index; a fault of kind NotFound if there is
// no such person.
func (r *Room) holding(ctx context.Context, tx *storage.Tx, person int64) error {
	found, err := r.People.Hold(ctx, tx, person)
	if err != nil {
		return err
	}
	if !found {
		return fault.NotFound("people.person.unknown")
	}
	return r.People.Changed(ctx, tx, person)
}
