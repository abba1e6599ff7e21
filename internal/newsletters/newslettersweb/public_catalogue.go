package newslettersweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/taxonomy"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// newest is the number of issues on the home page.
const newest = 6

// homeView is the content of the home page.
type homeView struct {
	Issues []newsletters.Summary
	Names  map[string]string // newsletters by slug
	Topics []ui.Link
	Count  int // number of newsletters
}

func (p *Pages) home(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	view := homeView{}
	words, all, err := p.shelf(ctx)
	if err != nil {
		return err
	}
	if view.Issues, err = p.Newsletters.Latest(ctx, newest); err != nil {
		return err
	}
	view.Count, view.Names = len(all), namesOf(ctx, all)
	for _, o := range inUse(ctx, words.Topics, all, func(n newsletters.Newsletter) []string { return n.Topics }) {
		view.Topics = append(view.Topics, ui.Link{Label: o.Label, URL: topicURL(ctx, o.Value)})
	}
	return web.Render(w, r, http.StatusOK, homePage(view))
}

// shelf returns the words of the town and the open newsletters.
func (p *Pages) shelf(ctx context.Context) (taxonomy.Vocabulary, []newsletters.Newsletter, error) {
	words, err := p.Taxonomy.Load(ctx)
	if err != nil {
		return words, nil, err
	}
	all, err := p.Newsletters.Catalogue(ctx, newsletters.CatalogueQuery{})
	return words, all, err
}

func namesOf(ctx context.Context, all []newsletters.Newsletter) map[string]string {
	names := make(map[string]string, len(all))
	for _, n := range all {
		names[n.Slug] = n.Name.In(locale.Lang(ctx))
	}
	return names
}

// inUse returns the terms that some newsletter has, as options in list order.
func inUse(ctx context.Context, list taxonomy.List, all []newsletters.Newsletter, of func(newsletters.Newsletter) []string) []ui.Option {
	carried := map[string]bool{}
	for _, n := range all {
		for _, slug := range of(n) {
			carried[slug] = true
		}
	}
	var options []ui.Option
	for _, term := range list.All() {
		if carried[term.Slug] {
			options = append(options, ui.Option{Value: term.Slug, Label: term.Name.In(locale.Lang(ctx))})
		}
	}
	return options
}

func topicURL(ctx context.Context, topic string) string {
	return locale.Path(ctx, "/newsletters?"+url.Values{"topic": {topic}}.Encode())
}

func publicURL(ctx context.Context, slug string) string {
	return locale.Path(ctx, "/newsletters/"+slug)
}

func joinURL(ctx context.Context, newsletter string) string {
	return locale.Path(ctx, "/join?"+url.Values{"newsletter": {newsletter}}.Encode())
}

// catalogueView is the content of the catalogue.
type catalogueView struct {
	Query      newsletters.CatalogueQuery
	Found      []newsletters.Newsletter
	Topics     []ui.Option
	Categories []ui.Option
	words      taxonomy.Vocabulary
}

// catalogue shows all newsletters, or those about ?topic=, for ?for=, or with the words of ?q=.
func (p *Pages) catalogue(w http.ResponseWriter, r *http.Request) error {
	ctx, q := r.Context(), r.URL.Query()
	view := catalogueView{Query: newsletters.CatalogueQuery{Topic: q.Get("topic"), Category: q.Get("for"), Text: q.Get("q")}}
	words, all, err := p.shelf(ctx)
	if err != nil {
		return err
	}
	view.words = words
	view.Topics = inUse(ctx, words.Topics, all, func(n newsletters.Newsletter) []string { return n.Topics })
	view.Categories = inUse(ctx, words.Categories, all, func(n newsletters.Newsletter) []string { return n.For })
	if view.Found, err = p.Newsletters.Catalogue(ctx, view.Query); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, cataloguePage(view))
}

// filtered tells whether the reader chose among the newsletters.
func (v catalogueView) filtered() bool { return v.Query != newsletters.CatalogueQuery{} }

// title names the chosen filter, if there is exactly one.
func (v catalogueView) title(ctx context.Context) string {
	topic, isTopic := v.words.Topics.Get(v.Query.Topic)
	category, isCategory := v.words.Categories.Get(v.Query.Category)
	lang := locale.Lang(ctx)
	switch {
	case isTopic && v.Query.Category == "":
		return say(ctx, "catalogue.about", "Topic", topic.Name.In(lang))
	case isCategory && v.Query.Topic == "":
		return say(ctx, "catalogue.for", "Who", category.Name.In(lang))
	}
	return say(ctx, "catalogue.title")
}

// periodicalView is the content of a newsletter's page.
type periodicalView struct {
	newsletters.Newsletter
	Archive newsletters.ArchiveList
	Page    int
	Topics  []ui.Link
	For     []string // names of categories
}

func (p *Pages) newsletter(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	view := periodicalView{Page: pageOf(r)}
	var err error
	if view.Newsletter, err = p.Newsletters.Newsletter(ctx, r.PathValue("newsletter")); err != nil {
		return err
	}
	if view.Archive, err = p.Newsletters.Archived(ctx, view.Slug, view.Page); err != nil {
		return err
	}
	words, err := p.Taxonomy.Load(ctx)
	if err != nil {
		return err
	}
	view.Topics = topicLinks(ctx, words, view.Newsletter)
	view.For = namesIn(ctx, words.Categories, view.Newsletter.For)
	return web.Render(w, r, http.StatusOK, periodicalPage(view))
}

// maxPage is the last page that can be requested.
const maxPage = 10_000

func pageOf(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil {
		return 1
	}
	return min(max(n, 1), maxPage)
}

// pager links the pages of the archive. Its length is not counted: there is a next page, or this is the last.
func (v periodicalView) pager(ctx context.Context) ui.Pager {
	last := v.Page
	if v.Archive.More {
		last++
	}
	return ui.Pager{Current: v.Page, Last: last, URL: func(n int) string {
		return publicURL(ctx, v.Slug) + "?page=" + strconv.Itoa(n)
	}}
}

// topicLinks returns the newsletter's topics, each linked to the other newsletters about it.
func topicLinks(ctx context.Context, words taxonomy.Vocabulary, n newsletters.Newsletter) []ui.Link {
	var links []ui.Link
	for _, slug := range n.Topics {
		if term, ok := words.Topics.Get(slug); ok {
			links = append(links, ui.Link{Label: term.Name.In(locale.Lang(ctx)), URL: topicURL(ctx, slug)})
		}
	}
	return links
}

func namesIn(ctx context.Context, list taxonomy.List, slugs []string) []string {
	var names []string
	for _, term := range list.All() {
		if slices.Contains(slugs, term.Slug) {
			names = append(names, term.Name.In(locale.Lang(ctx)))
		}
	}
	return names
}

// archived shows an issue as it was sent, without what was personal.
func (p *Pages) archived(w http.ResponseWriter, r *http.Request) error {
	page, err := p.Newsletters.ReadArchived(r.Context(), r.PathValue("newsletter"), r.PathValue("issue"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, archivedPage(page))
}

// summaryText returns the first words of the issue, or that it cannot be read.
func summaryText(ctx context.Context, i newsletters.Summary) string {
	if i.Damaged {
		return say(ctx, "issue.damaged")
	}
	return i.Text
}

// facts returns the facts about the newsletter, line by line.
func (v periodicalView) facts(ctx context.Context) []ui.Fact {
	lang := locale.Lang(ctx)
	facts := []ui.Fact{{Label: say(ctx, "newsletter.by"), Text: v.Newsroom.Name.In(lang)}}
	if v.Period != "" {
		facts = append(facts, ui.Fact{Label: say(ctx, "newsletter.period"), Text: period(ctx, v.Newsletter)})
	}
	whom := say(ctx, "newsletter.everybody")
	if len(v.For) > 0 {
		whom = strings.Join(v.For, ", ")
	}
	facts = append(facts, ui.Fact{Label: say(ctx, "newsletter.for"), Text: whom})
	if len(v.Topics) > 0 {
		facts = append(facts, ui.Fact{Label: say(ctx, "newsletter.topics"), Body: ui.Chips(v.Topics)})
	}
	return facts
}

// period returns how often the newsletter comes, in words.
func period(ctx context.Context, n newsletters.Newsletter) string {
	return newsletters.PeriodText(func(key string) string { return locale.T(ctx, key) }, n.Period)
}

// withAll adds the option "all" before the others.
func withAll(ctx context.Context, options []ui.Option) []ui.Option {
	return append([]ui.Option{{Value: "", Label: say(ctx, "catalogue.any")}}, options...)
}
