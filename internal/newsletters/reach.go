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
	case people.TieLeft:
		b.Add("SELECT s.newsletter AS word, s.person_id AS person FROM newsletters_optout s WHERE s.ended_at = 0 AND ")
	}
	among(b, "s.person_id")
}

// reachFromIndex counts, where the index of people answers, whom writeRecipients selects. It is for being shown: an issue
// is sent to those whom the database names.
func (r *Room) reachFromIndex(ctx context.Context, n Newsletter, a people.Audience, texts bool) (reach Reach, answered bool, err error) {
	answered, err = r.People.FromIndex(ctx, func(everybody people.Crowd) {
		matching, mailed := everybody.Matching(a), everybody.Reachable(people.Email)
		byEmail := everybody.Tied(people.TieByEmail, n.Slug).And(everybody.Consenting(people.ForNewsletter))
		byText := everybody.Tied(people.TieSubscribed, n.Slug).And(everybody.Consenting(people.ForNewsletter)).
			Without(everybody.Tied(people.TieByEmail, n.Slug))
		either, eitherText := byEmail, byText
		if !n.Sensitive {
			fitting := everybody.Wanting(n.Topics...).And(everybody.Consenting(people.ForProfile)).
				Without(everybody.Tied(people.TieLeft, n.Slug))
			if len(n.For) > 0 {
				fitting = fitting.And(everybody.Being(n.For...))
			}
			either, eitherText = byEmail.Or(fitting.Without(byText)), byText.Or(fitting.Without(mailed))
		}
		may := matching.And(mailed)
		reach.add(people.Email, may.LenAnd(either), may.LenAnd(byEmail))
		if texts {
			may = matching.And(everybody.Reachable(people.SMS))
			reach.add(people.SMS, may.LenAnd(eitherText), may.LenAnd(byText))
		}
	})
	return reach, answered, err
}
