package people

import (
	"context"
	"fmt"
	"slices"

	"unoxuno/internal/access"
	"unoxuno/internal/journal"
	"unoxuno/internal/people/db"
	"unoxuno/internal/storage"
)

// Export returns everything that every room keeps of the person, ready for JSON: this room's part under "people", the
// others under their names (GDPR, articles 15 and 20). It contains what the context's actor may see; see access.Sight.
func (p *People) Export(ctx context.Context, person int64) (map[string]any, error) {
	q, sight := db.New(p.db), access.From(ctx).SightOf(person)
	who, err := p.Shown(ctx, person)
	if err != nil {
		return nil, err
	}
	consents, err := consentsOf(ctx, q, person)
	if err != nil {
		return nil, err
	}
	signUps, err := signUpsOf(ctx, q, person, sight)
	if err != nil {
		return nil, err
	}
	entries, err := entriesOf(ctx, q, person)
	if err != nil {
		return nil, err
	}
	all := map[string]any{"people": map[string]any{"person": who, "consents": consents, "sign_ups": signUps, "entries": entries}}
	for _, k := range p.keepers {
		part, err := k.Export(ctx, p.db, person, sight)
		if err != nil {
			return nil, fmt.Errorf("export of %s: %w", k.Name(), err)
		}
		if part != nil {
			all[k.Name()] = part
		}
	}
	return all, nil
}

// Erase removes the person from every room in one transaction (GDPR, article 17). No personal data stays. A line of the
// audit log without a name records the erasure, whoever did it. A fault of kind NotFound if there is no such person.
func (p *People) Erase(ctx context.Context, person int64) error {
	return p.db.Tx(ctx, func(tx *storage.Tx) error {
		if err := tx.Alone(ctx, crowd); err != nil {
			return err
		}
		if err := p.mustHold(ctx, tx, person); err != nil {
			return err
		}
		// Rooms plugged in later may refer to earlier ones.
		for _, k := range slices.Backward(p.keepers) {
			if err := k.Forget(ctx, tx, person); err != nil {
				return fmt.Errorf("%s forgets: %w", k.Name(), err)
			}
		}
		if err := forget(ctx, db.New(tx), person); err != nil {
			return err
		}
		if err := p.Note(ctx, tx, person, journal.Fact{Matter: journal.Erased}); err != nil {
			return err
		}
		if err := tx.Erased(ctx); err != nil {
			return err
		}
		if err := noteErased(ctx, tx, person); err != nil {
			return err
		}
		return p.noteDeed(ctx, tx, "erased", person, "")
	})
}

func forget(ctx context.Context, q *db.Queries, person int64) error {
	// Rows that are found through the addresses are removed before the addresses.
	if err := forgetEntries(ctx, q, person); err != nil {
		return err
	}
	steps := []func(context.Context, int64) error{
		q.EraseSignUps, q.EraseConsents, q.EraseAddresses, q.ClearWho, q.ClearWants, q.ErasePerson,
	}
	for _, step := range steps {
		if err := step(ctx, person); err != nil {
			return err
		}
	}
	return nil
}
