package newsletters

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/storage"
	"unoxuno/internal/taxonomy"
)

// Action is what happens to a newsroom or a newsletter.
type Action string

// The actions.
const (
	Added    Action = "added"
	Changed  Action = "changed"
	Closed   Action = "closed"
	Reopened Action = "reopened"
)

// Change is what a declaration does to one newsroom or newsletter.
type Change struct {
	What    string // "newsroom" or "newsletter"
	Slug    string
	Action  Action
	Details []string // the differences: `name: "Teatri" → "Teatro"`
}

// String returns one line of a dry run.
func (c Change) String() string {
	signs := map[Action]string{Added: "+", Changed: "~", Closed: "-", Reopened: "+"}
	return fmt.Sprintf("%s %ss/%s  %s", signs[c.Action], c.What, c.Slug, strings.Join(c.Details, ", "))
}

// Changes are all changes of a declaration; empty if nothing differs.
type Changes []Change

// plan is the result of a declaration: the rows to write, and their differences from the existing ones.
type plan struct {
	newsrooms   []Newsroom
	newsletters []Newsletter
	changes     Changes
}

// planned returns what the declaration changes in the catalogue, or all its mistakes.
func planned(now catalogue, d Declaration, known taxonomy.Vocabulary) (plan, error) {
	var p plan
	var problems fault.Problems
	newsrooms := p.planNewsrooms(now, d, &problems)
	p.planNewsletters(now, d, newsrooms, known, &problems)
	return p, problems.Err()
}

// planNewsrooms returns the newsrooms as they will be.
func (p *plan) planNewsrooms(now catalogue, d Declaration, problems *fault.Problems) []Newsroom {
	all := slices.Clone(now.newsrooms)
	seen := map[string]bool{}
	for i, declared := range d.Newsrooms {
		before, exists := now.newsroom(declared.Slug)
		after, err := declared.over(before)
		onItem(problems, "newsrooms", i, err)
		if seen[declared.Slug] {
			onItem(problems, "newsrooms", i, fault.Invalid("newsletters.slug.twice", "Slug", declared.Slug))
		}
		seen[declared.Slug] = true
		if at := slices.IndexFunc(all, func(n Newsroom) bool { return n.Slug == after.Slug }); at >= 0 {
			all[at] = after
		} else {
			all = append(all, after)
		}
		p.newsroom(exists, before, after)
	}
	for _, before := range now.newsrooms {
		if d.Newsrooms != nil && before.declared && !before.Closed && !seen[before.Slug] {
			after := before
			after.Closed = true
			p.newsroom(true, before, after)
		}
	}
	return all
}

func (p *plan) planNewsletters(now catalogue, d Declaration, newsrooms []Newsroom, known taxonomy.Vocabulary, problems *fault.Problems) {
	seen := map[string]bool{}
	for i, declared := range d.Newsletters {
		before, exists := now.newsletter(declared.Slug)
		after, err := declared.over(before, newsrooms, known)
		onItem(problems, "newsletters", i, err)
		if seen[declared.Slug] {
			onItem(problems, "newsletters", i, fault.Invalid("newsletters.slug.twice", "Slug", declared.Slug))
		}
		seen[declared.Slug] = true
		p.newsletter(exists, before, after)
	}
	for _, before := range now.newsletters {
		if d.Newsletters != nil && before.declared && !before.Closed && !seen[before.Slug] {
			after := before
			after.Closed = true
			p.newsletter(true, before, after)
		}
	}
}

func (p *plan) newsroom(exists bool, before, after Newsroom) {
	if before == after {
		return
	}
	c := Change{What: "newsroom", Slug: after.Slug, Action: actionOf(exists, before.Closed, after.Closed)}
	c.differ(exists, after.Name.IT, []difference{
		{"it", before.Name.IT, after.Name.IT}, {"en", before.Name.EN, after.Name.EN},
		{"kind", string(before.Kind), string(after.Kind)},
	})
	p.newsrooms, p.changes = append(p.newsrooms, after), append(p.changes, c)
}

func (p *plan) newsletter(exists bool, before, after Newsletter) {
	c := Change{What: "newsletter", Slug: after.Slug, Action: actionOf(exists, before.Closed, after.Closed)}
	same := !c.differ(exists, after.Name.IT, []difference{
		{"newsroom", before.Newsroom.Slug, after.Newsroom.Slug},
		{"it", before.Name.IT, after.Name.IT}, {"en", before.Name.EN, after.Name.EN},
		{"description it", before.Description.IT, after.Description.IT},
		{"description en", before.Description.EN, after.Description.EN},
		{"topics", strings.Join(before.Topics, " "), strings.Join(after.Topics, " ")},
		{"for", strings.Join(before.For, " "), strings.Join(after.For, " ")},
		{"period", before.Period, after.Period}, {"sender", before.Sender, after.Sender},
		{"reply_to", before.ReplyTo, after.ReplyTo},
		{"sensitive", fmt.Sprint(before.Sensitive), fmt.Sprint(after.Sensitive)},
	})
	if exists && same && before.Closed == after.Closed && before.declared == after.declared {
		return
	}
	p.newsletters, p.changes = append(p.newsletters, after), append(p.changes, c)
}

type difference struct{ what, before, after string }

// differ records the differences, and tells whether there are any.
func (c *Change) differ(exists bool, name string, differences []difference) bool {
	if !exists {
		c.Details = []string{fmt.Sprintf("%q", name)}
		return true
	}
	for _, d := range differences {
		if d.before != d.after {
			c.Details = append(c.Details, fmt.Sprintf("%s: %q → %q", d.what, d.before, d.after))
		}
	}
	return len(c.Details) > 0
}

func actionOf(exists, wasClosed, isClosed bool) Action {
	switch {
	case !exists:
		return Added
	case wasClosed && !isClosed:
		return Reopened
	case !wasClosed && isClosed:
		return Closed
	}
	return Changed
}

// Declare makes newsrooms and newsletters what the town declares, in the caller's transaction, and returns the changes.
// The terms it names must exist, or have been applied in the same transaction. If the declaration has mistakes, nothing
// changes and the error has all of them (fault.Problems). For a dry run, roll the transaction back. It asks
// access.ManageNewsrooms.
func (r *Room) Declare(ctx context.Context, tx *storage.Tx, d Declaration) (Changes, error) {
	if !access.From(ctx).Can(access.ManageNewsrooms) {
		return nil, fault.Forbidden("newsletters.newsroom.forbidden", "Newsroom", "")
	}
	now, err := loadCatalogue(ctx, tx)
	if err != nil {
		return nil, err
	}
	known, err := r.Taxonomy.LoadIn(ctx, tx)
	if err != nil {
		return nil, err
	}
	p, err := planned(now, d, known)
	if err != nil {
		return nil, err
	}
	queries := db.New(tx)
	for _, n := range p.newsrooms {
		if err := queries.PutNewsroom(ctx, db.PutNewsroomParams{
			Slug: n.Slug, NameIt: n.Name.IT, NameEn: n.Name.EN, Kind: string(n.Kind), Declared: n.declared, Closed: n.Closed,
		}); err != nil {
			return nil, fmt.Errorf("newsletters: put newsroom %s: %w", n.Slug, err)
		}
	}
	for _, n := range p.newsletters {
		if err := putNewsletter(ctx, queries, n); err != nil {
			return nil, fmt.Errorf("newsletters: put newsletter %s: %w", n.Slug, err)
		}
	}
	for _, c := range p.changes {
		if err := r.Identity.Audit(ctx, tx, "audit."+c.What+"."+string(c.Action), c.What+" "+c.Slug, strings.Join(c.Details, ", ")); err != nil {
			return nil, err
		}
	}
	return p.changes, nil
}

func putNewsletter(ctx context.Context, queries *db.Queries, n Newsletter) error {
	if err := queries.PutNewsletter(ctx, db.PutNewsletterParams{
		Slug: n.Slug, Newsroom: n.Newsroom.Slug, NameIt: n.Name.IT, NameEn: n.Name.EN, DescriptionIt: n.Description.IT,
		DescriptionEn: n.Description.EN, Period: n.Period, Sender: n.Sender, ReplyTo: n.ReplyTo, Sensitive: n.Sensitive,
		Declared: n.declared, Closed: n.Closed,
	}); err != nil {
		return err
	}
	if err := queries.ClearTopics(ctx, n.Slug); err != nil {
		return err
	}
	for _, topic := range n.Topics {
		if err := queries.AddTopic(ctx, db.AddTopicParams{Newsletter: n.Slug, Topic: topic}); err != nil {
			return err
		}
	}
	if err := queries.ClearFor(ctx, n.Slug); err != nil {
		return err
	}
	for _, category := range n.For {
		if err := queries.AddFor(ctx, db.AddForParams{Newsletter: n.Slug, Category: category}); err != nil {
			return err
		}
	}
	return nil
}
