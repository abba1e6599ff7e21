package app

import (
	"context"
	"path/filepath"
	"slices"

	"unoxuno/internal/access"
	"unoxuno/internal/journal"
	"unoxuno/internal/storage"
)

// journalFolder is the journal's name in the data folder.
const journalFolder = "journal"

func (r *run) journalPath() string { return filepath.Join(r.config.Data, journalFolder) }

// again counts the people for whom something was done again after a restore.
type again struct{ erased, left int64 }

// personsAtOnce is how many people are compared with the journal at a time.
const personsAtOnce = 5000

// takeAgain does again what was taken from people after this copy of the database was made. It only takes away. When it is
// interrupted, the rest is missing still and is done at the next start.
func (r *run) takeAgain(h *house, missing journal.Missing) (done again, err error) {
	if missing.IsEmpty() {
		return done, nil
	}
	ctx := access.With(r.ctx, access.Actor{Kind: access.System, Name: "system"})
	for after := int64(0); ; {
		persons, err := h.people.IDs(ctx, after, personsAtOnce)
		if err != nil {
			return done, err
		}
		if len(persons) == 0 {
			break
		}
		for _, person := range persons {
			if err := h.takePersonAgain(ctx, missing, person, &done); err != nil {
				return done, err
			}
		}
		after = persons[len(persons)-1]
	}
	// The rest is about people whom this copy does not know.
	for some := range slices.Chunk(missing.All(), personsAtOnce) {
		if err := h.db.Tx(ctx, func(tx *storage.Tx) error { return h.journal.Done(ctx, tx, some) }); err != nil {
			return done, err
		}
	}
	return done, nil
}

func (h *house) takePersonAgain(ctx context.Context, missing journal.Missing, person int64, done *again) error {
	facts, entries := missing.Of(person)
	if len(entries) == 0 {
		return nil
	}
	if slices.ContainsFunc(facts, func(f journal.Fact) bool { return f.Matter == journal.Erased }) {
		done.erased++
		return h.people.Erase(ctx, person)
	}
	if len(facts) > 0 {
		done.left++
	}
	return h.db.Tx(ctx, func(tx *storage.Tx) error {
		if len(facts) > 0 {
			if _, err := h.newsletters.TakeAgain(ctx, tx, person, facts); err != nil {
				return err
			}
		}
		return h.journal.Done(ctx, tx, entries)
	})
}
