package people

import (
	"slices"
	"strconv"
	"strings"

	"unoxuno/internal/people/index"
)

// Audience says whom something is for: an expression over facts about people, made by ParseAudience. The zero Audience
// is everybody.
//
// The facts, and how to ask for them:
//
//	who, wants, channels, subscribed    "genitore" in who     "sms" not in channels
//	place, language, kind               place == "centro"     language != "it"     place in ["centro", "san-lazzaro"]
//	                                    place == ""           the place, or the language, is unknown
//	age                                 age >= 18             age in 14..29
//	since                               since < "2026-01-01"
//
// channels are those on which she has a confirmed address. since is the day from which the town knows her. Conditions
// are joined with and, or, not and parentheses.
//
// Logic is two-valued: a comparison with something unknown is false, and its negation true. So age != 18 and place !=
// "centro" leave out people whose age or place is unknown, while not (age == 18) and place not in ["centro"] include
// them.
type Audience struct{ root condition }

// Profile holds the facts about one person that an Audience asks for.
type Profile struct {
	Kind       Kind
	Born       Birth
	Language   string // "" unknown
	Place      string // "" unknown
	Who, Wants []string
	Channels   []Channel // with a confirmed address
	Subscribed []string  // slugs of newsletters
	Since      Day
}

// condition is a node of an audience.
type condition interface {
	match(p Profile, today Day) bool
	where(w *whereWriter)
	find(f finder) index.Set
	text() string
}

// Everybody tells whether the audience has no condition.
func (a Audience) Everybody() bool { return a.root == nil }

// Match tells whether the person belongs to the audience on that day.
func (a Audience) Match(p Profile, today Day) bool { return a.root == nil || a.root.match(p, today) }

// String returns the audience in canonical form, which parses to the same audience; "" for everybody.
func (a Audience) String() string {
	if a.root == nil {
		return ""
	}
	return a.root.text()
}

// UsesSubscriptions tells whether the audience asks for subscriptions.
func (a Audience) UsesSubscriptions() bool { return asks(a.root, "subscribed") }

func asks(c condition, fact string) bool {
	in := func(list []condition) bool {
		return slices.ContainsFunc(list, func(c condition) bool { return asks(c, fact) })
	}
	switch c := c.(type) {
	case allOf:
		return in(c)
	case anyOf:
		return in(c)
	case not:
		return asks(c.what, fact)
	case has:
		return c.fact == fact
	}
	return false
}

// allOf, anyOf and not join conditions; the lists hold at least two.
type (
	allOf []condition
	anyOf []condition
	not   struct{ what condition }
)

func (c allOf) match(p Profile, today Day) bool {
	return !slices.ContainsFunc(c, func(one condition) bool { return !one.match(p, today) })
}

func (c anyOf) match(p Profile, today Day) bool {
	return slices.ContainsFunc(c, func(one condition) bool { return one.match(p, today) })
}

func (c not) match(p Profile, today Day) bool { return !c.what.match(p, today) }

func (c allOf) text() string {
	texts := make([]string, len(c))
	for i, one := range c {
		texts[i] = one.text()
		if _, loose := one.(anyOf); loose {
			texts[i] = "(" + texts[i] + ")"
		}
	}
	return strings.Join(texts, " and ")
}

func (c anyOf) text() string {
	texts := make([]string, len(c))
	for i, one := range c {
		texts[i] = one.text()
	}
	return strings.Join(texts, " or ")
}

func (c not) text() string { return "not (" + c.what.text() + ")" }

// has asks whether one of her lists (who, wants, channels, subscribed) contains a word.
type has struct{ fact, word string }

func (c has) match(p Profile, _ Day) bool {
	switch c.fact {
	case "who":
		return slices.Contains(p.Who, c.word)
	case "wants":
		return slices.Contains(p.Wants, c.word)
	case "channels":
		return slices.Contains(p.Channels, Channel(c.word))
	default:
		return slices.Contains(p.Subscribed, c.word)
	}
}

func (c has) text() string { return strconv.Quote(c.word) + " in " + c.fact }

// is compares place, language or kind with one word or with several. other means "differs from".
type is struct {
	fact  string
	words []string
	other bool // !=; then there is one word
}

func (c is) match(p Profile, _ Day) bool {
	have := p.Place
	switch c.fact {
	case "language":
		have = p.Language
	case "kind":
		have = string(p.Kind)
	}
	return have != "" && slices.Contains(c.words, have) != c.other
}

func (c is) text() string {
	switch {
	case c.other:
		return c.fact + " != " + strconv.Quote(c.words[0])
	case len(c.words) == 1:
		return c.fact + " == " + strconv.Quote(c.words[0])
	}
	quoted := make([]string, len(c.words))
	for i, w := range c.words {
		quoted[i] = strconv.Quote(w)
	}
	return c.fact + " in [" + strings.Join(quoted, ", ") + "]"
}

// measure compares age (in years) or since (a Day).
type measure struct {
	fact  string
	op    string // == != < <= > >=
	value int64
}

func (c measure) match(p Profile, today Day) bool {
	if c.fact == "since" {
		return p.Since != 0 && compare(int64(p.Since), c.op, c.value)
	}
	age, known := p.Born.Age(today)
	return known && compare(int64(age), c.op, c.value)
}

func compare(a int64, op string, b int64) bool {
	switch op {
	case "==":
		return a == b
	case "!=":
		return a != b
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	default:
		return a >= b
	}
}

func (c measure) text() string {
	if c.fact == "since" {
		return "since " + c.op + " " + strconv.Quote(Day(c.value).String())
	}
	return "age " + c.op + " " + strconv.FormatInt(c.value, 10)
}
