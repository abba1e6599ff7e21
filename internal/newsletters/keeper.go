package newsletters

import (
	"context"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/storage"
)

// Name is the room's part of a person's export.
func (r *Room) Name() string { return "newsletters" }

// Kept is what the room keeps of a person.
type Kept struct {
	Subscriptions []Subscription `json:"subscriptions"`
	OptOuts       []OptOut       `json:"opt_outs"`
	Reading       []Reading      `json:"reading"`           // of who agreed to it
	Rhythm        *Rhythm        `json:"rhythm,omitempty"`  // nil while she has said nothing
	Waiting       []Waiting      `json:"waiting,omitempty"` // for her next mail of several issues
}

// Waiting is an issue that a person gets with her next mail of several.
type Waiting struct {
	Newsletter string    `json:"newsletter"`
	Issue      string    `json:"issue"` // slug
	Pace       Pace      `json:"pace"`
	Since      time.Time `json:"since"`
}

// OptOut says that a person left a newsletter and is not to get it by profile.
type OptOut struct {
	Newsletter string    `json:"newsletter"`
	Began      time.Time `json:"began"`
	How        string    `json:"how"`
	Ended      time.Time `json:"ended,omitzero"`
}

// Export is all that the room keeps of the person, a Kept; nil for nothing.
func (r *Room) Export(ctx context.Context, q storage.Queryer, person int64) (any, error) {
	list, err := subscriptionsOf(ctx, q, person)
	if err != nil {
		return nil, err
	}
	rows, err := db.New(q).OptOutsOf(ctx, person)
	if err != nil {
		return nil, err
	}
	read, err := readingOf(ctx, q, person)
	if err != nil {
		return nil, err
	}
	said, rhythm, err := rhythmOf(ctx, q, person)
	if err != nil {
		return nil, err
	}
	waiting, err := db.New(q).KeptOf(ctx, person)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 && len(rows) == 0 && len(read) == 0 && len(waiting) == 0 && !said {
		return nil, nil //nolint:nilnil // people.Keeper: nil for nothing
	}
	kept := Kept{Subscriptions: list, OptOuts: []OptOut{}, Reading: read}
	if said {
		kept.Rhythm = &rhythm
	}
	for _, row := range waiting {
		kept.Waiting = append(kept.Waiting, Waiting{row.Newsletter, row.Slug, Pace(row.Pace), clock.Time(row.KeptAt)})
	}
	for _, row := range rows {
		kept.OptOuts = append(kept.OptOuts, OptOut{row.Newsletter, clock.Time(row.BeganAt), row.BeganHow, clock.Time(row.EndedAt)})
	}
	return kept, nil
}

// Forget removes what the room keeps of the person. The numbers of past issues, which are nobody's, stand.
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
