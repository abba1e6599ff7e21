package peopleweb

import (
	"context"
	"net/http"
	"strconv"

	"unoxuno/internal/fault"
	"unoxuno/internal/people"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// addresses shows her addresses.
func (p *Pages) addresses(w http.ResponseWriter, r *http.Request, o owner) error {
	return web.Render(w, r, http.StatusOK, addressesPage(o, addressForm{Texting: p.texting()}, web.Notices(r)))
}

// addressForm is the submitted form for a new address.
type addressForm struct {
	Texting      bool // a mobile number is accepted
	Value, Wrong string
	Keep         bool // the present address stays
}

// keepOptions returns the choices for the present address: it is replaced, unless she says otherwise.
func (f addressForm) keepOptions(ctx context.Context) []ui.Option {
	return []ui.Option{
		{Value: "", Label: say(ctx, "addresses.replace"), Help: say(ctx, "addresses.replace_help"), Selected: !f.Keep},
		{Value: "1", Label: say(ctx, "addresses.keep"), Help: say(ctx, "addresses.keep_help"), Selected: f.Keep},
	}
}

// addressAdd asks the new address for confirmation. The answer is the same if somebody has the address already. Unless
// she keeps both, the new one replaces her preferred one.
func (p *Pages) addressAdd(w http.ResponseWriter, r *http.Request, o owner) error {
	if err := p.limits.visitor.Allow(web.ClientNetwork(r)); err != nil {
		return err
	}
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	written := form.Get("address")
	channel, err := people.ChannelOf(written)
	if !p.texting() {
		channel, err = people.Email, nil
	}
	ask, keep := p.People.AskChange, form.Get("keep") != ""
	if keep {
		ask = p.People.AskAddress
	}
	var pending people.Pending
	if err == nil {
		pending, err = ask(ctx, o.ID, channel, written)
	}
	if fault.Is(err, fault.KindInvalid) {
		again := addressForm{Texting: p.texting(), Value: written, Wrong: web.Sentence(ctx, err), Keep: keep}
		return web.Render(w, r, http.StatusUnprocessableEntity, addressesPage(o, again, nil))
	}
	if err == nil && channel == people.SMS {
		if err := p.sendCode(ctx, pending); err != nil {
			return err
		}
		return p.askCode(w, r, pending, toAddresses)
	}
	if err == nil && pending.Send {
		err = p.mail(ctx, addressLetter(ctx, p.addressLink(ctx, pending), pending))
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, o.path("addresses"), "peopleweb.done.address_asked")
}

// addressPrefer makes one of her addresses the preferred one.
func (p *Pages) addressPrefer(w http.ResponseWriter, r *http.Request, o owner) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(form.Get("id"), 10, 64)
	if err != nil {
		return fault.NotFound("people.address.unknown").Because(err)
	}
	if err := p.People.PreferAddress(r.Context(), o.ID, id); err != nil {
		return err
	}
	return web.Done(w, r, o.path("addresses"), "peopleweb.done.address_preferred")
}

// addressRemove removes one of her addresses, but not the last one: nothing could reach her then, not even the link to
// this page. To get rid of it she can erase everything.
func (p *Pages) addressRemove(w http.ResponseWriter, r *http.Request, o owner) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(form.Get("id"), 10, 64)
	if err != nil {
		return fault.NotFound("people.address.unknown").Because(err)
	}
	if !o.removable(id) {
		return fault.Conflict("peopleweb.public.addresses.last")
	}
	if err := p.People.RemoveAddress(r.Context(), o.ID, id); err != nil {
		return err
	}
	for _, a := range o.Addresses { // the links sent to it no longer work, perhaps not even the one she used
		if a.ID == id || a.Verified.IsZero() {
			continue
		}
		o.token = p.OwnPage.OwnPageToken(o.ID, a.ID)
		break
	}
	return web.Done(w, r, o.path("addresses"), "peopleweb.done.address_removed")
}

// choosable tells whether she may prefer the address to another one.
func (o owner) choosable(a people.Address) bool {
	return !a.Verified.IsZero() && !a.Preferred
}

// removable tells whether another confirmed address remains without the given one.
func (o owner) removable(address int64) bool {
	for _, a := range o.Addresses {
		if a.ID != address && !a.Verified.IsZero() {
			return true
		}
	}
	return false
}

// consents shows her consents and their dates.
func (p *Pages) consents(w http.ResponseWriter, r *http.Request, o owner) error {
	view, err := p.consentsView(r.Context(), o)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, consentsPage(o, view, web.Notices(r)))
}

// consentsView is the ledger, divided into valid and ended consents.
type consentsView struct {
	Standing map[people.Purpose]people.Consent
	Ended    []people.Consent
	Texts    map[people.Purpose]people.ConsentText
	Read     []Read // the latest records of what she read
	MoreRead int    // how many more there are
}

// shownRead is the number of those records on her page. Her export has all.
const shownRead = 100

func (p *Pages) consentsView(ctx context.Context, o owner) (consentsView, error) {
	view := consentsView{Standing: map[people.Purpose]people.Consent{}}
	all, err := p.People.Consents(ctx, o.ID)
	if err != nil {
		return view, err
	}
	for _, c := range all {
		switch {
		case c.Stands():
			view.Standing[c.Purpose] = c
		case !c.Ended.IsZero():
			view.Ended = append(view.Ended, c)
		}
	}
	if view.Read, err = p.Newsletters.ReadBy(ctx, o.ID); err != nil {
		return view, err
	}
	if len(view.Read) > shownRead {
		view.Read, view.MoreRead = view.Read[:shownRead], len(view.Read)-shownRead
	}
	view.Texts, err = p.consentTexts(ctx)
	return view, err
}

// consentGive records a consent to messages by profile, or to a record of what she reads. Consent to a newsletter is
// given by subscribing.
func (p *Pages) consentGive(w http.ResponseWriter, r *http.Request, o owner) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	ctx, purpose := r.Context(), people.Purpose(form.Get("purpose"))
	if purpose != people.ForProfile && purpose != people.ForReading {
		return fault.Invalid("people.consent.purpose", "Text", "")
	}
	texts, err := p.consentTexts(ctx)
	if err != nil {
		return err
	}
	err = p.People.Grant(ctx, o.ID, people.Grant{
		Purpose: purpose, TextVersion: texts[purpose].Version, Source: "own page",
		Channel: people.Email, Proof: "button pressed on her own page",
	})
	if err != nil {
		return err
	}
	return web.Done(w, r, o.path("consents"), "peopleweb.done.consent_given")
}

// consentEnd withdraws a consent. Withdrawing that to newsletters also ends her subscriptions: otherwise they would all
// be valid again with the next one she begins.
func (p *Pages) consentEnd(w http.ResponseWriter, r *http.Request, o owner) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	ctx, purpose := r.Context(), people.Purpose(form.Get("purpose"))
	if purpose == people.ForNewsletter {
		received, err := p.Newsletters.ReceivedBy(ctx, o.ID)
		if err != nil {
			return err
		}
		for _, n := range received {
			if !n.Subscribed {
				continue
			}
			if err := p.Newsletters.Unsubscribe(ctx, o.ID, n.Slug); err != nil {
				return err
			}
		}
	}
	if err := p.People.Withdraw(ctx, o.ID, purpose, "on her own page"); err != nil {
		return err
	}
	if purpose == people.ForReading {
		return web.Done(w, r, o.path("consents"), "peopleweb.done.reading_withdrawn")
	}
	return web.Done(w, r, o.path("consents"), "peopleweb.done.consent_withdrawn")
}
