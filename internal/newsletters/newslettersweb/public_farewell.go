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

// farewellHandler serves a page of somebody who leaves.
type farewellHandler func(w http.ResponseWriter, r *http.Request, f newsletters.Farewell) error

// farewell opens the token in the path; within do it is she who acts. It never expires: whoever holds an old message may
// still leave. For that very reason it opens nothing else, and leads to her own page only by way of her mailbox.
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

// gone tells that a link leads to nothing: forged, or of somebody or something that is no more.
func gone(err error) bool {
	return fault.Is(err, fault.KindExpired) || fault.Is(err, fault.KindNotFound)
}

// oneClick leaves at once, for a mail program pressed the button (RFC 8058 §3.2): no cookie is asked for, nothing
// redirects. A link that is broken is told, so that the program does not say that all went well.
func (p *Pages) oneClick(w http.ResponseWriter, r *http.Request) error {
	if err := p.Newsletters.OneClick(r.Context(), r.PathValue("token")); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, say(r.Context(), "leave.one_click")+"\n") // a program that has gone away is no fault of ours
	return nil
}

// leaveAsk asks what to leave: this newsletter, or everything.
func (p *Pages) leaveAsk(w http.ResponseWriter, r *http.Request, f newsletters.Farewell) error {
	return web.Render(w, r, http.StatusOK, leavePage(r.PathValue("token"), f))
}

// leaveOne leaves the newsletter that the link came with; of the link of a digest, those that were chosen.
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
	if len(chosen) == 0 { // she ticked none: she is asked again
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

// leaveAll leaves everything: every subscription ends, and all consents with them.
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

// comeBack undoes what was just left.
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

// leftLead says what does not come any more.
func leftLead(ctx context.Context, f newsletters.Farewell, all bool) string {
	if all {
		return say(ctx, "left.all")
	}
	if len(f.Others) > 0 {
		return say(ctx, "left.these", "Newsletters", named(ctx, f))
	}
	return say(ctx, "left.this", "Newsletter", f.Newsletter.Name.In(locale.Lang(ctx)))
}

// named are the names of the newsletters that the link is about.
func named(ctx context.Context, f newsletters.Farewell) string {
	var names []string
	for _, one := range f.All() {
		names = append(names, "«"+one.Newsletter.Name.In(locale.Lang(ctx))+"»")
	}
	return strings.Join(names, ", ")
}

// leaveTitle asks what the page asks.
func leaveTitle(ctx context.Context, f newsletters.Farewell) string {
	if len(f.Others) > 0 {
		return say(ctx, "leave.title_many")
	}
	return say(ctx, "leave.title", "Newsletter", f.Newsletter.Name.In(locale.Lang(ctx)))
}

// leaveLead says how the page is answered.
func leaveLead(ctx context.Context, f newsletters.Farewell) string {
	if len(f.Others) > 0 {
		return say(ctx, "leave.lead_many")
	}
	return say(ctx, "leave.lead")
}

// leaveOptions are the newsletters of a digest's link, all chosen.
func leaveOptions(ctx context.Context, f newsletters.Farewell) []ui.Option {
	var options []ui.Option
	for _, one := range f.All() {
		options = append(options, ui.Option{Value: one.Newsletter.Slug, Label: one.Newsletter.Name.In(locale.Lang(ctx)), Selected: true})
	}
	return options
}
