package newsletters

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"unoxuno/internal/clock"
	"unoxuno/internal/content"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/storage"
)

// digestLetter is a digest being sent. It is safe for concurrent use.
type digestLetter struct {
	room  *Room
	row   db.NewslettersDigest
	batch int64

	mu        sync.Mutex
	issues    map[int64]*letter          // nil if the issue cannot be read
	templates map[string]*email.Template // by the issues in the mail and the language of its frame
}

// mostTemplates is the number of compiled mails that a digest keeps. People who follow the same newsletters share one.
// Beyond this number all are dropped, and compiled again when needed.
const mostTemplates = 256

// Letter opens a digest for sending.
func (d digests) Letter(ctx context.Context, m delivery.Matter) (delivery.Letter, error) {
	row, err := db.New(d.DB).DigestOf(ctx, m.Ref)
	if err != nil {
		return nil, fmt.Errorf("newsletters: digest %d: %w", m.Ref, err)
	}
	return &digestLetter{
		room: d.Room, row: row, batch: m.Batch, issues: map[int64]*letter{}, templates: map[string]*email.Template{},
	}, nil
}

// Recipients returns how to reach those of persons to whom the digest owes something now. It checks again for each
// issue whether it may go to her. A person who gets all of it another way, or later, is deferred.
func (l *digestLetter) Recipients(ctx context.Context, persons []int64) ([]delivery.Recipient, error) {
	if len(persons) == 0 {
		return nil, nil
	}
	shares, moved, err := l.shares(ctx, persons)
	if err != nil {
		return nil, err
	}
	found, err := l.room.addressees(ctx, "", persons)
	if err != nil {
		return nil, err
	}
	now := l.room.now()
	found = slices.DeleteFunc(found, func(a addressee) bool { return len(shares[a.person]) == 0 || a.paused > now })
	full, err := l.room.full(ctx, found, l.batch)
	if err != nil {
		return nil, err
	}
	recipients := make([]delivery.Recipient, len(found), len(found)+len(moved))
	for at, a := range found {
		if full[a.person] {
			recipients[at] = delivery.Recipient{Person: a.person, Aside: l.aside(a.person)}
			continue
		}
		if recipients[at], err = l.recipient(ctx, a, shares[a.person]); err != nil {
			return nil, err
		}
	}
	for person := range moved {
		if len(shares[person]) == 0 {
			recipients = append(recipients, delivery.Recipient{Person: person, Aside: alreadyMoved})
		}
	}
	return recipients, nil
}

// aside defers the person's part of the digest to the next daily slot.
func (l *digestLetter) aside(person int64) func(context.Context, *storage.Tx) error {
	return func(ctx context.Context, tx *storage.Tx) error {
		return db.New(tx).KeepOn(ctx, db.KeepOnParams{PersonID: person, Digest: l.row.ID, KeptAt: l.room.now()})
	}
}

func (l *digestLetter) recipient(ctx context.Context, a addressee, shares []share) (delivery.Recipient, error) {
	lang := l.room.readable(a.language)
	template, err := l.template(ctx, lang, shares)
	if err != nil {
		return delivery.Recipient{}, err
	}
	issues := make([]int64, len(shares))
	greeted, whole := a.names()
	values := content.Values{Name: greeted, OwnPage: l.room.ownPage(a.person, a.addressID, lang)}
	for n, s := range shares {
		issues[n] = s.issue.ID
		values.Parts = append(values.Parts, content.PartValues{
			Why: s.letter.why(lang, s.why), Unsubscribe: l.room.url(lang, UnsubscribePath(l.room.UnsubscribeToken(a.person, s.issue.ID))),
		})
	}
	token := l.room.DigestToken(a.person, l.row.ID, issues...)
	values.Unsubscribe = l.room.url(lang, UnsubscribePath(token))
	return delivery.Recipient{
		Person: a.person, Address: a.address, Name: whole, Template: template,
		Unsubscribe: email.Unsubscribe{
			URL:    l.room.settings.PublicURL + OneClickPath(token),
			Mailto: "mailto:" + shares[0].mailto + "?subject=unsubscribe-" + token,
		},
		Values: fillDigest(values),
	}, nil
}

// template returns the mail with these issues for readers of lang. People who follow the same newsletters share it.
func (l *digestLetter) template(ctx context.Context, lang string, shares []share) (*email.Template, error) {
	key := []byte(lang)
	for _, s := range shares {
		key = binary.AppendVarint(key, s.issue.ID)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if t, ok := l.templates[string(key)]; ok {
		return t, nil
	}
	t, err := l.compile(ctx, lang, shares)
	if err != nil {
		return nil, err
	}
	if len(l.templates) >= mostTemplates {
		clear(l.templates)
	}
	l.templates[string(key)] = t
	return t, nil
}

func (l *digestLetter) compile(ctx context.Context, lang string, shares []share) (*email.Template, error) {
	r := l.room
	town := r.Town.Town()
	parts := make([]content.Part, len(shares))
	for n, s := range shares {
		links, err := r.linkNumbers(ctx, s.issue.ID)
		if err != nil {
			return nil, err
		}
		f := r.frame(s.issue, s.newsletter, lang, links)
		parts[n] = content.Part{
			Document: s.issue.Document(), Newsletter: f.Newsletter, Discreet: s.newsletter.Sensitive, ArchiveURL: f.ArchiveURL, PixelURL: f.PixelURL, Link: f.Link,
		}
	}
	date := locale.Date(lang, clock.Time(l.row.Slot).In(town.Zone()))
	frame := content.Frame{
		Town: town.Name, Newsletter: r.Words.Say(lang, "newsletters.digest.name"), BaseURL: r.settings.PublicURL, Greet: true,
		Labels: content.NewLabels(r.say(lang)),
	}
	leave := frame.Labels.Unsubscribe
	if len(parts) > 1 {
		frame.Labels.Unsubscribe = r.Words.Say(lang, "newsletters.digest.leave_all")
	}
	title := r.Words.Say(lang, "newsletters.digest.title", "Date", date)
	compiled, err := content.CompileDigest(content.Document{Language: lang, Title: title}, parts, frame, leave)
	if err != nil {
		return nil, err
	}
	return email.Compile(email.Message{
		From:    email.Mailbox{Name: town.Name, Address: r.mailFrom()},
		Subject: r.Words.Say(lang, "newsletters.digest.subject", "Town", town.Name, "Count", len(parts)), Language: lang,
		// It belongs to no newsletter, because a slug has no dot.
		ListID:     email.ListID{Name: frame.Newsletter, ID: "digest.newsletters." + town.Domain},
		FeedbackID: fmt.Sprintf("%d:digest:town:%s", l.row.ID, senderID), Bulk: true,
		Text: part(compiled.Text), HTML: part(compiled.HTML),
	})
}
