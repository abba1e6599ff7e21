package identityweb

import (
	"net/http"
	"net/url"
	"strings"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
	"unoxuno/internal/identity"
	"unoxuno/internal/locale"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

const officePath = "/office"

type signInView struct {
	Email, Password ui.Field
	Next            string
	Kept            web.Kept // a form that was sent after the session ended, to be sent again after signing in
	Lead            string
	Failed          string // why the last attempt failed
	Notices         []ui.Notice
}

func newSignInView(r *http.Request, email, next string, kept web.Kept) signInView {
	t := func(key string) string { return locale.T(r.Context(), "identityweb.sign_in."+key) }
	return signInView{
		Email:    ui.Field{Name: "email", Type: "email", Label: t("email"), Value: email, Required: true, Autocomplete: "username"},
		Password: ui.Field{Name: "password", Type: "password", Label: t("password"), Required: true, Autocomplete: "current-password"},
		Next:     next, Notices: web.Notices(r), Kept: kept, Lead: leadOf(r, kept),
	}
}

func leadOf(r *http.Request, kept web.Kept) string {
	if kept.Path != "" {
		return locale.T(r.Context(), "web.kept.sign_in")
	}
	return locale.T(r.Context(), "identityweb.sign_in.lead")
}

// SignInFirst shows the sign-in page with a form that its sender submitted while signed out.
func (p *Pages) SignInFirst(w http.ResponseWriter, r *http.Request, kept web.Kept) error {
	return web.Render(w, r, http.StatusUnauthorized, signInPage(newSignInView(r, "", officePath, kept)))
}

func (p *Pages) signInPage(w http.ResponseWriter, r *http.Request) error {
	next := localPath(r, r.URL.Query().Get("next"))
	if access.From(r.Context()).Kind == access.StaffAct {
		return web.Go(w, r, next)
	}
	return web.Render(w, r, http.StatusOK, signInPage(newSignInView(r, "", next, web.Kept{})))
}

func (p *Pages) signIn(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	next := localPath(r, form.Get("next"))
	kept, carries := web.KeptIn(form)
	staff, err := p.room.SignIn(r.Context(), identity.Credentials{
		Email: form.Get("email"), Password: form.Get("password"), Network: web.ClientNetwork(r),
	})
	if err == nil {
		if err := p.begin(w, r, staff.ID); err != nil {
			return err
		}
		if carries {
			return web.RenderKept(w, r, kept, staff.ID)
		}
		return web.Go(w, r, next)
	}
	status := http.StatusUnprocessableEntity
	switch {
	case fault.Is(err, fault.KindTooMany):
		status = http.StatusTooManyRequests
	case !mendable(err):
		return err
	}
	view := newSignInView(r, form.Get("email"), next, kept)
	view.Failed = web.Sentence(r.Context(), err)
	return web.Render(w, r, status, signInPage(view))
}

func (p *Pages) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := p.end(w, r); err != nil {
		return err
	}
	return web.Done(w, r, web.SignInPath, "identityweb.done.signed_out")
}

// localPath returns the page of this site in next, without the language's prefix, and the office's first page for
// anything else, because our sign-in must not redirect to another site. Browsers read "//host" and "/\host" as other
// hosts, and ignore tabs and line breaks (WHATWG URL §4.4).
func localPath(r *http.Request, next string) string {
	if prefix := locale.Path(r.Context(), "/"); prefix != "/" {
		next = strings.TrimPrefix(next, prefix)
	}
	u, err := url.Parse(next)
	switch {
	case err != nil, u.IsAbs(), u.Host != "", !strings.HasPrefix(next, "/"), strings.HasPrefix(next, "//"),
		strings.ContainsFunc(next, func(c rune) bool { return c == '\\' || c < ' ' }),
		strings.HasPrefix(u.Path, web.SignInPath):
		return officePath
	}
	return next
}
