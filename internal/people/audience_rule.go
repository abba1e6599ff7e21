package people

import (
	"slices"

	"unoxuno/internal/fault"
	"unoxuno/internal/taxonomy"
)

// Without returns the vocabulary without its sensitive terms and newsletters, except those that keep approves. list is
// "who", "wants", "place" or "subscribed".
func (v Vocabulary) Without(sensitive func(slug string) bool, keep func(list, slug string) bool) Vocabulary {
	terms := func(list string) func(taxonomy.Term) bool {
		return func(t taxonomy.Term) bool { return !t.Sensitive || keep(list, t.Slug) }
	}
	v.Categories, v.Topics, v.Places = v.Categories.Only(terms("who")), v.Topics.Only(terms("wants")), v.Places.Only(terms("place"))
	v.Newsletters = slices.DeleteFunc(slices.Clone(v.Newsletters), func(slug string) bool {
		return sensitive(slug) && !keep("subscribed", slug)
	})
	return v
}

// Sensitive tells whether the audience asks for anything that may reveal special-category data (GDPR, article 9).
func (a Audience) Sensitive(v Vocabulary, newsletter func(slug string) bool) bool {
	found := false
	term := func(list taxonomy.List, word string) {
		t, _ := list.Get(word)
		found = found || t.Sensitive
	}
	walk(a.root, false, func(c condition, _ bool) {
		switch c := c.(type) {
		case has:
			switch c.fact {
			case "who":
				term(v.Categories, c.word)
			case "wants":
				term(v.Topics, c.word)
			case "subscribed":
				found = found || newsletter(c.word)
			}
		case is:
			if c.fact == "place" {
				for _, word := range c.words {
					term(v.Places, word)
				}
			}
		}
	})
	return found
}

// Single tells whether the audience is everybody or a single public term: one category, topic, place or newsletter.
func (a Audience) Single() bool {
	switch c := a.root.(type) {
	case nil:
		return true
	case has:
		return c.fact != "channels"
	case is:
		return c.fact == "place" && !c.other && len(c.words) == 1
	}
	return false
}

// The limit on audiences of newsrooms outside the administration.
const outsideConditions = 4

func outsideAges() []int64 { return []int64{0, 14, 18, 25, 35, 45, 55, 65, 75} }

// Outside returns why a newsroom outside the administration may not ask for the audience: it has too many conditions,
// an age that is not in bands, or a day that is not the beginning of a year. The faults are on the field audience.
func (a Audience) Outside() error {
	parts, ages := 0, false
	var problems fault.Problems
	note := func(f *fault.Error) {
		if !slices.ContainsFunc(problems, func(known *fault.Error) bool { return known.Key == f.Key }) {
			problems = append(problems, f.On("audience"))
		}
	}
	if a.root != nil {
		walk(literal(a.root, false), false, func(c condition, _ bool) {
			m, ok := c.(measure)
			switch {
			case !ok:
				parts++
			case m.fact == "since":
				parts++
				if m.value%10000 != 101 {
					note(fault.Invalid("people.audience.outside_since"))
				}
			default:
				ages = true
				if !slices.Contains(outsideAges(), m.value) {
					note(fault.Invalid("people.audience.outside_age", "Ages", "14, 18, 25, 35, 45, 55, 65, 75"))
				}
			}
		})
	}
	if ages {
		parts++
	}
	if parts > outsideConditions {
		note(fault.Invalid("people.audience.outside_many", "Max", outsideConditions))
	}
	return problems.Err()
}
