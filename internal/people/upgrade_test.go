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

// A town that runs the release before keeps its people's addresses and consents, and what keeps them apart.
func TestAddressesAndConsentsSurviveTheUpgrade(t *testing.T) {
	files := fstest.MapFS{}
	for _, name := range []string{"0001_people.sql", "0002_links.sql", "0003_change.sql", "0004_code.sql"} {
		files[name] = &fstest.MapFile{Data: must[[]byte](t)(fs.ReadFile(people.Schema(), name))}
	}
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		exec := func(text string) error {
			_, err := db.ExecContext(t.Context(), text)
			return err
		}
		const address = "INSERT INTO people_address (id, person_id, channel, value, shown, verified_at, created_at, source) VALUES "
		const consent = "INSERT INTO people_consent (id, person_id, purpose, text_version, source, channel, granted_at," +
			" recorded_at, actor, proof, ended_at, end_reason, ended_by) VALUES "
		const person = "INSERT INTO people_person (id, kind, given_name, family_name, organisation, search, search_given, born," +
			" born_exact, language, place, name_source, born_source, language_source, place_source, who_source, wants_source," +
			" address_source, since, created_at, updated_at) VALUES (1, 'person', '', '', '', '', '', 0, FALSE, 'it', '', '', '', '', '', '', '', '', 0, 0, 0)"
		for _, text := range []string{
			person,
			address + "(20, 2, 'email', 'b@example.org', 'B@example.org', 7, 6, 'self'), (10, 1, 'sms', '+393331234567', '333', 0, 5, 'import'), (11, 1, 'email', 'a@example.org', 'a', 8, 5, 'import')",
			consent + "(30, 1, 'newsletter', '1', 's', 'email', 1, 2, 'a', 'p', 3, 'left', 'self'), (31, 1, 'newsletter', '1', 's', 'email', 4, 5, 'a', 'p', 0, '', ''), (32, 2, 'profile', '', 's', '', 4, 5, 'a', 'p', 0, '', '')",
		} {
			if err := exec(text); err != nil {
				t.Fatal(err)
			}
		}
		must[int](t)(db.Migrate(t.Context(), storage.Schema{Room: "people", Files: people.Schema()}))
		for text, want := range map[string]int64{
			"people_address": 3,
			"people_address WHERE id = 20 AND person_id = 2 AND channel = 'email' AND value = 'b@example.org' AND shown = 'B@example.org' AND verified_at = 7 AND created_at = 6 AND source = 'self'": 1,
			"people_consent": 3,
			"people_consent WHERE id = 30 AND person_id = 1 AND text_version = '1' AND granted_at = 1 AND recorded_at = 2 AND actor = 'a' AND proof = 'p' AND ended_at = 3 AND end_reason = 'left' AND ended_by = 'self'": 1,
			"people_reachable WHERE address_id = 11 AND value = 'a@example.org'": 1,
			"people_consenting": 2,
		} {
			if n := (town{db: db}).count(t, text); n != want {
				t.Errorf("%d rows of %s; want %d", n, text, want)
			}
		}
		for _, text := range []string{
			address + "(40, 3, 'email', 'a@example.org', '', 0, 0, '')",
			consent + "(41, 1, 'newsletter', '', '', '', 0, 0, '', '', 0, '', '')",
		} {
			if err := exec(text); !storage.IsUnique(err) {
				t.Errorf("%s: %v; want it refused", text, err)
			}
		}
	}, storage.Schema{Room: "people", Files: files})
}
