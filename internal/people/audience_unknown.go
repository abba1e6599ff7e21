package people

import (
	"unoxuno/internal/people/index"
)

// unknown asks whether nothing is known of place or language.
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

// Placeless says what an audience that excludes places does with people whose place is not known.
type Placeless int

// What it may do. An audience that says it in words (place == "") leaves no question.
const (
	PlacelessNoQuestion Placeless = iota
	PlacelessTaken                // place not in ["centro"]
	PlacelessLeft                 // place != "centro"
)

// Placeless tells what the audience does with people without a place, where it excludes places and does not say. Where it
// does both, they are left out.
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

// walk visits every condition that is no join; denied tells whether it stands under an odd number of nots.
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

// WithPlaceless is the audience that says of every excluded place whether people without a place are meant, too.
func (a Audience) WithPlaceless(taken bool) Audience {
	if a.root == nil {
		return a
	}
	return Audience{root: withPlaceless(a.root, false, taken)}
}

// withPlaceless is the condition, or its contrary where it is denied, that says it.
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
