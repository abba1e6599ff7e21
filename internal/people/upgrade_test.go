package people_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

// A town that runs the first release keeps what its people are and want.
func TestLinksSurviveTheUpgrade(t *testing.T) {
	first := must[[]byte](t)(fs.ReadFile(people.Schema(), "0001_people.sql"))
	released := storage.Schema{Room: "people", Files: fstest.MapFS{"0001_people.sql": &fstest.MapFile{Data: first}}}
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		for _, text := range []string{
			"INSERT INTO people_who (person_id, category) VALUES (2, 'genitore'), (1, 'pendolare'), (1, 'genitore')",
			"INSERT INTO people_wants (person_id, topic) VALUES (2, 'teatro'), (1, 'acqua')",
		} {
			if _, err := db.ExecContext(t.Context(), text); err != nil {
				t.Fatal(err)
			}
		}
		if steps := must[int](t)(db.Migrate(t.Context(), storage.Schema{Room: "people", Files: people.Schema()})); steps == 0 {
			t.Error("no step was run")
		}
		for text, want := range map[string]int64{
			"people_who WHERE person_id = 1":     2,
			"people_who":                         3,
			"people_wants WHERE topic = 'acqua'": 1,
			"people_wants":                       2,
		} {
			if n := (town{db: db}).count(t, text); n != want {
				t.Errorf("%d rows of %s; want %d", n, text, want)
			}
		}
		if _, err := db.ExecContext(t.Context(), "INSERT INTO people_who (person_id, category) VALUES (1, 'genitore')"); !storage.IsUnique(err) {
			t.Errorf("the same word twice: %v; want it refused", err)
		}
	}, released)
}
