package peopleweb

import (
	"bytes"
	"context"
	"strings"

	"unoxuno/internal/delivery"
	"unoxuno/internal/locale"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// letter is a mail that these pages write: a few paragraphs, one link, a few more paragraphs. It is in the language of
// the page that was asked from.
type letter struct {
	Kind     string // for the delivery log
	Person   int64  // 0 unknown
	To       string
	Language string
	Subject  string
	Before   []string
	Button   string
	URL      string
	After    []string
	Town     string
}

// confirmLetter asks whether a sign-up was meant.
func confirmLetter(ctx context.Context, url string, pending people.Pending) letter {
	town, until := web.TownOf(ctx).Name, ui.DateTimeText(zoned(ctx), pending.Expires)
	return letter{
		Kind: "confirm", To: pending.Address, Language: locale.Lang(ctx), Town: town, URL: url,
		Subject: say(ctx, "mail.confirm.subject", "Town", town),
		Before:  []string{say(ctx, "mail.confirm.hello", "Town", town), say(ctx, "mail.confirm.press")},
		Button:  say(ctx, "mail.confirm.button"),
		After:   []string{say(ctx, "mail.confirm.until", "Until", until), say(ctx, "mail.confirm.not_you")},
	}
}

// addressLetter asks whether another address is really hers. It tells whoever reads it nothing of her.
func addressLetter(ctx context.Context, url string, pending people.Pending) letter {
	town, until := web.TownOf(ctx).Name, ui.DateTimeText(zoned(ctx), pending.Expires)
	return letter{
		Kind: "address", To: pending.Address, Language: locale.Lang(ctx), Town: town, URL: url,
		Subject: say(ctx, "mail.address.subject", "Town", town),
		Before:  []string{say(ctx, "mail.address.hello", "Town", town)},
		Button:  say(ctx, "mail.address.button"),
		After:   []string{say(ctx, "mail.address.until", "Until", until), say(ctx, "mail.address.not_you")},
	}
}

// linkLetter brings the link to her own page.
func linkLetter(ctx context.Context, url, to string, person int64) letter {
	town := web.TownOf(ctx).Name
	return letter{
		Kind: "link", Person: person, To: to, Language: locale.Lang(ctx), Town: town, URL: url,
		Subject: say(ctx, "mail.link.subject", "Town", town),
		Before:  []string{say(ctx, "mail.link.hello", "Town", town)},
		Button:  say(ctx, "mail.link.button"),
		After:   []string{say(ctx, "mail.link.until"), say(ctx, "mail.link.not_you")},
	}
}

// zoned is ctx with the town's time zone for dates: pages get it from the kit, mails do not.
func zoned(ctx context.Context) context.Context {
	return ui.WithFrame(ctx, ui.Frame{Zone: web.TownOf(ctx).Zone})
}

// text is the letter for readers of plain text, with the link on a line of its own.
func (l letter) text() string {
	parts := append([]string{}, l.Before...)
	parts = append(parts, l.Button+":\n"+l.URL)
	parts = append(parts, l.After...)
	return strings.Join(parts, "\n\n") + "\n\n-- \n" + l.Town + "\n"
}

// mail hands the letter over; it leaves within a second.
func (p *Pages) mail(ctx context.Context, l letter) error {
	var html bytes.Buffer
	if err := letterHTML(l).Render(ctx, &html); err != nil {
		return err
	}
	err := p.DB.Tx(ctx, func(tx *storage.Tx) error {
		return p.Mailer.Post(ctx, tx, delivery.Note{
			Kind: l.Kind, Person: l.Person, To: l.To, Language: l.Language,
			Subject: l.Subject, Text: l.text(), HTML: html.String(),
		})
	})
	if err == nil {
		p.Mailer.Wake()
	}
	return err
}
