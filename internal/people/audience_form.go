package people

import (
	"maps"
	"slices"

	"unoxuno/internal/disclosure"
)

// Form returns the audience in a normal form that different ways of writing it share: negations apply to single
// conditions, lists are sorted without repetitions, and only two comparison signs are used.
func (a Audience) Form() string {
	if a.root == nil {
		return ""
	}
	return literal(a.root, false).text()
}

// literal returns the normal form of the condition, or of its negation.
func literal(c condition, denied bool) condition {
	switch c := c.(type) {
	case allOf:
		return joined2(c, denied, !denied)
	case anyOf:
		return joined2(c, denied, denied)
	case not:
		return literal(c.what, !denied)
	case is:
		if !c.other && len(c.words) > 1 {
			var each []condition
			for _, word := range c.words {
				each = append(each, is{fact: c.fact, words: []string{word}})
			}
			return joined2(each, denied, denied)
		}
	case measure:
		switch c.op {
		case ">":
			return literal(measure{c.fact, ">=", c.value + 1}, denied)
		case "<=":
			return literal(measure{c.fact, "<", c.value + 1}, denied)
		case "==":
			return joined2([]condition{measure{c.fact, ">=", c.value}, measure{c.fact, "<", c.value + 1}}, denied, !denied)
		case "!=":
			return joined2([]condition{measure{c.fact, "<", c.value}, measure{c.fact, ">=", c.value + 1}}, denied, denied)
		}
	}
	if denied {
		return not{c}
	}
	return c
}

// joined2 joins the normal forms of the conditions, or of their negations.
func joined2(list []condition, denied, conjunction bool) condition {
	var parts []condition
	for _, one := range list {
		parts = append(parts, literal(one, denied))
	}
	return join(parts, conjunction)
}

// join returns the conjunction or disjunction of conditions in normal form.
func join(parts []condition, conjunction bool) condition {
	byText := map[string]condition{}
	for _, one := range parts {
		for _, part := range flat(one, conjunction) {
			byText[part.text()] = part
		}
	}
	all := make([]condition, 0, len(byText))
	for _, text := range slices.Sorted(maps.Keys(byText)) {
		all = append(all, byText[text])
	}
	switch {
	case len(all) == 1:
		return all[0]
	case conjunction:
		return allOf(all)
	}
	return anyOf(all)
}

// drops returns the forms of the condition with one part left out.
func drops(c condition) []condition {
	var parts []condition
	var conjunction bool
	switch c := c.(type) {
	case allOf:
		parts, conjunction = c, true
	case anyOf:
		parts = c
	default:
		return nil
	}
	var list []condition
	for i, part := range parts {
		list = append(list, join(slices.Delete(slices.Clone(parts), i, i+1), conjunction))
		for _, less := range drops(part) {
			rest := slices.Clone(parts)
			rest[i] = less
			list = append(list, join(rest, conjunction))
		}
	}
	return list
}

// essentialParts is the largest number of conditions for which the audience is examined part by part.
const essentialParts = 12

// Essential returns the audience without the parts that affect too few people to be visible in a count. Code that shows
// a count of the audience must count this one. cell is the count of the whole audience; count counts other audiences.
func (a Audience) Essential(n disclosure.Noise, cell disclosure.Cell, count func(Audience) (int64, error)) (Audience, error) {
	if a.root == nil {
		return a, nil
	}
	root, parts := literal(a.root, false), 0
	walk(root, false, func(condition, bool) { parts++ })
	if parts > essentialParts {
		return Audience{root: root}, nil
	}
	people, dropped := cell.N, int64(0)
	for {
		less, now, err := drop(n, root, cell, people, dropped, count)
		if err != nil || less == nil {
			return Audience{root: root}, err
		}
		dropped += max(now-people, people-now)
		root, people = less, now
	}
}

// drop returns the condition without its first negligible part, and how many people it then counts. It returns nil if
// no part is negligible.
func drop(n disclosure.Noise, root condition, cell disclosure.Cell, people, dropped int64, count func(Audience) (int64, error)) (condition, int64, error) {
	for _, less := range drops(root) {
		now, err := count(Audience{root: less})
		if err != nil {
			return nil, 0, err
		}
		// Leaving out a part of a conjunction can only add people, and of a disjunction only remove them, so the
		// difference of the counts is the number of people affected.
		if n.Negligible(root.text(), less.text(), cell, max(now-people, people-now), dropped) {
			return less, now, nil
		}
	}
	return nil, 0, nil
}
