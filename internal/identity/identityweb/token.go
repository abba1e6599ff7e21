package identityweb

import (
	"net/http"
	"strconv"
	"time"

	"unoxuno/internal/fault"
	"unoxuno/internal/identity"
	"unoxuno/internal/locale"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// tokensView is a list of tokens, and the form for a new one.
type tokensView struct {
	Tokens      []identity.Token
	Now         time.Time
	Label, Days ui.Field
	Below       string // the path below which a key is revoked
}

// tokenDays is the suggested life of a token.
const tokenDays = "90"

func (p *Pages) newTokensView(r *http.Request, tokens []identity.Token) tokensView {
	t := func(key string) string { return locale.T(r.Context(), "identityweb.token."+key) }
	return tokensView{
		Tokens: tokens, Now: p.opt.Clock.Now(), Below: "/office/account/tokens",
		Label: ui.Field{Name: "label", Label: t("label"), Help: t("label_help"), Required: true, MaxLength: 100},
		Days:  ui.Field{Name: "days", Label: t("days"), Value: tokenDays, Inputmode: "numeric", Short: true},
	}
}

// createToken makes a token for the account, and shows it only here.
func (p *Pages) createToken(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	staff, err := p.own(r)
	if err != nil {
		return err
	}
	days, _ := strconv.Atoi(form.Get("days")) // anything else is refused as too few
	key, expires, err := p.room.CreateOwnToken(ctx, staff, form.Get("label"), days)
	if mendable(err) {
		tokens, failed := p.room.Tokens(ctx, staff.ID)
		if failed != nil {
			return failed
		}
		view, faults := p.newTokensView(r, tokens), web.FieldErrors(ctx, err)
		view.Label.Value, view.Label.Error = form.Get("label"), faults["label"]
		view.Days.Value, view.Days.Error = form.Get("days"), faults["days"]
		return web.Render(w, r, http.StatusUnprocessableEntity,
			accountPage(staff, newPasswordView(r, "/office/account", staff.Email, nil), p.newMobileView(r, staff, "", false, nil), view))
	}
	if err != nil {
		return err
	}
	web.ShowsSecret(w)
	return web.Render(w, r, http.StatusOK, tokenPage(ui.Field{Name: "key", Label: locale.T(ctx, "identityweb.token.key"), Value: key}, expires))
}

// tokensPage lists every key of the town for an administrator.
func (p *Pages) tokensPage(w http.ResponseWriter, r *http.Request) error {
	tokens, err := p.room.Tokens(r.Context(), 0)
	if err != nil {
		return err
	}
	view := p.newTokensView(r, tokens)
	view.Below = "/office/tokens"
	return web.Render(w, r, http.StatusOK, tokensPage(view, web.Notices(r)))
}

// revokeAnyToken revokes any account's token.
func (p *Pages) revokeAnyToken(w http.ResponseWriter, r *http.Request) error {
	return p.revoke(w, r, 0, "/office/tokens")
}

func (p *Pages) revoke(w http.ResponseWriter, r *http.Request, owner int64, next string) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return fault.NotFound("identity.token_missing").Because(err)
	}
	if err := p.room.RevokeToken(r.Context(), id, owner); err != nil {
		return err
	}
	return web.Done(w, r, next, "identityweb.done.token_revoked")
}
