package taxonomy

import (
	"fmt"
	"strings"
)

// Action is what becomes of a term.
type Action string

// What may become of a term.
const (
	Added    Action = "added"
	Changed  Action = "changed"
	Retired  Action = "retired"
	Restored Action = "restored" // was retired, is offered again
)

func actionOf(known bool, before, after Term) Action {
	switch {
	case !known:
		return Added
	case before.Retired && !after.Retired:
		return Restored
	case !before.Retired && after.Retired:
		return Retired
	}
	return Changed
}

// Change is what a declaration does to one term. Before is the zero Term when the term is added.
type Change struct {
	Kind   Kind
	Action Action
	Before Term
	After  Term
}

// String is one line of a dry run: a sign, the list and the slug, then what differs.
func (c Change) String() string {
	signs := map[Action]string{Added: "+", Changed: "~", Retired: "-", Restored: "+"}
	line := fmt.Sprintf("%s %s/%s", signs[c.Action], c.Kind, c.After.Slug)
	var parts []string
	note := func(what, before, after string) {
		if before != after {
			parts = append(parts, fmt.Sprintf("%s: %q → %q", what, before, after))
		}
	}
	if c.Action == Changed || c.Action == Restored {
		note("it", c.Before.Name.IT, c.After.Name.IT)
		note("en", c.Before.Name.EN, c.After.Name.EN)
		note("code", c.Before.Code, c.After.Code)
		if c.Before.Sensitive != c.After.Sensitive {
			parts = append(parts, fmt.Sprintf("sensitive: %t → %t", c.Before.Sensitive, c.After.Sensitive))
		}
		if c.Before.position != c.After.position {
			parts = append(parts, "order")
		}
	} else {
		parts = append(parts, fmt.Sprintf("%q", c.After.Name.IT))
	}
	return line + "  " + strings.Join(parts, ", ")
}

// Changes are all that a declaration does, list by list; empty when the town already is as declared.
type Changes []Change

// Count is how many changes have that action.
func (c Changes) Count(action Action) int {
	n := 0
	for _, change := range c {
		if change.Action == action {
			n++
		}
	}
	return n
}
