package people

import (
	"context"
	"strings"

	"unoxuno/internal/journal"
	"unoxuno/internal/people/db"
	"unoxuno/internal/storage"
)

// Journal records outside the database what a transaction takes away from the person, or what she takes back, so that
// it can be done again after a restore; see package journal. The caller holds the person.
type Journal func(ctx context.Context, tx *storage.Tx, person int64, facts ...journal.Fact) error

// PlugJournal sets the journal. It is called while the program is assembled.
func (p *People) PlugJournal(j Journal) { p.journal = j }

// Note records facts about the person, for the rooms above. In a dry run it does nothing.
func (p *People) Note(ctx context.Context, tx *storage.Tx, person int64, facts ...journal.Fact) error {
	if len(facts) == 0 || tx.Scratched() {
		return nil
	}
	return p.journal(ctx, tx, person, facts...)
}

func noJournal(context.Context, *storage.Tx, int64, ...journal.Fact) error { return nil }

// consentMatter is the prefix of matters about consents: "consent/profile".
const consentMatter = "consent/"

func consentFact(purpose Purpose, back bool) journal.Fact {
	return journal.Fact{Matter: consentMatter + string(purpose), Back: back}
}

// TakeAgain withdraws the consents among the journal's facts, which the person withdrew after this copy of the database
// was made.
func (p *People) TakeAgain(ctx context.Context, tx *storage.Tx, person int64, facts []journal.Fact) error {
	for _, f := range facts {
		if purpose, ok := strings.CutPrefix(f.Matter, consentMatter); ok {
			if _, err := p.WithdrawIn(ctx, tx, person, Purpose(purpose), journal.Again); err != nil {
				return err
			}
		}
	}
	return nil
}

// IDs returns the next page of persons after the given one, in the order of their numbers.
func (p *People) IDs(ctx context.Context, after, most int64) ([]int64, error) {
	return db.New(p.db).PersonIDs(ctx, db.PersonIDsParams{After: after, Most: int32(most)})
}
