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

// maxParts is how many messages a text may travel in: more would be an e-mail.
const maxParts = 6

// textOf is what goes out for a text in that language, prepared: the text, and a line that says how to get no more. It is
// the same for everybody: a name, whose letters nobody has chosen for their price, could double what it costs.
func (r *Room) textOf(text, language string, price int64) sms.Preview {
	lang := r.readable(language)
	farewell := r.Words.Say(lang, "newsletters.sms.stop")
	if !r.Delivery.Answerable() { // who sees a name as the sender cannot write back
		farewell = r.Words.Say(lang, "newsletters.sms.page", "URL", r.url(lang, "/me"))
	}
	return sms.Look(text+"\n"+farewell, sms.Options{Price: price})
}

// TextPreview is what an editor is shown of a text message before it is sent.
type TextPreview struct {
	sms.Preview

	Nothing bool              // no text, no text message
	Max     int               // parts that a text may have
	Price   int64             // of a part, in hundredths of a cent; 0 is not known
	People  disclosure.Figure // whom it would go to now
	Total   int64             // for all of them as far as their number is shown, in hundredths of a cent; 0 is not known
}

// PreviewSMS is what the text would be if it were sent now as the issue's text message. Whom it would go to is counted where
// count asks for it, and else shown as far as it was asked for today. It asks access.WriteIssues.
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
		i.SMS = n.Slug // it would go to those whom a text would
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

// Recipients says how to reach those of persons to whom the text may go at this moment. Who gets the issue by
// mail by now was parted from this batch.
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
	paused := l.room.now() // whoever paused beyond it gets nothing …
	if l.issue.Urgent {
		paused = math.MaxInt64 // … but what is urgent
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
		if _, ok := reasons[to.Person]; ok { // else she may not be written to
			recipients = append(recipients, to)
		}
		return nil
	})
	return withParted(recipients, parted), err
}

// reachedBy are the channels on which the person has a confirmed address.
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
