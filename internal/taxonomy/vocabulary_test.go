package taxonomy

import (
	"testing"

	"github.com/goccy/go-yaml"
	"pgregory.net/rapid"
)

func standard(t testing.TB) Vocabulary {
	t.Helper()
	v, err := defaults()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestFindTakesWhatPeopleWrite(t *testing.T) {
	v := standard(t)
	for word, want := range map[string]string{
		"genitore": "genitore", "Genitore": "genitore", " PARENT ": "genitore", "Nuovo residente": "nuovo-residente",
		"new resident": "nuovo-residente", "Over 65": "over-65", "Persona con disabilita'": "persona-con-disabilita",
	} {
		if term, ok := v.Categories.Find(word); !ok || term.Slug != want {
			t.Errorf("%q found %q", word, term.Slug)
		}
	}
	if term, ok := v.Topics.Find("Accesso all’informazione"); !ok || term.Slug != "accesso-all-informazione" {
		t.Errorf("typographic apostrophe: found %q", term.Slug)
	}
	for _, word := range []string{"", "-", "unicorno"} {
		if term, ok := v.Categories.Find(word); ok {
			t.Errorf("%q found %q", word, term.Slug)
		}
	}
}

func TestFindPrefersWhatIsInUse(t *testing.T) {
	l := newList([]Term{
		{Slug: "vecchio-mercato", Name: Name{IT: "Mercato", EN: "Market"}, Retired: true},
		{Slug: "mercato-nuovo", Name: Name{IT: "Mercato", EN: "Market"}},
	})
	if term, _ := l.Find("mercato"); term.Slug != "mercato-nuovo" {
		t.Errorf("found the retired %q", term.Slug)
	}
	if term, _ := l.Find("vecchio mercato"); !term.Retired {
		t.Error("a retired slug must still be found by those who carry it")
	}
}

func TestNearest(t *testing.T) {
	v := standard(t)
	for word, want := range map[string]string{
		"genitroe": "genitore", "genitori": "genitore", "over65": "over-65", "studnet": "studente", "xylophone": "", "": "",
	} {
		if slug, ok := v.Categories.Nearest(word); slug != want || ok != (want != "") {
			t.Errorf("nearest to %q is %q, want %q", word, slug, want)
		}
	}
}

func TestFoldLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.String().Draw(t, "word")
		once := fold(word)
		if twice := fold(once); twice != once {
			t.Fatalf("fold(%q) = %q, folded again %q", word, once, twice)
		}
	})
	v := standard(t)
	for _, kind := range Kinds() {
		for _, term := range v.Of(kind).All() {
			if fold(term.Slug) != term.Slug || !validSlug(term.Slug) {
				t.Errorf("%s/%s is no slug", kind, term.Slug)
			}
		}
	}
}

func TestNameReadsTextOrLanguages(t *testing.T) {
	var names []Name
	if err := yaml.Unmarshal([]byte("- Teatro\n- {it: Musica, en: Music}\n"), &names); err != nil {
		t.Fatal(err)
	}
	if names[0].In("en") != "Teatro" || names[1].In("en") != "Music" || names[1].In("it") != "Musica" {
		t.Errorf("read %+v", names)
	}
}
