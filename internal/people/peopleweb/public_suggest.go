package peopleweb

import (
	"cmp"
	"context"
	"slices"

	"unoxuno/internal/locale"
	"unoxuno/internal/taxonomy"
	"unoxuno/internal/web/ui"
)

// suggested is the number of newsletters shown first; the others are one click away.
const suggested = 12

// suggest divides the offers into those that fit the answers, best first, and the others. What she already chose is
// always among the first.
func suggest(offers []Offer, j join) (fitting, others []Offer) {
	for _, o := range offers {
		if fit(o, j) > 0 {
			fitting = append(fitting, o)
		} else {
			others = append(others, o)
		}
	}
	slices.SortStableFunc(fitting, func(a, b Offer) int { return cmp.Compare(fit(b, j), fit(a, j)) })
	keep := suggested
	for keep < len(fitting) && fit(fitting[keep], j) >= fitChosen {
		keep++
	}
	if len(fitting) > keep {
		others = append(slices.Clone(fitting[keep:]), others...)
		fitting = fitting[:keep]
	}
	return fitting, others
}

// The weights: she chose it, it is made for people like her, and for each topic she wants.
const (
	fitChosen = 100
	fitWho    = 3
	fitTopic  = 2
)

func fit(o Offer, j join) int {
	points := 0
	if slices.Contains(j.Newsletters, o.Slug) {
		points += fitChosen
	}
	for _, who := range o.For {
		if slices.Contains(j.Who, who) {
			points += fitWho
		}
	}
	for _, topic := range o.Topics {
		if slices.Contains(j.Wants, topic) {
			points += fitTopic
		}
	}
	return points
}

// lists are the town's words for a form.
type lists struct {
	taxonomy.Vocabulary
	languages []ui.Option
	covered   map[string]bool // topics shown first
}

func (p *Pages) lists(ctx context.Context) (lists, error) {
	vocabulary, err := p.People.Vocabulary(ctx)
	l := lists{Vocabulary: taxonomy.Vocabulary{
		Categories: vocabulary.Categories, Topics: vocabulary.Topics, Places: vocabulary.Places,
	}}
	for _, code := range vocabulary.Languages {
		l.languages = append(l.languages, ui.Option{Value: code, Label: locale.T(ctx, "web.language_name."+code)})
	}
	return l, err
}

// foremost is the number of topics shown first, so that the question fits a phone; the others are one click away.
const foremost = 18

// cover decides which topics to show first: those of the most newsletters, with more weight for newsletters made for
// people like her.
func (l *lists) cover(offers []Offer, j join) {
	points := map[string]int{}
	for _, o := range offers {
		weight := 1 + fit(Offer{For: o.For}, j)
		for _, topic := range o.Topics {
			points[topic] += weight
		}
	}
	topics := l.Topics.InUse()
	slices.SortStableFunc(topics, func(a, b taxonomy.Term) int { return cmp.Compare(points[b.Slug], points[a.Slug]) })
	l.covered = map[string]bool{}
	for _, topic := range topics[:min(foremost, len(topics))] {
		l.covered[topic.Slug] = points[topic.Slug] > 0
	}
}

// topics returns the topics as answers: first those shown first or chosen, then the others.
func (l lists) topics(ctx context.Context, chosen []string) (current, others []ui.Option) {
	for _, o := range options(ctx, l.Topics, chosen) {
		if o.Selected || l.covered[o.Value] {
			current = append(current, o)
		} else {
			others = append(others, o)
		}
	}
	return current, others
}

// options returns the terms of a list as answers, the chosen ones marked. A retired term is offered only to people who
// have it.
func options(ctx context.Context, list taxonomy.List, chosen []string) []ui.Option {
	var all []ui.Option
	for _, term := range list.All() {
		has := slices.Contains(chosen, term.Slug)
		if term.Retired && !has {
			continue
		}
		o := ui.Option{Value: term.Slug, Label: term.Name.In(locale.Lang(ctx)), Selected: has}
		if term.Sensitive {
			o.Label = say(ctx, "sensitive.term", "Name", o.Label)
		}
		all = append(all, o)
	}
	return all
}

// places returns the places as options of a select, with "rather not say" first.
func (l lists) places(ctx context.Context, chosen string) []ui.Option {
	return append([]ui.Option{{Value: "", Label: say(ctx, "field.place_none")}}, options(ctx, l.Places, []string{chosen})...)
}

// offerOptions returns newsletters as answers.
func offerOptions(ctx context.Context, offers []Offer, chosen []string) []ui.Option {
	all := make([]ui.Option, len(offers))
	for i, o := range offers {
		all[i] = ui.Option{Value: o.Slug, Label: o.Name, Help: o.Description, Selected: slices.Contains(chosen, o.Slug)}
		if o.Sensitive {
			all[i].Help += " " + say(ctx, "sensitive.newsletter")
		}
	}
	return all
}
