package newslettersweb

import (
	"context"
	"net/http"

	"unoxuno/internal/access"
	"unoxuno/internal/content"
	"unoxuno/internal/delivery"
	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// issuesView lists issues of the reader's newsrooms.
type issuesView struct {
	Newsletter, State, Text ui.Field
	Newsletters, States     []ui.Option
	Issues                  []newsletters.Issue
	Names                   map[string]string
	Filtered                bool
	Pages                   pager
	Notices                 []ui.Notice
}

func (p *Pages) officeIssues(w http.ResponseWriter, r *http.Request) error {
	ctx, q := r.Context(), r.URL.Query()
	ask := newsletters.IssueQuery{
		Newsletter: q.Get("newsletter"), State: newsletters.State(q.Get("state")), Text: q.Get("text"), Page: pageIn(r),
	}
	list, err := p.Newsletters.Issues(ctx, ask)
	if err != nil {
		return err
	}
	mine, err := p.Newsletters.Mine(ctx)
	if err != nil {
		return err
	}
	view := issuesView{
		Newsletter: ui.Field{Name: "newsletter", Label: tell(ctx, "issue.newsletter"), Value: ask.Newsletter},
		State:      ui.Field{Name: "state", Label: tell(ctx, "issue.state"), Value: string(ask.State)},
		Text:       ui.Field{Name: "text", Type: "search", Label: tell(ctx, "issue.text"), Value: ask.Text},
		Issues:     list.Issues, Names: map[string]string{}, Pages: newPager(r, ask.Page, list.More), Notices: web.Notices(r),
		Filtered:    ask.Newsletter != "" || ask.State != "" || ask.Text != "",
		Newsletters: []ui.Option{{Label: tell(ctx, "issue.any")}}, States: []ui.Option{{Label: tell(ctx, "issue.any")}},
	}
	for _, n := range mine {
		view.Names[n.Slug] = nameIn(ctx, n.Name)
		view.Newsletters = append(view.Newsletters, ui.Option{Value: n.Slug, Label: nameIn(ctx, n.Name)})
	}
	for _, s := range []newsletters.State{newsletters.Draft, newsletters.Scheduled, newsletters.Sending, newsletters.Sent, newsletters.Cancelled} {
		view.States = append(view.States, ui.Option{Value: string(s), Label: stateText(ctx, s)})
	}
	return web.Render(w, r, http.StatusOK, issuesPage(view))
}

// newIssueView is the form that creates a draft.
type newIssueView struct {
	Newsletter, Title, Language ui.Field
	Newsletters, Languages      []ui.Option
	Other                       []ui.Problem
}

func (p *Pages) newIssue(w http.ResponseWriter, r *http.Request) error {
	c := newsletters.Content{Newsletter: r.URL.Query().Get("newsletter"), Language: locale.Lang(r.Context())}
	return p.renderNewIssue(w, r, http.StatusOK, c, nil)
}

func (p *Pages) createIssue(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	c := newsletters.Content{
		Newsletter: form.Get("newsletter"), Title: form.Get("title"), Language: form.Get("language"),
		Blocks: []content.Block{{ID: "b1", Kind: content.KindText}},
	}
	issue, err := p.Newsletters.Create(r.Context(), c)
	if mendable(err) {
		return p.renderNewIssue(w, r, http.StatusUnprocessableEntity, c, web.FieldErrors(r.Context(), err))
	}
	if err != nil {
		return err
	}
	return done(w, r, issuePath(issue.ID, ""), "created")
}

func (p *Pages) renderNewIssue(w http.ResponseWriter, r *http.Request, status int, c newsletters.Content, faults map[string]string) error {
	ctx := r.Context()
	mine, err := p.Newsletters.Mine(ctx)
	if err != nil {
		return err
	}
	view := newIssueView{
		Newsletter: ui.Field{Name: "newsletter", Label: tell(ctx, "issue.newsletter"), Value: c.Newsletter, Error: faults["newsletter"], Required: true},
		Title: ui.Field{
			Name: "title", Label: tell(ctx, "issue.title"), Help: tell(ctx, "issue.title_help"), Value: c.Title, Error: faults["title"], Required: true,
		},
		Language:  ui.Field{Name: "language", Label: tell(ctx, "issue.language"), Value: c.Language, Error: faults["language"]},
		Languages: languageOptions(ctx), Other: general(faults),
	}
	for _, n := range mine {
		if !n.Closed {
			view.Newsletters = append(view.Newsletters, ui.Option{Value: n.Slug, Label: nameIn(ctx, n.Name), Group: nameIn(ctx, n.Newsroom.Name)})
		}
	}
	return web.Render(w, r, status, newIssuePage(view))
}

// officeIssue shows the editor for a draft, and the status page for other issues.
func (p *Pages) officeIssue(w http.ResponseWriter, r *http.Request) error {
	issue, err := p.anyIssueOf(r)
	if err != nil {
		return err
	}
	if issue.Editable() && !issue.Damaged {
		return p.editor(w, r, issue)
	}
	view, err := p.statusView(r, issue)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, statusPage(view))
}

// statusView is an issue that is no longer a draft, or that is damaged.
type statusView struct {
	newsletters.Issue
	Facts    []ui.Fact
	Progress *delivery.Progress // nil if nothing was enqueued
	Relay    *ui.Notice
	Brakes   []brakeView
	Public   string // its page in the archive, if it has one
	MaySend  bool
	Moving   bool  // something may change at any moment
	Awaiting int64 // recipients who get it in a digest
	Quiet    bool  // only the statistics show the numbers
	Notices  []ui.Notice
}

func (p *Pages) statusView(r *http.Request, issue newsletters.Issue) (statusView, error) {
	ctx := r.Context()
	view := statusView{Issue: issue, MaySend: may(ctx, access.SendIssues, issue), Notices: web.Notices(r)}
	if view.Moving = issue.State == newsletters.Sending || issue.State == newsletters.Scheduled; view.Moving {
		var err error
		if view.Brakes, err = p.brakes(ctx, issue.Newsroom); err != nil {
			return view, err
		}
	}
	if issue.State == newsletters.Sending {
		view.Relay = p.relayNotice(ctx)
	}
	if issue.Public() && !issue.Damaged {
		view.Public = locale.Path(ctx, newsletters.ArchivePath(issue.Newsletter, issue.Slug))
	}
	names, err := p.names(ctx)
	if err != nil {
		return view, err
	}
	view.Facts = statusFacts(ctx, issue, nameOf(names, issue.Newsletter))
	batches, err := p.Newsletters.Batches(ctx, issue.ID)
	if err != nil || len(batches) == 0 {
		return view, err
	}
	progress, err := p.Newsletters.Progress(ctx, issue.ID)
	if err != nil {
		return view, err
	}
	view.Progress = &progress
	view.Quiet = newsletters.Quiet(ctx, issue, progress.Messages)
	view.Moving = view.Moving && (progress.Owed() > 0 || progress.Filling)
	if view.Awaiting, err = p.Newsletters.Awaiting(ctx, issue.ID); view.Awaiting > 0 && !view.Quiet {
		view.Facts = append(view.Facts, ui.Fact{Label: tell(ctx, "number.awaiting_digest"), Text: tell(ctx, "status.awaiting", "Count", view.Awaiting)})
	}
	return view, err
}

func statusFacts(ctx context.Context, issue newsletters.Issue, newsletter string) []ui.Fact {
	facts := []ui.Fact{
		{Label: tell(ctx, "issue.state"), Body: ui.Badge(stateText(ctx, issue.State), stateTone(issue.State))},
		{Label: tell(ctx, "issue.newsletter"), Text: newsletter},
	}
	add := func(key, text string) {
		if text != "" {
			facts = append(facts, ui.Fact{Label: tell(ctx, "issue."+key), Text: text})
		}
	}
	if issue.State == newsletters.Scheduled {
		add("scheduled", moment(ctx, issue.Scheduled))
		add("scheduled_by", issue.SentBy)
	} else {
		add("sent", moment(ctx, issue.Sent))
		add("sent_by", issue.SentBy)
	}
	add("finished", moment(ctx, issue.Finished))
	add("cancelled", moment(ctx, issue.Cancelled))
	audience := issue.Audience
	if audience == "" {
		audience = tell(ctx, "audience.everybody")
	}
	add("audience", audience)
	if issue.Urgent {
		add("urgent", tell(ctx, "urgent.is"))
	}
	return facts
}

// progress is the part of an issue's page that shows the progress of its sending.
func (p *Pages) progress(w http.ResponseWriter, r *http.Request) error {
	issue, err := p.anyIssueOf(r)
	if err != nil {
		return err
	}
	view, err := p.statusView(r, issue)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, progressPiece(view))
}

func (p *Pages) deleteAsk(w http.ResponseWriter, r *http.Request) error {
	issue, err := p.anyIssueOf(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, confirmPage(issue, confirmation{
		Title: tell(r.Context(), "delete.title"), Text: tell(r.Context(), "delete.text", "Title", titleOr(r.Context(), issue)),
		Yes: tell(r.Context(), "delete.yes"), Below: "/delete",
	}))
}

func (p *Pages) deleteIssue(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	issue, err := p.anyIssueOf(r)
	if err != nil {
		return err
	}
	if err := p.Newsletters.Delete(r.Context(), issue.ID, versionIn(form.Get("version"))); err != nil {
		return err
	}
	return done(w, r, "/office/issues", "deleted")
}
