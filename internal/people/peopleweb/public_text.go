package peopleweb

import (
	"bytes"
	"context"
	"embed"
	"net/http"
	"text/template"

	"github.com/yuin/goldmark"

	"unoxuno/internal/locale"
	"unoxuno/internal/web"
)

// The texts that the law requires on every site, one Markdown file per language. Their holes are those of textHoles.
//
//go:embed texts/*.md
var texts embed.FS

// text serves one of those texts as a page.
func (p *Pages) text(name string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		html, err := textHTML(r.Context(), name, p.texting(), p.LedgerMonths)
		if err != nil {
			return err
		}
		return web.Render(w, r, http.StatusOK, textPage(name, html))
	}
}

// textHTML fills a text and renders it. goldmark omits raw HTML, so that a town's name cannot contain any.
func textHTML(ctx context.Context, name string, texting bool, months int) (string, error) {
	file := "texts/" + name + "." + locale.Lang(ctx) + ".md"
	t, err := template.ParseFS(texts, file)
	if err != nil {
		return "", err
	}
	var filled, html bytes.Buffer
	holes := textHoles{
		Town: web.TownOf(ctx).Name, OwnPage: locale.Path(ctx, "/me"),
		Privacy: locale.Path(ctx, "/privacy"), Accessibility: locale.Path(ctx, "/accessibility"),
		Texting: texting, LedgerMonths: months,
	}
	if err := t.Execute(&filled, holes); err != nil {
		return "", err
	}
	if err := goldmark.Convert(filled.Bytes(), &html); err != nil {
		return "", err
	}
	return html.String(), nil
}

// textHoles are the holes of a text: the town, and paths of the site in the reader's language; and its conditions.
type textHoles struct {
	Town, OwnPage, Privacy, Accessibility string
	Texting                               bool // the town sends text messages
	LedgerMonths                          int  // how long we know who received what; 0: for ever
}
