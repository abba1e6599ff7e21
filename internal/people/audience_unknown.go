package people

import (
	"unoxuno/internal/people/index"
)

// unknown asks whether the place, or the language, is unknown.
type unknown struct{ fact string }

func (c unknown) match(p Profile, _ Day) bool {
	if c.fact == "language" {
		return p.Language == ""
	}
	return p.Place == ""
}

func (c unknown) text() string { return c.fact + ` == ""` }

func (c unknown) where(w *whereWriter) { w.Add(w.alias + "." + c.fact + " = ''") }

func (c unknown) find(f finder) index.Set { return f.having(c.fact, "") }

// Placeless says how an audience that excludes places treats people whose place is unknown.
type Placeless int

// The possible values. An audience that mentions unknown places (place == "") is explicit.
const (
	PlacelessNoQuestion Placeless = iota
	PlacelessTaken                // place not in ["centro"]
	PlacelessLeft                 // place != "centro"
)

// Placeless tells how the audience treats people without a place, if it excludes places and does not say so itself. If
// it would do both, they are left out.
func (a Audience) Placeless() Placeless {
	found, said := PlacelessNoQuestion, false
	walk(a.root, false, func(c condition, denied bool) {
		switch c := c.(type) {
		case unknown:
			said = said || c.fact == "place"
		case is:
			switch {
			case c.fact != "place" || !c.other && !denied:
			case c.other && !denied:
				found = PlacelessLeft
			case found == PlacelessNoQuestion:
				found = PlacelessTaken
			}
		}
	})
	if said {
		return PlacelessNoQuestion
	}
	return found
}

// walk visits every condition that is not a join. denied tells whether it is under an odd number of negations.
func walk(c condition, denied bool, visit func(c condition, denied bool)) {
	switch c := c.(type) {
	case nil:
	case allOf:
		for _, one := range c {
			walk(one, denied, visit)
		}
	case anyOf:
		for _, one := range c {
			walk(one, denied, visit)
		}
	case not:
		walk(c.what, !denied, visit)
	default:
		visit(c, denied)
	}
}

// WithPlaceless returns the audience with an explicit answer for people without a place, at every excluded place.
func (a Audience) WithPlaceless(taken bool) Audience {
	if a.root == nil {
		return a
	}
	return Audience{root: withPlaceless(a.root, false, taken)}
}

// withPlaceless does it for a condition, or for its negation if denied is set.
func withPlaceless(c condition, denied, taken bool) condition {
	each := func(list []condition, conjunction bool) condition {
		var parts []condition
		for _, one := range list {
			parts = append(parts, flat(withPlaceless(one, denied, taken), conjunction)...)
		}
		if conjunction {
			return allOf(parts)
		}
		return anyOf(parts)
	}
	switch c := c.(type) {
	case allOf:
		return each(c, !denied)
	case anyOf:
		return each(c, denied)
	case not:
		return withPlaceless(c.what, !denied, taken)
	case is:
		place := is{fact: c.fact, words: c.words}
		switch {
		case c.fact != "place" || !c.other && !denied:
		case c.other != denied && taken:
			return anyOf{not{place}, unknown{"place"}}
		case c.other != denied:
			return allOf{not{place}, not{unknown{"place"}}}
		case taken:
			return anyOf{place, unknown{"place"}}
		default:
			return place
		}
	}
	if denied {
		return not{c}
	}
	return c
}
