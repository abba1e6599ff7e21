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
	Subscribed bool   // she asked for it; else it comes by profile
	Why        string // the sentence that its mails carry, in the language of the context
}

// Receives are the newsletters that the person gets now, by subscription or by profile, by name; none while she has no
// confirmed e-mail address.
func (r *Room) Receives(ctx context.Context, person int64) ([]Received, error) {
	reachable, err := ids(ctx, r.DB, "SELECT person_id FROM people_reachable WHERE person_id = $1 AND channel = $2",
		person, string(people.Email))
	if err != nil || len(reachable) == 0 {
		return nil, err
	}
	reaching, err := r.reaching(ctx, person)
	if err != nil {
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
	list := []Received{}
	for _, n := range c.sorted(locale.Lang(ctx), func(n Newsletter) bool { return slices.Contains(reaching, n.Slug) }) {
		l := letter{room: r, newsletter: n, vocabulary: vocabulary, zone: r.Town.Town(ctx).Zone()}
		reasons, err := l.reasons(ctx, []int64{person})
		if err != nil {
			return nil, err
		}
		if why, ok := reasons[person]; ok {
			list = append(list, Received{Newsletter: n, Subscribed: !why.since.IsZero(), Why: l.why(locale.Lang(ctx), why)})
		}
	}
	return list, nil
}

// reaching are the newsletters that may reach the person; the sensitive ones among them only if she subscribed.
func (r *Room) reaching(ctx context.Context, person int64) ([]string, error) {
	var b storage.Builder
	writeSubscribed(&b, "s.newsletter")
	b.Add(" AND s.person_id = ? UNION ", person)
	writeFitting(&b, "t.newsletter")
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
