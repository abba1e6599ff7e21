package peopleweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/web"
)

// The purposes of the tokens that open her whole page: that of the link, and that in the URL of the page that asks for
// a code. Each has the identifier of the entry and the page to go to.
const (
	entryPurpose     = "people.entry"
	entryCodePurpose = "people.entry-code"
)

// goal is the page that an entry leads to.
type goal int64

// goals returns the pages by number. Links contain the number.
func goals() []string {
	return []string{"", "profile", "newsletters", "pace", "addresses", "consents", "data", "erase"}
}

// goalOf returns the goal of a page; that of her first page for any other.
func goalOf(page string) goal {
	if page == "data.json" {
		page = "data"
	}
	return goal(max(0, slices.Index(goals(), page)))
}

// page is the goal's page.
func (g goal) page() string {
	if all := goals(); g >= 0 && int(g) < len(all) {
		return all[g]
	}
	return ""
}

// sendEntry sends an entry to the person who has the address, and redirects to the page that awaits it. Nothing here
// depends on whether somebody has the address: delivery finds out when it sends the message.
func (p *Pages) sendEntry(w http.ResponseWriter, r *http.Request, channel people.Channel, address string, to goal) error {
	e, err := p.postEntry(r.Context(), channel, address, to)
	if err != nil {
		return err
	}
	if channel == people.SMS {
		return web.Go(w, r, "/code/"+p.Sealer.Ints(entryCodePurpose, e.Expires, e.ID, int64(to)))
	}
	return web.Go(w, r, "/me/sent")
}

func (p *Pages) postEntry(ctx context.Context, channel people.Channel, address string, to goal) (e people.Entry, err error) {
	err = p.DB.Tx(ctx, func(tx *storage.Tx) error {
		if e, err = p.People.AskEntryIn(ctx, tx, channel, address); err != nil || !e.Send {
			return err
		}
		note, err := p.entryNote(ctx, e, to)
		if err != nil {
			return err
		}
		return p.Mailer.Post(ctx, tx, note)
	})
	if err == nil {
		p.Mailer.Wake()
	}
	return e, err
}

// entryNote returns the message for an entry: a link by mail, or a code by text message.
func (p *Pages) entryNote(ctx context.Context, e people.Entry, to goal) (delivery.Note, error) {
	if e.Channel == people.SMS {
		text := say(ctx, "code.sms", "Town", web.TownOf(ctx).Name, "Code", p.codeOf(e.ID, e.Asked), "Minutes", int(people.EntryLife.Minutes()))
		return delivery.Note{
			Channel: delivery.SMS, Kind: delivery.NoteEntry, To: e.Address, Language: locale.Lang(ctx),
			Text: sms.Look(text, sms.Options{}).Text, Expires: e.Expires,
		}, nil
	}
	url := web.URL(ctx, "/me/"+p.Sealer.Ints(entryPurpose, e.Expires, e.ID, int64(to)))
	note, err := linkLetter(ctx, url, e.Address).note(ctx)
	note.Expires = e.Expires
	return note, err
}

// entryOf returns the entry of the token in the path; ok is false if the token has another purpose or has expired.
func (p *Pages) entryOf(r *http.Request, purpose string) (entry int64, to goal, ok bool) {
	ints, err := p.Sealer.OpenInts(purpose, r.PathValue("token"), p.Clock.Now(), 2)
	if err != nil {
		return 0, 0, false
	}
	return ints[0], goal(ints[1]), true
}

// open shows her page. If the token is from an entry link, it shows the button that uses it: following a link changes
// nothing, because programs that scan mail follow links too.
func (p *Pages) open(w http.ResponseWriter, r *http.Request) error {
	entry, _, ok := p.entryOf(r, entryPurpose)
	if !ok {
		return p.own(p.home)(w, r)
	}
	e, err := p.People.Entry(r.Context(), entry)
	if err == nil && e.Used {
		err = fault.Expired("people.entry.gone")
	}
	if fault.Is(err, fault.KindExpired) {
		return web.Render(w, r, http.StatusGone, linkExpiredPage())
	}
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, openPage(r.PathValue("token")))
}

// enter uses an entry link: it opens her page in this browser.
func (p *Pages) enter(w http.ResponseWriter, r *http.Request) error {
	entry, to, ok := p.entryOf(r, entryPurpose)
	if !ok {
		return web.Render(w, r, http.StatusGone, linkExpiredPage())
	}
	s, err := p.People.UseEntry(r.Context(), entry)
	if fault.Is(err, fault.KindExpired) || fault.Is(err, fault.KindNotFound) {
		return web.Render(w, r, http.StatusGone, linkExpiredPage())
	}
	if err != nil {
		return err
	}
	return p.goIn(w, r, s, to.page())
}

// goIn sets the session and redirects to her page.
func (p *Pages) goIn(w http.ResponseWriter, r *http.Request, s people.Session, page string) error {
	setSession(w, r, s.Token)
	return web.Go(w, r, strings.TrimSuffix("/me/"+p.OwnPage.OwnPageToken(s.Person, s.Address)+"/"+page, "/"))
}

// The session cookie. If the site is served over TLS, browsers accept it only from this host.
const (
	sessionCookie       = "unoxuno-me"
	secureSessionCookie = "__Host-unoxuno-me"
)

func secure(ctx context.Context) bool { return strings.HasPrefix(web.URL(ctx, "/"), "https:") }

func cookieName(ctx context.Context) string {
	if secure(ctx) {
		return secureSessionCookie
	}
	return sessionCookie
}

// setSession sets the session cookie, until the browser is closed; "" removes it.
func setSession(w http.ResponseWriter, r *http.Request, token string) {
	cookie := &http.Cookie{
		Name: cookieName(r.Context()), Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure(r.Context()),
	}
	if token == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)
}

// sessionOf returns the session of the request's browser.
func (p *Pages) sessionOf(r *http.Request) (s people.Session, ok bool, err error) {
	cookie, err := r.Cookie(cookieName(r.Context()))
	if err != nil || cookie.Value == "" {
		return s, false, nil //nolint:nilerr // without the cookie there is no session
	}
	if s, ok, err = p.People.SessionOf(r.Context(), cookie.Value); err != nil || !ok {
		return s, false, err
	}
	return s, true, nil
}

// leaveBrowser closes her page in this browser.
func (p *Pages) leaveBrowser(w http.ResponseWriter, r *http.Request, _ owner) error {
	if s, ok, err := p.sessionOf(r); err != nil {
		return err
	} else if ok {
		if err := p.People.EndSession(r.Context(), s.Token); err != nil {
			return err
		}
	}
	setSession(w, r, "")
	return web.Done(w, r, "/me", "peopleweb.done.left_browser")
}

// proveAsk offers to send an entry to one of her addresses.
func (p *Pages) proveAsk(w http.ResponseWriter, r *http.Request, o owner) error {
	return p.renderProve(w, r, http.StatusOK, o, goalOf(r.URL.Query().Get("page")))
}

// refuse answers a visitor whose link is not sufficient for the page.
func (p *Pages) refuse(w http.ResponseWriter, r *http.Request, o owner) error {
	_, page, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/me/"), "/")
	page, _, _ = strings.Cut(page, "/")
	return p.renderProve(w, r, http.StatusForbidden, o, goalOf(page))
}

func (p *Pages) renderProve(w http.ResponseWriter, r *http.Request, status int, o owner, to goal) error {
	var list []people.Address
	for _, a := range o.Addresses {
		usable, err := p.usable(r.Context(), a)
		if err != nil {
			return err
		}
		if usable && (a.Channel == people.Email || p.texting()) {
			list = append(list, a)
		}
	}
	return web.Render(w, r, status, provePage(o, to, list))
}

// prove sends an entry to the address that she chose.
func (p *Pages) prove(w http.ResponseWriter, r *http.Request, o owner) error {
	if err := p.limits.visitor.Allow(web.ClientIP(r)); err != nil {
		return err
	}
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	for _, a := range o.Addresses {
		if strconv.FormatInt(a.ID, 10) != form.Get("address") || a.Verified.IsZero() {
			continue
		}
		return p.sendEntry(w, r, a.Channel, a.Value, goalOf(form.Get("page")))
	}
	return fault.NotFound("people.address.unknown")
}

// usable tells whether messages to the address can arrive.
func (p *Pages) usable(ctx context.Context, a people.Address) (bool, error) {
	if a.Verified.IsZero() {
		return false, nil
	}
	gone, err := p.Gone(ctx, a.Value)
	return !gone, err
}

// masked returns an address of which only its owner recognises the rest: a…@example.org, … 567.
func masked(a people.Address) string {
	if a.Channel == people.SMS {
		return "… " + a.Value[max(0, len(a.Value)-3):]
	}
	local, domain, _ := strings.Cut(a.Value, "@")
	return local[:min(1, len(local))] + "…@" + domain
}
