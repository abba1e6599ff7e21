package newsletters

import (
	"context"
	"slices"
	"strings"

	"unoxuno/internal/access"
	"unoxuno/internal/disclosure"
	"unoxuno/internal/people"
)

// Reached is the number of people that an issue would go to, as the actor may know it; see package disclosure.
type Reached struct {
	People disclosure.Figure
	Few    bool // the number may be below the floor, or zero
	// Placeless says whether the audience excludes places without saying how to treat people whose place is unknown.
	// NoPlace is how many of them it includes or leaves out.
	Placeless people.Placeless
	NoPlace   disclosure.Figure
	// Parts divide the number by reason and channel. They are shown on request.
	Parts []ReachedPart
}

// ReachedPart is a part of Reached.People. Its word is "newsletters.reached." and the name.
type ReachedPart struct {
	Name   string
	Figure disclosure.Figure
}

// AskReach shows how many people the issue would go to now with that audience. If parts is set it also shows the parts.
// Each number spends a figure of the day. Faults in the audience are on the field "audience". A sensitive word is
// unknown to actors who may not use it, except in the audience that the issue has already. It asks access.WriteIssues.
func (r *Room) AskReach(ctx context.Context, i Issue, audience string, parts bool) (Reached, error) {
	return r.reachFor(ctx, i, audience, asking{parts: parts})
}

// KnownReach is AskReach for the numbers that were asked for today; the others are Unasked. It writes nothing.
func (r *Room) KnownReach(ctx context.Context, i Issue, audience string) (Reached, error) {
	return r.reachFor(ctx, i, audience, asking{known: true})
}

func (r *Room) reachFor(ctx context.Context, i Issue, audience string, q asking) (Reached, error) {
	n, err := r.Newsletter(ctx, i.Newsletter)
	if err != nil {
		return Reached{}, err
	}
	if err := may(ctx, access.WriteIssues, n.Newsroom.Slug); err != nil {
		return Reached{}, err
	}
	a, floor, err := r.parse(ctx, n, audience, i.Audience)
	if err != nil {
		return Reached{}, err
	}
	q.issue, q.newsletter, q.audience, q.floor = i, n, a, floor
	q.parts = q.parts || disclosure.SeesExact(ctx)
	return r.ask(ctx, q)
}

// asking is a question about the people that an issue reaches.
type asking struct {
	issue      Issue
	newsletter Newsletter
	audience   people.Audience
	floor      int64
	parts      bool
	known      bool   // show only what was asked for today
	only       string // the one part to ask for; "" is all people
}

func (r *Room) ask(ctx context.Context, q asking) (Reached, error) {
	shown := Reached{}
	if q.only == "" {
		shown.Placeless = q.audience.Placeless()
	}
	c, placeless, essential, err := r.cells(ctx, q, shown.Placeless)
	if err != nil {
		return shown, err
	}
	scope := q.newsletter.Slug + "\x00"
	count := func(name string, cell disclosure.Cell) disclosure.Count {
		return disclosure.Count{Name: scope + name + "\x00" + q.audience.Form(), Form: scope + name + "\x00" + essential.Form(), Cell: cell}
	}
	counts := []disclosure.Count{count("people", c.People())}
	if q.only != "" {
		counts[0] = count(q.only, c.cell(q.only))
	}
	if shown.Placeless != people.PlacelessNoQuestion {
		counts = append(counts, disclosure.Count{Name: scope + "placeless\x00" + q.audience.Form(), Cell: placeless.Placeless})
	}
	rest := len(counts)
	if q.parts {
		shown.Parts = c.parts(q.issue)
		for _, part := range shown.Parts {
			counts = append(counts, count(part.Name, c.cell(part.Name)))
		}
	}
	ask := r.Disclosure.Ask
	if q.known {
		ask = r.Disclosure.Known
	}
	figures, err := ask(ctx, disclosure.Question{
		Subject: "newsletter " + q.newsletter.Slug, Text: q.audience.String(), Floor: q.floor, Counts: counts,
		Free: q.audience.Single() && q.floor == disclosure.Floor && !q.parts && q.only == "",
	})
	if err != nil {
		return shown, err
	}
	shown.People, shown.Few = figures[0], figures[0].Few(q.floor)
	if rest > 1 {
		shown.NoPlace = figures[1]
	}
	for at := range shown.Parts {
		shown.Parts[at].Figure = figures[rest+at]
	}
	return shown, nil
}

// cells counts the people that the issue reaches with the essential part of the audience, which it returns. If the
// audience leaves it open, it also counts those whose place is unknown.
func (r *Room) cells(ctx context.Context, q asking, open people.Placeless) (c, placeless reached, essential people.Audience, err error) {
	essential = q.audience
	err = r.counting(ctx, q.newsletter, reachBy{Texts: q.issue.SMS != "", Urgent: q.issue.Urgent}, func(all counter) (err error) {
		if c, err = all.reached(q.audience); err != nil {
			return err
		}
		if !disclosure.SeesExact(ctx) {
			if essential, err = q.audience.Essential(r.Disclosure.Noise, c.People(), all.people); err != nil {
				return err
			}
			if c, err = all.reached(essential); err != nil {
				return err
			}
		}
		if open != people.PlacelessNoQuestion {
			placeless, err = all.reached(q.audience.WithPlaceless(true))
		}
		return err
	})
	return c, placeless, essential, err
}

// parts returns the parts of an issue's reach, without their figures.
func (c reached) parts(i Issue) []ReachedPart {
	names := []string{"subscribed", "profile"}
	if i.SMS != "" {
		names = append(names, "email", "sms")
	}
	if !i.Urgent {
		names = append(names, "at_once", "digest")
	}
	list := make([]ReachedPart, len(names))
	for at, name := range names {
		list[at].Name = name
	}
	return list
}

func (c reached) cell(part string) disclosure.Cell {
	switch part {
	case "subscribed":
		return c.Subscribed
	case "profile":
		return c.Profile
	case "email":
		return c.Email
	case "sms":
		return c.SMS
	case "at_once":
		return c.AtOnce()
	default:
		return c.Digest
	}
}

// parse reads an audience that the context's actor typed for an issue of the newsletter, and returns the floor of its
// numbers. stands is the audience that the issue has already: anybody who may write in the newsroom may keep it.
func (r *Room) parse(ctx context.Context, n Newsletter, text, stands string) (people.Audience, int64, error) {
	v, err := r.People.Vocabulary(ctx)
	if err != nil {
		return people.Audience{}, 0, err
	}
	catalogue, err := loadCatalogue(ctx, r.DB)
	if err != nil {
		return people.Audience{}, 0, err
	}
	outside := catalogue.outside(ctx, n)
	allowed := v
	if stood := strings.TrimSpace(stands); !disclosure.SeesExact(ctx) && (stood == "" || strings.TrimSpace(text) != stood) {
		allowed = catalogue.wordsFor(ctx, v)
	}
	a, err := people.ParseAudience(text, allowed)
	if err != nil {
		return a, 0, err
	}
	if outside && strings.TrimSpace(text) != strings.TrimSpace(stands) {
		if err := a.Outside(); err != nil {
			return a, 0, err
		}
	}
	if outside || n.Sensitive || a.Sensitive(v, catalogue.sensitive) {
		return a, disclosure.SensitiveFloor, nil
	}
	return a, disclosure.Floor, nil
}

// AudienceWords returns the words that the context's actor may use in an audience.
func (r *Room) AudienceWords(ctx context.Context) (people.Vocabulary, error) {
	v, err := r.People.Vocabulary(ctx)
	if err != nil || disclosure.SeesExact(ctx) {
		return v, err
	}
	catalogue, err := loadCatalogue(ctx, r.DB)
	return catalogue.wordsFor(ctx, v), err
}

func (c catalogue) sensitive(newsletter string) bool {
	n, _ := c.newsletter(newsletter)
	return n.Sensitive
}

// wordsFor returns the vocabulary of the context's actor. It includes the sensitive newsletters of her own newsrooms,
// and the sensitive terms that these newsletters are about or for. Other sensitive words are unknown to her.
func (c catalogue) wordsFor(ctx context.Context, v people.Vocabulary) people.Vocabulary {
	actor := access.From(ctx)
	var mine []Newsletter
	for _, n := range c.newsletters {
		if actor.CanIn(access.WriteIssues, n.Newsroom.Slug) {
			mine = append(mine, n)
		}
	}
	return v.Without(c.sensitive, func(list, slug string) bool {
		return slices.ContainsFunc(mine, func(n Newsletter) bool {
			switch list {
			case "who":
				return slices.Contains(n.For, slug)
			case "wants":
				return slices.Contains(n.Topics, slug)
			case "subscribed":
				return n.Slug == slug
			}
			return false
		})
	})
}

// outside tells whether the question comes from outside the administration: the newsletter's newsroom, or one of the
// actor's own, is outside.
func (c catalogue) outside(ctx context.Context, n Newsletter) bool {
	if disclosure.SeesExact(ctx) {
		return false
	}
	return n.Newsroom.Kind != Office || slices.ContainsFunc(access.From(ctx).Newsrooms, func(slug string) bool {
		own, _ := c.newsroom(slug)
		return own.Kind != "" && own.Kind != Office
	})
}

// SayPlaceless returns the audience with an explicit answer for people whose place is unknown, wherever it excludes
// places. Faults are those of AskReach.
func (r *Room) SayPlaceless(ctx context.Context, i Issue, audience string, taken bool) (string, error) {
	n, err := r.Newsletter(ctx, i.Newsletter)
	if err != nil {
		return "", err
	}
	a, _, err := r.parse(ctx, n, audience, i.Audience)
	return a.WithPlaceless(taken).String(), err
}

// Quiet tells whether the context's actor sees the numbers of an issue's sending only as its statistics show them: it
// has an audience of its own, or has fewer recipients than the floor. messages is the number of messages.
func Quiet(ctx context.Context, i Issue, messages int64) bool {
	return !disclosure.SeesExact(ctx) && (i.Audience != "" || messages < disclosure.SensitiveFloor)
}
