package people_test

import (
	"testing"

	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

// On a PostgreSQL with an Italian locale people are found by the beginning of an address or a name, as everywhere else.
func TestPeopleAreFoundInAnItalianLocale(t *testing.T) {
	db, err := storage.Open(storage.RefuseNested(t.Context()), storagetest.Italian(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Migrate(t.Context(), schemas()...); err != nil {
		t.Fatal(err)
	}
	town := newTown(t, db)
	for address, d := range map[string]people.Details{
		"ada.damico@citta.example": {Given: "Ada", Family: "D'Amico"}, "zorro@citta.example": {Given: "Rosa😀", Family: "Neri"},
	} {
		must[int64](t)(town.Register(t.Context(), d, []people.Contact{{Channel: people.Email, Value: address}}, nil))
	}
	for _, text := range []string{"ada.damico@c", "d'am", "ada", "rosa", "rosa😀 ner", "zorro@"} {
		if found := must[people.Found](t)(town.Find(t.Context(), text, 1)); len(found.People) != 1 {
			t.Errorf("%q found %d people, want one", text, len(found.People))
		}
	}
}
