package newsletters

import (
	"context"
	"slices"
	"strings"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/storage"
	"unoxuno/internal/taxonomy"
)

// PutNewsroom creates or changes the newsroom with that slug. Faults are on the fields slug, name and kind. It asks
// access.ManageNewsrooms.
func (r *Room) PutNewsroom(ctx context.Context, n Newsroom) error {
	if err := may(ctx, access.ManageNewsrooms, n.Slug); err != nil {
		return err
	}
	n.Name = nameOver(n.Name, taxonomy.Name{})
	problems := n.problems()
	for i, p := range problems {
		problems[i] = p.On(strings.Split(strings.TrimPrefix(p.Key, "newsletters."), ".")[0])
	}
	if !validSlug(n.Slug) {
		problems = append(problems, slugFault(n.Slug, "ufficio-cultura").On("slug"))
	}
	if err := problems.Err(); err != nil {
		return err
	}
	return r.DB.Tx(ctx, func(tx *storage.Tx) error {
		now, err := loadCatalogue(ctx, tx)
		if err != nil {
			return err
		}
		before, exists := now.newsroom(n.Slug)
		if err := db.New(tx).PutNewsroom(ctx, db.PutNewsroomParams{
			Slug: n.Slug, NameIt: n.Name.IT, NameEn: n.Name.EN, Kind: string(n.Kind), Declared: before.declared, Closed: n.Closed,
		}); err != nil {
			return err
		}
		action := actionOf(exists, before.Closed, n.Closed)
		return r.Identity.Audit(ctx, tx, "audit.newsroom."+string(action), "newsroom "+n.Slug, n.Name.IT)
	})
}

// PutNewsletter creates or changes the newsletter with that slug; of its Newsroom only the slug matters. Faults are on
// the fields slug, name, newsroom, topics, for, period, sender and reply_to. It asks access.ManageNewsrooms in the old
// and the new newsroom.
func (r *Room) PutNewsletter(ctx context.Context, n Newsletter) error {
	if err := may(ctx, access.ManageNewsrooms, n.Newsroom.Slug); err != nil {
		return err
	}
	kept, err := r.Taxonomy.Load(ctx)
	if err != nil {
		return err
	}
	return r.DB.Tx(ctx, func(tx *storage.Tx) error {
		now, err := loadCatalogue(ctx, tx)
		if err != nil {
			return err
		}
		before, exists := now.newsletter(n.Slug)
		if exists {
			if err := may(ctx, access.ManageNewsrooms, before.Newsroom.Slug); err != nil {
				return err
			}
		}
		after, err := n.checked(now.newsrooms, kept)
		if err != nil {
			return err
		}
		after.declared = before.declared
		if err := putNewsletter(ctx, db.New(tx), after); err != nil {
			return err
		}
		action := actionOf(exists, before.Closed, n.Closed)
		return r.Identity.Audit(ctx, tx, "audit.newsletter."+string(action), "newsletter "+n.Slug, n.Name.IT)
	})
}

// checked returns the newsletter in normal form, or all its faults, on its fields.
func (n Newsletter) checked(newsrooms []Newsroom, known taxonomy.Vocabulary) (Newsletter, error) {
	var problems fault.Problems
	note := func(field string, err error) { _ = problems.Add(field, err) } // all of them are faults
	var err error
	if !validSlug(n.Slug) {
		note("slug", slugFault(n.Slug, "vita-in-citta"))
	}
	n.Name, n.Description = nameOver(n.Name, taxonomy.Name{}), nameOver(n.Description, taxonomy.Name{})
	n.Period, n.Sender, n.ReplyTo = canonicalPeriod(n.Period), strings.TrimSpace(n.Sender), strings.TrimSpace(n.ReplyTo)
	n.Topics, err = findTerms(known.Topics, "newsletters.topic.unknown", slices.Clone(n.Topics))
	note("topics", err)
	n.For, err = findTerms(known.Categories, "newsletters.category.unknown", slices.Clone(n.For))
	note("for", err)
	note("", n.problems(newsrooms).Err())
	return n, problems.Err()
}
