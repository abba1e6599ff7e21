package peopleweb

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestSuggestLosesNoNewsletterAndShowsWhatWasChosen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		some := func(what string) []string {
			return rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}), 0, 3, rapid.ID[string]).Draw(t, what)
		}
		var offers []Offer
		var j join
		for i := range rapid.IntRange(0, 40).Draw(t, "offers") {
			o := Offer{Slug: fmt.Sprint("n", i), Topics: some("topics"), For: some("for")}
			if rapid.Bool().Draw(t, "chosen") {
				j.Newsletters = append(j.Newsletters, o.Slug)
			}
			offers = append(offers, o)
		}
		j.Who, j.Wants = some("who"), some("wants")

		fitting, others := suggest(offers, j)
		all := append(slugs(fitting), slugs(others)...)
		want := slugs(offers)
		slices.Sort(all)
		slices.Sort(want)
		if !slices.Equal(all, want) {
			t.Fatalf("offered %v, shown %v", want, all)
		}
		for _, chosen := range j.Newsletters {
			if !slices.Contains(slugs(fitting), chosen) {
				t.Fatalf("%s was chosen and is not among the first", chosen)
			}
		}
		for i := 1; i < len(fitting); i++ {
			if fit(fitting[i-1], j) < fit(fitting[i], j) {
				t.Fatalf("%s stands before %s, which fits better", fitting[i-1].Slug, fitting[i].Slug)
			}
		}
	})
}

func slugs(offers []Offer) []string {
	list := make([]string, 0, len(offers))
	for _, o := range offers {
		list = append(list, o.Slug)
	}
	return list
}

func TestEveryStepCarriesWhatTheOthersAsk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		many := func(what string) []string {
			return rapid.SliceOfNDistinct(rapid.StringN(1, 8, -1), 0, 4, rapid.ID[string]).Draw(t, what)
		}
		one := func(what string) string { return rapid.String().Draw(t, what) }
		j := readJoin(join{
			Who: many("who"), Wants: many("wants"), Newsletters: many("newsletters"), Place: one("place"), Birth: one("birth"),
			Language: one("language"), Address: one("address"), Given: one("given"), Family: one("family"),
			Organisation: one("organisation"), Profile: rapid.Bool().Draw(t, "profile"), Agree: rapid.Bool().Draw(t, "agree"),
			Reading: rapid.Bool().Draw(t, "reading"),
		}.values())
		for _, s := range []step{stepWho, stepWants, stepReach} {
			form := j.values() // what the step itself asks
			for name := range form {
				if !slices.Contains(s.fields(), name) {
					form.Del(name)
				}
			}
			for _, c := range j.carried(s) {
				form.Add(c.Name, c.Value)
			}
			if got := readJoin(form); fmt.Sprint(got) != fmt.Sprint(j) {
				t.Fatalf("step %s: %+v became %+v", s, j, got)
			}
		}
	})
}
