package identityweb

import (
	"net/http"

	"unoxuno/internal/fault"
	"unoxuno/internal/identity"
	"unoxuno/internal/locale"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// passwordView is a form by which a password is chosen: Current stands only where there is one already.
type passwordView struct {
	Action, Email            string
	Current, Password, Again ui.Field
	Other                    []ui.Problem
	Notices                  []ui.Notice
}

func newPasswordView(r *http.Request, action, email string, faults map[string]string) passwordView {
	t := func(key string, args ...any) string {
		return locale.T(r.Context(), "identityweb.password."+key, args...)
	}
	return passwordView{
		Action: locale.Path(r.Context(), action), Email: email, Other: general(faults), Notices: web.Notices(r),
		Current: ui.Field{
			Name: "current", Type: "password", Label: t("current"), Error: faults["current"], Required: true, Autocomplete: "current-password",
		},
		Password: ui.Field{
			Name: "password", Type: "password", Label: t("new"), Help: t("help", "Least", identity.MinPassword),
			Error: faults["password"], Required: true, Autocomplete: "new-password",
		},
		Again: ui.Field{
			Name: "again", Type: "password", Label: t("again"), Error: faults["again"], Required: true, Autocomplete: "new-password",
		},
	}
}

// samePassword refuses a new password whose second writing differs from the first.
func samePassword(password, again string) error {
	if password != again {
		return fault.Invalid("identityweb.password.differ").On("again")
	}
	return nil
}

func (p *Pages) invitationPage(w http.ResponseWriter, r *http.Request) error {
	staff, err := p.room.OpenInvitation(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	view := newPasswordView(r, "/office/invitation/"+r.PathValue("token"), staff.Email, nil)
	return web.Render(w, r, http.StatusOK, invitationPage(view))
}

func (p *Pages) acceptInvitation(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	token := r.PathValue("token")
	staff, err := p.room.OpenInvitation(r.Context(), token)
	if err != nil {
		return err
	}
	if err = samePassword(form.Get("password"), form.Get("again")); err == nil {
		staff, err = p.room.AcceptInvitation(r.Context(), token, form.Get("password"))
	}
	if mendable(err) {
		view := newPasswordView(r, "/office/invitation/"+token, staff.Email, web.FieldErrors(r.Context(), err))
		return web.Render(w, r, http.StatusUnprocessableEntity, invitationPage(view))
	}
	if err != nil {
		return err
	}
	if err := p.begin(w, r, staff.ID); err != nil {
		return err
	}
	return web.Done(w, r, officePath, "identityweb.done.password")
}
