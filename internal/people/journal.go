package people

import (
	"context"
	"strings"

	"unoxuno/internal/journal"
	"unoxuno/internal/people/db"
	"unoxuno/internal/storage"
)

// Journal notes outside the database what a transaction takes from the person, or what she takes back, so that it is done
// again when an older copy is put back; see package journal. Whoever calls it holds the person.
type Journal func(ctx context.Context, tx *storage.Tx, person int64, facts ...journal.Fact) error

// PlugJournal sets who keeps the journal. It is called while the program is put together.
func (p *People) PlugJournal(j Journal) { p.journal = j }

// Note notes facts about the person, for the rooms above; in a dry run nothing.
func (p *People) Note(ctx context.Context, tx *storage.Tx, person int64, facts ...journal.Fact) error {
	if len(facts) == 0 || tx.Scratched() {
		return nil
	}
	return p.journal(ctx, tx, person, facts...)
}

func noJournal(context.Context, *storage.Tx, int64, ...journal.Fact) error { return nil }

// consentMatter begins the matters that are consents: "consent/profile".
const consentMatter = "consent/"

func consentFact(purpose Purpose, back bool) journal.Fact {
	return journal.Fact{Matter: consentMatter + string(purpose), Back: back}
}

// TakeAgain withdraws the consents among the facts of the journal, which the person withdrew after this copy of the
// database was made.
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

// IDs is the next page of persons after the given one, in the order of their numbers.
func (p *People) IDs(ctx context.Context, after, most int64) ([]int64, error) {
	return db.New(p.db).PersonIDs(ctx, db.PersonIDsParams{After: after, Most: int32(most)})
}
