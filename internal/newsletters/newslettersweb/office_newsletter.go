package newslettersweb

import (
	"net/http"
	"strings"

	"unoxuno/internal/access"
	"unoxuno/internal/disclosure"
	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/taxonomy"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// newslettersView lists the reader's newsletters.
type newslettersView struct {
	All         []newsletters.Newsletter
	Subscribers map[string]disclosure.Figure
	May         bool // the reader may create one
	Notices     []ui.Notice
}

func (p *Pages) officeNewsletters(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	mine, err := p.Newsletters.Mine(ctx)
	if err != nil {
		return err
	}
	subscribers, err := p.Newsletters.Subscribers(ctx)
	if err != nil {
		return err
	}
	view := newslettersView{mine, subscribers, access.From(ctx).Can(access.ManageNewsrooms), web.Notices(r)}
	return web.Render(w, r, http.StatusOK, newslettersPage(view))
}

// newsletterView is a newsletter with its issues.
type newsletterView struct {
	newsletters.Newsletter
	Facts   []ui.Fact
	Issues  []newsletters.Issue
	Pages   pager
	Edit    bool // the reader may change the newsletter
	Write   bool // and write an issue of it
	Notices []ui.Notice
}

func (p *Pages) officeNewsletter(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	n, err := p.Newsletters.Newsletter(ctx, r.PathValue("newsletter"))
	if err != nil {
		return err
	}
	actor := access.From(ctx)
	if !actor.CanIn(access.WriteIssues, n.Newsroom.Slug) {
		return fault.Forbidden("newsletters.newsroom.forbidden")
	}
	page := pageIn(r)
	list, err := p.Newsletters.Issues(ctx, newsletters.IssueQuery{Newsletter: n.Slug, Page: page})
	if err != nil {
		return err
	}
	view := newsletterView{
		Newsletter: n, Issues: list.Issues, Pages: newPager(r, page, list.More), Notices: web.Notices(r),
		Edit: actor.CanIn(access.ManageNewsrooms, n.Newsroom.Slug), Write: !n.Closed,
	}
	if view.Facts, err = p.newsletterFacts(r, n); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, newsletterPage(view))
}

func (p *Pages) newsletterFacts(r *http.Request, n newsletters.Newsletter) ([]ui.Fact, error) {
	ctx := r.Context()
	vocabulary, err := p.Taxonomy.Load(ctx)
	if err != nil {
		return nil, err
	}
	subscribers, err := p.Newsletters.Subscribers(ctx)
	if err != nil {
		return nil, err
	}
	t := func(key string) string { return tell(ctx, "newsletter."+key) }
	everybody := termNames(ctx, vocabulary.Categories, n.For)
	if everybody == "" {
		everybody = t("everybody")
	}
	facts := []ui.Fact{
		{Label: t("newsroom"), Text: nameIn(ctx, n.Newsroom.Name)},
		{Label: t("topics"), Text: termNames(ctx, vocabulary.Topics, n.Topics)},
		{Label: t("for"), Text: everybody},
		{Label: t("period"), Text: newsletters.PeriodText(func(key string) string { return locale.T(ctx, key) }, n.Period)},
		{Label: t("sender"), Text: n.From(locale.Lang(ctx))},
		{Label: t("subscribers"), Text: subscribers[n.Slug].Text(ctx)},
	}
	if n.Sensitive {
		facts = append(facts, ui.Fact{Label: t("sensitive"), Text: t("sensitive_yes")})
	}
	return facts, nil
}

// newsletterFormView is the form of a newsletter.
type newsletterFormView struct {
	Title, Action, Cancel                                             string
	Slug, Newsroom, IT, EN, DescriptionIT, DescriptionEN, Topics, For ui.Field
	Period, Sender, ReplyTo, Sensitive, Closed                        ui.Field
	Rooms, TopicOptions, Categories, Periods                          []ui.Option
	Other                                                             []ui.Problem
}

func (v newsletterFormView) problems() []ui.Problem {
	return append(v.Other, ui.Problems(v.IT, v.DescriptionIT, v.Slug, v.Newsroom, v.Topics, v.For, v.Period, v.Sender, v.ReplyTo)...)
}

// newsletterOf returns the newsletter that the path names; an empty one on the path of a new one.
func (p *Pages) newsletterOf(r *http.Request) (newsletters.Newsletter, error) {
	if slug := r.PathValue("newsletter"); slug != "" {
		return p.Newsletters.Newsletter(r.Context(), slug)
	}
	return newsletters.Newsletter{Period: "monthly"}, nil
}

func (p *Pages) newsletterForm(w http.ResponseWriter, r *http.Request) error {
	n, err := p.newsletterOf(r)
	if err != nil {
		return err
	}
	return p.renderNewsletterForm(w, r, http.StatusOK, n, nil)
}

func (p *Pages) putNewsletter(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	n, err := p.newsletterOf(r)
	if err != nil {
		return err
	}
	if r.PathValue("newsletter") == "" {
		n.Slug = strings.TrimSpace(form.Get("slug"))
		err = p.newNewsletterSlug(r, n.Slug)
	}
	n.Newsroom.Slug = form.Get("newsroom")
	n.Name = taxonomy.Name{IT: form.Get("name"), EN: form.Get("name_en")}
	n.Description = taxonomy.Name{IT: form.Get("description"), EN: form.Get("description_en")}
	n.Topics, n.For = form["topics"], form["for"]
	n.Period, n.Sender, n.ReplyTo = form.Get("period"), form.Get("sender"), form.Get("reply_to")
	n.Sensitive, n.Closed = form.Get("sensitive") != "", form.Get("closed") != ""
	if err == nil {
		err = p.Newsletters.PutNewsletter(r.Context(), n)
	}
	if mendable(err) {
		return p.renderNewsletterForm(w, r, http.StatusUnprocessableEntity, n, web.FieldErrors(r.Context(), err))
	}
	if err != nil {
		return err
	}
	return done(w, r, "/office/newsletters/"+n.Slug, "newsletter")
}

// newNewsletterSlug refuses a new newsletter with a slug that exists: PutNewsletter would change the existing one.
func (p *Pages) newNewsletterSlug(r *http.Request, slug string) error {
	all, err := p.Newsletters.Newsletters(r.Context())
	for _, n := range all {
		if n.Slug == slug {
			return fault.Conflict("newslettersweb.office.slug_taken", "Slug", slug).On("slug")
		}
	}
	return err
}

func (p *Pages) renderNewsletterForm(w http.ResponseWriter, r *http.Request, status int, n newsletters.Newsletter, faults map[string]string) error {
	ctx := r.Context()
	vocabulary, err := p.Taxonomy.Load(ctx)
	if err != nil {
		return err
	}
	rooms, err := p.Newsletters.Newsrooms(ctx)
	if err != nil {
		return err
	}
	view := newsletterFields(r, n, faults)
	view.TopicOptions = termOptions(ctx, vocabulary.Topics, n.Topics)
	view.Categories = termOptions(ctx, vocabulary.Categories, n.For)
	for _, room := range rooms {
		if !room.Closed || room.Slug == n.Newsroom.Slug {
			view.Rooms = append(view.Rooms, ui.Option{Value: room.Slug, Label: nameIn(ctx, room.Name)})
		}
	}
	known := false
	for _, period := range newsletters.Periods() {
		known = known || period == n.Period
		view.Periods = append(view.Periods, ui.Option{Value: period, Label: locale.T(ctx, "newsletters.period."+period)})
	}
	if !known && n.Period != "" {
		view.Periods = append(view.Periods, ui.Option{Value: n.Period, Label: n.Period})
	}
	return web.Render(w, r, status, newsletterFormPage(view))
}

func newsletterFields(r *http.Request, n newsletters.Newsletter, faults map[string]string) newsletterFormView {
	ctx := r.Context()
	field := func(name, label, value string) ui.Field {
		return ui.Field{Name: name, Label: tell(ctx, "newsletter."+label), Value: value, Error: faults[name]}
	}
	v := newsletterFormView{
		Title: tell(ctx, "newsletter.new"), Action: locale.Path(ctx, "/office/newsletters/new"),
		Cancel: locale.Path(ctx, "/office/newsletters"), Other: general(faults),
		Slug: slugField(ctx, n.Slug, faults["slug"]), Newsroom: field("newsroom", "newsroom", n.Newsroom.Slug),
		IT: field("name", "name", n.Name.IT), EN: field("name_en", "name_en", n.Name.EN),
		DescriptionIT: field("description", "about", n.Description.IT),
		DescriptionEN: field("description_en", "about_en", n.Description.EN),
		Topics:        field("topics", "topics", ""), For: field("for", "for", ""), Period: field("period", "period", n.Period),
		Sender: field("sender", "sender", n.Sender), ReplyTo: field("reply_to", "reply_to", n.ReplyTo),
		Sensitive: field("sensitive", "sensitive", ""), Closed: field("closed", "closed", ""),
	}
	v.IT.Required, v.EN.Optional, v.DescriptionEN.Optional, v.Sender.Optional, v.ReplyTo.Optional = true, true, true, true, true
	v.DescriptionIT.Rows, v.DescriptionEN.Rows = 3, 3
	v.For.Help, v.Sender.Help, v.ReplyTo.Help = tell(ctx, "newsletter.for_help"), tell(ctx, "newsletter.sender_help"), tell(ctx, "newsletter.reply_to_help")
	v.ReplyTo.Type = "email"
	v.Sensitive.Checked, v.Sensitive.Help = n.Sensitive, tell(ctx, "newsletter.sensitive_help")
	v.Closed.Checked, v.Closed.Help = n.Closed, tell(ctx, "newsletter.closed_help")
	if slug := r.PathValue("newsletter"); slug != "" {
		v.Title, v.Action, v.Cancel = nameIn(ctx, n.Name), newsletterURL(ctx, slug, "/edit"), newsletterURL(ctx, slug, "")
		v.Slug.ReadOnly = true
	}
	return v
}
