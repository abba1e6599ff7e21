package newslettersweb

import (
	"context"
	"io"
	"net/http"
	"strings"

	"unoxuno/internal/content"
	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/web"
)

// editor shows a draft's form. With ?check it shows what prevents sending.
func (p *Pages) editor(w http.ResponseWriter, r *http.Request, issue newsletters.Issue) error {
	var faults map[string]string
	if r.URL.Query().Has("check") {
		if err := issue.ReadyToSend(); err != nil {
			faults = web.FieldErrors(r.Context(), err)
		}
	}
	return p.renderEditor(w, r, http.StatusOK, issue, editOf(issue), faults)
}

func (p *Pages) renderEditor(w http.ResponseWriter, r *http.Request, status int, issue newsletters.Issue, e edit, faults map[string]string) error {
	view, err := editorFields(r, issue, e, faults)
	if err != nil {
		return err
	}
	return web.Render(w, r, status, editorPage(view))
}

// saveIssue saves the whole form, whichever button was pressed, and then does what the button says, so that nothing
// typed is lost.
func (p *Pages) saveIssue(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	issue, err := p.anyIssueOf(r)
	if err != nil {
		return err
	}
	e := readEdit(form)
	if web.Autosaving(form) {
		return p.autosave(w, r, issue, e.Version, e.content(issue))
	}
	faults, err := p.takeImages(r, issue, &e)
	if err != nil {
		return err
	}
	at := e.apply(form.Get("do"), form)
	saved, err := p.Newsletters.Save(ctx, issue.ID, e.Version, e.content(issue))
	switch {
	case fault.HasKey(err, "newsletters.issue.stale") && e.same(issue):
		saved = issue // the same form, sent again
	case fault.HasKey(err, "newsletters.issue.stale"), fault.HasKey(err, "newsletters.issue.closed"),
		fault.HasKey(err, "newsletters.issue.scheduled"), fault.HasKey(err, "newsletters.issue.cancelled"):
		return p.conflict(w, r, issue, e, err)
	case mendable(err):
		return p.renderEditor(w, r, http.StatusUnprocessableEntity, issue, e, joined(faults, web.FieldErrors(ctx, err)))
	case err != nil:
		return err
	}
	if len(faults) > 0 || e.Dropped != nil {
		status := http.StatusOK
		if len(faults) > 0 {
			status = http.StatusUnprocessableEntity
		}
		again := editOf(saved)
		again.Dropped = e.Dropped
		return p.renderEditor(w, r, status, saved, again, faults)
	}
	return goOn(w, r, saved, form.Get("do"), at)
}

// autosave saves what the page sends by itself. The same text is saved once. If somebody else has saved, the page says
// so and keeps the text; it is compared when the editor saves.
func (p *Pages) autosave(w http.ResponseWriter, r *http.Request, issue newsletters.Issue, version int64, c newsletters.Content) error {
	saved, err := p.Newsletters.Autosave(r.Context(), issue.ID, version, c)
	if err != nil {
		return err
	}
	return web.Saved(w, r, saved.Version, p.Clock.Now())
}

// goOn redirects to the target of the pressed button.
func goOn(w http.ResponseWriter, r *http.Request, issue newsletters.Issue, button, at string) error {
	switch {
	case button == "preview":
		return web.Go(w, r, issuePath(issue.ID, "/preview"))
	case button == "audience":
		return web.Go(w, r, issuePath(issue.ID, "/audience"))
	case at != "":
		return web.Go(w, r, issuePath(issue.ID, "#block-"+at))
	}
	return done(w, r, issuePath(issue.ID, ""), "saved")
}

func joined(a, b map[string]string) map[string]string {
	all := map[string]string{}
	for _, m := range []map[string]string{a, b} {
		for field, text := range m {
			all[field] = strings.TrimSpace(all[field] + " " + text)
		}
	}
	return all
}

// takeImages stores the uploaded pictures and points their blocks at them. A fault of a picture is shown beside it; the
// rest is saved all the same.
func (p *Pages) takeImages(r *http.Request, issue newsletters.Issue, e *edit) (map[string]string, error) {
	ctx := r.Context()
	faults := map[string]string{}
	for i, b := range e.Blocks {
		if b.Kind != content.KindImage {
			continue
		}
		path, err := p.takeImage(ctx, r, issue.Newsroom, b.ID+".file")
		if fault.Is(err, fault.KindInvalid) || fault.Is(err, fault.KindTooLarge) {
			faults[b.ID+".file"] = web.Sentence(ctx, err)
			continue
		}
		if err != nil {
			return nil, err
		}
		if path != "" {
			e.Blocks[i].URL = path
		}
	}
	return faults, nil
}

// takeImage stores the picture in one field and returns its path; "" if none was chosen.
func (p *Pages) takeImage(ctx context.Context, r *http.Request, newsroom, field string) (string, error) {
	file, err := web.File(r, field)
	if err != nil || file == nil || file.Size == 0 {
		return "", err
	}
	// One byte more than the limit, so that Upload notices that it is too large.
	data, err := io.ReadAll(io.LimitReader(file.Reader(), newsletters.MaxImage+1))
	if err != nil {
		return "", err
	}
	image, err := p.Newsletters.Upload(ctx, newsroom, data)
	if err != nil {
		return "", err
	}
	return image.Path(), nil
}

// conflictView shows both versions of an issue to the editor who saved second.
type conflictView struct {
	newsletters.Issue        // the current version
	Sentence          string // who changed it, and when
	Mine, Theirs      string // both versions as text
	Carried           []formValue
	May               bool // it is still a draft: mine can be saved over theirs
}

// conflict keeps what was typed when somebody else has saved first, and lets the editor choose.
func (p *Pages) conflict(w http.ResponseWriter, r *http.Request, issue newsletters.Issue, e edit, why error) error {
	now, err := p.Newsletters.Issue(r.Context(), issue.ID)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusConflict, conflictPage(conflictView{
		Issue: now, Sentence: web.Sentence(r.Context(), why), Carried: e.values(), May: now.Editable(),
		Mine: asText(e.Title, e.Blocks), Theirs: asText(now.Title, now.Blocks),
	}))
}

// asText returns an issue as text that can be read, compared and copied.
func asText(title string, blocks []content.Block) string {
	return title + "\n\n" + string(content.Markdown(blocks))
}
