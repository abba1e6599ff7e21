package newslettersweb

import (
	"context"
	"slices"
	"time"

	"unoxuno/internal/disclosure"
	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/taxonomy"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// nameIn returns a name in the reader's language.
func nameIn(ctx context.Context, name taxonomy.Name) string { return name.In(locale.Lang(ctx)) }

// nameOf returns the newsletter's name, or its slug if it is not in names.
func nameOf(names map[string]string, slug string) string {
	if name := names[slug]; name != "" {
		return name
	}
	return slug
}

// momentOf returns the relevant time of an issue in its state.
func momentOf(issue newsletters.Issue) time.Time {
	switch issue.State {
	case newsletters.Scheduled:
		return issue.Scheduled
	case newsletters.Sending, newsletters.Sent:
		return issue.Sent
	}
	return issue.Updated
}

// moment returns t in words by the town's clock, for texts made before the page is; within a page use ui.DateTime.
func moment(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return locale.DateTime(locale.Lang(ctx), t.In(zoneOf(ctx)))
}

// share returns the percentage of the whole, if both numbers are shown.
func share(ctx context.Context, part, whole disclosure.Figure) string {
	n, ok := part.Number()
	of, known := whole.Number()
	if !ok || !known || !part.IsExact() || !whole.IsExact() {
		return ""
	}
	return locale.Percent(locale.Lang(ctx), n, of)
}

// languageOptions returns the languages the town writes in.
func languageOptions(ctx context.Context) []ui.Option {
	var options []ui.Option
	for _, code := range web.TownOf(ctx).Languages {
		options = append(options, ui.Option{Value: code, Label: locale.T(ctx, "web.language_name."+code)})
	}
	return options
}

// termOptions returns the terms in use, and the chosen ones even if they are no longer in use.
func termOptions(ctx context.Context, list taxonomy.List, chosen []string) []ui.Option {
	var options []ui.Option
	for _, term := range list.All() {
		has := slices.Contains(chosen, term.Slug)
		if has || !term.Retired {
			options = append(options, ui.Option{Value: term.Slug, Label: nameIn(ctx, term.Name), Selected: has})
		}
	}
	return options
}

// termNames returns the names of the terms with those slugs, with commas.
func termNames(ctx context.Context, list taxonomy.List, slugs []string) string {
	text := ""
	for i, slug := range slugs {
		if i > 0 {
			text += ", "
		}
		if term, ok := list.Get(slug); ok {
			text += nameIn(ctx, term.Name)
		} else {
			text += slug
		}
	}
	return text
}
