package newsletters

import (
	"context"
	"slices"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/storage"
)

// Name returns the name of the room's part in a person's export.
func (r *Room) Name() string { return "newsletters" }

// Kept is the room's data about a person.
type Kept struct {
	Subscriptions []Subscription `json:"subscriptions"`
	OptOuts       []OptOut       `json:"opt_outs"`
	Reading       []Reading      `json:"reading"`           // only with her consent
	Rhythm        *Rhythm        `json:"rhythm,omitempty"`  // nil if she has chosen nothing
	Waiting       []Waiting      `json:"waiting,omitempty"` // for her next digest
}

// Waiting is an issue that a person gets with her next digest.
type Waiting struct {
	Newsletter string    `json:"newsletter"`
	Issue      string    `json:"issue"` // slug
	Pace       Pace      `json:"pace"`
	Since      time.Time `json:"since"`
}

// OptOut says that a person left a newsletter and must not get it by profile.
type OptOut struct {
	Newsletter string    `json:"newsletter"`
	Began      time.Time `json:"began"`
	How        string    `json:"how"`
	Ended      time.Time `json:"ended,omitzero"`
}

// Export returns the room's data about the person, a Kept, as far as sight allows; nil if there is none.
func (r *Room) Export(ctx context.Context, q storage.Queryer, person int64, sight access.Sight) (any, error) {
	kept, err := keptOf(ctx, q, person)
	if err == nil && sight != access.Whole {
		err = kept.leaveOut(ctx, q)
	}
	if err != nil || kept.empty() {
		return nil, err
	}
	return kept, nil
}

// empty tells whether there is no data.
func (k Kept) empty() bool {
	return len(k.Subscriptions) == 0 && len(k.OptOuts) == 0 && len(k.Reading) == 0 && len(k.Waiting) == 0 && k.Rhythm == nil
}

// leaveOut removes what staff may not see: what the person read, and everything that names a sensitive newsletter.
func (k *Kept) leaveOut(ctx context.Context, q storage.Queryer) error {
	c, err := loadCatalogue(ctx, q)
	if err != nil {
		return err
	}
	k.Reading = []Reading{}
	k.Subscriptions = slices.DeleteFunc(k.Subscriptions, func(s Subscription) bool { return c.sensitive(s.Newsletter) })
	k.OptOuts = slices.DeleteFunc(k.OptOuts, func(o OptOut) bool { return c.sensitive(o.Newsletter) })
	k.Waiting = slices.DeleteFunc(k.Waiting, func(w Waiting) bool { return c.sensitive(w.Newsletter) })
	return nil
}

// keptOf returns the room's data about the person.
func keptOf(ctx context.Context, q storage.Queryer, person int64) (kept Kept, err error) {
	if kept.Subscriptions, err = subscriptionsOf(ctx, q, person); err != nil {
		return kept, err
	}
	if kept.Reading, err = readingOf(ctx, q, person); err != nil {
		return kept, err
	}
	said, rhythm, err := rhythmOf(ctx, q, person)
	if err != nil {
		return kept, err
	}
	if said {
		kept.Rhythm = &rhythm
	}
	left, err := db.New(q).OptOutsOf(ctx, person)
	if err != nil {
		return kept, err
	}
	kept.OptOuts = []OptOut{}
	for _, row := range left {
		kept.OptOuts = append(kept.OptOuts, OptOut{row.Newsletter, clock.Time(row.BeganAt), row.BeganHow, clock.Time(row.EndedAt)})
	}
	waiting, err := db.New(q).KeptOf(ctx, person)
	for _, row := range waiting {
		kept.Waiting = append(kept.Waiting, Waiting{row.Newsletter, row.Slug, Pace(row.Pace), clock.Time(row.KeptAt)})
	}
	return kept, err
}

// Forget removes the room's data about the person. The statistics of past issues stay, because they identify nobody.
func (r *Room) Forget(ctx context.Context, tx *storage.Tx, person int64) error {
	queries := db.New(tx)
	if err := r.forgetReading(ctx, tx, person); err != nil {
		return err
	}
	if err := queries.ForgetSubscriptions(ctx, person); err != nil {
		return err
	}
	if err := queries.ForgetOptOuts(ctx, person); err != nil {
		return err
	}
	if err := queries.ForgetRhythm(ctx, person); err != nil {
		return err
	}
	owed, err := queries.IssuesKeptOf(ctx, person)
	if err != nil {
		return err
	}
	if err := holdIssues(ctx, tx, owed); err != nil {
		return err
	}
	if err := queries.ForgetKept(ctx, person); err != nil {
		return err
	}
	return r.released(ctx, tx, owed)
}
