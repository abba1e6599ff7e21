package newslettersweb

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// smsView is the form of an issue's text message.
type smsView struct {
	newsletters.Issue
	Version int64
	Text    ui.Field
	Look    newsletters.TextPreview
	Other   []ui.Problem
	Notices []ui.Notice
}

// textsKey is the context key for whether the town sends text messages.
type textsKey struct{}

// tellingTexts tells the layout of an issue's pages whether the town sends text messages.
func (p *Pages) tellingTexts(do web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if p.Gateway != nil && p.Gateway().Configured {
			r = r.WithContext(context.WithValue(r.Context(), textsKey{}, true))
		}
		return do(w, r)
	}
}

func textingIn(ctx context.Context) bool { return ctx.Value(textsKey{}) != nil }

func (p *Pages) sms(w http.ResponseWriter, r *http.Request) error {
	issue, err := p.issueOf(r)
	if err != nil {
		return err
	}
	if !issue.Editable() {
		return web.Go(w, r, issuePath(issue.ID, ""))
	}
	return p.renderSMS(w, r, http.StatusOK, issue, issue.Version, issue.SMS, nil)
}

func (p *Pages) saveSMS(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	issue, err := p.issueOf(r)
	if err != nil {
		return err
	}
	version, c := versionIn(form.Get("version")), issue.Content()
	c.SMS = form.Get("sms")
	if web.Autosaving(form) {
		return p.autosave(w, r, issue, version, c)
	}
	_, err = p.Newsletters.Save(r.Context(), issue.ID, version, c)
	if mendable(err) {
		status := http.StatusUnprocessableEntity
		if fault.Is(err, fault.KindConflict) {
			// Somebody has changed the issue: what was typed stays in the form, which is now based on the newer
			// version.
			status, version = http.StatusConflict, issue.Version
		}
		return p.renderSMS(w, r, status, issue, version, c.SMS, web.FieldErrors(r.Context(), err))
	}
	if err != nil {
		return err
	}
	return done(w, r, issuePath(issue.ID, "/sms"), "saved")
}

func (p *Pages) renderSMS(w http.ResponseWriter, r *http.Request, status int, issue newsletters.Issue, version int64, text string, faults map[string]string) error {
	ctx := r.Context()
	look, err := p.Newsletters.PreviewSMS(ctx, issue.ID, text, false)
	if err != nil {
		return err
	}
	view := smsView{
		Issue: issue, Version: version, Look: look, Other: general(faults), Notices: web.Notices(r),
		Text: ui.Field{
			Name: "sms", Label: tell(ctx, "sms.text"), Help: tell(ctx, "sms.text_help"), Value: text, Error: faults["sms"], Rows: 6, Optional: true,
		},
	}
	return web.Render(w, r, status, smsPage(view))
}

// look is the part of the form that shows the message while somebody types.
func (p *Pages) look(w http.ResponseWriter, r *http.Request) error {
	issue, err := p.issueOf(r)
	if err != nil {
		return err
	}
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	look, err := p.Newsletters.PreviewSMS(r.Context(), issue.ID, strings.TrimSpace(form.Get("sms")), true)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, lookPiece(look))
}

// lookFacts returns what an editor should know about a text before sending.
func lookFacts(ctx context.Context, look newsletters.TextPreview) []ui.Fact {
	facts := []ui.Fact{
		{Label: tell(ctx, "sms.parts"), Text: tell(ctx, "sms.parts_of", "Count", len(look.Parts))},
		{Label: tell(ctx, "sms.left"), Text: locale.Number(locale.Lang(ctx), int64(look.Left))},
		{Label: tell(ctx, "sms.alphabet"), Text: tell(ctx, "sms.alphabet_"+alphabetKey(look.Encoding))},
	}
	if len(look.Outside) > 0 {
		facts = append(facts, ui.Fact{Label: tell(ctx, "sms.outside"), Text: strings.Join(look.Outside, " ")})
	}
	if len(look.Changes) > 0 {
		facts = append(facts, ui.Fact{Label: tell(ctx, "sms.changed"), Text: changes(look.Changes)})
	}
	facts = append(facts, ui.Fact{Label: tell(ctx, "sms.people"), Text: look.People.People(ctx)})
	if look.Price > 0 {
		facts = append(facts, ui.Fact{Label: tell(ctx, "sms.cost"), Text: euros(ctx, look.Cost, 3)})
		if _, shown := look.People.Number(); shown {
			facts = append(facts, ui.Fact{Label: tell(ctx, "sms.total"), Text: euros(ctx, look.Total, 2)})
		}
	}
	return facts
}

func alphabetKey(e sms.Encoding) string {
	if e == sms.UCS2 {
		return "ucs2"
	}
	return "gsm7"
}

// changes returns the characters that were replaced, each once: « “ → " ».
func changes(all []sms.Change) string {
	var list []string
	seen := map[string]bool{}
	for _, c := range all {
		if text := c.From + " → " + c.To; !seen[text] {
			seen[text] = true
			list = append(list, text)
		}
	}
	return strings.Join(list, " · ")
}

// euros formats an amount in hundredths of a cent with so many decimals, rounded up: nobody should pay more than
// announced.
func euros(ctx context.Context, amount int64, decimals int) string {
	unit := int64(10_000)
	for range decimals {
		unit /= 10
	}
	scale := 10_000 / unit
	n := (amount + unit - 1) / unit
	whole := locale.Number(locale.Lang(ctx), n/scale)
	if locale.Lang(ctx) == "it" {
		return fmt.Sprintf("%s,%0*d €", whole, decimals, n%scale)
	}
	return fmt.Sprintf("€%s.%0*d", whole, decimals, n%scale)
}
