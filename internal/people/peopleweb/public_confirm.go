package peopleweb

import (
	"context"
	"net/http"

	"unoxuno/internal/fault"
	"unoxuno/internal/people"
	"unoxuno/internal/web"
)

// The purposes of this package's tokens, each with the identifier of a sign-up as payload.
const (
	joinPurpose    = "people.join"
	addressPurpose = "people.address"
)

func (p *Pages) joinLink(ctx context.Context, pending people.Pending) string {
	return web.URL(ctx, "/join/confirm/"+p.Sealer.Ints(joinPurpose, pending.Expires, pending.ID))
}

func (p *Pages) addressLink(ctx context.Context, pending people.Pending) string {
	return web.URL(ctx, "/address/"+p.Sealer.Ints(addressPurpose, pending.Expires, pending.ID))
}

// pendingOf opens the token in the path; a fault of kind Expired if it is forged or expired.
func (p *Pages) pendingOf(r *http.Request, purpose string) (int64, error) {
	ids, err := p.Sealer.OpenInts(purpose, r.PathValue("token"), p.Clock.Now(), 1)
	if err != nil {
		return 0, fault.Expired("people.signup.gone").Because(err)
	}
	return ids[0], nil
}

// joinSent tells the visitor to check her mail, whether or not the address is known.
func (p *Pages) joinSent(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, joinSentPage())
}

// joinConfirmAsk shows what a sign-up asks for, with the button that confirms it. Following the link changes nothing,
// because programs that scan mail follow links too.
func (p *Pages) joinConfirmAsk(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id, err := p.pendingOf(r, joinPurpose)
	var draft people.Draft
	if err == nil {
		draft, err = p.People.ReadSignUp(ctx, id)
	}
	if fault.HasKey(err, "people.signup.done") {
		return web.Render(w, r, http.StatusOK, joinDonePage())
	}
	if fault.Is(err, fault.KindExpired) {
		return web.Render(w, r, http.StatusGone, joinExpiredPage())
	}
	if err != nil {
		return err
	}
	offers, err := p.Newsletters.Offered(ctx)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, joinConfirmPage(r.PathValue("token"), draft, namesOf(offers, draft.Newsletters)))
}

func namesOf(offers []Offer, slugs []string) []string {
	byName := make(map[string]string, len(offers))
	for _, o := range offers {
		byName[o.Slug] = o.Name
	}
	var names []string
	for _, slug := range slugs {
		if name := byName[slug]; name != "" {
			names = append(names, name)
		}
	}
	return names
}

// joinConfirm carries out the sign-up and redirects to her own page. If the link was sent just before, everything is
// open to her there: the person who reads the mailbox has proved who she is. A link that was used before opens nothing.
func (p *Pages) joinConfirm(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id, err := p.pendingOf(r, joinPurpose)
	var c people.Confirmation
	var draft people.Draft
	if err == nil {
		draft, err = p.People.ReadSignUp(ctx, id)
	}
	if err == nil {
		c, err = p.People.ConfirmSignUp(ctx, id)
	}
	switch {
	case fault.HasKey(err, "people.signup.done"), err == nil && !c.First:
		return web.Render(w, r, http.StatusOK, joinDonePage())
	case fault.Is(err, fault.KindExpired):
		return web.Render(w, r, http.StatusGone, joinExpiredPage())
	case err != nil:
		return err
	}
	s := people.Session{Person: c.Person, Address: c.Address}
	if p.Clock.Now().Before(c.Asked.Add(people.EntryLife)) {
		if s, err = p.People.BeginSession(ctx, c.Person, c.Address); err != nil {
			return err
		}
		setSession(w, r, s.Token)
	}
	if draft.Mobile == "" || !p.texting() {
		return web.Go(w, r, "/me/"+p.OwnPage.OwnPageToken(s.Person, s.Address)+"/welcome")
	}
	pending, err := p.People.AskAddress(ctx, c.Person, people.SMS, draft.Mobile)
	if err == nil {
		err = p.sendCode(ctx, pending)
	}
	if err != nil {
		return err
	}
	return p.askCode(w, r, pending, toWelcome)
}

// addressConfirmAsk asks the reader of a mailbox whether the address is hers.
func (p *Pages) addressConfirmAsk(w http.ResponseWriter, r *http.Request) error {
	id, err := p.pendingOf(r, addressPurpose)
	if err == nil {
		_, err = p.People.ReadSignUp(r.Context(), id)
	}
	switch {
	case fault.HasKey(err, "people.signup.done"):
		return web.Render(w, r, http.StatusOK, addressDonePage())
	case fault.Is(err, fault.KindExpired):
		return web.Render(w, r, http.StatusGone, linkExpiredPage())
	case err != nil:
		return err
	}
	return web.Render(w, r, http.StatusOK, addressConfirmPage(r.PathValue("token")))
}

// addressConfirm adds the address. It does not lead to her own page: if she mistyped the address, a stranger is reading
// this.
func (p *Pages) addressConfirm(w http.ResponseWriter, r *http.Request) error {
	id, err := p.pendingOf(r, addressPurpose)
	if err == nil {
		_, err = p.People.ConfirmSignUp(r.Context(), id)
	}
	switch {
	case fault.Is(err, fault.KindExpired):
		return web.Render(w, r, http.StatusGone, linkExpiredPage())
	case fault.Is(err, fault.KindConflict):
		return web.Render(w, r, http.StatusConflict, addressTakenPage())
	case err != nil:
		return err
	}
	return web.Render(w, r, http.StatusOK, addressDonePage())
}

// linkAsk asks for the address to which to send the entry to her own page. If her page is open already it redirects
// there.
func (p *Pages) linkAsk(w http.ResponseWriter, r *http.Request) error {
	s, ok, err := p.sessionOf(r)
	if err != nil {
		return err
	}
	if ok {
		return web.Go(w, r, "/me/"+p.OwnPage.OwnPageToken(s.Person, s.Address))
	}
	return web.Render(w, r, http.StatusOK, linkPage(p.texting(), "", ""))
}

// linkSend sends the entry to the address if somebody has it. It answers the same if nobody does.
func (p *Pages) linkSend(w http.ResponseWriter, r *http.Request) error {
	if err := p.limits.visitor.Allow(web.ClientNetwork(r)); err != nil {
		return err
	}
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	ctx, written := r.Context(), form.Get("address")
	channel, err := people.ChannelOf(written)
	var value string
	switch {
	case !p.texting():
		channel = people.Email
		value, err = people.NormalEmail(written)
	case channel == people.Email:
		value, err = people.NormalEmail(written)
	case channel == people.SMS:
		value, err = p.People.Mobile(written)
	}
	if err != nil {
		return web.Render(w, r, http.StatusUnprocessableEntity, linkPage(p.texting(), written, web.Sentence(ctx, err)))
	}
	return p.sendEntry(w, r, channel, value, 0)
}

func (p *Pages) linkSent(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, linkSentPage())
}
