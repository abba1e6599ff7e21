package peopleweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/people"
	"unoxuno/internal/taxonomy"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// personView is a person's page at the desk.
type personView struct {
	people.Person
	Facts         []ui.Fact
	Consents      []people.Consent
	Grantable     []ui.Option    // purposes without a valid consent
	Subscriptions []Subscription // those that staff may see
	Withholds     bool           // the town has newsletters that staff may not see her subscribed to, whether she is or not
	Offers        []ui.Option    // newsletters that she could subscribe to
	May           bool           // the reader may change data
	Texting       bool           // a number can be confirmed by a code
	Address       ui.Field
	Proven        ui.Field
	Old           []ui.Option // the choices for the address that a new one could replace; empty if there is none
	Error         map[string]string
	Notices       []ui.Notice
}

// officePerson shows a person to staff and writes an audit line.
func (p *Pages) officePerson(w http.ResponseWriter, r *http.Request) error {
	person, err := p.officePersonOf(r)
	if err != nil {
		return err
	}
	if err := p.note(r.Context(), "looked", person.ID); err != nil {
		return err
	}
	return p.renderPerson(w, r, http.StatusOK, person, deskAddress{}, nil)
}

// deskAddress is the form for a new address.
type deskAddress struct {
	Value           string
	Proven, Replace bool
}

// renderPerson renders the person's page. address is the content of the form for a new address, faults those of any
// form on the page.
func (p *Pages) renderPerson(w http.ResponseWriter, r *http.Request, status int, who people.Person, address deskAddress, faults map[string]string) error {
	ctx := r.Context()
	vocabulary, err := p.People.Vocabulary(ctx)
	if err != nil {
		return err
	}
	view := personView{
		Person: who, Facts: personFacts(ctx, who, vocabulary), May: access.From(ctx).Can(access.ManagePeople), Texting: p.texting(),
		Error: faults, Notices: web.Notices(r),
		Address: ui.Field{
			Name: "address", Label: tell(ctx, "address.new"), Help: tell(ctx, "address.help"), Value: address.Value,
			Error: strings.TrimSpace(strings.Join([]string{faults["address"], faults["email"], faults["sms"]}, " ")),
		},
		Proven: ui.Field{Name: "proven", Label: tell(ctx, "field.proven"), Help: tell(ctx, "field.proven_help"), Checked: address.Proven},
	}
	if slices.ContainsFunc(who.Addresses, func(a people.Address) bool { return a.Preferred }) {
		view.Old = []ui.Option{
			{Value: "keep", Label: tell(ctx, "address.keep"), Help: tell(ctx, "address.keep_help"), Selected: !address.Replace},
			{Value: "replace", Label: tell(ctx, "address.replace"), Help: tell(ctx, "address.replace_help"), Selected: address.Replace},
		}
	}
	if view.Consents, err = p.People.Consents(ctx, who.ID); err != nil {
		return err
	}
	view.Grantable = grantable(ctx, view.Consents)
	if err := p.addSubscriptions(ctx, &view); err != nil {
		return err
	}
	return web.Render(w, r, status, personPage(view))
}

// addSubscriptions adds the subscriptions that staff may see, and those that they may begin.
func (p *Pages) addSubscriptions(ctx context.Context, view *personView) error {
	offers, err := p.Newsletters.Offered(ctx)
	if err != nil {
		return err
	}
	view.Subscriptions, err = p.Newsletters.SubscriptionsOf(ctx, view.ID)
	if err != nil {
		return err
	}
	for _, o := range offers {
		has := slices.ContainsFunc(view.Subscriptions, func(s Subscription) bool { return s.Newsletter == o.Slug })
		switch {
		case o.Sensitive:
			view.Withholds = true
		case !has:
			view.Offers = append(view.Offers, ui.Option{Value: o.Slug, Label: o.Name})
		}
	}
	return nil
}

// grantable returns the purposes without a valid consent.
func grantable(ctx context.Context, ledger []people.Consent) []ui.Option {
	standing := map[people.Purpose]bool{}
	for _, c := range ledger {
		standing[c.Purpose] = standing[c.Purpose] || c.Stands()
	}
	var options []ui.Option
	for _, purpose := range people.Purposes() {
		if !standing[purpose] {
			options = append(options, ui.Option{Value: string(purpose), Label: purposeName(ctx, purpose)})
		}
	}
	return options
}

func purposeName(ctx context.Context, purpose people.Purpose) string {
	return tell(ctx, "purpose."+string(purpose))
}

func personFacts(ctx context.Context, who people.Person, v people.Vocabulary) []ui.Fact {
	facts := []ui.Fact{
		{Label: tell(ctx, "field.kind"), Text: tell(ctx, "kind."+string(who.Kind))},
		{Label: tell(ctx, "field.born"), Text: bornText(ctx, who.Born)},
		{Label: tell(ctx, "field.language"), Text: languageName(ctx, who.Language)},
		{Label: tell(ctx, "field.place"), Text: termNames(ctx, v.Places, who.Place)},
		{Label: tell(ctx, "field.who"), Text: termNames(ctx, v.Categories, who.Who...)},
		{Label: tell(ctx, "field.wants"), Text: termNames(ctx, v.Topics, who.Wants...)},
		{Label: tell(ctx, "field.since"), Text: locale.Date(locale.Lang(ctx), who.Since.Time(time.UTC))},
	}
	for i := range facts {
		if facts[i].Text == "" {
			facts[i].Text = "–"
		}
	}
	return facts
}

// bornText returns the birth date, or only the year, for reading.
func bornText(ctx context.Context, b people.Birth) string {
	switch {
	case b.Day == 0:
		return "–"
	case b.Exact:
		return locale.Date(locale.Lang(ctx), b.Day.Time(time.UTC))
	}
	return b.String()
}

func languageName(ctx context.Context, code string) string {
	if code == "" {
		return ""
	}
	return locale.T(ctx, "web.language_name."+code)
}

// termNames returns the names of the terms with those slugs, in the given order.
func termNames(ctx context.Context, list taxonomy.List, slugs ...string) string {
	var names []string
	for _, slug := range slugs {
		if term, ok := list.Get(slug); ok {
			names = append(names, term.Name.In(locale.Lang(ctx)))
		}
	}
	return strings.Join(names, ", ")
}

// officeAddAddress adds an e-mail address or a mobile number, whichever the text looks like. It is an additional
// address, or replaces the preferred one of its channel.
func (p *Pages) officeAddAddress(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	person, err := p.officePersonOf(r)
	if err != nil {
		return err
	}
	written := deskAddress{Value: form.Get("address"), Proven: form.Get("proven") != "", Replace: form.Get("old") == "replace"}
	contact := people.Contact{Value: written.Value, Verified: written.Proven}
	contact.Channel, err = people.ChannelOf(contact.Value)
	if written.Replace {
		contact.Replaces = preferredOf(person, contact.Channel)
	}
	if err == nil {
		if contact.Replaces > 0 && !contact.Verified && (contact.Channel == people.Email || p.texting()) {
			return p.officeAskChange(w, r, person, written, contact)
		}
		_, err = p.People.AddAddress(r.Context(), person.ID, contact)
	}
	if mendable(err) {
		return p.renderPerson(w, r, http.StatusUnprocessableEntity, person, written, web.FieldErrors(r.Context(), err))
	}
	if err != nil {
		return err
	}
	if contact.Replaces > 0 && contact.Verified {
		return p.changed(w, r, person.ID, "address_replaced")
	}
	return p.changed(w, r, person.ID, "address_added")
}

// officeAskChange asks for confirmation of a new address without evidence. It replaces the old one when it is
// confirmed: by the link in a mail, or by the code that she reads from her telephone.
func (p *Pages) officeAskChange(w http.ResponseWriter, r *http.Request, person people.Person, written deskAddress, c people.Contact) error {
	ctx := r.Context()
	pending, err := p.People.AskChange(ctx, person.ID, c.Channel, c.Value)
	if mendable(err) {
		return p.renderPerson(w, r, http.StatusUnprocessableEntity, person, written, web.FieldErrors(ctx, err))
	}
	if err == nil && c.Channel == people.SMS {
		return p.officeCodeTo(w, r, person.ID, pending)
	}
	if err == nil && pending.Send {
		hers := web.InLanguage(ctx, person.Language)
		err = p.mail(hers, addressLetter(hers, p.addressLink(hers, pending), pending))
	}
	if err != nil {
		return err
	}
	return p.changed(w, r, person.ID, "address_asked")
}

// preferredOf returns the id of the address that the person is written to on the channel; 0 if there is none.
func preferredOf(person people.Person, channel people.Channel) int64 {
	for _, a := range person.Addresses {
		if a.Channel == channel && a.Preferred {
			return a.ID
		}
	}
	return 0
}

// changed redirects to the person's page, which shows what was done.
func (p *Pages) changed(w http.ResponseWriter, r *http.Request, person int64, done string) error {
	return web.Done(w, r, officePath(person, ""), "peopleweb.office.done."+done)
}

// addressOf returns the address of the person that the path names.
func officeAddressOf(r *http.Request, person people.Person) (people.Address, error) {
	for _, a := range person.Addresses {
		if r.PathValue("address") == strconv.FormatInt(a.ID, 10) {
			return a, nil
		}
	}
	return people.Address{}, fault.NotFound("peopleweb.office.address.unknown")
}

func (p *Pages) officeRemoveAddressAsk(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	person, err := p.officePersonOf(r)
	if err != nil {
		return err
	}
	address, err := officeAddressOf(r, person)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, confirmPage(confirmView{
		Person: person, Title: tell(ctx, "address.remove_title"), Text: tell(ctx, "address.remove_text", "Address", address.Shown),
		Yes: tell(ctx, "address.remove"), Action: officeURL(ctx, person.ID, "/addresses/"+r.PathValue("address")+"/remove"),
	}))
}

func (p *Pages) officeRemoveAddress(w http.ResponseWriter, r *http.Request) error {
	person, err := p.officePersonOf(r)
	if err != nil {
		return err
	}
	address, err := officeAddressOf(r, person)
	if err != nil {
		return err
	}
	if err := p.People.RemoveAddress(r.Context(), person.ID, address.ID); err != nil {
		return err
	}
	return p.changed(w, r, person.ID, "address_removed")
}
