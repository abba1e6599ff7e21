package newsletters

import (
	"context"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/content"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/fault"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// sample returns the values of a fictitious person, for previews and tests.
func (r *Room) sample(i Issue, n Newsletter, lang string) content.Values {
	l := letter{room: r, issue: i, newsletter: n, channel: people.Email, zone: r.Town.Town().Zone()}
	return content.Values{
		Name: r.Words.Say(lang, "newsletters.sample.name"), Why: l.why(lang, reason{since: r.Clock.Now()}),
		OwnPage: r.url(lang, "/"), Unsubscribe: r.url(lang, UnsubscribePath(r.UnsubscribeToken(0, i.ID))),
	}
}

// previewed compiles an issue for an actor who may write in its newsroom; nothing is counted.
func (r *Room) previewed(ctx context.Context, id int64, lang string) (content.Compiled, content.Values, error) {
	i, n, err := issueFor(ctx, r.DB, id, access.WriteIssues)
	if err != nil {
		return content.Compiled{}, content.Values{}, err
	}
	lang = r.readable(lang)
	compiled, err := r.compile(i, n, lang, nil)
	return compiled, r.sample(i, n, lang), err
}

// PreviewHTML returns the e-mail for a sample person who reads lang: a whole HTML page, without script.
func (r *Room) PreviewHTML(ctx context.Context, id int64, lang string) ([]byte, error) {
	compiled, values, err := r.previewed(ctx, id, lang)
	return compiled.HTML.Fill(nil, values), err
}

// PreviewText returns the plain text of the e-mail for a sample person who reads lang.
func (r *Room) PreviewText(ctx context.Context, id int64, lang string) ([]byte, error) {
	compiled, values, err := r.previewed(ctx, id, lang)
	return compiled.Text.Fill(nil, values), err
}

// PreviewPage returns the issue as the archive will show it: a fragment of a web page.
func (r *Room) PreviewPage(ctx context.Context, id int64) ([]byte, error) {
	i, _, err := issueFor(ctx, r.DB, id, access.WriteIssues)
	if err != nil {
		return nil, err
	}
	return r.page(i)
}

// page returns the issue as a fragment of a web page.
func (r *Room) page(i Issue) ([]byte, error) {
	return content.HTML(i.Document(), content.NewLabels(r.say(r.readable(i.Language))))
}

// TestSend sends the issue at once, as it is, to one address. to must be that of the member of staff who asks; ""
// stands for it. Only the command line may use another. The mail is marked as a test, and its unsubscribe link belongs
// to nobody. It asks access.WriteIssues.
func (r *Room) TestSend(ctx context.Context, id int64, to string) error {
	actor := access.From(ctx)
	if to == "" {
		to = actor.Name
	}
	if actor.Kind == access.StaffAct && to != actor.Name {
		return fault.Forbidden("newsletters.test.elsewhere").On("to")
	}
	i, n, err := issueFor(ctx, r.DB, id, access.WriteIssues)
	if err != nil {
		return err
	}
	if err := content.Validate(i.Blocks); err != nil {
		return err
	}
	lang := r.readable(i.Language)
	compiled, err := r.compile(i, n, lang, nil)
	if err != nil {
		return err
	}
	compiled.Subject = r.Words.Say(lang, "newsletters.test.subject", "Title", compiled.Subject)
	template, err := r.template(i, n, lang, compiled)
	if err != nil {
		return err
	}
	values := r.sample(i, n, lang)
	return r.Delivery.TestSend(ctx, i.Newsroom, delivery.Recipient{
		Address: to, Template: template, Values: fill(values),
		Unsubscribe: email.Unsubscribe{URL: r.settings.PublicURL + OneClickPath(r.UnsubscribeToken(0, i.ID))},
	})
}

// TestLife is how long a test text message is tried while the gateway accepts nothing. Then it is dropped without a
// report: the member of staff has seen that nothing came.
const TestLife = 10 * time.Minute

// OwnMobile returns the confirmed number of the member of staff who acts, to which test text messages go; "" if there
// is none.
func (r *Room) OwnMobile(ctx context.Context) (string, error) {
	s, err := r.Identity.StaffByID(ctx, access.From(ctx).ID)
	if fault.Is(err, fault.KindNotFound) { // the actor is a token
		return "", nil
	}
	return s.Mobile, err
}

// TestText sends the issue's text message to the confirmed number of the member of staff who asks, and to no other. It
// is marked as a test, is not in the ledger, and is tried for TestLife. It asks access.WriteIssues. Faults:
// newsletters.sms.none if the issue has no text, newsletters.sms.no_gateway if the town sends no text messages,
// identity.mobile_missing if she has no number.
func (r *Room) TestText(ctx context.Context, id int64) error {
	i, _, err := issueFor(ctx, r.DB, id, access.WriteIssues)
	switch {
	case err != nil:
		return err
	case i.SMS == "":
		return fault.Conflict("newsletters.sms.none")
	case !r.Delivery.Gateway().Configured:
		return fault.Conflict("newsletters.sms.no_gateway")
	}
	number, err := r.OwnMobile(ctx)
	if err == nil && number == "" {
		err = fault.Conflict("identity.mobile_missing")
	}
	if err != nil {
		return err
	}
	lang := r.readable(i.Language)
	marked := r.Words.Say(lang, "newsletters.test.subject", "Title", i.SMS)
	err = r.DB.Tx(ctx, func(tx *storage.Tx) error {
		if err := r.Delivery.Post(ctx, tx, delivery.Note{
			Channel: delivery.SMS, Kind: "test", To: number, Language: lang, Text: r.textOf(marked, i.Language, 0).Text,
			Expires: r.Clock.Now().Add(TestLife),
		}); err != nil {
			return err
		}
		return r.Identity.Audit(ctx, tx, "audit.issue.tested_by_sms", i.Subject(), "")
	})
	if err == nil {
		r.Delivery.Wake()
	}
	return err
}
