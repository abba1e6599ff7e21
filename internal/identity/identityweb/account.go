package identityweb

import (
	"net/http"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
	"unoxuno/internal/identity"
	"unoxuno/internal/web"
)

// own returns the account of the actor; a program's token has none.
func (p *Pages) own(r *http.Request) (identity.Staff, error) {
	return p.room.StaffByID(r.Context(), access.From(r.Context()).ID)
}

func (p *Pages) accountPage(w http.ResponseWriter, r *http.Request) error {
	staff, err := p.own(r)
	if err != nil {
		return err
	}
	return p.renderAccount(w, r, http.StatusOK, staff, p.newMobileView(r, staff, "", false, nil))
}

func (p *Pages) changePassword(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	staff, err := p.own(r)
	if err != nil {
		return err
	}
	err = p.setPassword(r, staff, form.Get("current"), form.Get("password"), form.Get("again"))
	if mendable(err) || fault.Is(err, fault.KindTooMany) {
		view := newPasswordView(r, "/office/account", staff.Email, web.FieldErrors(r.Context(), err))
		tokens, failed := p.room.Tokens(r.Context(), staff.ID)
		if failed != nil {
			return failed
		}
		return web.Render(w, r, http.StatusUnprocessableEntity,
			accountPage(staff, view, p.newMobileView(r, staff, "", false, nil), p.newTokensView(r, tokens)))
	}
	if err != nil {
		return err
	}
	if err := p.begin(w, r, staff.ID); err != nil {
		return err
	}
	return web.Done(w, r, "/office/account", "identityweb.done.password")
}

// setPassword changes the password after checking the present one. The sign-in limits apply, so that it cannot be
// guessed from a browser left open.
func (p *Pages) setPassword(r *http.Request, staff identity.Staff, current, password, again string) error {
	if err := samePassword(password, again); err != nil {
		return err
	}
	if _, err := p.room.Prove(r.Context(), identity.Credentials{Email: staff.Email, Password: current, Network: web.ClientNetwork(r)}); err != nil {
		if fault.HasKey(err, "identity.sign_in_failed") || fault.HasKey(err, "identity.password_missing") {
			return fault.Invalid("identityweb.password.wrong").On("current")
		}
		return err
	}
	return p.room.SetPassword(r.Context(), staff, password)
}
