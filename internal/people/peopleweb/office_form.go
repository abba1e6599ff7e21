package peopleweb

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/people"
	"unoxuno/internal/taxonomy"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// deskForm is what staff type at the desk about a person. The second group is used only to register her.
type deskForm struct {
	Kind, Given, Family, Organisation, Birth, Language, Place string
	Who, Wants                                                []string

	Email, Mobile, Proof   string
	Proven                 bool
	ForNewsletter          bool
	ForProfile, ForReading bool
	Newsletters            []string
}

func readDesk(form url.Values) deskForm {
	return deskForm{
		Kind: form.Get("kind"), Given: form.Get("given_name"), Family: form.Get("family_name"),
		Organisation: form.Get("organisation"), Birth: form.Get("birth_date"), Language: form.Get("language"),
		Place: form.Get("place"), Who: form["who"], Wants: form["wants"],
		Email: strings.TrimSpace(form.Get("email")), Mobile: strings.TrimSpace(form.Get("sms")), Proof: form.Get("proof"),
		Proven: form.Get("proven") != "", ForNewsletter: form.Get("for_newsletter") != "",
		ForProfile: form.Get("for_profile") != "", ForReading: form.Get("for_reading") != "", Newsletters: form["newsletters"],
	}
}

func deskOf(d people.Details) deskForm {
	return deskForm{
		Kind: string(d.Kind), Given: d.Given, Family: d.Family, Organisation: d.Organisation, Birth: d.Born.String(),
		Language: d.Language, Place: d.Place, Who: d.Who, Wants: d.Wants,
	}
}

// details returns the person's details, or the fault of her birth date.
func (f deskForm) details() (people.Details, error) {
	born, err := people.ParseBirth(f.Birth)
	var problems fault.Problems
	if other := problems.Add("birth_date", err); other != nil {
		return people.Details{}, other
	}
	return people.Details{
		Kind: people.Kind(f.Kind), Given: f.Given, Family: f.Family, Organisation: f.Organisation, Born: born,
		Language: f.Language, Place: f.Place, Who: f.Who, Wants: f.Wants,
	}, problems.Err()
}

func (f deskForm) contacts() []people.Contact {
	var contacts []people.Contact
	if f.Email != "" {
		contacts = append(contacts, people.Contact{Channel: people.Email, Value: f.Email, Verified: f.Proven})
	}
	if f.Mobile != "" {
		contacts = append(contacts, people.Contact{Channel: people.SMS, Value: f.Mobile, Verified: f.Proven})
	}
	return contacts
}

// channel returns the channel on which she agreed to be reached.
func (f deskForm) channel() people.Channel {
	switch {
	case f.Email != "":
		return people.Email
	case f.Mobile != "":
		return people.SMS
	}
	return ""
}

func (f deskForm) purposes() []people.Purpose {
	var purposes []people.Purpose
	if f.ForNewsletter {
		purposes = append(purposes, people.ForNewsletter)
	}
	if f.ForProfile {
		purposes = append(purposes, people.ForProfile)
	}
	if f.ForReading {
		purposes = append(purposes, people.ForReading)
	}
	return purposes
}

func (p *Pages) officeNew(w http.ResponseWriter, r *http.Request) error {
	return p.renderDesk(w, r, http.StatusOK, 0, deskForm{Kind: string(people.KindPerson)}, nil)
}

func (p *Pages) officeRegister(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	desk := readDesk(form)
	person, err := p.register(r.Context(), desk)
	if mendable(err) {
		return p.renderDesk(w, r, http.StatusUnprocessableEntity, 0, desk, web.FieldErrors(r.Context(), err))
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, officePath(person, ""), "peopleweb.office.done.registered")
}

// register adds the person with her consents, and then begins her subscriptions.
func (p *Pages) register(ctx context.Context, desk deskForm) (int64, error) {
	details, grants, err := p.checkDesk(ctx, desk)
	if err != nil {
		return 0, err
	}
	person, err := p.People.Register(ctx, details, desk.contacts(), grants)
	if err != nil {
		return 0, err
	}
	for _, slug := range desk.Newsletters {
		if err := p.Newsletters.Subscribe(ctx, person, slug); err != nil {
			// This is not a fault of the form: the person is registered already, and sending the form again would
			// register her twice.
			return person, fmt.Errorf("person %d is registered, but not subscribed to %s: %v", person, slug, err) //nolint:errorlint // see above
		}
	}
	return person, nil
}

// checkDesk returns all faults of the form itself.
func (p *Pages) checkDesk(ctx context.Context, desk deskForm) (people.Details, []people.Grant, error) {
	var problems fault.Problems
	details, err := desk.details()
	if err = problems.Add("", err); err != nil {
		return details, nil, err
	}
	offers, err := p.subscribable(ctx)
	if err != nil {
		return details, nil, err
	}
	for _, slug := range desk.Newsletters {
		if !offered(offers, slug) {
			problems = append(problems, fault.Invalid("peopleweb.office.newsletter.choose").On("newsletters"))
		}
	}
	if strings.TrimSpace(desk.Given+desk.Family+desk.Organisation) == "" {
		problems = append(problems, fault.Invalid("peopleweb.office.register.name_missing").On("given_name"))
	}
	if len(desk.Newsletters) > 0 && !desk.ForNewsletter {
		problems = append(problems, fault.Invalid("peopleweb.office.register.agree_missing").On("for_newsletter"))
	}
	var grants []people.Grant
	for _, purpose := range desk.purposes() {
		grant, err := p.counterGrant(ctx, purpose, desk.channel(), desk.Proof)
		if fault.Is(err, fault.KindInvalid) && len(grants) > 0 {
			continue // one evidence serves all, so it is reported once
		}
		if err = problems.Add("", err); err != nil {
			return details, nil, err
		}
		grants = append(grants, grant)
	}
	return details, grants, problems.Err()
}

// subscribable returns the newsletters to which the desk may subscribe a person: those that are not sensitive.
func (p *Pages) subscribable(ctx context.Context) ([]Offer, error) {
	offers, err := p.Newsletters.Offered(ctx)
	return slices.DeleteFunc(slices.Clone(offers), func(o Offer) bool { return o.Sensitive }), err
}

// offered tells whether offers contain slug.
func offered(offers []Offer, slug string) bool {
	return slices.ContainsFunc(offers, func(o Offer) bool { return o.Slug == slug })
}

func (p *Pages) officeEdit(w http.ResponseWriter, r *http.Request) error {
	person, err := p.officePersonOf(r)
	if err != nil {
		return err
	}
	if err := p.note(r.Context(), "looked", person.ID); err != nil {
		return err
	}
	return p.renderDesk(w, r, http.StatusOK, person.ID, deskOf(person.Details), nil)
}

func (p *Pages) officeUpdate(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	person, err := p.officePersonOf(r)
	if err != nil {
		return err
	}
	desk := readDesk(form)
	details, err := desk.details()
	if err == nil {
		err = p.People.Update(r.Context(), person.ID, details)
	}
	if mendable(err) {
		return p.renderDesk(w, r, http.StatusUnprocessableEntity, person.ID, desk, web.FieldErrors(r.Context(), err))
	}
	if err != nil {
		return err
	}
	return p.changed(w, r, person.ID, "changed")
}

// deskView is the form as it is rendered; ID is 0 for a new person.
type deskView struct {
	ID                                                         int64
	Title, Action, Cancel                                      string
	Kind, Given, Family, Organisation, Birth, Language, Place  ui.Field
	Who, Wants                                                 ui.Field
	Email, Mobile, Proven, Proof                               ui.Field
	ForNewsletter, ForProfile, ForReading                      ui.Field
	Newsletters                                                ui.Field
	Kinds, Languages, Places, Categories, Topics, Subscribable []ui.Option
	Other                                                      string // a fault of no particular field
	Withholds                                                  bool   // sensitive terms are not offered
}

func (v deskView) problems() []ui.Problem {
	found := ui.Problems(v.Kind, v.Given, v.Family, v.Organisation, v.Birth, v.Language, v.Place, v.Who, v.Wants, v.Email, v.Mobile,
		v.Newsletters, v.ForNewsletter, v.ForProfile, v.ForReading, v.Proof)
	if v.Other != "" {
		found = append(found, ui.Problem{Text: v.Other})
	}
	return found
}

func (p *Pages) renderDesk(w http.ResponseWriter, r *http.Request, status int, person int64, desk deskForm, faults map[string]string) error {
	ctx := r.Context()
	vocabulary, err := p.People.Vocabulary(ctx)
	if err != nil {
		return err
	}
	view := deskFields(ctx, desk, faults)
	view.ID, view.Title, view.Action = person, tell(ctx, "register.title"), locale.Path(ctx, "/office/people/new")
	view.Cancel = locale.Path(ctx, "/office/people")
	if person != 0 {
		view.Title, view.Action, view.Cancel = tell(ctx, "edit.title"), officeURL(ctx, person, "/edit"), officeURL(ctx, person, "")
		// Staff do not see her sensitive terms, so the form must not overwrite them.
		plain := func(t taxonomy.Term) bool { view.Withholds = view.Withholds || t.Sensitive; return !t.Sensitive }
		vocabulary.Places, vocabulary.Categories = vocabulary.Places.Only(plain), vocabulary.Categories.Only(plain)
		vocabulary.Topics = vocabulary.Topics.Only(plain)
	}
	view.Places = append([]ui.Option{{Label: tell(ctx, "unknown")}}, termOptions(ctx, vocabulary.Places, desk.Place)...)
	view.Categories = termOptions(ctx, vocabulary.Categories, desk.Who...)
	view.Topics = termOptions(ctx, vocabulary.Topics, desk.Wants...)
	for _, code := range vocabulary.Languages {
		view.Languages = append(view.Languages, ui.Option{Value: code, Label: languageName(ctx, code)})
	}
	offers, err := p.subscribable(ctx)
	if err != nil {
		return err
	}
	for _, o := range offers {
		chosen := slices.Contains(desk.Newsletters, o.Slug)
		view.Subscribable = append(view.Subscribable, ui.Option{Value: o.Slug, Label: o.Name, Selected: chosen})
	}
	return web.Render(w, r, status, deskPage(view))
}

// termOptions returns the terms in use, and the chosen ones even if they are no longer in use.
func termOptions(ctx context.Context, list taxonomy.List, chosen ...string) []ui.Option {
	var options []ui.Option
	for _, term := range list.All() {
		has := slices.Contains(chosen, term.Slug)
		if has || !term.Retired {
			label := term.Name.In(locale.Lang(ctx))
			if term.Sensitive {
				label = tell(ctx, "form.sensitive_term", "Name", label)
			}
			options = append(options, ui.Option{Value: term.Slug, Label: label, Selected: has})
		}
	}
	return options
}

// parentField asks who consents for a child below fourteen.
func parentField(ctx context.Context, wrong string) ui.Field {
	return ui.Field{
		Name: "parent", Label: tell(ctx, "consent.parent"), Help: tell(ctx, "consent.parent_help"), Error: wrong, Optional: true, MaxLength: 200,
	}
}

func proofField(ctx context.Context, value, wrong string) ui.Field {
	return ui.Field{Name: "proof", Label: tell(ctx, "consent.proof"), Help: tell(ctx, "consent.proof_help"), Value: value, Error: wrong}
}

func deskFields(ctx context.Context, f deskForm, faults map[string]string) deskView {
	field := func(name, label, value string) ui.Field {
		return ui.Field{Name: name, Label: tell(ctx, "field."+label), Value: value, Error: faults[name]}
	}
	v := deskView{
		Kind: field("kind", "kind", f.Kind), Given: field("given_name", "given", f.Given), Family: field("family_name", "family", f.Family),
		Organisation: field("organisation", "organisation", f.Organisation), Birth: field("birth_date", "born", f.Birth),
		Language: field("language", "language", f.Language), Place: field("place", "place", f.Place),
		Who: field("who", "who", ""), Wants: field("wants", "wants", ""),
		Email: field("email", "email", f.Email), Mobile: field("sms", "mobile", f.Mobile), Proven: field("proven", "proven", ""),
		ForNewsletter: field("for_newsletter", "for_newsletter", ""), ForProfile: field("for_profile", "for_profile", ""),
		ForReading:  field("for_reading", "for_reading", ""),
		Newsletters: field("newsletters", "newsletters", ""), Proof: proofField(ctx, f.Proof, faults["proof"]), Other: faults[""],
		Kinds: []ui.Option{
			{Value: string(people.KindPerson), Label: tell(ctx, "kind.person")},
			{Value: string(people.KindOrganisation), Label: tell(ctx, "kind.organisation")},
		},
	}
	v.Birth.Help, v.Birth.Short = tell(ctx, "field.born_help"), true
	v.Email.Type, v.Mobile.Type = "email", "tel"
	v.Proven.Help, v.Proven.Checked = tell(ctx, "field.proven_help"), f.Proven
	v.ForNewsletter.Checked, v.ForProfile.Checked, v.ForReading.Checked = f.ForNewsletter, f.ForProfile, f.ForReading
	v.ForReading.Help = tell(ctx, "field.for_reading_help")
	return v
}
