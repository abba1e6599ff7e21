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

// addresses are where she can be written to.
func (p *Pages) addresses(w http.ResponseWriter, r *http.Request, o owner) error {
	return web.Render(w, r, http.StatusOK, addressesPage(o, addressForm{Texting: p.texting()}, web.Notices(r)))
}

// addressForm is the form for a new address, as it was sent.
type addressForm struct {
	Texting      bool // a mobile number may be given
	Value, Wrong string
	Keep         bool // the address that is used now stays
}

// keepOptions are what may become of the address that is used now: it is replaced, unless she says otherwise.
func (f addressForm) keepOptions(ctx context.Context) []ui.Option {
	return []ui.Option{
		{Value: "", Label: say(ctx, "addresses.replace"), Help: say(ctx, "addresses.replace_help"), Selected: !f.Keep},
		{Value: "1", Label: say(ctx, "addresses.keep"), Help: say(ctx, "addresses.keep_help"), Selected: f.Keep},
	}
}

// addressAdd writes to the new address and asks whether it is hers; the answer is the same if somebody has it already.
// Unless she keeps both, the new one takes the place of the one that she is written to at now.
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

// addressPrefer makes an address of hers the one that she is written to at.
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

// addressRemove forgets an address of hers, but not the last: nothing could reach her then, not even the link to this
// page. Who wants that erases everything.
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
	for _, a := range o.Addresses { // the links that were sent there are dead, and perhaps the one that she came by
		if a.ID == id || a.Verified.IsZero() {
			continue
		}
		o.token = p.OwnPage.OwnPageToken(o.ID, a.ID)
		break
	}
	return web.Done(w, r, o.path("addresses"), "peopleweb.done.address_removed")
}

// choosable tells whether she may be written to at the address instead of at another.
func (o owner) choosable(a people.Address) bool {
	return !a.Verified.IsZero() && !a.Preferred
}

// removable tells whether a confirmed address is left without the one given.
func (o owner) removable(address int64) bool {
	for _, a := range o.Addresses {
		if a.ID != address && !a.Verified.IsZero() {
			return true
		}
	}
	return false
}

// consents are what she agreed to, and when.
func (p *Pages) consents(w http.ResponseWriter, r *http.Request, o owner) error {
	view, err := p.consentsView(r.Context(), o)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, consentsPage(o, view, web.Notices(r)))
}

// consentsView is the ledger, parted in what stands and what ended.
type consentsView struct {
	Standing map[people.Purpose]people.Consent
	Ended    []people.Consent
	Texts    map[people.Purpose]people.ConsentText
	Read     []Read // the latest of what is noted that she read
	MoreRead int    // how much more there is
}

// shownRead is how much of what she read is on her page; all of it is in her export.
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

// consentGive notes a consent to be written to by profile, or that it is noted what she reads; that to a newsletter is given
// by subscribing to it.
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

// consentEnd withdraws a consent. Without that to newsletters none can go on, and so her subscriptions end with it:
// otherwise they would all come back to life with the next one she begins.
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
