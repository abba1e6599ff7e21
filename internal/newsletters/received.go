package newsletters

import (
	"context"
	"database/sql"
	"slices"

	"unoxuno/internal/locale"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// Received is a newsletter that a person gets now, and why.
type Received struct {
	Newsletter Newsletter
	Subscribed bool // she subscribed; otherwise it comes by profile
	Channel    people.Channel
	Pace       Pace   // of mail; a text message is always at once
	Why        string // the sentence in its mails, in the language of the context
}

// Receives returns the open newsletters that the person gets now, by subscription or by profile, by name. There are
// none if she has no confirmed address. On the SMS channel only issues with a text come.
func (r *Room) Receives(ctx context.Context, person int64) ([]Received, error) {
	reached, err := reachedBy(ctx, r.DB, person)
	if err != nil || len(reached) == 0 {
		return nil, err
	}
	c, err := loadCatalogue(ctx, r.DB)
	if err != nil {
		return nil, err
	}
	vocabulary, err := r.Taxonomy.Load(ctx)
	if err != nil {
		return nil, err
	}
	reaching := map[people.Channel][]string{}
	for channel := range reached {
		if reaching[channel], err = r.reaching(ctx, person, channel); err != nil {
			return nil, err
		}
	}
	paces, err := r.pacesOf(ctx, person)
	if err != nil {
		return nil, err
	}
	list := []Received{}
	for _, n := range c.sorted(locale.Lang(ctx), func(n Newsletter) bool { return !n.Closed && !n.Newsroom.Closed }) {
		for _, channel := range people.Channels() {
			if !slices.Contains(reaching[channel], n.Slug) {
				continue
			}
			l := letter{room: r, newsletter: n, vocabulary: vocabulary, channel: channel, zone: r.Town.Town().Zone()}
			reasons, err := l.reasons(ctx, l.channel, []int64{person})
			if err != nil {
				return nil, err
			}
			if why, ok := reasons[person]; ok {
				list = append(list, Received{
					Newsletter: n, Subscribed: !why.since.IsZero(), Channel: channel, Why: l.why(locale.Lang(ctx), why),
					Pace: paces.of(n.Slug, channel, !why.since.IsZero()),
				})
			}
		}
	}
	return list, nil
}

// reaching returns the newsletters that may reach the person on that channel; sensitive ones only if she subscribed.
func (r *Room) reaching(ctx context.Context, person int64, channel people.Channel) ([]string, error) {
	var b storage.Builder
	writeSubscribed(&b, "s.newsletter", channel)
	b.Add(" AND s.person_id = ? UNION ", person)
	writeFitting(&b, "t.newsletter", channel)
	b.Add(" AND w.person_id = ?", person)
	var slugs []string
	err := each(ctx, r.DB, b.SQL(), b.Args(), func(rows *sql.Rows) error {
		var slug string
		err := rows.Scan(&slug)
		slugs = append(slugs, slug)
		return err
	})
	return slugs, err
}

// paces are the paces of one person.
type paces struct {
	subscribed map[string]Pace // of e-mail subscriptions
	profile    Pace
}

func (r *Room) pacesOf(ctx context.Context, person int64) (paces, error) {
	p := paces{subscribed: map[string]Pace{}}
	rhythm, err := r.Rhythm(ctx, person)
	if err != nil {
		return p, err
	}
	p.profile = rhythm.Profile
	all, err := subscriptionsOf(ctx, r.DB, person)
	for _, s := range all {
		if s.Standing() && s.Channel == people.Email {
			p.subscribed[s.Newsletter] = s.Pace
		}
	}
	return p, err
}

func (p paces) of(newsletter string, channel people.Channel, subscribed bool) Pace {
	switch {
	case channel != people.Email:
		return AtOnce
	case subscribed:
		return p.subscribed[newsletter]
	}
	return p.profile
}
