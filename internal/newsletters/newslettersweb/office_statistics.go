package newslettersweb

import (
	"context"
	"net/http"

	"unoxuno/internal/access"
	"unoxuno/internal/delivery"
	"unoxuno/internal/locale"
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
	Retryable         int64 // messages that failed and that the reader may have tried again
	LedgerMonths      int   // for so long it is known who got what; 0: for ever
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
	if may(ctx, access.SendIssues, issue) && numbers.Later+numbers.Refused > 0 {
		if again, err = p.Newsletters.Retryable(ctx, issue.ID); err != nil {
			return err
		}
	}
	return web.Render(w, r, http.StatusOK, statisticsPage(statisticsView{
		Issue: issue, Statistics: numbers, Delivery: deliveryStats(ctx, numbers), Readers: readerStats(ctx, numbers),
		Outcome: outcomeChart(ctx, numbers), Course: courseChart(ctx, numbers), Notices: web.Notices(r),
		Retryable: again.Later + again.Refused, LedgerMonths: p.Newsletters.Delivery.LedgerMonths(),
	}))
}

// outcomes are what became of the messages, in the order in which they are told.
func outcomes(s newsletters.Statistics) []struct {
	key   string
	n     int64
	tone  ui.Tone
	shown bool // even when it is nothing
} {
	return []struct {
		key   string
		n     int64
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
	stats := []ui.StatSpec{{Label: tell(ctx, "number.recipients"), Value: ui.NumberText(ctx, s.Recipients)}}
	for _, o := range outcomes(s) {
		if o.shown || o.n > 0 {
			spec := ui.StatSpec{
				Label: tell(ctx, "number."+o.key), Value: ui.NumberText(ctx, o.n), Detail: locale.Percent(locale.Lang(ctx), o.n, s.Recipients),
			}
			if o.n > 0 {
				spec.Tone = o.tone
			}
			stats = append(stats, spec)
		}
	}
	if s.InDigests > 0 {
		stats = append(stats, ui.StatSpec{Label: tell(ctx, "number.in_digests"), Value: ui.NumberText(ctx, s.InDigests)})
	}
	return append(stats, ui.StatSpec{Label: tell(ctx, "number.retried"), Value: ui.NumberText(ctx, s.Retried)})
}

func readerStats(ctx context.Context, s newsletters.Statistics) []ui.StatSpec {
	stats := []ui.StatSpec{
		{Label: tell(ctx, "number.clicks"), Value: countText(ctx, s.Clicks.Filtered), Detail: tell(ctx, "number.raw", "Raw", countText(ctx, s.Clicks.Raw))},
		{Label: tell(ctx, "number.opens"), Value: countText(ctx, s.Opens.Filtered), Detail: tell(ctx, "number.raw", "Raw", countText(ctx, s.Opens.Raw))},
		{Label: tell(ctx, "number.unsubscribed"), Value: countText(ctx, s.Unsubscribed)},
	}
	if s.Readers != (newsletters.Readers{}) {
		stats = append(stats, ui.StatSpec{
			Label: tell(ctx, "number.read"), Value: countText(ctx, s.Readers.Read),
			Detail: tell(ctx, "number.read_clicked", "Clicked", countText(ctx, s.Readers.Clicked)),
		})
	}
	return stats
}

func outcomeChart(ctx context.Context, s newsletters.Statistics) ui.Chart {
	c := ui.Chart{ID: "outcome", Title: tell(ctx, "statistics.outcome"), Of: tell(ctx, "statistics.outcome_of")}
	var values []int64
	for _, o := range outcomes(s) {
		if o.shown || o.n > 0 {
			c.Labels, values = append(c.Labels, tell(ctx, "number."+o.key)), append(values, o.n)
		}
	}
	c.Series = []ui.Series{{Name: tell(ctx, "number.messages"), Values: values}}
	return c
}

// courseChart is how readers came, hour by hour, or in longer stretches. Counts too small to tell are drawn as none.
func courseChart(ctx context.Context, s newsletters.Statistics) ui.Chart {
	c := ui.Chart{ID: "course", Title: tell(ctx, "statistics.course"), Of: tell(ctx, "statistics.course_of")}
	clicks, opens := ui.Series{Name: tell(ctx, "number.clicks")}, ui.Series{Name: tell(ctx, "number.opens")}
	for _, point := range s.Timeline {
		form := "02/01"
		if point.Hours < 24 {
			form = "02/01 15:04"
		}
		c.Labels = append(c.Labels, point.From.In(zoneOf(ctx)).Format(form))
		clicks.Values = append(clicks.Values, point.Clicks.Value)
		opens.Values = append(opens.Values, point.Opens.Value)
	}
	c.Series = []ui.Series{clicks, opens}
	return c
}
