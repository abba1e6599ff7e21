package newslettersweb

import (
	"context"
	"net/http"
	"strings"

	"unoxuno/internal/content"
	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// sendView asks for confirmation before an issue is sent.
type sendView struct {
	newsletters.Issue
	Newsletter string
	From       string
	Reach      reachView
	Rule       string       // the audience, or that there is none
	Missing    []ui.Problem // what must be corrected first; FieldID is a URL
	Empty      ui.Field     // "send it to nobody anyway"
	At         ui.Field
	Text       []ui.Fact // of the text message; nil if there is none
	Relay      *ui.Notice
	Other      []ui.Problem
}

func (p *Pages) sendAsk(w http.ResponseWriter, r *http.Request) error {
	issue, err := p.issueOf(r)
	if err != nil {
		return err
	}
	if !issue.Editable() {
		return web.Go(w, r, issuePath(issue.ID, ""))
	}
	return p.renderSend(w, r, http.StatusOK, sending{issue: issue}, nil)
}

// sendCount counts the recipients before sending.
func (p *Pages) sendCount(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	issue, err := p.issueOf(r)
	if err != nil {
		return err
	}
	if !issue.Editable() {
		return web.Go(w, r, issuePath(issue.ID, ""))
	}
	return p.renderSend(w, r, http.StatusOK, sending{issue: issue, ask: true, parts: form.Get("parts") != ""}, nil)
}

// sending is the state of the page: the issue, when it should leave as typed, and how much to count.
type sending struct {
	issue      newsletters.Issue
	at         string
	ask, parts bool
}

func (p *Pages) renderSend(w http.ResponseWriter, r *http.Request, status int, s sending, faults map[string]string) error {
	ctx, issue := r.Context(), s.issue
	n, err := p.Newsletters.Newsletter(ctx, issue.Newsletter)
	if err != nil {
		return err
	}
	reach, err := p.reachOf(ctx, issue, issue.Audience, s.ask, s.parts)
	if err != nil {
		return err
	}
	view := sendView{
		Issue: issue, Newsletter: nameIn(ctx, n.Name), From: n.From(issue.Language), Reach: reach, Rule: issue.Audience,
		Relay: p.relayNotice(ctx), Missing: p.missing(ctx, issue), Other: general(faults),
		Empty: ui.Field{Name: "empty", Label: tell(ctx, "send.empty"), Error: faults["audience"]},
		At: ui.Field{
			Name: "at", Type: "datetime-local", Label: tell(ctx, "send.at"), Help: tell(ctx, "send.at_help", "Zone", zoneOf(ctx).String()),
			Value: s.at, Error: faults["at"],
		},
	}
	if issue.SMS != "" {
		look, err := p.Newsletters.PreviewSMS(ctx, issue.ID, issue.SMS, s.ask)
		if err != nil {
			return err
		}
		view.Text = lookFacts(ctx, look)
	}
	if view.Rule == "" {
		view.Rule = tell(ctx, "audience.everybody")
	}
	return web.Render(w, r, status, sendPage(view))
}

// sendLabel is the label of the send button: with the number of recipients, if it was counted.
func sendLabel(ctx context.Context, reach reachView) string {
	if reach.People.IsUnasked() {
		return tell(ctx, "send.yes_uncounted")
	}
	return tell(ctx, "send.yes", "People", reach.People.People(ctx))
}

// missing returns what prevents sending the issue, each with a link to where it is corrected.
func (p *Pages) missing(ctx context.Context, issue newsletters.Issue) []ui.Problem {
	var list []ui.Problem
	for _, f := range fault.List(issue.ReadyToSend()) {
		address := issueURL(ctx, issue.ID, "?check=1")
		if f.Field != "" && f.Field != "blocks" {
			address += "#f-" + formField(issue, f.Field)
		}
		list = append(list, ui.Problem{FieldID: address, Text: where(ctx, issue, f.Field) + web.Sentence(ctx, f)})
	}
	return list
}

// formField returns the field of the editor's form for a fault's field: a picture is chosen as a file.
func formField(issue newsletters.Issue, field string) string {
	id, name, _ := strings.Cut(field, ".")
	for _, b := range issue.Blocks {
		if b.ID == id && b.Kind == content.KindImage && name == "url" {
			return id + ".file"
		}
	}
	return field
}

// where names the block of a fault's field.
func where(ctx context.Context, issue newsletters.Issue, field string) string {
	id, _, _ := strings.Cut(field, ".")
	for i, b := range issue.Blocks {
		if b.ID == id {
			return blockName(ctx, b, i) + ": "
		}
	}
	return ""
}

// sendNow sends the version of the issue that the page showed: the actor agreed to no other.
func (p *Pages) sendNow(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	issue, err := p.issueOf(r)
	if err != nil {
		return err
	}
	_, err = p.Newsletters.Send(r.Context(), issue.ID, versionIn(form.Get("version")), form.Get("empty") != "")
	if fault.HasKey(err, "newsletters.issue.stale") { // she reads the new version and decides again
		if issue, err = p.issueOf(r); err != nil {
			return err
		}
		err = fault.Conflict("newslettersweb.office.send.changed")
	}
	if mendable(err) && issue.Editable() {
		return p.renderSend(w, r, http.StatusUnprocessableEntity, sending{issue: issue, ask: true}, web.FieldErrors(r.Context(), err))
	}
	if err != nil {
		return err
	}
	return done(w, r, issuePath(issue.ID, ""), "sending")
}

func (p *Pages) schedule(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	issue, err := p.issueOf(r)
	if err != nil {
		return err
	}
	at := form.Get("at")
	_, err = p.Newsletters.Schedule(r.Context(), issue.ID, versionIn(form.Get("version")), at, form.Get("empty") != "")
	if mendable(err) && issue.Editable() {
		return p.renderSend(w, r, http.StatusUnprocessableEntity, sending{issue: issue, at: at, ask: true}, web.FieldErrors(r.Context(), err))
	}
	if err != nil {
		return err
	}
	return done(w, r, issuePath(issue.ID, ""), "scheduled")
}

func (p *Pages) unschedule(w http.ResponseWriter, r *http.Request) error {
	issue, err := p.anyIssueOf(r)
	if err != nil {
		return err
	}
	if _, err := p.Newsletters.Unschedule(r.Context(), issue.ID); err != nil {
		return err
	}
	return done(w, r, issuePath(issue.ID, ""), "unscheduled")
}

func (p *Pages) cancelAsk(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	issue, err := p.anyIssueOf(r)
	if err != nil {
		return err
	}
	text := tell(ctx, "cancel.scheduled", "Title", issue.Title)
	if issue.State == newsletters.Sending {
		progress, err := p.Newsletters.Progress(ctx, issue.ID)
		if err != nil {
			return err
		}
		text = tell(ctx, "cancel.sending_quiet", "Title", issue.Title)
		if !newsletters.Quiet(ctx, issue, progress.Messages) {
			text = tell(ctx, "cancel.sending", "Title", issue.Title, "Sent", locale.Number(locale.Lang(ctx), progress.Sent), "Count", progress.Owed())
		}
	}
	return web.Render(w, r, http.StatusOK, confirmPage(issue, confirmation{
		Title: tell(ctx, "cancel.title"), Text: text, Yes: tell(ctx, "cancel.yes"), Below: "/cancel",
	}))
}

func (p *Pages) cancel(w http.ResponseWriter, r *http.Request) error {
	issue, err := p.anyIssueOf(r)
	if err != nil {
		return err
	}
	if _, err := p.Newsletters.Cancel(r.Context(), issue.ID); err != nil {
		return err
	}
	return done(w, r, issuePath(issue.ID, ""), "cancelled")
}
