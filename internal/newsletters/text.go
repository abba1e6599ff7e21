package newsletters

import (
	"context"
	"database/sql"
	"math"
	"strings"

	"unoxuno/internal/access"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/disclosure"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// maxParts is the largest number of messages that a text may be split into: more should be an e-mail.
const maxParts = 6

// textOf prepares a text for sending in that language: the text, and a line that says how to stop. It is the same for
// everybody, because a name with special letters could double the cost.
func (r *Room) textOf(text, language string, price int64) sms.Preview {
	lang := r.readable(language)
	farewell := r.Words.Say(lang, "newsletters.sms.stop")
	if !r.Delivery.Answerable() { // a reader who sees a name as sender cannot reply
		farewell = r.Words.Say(lang, "newsletters.sms.page", "URL", r.url(lang, "/me"))
	}
	return sms.Look(text+"\n"+farewell, sms.Options{Price: price})
}

// TextPreview is what an editor sees of a text message before it is sent.
type TextPreview struct {
	sms.Preview

	Nothing bool              // no text, so no text message
	Max     int               // the most parts that a text may have
	Price   int64             // of one part, in hundredths of a cent; 0 means unknown
	People  disclosure.Figure // recipients if it were sent now
	Total   int64             // for all recipients that are shown, in hundredths of a cent; 0 means unknown
}

// PreviewSMS shows how the text would be sent now as the issue's text message. If count is set it asks for the number
// of recipients; otherwise it shows the number only if it was asked for today. It asks access.WriteIssues.
func (r *Room) PreviewSMS(ctx context.Context, id int64, text string, count bool) (TextPreview, error) {
	i, n, err := issueFor(ctx, r.DB, id, access.WriteIssues)
	if err != nil {
		return TextPreview{}, err
	}
	p := TextPreview{Preview: r.textOf(text, i.Language, r.settings.SMSPrice), Max: maxParts, Price: r.settings.SMSPrice}
	p.TooLong, p.Nothing = len(p.Parts) > maxParts, strings.TrimSpace(text) == ""
	a, floor, err := r.parse(ctx, n, i.Audience, i.Audience)
	if err != nil {
		return p, err
	}
	i.SMS = text
	if p.Nothing {
		i.SMS = n.Slug // any text: it reaches the same people
	}
	reached, err := r.ask(ctx, asking{issue: i, newsletter: n, audience: a, floor: floor, only: "sms", known: !count})
	p.People = reached.People
	if people, shown := p.People.Number(); shown {
		p.Total = people * p.Cost
	}
	return p, err
}

// textLetter is the text message of an issue being sent.
type textLetter struct {
	*letter

	text string
}

// Recipients returns how to reach those of persons to whom the text may go now. People who get the issue by mail now
// are moved to that batch.
func (l *textLetter) Recipients(ctx context.Context, persons []int64) ([]delivery.Recipient, error) {
	if len(persons) == 0 {
		return nil, nil
	}
	reasons, err := l.reasons(ctx, l.channel, persons)
	if err != nil {
		return nil, err
	}
	parted, err := l.handOver(ctx, persons, reasons)
	if err != nil {
		return nil, err
	}
	paused := l.room.now() // later pauses stop everything …
	if l.issue.Urgent {
		paused = math.MaxInt64 // … except urgent issues
	}
	var b storage.Builder
	b.Add(`SELECT r.person_id, r.value FROM people_preferred r
		LEFT JOIN newsletters_rhythm y ON y.person_id = r.person_id
		WHERE r.channel = 'sms' AND COALESCE(y.paused_until, 0) <= ?`, paused)
	writeAmong(&b, "r.person_id", persons)
	b.Add(" ORDER BY r.person_id")
	var recipients []delivery.Recipient
	err = each(ctx, l.room.DB, b.SQL(), b.Args(), func(rows *sql.Rows) error {
		to := delivery.Recipient{Text: l.text}
		if err := rows.Scan(&to.Person, &to.Address); err != nil {
			return err
		}
		if _, ok := reasons[to.Person]; ok { // otherwise nothing may be sent to her
			recipients = append(recipients, to)
		}
		return nil
	})
	return withParted(recipients, parted), err
}

// reachedBy returns the channels on which the person has a confirmed address.
func reachedBy(ctx context.Context, q storage.Queryer, person int64) (map[people.Channel]bool, error) {
	reached := map[people.Channel]bool{}
	err := each(ctx, q, "SELECT DISTINCT channel FROM people_reachable WHERE person_id = $1", []any{person}, func(rows *sql.Rows) error {
		var channel people.Channel
		err := rows.Scan(&channel)
		reached[channel] = true
		return err
	})
	return reached, err
}
