package storagetest_test

import (
	"testing"
	"testing/fstest"

	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

// A database that is used again holds what its migrations wrote and nothing else, whatever the previous test did to it.
func TestWhatIsLentAgainIsAsItWasMade(t *testing.T) {
	schema := storage.Schema{Room: "lent", Files: fstest.MapFS{"0001_lent.sql": {Data: []byte(
		"-- +goose Up\nCREATE TABLE lent_thing (id bigint NOT NULL PRIMARY KEY, name text NOT NULL);\nINSERT INTO lent_thing VALUES (1, 'made');\n")}}}
	for _, engine := range []storage.Engine{storage.SQLite, storage.Postgres} {
		for _, deed := range []string{
			"INSERT INTO lent_thing VALUES (2, 'left behind')", "DELETE FROM lent_thing", "UPDATE lent_thing SET name = 'changed'",
			"ALTER TABLE lent_thing ADD COLUMN extra bigint", "DROP TABLE lent_thing", "CREATE INDEX lent_index ON lent_thing (name)",
			"CREATE INDEX lent_index ON lent_thing (name)", "CREATE TABLE lent_other (id bigint)", "CREATE TABLE lent_other (id bigint)",
			"ALTER TABLE lent_thing DROP COLUMN name",
		} {
			t.Run(engine.String()+"/"+deed, func(t *testing.T) {
				db := storagetest.Open(t, engine, schema)
				var id int64
				var name string
				if err := db.QueryRowContext(t.Context(), "SELECT * FROM lent_thing ORDER BY id DESC").Scan(&id, &name); err != nil || name != "made" || id != 1 {
					t.Errorf("the table holds %d, %q (%v)", id, name, err)
				}
				if _, err := db.ExecContext(t.Context(), deed); err != nil {
					t.Error(err)
				}
			})
		}
	}
}
