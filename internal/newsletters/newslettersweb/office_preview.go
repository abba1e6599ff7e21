package newslettersweb

import (
	"context"
	"net/http"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// previewView shows an issue as its readers will see it.
type previewView struct {
	newsletters.Issue
	Text    *newsletters.TextPreview // nil if it has none
	Own     string                   // the reader's address, where a test goes; "" for a token
	Mobile  string                   // the reader's confirmed number for test text messages; "" for none
	Gateway *ui.Notice               // text messages do not leave now; nil if they do, as far as is known
	Problem *ui.Notice
	Notices []ui.Notice
}

func (p *Pages) preview(w http.ResponseWriter, r *http.Request) error {
	issue, err := p.issueOf(r)
	if err != nil {
		return err
	}
	view, err := p.previewView(r, issue)
	if err != nil {
		return err
	}
	view.Notices = web.Notices(r)
	return web.Render(w, r, http.StatusOK, previewPage(view))
}

func (p *Pages) previewView(r *http.Request, issue newsletters.Issue) (previewView, error) {
	ctx := r.Context()
	view := previewView{Issue: issue, Own: access.From(ctx).Name}
	if issue.SMS == "" {
		return view, nil
	}
	var err error
	if view.Mobile, err = p.Newsletters.OwnMobile(ctx); err != nil {
		return view, err
	}
	look, err := p.Newsletters.PreviewSMS(ctx, issue.ID, issue.SMS, false)
	view.Text, view.Gateway = &look, p.gatewayNotice(ctx)
	return view, err
}

// testMinutes is for how many minutes a test text message is tried.
func testMinutes() int { return int(newsletters.TestLife.Minutes()) }

// gatewayNotice warns that text messages do not leave now, and what happens to a test meanwhile; nil if they do leave.
func (p *Pages) gatewayNotice(ctx context.Context) *ui.Notice {
	if p.Gateway == nil {
		return nil
	}
	health := p.Gateway()
	if !health.Configured || health.Up {
		return nil
	}
	return &ui.Notice{Tone: ui.Warning, Title: tell(ctx, "gateway.title"), Text: tell(ctx, "gateway.down",
		"Since", moment(ctx, health.Since), "Trouble", health.Trouble, "Minutes", testMinutes())}
}

// previewPolicy lets an editor's content show itself, with inline styles and the site's own pictures. It cannot run
// scripts, fetch anything, send forms or be framed by another site.
const previewPolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'"

func (p *Pages) previewHTML(w http.ResponseWriter, r *http.Request) error {
	issue, err := p.issueOf(r)
	if err != nil {
		return err
	}
	html, err := p.Newsletters.PreviewHTML(r.Context(), issue.ID, issue.Language)
	if err != nil {
		return err
	}
	return sealed(w, "text/html; charset=utf-8", html)
}

func (p *Pages) previewText(w http.ResponseWriter, r *http.Request) error {
	issue, err := p.issueOf(r)
	if err != nil {
		return err
	}
	text, err := p.Newsletters.PreviewText(r.Context(), issue.ID, issue.Language)
	if err != nil {
		return err
	}
	return sealed(w, "text/plain; charset=utf-8", text)
}

// sealed writes a document for a frame, with previewPolicy.
func sealed(w http.ResponseWriter, contentType string, body []byte) error {
	h := w.Header()
	h.Set("Content-Security-Policy", previewPolicy)
	h.Set("Content-Type", contentType)
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body) // the reader may have gone away
	return nil
}

// testSend sends a test mail to the actor.
func (p *Pages) testSend(w http.ResponseWriter, r *http.Request) error {
	issue, err := p.issueOf(r)
	if err != nil {
		return err
	}
	err = p.Newsletters.TestSend(r.Context(), issue.ID, "")
	if err == nil {
		return done(w, r, issuePath(issue.ID, "/preview"), "tested")
	}
	if len(fault.List(err)) == 0 {
		return err
	}
	view, failed := p.previewView(r, issue)
	if failed != nil {
		return failed
	}
	view.Problem = &ui.Notice{Tone: ui.Danger, Title: tell(r.Context(), "preview.not_sent"), Text: web.Sentence(r.Context(), err)}
	return web.Render(w, r, http.StatusUnprocessableEntity, previewPage(view))
}

// testText sends a test of the issue's text message to the actor's confirmed number.
func (p *Pages) testText(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	issue, err := p.issueOf(r)
	if err != nil {
		return err
	}
	if err := p.tests.Allow(access.From(ctx).Name); err != nil {
		return err
	}
	err = p.Newsletters.TestText(ctx, issue.ID)
	if err == nil {
		return done(w, r, issuePath(issue.ID, "/preview"), "tested_text")
	}
	if !mendable(err) {
		return err
	}
	view, failed := p.previewView(r, issue)
	if failed != nil {
		return failed
	}
	view.Problem = &ui.Notice{Tone: ui.Danger, Title: tell(ctx, "preview.not_sent"), Text: web.Sentence(ctx, err)}
	return web.Render(w, r, http.StatusUnprocessableEntity, previewPage(view))
}
