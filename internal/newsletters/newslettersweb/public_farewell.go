package newslettersweb

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// farewellHandler serves a page for unsubscribing.
type farewellHandler func(w http.ResponseWriter, r *http.Request, f newsletters.Farewell) error

// farewell opens the token in the path and makes the person the actor. The token never expires, so that old messages
// can still be used to unsubscribe. For that reason it opens nothing else, and leads to her own page only through her
// mailbox.
func (p *Pages) farewell(do farewellHandler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, err := p.Newsletters.OpenUnsubscribe(r.Context(), r.PathValue("token"))
		if gone(err) {
			return web.Render(w, r, http.StatusGone, leaveBrokenPage())
		}
		if err != nil {
			return err
		}
		actor := access.Actor{Kind: access.PersonAct, ID: f.Person}
		return do(w, r.WithContext(access.With(r.Context(), actor)), f)
	}
}

// gone tells whether a link leads to nothing: it is forged, or its person or newsletter no longer exists.
func gone(err error) bool {
	return fault.Is(err, fault.KindExpired) || fault.Is(err, fault.KindNotFound)
}

// oneClick unsubscribes at once, because a mail program's button was pressed (RFC 8058 §3.2): it needs no cookie and
// does not redirect. A broken link is an error, so that the program does not report success.
func (p *Pages) oneClick(w http.ResponseWriter, r *http.Request) error {
	if err := p.Newsletters.OneClick(r.Context(), r.PathValue("token")); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, say(r.Context(), "leave.one_click")+"\n") // the program may have gone away
	return nil
}

// leaveAsk asks what to unsubscribe from: this newsletter, or everything.
func (p *Pages) leaveAsk(w http.ResponseWriter, r *http.Request, f newsletters.Farewell) error {
	return web.Render(w, r, http.StatusOK, leavePage(r.PathValue("token"), f))
}

// leaveOne unsubscribes from the newsletter of the link, or for a digest's link from those that were chosen.
func (p *Pages) leaveOne(w http.ResponseWriter, r *http.Request, f newsletters.Farewell) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	chosen := f.All()
	if len(chosen) > 1 {
		chosen = slices.DeleteFunc(chosen, func(one newsletters.Farewell) bool {
			return !slices.Contains(form["newsletter"], one.Newsletter.Slug)
		})
	}
	if len(chosen) == 0 { // none was ticked: ask again
		return web.Go(w, r, newsletters.UnsubscribePath(r.PathValue("token")))
	}
	leavings := make([]newsletters.Leaving, len(chosen))
	for i, one := range chosen {
		leavings[i] = newsletters.Leaving{
			Person: f.Person, Newsletter: one.Newsletter.Slug, How: "page", Why: form.Get("why"), Issue: one.Issue,
		}
	}
	rows, err := p.Newsletters.Leave(r.Context(), leavings)
	if err != nil {
		return err
	}
	left := chosen[0]
	left.Others = chosen[1:]
	return p.farewellTo(w, r, left, rows, false)
}

// leaveAll ends every subscription and all consents.
func (p *Pages) leaveAll(w http.ResponseWriter, r *http.Request, f newsletters.Farewell) error {
	rows, err := p.Newsletters.UnsubscribeAll(r.Context(), f.Person, "page")
	if err != nil {
		return err
	}
	return p.farewellTo(w, r, f, rows, true)
}

// farewellTo says that it is done, and offers to undo it.
func (p *Pages) farewellTo(w http.ResponseWriter, r *http.Request, f newsletters.Farewell, rows newsletters.Left, all bool) error {
	return web.Render(w, r, http.StatusOK, leftPage(r.PathValue("token"), p.sealUndo(f.Person, rows), f, all))
}

// comeBack undoes the unsubscription.
func (p *Pages) comeBack(w http.ResponseWriter, r *http.Request, f newsletters.Farewell) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	person, left, err := p.openUndo(form.Get("undo"))
	if err != nil || person != f.Person {
		return web.Render(w, r, http.StatusGone, undoOverPage())
	}
	if err := p.Newsletters.TakeBack(r.Context(), person, left); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, backPage())
}

// leftLead says what no longer comes.
func leftLead(ctx context.Context, f newsletters.Farewell, all bool) string {
	if all {
		return say(ctx, "left.all")
	}
	if len(f.Others) > 0 {
		return say(ctx, "left.these", "Newsletters", named(ctx, f))
	}
	return say(ctx, "left.this", "Newsletter", f.Newsletter.Name.In(locale.Lang(ctx)))
}

// named returns the names of the link's newsletters.
func named(ctx context.Context, f newsletters.Farewell) string {
	var names []string
	for _, one := range f.All() {
		names = append(names, "«"+one.Newsletter.Name.In(locale.Lang(ctx))+"»")
	}
	return strings.Join(names, ", ")
}

// leaveTitle returns the question of the page.
func leaveTitle(ctx context.Context, f newsletters.Farewell) string {
	if len(f.Others) > 0 {
		return say(ctx, "leave.title_many")
	}
	return say(ctx, "leave.title", "Newsletter", f.Newsletter.Name.In(locale.Lang(ctx)))
}

// leaveLead returns the explanation of the page.
func leaveLead(ctx context.Context, f newsletters.Farewell) string {
	if len(f.Others) > 0 {
		return say(ctx, "leave.lead_many")
	}
	return say(ctx, "leave.lead")
}

// leaveOptions returns the newsletters of a digest's link, all chosen.
func leaveOptions(ctx context.Context, f newsletters.Farewell) []ui.Option {
	var options []ui.Option
	for _, one := range f.All() {
		options = append(options, ui.Option{Value: one.Newsletter.Slug, Label: one.Newsletter.Name.In(locale.Lang(ctx)), Selected: true})
	}
	return options
}
