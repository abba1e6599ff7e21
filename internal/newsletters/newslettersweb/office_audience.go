package newslettersweb

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// choice is an audience picked from lists: words of each list, and an age. It writes the expression, so that few
// editors need to learn the language.
type choice struct {
	Who, Wants, Places []string
	Except             bool // all places except these
	Placeless          bool // and people whose place is unknown
	AgeFrom, AgeTo     string
}

func readChoice(form url.Values) choice {
	return choice{
		Who: form["who"], Wants: form["wants"], Places: form["place"],
		Except: form.Get("place_how") == "except", Placeless: form.Get("placeless") != "",
		AgeFrom: strings.TrimSpace(form.Get("age_from")), AgeTo: strings.TrimSpace(form.Get("age_to")),
	}
}

// maxAge is the highest age that the form accepts.
const maxAge = 120

// expression returns the choice in the audience language; faults are on the fields age_from and age_to.
func (c choice) expression() (string, error) {
	var parts []string
	add := func(words []string, form func(word string) string) {
		var each []string
		for _, word := range words {
			each = append(each, form(strconv.Quote(word)))
		}
		switch len(each) {
		case 0:
		case 1:
			parts = append(parts, each[0])
		default:
			parts = append(parts, "("+strings.Join(each, " or ")+")")
		}
	}
	add(c.Who, func(word string) string { return word + " in who" })
	add(c.Wants, func(word string) string { return word + " in wants" })
	if c.Except && len(c.Places) > 0 {
		parts = append(parts, c.elsewhere())
	} else {
		add(c.Places, func(word string) string { return "place == " + word })
	}
	var problems fault.Problems
	for _, bound := range []struct{ field, sign, text string }{{"age_from", ">=", c.AgeFrom}, {"age_to", "<=", c.AgeTo}} {
		if bound.text == "" {
			continue
		}
		age, err := strconv.Atoi(bound.text)
		if err != nil || age < 0 || age > maxAge {
			problems = append(problems, fault.Invalid("newslettersweb.office.audience.age_wrong", "Most", maxAge).On(bound.field))
			continue
		}
		parts = append(parts, "age "+bound.sign+" "+strconv.Itoa(age))
	}
	return strings.Join(parts, " and "), problems.Err()
}

// elsewhere returns the condition for everybody outside the chosen places. It is explicit about people whose place is
// unknown.
func (c choice) elsewhere() string {
	quoted := make([]string, len(c.Places))
	for i, place := range c.Places {
		quoted[i] = strconv.Quote(place)
	}
	rule := "place not in [" + strings.Join(quoted, ", ") + "]"
	if c.Placeless {
		return "(" + rule + ` or place == "")`
	}
	return rule + ` and place != ""`
}

// audienceView is the form that narrows an issue's audience.
type audienceView struct {
	newsletters.Issue
	Version                        int64
	Audience                       ui.Field
	Reach                          reachView
	Who, Wants, Place              ui.Field
	PlaceHow, Placeless            ui.Field
	PlaceHows                      []ui.Option
	AgeFrom, AgeTo                 ui.Field
	Categories, TopicsList, Places []ui.Option
	Newsletter                     string
	Other                          []ui.Problem
	Notices                        []ui.Notice
}

func (p *Pages) audience(w http.ResponseWriter, r *http.Request) error {
	issue, err := p.issueOf(r)
	if err != nil {
		return err
	}
	if !issue.Editable() {
		return web.Go(w, r, issuePath(issue.ID, ""))
	}
	return p.renderAudience(w, r, http.StatusOK, audienceForm{issue: issue, version: issue.Version, audience: issue.Audience}, nil)
}

// saveAudience saves the expression, or only writes it from the lists.
func (p *Pages) saveAudience(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	issue, err := p.issueOf(r)
	if err != nil {
		return err
	}
	version, audience, picked := versionIn(form.Get("version")), form.Get("audience"), readChoice(form)
	f := audienceForm{issue: issue, version: version, audience: audience, picked: picked}
	written := audience
	switch form.Get("do") {
	case "compose":
		written, err = picked.expression()
	case "placeless", "no_placeless":
		written, err = p.Newsletters.SayPlaceless(ctx, issue, audience, form.Get("do") == "placeless")
	case "count", "parts":
		f.ask, f.parts = true, form.Get("do") == "parts"
		return p.renderAudience(w, r, http.StatusOK, f, nil)
	}
	if err != nil && !mendable(err) {
		return err
	}
	if err != nil {
		return p.renderAudience(w, r, http.StatusUnprocessableEntity, f, web.FieldErrors(ctx, err))
	}
	if form.Get("do") != "save" && form.Get("do") != "" {
		f.audience, f.ask = written, true
		return p.renderAudience(w, r, http.StatusOK, f, nil)
	}
	c := issue.Content()
	c.Audience = audience
	_, err = p.Newsletters.Save(ctx, issue.ID, version, c)
	if mendable(err) {
		status := http.StatusUnprocessableEntity
		if fault.Is(err, fault.KindConflict) {
			// Somebody has changed the issue: what was typed stays in the form, which is now based on the newer
			// version.
			status, f.version = http.StatusConflict, issue.Version
		}
		return p.renderAudience(w, r, status, f, web.FieldErrors(ctx, err))
	}
	if err != nil {
		return err
	}
	return done(w, r, issuePath(issue.ID, "/audience"), "audience")
}

// audienceForm is the content of the form.
type audienceForm struct {
	issue    newsletters.Issue
	version  int64
	audience string
	picked   choice
	ask      bool // ask for the reach, instead of showing it only if it is known
	parts    bool // ask for its parts too
}

func (p *Pages) renderAudience(w http.ResponseWriter, r *http.Request, status int, f audienceForm, faults map[string]string) error {
	ctx := r.Context()
	issue, version, audience, picked := f.issue, f.version, f.audience, f.picked
	vocabulary, err := p.Newsletters.AudienceWords(ctx)
	if err != nil {
		return err
	}
	n, err := p.Newsletters.Newsletter(ctx, issue.Newsletter)
	if err != nil {
		return err
	}
	reach, err := p.reachOf(ctx, issue, audience, f.ask, f.parts)
	if err != nil {
		return err
	}
	reach.Form = true
	t := func(key string) string { return tell(ctx, "audience."+key) }
	view := audienceView{
		Issue: issue, Version: version, Reach: reach, Newsletter: nameIn(ctx, n.Name), Other: general(faults), Notices: web.Notices(r),
		Audience: ui.Field{
			Name: "audience", Label: t("expression"), Help: t("expression_help"), Value: audience, Error: faults["audience"], Rows: 3, Code: true,
			Attrs: map[string]any{"autocapitalize": "none", "spellcheck": "false"},
		},
		Who: ui.Field{Name: "who", Label: t("who")}, Wants: ui.Field{Name: "wants", Label: t("wants")},
		Place:      ui.Field{Name: "place", Label: t("place")},
		PlaceHow:   ui.Field{Name: "place_how", Label: t("place_how"), Value: placeHow(picked)},
		PlaceHows:  []ui.Option{{Value: "in", Label: t("place_in")}, {Value: "except", Label: t("place_except")}},
		Placeless:  ui.Field{Name: "placeless", Label: t("placeless"), Help: t("placeless_help"), Checked: picked.Placeless},
		AgeFrom:    ageField("age_from", t("age_from"), picked.AgeFrom, faults["age_from"]),
		AgeTo:      ageField("age_to", t("age_to"), picked.AgeTo, faults["age_to"]),
		Categories: termOptions(ctx, vocabulary.Categories, picked.Who), TopicsList: termOptions(ctx, vocabulary.Topics, picked.Wants),
		Places: termOptions(ctx, vocabulary.Places, picked.Places),
	}
	return web.Render(w, r, status, audiencePage(view))
}

func placeHow(c choice) string {
	if c.Except {
		return "except"
	}
	return "in"
}

func ageField(name, label, value, wrong string) ui.Field {
	return ui.Field{Name: name, Type: "number", Label: label, Value: value, Error: wrong, Min: "0", Max: strconv.Itoa(maxAge), Short: true, Optional: true}
}

// reachView shows how many people an audience reaches, or what is wrong with it.
type reachView struct {
	newsletters.Reached
	Wrong string
	Form  bool // it is in the audience form, whose buttons ask for more
}

// reachOf shows the reach of the issue with audience. It asks for the figure only if ask is set, which a GET never
// does: a figure is audited and spends budget.
func (p *Pages) reachOf(ctx context.Context, issue newsletters.Issue, audience string, ask, parts bool) (reachView, error) {
	var reach newsletters.Reached
	var err error
	if ask {
		reach, err = p.Newsletters.AskReach(ctx, issue, audience, parts)
	} else {
		reach, err = p.Newsletters.KnownReach(ctx, issue, audience)
	}
	if fault.Is(err, fault.KindInvalid) {
		return reachView{Wrong: web.Sentence(ctx, err)}, nil
	}
	return reachView{Reached: reach}, err
}

// reach is the part of the form that counts while somebody types.
func (p *Pages) reach(w http.ResponseWriter, r *http.Request) error {
	issue, err := p.issueOf(r)
	if err != nil {
		return err
	}
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	view, err := p.reachOf(r.Context(), issue, form.Get("audience"), true, false)
	if err != nil {
		return err
	}
	view.Form = true
	return web.Render(w, r, http.StatusOK, reachPiece(view))
}

// partFacts returns the parts of a reach.
func partFacts(ctx context.Context, parts []newsletters.ReachedPart) []ui.Fact {
	facts := make([]ui.Fact, len(parts))
	for i, part := range parts {
		facts[i] = ui.Fact{Label: tell(ctx, "reach.part."+part.Name), Text: part.Figure.People(ctx)}
	}
	return facts
}
