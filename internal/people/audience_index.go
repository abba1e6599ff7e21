package people

import (
	"unoxuno/internal/disclosure"
	"unoxuno/internal/people/index"
)

// Set is a set of people, as long as the question lasts that it was found by.
type Set = index.Set

// Crowd is everybody, as the index knows them, to be asked within one call of People.FromIndex.
type Crowd struct{ finder finder }

// Matching are those who belong to the audience today.
func (c Crowd) Matching(a Audience) Set {
	if a.root == nil {
		return c.finder.Everybody()
	}
	return a.root.find(c.finder)
}

// Reachable are those who have a confirmed address on the channel.
func (c Crowd) Reachable(channel Channel) Set { return c.finder.having("channels", string(channel)) }

// Consenting are those whose consent for the purpose stands.
func (c Crowd) Consenting(purpose Purpose) Set {
	return c.finder.having(factConsents, string(purpose))
}

// Being are those who are of one of the categories.
func (c Crowd) Being(categories ...string) Set { return c.finder.any("who", categories) }

// Wanting are those who want one of the topics.
func (c Crowd) Wanting(topics ...string) Set { return c.finder.any("wants", topics) }

// Tied are those who are tied so to the newsletter.
func (c Crowd) Tied(tie Tie, newsletter string) Set {
	return c.finder.having(string(tie), newsletter)
}

// Of are those of the identifiers whom the town knows.
func (c Crowd) Of(persons []int64) Set { return c.finder.Of(persons) }

// Placeless are those whose place is not known.
func (c Crowd) Placeless() Set { return c.finder.having("place", "") }

// Cell counts the set, as package disclosure shows numbers of people.
func (c Crowd) Cell(s Set) (cell disclosure.Cell) {
	for key := range c.finder.Keys(s) {
		cell.Add(key)
	}
	return cell
}

// IDs are the identifiers of those in the set, in order.
func (c Crowd) IDs(s Set) []int64 { return c.finder.IDs(s) }

// factConsents is the fact, which the audience language does not have, that a consent for a purpose stands.
const factConsents = "consents"

// finder finds those whom a condition is true of in the index. It agrees with Audience.Match.
type finder struct {
	*index.Index
	today Day
}

func (f finder) having(fact, word string) index.Set {
	return f.Having(index.Fact{Name: fact, Word: word})
}

// any are those of whom one of the words is true.
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

// What is unknown is the word "".
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
	// The older one is, the earlier one was born: the signs turn round.
	return spans(mirrored(c.op), f.bornWith(c.value+1)+1, f.bornWith(c.value)+1, f.Born)
}

// bornWith is the last day of birth with which one is that many years old, or older. Birth.Age cuts towards zero, so
// that one is 0 years old also up to a year before birth.
func (f finder) bornWith(years int64) int32 {
	if years == 0 {
		return int32(f.today) + 9999 //nolint:gosec // yyyymmdd
	}
	return int32(int64(f.today) - 10000*years) //nolint:gosec // yyyymmdd
}

// spans finds those whose date compares so with the dates from from until before until.
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
