package people

import (
	"unoxuno/internal/disclosure"
	"unoxuno/internal/people/index"
)

// Set is a set of people. It is valid within the call that made it.
type Set = index.Set

// Crowd is everybody in the index. It is valid within one call of People.FromIndex.
type Crowd struct{ finder finder }

// Matching returns the people in the audience today.
func (c Crowd) Matching(a Audience) Set {
	if a.root == nil {
		return c.finder.Everybody()
	}
	return a.root.find(c.finder)
}

// Reachable returns the people with a confirmed address on the channel.
func (c Crowd) Reachable(channel Channel) Set { return c.finder.having("channels", string(channel)) }

// Consenting returns the people with a valid consent for the purpose.
func (c Crowd) Consenting(purpose Purpose) Set {
	return c.finder.having(factConsents, string(purpose))
}

// Being returns the people in one of the categories.
func (c Crowd) Being(categories ...string) Set { return c.finder.any("who", categories) }

// Wanting returns the people who want one of the topics.
func (c Crowd) Wanting(topics ...string) Set { return c.finder.any("wants", topics) }

// Tied returns the people with that tie to the newsletter.
func (c Crowd) Tied(tie Tie, newsletter string) Set {
	return c.finder.having(string(tie), newsletter)
}

// Of returns the given people, without those that the town does not know.
func (c Crowd) Of(persons []int64) Set { return c.finder.Of(persons) }

// Placeless returns the people whose place is unknown.
func (c Crowd) Placeless() Set { return c.finder.having("place", "") }

// Cell counts the set for package disclosure.
func (c Crowd) Cell(s Set) (cell disclosure.Cell) {
	for key := range c.finder.Keys(s) {
		cell.Add(key)
	}
	return cell
}

// IDs returns the identifiers of the people in the set, in order.
func (c Crowd) IDs(s Set) []int64 { return c.finder.IDs(s) }

// factConsents is the fact that a consent for a purpose is valid. The audience language does not have it.
const factConsents = "consents"

// finder finds the people in the index who match a condition. It agrees with Audience.Match.
type finder struct {
	*index.Index
	today Day
}

func (f finder) having(fact, word string) index.Set {
	return f.Having(index.Fact{Name: fact, Word: word})
}

// any returns the people who have one of the words.
func (f finder) any(fact string, words []string) index.Set {
	set := f.Nobody()
	for _, word := range words {
		set = set.Or(f.having(fact, word))
	}
	return set
}

func (c allOf) find(f finder) index.Set {
	set := c[0].find(f)
	for _, one := range c[1:] {
		if denied, ok := one.(not); ok {
			set = set.Without(denied.what.find(f))
		} else {
			set = set.And(one.find(f))
		}
	}
	return set
}

func (c anyOf) find(f finder) index.Set {
	set := c[0].find(f)
	for _, one := range c[1:] {
		set = set.Or(one.find(f))
	}
	return set
}

func (c not) find(f finder) index.Set { return f.Everybody().Without(c.what.find(f)) }

func (c has) find(f finder) index.Set { return f.having(c.fact, c.word) }

// Unknown is the word "".
func (c is) find(f finder) index.Set {
	set := f.any(c.fact, c.words)
	if c.other {
		return f.Everybody().Without(set.Or(f.having(c.fact, "")))
	}
	return set
}

func (c measure) find(f finder) index.Set {
	if c.fact == "since" {
		day := int32(c.value) //nolint:gosec // yyyymmdd
		return spans(c.op, day, day+1, f.Since)
	}
	// Older people were born earlier, so the comparison is mirrored.
	return spans(mirrored(c.op), f.bornWith(c.value+1)+1, f.bornWith(c.value)+1, f.Born)
}

// bornWith returns the last birth date of people who are at least that many years old. Birth.Age truncates towards
// zero, so one is also 0 years old up to a year before birth.
func (f finder) bornWith(years int64) int32 {
	if years == 0 {
		return int32(f.today) + 9999 //nolint:gosec // yyyymmdd
	}
	return int32(int64(f.today) - 10000*years) //nolint:gosec // yyyymmdd
}

// spans finds the people whose date compares so with the dates in [from, until).
func spans(op string, from, until int32, within func(from, to int32) index.Set) index.Set {
	switch op {
	case "==":
		return within(from, until-1)
	case "!=":
		return within(0, from-1).Or(within(until, index.Forever))
	case "<":
		return within(0, from-1)
	case "<=":
		return within(0, until-1)
	case ">":
		return within(until, index.Forever)
	default:
		return within(from, index.Forever)
	}
}
