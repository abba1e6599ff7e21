package delivery

import (
	"context"
	"slices"

	"unoxuno/internal/delivery/db"
	"unoxuno/internal/storage"
)

// Persons is the room that keeps people. A transaction that writes about a person holds her, so that nothing is written
// about somebody who was erased.
type Persons interface {
	// HoldAll locks the persons' rows until tx ends, and returns those that exist.
	HoldAll(ctx context.Context, tx *storage.Tx, persons []int64) (held []int64, err error)
	// HoldCrowd prevents every erasure until tx ends. It is called before any other lock is taken.
	HoldCrowd(ctx context.Context, tx *storage.Tx) error
	// AddressValues returns the person's addresses, including unconfirmed new ones.
	AddressValues(ctx context.Context, q storage.Queryer, person int64) ([]string, error)
}

// PlugPersons sets the room that keeps people, before the room runs.
func (r *Room) PlugPersons(p Persons) { r.persons = p }

// everybody is used while no room keeps people: all persons exist.
type everybody struct{}

func (everybody) HoldAll(_ context.Context, _ *storage.Tx, persons []int64) ([]int64, error) {
	return persons, nil
}

func (everybody) HoldCrowd(context.Context, *storage.Tx) error { return nil }

func (everybody) AddressValues(context.Context, storage.Queryer, int64) ([]string, error) {
	return nil, nil
}

// holdPerson tells whether the person exists, and keeps her until tx ends. Person 0 always exists.
func (r *Room) holdPerson(ctx context.Context, tx *storage.Tx, person int64) (bool, error) {
	if person == 0 {
		return true, nil
	}
	held, err := r.persons.HoldAll(ctx, tx, []int64{person})
	return len(held) > 0, err
}

// holdReader holds the person that a message went to. For a note (batch 0), person is the note. found is false if she,
// or the note, no longer exists.
func (r *Room) holdReader(ctx context.Context, tx *storage.Tx, batch, person int64) (found bool, err error) {
	if batch == 0 {
		note, err := db.New(tx).NotePerson(ctx, person)
		if storage.None(err) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		person = note
	}
	return r.holdPerson(ctx, tx, person)
}

// holdOutcomes holds the people about whom more than the state of a message is written: returns, receipts to come, what
// their origin defers. It returns those who were erased.
func (r *Room) holdOutcomes(ctx context.Context, tx *storage.Tx, group []outcome) (erased map[int64]bool, err error) {
	var persons []int64
	for _, o := range group {
		if o.aside != nil || o.gone || len(o.parts) > 0 {
			persons = append(persons, o.person)
		}
	}
	if len(persons) == 0 {
		return nil, nil //nolint:nilnil // nobody was erased
	}
	held, err := r.persons.HoldAll(ctx, tx, persons)
	if err != nil {
		return nil, err
	}
	erased = map[int64]bool{}
	for _, person := range persons {
		erased[person] = !slices.Contains(held, person)
	}
	return erased, nil
}

// HoldBatches locks the rows of batches until tx ends, in the order of their creation, and waits for transactions that
// fill or finish them. Batches are locked before the issues that they send.
func (r *Room) HoldBatches(ctx context.Context, tx *storage.Tx, batches ...Batch) error {
	ids := make([]int64, len(batches))
	for i, b := range batches {
		ids[i] = b.ID
	}
	slices.Sort(ids)
	for _, id := range ids {
		if err := db.New(tx).HoldBatch(ctx, id); err != nil {
			return err
		}
	}
	return nil
}
