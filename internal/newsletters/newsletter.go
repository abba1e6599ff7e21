package newsletters

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"unoxuno/internal/access"
	"unoxuno/internal/disclosure"
	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/taxonomy"
)

// NewsroomKind is the kind of organisation that a newsroom belongs to.
type NewsroomKind string

// The kinds of newsroom.
const (
	Office      NewsroomKind = "office"      // of the administration
	Association NewsroomKind = "association" // cultural, sporting, trade…
	Order       NewsroomKind = "order"       // of a profession
	Committee   NewsroomKind = "committee"
)

// NewsroomKinds returns the kinds; the word of each is "newsletters.kind." and the kind.
func NewsroomKinds() []NewsroomKind { return []NewsroomKind{Office, Association, Order, Committee} }

// Newsroom is an editorial team.
type Newsroom struct {
	Slug   string
	Name   taxonomy.Name
	Kind   NewsroomKind
	Closed bool // no longer declared; its past issues stay

	declared bool // in town.yaml
}

// Newsletter is a periodical of a newsroom.
type Newsletter struct {
	Slug        string // never changes
	Newsroom    Newsroom
	Name        taxonomy.Name
	Description taxonomy.Name
	Topics      []string // slugs of topics
	For         []string // slugs of categories of people; empty means everybody
	Period      string   // one of Periods, or any short text; see PeriodText
	Sender      string   // shown beside the sender address; "" means the newsroom's name
	ReplyTo     string   // a mailbox that somebody reads; optional
	Sensitive   bool     // reading it reveals special-category data (GDPR, article 9)
	Closed      bool     // nobody can subscribe any more

	declared bool // in town.yaml
}

// From returns the sender name that readers see.
func (n Newsletter) From(lang string) string {
	if n.Sender != "" {
		return n.Sender
	}
	return n.Newsroom.Name.In(lang)
}

// Periods returns the usual periods, most frequent first.
func Periods() []string {
	return []string{"daily", "weekly", "fortnightly", "monthly", "bimonthly", "quarterly", "yearly", "occasional"}
}

// PeriodText returns a period in words, and a text that is not one of Periods unchanged.
func PeriodText(say func(key string) string, period string) string {
	if slices.Contains(Periods(), period) {
		return say("newsletters.period." + period)
	}
	return period
}

// catalogue is a snapshot of all newsrooms and newsletters.
type catalogue struct {
	newsrooms   []Newsroom
	newsletters []Newsletter
}

func loadCatalogue(ctx context.Context, q storage.Queryer) (catalogue, error) {
	var c catalogue
	queries := db.New(q)
	rooms, err := queries.ListNewsrooms(ctx)
	if err != nil {
		return c, fmt.Errorf("newsletters: list newsrooms: %w", err)
	}
	for _, row := range rooms {
		c.newsrooms = append(c.newsrooms, Newsroom{
			Slug: row.Slug, Name: taxonomy.Name{IT: row.NameIt, EN: row.NameEn}, Kind: NewsroomKind(row.Kind),
			Closed: row.Closed, declared: row.Declared,
		})
	}
	rows, err := queries.ListNewsletters(ctx)
	if err != nil {
		return c, fmt.Errorf("newsletters: list newsletters: %w", err)
	}
	topics, err := queries.ListTopics(ctx)
	if err != nil {
		return c, fmt.Errorf("newsletters: list topics: %w", err)
	}
	categories, err := queries.ListFor(ctx)
	if err != nil {
		return c, fmt.Errorf("newsletters: list categories: %w", err)
	}
	about, forWhom := map[string][]string{}, map[string][]string{}
	for _, t := range topics {
		about[t.Newsletter] = append(about[t.Newsletter], t.Topic)
	}
	for _, f := range categories {
		forWhom[f.Newsletter] = append(forWhom[f.Newsletter], f.Category)
	}
	for _, row := range rows {
		newsroom, _ := c.newsroom(row.Newsroom)
		c.newsletters = append(c.newsletters, Newsletter{
			Slug: row.Slug, Newsroom: newsroom, Name: taxonomy.Name{IT: row.NameIt, EN: row.NameEn},
			Description: taxonomy.Name{IT: row.DescriptionIt, EN: row.DescriptionEn},
			Topics:      about[row.Slug], For: forWhom[row.Slug], Period: row.Period, Sender: row.Sender,
			ReplyTo: row.ReplyTo, Sensitive: row.Sensitive, Closed: row.Closed, declared: row.Declared,
		})
	}
	return c, nil
}

func (c catalogue) newsroom(slug string) (Newsroom, bool) {
	i := slices.IndexFunc(c.newsrooms, func(n Newsroom) bool { return n.Slug == slug })
	if i < 0 {
		return Newsroom{}, false
	}
	return c.newsrooms[i], true
}

func (c catalogue) newsletter(slug string) (Newsletter, bool) {
	i := slices.IndexFunc(c.newsletters, func(n Newsletter) bool { return n.Slug == slug })
	if i < 0 {
		return Newsletter{}, false
	}
	return c.newsletters[i], true
}

// find returns the newsletter with that slug, or a fault that names the nearest.
func (c catalogue) find(slug string) (Newsletter, error) {
	if n, ok := c.newsletter(slug); ok {
		return n, nil
	}
	var slugs []string
	for _, n := range c.newsletters {
		slugs = append(slugs, n.Slug)
	}
	return Newsletter{}, unknown(fault.KindNotFound, "newsletters.newsletter.unknown", slug, slugs)
}

// sorted returns the newsletters that keep approves, by name.
func (c catalogue) sorted(lang string, keep func(Newsletter) bool) []Newsletter {
	var list []Newsletter
	for _, n := range c.newsletters {
		if keep(n) {
			list = append(list, n)
		}
	}
	slices.SortStableFunc(list, func(a, b Newsletter) int {
		return strings.Compare(storage.Fold(a.Name.In(lang)), storage.Fold(b.Name.In(lang)))
	})
	return list
}

// Newsrooms returns all newsrooms, by name.
func (r *Room) Newsrooms(ctx context.Context) ([]Newsroom, error) {
	c, err := loadCatalogue(ctx, r.DB)
	lang := locale.Lang(ctx)
	slices.SortStableFunc(c.newsrooms, func(a, b Newsroom) int {
		return strings.Compare(storage.Fold(a.Name.In(lang)), storage.Fold(b.Name.In(lang)))
	})
	return c.newsrooms, err
}

// Newsletter returns the newsletter with that slug; the fault newsletters.newsletter.unknown names the nearest.
func (r *Room) Newsletter(ctx context.Context, slug string) (Newsletter, error) {
	c, err := loadCatalogue(ctx, r.DB)
	if err != nil {
		return Newsletter{}, err
	}
	return c.find(slug)
}

// Newsletters returns all newsletters by name, including closed ones.
func (r *Room) Newsletters(ctx context.Context) ([]Newsletter, error) {
	c, err := loadCatalogue(ctx, r.DB)
	return c.sorted(locale.Lang(ctx), func(Newsletter) bool { return true }), err
}

// Mine returns the newsletters of the actor's newsrooms by name, including closed ones.
func (r *Room) Mine(ctx context.Context) ([]Newsletter, error) {
	c, err := loadCatalogue(ctx, r.DB)
	actor := access.From(ctx)
	return c.sorted(locale.Lang(ctx), func(n Newsletter) bool {
		return actor.CanIn(access.WriteIssues, n.Newsroom.Slug) || actor.CanIn(access.ReadStatistics, n.Newsroom.Slug)
	}), err
}

// CatalogueQuery selects newsletters; empty fields select all.
type CatalogueQuery struct {
	Topic    string // slug
	Category string // slug; selects newsletters for that category, not those for everybody
	Text     string // words in name, description or newsroom, without case and accents
}

// Catalogue returns the selected open newsletters, by name.
func (r *Room) Catalogue(ctx context.Context, ask CatalogueQuery) ([]Newsletter, error) {
	c, err := loadCatalogue(ctx, r.DB)
	wanted := strings.Fields(storage.Fold(ask.Text))
	return c.sorted(locale.Lang(ctx), func(n Newsletter) bool {
		return !n.Closed && (ask.Topic == "" || slices.Contains(n.Topics, ask.Topic)) &&
			(ask.Category == "" || slices.Contains(n.For, ask.Category)) && n.says(wanted)
	}), err
}

// says tells whether the newsletter's description of itself contains all folded words.
func (n Newsletter) says(words []string) bool {
	text := storage.Fold(strings.Join([]string{
		n.Name.IT, n.Name.EN, n.Description.IT, n.Description.EN, n.Newsroom.Name.IT, n.Newsroom.Name.EN,
	}, " "))
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
}

// Subscribers shows the number of current subscribers by newsletter; see package disclosure.
func (r *Room) Subscribers(ctx context.Context) (map[string]disclosure.Figure, error) {
	c, cells, err := r.subscribed(ctx)
	if err != nil {
		return nil, err
	}
	named := make([]disclosure.Named, len(c.newsletters))
	for i, n := range c.newsletters {
		named[i] = disclosure.Named{Name: "subscribers " + n.Slug, Cell: cells[n.Slug], Floor: c.floor(ctx, n)}
	}
	figures, err := r.Disclosure.Settled(ctx, named...)
	if err != nil {
		return nil, err
	}
	shown := make(map[string]disclosure.Figure, len(named))
	for i, n := range c.newsletters {
		shown[n.Slug] = figures[i]
	}
	return shown, nil
}

// floor returns the floor of a newsletter's numbers.
func (c catalogue) floor(ctx context.Context, n Newsletter) int64 {
	if n.Sensitive || c.outside(ctx, n) {
		return disclosure.SensitiveFloor
	}
	return disclosure.Floor
}

// subscribed counts the current subscribers by newsletter, in the index of people if there is one, otherwise in the
// database.
func (r *Room) subscribed(ctx context.Context) (catalogue, map[string]disclosure.Cell, error) {
	c, err := loadCatalogue(ctx, r.DB)
	if err != nil {
		return c, nil, err
	}
	cells := make(map[string]disclosure.Cell, len(c.newsletters))
	answered, err := r.People.FromIndex(ctx, func(everybody people.Crowd) {
		for _, n := range c.newsletters {
			cells[n.Slug] = everybody.Cell(everybody.Tied(people.TieSubscribed, n.Slug))
		}
	})
	if answered || err != nil {
		return c, cells, err
	}
	cells, err = r.countSubscribers(ctx)
	return c, cells, err
}
