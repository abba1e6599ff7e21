package newslettersweb

import (
	"context"

	"github.com/a-h/templ"

	"unoxuno/internal/newsletters"
	"unoxuno/internal/web"
)

// structured adds data in the vocabulary of schema.org for search engines. It is data in a script element and does not
// run.
func structured(ctx context.Context, id string, data map[string]any) templ.Component {
	data["@context"] = "https://schema.org"
	return templ.JSONScript(id, data).WithType("application/ld+json").WithNonceFromString(web.Nonce(ctx))
}

// publisher returns the town.
func publisher(ctx context.Context) map[string]any {
	return map[string]any{"@type": "GovernmentOrganization", "name": web.TownOf(ctx).Name, "url": web.URL(ctx, "/")}
}

// article returns an issue of the archive.
func article(ctx context.Context, page newsletters.Page) map[string]any {
	return map[string]any{
		"@type": "NewsArticle", "headline": page.Issue.Title, "inLanguage": page.Issue.Language,
		"datePublished": page.Issue.Sent.UTC().Format("2006-01-02T15:04:05Z"),
		"url":           web.URL(ctx, newsletters.ArchivePath(page.Issue.Newsletter, page.Issue.Slug)),
		"isPartOf":      map[string]any{"@type": "Periodical", "name": page.Newsletter.Name.In(page.Issue.Language)},
		"author":        map[string]any{"@type": "Organization", "name": page.Newsletter.Newsroom.Name.In(page.Issue.Language)},
		"publisher":     publisher(ctx),
	}
}
