package people

import (
	"maps"
	"slices"

	"unoxuno/internal/disclosure"
)

// Form is the audience in a form that ways of writing the same share: nots stand before single conditions, lists are in
// order and hold nothing twice, and signs are two.
func (a Audience) Form() string {
	if a.root == nil {
		return ""
	}
	return literal(a.root, false).text()
}

// literal is the condition, or its contrary, in that form.
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

// joined2 joins the conditions, or their contraries.
func joined2(list []condition, denied, conjunction bool) condition {
	var parts []condition
	for _, one := range list {
		parts = append(parts, literal(one, denied))
	}
	return join(parts, conjunction)
}

// join is the conjunction or disjunction of conditions in normal form.
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

// drops are the condition's forms with one part left out.
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

// essentialParts is how many conditions an audience may have to be looked at part by part.
const essentialParts = 12

// Essential is the audience without the parts that decide over so few people that nobody is to see what they change.
// Whoever shows a count of the audience counts this one. cell is the audience itself, counted; count counts others.
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

// drop is the condition without its first part that is negligible, and how many people it counts; nil where none is.
func drop(n disclosure.Noise, root condition, cell disclosure.Cell, people, dropped int64, count func(Audience) (int64, error)) (condition, int64, error) {
	for _, less := range drops(root) {
		now, err := count(Audience{root: less})
		if err != nil {
			return nil, 0, err
		}
		// Without a part that joins more are counted, without one that adds fewer are: their number says how they differ.
		if n.Negligible(root.text(), less.text(), cell, max(now-people, people-now), dropped) {
			return less, now, nil
		}
	}
	return nil, 0, nil
}
