package people

import (
	"context"
	"strings"

	"unoxuno/internal/people/db"
	"unoxuno/internal/storage"
)

// whereWriter writes conditions on the view people_profile with an alias.
type whereWriter struct {
	*storage.Builder
	alias         string
	today         Day
	subscriptions Subscriptions
}

// Where writes the audience as an SQL condition on the view people_profile, which is in the caller's FROM under alias.
// The condition is never NULL and agrees with Audience.Match.
func (p *People) Where(b *storage.Builder, a Audience, alias string) {
	if a.root == nil {
		b.Add("1 = 1")
		return
	}
	a.root.where(&whereWriter{b, alias, p.Today(), p.subscriptions})
}

func (c allOf) where(w *whereWriter) { w.join(c, " AND ") }

func (c anyOf) where(w *whereWriter) { w.join(c, " OR ") }

func (w *whereWriter) join(list []condition, sign string) {
	w.Add("(")
	for i, one := range list {
		if i > 0 {
			w.Add(sign)
		}
		one.where(w)
	}
	w.Add(")")
}

func (c not) where(w *whereWriter) {
	w.Add("NOT (")
	c.what.where(w)
	w.Add(")")
}

func (c has) where(w *whereWriter) {
	person := w.alias + ".person_id"
	switch c.fact {
	case "who":
		w.Add("EXISTS (SELECT 1 FROM people_who x WHERE x.person_id = "+person+" AND x.category = ?)", c.word)
	case "wants":
		w.Add("EXISTS (SELECT 1 FROM people_wants x WHERE x.person_id = "+person+" AND x.topic = ?)", c.word)
	case "channels":
		w.Add("EXISTS (SELECT 1 FROM people_address x WHERE x.person_id = "+person+
			" AND x.channel = ? AND x.verified_at > 0)", c.word)
	default:
		w.Add("(")
		w.subscriptions.Subscribed(w.Builder, person, c.word)
		w.Add(")")
	}
}

// The columns have the names of the facts; ” is unknown, and a word never is ”.
func (c is) where(w *whereWriter) {
	column := w.alias + "." + c.fact
	if c.other {
		w.Add("("+column+" <> '' AND "+column+" <> ?)", c.words[0])
		return
	}
	args := make([]any, len(c.words))
	for i, word := range c.words {
		args[i] = word
	}
	w.Add(column+" IN ("+strings.TrimSuffix(strings.Repeat("?, ", len(args)), ", ")+")", args...)
}

// Integer division truncates towards zero on both engines, as in Birth.Age.
func (c measure) where(w *whereWriter) {
	sign := c.op
	switch sign {
	case "==":
		sign = "="
	case "!=":
		sign = "<>"
	}
	if c.fact == "since" {
		w.Add("("+w.alias+".since > 0 AND "+w.alias+".since "+sign+" ?)", c.value)
		return
	}
	w.Add("("+w.alias+".born > 0 AND (? - "+w.alias+".born) / 10000 "+sign+" ?)", int64(w.today), c.value)
}

// Count is the size of an audience.
type Count struct {
	People    int64            `json:"people"`
	Reachable map[string]int64 `json:"reachable"` // by channel: people with a confirmed address on it
}

// Count counts the audience now, and how many of it can be reached on each channel. It uses the index if there is one
// and it is ready, and otherwise the database.
func (p *People) Count(ctx context.Context, a Audience) (Count, error) {
	c := Count{Reachable: map[string]int64{}}
	answered, err := p.FromIndex(ctx, func(crowd Crowd) {
		people := crowd.Matching(a)
		c.People = people.Len()
		for _, channel := range Channels() {
			c.Reachable[string(channel)] = people.LenAnd(crowd.Reachable(channel))
		}
	})
	if answered || err != nil {
		return c, err
	}
	return p.countInDatabase(ctx, a)
}

func (p *People) countInDatabase(ctx context.Context, a Audience) (Count, error) {
	var b storage.Builder
	b.Add("SELECT count(*)")
	for _, channel := range Channels() {
		b.Add(", count(CASE WHEN EXISTS (SELECT 1 FROM people_address r WHERE r.person_id = p.person_id"+
			" AND r.channel = ? AND r.verified_at > 0) THEN 1 END)", string(channel))
	}
	b.Add(" FROM people_profile p WHERE ")
	p.Where(&b, a, "p")
	c := Count{Reachable: map[string]int64{}}
	reach := make([]int64, len(Channels()))
	into := []any{&c.People}
	for i := range reach {
		into = append(into, &reach[i])
	}
	err := p.db.QueryRowContext(ctx, b.SQL(), b.Args()...).Scan(into...)
	for i, channel := range Channels() {
		c.Reachable[string(channel)] = reach[i]
	}
	return c, err
}

// Profile returns the facts about the person that Audience.Match needs; a fault of kind NotFound if there is no such
// person.
func (p *People) Profile(ctx context.Context, q storage.Queryer, person int64) (Profile, error) {
	who, err := getPerson(ctx, db.New(q), person)
	if err != nil {
		return Profile{}, err
	}
	profile := Profile{
		Kind: who.Kind, Born: who.Born, Language: who.Language, Place: who.Place,
		Who: who.Who, Wants: who.Wants, Since: who.Since,
	}
	for _, a := range who.Addresses {
		if !a.Verified.IsZero() {
			profile.Channels = append(profile.Channels, a.Channel)
		}
	}
	profile.Subscribed, err = p.subscriptions.Of(ctx, q, person)
	return profile, err
}
