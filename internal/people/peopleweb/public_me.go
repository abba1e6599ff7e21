package peopleweb

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
	"unoxuno/internal/people"
	"unoxuno/internal/web"
)

// owner is the person whose page is open, and the token that opened it.
type owner struct {
	people.Person
	token string
	// proved: this browser used a link or code that was sent just before. Without it only subscriptions and their pace
	// may be seen and changed, except sensitive ones.
	proved bool
}

// path returns the path of one of her pages, without the language's prefix.
func (o owner) path(page string) string {
	return strings.TrimSuffix("/me/"+o.token+"/"+page, "/")
}

// ownHandler serves a page of an owner.
type ownHandler func(w http.ResponseWriter, r *http.Request, o owner) error

// own opens the token in the path and makes the owner the actor. If the token opens nothing (forged, expired, person
// erased, or address no longer hers), the answer shows how to get a new link.
func (p *Pages) own(do ownHandler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		o, err := p.ownerOf(r)
		if fault.Is(err, fault.KindExpired) || fault.Is(err, fault.KindNotFound) {
			return web.Render(w, r, http.StatusGone, linkExpiredPage())
		}
		if err != nil {
			return err
		}
		return do(w, r.WithContext(access.With(r.Context(), access.Actor{Kind: access.PersonAct, ID: o.ID})), o)
	}
}

// proved is own for pages that need more than the link in every message. With that link only, the visitor is offered an
// entry.
func (p *Pages) proved(do ownHandler) web.Handler {
	return p.own(func(w http.ResponseWriter, r *http.Request, o owner) error {
		if !o.proved {
			return p.refuse(w, r, o)
		}
		return do(w, r, o)
	})
}

// ownerOf returns the owner of the page that the path's token opens in this browser.
func (p *Pages) ownerOf(r *http.Request) (owner, error) {
	ctx, token := r.Context(), r.PathValue("token")
	link, err := p.OwnPage.OpenOwnPage(token)
	if err != nil {
		return owner{}, fault.Expired("people.signup.gone").Because(err)
	}
	address, ok, err := p.People.LinkAddress(ctx, link)
	if err != nil {
		return owner{}, err
	}
	if ok {
		ok, err = p.usable(ctx, address)
	}
	if err != nil || !ok {
		return owner{}, cmp.Or(err, error(fault.Expired("people.signup.gone")))
	}
	person, err := p.People.Get(ctx, link.Person)
	if err != nil {
		return owner{}, err
	}
	s, ok, err := p.sessionOf(r)
	if err != nil {
		return owner{}, err
	}
	o := owner{Person: person, token: token}
	for _, a := range person.Addresses { // a session ends with its address
		if ok && s.Person == person.ID && s.Address == a.ID {
			o.proved, err = p.usable(ctx, a)
		}
	}
	return o, err
}

// home is her first page: what she receives, and links to everything else.
func (p *Pages) home(w http.ResponseWriter, r *http.Request, o owner) error {
	received, err := p.receivedBy(r.Context(), o)
	if err != nil {
		return err
	}
	pace, err := p.Newsletters.PaceOf(r.Context(), o.ID)
	if err != nil {
		return err
	}
	notices := append(web.Notices(r), pausedNotice(r.Context(), pace)...)
	return web.Render(w, r, http.StatusOK, homePage(o, received, notices))
}

// welcome is the page after a confirmed sign-up: what happens next.
func (p *Pages) welcome(w http.ResponseWriter, r *http.Request, o owner) error {
	received, err := p.receivedBy(r.Context(), o)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, welcomePage(o, received))
}

// profile is the form with her details.
func (p *Pages) profile(w http.ResponseWriter, r *http.Request, o owner) error {
	j := join{
		Who: o.Who, Wants: o.Wants, Place: o.Place, Birth: o.Born.String(), Language: o.Language,
		Given: o.Given, Family: o.Family, Organisation: o.Organisation,
	}
	return p.showProfile(w, r, http.StatusOK, o, j, nil)
}

func (p *Pages) showProfile(w http.ResponseWriter, r *http.Request, status int, o owner, j join, wrong error) error {
	view, err := p.joinView(r.Context(), stepWho, j)
	if err != nil {
		return err
	}
	if wrong != nil {
		view.Errors = web.FieldErrors(r.Context(), wrong)
	}
	return web.Render(w, r, status, profilePage(o, view, web.Notices(r)))
}

func (p *Pages) profileSave(w http.ResponseWriter, r *http.Request, o owner) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	j := readJoin(form)
	details, err := j.details()
	if err == nil {
		err = p.People.Update(r.Context(), o.ID, details)
	}
	switch {
	case fault.Is(err, fault.KindInvalid):
		return p.showProfile(w, r, http.StatusUnprocessableEntity, o, j, err)
	case err != nil:
		return err
	}
	return web.Done(w, r, o.path("profile"), "peopleweb.done.profile")
}

// subscriptions shows what she receives, and what she could subscribe to.
func (p *Pages) subscriptions(w http.ResponseWriter, r *http.Request, o owner) error {
	ctx := r.Context()
	received, err := p.receivedBy(ctx, o)
	if err != nil {
		return err
	}
	offers, err := p.Newsletters.Offered(ctx)
	if err != nil {
		return err
	}
	about := join{Who: o.Who, Wants: o.Wants}
	if !o.proved { // suggestions would reveal her profile
		about = join{}
		offers = slices.DeleteFunc(offers, func(n Offer) bool { return n.Sensitive })
	}
	fitting, others := suggest(without(offers, received), about)
	return web.Render(w, r, http.StatusOK, subscriptionsPage(o, received, fitting, others, web.Notices(r)))
}

// receivedBy returns the newsletters that she receives, as far as they may be shown. The link in every message may be
// forwarded, so without proof it omits sensitive newsletters and the reasons, which reveal her profile.
func (p *Pages) receivedBy(ctx context.Context, o owner) ([]Received, error) {
	all, err := p.Newsletters.ReceivedBy(ctx, o.ID)
	if o.proved || err != nil {
		return all, err
	}
	all = slices.DeleteFunc(all, func(n Received) bool { return n.Sensitive })
	for i, n := range all {
		if !n.Subscribed {
			all[i].Why = say(ctx, "me.why_profile")
		}
	}
	return all, nil
}

// delicate returns the sensitive newsletters.
func (p *Pages) delicate(ctx context.Context) (map[string]bool, error) {
	offers, err := p.Newsletters.Offered(ctx)
	delicate := map[string]bool{}
	for _, o := range offers {
		delicate[o.Slug] = o.Sensitive
	}
	return delicate, err
}

// maySubscribe tells whether this browser may subscribe her. With the link alone it may not if that needs a new
// consent, or if a newsletter is sensitive.
func (p *Pages) maySubscribe(ctx context.Context, o owner, slugs []string) (bool, error) {
	if o.proved {
		return true, nil
	}
	delicate, err := p.delicate(ctx)
	if err != nil || slices.ContainsFunc(slugs, func(slug string) bool { return delicate[slug] }) {
		return false, err
	}
	ledger, err := p.People.Consents(ctx, o.ID)
	return slices.ContainsFunc(ledger, func(c people.Consent) bool { return c.Purpose == people.ForNewsletter && c.Ended.IsZero() }), err
}

// without returns the offers that she does not receive yet.
func without(offers []Offer, received []Received) []Offer {
	var rest []Offer
	for _, o := range offers {
		if !slices.ContainsFunc(received, func(r Received) bool { return r.Slug == o.Slug }) {
			rest = append(rest, o)
		}
	}
	return rest
}

func (p *Pages) subscribe(w http.ResponseWriter, r *http.Request, o owner) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	chosen := form["newsletter"]
	may, err := p.maySubscribe(r.Context(), o, chosen)
	if err != nil || !may {
		if err != nil {
			return err
		}
		return p.refuse(w, r, o)
	}
	for _, slug := range chosen[:min(len(chosen), maxAnswers)] {
		if err := p.Newsletters.Subscribe(r.Context(), o.ID, slug); err != nil {
			return err
		}
	}
	if len(chosen) == 0 {
		return web.Go(w, r, o.path("newsletters"))
	}
	return web.Done(w, r, o.path("newsletters"), "peopleweb.done.subscribed")
}

// chooseChannel changes the channel of a subscription.
func (p *Pages) chooseChannel(w http.ResponseWriter, r *http.Request, o owner) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	if delicate, err := p.delicate(r.Context()); err != nil {
		return err
	} else if !o.proved && delicate[form.Get("newsletter")] {
		return p.refuse(w, r, o)
	}
	channel := people.Channel(form.Get("channel"))
	if !slices.Contains(people.Channels(), channel) {
		return fault.Invalid("people.channel.unknown", "Text", "")
	}
	if err := p.Newsletters.ChooseChannel(r.Context(), o.ID, form.Get("newsletter"), channel); err != nil {
		return err
	}
	return web.Done(w, r, o.path("newsletters"), "peopleweb.done.channel")
}

func (p *Pages) unsubscribe(w http.ResponseWriter, r *http.Request, o owner) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	if err := p.Newsletters.Unsubscribe(r.Context(), o.ID, form.Get("newsletter")); err != nil {
		return err
	}
	return web.Done(w, r, o.path("newsletters"), "peopleweb.done.unsubscribed")
}

// data shows what she can do with her data.
func (p *Pages) data(w http.ResponseWriter, r *http.Request, o owner) error {
	return web.Render(w, r, http.StatusOK, dataPage(o))
}

// export returns all her data, from every room (GDPR, articles 15 and 20).
func (p *Pages) export(w http.ResponseWriter, r *http.Request, o owner) error {
	all, err := p.People.Export(r.Context(), o.ID)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	if p.Audit != nil {
		if err := p.note(r.Context(), "exported", o.ID); err != nil {
			return err
		}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="unoxuno.json"`)
	_, _ = w.Write(append(text, '\n')) // the reader may have gone away
	return nil
}

func (p *Pages) eraseAsk(w http.ResponseWriter, r *http.Request, o owner) error {
	return web.Render(w, r, http.StatusOK, erasePage(o))
}

func (p *Pages) erase(w http.ResponseWriter, r *http.Request, o owner) error {
	if err := p.People.Erase(r.Context(), o.ID); err != nil {
		return err
	}
	return web.Go(w, r, "/goodbye")
}

func (p *Pages) goodbye(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, goodbyePage())
}
