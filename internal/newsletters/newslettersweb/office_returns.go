package newslettersweb

import (
	"context"
	"net/http"
	"slices"

	"unoxuno/internal/access"
	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/web/ui"
)

// brakeView is a newsroom that a brake stopped.
type brakeView struct {
	Notice    ui.Notice
	Action    string
	MayResume bool
}

// brakes returns the stopped newsrooms in which the reader may send; only the given one, unless it is "".
func (p *Pages) brakes(ctx context.Context, newsroom string) ([]brakeView, error) {
	all, err := p.Newsletters.Brakes(ctx)
	if err != nil {
		return nil, err
	}
	if newsroom != "" {
		all = slices.DeleteFunc(all, func(b newsletters.Brake) bool { return b.Account != newsroom })
	}
	views := make([]brakeView, len(all))
	for i, b := range all {
		views[i] = brakeView{
			Notice: ui.Notice{
				Tone: ui.Warning, Title: tell(ctx, "brake.title", "Newsroom", nameIn(ctx, b.Newsroom.Name)),
				Text: tell(ctx, "brake."+string(b.Reason), "Since", moment(ctx, b.Since),
					"Returned", ui.NumberText(ctx, b.Returned), "Accepted", ui.NumberText(ctx, b.Accepted)),
			},
			Action:    locale.Path(ctx, "/office/newsrooms/"+b.Account+"/resume"),
			MayResume: access.From(ctx).CanIn(access.ResumeSending, b.Account),
		}
	}
	return views, nil
}

// resume releases a newsroom's brake.
func (p *Pages) resume(w http.ResponseWriter, r *http.Request) error {
	if err := p.Newsletters.Resume(r.Context(), r.PathValue("newsroom")); err != nil {
		return err
	}
	return done(w, r, "/office", "resumed")
}

// retry retries the failed messages of an issue.
func (p *Pages) retry(w http.ResponseWriter, r *http.Request) error {
	issue, err := p.anyIssueOf(r)
	if err != nil {
		return err
	}
	again, err := p.Newsletters.Retry(r.Context(), issue.ID)
	if err != nil {
		return err
	}
	if again.Later+again.Refused == 0 {
		return done(w, r, issuePath(issue.ID, "/statistics"), "nothing_to_retry")
	}
	return done(w, r, issuePath(issue.ID, ""), "retrying")
}

// returnStats returns the numbers of returned messages.
func returnStats(ctx context.Context, s newsletters.Statistics) []ui.StatSpec {
	returned := ui.StatSpec{
		Label: tell(ctx, "number.returned"), Value: s.Returned.Text(ctx), Detail: share(ctx, s.Returned, s.Accepted),
	}
	complaints := ui.StatSpec{Label: tell(ctx, "number.complaints"), Value: s.Complaints.Text(ctx)}
	if s.Returned.Bar() > 0 {
		returned.Tone = ui.Danger
	}
	if s.Complaints.Bar() > 0 {
		complaints.Tone = ui.Danger
	}
	return []ui.StatSpec{returned, complaints}
}

// retryLabel says how many messages a retry sends again, if that number may be shown.
func retryLabel(ctx context.Context, v statisticsView) string {
	if v.Quiet {
		return tell(ctx, "retry.quiet")
	}
	return tell(ctx, "retry.button", "Count", v.Retryable)
}
