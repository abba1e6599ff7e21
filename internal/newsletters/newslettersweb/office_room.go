package newslettersweb

import (
	"context"
	"embed"
	"io/fs"
	"net/http"
	"strconv"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

//go:embed words/office/*.toml
var officeWords embed.FS

// OfficeWords returns the words of the office's pages, it.toml and en.toml.
func OfficeWords() fs.FS {
	sub, err := fs.Sub(officeWords, "words/office")
	if err != nil {
		panic(err) // impossible: the folder is embedded above
	}
	return sub
}

// maxEdit is the largest request that saves an issue: some photographs as a telephone takes them. Each is then checked
// against newsletters.MaxImage, with a fault beside it and no text lost.
const maxEdit = 40 << 20

// OfficeRoutes returns the routes of the newsrooms.
func (p *Pages) OfficeRoutes() []web.Route {
	write, send, manage := access.WriteIssues, access.SendIssues, access.ManageNewsrooms
	routes := []web.Route{
		{Pattern: "GET /office", Permission: access.SignedIn, Kind: web.Page, Do: p.board},
		{Pattern: "GET /office/sending", Permission: write, Kind: web.Fragment, Do: p.sending},

		{Pattern: "GET /office/digests", Permission: access.OperateTown, Kind: web.Page, Do: p.digests},

		{Pattern: "GET /office/newsrooms", Permission: manage, Kind: web.Page, Do: p.newsrooms},
		{Pattern: "GET /office/newsrooms/new", Permission: manage, Kind: web.Page, Do: p.newsroomForm},
		{Pattern: "POST /office/newsrooms/new", Permission: manage, Kind: web.Action, Do: p.putNewsroom},
		{Pattern: "GET /office/newsrooms/{newsroom}", Permission: manage, Kind: web.Page, Do: p.newsroomForm},
		{Pattern: "POST /office/newsrooms/{newsroom}", Permission: manage, Kind: web.Action, Do: p.putNewsroom},
		{Pattern: "GET /office/newsletters", Permission: write, Kind: web.Page, Do: p.officeNewsletters},
		{Pattern: "GET /office/newsletters/new", Permission: manage, Kind: web.Page, Do: p.newsletterForm},
		{Pattern: "POST /office/newsletters/new", Permission: manage, Kind: web.Action, Do: p.putNewsletter},
		{Pattern: "GET /office/newsletters/{newsletter}", Permission: write, Kind: web.Page, Do: p.officeNewsletter},
		{Pattern: "GET /office/newsletters/{newsletter}/edit", Permission: manage, Kind: web.Page, Do: p.newsletterForm},
		{Pattern: "POST /office/newsletters/{newsletter}/edit", Permission: manage, Kind: web.Action, Do: p.putNewsletter},

		{Pattern: "GET /office/issues", Permission: write, Kind: web.Page, Do: p.officeIssues},
		{Pattern: "GET /office/issues/new", Permission: write, Kind: web.Page, Do: p.newIssue},
		{Pattern: "POST /office/issues/new", Permission: write, Kind: web.Action, Do: p.createIssue},
		{Pattern: "GET /office/issues/{id}", Permission: write, Kind: web.Page, Do: p.officeIssue},
		{Pattern: "POST /office/issues/{id}", Permission: write, Kind: web.Action, Do: p.saveIssue, MaxBody: maxEdit},
		{Pattern: "GET /office/issues/{id}/audience", Permission: write, Kind: web.Page, Do: p.audience},
		{Pattern: "POST /office/issues/{id}/audience", Permission: write, Kind: web.Action, Do: p.saveAudience},
		{Pattern: "POST /office/issues/{id}/reach", Permission: write, Kind: web.Fragment, Do: p.reach},
		{Pattern: "GET /office/issues/{id}/sms", Permission: write, Kind: web.Page, Do: p.sms},
		{Pattern: "POST /office/issues/{id}/sms", Permission: write, Kind: web.Action, Do: p.saveSMS},
		{Pattern: "POST /office/issues/{id}/sms/look", Permission: write, Kind: web.Fragment, Do: p.look},
		{Pattern: "GET /office/issues/{id}/preview", Permission: write, Kind: web.Page, Do: p.preview},
		{Pattern: "GET /office/issues/{id}/preview.html", Permission: write, Kind: web.Data, Do: p.previewHTML},
		{Pattern: "GET /office/issues/{id}/preview.txt", Permission: write, Kind: web.Data, Do: p.previewText},
		{Pattern: "POST /office/issues/{id}/test", Permission: write, Kind: web.Action, Do: p.testSend},
		{Pattern: "POST /office/issues/{id}/test-sms", Permission: write, Kind: web.Action, Do: p.testText},
		{Pattern: "GET /office/issues/{id}/delete", Permission: write, Kind: web.Page, Do: p.deleteAsk},
		{Pattern: "POST /office/issues/{id}/delete", Permission: write, Kind: web.Action, Do: p.deleteIssue},
		{Pattern: "GET /office/issues/{id}/progress", Permission: write, Kind: web.Fragment, Do: p.progress},
		{Pattern: "GET /office/issues/{id}/statistics", Permission: access.ReadStatistics, Kind: web.Page, Do: p.statistics},

		{Pattern: "GET /office/issues/{id}/send", Permission: send, Kind: web.Page, Do: p.sendAsk},
		{Pattern: "POST /office/issues/{id}/send", Permission: send, Kind: web.Action, Do: p.sendNow},
		{Pattern: "POST /office/issues/{id}/send/count", Permission: send, Kind: web.Action, Do: p.sendCount},
		{Pattern: "POST /office/issues/{id}/schedule", Permission: send, Kind: web.Action, Do: p.schedule},
		{Pattern: "POST /office/issues/{id}/unschedule", Permission: send, Kind: web.Action, Do: p.unschedule},
		{Pattern: "GET /office/issues/{id}/cancel", Permission: send, Kind: web.Page, Do: p.cancelAsk},
		{Pattern: "POST /office/issues/{id}/cancel", Permission: send, Kind: web.Action, Do: p.cancel},
		{Pattern: "POST /office/issues/{id}/retry", Permission: send, Kind: web.Action, Do: p.retry},
		{Pattern: "POST /office/newsrooms/{newsroom}/resume", Permission: access.ResumeSending, Kind: web.Action, Do: p.resume},
	}
	for i := range routes {
		routes[i].Do = p.tellingTexts(routes[i].Do)
	}
	return routes
}

// OfficeMenu returns the menu entries that the context's actor may use. Their keys are "board", "issues",
// "newsletters", "newsrooms" and "digests".
func (p *Pages) OfficeMenu(ctx context.Context) []ui.Link {
	var links []ui.Link
	for _, entry := range []struct {
		key, path, icon string
		need            access.Permission
	}{
		{"board", "/office", "presentation", access.SignedIn},
		{"issues", "/office/issues", "mail", access.WriteIssues},
		{"newsletters", "/office/newsletters", "horn", access.WriteIssues},
		{"newsrooms", "/office/newsrooms", "note", access.ManageNewsrooms},
		{"digests", "/office/digests", "clock", access.OperateTown},
	} {
		if access.From(ctx).Can(entry.need) {
			links = append(links, ui.Link{
				Key: entry.key, Label: tell(ctx, "menu."+entry.key), URL: locale.Path(ctx, entry.path), Icon: entry.icon,
			})
		}
	}
	return links
}

// tell returns one of this package's words for staff.
func tell(ctx context.Context, key string, args ...any) string {
	return locale.T(ctx, "newslettersweb.office."+key, args...)
}

// done redirects the reader with one of this package's notices.
func done(w http.ResponseWriter, r *http.Request, path, what string) error {
	return web.Done(w, r, path, "newslettersweb.office.done."+what)
}

// mendable tells whether the form should be shown again with the faults in err.
func mendable(err error) bool {
	return fault.Is(err, fault.KindInvalid) || fault.Is(err, fault.KindConflict)
}

// general returns the problem that belongs to no field, if there is one.
func general(faults map[string]string) []ui.Problem {
	if faults[""] == "" {
		return nil
	}
	return []ui.Problem{{Text: faults[""]}}
}

// issuePath returns the path of an issue's page, or of a page below it.
func issuePath(id int64, below string) string {
	return "/office/issues/" + strconv.FormatInt(id, 10) + below
}

func issueURL(ctx context.Context, id int64, below string) string {
	return locale.Path(ctx, issuePath(id, below))
}

func newsletterURL(ctx context.Context, slug, below string) string {
	return locale.Path(ctx, "/office/newsletters/"+slug+below)
}

// issueOf returns the issue that the path names, for pages that need its content.
func (p *Pages) issueOf(r *http.Request) (newsletters.Issue, error) {
	issue, err := p.anyIssueOf(r)
	if err != nil {
		return issue, err
	}
	return issue, issue.Readable()
}

// anyIssueOf is issueOf for pages that do not: the issue may be Damaged.
func (p *Pages) anyIssueOf(r *http.Request) (newsletters.Issue, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return newsletters.Issue{}, fault.NotFound("newsletters.issue.unknown").Because(err)
	}
	return p.Newsletters.Issue(r.Context(), id)
}

// versionIn returns the version that a form is based on.
func versionIn(value string) int64 {
	version, _ := strconv.ParseInt(value, 10, 64) // anything else is version 0, which no issue has
	return version
}

// zoneOf returns the town's time zone.
func zoneOf(ctx context.Context) *time.Location {
	if zone := web.TownOf(ctx).Zone; zone != nil {
		return zone
	}
	return time.UTC
}

// titleOr returns the issue's title, or a word for a draft without one.
func titleOr(ctx context.Context, issue newsletters.Issue) string {
	if issue.Title != "" {
		return issue.Title
	}
	return tell(ctx, "issue.untitled")
}

func stateText(ctx context.Context, state newsletters.State) string {
	return locale.T(ctx, "newsletters.state."+string(state))
}

func stateTone(state newsletters.State) ui.Tone {
	switch state {
	case newsletters.Scheduled:
		return ui.Info
	case newsletters.Sending:
		return ui.Warning
	case newsletters.Sent:
		return ui.Success
	}
	return ui.Neutral
}

// may tells whether the actor has the permission in the issue's newsroom.
func may(ctx context.Context, permission access.Permission, issue newsletters.Issue) bool {
	return access.From(ctx).CanIn(permission, issue.Newsroom)
}
