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

// letter is a mail of these pages: some paragraphs, at most one link, more paragraphs. It is in the language of the
// page that caused it.
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

// confirmLetter asks for confirmation of a sign-up.
func confirmLetter(ctx context.Context, url string, pending people.Pending) letter {
	town, until := web.TownOf(ctx).Name, ui.DateTimeText(zoned(ctx), pending.Expires)
	return letter{
		Kind: "confirm", To: pending.Address, Language: locale.Lang(ctx), Town: town, URL: url,
		Subject: say(ctx, "mail.confirm.subject", "Town", town),
		Before:  []string{say(ctx, "mail.confirm.hello"), say(ctx, "mail.confirm.press")},
		Button:  say(ctx, "mail.confirm.button"),
		After:   []string{say(ctx, "mail.confirm.until", "Until", until), say(ctx, "mail.confirm.not_you")},
	}
}

// addressLetter asks for confirmation of another address. It reveals nothing about the person to a wrong reader.
func addressLetter(ctx context.Context, url string, pending people.Pending) letter {
	town, until := web.TownOf(ctx).Name, ui.DateTimeText(zoned(ctx), pending.Expires)
	return letter{
		Kind: "address", To: pending.Address, Language: locale.Lang(ctx), Town: town, URL: url,
		Subject: say(ctx, "mail.address.subject", "Town", town),
		Before:  []string{say(ctx, "mail.address.hello")},
		Button:  say(ctx, "mail.address.button"),
		After:   []string{say(ctx, "mail.address.until", "Until", until), say(ctx, "mail.address.not_you")},
	}
}

// linkLetter contains the link to her own page.
func linkLetter(ctx context.Context, url, to string) letter {
	town := web.TownOf(ctx).Name
	return letter{
		Kind: delivery.NoteEntry, To: to, Language: locale.Lang(ctx), Town: town, URL: url,
		Subject: say(ctx, "mail.link.subject", "Town", town),
		Before:  []string{say(ctx, "mail.link.hello")},
		Button:  say(ctx, "mail.link.button"),
		After:   []string{say(ctx, "mail.link.until", "Minutes", int(people.EntryLife.Minutes())), say(ctx, "mail.link.not_you")},
	}
}

// addedLetter tells one of her addresses that there is a new one, and what to do if she did not add it. The new address
// is masked, because somebody else may read the old one by now.
func addedLetter(ctx context.Context, to string, n people.NewAddress) letter {
	town, key := web.TownOf(ctx).Name, "mail.added"
	if n.Replaced {
		key = "mail.replaced"
	}
	return letter{
		Kind: noteAdded, Person: n.Person, To: to, Language: locale.Lang(ctx), Town: town,
		Subject: say(ctx, key+".subject", "Town", town),
		Before:  []string{say(ctx, key+".hello", "Address", masked(n.Added)), say(ctx, key+".fine")},
		Button:  say(ctx, "mail.added.button"), URL: web.URL(ctx, "/me"),
		After: []string{say(ctx, key+".not_you")},
	}
}

// noteAdded is the kind of these notes.
const noteAdded = "address-added"

// TellAdded tells the person's other addresses about a new one, in the transaction that adds it. It writes to her
// e-mail addresses. It writes to a number only if she has no e-mail address, or if the number was replaced. The texts
// are in her language.
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

// zoned adds the town's time zone to ctx for dates. Pages get it from the web kit, mails do not.
func zoned(ctx context.Context) context.Context {
	return ui.WithFrame(ctx, ui.Frame{Zone: web.TownOf(ctx).Zone})
}

// text returns the letter in plain text, with the link on its own line.
func (l letter) text() string {
	parts := append([]string{}, l.Before...)
	parts = append(parts, l.Button+":\n"+l.URL)
	parts = append(parts, l.After...)
	return strings.Join(parts, "\n\n") + "\n\n-- \n" + l.Town + "\n"
}

// note returns the letter as a note for delivery.
func (l letter) note(ctx context.Context) (delivery.Note, error) {
	var html bytes.Buffer
	err := letterHTML(l).Render(ctx, &html)
	return delivery.Note{
		Kind: l.Kind, Person: l.Person, To: l.To, Language: l.Language, Subject: l.Subject, Text: l.text(), HTML: html.String(),
	}, err
}

// mail posts the letter; it leaves within a second.
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
