package newsletters

import (
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// Tied writes the SELECT of people's ties to newsletters, for the index of people.
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
	case people.TieSlowProfile: // belongs to no newsletter
		b.Add("SELECT '" + slowProfile + "' AS word, s.person_id AS person FROM newsletters_rhythm s WHERE s.pace <> 'at-once' AND ")
	case people.TieLeft:
		b.Add("SELECT s.newsletter AS word, s.person_id AS person FROM newsletters_optout s WHERE s.ended_at = 0 AND ")
	}
	among(b, "s.person_id")
}

// slowProfile is the word of people.TieSlowProfile.
const slowProfile = "profile"
