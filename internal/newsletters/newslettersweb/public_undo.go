package newslettersweb

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"unoxuno/internal/people"
)

// memory is what somebody had when she left. The page that says goodbye carries it, sealed, so that the button on it can
// give back that and nothing else; here nothing of it is kept.
type memory struct {
	Person      int64    `json:"p"`
	Newsletters []string `json:"n"` // slugs
	Profile     bool     `json:"f"` // she agreed to be written to by profile
}

// undoPurpose is of the seal around a memory; undoLife is how long the way back stands open.
const (
	undoPurpose = "newsletters.undo"
	undoLife    = time.Hour
)

func (p *Pages) sealMemory(m memory) (string, error) {
	text, err := json.Marshal(m)
	return p.Newsletters.Sealer.Seal(undoPurpose, text, p.Clock.Now().Add(undoLife)), err
}

func (p *Pages) openMemory(token string) (m memory, err error) {
	text, err := p.Newsletters.Sealer.Open(undoPurpose, token, p.Clock.Now())
	if err != nil {
		return m, err
	}
	err = json.Unmarshal(text, &m)
	return m, err
}

// remember is what a person who leaves everything has.
func (p *Pages) remember(ctx context.Context, person int64) (memory, error) {
	m := memory{Person: person}
	had, err := p.Newsletters.SubscribedTo(ctx, person)
	if err != nil {
		return m, err
	}
	for _, n := range had {
		m.Newsletters = append(m.Newsletters, n.Slug)
	}
	ledger, err := p.People.Consents(ctx, person)
	for _, c := range ledger {
		m.Profile = m.Profile || c.Purpose == people.ForProfile && c.Ended.IsZero()
	}
	return m, err
}

// grantProfile notes that she agrees again to be written to by profile.
func (p *Pages) grantProfile(ctx context.Context, person int64) error {
	texts, err := p.People.ConsentTexts(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(texts, func(t people.ConsentText) bool { return t.Purpose == people.ForProfile })
	if i < 0 {
		return nil
	}
	return p.People.Grant(ctx, person, people.Grant{
		Purpose: people.ForProfile, TextVersion: texts[i].Version, Source: "page", Channel: people.Email,
		Proof: "took back her leaving within the hour, on the page reached from a message to her",
	})
}
