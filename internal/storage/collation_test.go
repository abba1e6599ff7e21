package storage_test

import (
	"fmt"
	"strings"
	"testing"

	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

// An upgrade changes the order of the columns that an older version made in a database with an Italian locale, and
// keeps its views and indexes. New columns are sorted by code point too.
func TestTextIsSortedByItsCodeWhateverTheLocale(t *testing.T) {
	url := storagetest.Italian(t)
	db, err := storage.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	exec := func(text string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	exec("CREATE TABLE thing_old (id bigint PRIMARY KEY, name text NOT NULL UNIQUE)")
	exec("CREATE VIEW thing_seen AS SELECT id, name FROM thing_old")
	exec("CREATE VIEW thing_twice AS SELECT a.name, b.id FROM thing_seen a JOIN thing_seen b ON a.name = b.name")
	words := []string{"zz", "Z", "a b", "a-b", "ab", "aB", "à", "a😀"}
	for i, word := range words {
		exec(fmt.Sprintf("INSERT INTO thing_old (id, name) VALUES (%d, '%s')", i, word))
	}
	for range 2 {
		if _, err := db.Migrate(t.Context(), schema(things, "CREATE TABLE thing_note (\n  name text  NOT NULL PRIMARY KEY, -- text\n  more text NOT NULL DEFAULT '');")); err != nil {
			t.Fatal(err)
		}
	}
	exec("INSERT INTO thing_note (name) SELECT name FROM thing_old")
	for _, table := range []string{"thing_old", "thing_note", "thing_seen", "thing_twice"} {
		var sorted string
		if err := db.QueryRowContext(t.Context(), "SELECT string_agg(name, '|' ORDER BY name) FROM "+table).Scan(&sorted); err != nil {
			t.Fatal(err)
		}
		if want := "Z|a b|a-b|aB|ab|a😀|zz|à"; sorted != want {
			t.Errorf("%s is sorted %s; want %s", table, sorted, want)
		}
	}
	if steps, err := db.Migrate(t.Context(), schema(things, "CREATE TABLE thing_note (name text NOT NULL);")); err != nil || steps != 0 {
		t.Errorf("migrating again: %d steps, %v", steps, err)
	}
	if strings.Contains(url, "_it?") == false {
		t.Errorf("the database is %s", url)
	}
}
