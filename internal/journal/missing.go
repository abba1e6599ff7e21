package journal

import (
	"cmp"
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"

	"unoxuno/internal/clock"
	"unoxuno/internal/journal/db"
	"unoxuno/internal/storage"
)

// Missing is what the files have and the database has not.
type Missing struct {
	room      *Room
	committed int64             // number of entries whose transactions surely committed
	by        map[hash][]*entry // by person, in the order of the transactions
}

// Committed returns how many of the missing entries surely belong to committed transactions. If there is any, the
// database is older than the files.
func (m Missing) Committed() int64 { return m.committed }

// IsEmpty tells whether the database has every entry of the files.
func (m Missing) IsEmpty() bool { return len(m.by) == 0 }

// Of returns what was taken away from the person and not given back, one fact for each matter, and the numbers of the
// entries.
func (m Missing) Of(person int64) (taken []Fact, entries []int64) {
	if len(m.by) == 0 {
		return nil, nil
	}
	last := map[string]int{}
	for _, e := range m.by[m.room.hash(person)] {
		entries = append(entries, e.id)
		for _, fact := range e.facts {
			if at, known := last[fact.Matter]; known {
				taken[at] = fact
				continue
			}
			last[fact.Matter] = len(taken)
			taken = append(taken, fact)
		}
	}
	return slices.DeleteFunc(taken, func(f Fact) bool { return f.Back }), entries
}

// All returns the numbers of all missing entries.
func (m Missing) All() (ids []int64) {
	for _, entries := range m.by {
		for _, e := range entries {
			ids = append(ids, e.id)
		}
	}
	slices.Sort(ids)
	return ids
}

// Missing reads the files and compares them with the database. It leaves out entries whose transactions did not commit.
// Entries that were in progress when the machine stopped are included; see Settle.
func (r *Room) Missing(ctx context.Context) (Missing, error) {
	names, err := r.files.names()
	if err != nil {
		return Missing{}, err
	}
	entries := map[int64]*entry{}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(r.files.folder, name))
		if err != nil {
			return Missing{}, err
		}
		if bad := r.read(text, entries); bad > 0 {
			r.log.Warn("lines of the journal cannot be read: was the secret changed?", "file", name, "lines", bad)
		}
	}
	m := Missing{room: r, by: map[hash][]*entry{}}
	if len(entries) == 0 {
		return m, nil
	}
	has, err := r.has(ctx, entries)
	if err != nil {
		return m, err
	}
	for id, e := range entries {
		if has[id] || e.undone && !e.committed {
			continue
		}
		if e.committed {
			m.committed++
		}
		m.by[e.person] = append(m.by[e.person], e)
	}
	for _, list := range m.by {
		slices.SortFunc(list, func(a, b *entry) int { return cmp.Compare(a.id, b.id) })
	}
	return m, nil
}

// has returns the entries that the database has.
func (r *Room) has(ctx context.Context, entries map[int64]*entry) (map[int64]bool, error) {
	first, last := int64(math.MaxInt64), int64(0)
	for id := range entries {
		first, last = min(first, id), max(last, id)
	}
	ids, err := db.New(r.db).EntriesFrom(ctx, db.EntriesFromParams{First: first, Last: last})
	has := make(map[int64]bool, len(ids))
	for _, id := range ids {
		has[id] = true
	}
	return has, err
}

// Done records in the transaction that the database has the entries.
func (r *Room) Done(ctx context.Context, tx *storage.Tx, entries []int64) error {
	for _, id := range entries {
		if err := db.New(tx).AddEntry(ctx, db.AddEntryParams{ID: id, NotedAt: clock.Millis(r.clock.Now())}); err != nil {
			return err
		}
	}
	return nil
}

// Settle is for a database that is not an older copy. An entry that it lacks belongs to a transaction that never
// committed, because the machine stopped before. Settle marks the entry as undone in the files, so that no later
// restore applies it.
func (r *Room) Settle(m Missing) error {
	var lines []byte
	for _, id := range m.All() {
		lines = appendMark(lines, id, markUndone)
	}
	if len(lines) == 0 {
		return nil
	}
	return r.files.write(r.clock.Now(), lines, false)
}
