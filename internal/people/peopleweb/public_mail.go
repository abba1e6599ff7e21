package peopleweb

import (
	"bytes"
	"context"
	"strings"

	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/locale"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// letter is a mail that these pages write: a few paragraphs, one link or none, a few more paragraphs. It is in the language
// of the page that was asked from.
type letter struct {
	Kind     string // delivery.NoteEntry, …
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
func linkLetter(ctx context.Context, url, to string) letter {
	town := web.TownOf(ctx).Name
	return letter{
		Kind: delivery.NoteEntry, To: to, Language: locale.Lang(ctx), Town: town, URL: url,
		Subject: say(ctx, "mail.link.subject", "Town", town),
		Before:  []string{say(ctx, "mail.link.hello", "Town", town)},
		Button:  say(ctx, "mail.link.button"),
		After:   []string{say(ctx, "mail.link.until", "Minutes", int(people.EntryLife.Minutes())), say(ctx, "mail.link.not_you")},
	}
}

// addedLetter tells an address of hers that there is a new one, and what to do if she did not add it. The new one is
// masked: the old one may be read by somebody else by now.
func addedLetter(ctx context.Context, to string, n people.NewAddress) letter {
	town, key := web.TownOf(ctx).Name, "mail.added"
	if n.Replaced {
		key = "mail.replaced"
	}
	return letter{
		Kind: noteAdded, Person: n.Person, To: to, Language: locale.Lang(ctx), Town: town,
		Subject: say(ctx, key+".subject", "Town", town),
		Before:  []string{say(ctx, key+".hello", "Town", town, "Address", masked(n.Added)), say(ctx, key+".fine")},
		Button:  say(ctx, "mail.added.button"), URL: web.URL(ctx, "/me"),
		After: []string{say(ctx, key+".not_you")},
	}
}

// noteAdded is the kind of notes that tell of a new address.
const noteAdded = "address-added"

// TellAdded tells the person's other addresses of a new one, in the transaction that gives it to her: by mail those that
// she has, and by text message a number only where there is none, or where it was replaced. They are in her language,
// whoever writes the address down.
func (p *Pages) TellAdded(ctx context.Context, tx *storage.Tx, n people.NewAddress) error {
	ctx = web.InLanguage(ctx, n.Language)
	mailed := false
	for _, a := range n.Before {
		if a.Channel != people.Email {
			continue
		}
		note, err := addedLetter(ctx, a.Value, n).note(ctx)
		if err != nil {
			return err
		}
		if err := p.Mailer.Post(ctx, tx, note); err != nil {
			return err
		}
		mailed = true
	}
	for _, a := range n.Before {
		if a.Channel != people.SMS || !p.texting() || mailed && (!n.Replaced || n.Added.Channel != people.SMS) {
			continue
		}
		text := say(ctx, "mail.added.sms", "Town", web.TownOf(ctx).Name, "Address", masked(n.Added), "URL", web.URL(ctx, "/me"))
		if err := p.Mailer.Post(ctx, tx, delivery.Note{
			Channel: delivery.SMS, Kind: noteAdded, Person: n.Person, To: a.Value, Language: locale.Lang(ctx), Text: sms.Look(text, sms.Options{}).Text,
		}); err != nil {
			return err
		}
	}
	return nil
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

// note is the letter as delivery takes it.
func (l letter) note(ctx context.Context) (delivery.Note, error) {
	var html bytes.Buffer
	err := letterHTML(l).Render(ctx, &html)
	return delivery.Note{
		Kind: l.Kind, Person: l.Person, To: l.To, Language: l.Language, Subject: l.Subject, Text: l.text(), HTML: html.String(),
	}, err
}

// mail hands the letter over; it leaves within a second.
func (p *Pages) mail(ctx context.Context, l letter) error {
	note, err := l.note(ctx)
	if err != nil {
		return err
	}
	err = p.DB.Tx(ctx, func(tx *storage.Tx) error { return p.Mailer.Post(ctx, tx, note) })
	if err == nil {
		p.Mailer.Wake()
	}
	return err
}
