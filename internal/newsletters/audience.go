package newsletters

import (
	"context"

	"unoxuno/internal/access"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// writeSubscribed writes a SELECT of those who subscribed to a newsletter by e-mail and whose consent stands. The person
// is s.person_id, the newsletter s.newsletter. More conditions may follow with AND.
func writeSubscribed(b *storage.Builder, columns string) {
	b.Add("SELECT " + columns + ` FROM newsletters_subscription s
		JOIN people_consenting c ON c.person_id = s.person_id AND c.purpose = 'newsletter'
		WHERE s.ended_at = 0 AND s.channel = 'email'`)
}

// writeFitting writes a SELECT of those whom a newsletter reaches by profile, unless it is sensitive: a row for each of
// its topics that they want. The person is w.person_id, the newsletter t.newsletter, the topic t.topic. More conditions
// may follow with AND.
func writeFitting(b *storage.Builder, columns string) {
	b.Add("SELECT " + columns + ` FROM newsletters_topic t
		JOIN people_wants w ON w.topic = t.topic
		JOIN people_consenting c ON c.person_id = w.person_id AND c.purpose = 'profile'
		WHERE (NOT EXISTS (SELECT 1 FROM newsletters_for f WHERE f.newsletter = t.newsletter)
				OR EXISTS (SELECT 1 FROM newsletters_for f JOIN people_who h ON h.category = f.category
					WHERE f.newsletter = t.newsletter AND h.person_id = w.person_id))
			AND NOT EXISTS (SELECT 1 FROM newsletters_optout o
				WHERE o.newsletter = t.newsletter AND o.person_id = w.person_id AND o.ended_at = 0)`)
}

// writeRecipients writes what follows SELECT for those who get an issue of the newsletter with that audience: from the
// person's profile p and from e, whose asked is 1 of who subscribed and 0 of whom it reaches only by profile.
func (r *Room) writeRecipients(b *storage.Builder, n Newsletter, a people.Audience) {
	b.Add(" FROM people_profile p JOIN (SELECT person_id, max(asked) AS asked FROM (")
	writeSubscribed(b, "s.person_id, 1 AS asked")
	b.Add(" AND s.newsletter = ?", n.Slug)
	if !n.Sensitive {
		b.Add(" UNION ALL ")
		writeFitting(b, "w.person_id, 0 AS asked")
		b.Add(" AND t.newsletter = ?", n.Slug)
	}
	b.Add(`) either GROUP BY person_id) e ON e.person_id = p.person_id
		WHERE EXISTS (SELECT 1 FROM people_reachable r WHERE r.person_id = p.person_id AND r.channel = 'email') AND `)
	r.People.Where(b, a, "p")
}

// Reach is how many people an issue goes to.
type Reach struct {
	People         int64 `json:"people"`
	BySubscription int64 `json:"by_subscription"`
	ByProfile      int64 `json:"by_profile"` // who are not subscribed, too
}

// Reach counts whom the issue would go to if it were sent now. It asks access.WriteIssues.
func (r *Room) Reach(ctx context.Context, id int64) (Reach, error) {
	i, n, err := issueFor(ctx, r.DB, id, access.WriteIssues)
	if err != nil {
		return Reach{}, err
	}
	return r.reach(ctx, n, i.Audience)
}

// ReachOf counts whom an issue of the newsletter with that audience would go to now; faults in the audience concern the
// field "audience". It asks access.WriteIssues.
func (r *Room) ReachOf(ctx context.Context, newsletter, audience string) (Reach, error) {
	n, err := r.Newsletter(ctx, newsletter)
	if err != nil {
		return Reach{}, err
	}
	if err := may(ctx, access.WriteIssues, n.Newsroom.Slug); err != nil {
		return Reach{}, err
	}
	return r.reach(ctx, n, audience)
}

func (r *Room) reach(ctx context.Context, n Newsletter, text string) (Reach, error) {
	a, err := r.People.ParseAudience(ctx, text)
	if err != nil {
		return Reach{}, err
	}
	var b storage.Builder
	b.Add("SELECT count(*), coalesce(sum(e.asked), 0)")
	r.writeRecipients(&b, n, a)
	var reach Reach
	if err := r.DB.QueryRowContext(ctx, b.SQL(), b.Args()...).Scan(&reach.People, &reach.BySubscription); err != nil {
		return Reach{}, err
	}
	reach.ByProfile = reach.People - reach.BySubscription
	return reach, nil
}
