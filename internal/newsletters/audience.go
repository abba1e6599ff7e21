package newsletters

import (
	"math"

	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// writeSubscribed writes a SELECT of the people who subscribed to a newsletter on that channel and whose consent is
// valid. A person subscribed on both channels is reached by e-mail. The person is s.person_id, the newsletter
// s.newsletter. More conditions may follow with AND.
func writeSubscribed(b *storage.Builder, columns string, channel people.Channel) {
	b.Add("SELECT " + columns + ` FROM newsletters_subscription s
		JOIN people_consenting c ON c.person_id = s.person_id AND c.purpose = 'newsletter'
		WHERE s.ended_at = 0 AND s.channel = '` + string(channel) + "'")
	if channel == people.SMS {
		b.Add(` AND NOT EXISTS (SELECT 1 FROM newsletters_subscription m
			WHERE m.newsletter = s.newsletter AND m.person_id = s.person_id AND m.channel = 'email' AND m.ended_at = 0)`)
	}
}

// writeFitting writes a SELECT of the people whom a newsletter that is not sensitive reaches by profile on that
// channel, with a row for each of its topics that they want. Somebody with a confirmed e-mail address is reached there,
// unless she subscribed by text message. The person is w.person_id, the newsletter t.newsletter, the topic t.topic.
// More conditions may follow with AND. SQLite keeps the order of a CROSS JOIN: otherwise it checks the conditions below
// for everything that anybody wants before it checks the newsletter's topics.
func writeFitting(b *storage.Builder, columns string, channel people.Channel) {
	b.Add("SELECT " + columns + ` FROM newsletters_topic t
		CROSS JOIN people_wants w
		JOIN people_consenting c ON c.person_id = w.person_id AND c.purpose = 'profile'
		WHERE w.topic = t.topic AND (NOT EXISTS (SELECT 1 FROM newsletters_for f WHERE f.newsletter = t.newsletter)
				OR EXISTS (SELECT 1 FROM newsletters_for f JOIN people_who h ON h.category = f.category
					WHERE f.newsletter = t.newsletter AND h.person_id = w.person_id))
			AND NOT EXISTS (SELECT 1 FROM newsletters_optout o
				WHERE o.newsletter = t.newsletter AND o.person_id = w.person_id AND o.ended_at = 0)`)
	if channel == people.SMS {
		b.Add(` AND NOT EXISTS (SELECT 1 FROM people_reachable e WHERE e.person_id = w.person_id AND e.channel = 'email')`)
		return
	}
	b.Add(` AND NOT EXISTS (SELECT 1 FROM newsletters_subscription m
			JOIN people_consenting k ON k.person_id = m.person_id AND k.purpose = 'newsletter'
			WHERE m.newsletter = t.newsletter AND m.person_id = w.person_id AND m.channel = 'sms' AND m.ended_at = 0)`)
}

// span is the persons with a number greater than after and at most through.
type span struct{ after, through int64 }

// everybody returns the span of all persons.
func everybody() span { return span{0, math.MaxInt64} }

// writeBetween writes the condition that the column is a person of the span.
func (s span) writeBetween(b *storage.Builder, column string) {
	b.Add(column+" > ? AND "+column+" <= ?", s.after, s.through)
}

// writeReached writes a SELECT of the column person_id: the people that writeRecipients selects, each once, in no order.
// More conditions on e.person_id may follow with AND. It is used to fill the ledger, span by span. It does not say why
// somebody gets the issue, so a UNION is enough; planners guess its size better than that of a GROUP BY. Every table is
// given the span's bounds, because PostgreSQL does not derive them from an equal column: it would read the consents of
// the whole town for each span.
func (r *Room) writeReached(b *storage.Builder, n Newsletter, a people.Audience, s span, channel people.Channel) {
	b.Add("SELECT e.person_id FROM (")
	writeSubscribed(b, "s.person_id", channel)
	b.Add(" AND s.newsletter = ? AND ", n.Slug)
	s.writeBetween(b, "s.person_id")
	b.Add(" AND ")
	s.writeBetween(b, "c.person_id")
	if !n.Sensitive && len(n.Topics) > 0 {
		b.Add(" UNION ")
		writeFitting(b, "w.person_id", channel)
		b.Add(" AND t.newsletter = ? AND ", n.Slug)
		s.writeBetween(b, "w.person_id")
		b.Add(" AND ")
		s.writeBetween(b, "c.person_id")
	}
	b.Add(`) e LEFT JOIN people_profile p ON p.person_id = e.person_id
		WHERE EXISTS (SELECT 1 FROM people_reachable r WHERE r.person_id = e.person_id AND r.channel = '` + string(channel) + "' AND ")
	s.writeBetween(b, "r.person_id")
	b.Add(") AND ")
	r.People.Where(b, a, "p")
}

// writeRecipients writes what follows SELECT: the people of the span who get an issue of the newsletter with that
// audience on that channel. Nobody gets it on two. The query exposes p, the person's profile, and e.asked: 1 if the
// person subscribed, 0 if only her profile matches.
func (r *Room) writeRecipients(b *storage.Builder, n Newsletter, a people.Audience, s span, channel people.Channel) {
	b.Add(" FROM (SELECT person_id, max(asked) AS asked FROM (")
	writeSubscribed(b, "s.person_id, 1 AS asked", channel)
	b.Add(" AND s.newsletter = ? AND s.person_id > ? AND s.person_id <= ?", n.Slug, s.after, s.through)
	if !n.Sensitive {
		b.Add(" UNION ALL ")
		writeFitting(b, "w.person_id, 0 AS asked", channel)
		b.Add(" AND t.newsletter = ? AND w.person_id > ? AND w.person_id <= ?", n.Slug, s.after, s.through)
	}
	// A left join, because the database drops it if the audience does not use the profile.
	b.Add(`) either GROUP BY person_id) e LEFT JOIN people_profile p ON p.person_id = e.person_id
		WHERE EXISTS (SELECT 1 FROM people_reachable r WHERE r.person_id = e.person_id AND r.channel = '` + string(channel) + "') AND ")
	r.People.Where(b, a, "p")
}
