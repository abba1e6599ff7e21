package newsletters_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"unoxuno/internal/fault"
	"unoxuno/internal/identity"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/storage"
	"unoxuno/internal/taxonomy"
)

func lines(changes newsletters.Changes) []string {
	list := []string{}
	for _, c := range changes {
		list = append(list, c.String())
	}
	return list
}

func TestDeclareTwiceChangesNothing(t *testing.T) {
	inTown(t, func(w *world) {
		before, err := w.Newsletters(w.ctx)
		w.must(err)
		if again := w.declare(declared()); len(again) != 0 {
			w.Errorf("the second time changed %v", lines(again))
		}
		after, err := w.Newsletters(w.ctx)
		w.must(err)
		if len(after) != 4 || !slices.EqualFunc(before, after, func(a, b newsletters.Newsletter) bool { return a.Slug == b.Slug && a.Period == b.Period }) {
			w.Errorf("newsletters are %+v", after)
		}
		if after[0].Slug != "teatro" || after[0].Period != "monthly" || after[0].Newsroom.Name.IT != "Ufficio cultura" || after[0].From("en") != "Culture office" {
			w.Errorf("the first by name is %+v", after[0])
		}
	})
}

func TestDeclareTellsWhatChanges(t *testing.T) {
	inTown(t, func(w *world) {
		d := declared()
		d.Newsletters[0] = newsletters.DeclaredNewsletter{Slug: "teatro", Name: taxonomy.Name{IT: "Sipario"}, For: []string{"Over 65"}}
		d.Newsletters = append(d.Newsletters[:2], d.Newsletters[3:]...) // concerts are removed
		d.Newsrooms = d.Newsrooms[:1]
		want := []string{
			`- newsrooms/amici-della-musica  `,
			`~ newsletters/teatro  it: "A teatro" → "Sipario", for: "" → "over-65"`,
			`- newsletters/concerti  `,
		}
		if diff := cmp.Diff(want, lines(w.declare(d))); diff != "" {
			w.Errorf("(-want +got):\n%s", diff)
		}
		n, err := w.Newsletter(w.ctx, "teatro")
		w.must(err)
		if n.ReplyTo != "cultura@comune.example" || n.Description.IT != "Il cartellone" || !slices.Equal(n.Topics, []string{"teatro"}) {
			w.Errorf("an omitted part changed: %+v", n)
		}
		offers, err := w.Known(w.ctx, w.db)
		w.must(err)
		known := make([]string, len(offers))
		for n, offer := range offers {
			known[n] = offer.Slug
		}
		if diff := cmp.Diff([]string{"famiglie", "salute", "teatro"}, known); diff != "" {
			w.Errorf("open newsletters (-want +got):\n%s", diff)
		}
		if back := w.declare(declared()); back[0].Action != newsletters.Reopened {
			w.Errorf("declared again: %v", lines(back))
		}
		if none := w.declare(newsletters.Declaration{}); len(none) != 0 {
			w.Errorf("lists that are not declared changed: %v", lines(none))
		}
	})
}

func TestDeclareRefusesMistakesAllAtOnce(t *testing.T) {
	inTown(t, func(w *world) {
		bad := newsletters.Declaration{
			Newsrooms: []newsletters.DeclaredNewsroom{
				{Slug: "Ufficio Sport", Name: taxonomy.Name{IT: "Sport"}}, {Slug: "urp", Kind: "redazione"},
			},
			Newsletters: []newsletters.DeclaredNewsletter{
				{Slug: "a", Newsroom: "ufficio-coltura", Name: taxonomy.Name{IT: "A"}, Topics: []string{"teatri"}, For: []string{"zzzzzz"}},
				{Slug: "b", Newsroom: "ufficio-cultura", ReplyTo: "not an address"},
				{Slug: "c", Newsroom: "ufficio-cultura", Name: taxonomy.Name{IT: "C"}}, {Slug: "c", Newsroom: "ufficio-cultura", Name: taxonomy.Name{IT: "C"}},
			},
		}
		err := w.db.Tx(w.ctx, func(tx *storage.Tx) error {
			_, err := w.Declare(w.ctx, tx, bad)
			return err
		})
		var got []string
		for _, f := range fault.List(err) {
			got = append(got, f.Field+" "+strings.TrimPrefix(f.Key, "newsletters."))
			for _, lang := range []string{"it", "en"} {
				if said := w.words.SayWith(lang, f.Key, f.Args); said == f.Key || strings.Contains(said, "<no value>") {
					w.Errorf("%v has no sentence: %q", f, said)
				}
			}
		}
		want := []string{
			"newsrooms[1] slug.malformed", "newsrooms[2] name.missing", "newsrooms[2] kind.unknown",
			"newsletters[1] topic.unknown_near", "newsletters[1] category.unknown", "newsletters[1] newsroom.unknown_near",
			"newsletters[2] name.missing", "newsletters[2] reply_to.malformed", "newsletters[4] slug.twice",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			w.Errorf("(-want +got):\n%s", diff)
		}
		if all, err := w.Newsletters(w.ctx); err != nil || len(all) != 4 {
			w.Errorf("%d newsletters after a refusal, error %v", len(all), err)
		}
	})
}

func TestOfficeChangesNewsletters(t *testing.T) {
	inTown(t, func(w *world) {
		boss := w.actAs(identity.Administrator)
		w.must(w.PutNewsroom(boss, newsletters.Newsroom{Slug: "urp", Name: taxonomy.Name{IT: "URP"}, Kind: newsletters.Office}))
		n := newsletters.Newsletter{
			Slug: "novita", Newsroom: newsletters.Newsroom{Slug: "urp"}, Name: taxonomy.Name{IT: "Novità"},
			Topics: []string{"Teatro"}, Period: "settimanale",
		}
		w.must(w.PutNewsletter(boss, n))
		kept, err := w.Newsletter(w.ctx, "novita")
		w.must(err)
		if kept.Period != "weekly" || kept.Newsroom.Name.IT != "URP" || !slices.Equal(kept.Topics, []string{"teatro"}) {
			w.Errorf("kept %+v", kept)
		}
		n.Name.IT, n.ReplyTo, n.Newsroom.Slug = "", "x", "zzz"
		fields := map[string]bool{}
		for _, f := range fault.List(w.PutNewsletter(boss, n)) {
			fields[f.Field] = true
		}
		if !fields["name"] || !fields["reply_to"] || !fields["newsroom"] {
			w.Errorf("faults are on %v", fields)
		}
		// A newsletter created in the office is not closed because the file lacks it.
		if changes := w.declare(declared()); len(changes) != 0 {
			w.Errorf("the file changed %v", lines(changes))
		}
	})
}

func TestCatalogue(t *testing.T) {
	inTown(t, func(w *world) {
		for _, c := range []struct {
			ask  newsletters.CatalogueQuery
			want string
		}{
			{newsletters.CatalogueQuery{}, "teatro concerti famiglie salute"},
			{newsletters.CatalogueQuery{Topic: "musica"}, "concerti famiglie"},
			{newsletters.CatalogueQuery{Category: "genitore"}, "famiglie"},
			{newsletters.CatalogueQuery{Text: "CARTELLONE"}, "teatro"},
			{newsletters.CatalogueQuery{Text: "amici concerti"}, "concerti"},
			{newsletters.CatalogueQuery{Text: "nulla"}, ""},
		} {
			list, err := w.Catalogue(w.ctx, c.ask)
			w.must(err)
			var slugs []string
			for _, n := range list {
				slugs = append(slugs, n.Slug)
			}
			if got := strings.Join(slugs, " "); got != c.want {
				w.Errorf("%+v finds %q, want %q", c.ask, got, c.want)
			}
		}
	})
}
