package newsletters

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"unoxuno/internal/content"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/taxonomy"
)

// letter is an issue being sent. Its content does not change, and it is safe for concurrent use.
type letter struct {
	room       *Room
	issue      Issue
	newsletter Newsletter
	templates  map[string]*email.Template // by the language of the frame
	traced     map[string]*email.Template // the same for people with consent to record what they read
	vocabulary taxonomy.Vocabulary
	channel    people.Channel
	batch      int64
	mailto     string // without the subject
	zone       *time.Location
	whys       whys
}

// Letter opens an issue whose sending has begun: its text message, or its mail, compiled once for each language of the
// interface.
func (r *Room) Letter(ctx context.Context, m delivery.Matter) (delivery.Letter, error) {
	l, err := r.open(ctx, m)
	if err != nil {
		return nil, err
	}
	if l.channel == people.SMS {
		return &textLetter{letter: l, text: r.textOf(l.issue.SMS, l.issue.Language, 0).Text}, nil
	}
	return l, l.compile(ctx)
}

// open loads what was frozen when sending began.
func (r *Room) open(ctx context.Context, m delivery.Matter) (*letter, error) {
	row, err := db.New(r.DB).GetIssue(ctx, m.Ref)
	if err != nil {
		return nil, fmt.Errorf("newsletters: letter %d: %w", m.Ref, err)
	}
	i, n, err := withNewsletter(ctx, r.DB, row)
	if err != nil {
		return nil, err
	}
	if i.Sent.IsZero() || i.Archived {
		return nil, fmt.Errorf("newsletters: letter %d: its sending has not begun", m.Ref)
	}
	var kept frame
	if err := json.Unmarshal([]byte(row.Frame), &kept); err != nil {
		return nil, fmt.Errorf("newsletters: frame of issue %d: %w", m.Ref, err)
	}
	n.Name, n.Newsroom.Name, n.Newsroom.Kind = kept.Newsletter, kept.Newsroom, kept.Kind
	n.Sender, n.ReplyTo = kept.Sender, kept.ReplyTo
	vocabulary, err := r.Taxonomy.Load(ctx)
	return &letter{
		room: r, issue: i, newsletter: n, templates: map[string]*email.Template{}, traced: map[string]*email.Template{}, vocabulary: vocabulary,
		channel: people.Channel(m.Channel), batch: m.Batch, mailto: r.mailFrom(), zone: r.Town.Town().Zone(),
	}, err
}

// compile makes the mail's templates.
func (l *letter) compile(ctx context.Context) error {
	links, err := l.room.linkNumbers(ctx, l.issue.ID)
	if err != nil {
		return err
	}
	for _, lang := range locale.Languages() {
		compiled, err := l.room.compile(l.issue, l.newsletter, lang, links)
		if err != nil {
			return err
		}
		if l.templates[lang], err = l.room.template(l.issue, l.newsletter, lang, compiled); err != nil {
			return err
		}
		if l.newsletter.Sensitive {
			continue // reading is never recorded for these
		}
		if l.traced[lang], err = l.room.template(l.issue, l.newsletter, lang, l.room.trace(l.issue.ID, links, compiled)); err != nil {
			return err
		}
	}
	return nil
}

// linkNumbers returns the numbers of the issue's links by URL.
func (r *Room) linkNumbers(ctx context.Context, issue int64) (map[string]int, error) {
	rows, err := db.New(r.DB).LinksOf(ctx, issue)
	numbers := make(map[string]int, len(rows))
	for _, row := range rows {
		numbers[row.Url] = int(row.N)
	}
	return numbers, err
}

// compile renders both forms of the issue, with the frame's words in lang. If links is not nil, visits and openings are
// counted.
func (r *Room) compile(i Issue, n Newsletter, lang string, links map[string]int) (content.Compiled, error) {
	return content.Compile(i.Document(), r.frame(i, n, lang, links))
}

// frame returns what surrounds the issue.
func (r *Room) frame(i Issue, n Newsletter, lang string, links map[string]int) content.Frame {
	f := content.Frame{
		Town: r.Town.Town().Name, Newsletter: n.Name.In(lang), Newsroom: n.Newsroom.Name.In(lang), ReplyTo: n.ReplyTo,
		BaseURL: r.settings.PublicURL, ArchiveURL: r.url(lang, ArchivePath(i.Newsletter, i.Slug)), Greet: true,
		Labels: content.NewLabels(r.say(lang)),
	}
	if links != nil {
		f.PixelURL = r.settings.PublicURL + r.PixelPath(i.ID)
		f.Link = func(url string) string {
			if number, ok := links[url]; ok {
				return r.settings.PublicURL + r.LinkPath(i.ID, number)
			}
			return url
		}
	}
	return f
}

// mailFrom returns the sender address of issues.
func (r *Room) mailFrom() string {
	if r.settings.MailFrom != "" {
		return r.settings.MailFrom
	}
	return "newsletter@" + r.Town.Town().Domain
}

// senderID is the last part of Feedback-ID, the same in all our mail: 5 to 15 characters.
const senderID = "unoxuno"

// template returns the message for all readers of lang.
func (r *Room) template(i Issue, n Newsletter, lang string, c content.Compiled) (*email.Template, error) {
	m := email.Message{
		From:    email.Mailbox{Name: n.From(lang), Address: r.mailFrom()},
		Subject: c.Subject, Language: i.Language,
		// RFC 2919: never changes, because slugs and the town's domain do not.
		ListID:     email.ListID{Name: n.Name.In(lang), ID: n.Slug + "." + r.Town.Town().Domain},
		FeedbackID: fmt.Sprintf("%d:%s:%s:%s", i.ID, n.Slug, n.Newsroom.Kind, senderID),
		Bulk:       true,
		Text:       part(c.Text), HTML: part(c.HTML),
	}
	if n.ReplyTo != "" {
		m.ReplyTo = email.Mailbox{Name: n.From(lang), Address: n.ReplyTo}
	}
	return email.Compile(m)
}

// Holes in addition to content's. An issue uses them all, a digest's part only the free one.
const (
	holeWrappedWhy = int(content.HoleUnsubscribe) + 1 + iota // the plain text's reason, broken into lines
	holeReader                                               // after each counted URL of a traced letter
	holes
)

func wrappedHole(h content.Hole) int {
	if h == content.HoleWhy {
		return holeWrappedWhy
	}
	return int(h) + 2
}

// part converts a compiled body for delivery.
func part(t content.Template) email.Part {
	p := make(email.Part, len(t.Segments))
	for at, s := range t.Segments {
		p[at] = email.Segment{Literal: s.Literal, Hole: int(s.Hole)}
		if s.Hole.IsWhy() && t.Format == content.FormatText {
			p[at].Hole = wrappedHole(s.Hole)
		}
	}
	return p
}

// wrapped breaks a reason into lines.
func wrapped(why string) string {
	t := content.Template{Format: content.FormatText, Segments: []content.Segment{{Hole: content.HoleWhy}}}
	return string(t.Fill(nil, content.Values{Why: why}))
}

// fill returns the values of the holes that part left.
func fill(v content.Values) []string {
	values := make([]string, holes)
	values[content.HoleName], values[content.HoleWhy] = v.Name, v.Why
	values[content.HoleOwnPage], values[content.HoleUnsubscribe] = v.OwnPage, v.Unsubscribe
	values[holeWrappedWhy] = wrapped(v.Why)
	return values
}

// fillDigest is fill for a digest.
func fillDigest(v content.Values) []string {
	values := make([]string, content.PartHole(len(v.Parts), content.HoleWhy))
	copy(values, fill(v))
	for n, p := range v.Parts {
		why := content.PartHole(n, content.HoleWhy)
		values[why], values[wrappedHole(why)] = p.Why, wrapped(p.Why)
		values[content.PartHole(n, content.HoleUnsubscribe)] = p.Unsubscribe
	}
	return values
}

// Recipients returns how to reach those of persons to whom the issue may go now. People who have reached their week's
// limit get it in a digest. People who get it by text message now are moved to that batch.
func (l *letter) Recipients(ctx context.Context, persons []int64) ([]delivery.Recipient, error) {
	if len(persons) == 0 {
		return nil, nil
	}
	found, err := l.room.addressees(ctx, l.newsletter.Slug, persons)
	if err != nil {
		return nil, err
	}
	reasons, err := l.reasonsOf(ctx, persons, found)
	if err != nil {
		return nil, err
	}
	parted, err := l.handOver(ctx, persons, reasons)
	if err != nil {
		return nil, err
	}
	now := l.room.now()
	found = slices.DeleteFunc(found, func(a addressee) bool {
		_, wanted := reasons[a.person]
		return !wanted || a.paused > now && !l.issue.Urgent
	})
	var full map[int64]bool
	if !l.issue.Urgent {
		if full, err = l.room.full(ctx, found, l.batch); err != nil {
			return nil, err
		}
	}
	recipients := make([]delivery.Recipient, len(found), len(found)+len(parted))
	for at, a := range found {
		if full[a.person] {
			recipients[at] = delivery.Recipient{Person: a.person, Aside: l.aside(a.person)}
			continue
		}
		recipients[at] = l.recipient(a, reasons[a.person])
	}
	return withParted(recipients, parted), nil
}

// withParted adds people who were moved to another batch.
func withParted(recipients []delivery.Recipient, parted []int64) []delivery.Recipient {
	for _, person := range parted {
		recipients = append(recipients, delivery.Recipient{Person: person, Parted: true})
	}
	return recipients
}

// aside defers the issue to the person's next daily slot.
func (l *letter) aside(person int64) func(context.Context, *storage.Tx) error {
	return func(ctx context.Context, tx *storage.Tx) error {
		return db.New(tx).Keep(ctx, db.KeepParams{PersonID: person, Issue: l.issue.ID, Pace: string(Daily), KeptAt: l.room.now()})
	}
}

// addressees returns those of persons who have a confirmed e-mail address, with the preferred one and with their
// subscription to the newsletter by e-mail, if any, in the order of their numbers.
func (r *Room) addressees(ctx context.Context, newsletter string, persons []int64) ([]addressee, error) {
	var b storage.Builder
	b.Add(`SELECT r.person_id, r.address_id, r.value, p.language, p.given_name, p.family_name, p.organisation, k.person_id IS NOT NULL,
			COALESCE(y.paused_until, 0), COALESCE(y.most_a_week, 0), CASE WHEN c.person_id IS NOT NULL THEN s.began_at END
		FROM people_preferred r JOIN people_profile p ON p.person_id = r.person_id
		LEFT JOIN people_consenting k ON k.person_id = r.person_id AND k.purpose = 'reading'
		LEFT JOIN newsletters_rhythm y ON y.person_id = r.person_id
		LEFT JOIN newsletters_subscription s ON s.person_id = r.person_id AND s.newsletter = ? AND s.channel = 'email' AND s.ended_at = 0
		LEFT JOIN people_consenting c ON c.person_id = s.person_id AND c.purpose = 'newsletter'
		WHERE r.channel = 'email'`, newsletter)
	writeAmong(&b, "r.person_id", persons)
	b.Add(" ORDER BY r.person_id")
	found := make([]addressee, 0, len(persons))
	err := each(ctx, r.DB, b.SQL(), b.Args(), func(rows *sql.Rows) error {
		var a addressee
		if err := rows.Scan(
			&a.person, &a.addressID, &a.address, &a.language, &a.given, &a.family, &a.organisation, &a.traced, &a.paused, &a.most, &a.began,
		); err != nil {
			return err
		}
		found = append(found, a)
		return nil
	})
	return found, err
}

// addressee is what is needed to write to a person.
type addressee struct {
	person, addressID           int64
	address, language           string
	given, family, organisation string
	traced                      bool          // she agreed that we record what she reads
	paused                      int64         // end of the pause
	most                        int           // messages a week; 0: as many as the town allows
	began                       sql.NullInt64 // when she subscribed to the newsletter by e-mail; not valid if she did not
}

// names returns how she is greeted, and the name beside her address.
func (a addressee) names() (greeted, whole string) {
	if a.organisation != "" && a.given == "" {
		return a.organisation, a.organisation
	}
	return a.given, strings.TrimSpace(a.given + " " + a.family)
}

func (l *letter) recipient(a addressee, why reason) delivery.Recipient {
	lang := l.room.readable(a.language)
	token := l.room.UnsubscribeToken(a.person, l.issue.ID)
	greeted, whole := a.names()
	to := delivery.Recipient{
		Person: a.person, Address: a.address, Name: whole, Template: l.templates[lang],
		Unsubscribe: email.Unsubscribe{
			URL:    l.room.settings.PublicURL + OneClickPath(token),
			Mailto: "mailto:" + l.mailto + "?subject=unsubscribe-" + token,
		},
		Values: fill(content.Values{
			Name: greeted, Why: l.why(lang, why), OwnPage: l.room.ownPage(a.person, a.addressID, lang),
			Unsubscribe: l.room.url(lang, UnsubscribePath(token)),
		}),
	}
	if a.traced && !l.newsletter.Sensitive {
		to.Template, to.Values[holeReader] = l.traced[lang], "/"+l.room.ReaderToken(l.issue.ID, a.person)
	}
	return to
}
