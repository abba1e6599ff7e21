package newsletters_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"unoxuno/internal/delivery"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
	"unoxuno/internal/taxonomy"
)

// oldSchema returns the first few files of the schema.
func oldSchema(t *testing.T, names ...string) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	for _, name := range names {
		text, err := fs.ReadFile(newsletters.Schema(), name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: text}
	}
	return files
}

// The numbers of digests from before the upgrade stay.
func TestDigestsNumbersSurviveTheUpgrade(t *testing.T) {
	files := oldSchema(t, "0001_newsletters.sql", "0002_unbound.sql", "0003_sms.sql", "0004_pace.sql", "0005_reading.sql", "0006_in_order_of_persons.sql")
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		if _, err := db.ExecContext(t.Context(), "INSERT INTO newsletters_digested (issue, digest, state, people) VALUES (1, 7, 'sent', 30), (1, 8, 'sent', 12)"); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Migrate(t.Context(), storage.Schema{Room: "newsletters", Files: newsletters.Schema()}); err != nil {
			t.Fatal(err)
		}
		var people, reasons int64
		err := db.QueryRowContext(t.Context(), "SELECT CAST(SUM(people) AS bigint), COUNT(DISTINCT reason) FROM newsletters_digested WHERE state = 'sent' AND reason = ''").Scan(&people, &reasons)
		if err != nil || people != 42 || reasons != 1 {
			t.Errorf("%d people, %v; want 42", people, err)
		}
	}, storage.Schema{Room: "taxonomy", Files: taxonomy.Schema()}, storage.Schema{Room: "delivery", Files: delivery.Schema()},
		storage.Schema{Room: "people", Files: people.Schema()}, storage.Schema{Room: "newsletters", Files: files})
}

// A town with the previous release keeps its subscriptions, ended ones too, and the constraint of one current
// subscription.
func TestSubscriptionsSurviveTheUpgrade(t *testing.T) {
	files := oldSchema(t, "0001_newsletters.sql", "0002_unbound.sql", "0003_sms.sql")
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		const subscription = "INSERT INTO newsletters_subscription (id, person_id, newsletter, channel, began_at, began_how, began_by," +
			" ended_at, ended_how, ended_why, ended_by, ended_issue) VALUES "
		for _, text := range []string{
			"INSERT INTO newsletters_newsroom (slug, name_it, name_en, kind, declared, closed) VALUES ('urp', '', '', 'office', TRUE, FALSE)",
			"INSERT INTO newsletters_newsletter (slug, newsroom, name_it, name_en, description_it, description_en, period, sender," +
				" reply_to, sensitive, declared, closed) VALUES ('teatro', 'urp', '', '', '', '', '', '', '', FALSE, TRUE, FALSE)",
			"INSERT INTO people_person (id, kind, given_name, family_name, organisation, search, search_given, born, born_exact, language," +
				" place, name_source, born_source, language_source, place_source, who_source, wants_source, address_source, since," +
				" created_at, updated_at) VALUES (1, 'person', '', '', '', '', '', 0, FALSE, 'it', '', '', '', '', '', '', '', '', 0, 0, 0)",
			subscription + "(10, 1, 'teatro', 'email', 5, 'signup', 'ada', 6, 'page', 'troppe', 'ada', 9), (11, 1, 'teatro', 'email', 7, 'desk', 'urp', 0, '', '', '', 0)",
		} {
			if _, err := db.ExecContext(t.Context(), text); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := db.Migrate(t.Context(), storage.Schema{Room: "newsletters", Files: newsletters.Schema()}); err != nil {
			t.Fatal(err)
		}
		for _, where := range []string{
			"id = 10 AND began_at = 5 AND began_how = 'signup' AND began_by = 'ada' AND ended_at = 6 AND ended_how = 'page' AND ended_why = 'troppe' AND ended_by = 'ada' AND ended_issue = 9",
			"id = 11 AND person_id = 1 AND newsletter = 'teatro' AND channel = 'email' AND began_at = 7 AND ended_at = 0",
		} {
			var n int
			err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM newsletters_subscription WHERE "+where).Scan(&n)
			if err != nil || n != 1 {
				t.Errorf("%d rows where %s, %v; want 1", n, where, err)
			}
		}
		_, err := db.ExecContext(t.Context(), subscription+"(12, 1, 'teatro', 'email', 8, '', '', 0, '', '', '', 0)")
		if !storage.IsUnique(err) {
			t.Errorf("a second current subscription: %v; want it refused", err)
		}
	}, storage.Schema{Room: "taxonomy", Files: taxonomy.Schema()}, storage.Schema{Room: "delivery", Files: delivery.Schema()},
		storage.Schema{Room: "people", Files: people.Schema()}, storage.Schema{Room: "newsletters", Files: files})
}
