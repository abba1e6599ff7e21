package people

import (
	"context"

	"unoxuno/internal/storage"
)

// bring copies the people who have an address of the chunk from the town's tables to those of the dry run, unless they
// are there already.
func (b *batch) bring(ctx context.Context, tx *storage.Tx) error {
	addresses, hidden := tx.Behind("people_address")
	if !hidden {
		return nil
	}
	var q storage.Builder
	q.Add("SELECT DISTINCT a.person_id FROM people_import_key k JOIN " + addresses +
		" a ON a.channel = k.channel AND a.value = k.value WHERE NOT EXISTS (SELECT 1 FROM people_person p WHERE p.id = a.person_id)")
	found, err := appendIDs(ctx, tx, nil, &q)
	if err != nil || len(found) == 0 {
		return err
	}
	for _, table := range b.people.importedTables() {
		column := "person_id"
		if table == "people_person" {
			column = "id"
		}
		if err := tx.Bring(ctx, table, column, found); err != nil {
			return err
		}
	}
	return nil
}
