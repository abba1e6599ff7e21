package identityweb

import (
	"net/http"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
	"unoxuno/internal/identity"
	"unoxuno/internal/locale"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// mobileView is the part of the account's page about its own telephone.
type mobileView struct {
	Shown  bool   // the town sends text messages
	Now    string // the confirmed number; "" for none
	Number ui.Field
	Code   *ui.Field // asked for once a code was sent
}

func (p *Pages) texting() bool { return p.opt.Texting != nil && p.opt.Texting() }

func (p *Pages) newMobileView(r *http.Request, s identity.Staff, number string, coded bool, faults map[string]string) mobileView {
	t := func(key string) string { return locale.T(r.Context(), "identityweb.mobile."+key) }
	v := mobileView{Shown: p.texting(), Now: s.Mobile, Number: ui.Field{
		Name: "mobile", Type: "tel", Label: t("number"), Help: t("help"), Value: number, Error: faults["mobile"], Required: true,
		Autocomplete: "tel", MaxLength: 40, Short: true,
	}}
	if coded {
		v.Code = &ui.Field{
			Name: "code", Label: t("code"), Error: faults["code"], Required: true, Autocomplete: "one-time-code", Inputmode: "numeric", MaxLength: 10, Short: true,
		}
	}
	return v
}

// askMobile sends a code to the number that a member of staff calls her own.
func (p *Pages) askMobile(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	staff, err := p.own(r)
	if err != nil {
		return err
	}
	if !p.texting() {
		return fault.Conflict("identityweb.mobile.none")
	}
	written := form.Get("mobile")
	number, err := p.opt.Mobile(written)
	if err != nil {
		var problems fault.Problems
		if err := problems.Add("mobile", err); err != nil {
			return err
		}
		return p.renderAccount(w, r, http.StatusUnprocessableEntity, staff, p.newMobileView(r, staff, written, false, web.FieldErrors(ctx, problems)))
	}
	code, err := p.room.AskMobile(ctx, staff, number)
	if err != nil {
		return err
	}
	text := locale.T(ctx, "identityweb.mobile.text", "Town", web.TownOf(ctx).Name, "Code", code, "Minutes", int(identity.MobileCodeLife.Minutes()))
	if err := p.opt.Text(ctx, number, text); err != nil {
		return err
	}
	return p.renderAccount(w, r, http.StatusOK, staff, p.newMobileView(r, staff, number, true, nil))
}

// confirmMobile checks the code.
func (p *Pages) confirmMobile(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	staff, err := p.own(r)
	if err != nil {
		return err
	}
	err = p.room.ConfirmMobile(r.Context(), staff, form.Get("code"))
	if mendable(err) {
		return p.renderAccount(w, r, http.StatusUnprocessableEntity, staff, p.newMobileView(r, staff, "", true, web.FieldErrors(r.Context(), err)))
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/office/account", "identityweb.done.mobile")
}

// revokeToken revokes one of the actor's own tokens.
func (p *Pages) revokeToken(w http.ResponseWriter, r *http.Request) error {
	return p.revoke(w, r, access.From(r.Context()).ID, "/office/account")
}

func (p *Pages) renderAccount(w http.ResponseWriter, r *http.Request, status int, s identity.Staff, m mobileView) error {
	tokens, err := p.room.Tokens(r.Context(), s.ID)
	if err != nil {
		return err
	}
	return web.Render(w, r, status, accountPage(s, newPasswordView(r, "/office/account", s.Email, nil), m, p.newTokensView(r, tokens)))
}
