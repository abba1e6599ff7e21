package peopleweb

import (
	"context"
	"slices"

	"github.com/a-h/templ"

	"unoxuno/internal/locale"
	"unoxuno/internal/people"
	"unoxuno/internal/web/ui"
)

// url returns the URL of one of her pages in the reader's language.
func (o owner) url(ctx context.Context, page string) string { return locale.Path(ctx, o.path(page)) }

// tabs returns the tabs of her pages.
func (o owner) tabs(ctx context.Context) []ui.Link {
	var tabs []ui.Link
	for _, t := range []struct{ key, page string }{
		{"home", ""}, {"profile", "profile"}, {"newsletters", "newsletters"}, {"pace", "pace"},
		{"addresses", "addresses"}, {"consents", "consents"}, {"data", "data"},
	} {
		tabs = append(tabs, ui.Link{Key: t.key, Label: say(ctx, "me.tab."+t.key), URL: o.url(ctx, t.page)})
	}
	return tabs
}

// whatComesNext returns the words that tell a new person what to expect on her channels.
func (o owner) whatComesNext() []string {
	byMail := slices.ContainsFunc(o.Addresses, func(a people.Address) bool {
		return a.Channel == people.Email && !a.Verified.IsZero()
	})
	if !byMail {
		return []string{"welcome.next_text", "welcome.leave_texts", "welcome.page_by_code", "welcome.add_mail"}
	}
	return []string{"welcome.next_issue", "welcome.why", "welcome.leave", "welcome.page"}
}

// otherChannel returns the other channel on which she could receive a newsletter; "" if there is none. What comes by
// profile comes by e-mail to people who have an address.
func (o owner) otherChannel(n Received) people.Channel {
	if !n.Subscribed {
		return ""
	}
	for _, a := range o.Addresses {
		if a.Channel != n.Channel && !a.Verified.IsZero() {
			return a.Channel
		}
	}
	return ""
}

// linkLead returns the text that says what is sent, and where, to open one's own page.
func linkLead(texting bool) string {
	if texting {
		return "link.lead_any"
	}
	return "link.lead"
}

// anyAddress asks for an e-mail address or, if the town sends text messages, for a mobile number as well.
func anyAddress(ctx context.Context, texting bool, label, help, value, wrong string) ui.Field {
	f := ui.Field{
		Name: "address", Type: "email", Label: label, Help: help, Value: value, Error: wrong, Required: true,
		Autocomplete: "email", Inputmode: "email", MaxLength: 254,
	}
	if texting {
		f.Type, f.Label, f.Help, f.Autocomplete, f.Inputmode = "text", say(ctx, "field.any_address"), say(ctx, "field.any_address_help"), "", ""
	}
	return f
}

// greeting greets her by name if she gave one.
func (o owner) greeting(ctx context.Context) string {
	if !o.proved { // the link may have been forwarded
		return say(ctx, "me.hello_link")
	}
	if name := o.Name(); name != "" {
		return say(ctx, "me.hello", "Name", name)
	}
	return say(ctx, "me.hello_unnamed")
}

// described gives repeated buttons of a list distinct names for screen readers.
func described(ctx context.Context, key, what string) templ.Attributes {
	return templ.Attributes{"aria-label": say(ctx, key, "What", what)}
}

// consentFacts returns the facts about a consent. The wording is shown if it is the current one; otherwise its version.
func consentFacts(ctx context.Context, c people.Consent, now people.ConsentText) []ui.Fact {
	wording := say(ctx, "consents.older", "Version", c.TextVersion)
	switch c.TextVersion {
	case "":
		wording = say(ctx, "consents.paper")
	case now.Version:
		wording = now.In(locale.Lang(ctx))
	}
	return []ui.Fact{
		{Label: say(ctx, "consents.since"), Text: ui.DateText(ctx, c.Granted)},
		{Label: say(ctx, "consents.text", "Version", c.TextVersion), Text: wording},
		{Label: say(ctx, "consents.source"), Text: sourceText(ctx, c.Source)},
	}
}

// sourceText returns the source of a consent, in words if it is one of ours.
func sourceText(ctx context.Context, source string) string {
	switch source {
	case "sign-up", "signup":
		return say(ctx, "consents.at_signup")
	case "own page", "own-page":
		return say(ctx, "consents.at_own_page")
	case "desk":
		return say(ctx, "consents.at_desk")
	}
	return source
}

// allProblems returns the faults of a form that asks everything at once.
func (v joinView) allProblems() []ui.Problem {
	var fields []ui.Field
	for _, s := range []step{stepWho, stepWants, stepReach} {
		for _, name := range s.fields() {
			fields = append(fields, ui.Field{Name: name, Error: v.Errors[name]})
		}
	}
	return ui.Problems(fields...)
}
