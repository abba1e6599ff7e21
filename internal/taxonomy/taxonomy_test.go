package taxonomy_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
	"unoxuno/internal/taxonomy"
)

func schema() storage.Schema { return storage.Schema{Room: "taxonomy", Files: taxonomy.Schema()} }

// room is a taxonomy on a test's database.
type room struct {
	*taxonomy.Taxonomy
	db *storage.DB
}

// onBoth runs the test on both engines, with the defaults installed.
func onBoth(t *testing.T, test func(t *testing.T, room room)) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		r := room{taxonomy.New(db), db}
		if err := r.EnsureDefaults(t.Context()); err != nil {
			t.Fatal(err)
		}
		test(t, r)
	}, schema())
}

func (r room) try(ctx context.Context, d taxonomy.Declaration) (changes taxonomy.Changes, err error) {
	err = r.db.Tx(ctx, func(tx *storage.Tx) error {
		changes, err = r.Apply(ctx, tx, d)
		return err
	})
	return changes, err
}

func (r room) apply(t *testing.T, d taxonomy.Declaration) taxonomy.Changes {
	t.Helper()
	changes, err := r.try(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

func lines(changes taxonomy.Changes) []string {
	var all []string
	for _, c := range changes {
		all = append(all, c.String())
	}
	return all
}

func slugs(terms []taxonomy.Term) []string {
	var all []string
	for _, t := range terms {
		all = append(all, t.Slug)
	}
	return all
}

func theatre() taxonomy.Declaration {
	return taxonomy.Declaration{
		Topics: []taxonomy.Declared{{Slug: "teatro", Name: taxonomy.Name{IT: "Teatro", EN: "Theatre"}}},
		Places: []taxonomy.Declared{{Slug: "san-lazzaro", Name: taxonomy.Name{IT: "San Lazzaro"}, Code: "Q2"}},
	}
}

func TestDefaults(t *testing.T) {
	onBoth(t, func(t *testing.T, room room) {
		if err := room.EnsureDefaults(t.Context()); err != nil {
			t.Fatalf("a second start: %v", err)
		}
		v, err := room.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := len(v.Topics.InUse()); got != 63 {
			t.Errorf("%d official topics, want 63", got)
		}
		if got := slugs(v.Places.InUse()); !slices.Equal(got, []string{taxonomy.Outside}) {
			t.Errorf("places are %v", got)
		}
		for _, kind := range taxonomy.Kinds() {
			for _, term := range v.Of(kind).All() {
				if term.Name.IT == "" || term.Name.EN == "" {
					t.Errorf("%s/%s lacks a name", kind, term.Slug)
				}
				if kind != taxonomy.Places && term.Code == "" {
					t.Errorf("%s/%s lacks its official code", kind, term.Slug)
				}
			}
		}
		if term, _ := v.Categories.Get("persona-con-disabilita"); !term.Sensitive {
			t.Error("disability is not marked as sensitive")
		}
	})
}

func TestApplyAddsThenChangesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, room room) {
		want := []string{`+ topics/teatro  "Teatro"`, `+ places/san-lazzaro  "San Lazzaro"`}
		if diff := cmp.Diff(want, lines(room.apply(t, theatre()))); diff != "" {
			t.Errorf("first time (-want +got):\n%s", diff)
		}
		if again := room.apply(t, theatre()); len(again) != 0 {
			t.Errorf("the second time changed %v", again)
		}
		places, err := room.Places(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := slugs(places); !slices.Equal(got, []string{"san-lazzaro", taxonomy.Outside}) {
			t.Errorf("places in order are %v", got)
		}
	})
}

func TestApplyOnANewDatabaseInstallsTheDefaults(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		room := room{taxonomy.New(db), db}
		if changes := room.apply(t, theatre()); len(changes) != 2 {
			t.Errorf("the defaults count as changes: %v", changes)
		}
		topics, err := room.Topics(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(topics) != 64 || topics[63].Slug != "teatro" {
			t.Errorf("%d topics, the last is %q", len(topics), topics[len(topics)-1].Slug)
		}
	}, schema())
}

func TestApplyRetiresWhatTheTownNoLongerDeclares(t *testing.T) {
	onBoth(t, func(t *testing.T, room room) {
		room.apply(t, theatre())
		untouched := room.apply(t, taxonomy.Declaration{Categories: []taxonomy.Declared{}})
		if len(untouched) != 0 {
			t.Errorf("a list that is not declared changed: %v", untouched)
		}
		gone := room.apply(t, taxonomy.Declaration{Topics: []taxonomy.Declared{}})
		if diff := cmp.Diff([]string{`- topics/teatro  "Teatro"`}, lines(gone)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		v, err := room.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if term, ok := v.Topics.Get("teatro"); !ok || !term.Retired {
			t.Errorf("who carries teatro no longer finds it: %v %v", term, ok)
		}
		if _, ok := v.Topics.Get("sport"); !ok {
			t.Error("a default disappeared")
		}
		if back := room.apply(t, theatre()); back.Count(taxonomy.Restored) != 1 {
			t.Errorf("declared again: %v", back)
		}
	})
}

func TestApplyLeavesAsItIsWhatADeclarationOmits(t *testing.T) {
	onBoth(t, func(t *testing.T, room room) {
		changes := room.apply(t, taxonomy.Declaration{
			Categories: []taxonomy.Declared{{Slug: "caregiver", Name: taxonomy.Name{EN: "Family carer"}}, {Slug: "turista", Retired: true}},
		})
		want := []string{`~ categories/caregiver  en: "Carer" → "Family carer"`, `- categories/turista  "Turista"`}
		if diff := cmp.Diff(want, lines(changes)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if !changes[0].After.Sensitive {
			t.Error("the sensitive mark was lost")
		}
	})
}

func TestApplyRefusesMistakesAllAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, room room) {
		bad := taxonomy.Declaration{
			Topics: []taxonomy.Declared{
				{Slug: "Città viva", Name: taxonomy.Name{IT: "Città viva"}},
				{Slug: "danza"},
				{Slug: "sport"}, {Slug: "sport"},
			},
			Places: []taxonomy.Declared{{Slug: taxonomy.Outside, Retired: true}},
		}
		_, err := room.try(t.Context(), bad)
		for _, key := range []string{"taxonomy.slug.malformed", "taxonomy.name.missing", "taxonomy.slug.twice", "taxonomy.outside.kept"} {
			if !fault.HasKey(err, key) {
				t.Errorf("%s is not among %v", key, err)
			}
		}
		if first := fault.List(err)[0]; first.Field != "topics[1]" || first.Args["Example"] != "citta-viva" {
			t.Errorf("the first mistake is told as %v", first)
		}
		topics, err := room.Topics(t.Context())
		if err != nil || len(topics) != 63 {
			t.Errorf("%d topics after a refusal, error %v", len(topics), err)
		}
	})
}

func TestLoadInSeesItsTransactionAndRollbackUndoesIt(t *testing.T) {
	onBoth(t, func(t *testing.T, room room) {
		dry := errors.New("dry run")
		err := room.db.Tx(t.Context(), func(tx *storage.Tx) error {
			if _, err := room.Apply(t.Context(), tx, theatre()); err != nil {
				return err
			}
			v, err := room.LoadIn(t.Context(), tx)
			if err != nil {
				return err
			}
			if _, ok := v.Topics.Get("teatro"); !ok {
				t.Error("the transaction does not see its own topic")
			}
			return dry
		})
		if !errors.Is(err, dry) {
			t.Fatal(err)
		}
		v, err := room.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := v.Topics.Get("teatro"); ok {
			t.Error("a dry run left a topic behind")
		}
	})
}

func TestFaultsHaveWords(t *testing.T) {
	words, err := locale.Load(taxonomy.Words())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(words.Keys("it"), words.Keys("en")); diff != "" {
		t.Errorf("Italian and English differ:\n%s", diff)
	}
}
