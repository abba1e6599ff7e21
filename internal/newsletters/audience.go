package newsletters

import (
	"math"

	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// writeSubscribed writes a SELECT of those who subscribed to a newsletter, to be reached by that channel, and whose consent
// stands. Who subscribed on both is reached by e-mail. The person is s.person_id, the newsletter s.newsletter. More
// conditions may follow with AND.
func writeSubscribed(b *storage.Builder, columns string, channel people.Channel) {
	b.Add("SELECT " + columns + ` FROM newsletters_subscription s
		JOIN people_consenting c ON c.person_id = s.person_id AND c.purpose = 'newsletter'
		WHERE s.ended_at = 0 AND s.channel = '` + string(channel) + "'")
	if channel == people.SMS {
		b.Add(` AND NOT EXISTS (SELECT 1 FROM newsletters_subscription m
			WHERE m.newsletter = s.newsletter AND m.person_id = s.person_id AND m.channel = 'email' AND m.ended_at = 0)`)
	}
}

// writeFitting writes a SELECT of those whom a newsletter reaches by profile on that channel, unless it is sensitive: a row
// for each of its topics that they want. Whoever has a confirmed e-mail address is written to there, unless she subscribed
// to be reached by text message: then she has chosen. The person is w.person_id, the newsletter t.newsletter, the topic t.topic. More conditions
// may follow with AND. SQLite keeps the order of a CROSS JOIN: left to itself it asks the conditions below of everything
// that anybody wants, before it looks whether the newsletter is about it.
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

// span is those persons whose number is greater than after and at most through.
type span struct{ after, through int64 }

// everybody is the span of all persons.
func everybody() span { return span{0, math.MaxInt64} }

// writeRecipients writes what follows SELECT for those of the span who get an issue of the newsletter with that audience by
// that channel; nobody gets it by two. From the person's profile p and from e, whose asked is 1 of who subscribed and 0 of whom it reaches only by
// profile.
func (r *Room) writeRecipients(b *storage.Builder, n Newsletter, a people.Audience, s span, channel people.Channel) {
	b.Add(" FROM (SELECT person_id, max(asked) AS asked FROM (")
	writeSubscribed(b, "s.person_id, 1 AS asked", channel)
	b.Add(" AND s.newsletter = ? AND s.person_id > ? AND s.person_id <= ?", n.Slug, s.after, s.through)
	if !n.Sensitive {
		b.Add(" UNION ALL ")
		writeFitting(b, "w.person_id, 0 AS asked", channel)
		b.Add(" AND t.newsletter = ? AND w.person_id > ? AND w.person_id <= ?", n.Slug, s.after, s.through)
	}
	// A left join, because a database leaves it out where the audience asks nothing of the profile.
	b.Add(`) either GROUP BY person_id) e LEFT JOIN people_profile p ON p.person_id = e.person_id
		WHERE EXISTS (SELECT 1 FROM people_reachable r WHERE r.person_id = e.person_id AND r.channel = '` + string(channel) + "') AND ")
	r.People.Where(b, a, "p")
}
