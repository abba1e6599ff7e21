package newslettersweb

import (
	"context"
	"net/http"

	"unoxuno/internal/access"
	"unoxuno/internal/delivery"
	"unoxuno/internal/disclosure"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// statisticsView is the page of an issue's numbers.
type statisticsView struct {
	newsletters.Issue
	newsletters.Statistics
	Delivery, Readers []ui.StatSpec
	Outcome, Course   ui.Chart
	Quiet             bool  // numbers of single states are not exact
	Retryable         int64 // failed messages that the reader may retry
	LedgerMonths      int   // how long we know who received what; 0: for ever
	Notices           []ui.Notice
}

func (p *Pages) statistics(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	issue, err := p.anyIssueOf(r)
	if err != nil {
		return err
	}
	numbers, err := p.Newsletters.Statistics(ctx, issue.ID)
	if err != nil {
		return err
	}
	var again delivery.Retried
	if may(ctx, access.SendIssues, issue) && numbers.State != newsletters.Draft {
		if again, err = p.Newsletters.Retryable(ctx, issue.ID); err != nil {
			return err
		}
	}
	return web.Render(w, r, http.StatusOK, statisticsPage(statisticsView{
		Issue: issue, Statistics: numbers, Delivery: deliveryStats(ctx, numbers), Readers: readerStats(ctx, numbers),
		Outcome: outcomeChart(ctx, numbers), Course: courseChart(ctx, numbers), Notices: web.Notices(r),
		Quiet:     newsletters.Quiet(ctx, issue, numbers.Recipients.Bar()),
		Retryable: again.Later + again.Refused, LedgerMonths: p.Newsletters.Delivery.LedgerMonths(),
	}))
}

// outcomes returns what happened to the messages, in the order of the page.
func outcomes(s newsletters.Statistics) []struct {
	key   string
	n     disclosure.Figure
	tone  ui.Tone
	shown bool // even if it is zero
} {
	return []struct {
		key   string
		n     disclosure.Figure
		tone  ui.Tone
		shown bool
	}{
		{"accepted", s.Accepted, ui.Success, true}, {"refused", s.Refused, ui.Danger, true}, {"later", s.Later, ui.Warning, true},
		{"waiting", s.Waiting, ui.Neutral, false}, {"suppressed", s.Suppressed, ui.Neutral, false},
		{"awaiting_digest", s.AwaitingDigest, ui.Neutral, false},
		{"withdrawn", s.Withdrawn, ui.Neutral, false}, {"cancelled", s.Cancelled, ui.Neutral, false},
	}
}

func deliveryStats(ctx context.Context, s newsletters.Statistics) []ui.StatSpec {
	stats := []ui.StatSpec{{Label: tell(ctx, "number.recipients"), Value: s.Recipients.Text(ctx)}}
	for _, o := range outcomes(s) {
		if o.shown || !o.n.None() {
			spec := ui.StatSpec{
				Label: tell(ctx, "number."+o.key), Value: o.n.Text(ctx), Detail: share(ctx, o.n, s.Recipients),
			}
			if o.n.Bar() > 0 {
				spec.Tone = o.tone
			}
			stats = append(stats, spec)
		}
	}
	if !s.InDigests.None() {
		stats = append(stats, ui.StatSpec{Label: tell(ctx, "number.in_digests"), Value: s.InDigests.Text(ctx)})
	}
	return append(stats, ui.StatSpec{Label: tell(ctx, "number.retried"), Value: s.Retried.Text(ctx)})
}

func readerStats(ctx context.Context, s newsletters.Statistics) []ui.StatSpec {
	stats := []ui.StatSpec{
		{Label: tell(ctx, "number.clicks"), Value: s.Clicks.Filtered.Text(ctx), Detail: tell(ctx, "number.raw", "Raw", s.Clicks.Raw.Text(ctx))},
		{Label: tell(ctx, "number.opens"), Value: s.Opens.Filtered.Text(ctx), Detail: tell(ctx, "number.raw", "Raw", s.Opens.Raw.Text(ctx))},
		{Label: tell(ctx, "number.unsubscribed"), Value: s.Unsubscribed.Text(ctx)},
	}
	if s.Readers != (newsletters.Readers{}) {
		stats = append(stats, ui.StatSpec{
			Label: tell(ctx, "number.read"), Value: s.Readers.Read.Text(ctx),
			Detail: tell(ctx, "number.read_clicked", "Clicked", s.Readers.Clicked.Text(ctx)),
		})
	}
	return stats
}

func outcomeChart(ctx context.Context, s newsletters.Statistics) ui.Chart {
	c := ui.Chart{ID: "outcome", Title: tell(ctx, "statistics.outcome"), Of: tell(ctx, "statistics.outcome_of")}
	messages := ui.Series{Name: tell(ctx, "number.messages")}
	for _, o := range outcomes(s) {
		if o.shown || !o.n.None() {
			c.Labels = append(c.Labels, tell(ctx, "number."+o.key))
			messages.Values, messages.Texts = append(messages.Values, o.n.Bar()), append(messages.Texts, o.n.Text(ctx))
		}
	}
	c.Series = []ui.Series{messages}
	return c
}

// courseChart returns the chart of visits over time, in hours or longer periods. A hidden count has no bar; the table
// says that it is hidden.
func courseChart(ctx context.Context, s newsletters.Statistics) ui.Chart {
	c := ui.Chart{ID: "course", Title: tell(ctx, "statistics.course"), Of: tell(ctx, "statistics.course_of")}
	clicks, opens := ui.Series{Name: tell(ctx, "number.clicks")}, ui.Series{Name: tell(ctx, "number.opens")}
	for _, point := range s.Timeline {
		form := "02/01"
		if point.Hours < 24 {
			form = "02/01 15:04"
		}
		c.Labels = append(c.Labels, point.From.In(zoneOf(ctx)).Format(form))
		clicks.Values, clicks.Texts = append(clicks.Values, point.Clicks.Bar()), append(clicks.Texts, point.Clicks.Text(ctx))
		opens.Values, opens.Texts = append(opens.Values, point.Opens.Bar()), append(opens.Texts, point.Opens.Text(ctx))
	}
	c.Series = []ui.Series{clicks, opens}
	return c
}
