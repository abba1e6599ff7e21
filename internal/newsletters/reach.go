package newsletters

import (
	"context"

	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// Tied writes a SELECT of the newsletters to which some persons are tied, as the index of people asks.
func (r *Room) Tied(b *storage.Builder, tie people.Tie, among func(b *storage.Builder, personID string)) {
	switch tie {
	case people.TieSubscribed:
		b.Add("SELECT s.newsletter AS word, s.person_id AS person FROM newsletters_subscription s WHERE s.ended_at = 0 AND ")
	case people.TieByEmail:
		b.Add("SELECT s.newsletter AS word, s.person_id AS person FROM newsletters_subscription s" +
			" WHERE s.ended_at = 0 AND s.channel = 'email' AND ")
	case people.TieSlow:
		b.Add("SELECT s.newsletter AS word, s.person_id AS person FROM newsletters_subscription s" +
			" WHERE s.ended_at = 0 AND s.channel = 'email' AND s.pace <> 'at-once' AND ")
	case people.TieSlowProfile: // it is no newsletter's
		b.Add("SELECT '" + slowProfile + "' AS word, s.person_id AS person FROM newsletters_rhythm s WHERE s.pace <> 'at-once' AND ")
	case people.TieLeft:
		b.Add("SELECT s.newsletter AS word, s.person_id AS person FROM newsletters_optout s WHERE s.ended_at = 0 AND ")
	}
	among(b, "s.person_id")
}

// slowProfile is the word of people.TieSlowProfile.
const slowProfile = "profile"

// reachFromIndex counts, where the index of people answers, whom writeRecipients selects. It is for being shown: an issue
// is sent to those whom the database names.
func (r *Room) reachFromIndex(ctx context.Context, n Newsletter, a people.Audience, by reachBy) (reach Reach, answered bool, err error) {
	answered, err = r.People.FromIndex(ctx, func(everybody people.Crowd) {
		matching, mailed := everybody.Matching(a), everybody.Reachable(people.Email)
		byEmail := everybody.Tied(people.TieByEmail, n.Slug).And(everybody.Consenting(people.ForNewsletter))
		byText := everybody.Tied(people.TieSubscribed, n.Slug).And(everybody.Consenting(people.ForNewsletter)).
			Without(everybody.Tied(people.TieByEmail, n.Slug))
		either, eitherText := byEmail, byText
		slow := everybody.Tied(people.TieSlow, n.Slug).And(byEmail)
		if !n.Sensitive {
			fitting := everybody.Wanting(n.Topics...).And(everybody.Consenting(people.ForProfile)).
				Without(everybody.Tied(people.TieLeft, n.Slug))
			if len(n.For) > 0 {
				fitting = fitting.And(everybody.Being(n.For...))
			}
			either, eitherText = byEmail.Or(fitting.Without(byText)), byText.Or(fitting.Without(mailed))
			slow = slow.Or(either.Without(byEmail).And(everybody.Tied(people.TieSlowProfile, slowProfile)))
		}
		may := matching.And(mailed)
		inDigest := int64(0)
		if !by.Urgent {
			inDigest = may.LenAnd(slow)
		}
		reach.add(people.Email, may.LenAnd(either), may.LenAnd(byEmail), inDigest)
		if by.Texts {
			may = matching.And(everybody.Reachable(people.SMS))
			reach.add(people.SMS, may.LenAnd(eitherText), may.LenAnd(byText), 0)
		}
	})
	return reach, answered, err
}
