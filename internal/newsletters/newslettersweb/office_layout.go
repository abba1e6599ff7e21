package newslettersweb

import (
	"context"

	"unoxuno/internal/access"
	"unoxuno/internal/delivery"
	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/web/ui"
)

// confirmation is the question before something that cannot be undone. Below is the path that takes the answer.
type confirmation struct{ Title, Text, Yes, Below string }

// issuePageOf completes the layout's data for a page about one issue.
func issuePageOf(ctx context.Context, issue newsletters.Issue, p ui.Page) ui.Page {
	p.Title, p.Active = titleOr(ctx, issue), "issues"
	p.Breadcrumb = []ui.Link{{Label: tell(ctx, "issue.all"), URL: locale.Path(ctx, "/office/issues")}}
	return p
}

// issueTabs returns the pages about an issue that make sense in its state and for its reader.
func issueTabs(ctx context.Context, issue newsletters.Issue) []ui.Link {
	writable := issue.Editable() && !issue.Damaged
	tabs := []struct {
		key, below string
		shown      bool
	}{
		{"issue", "", true},
		{"audience", "/audience", writable},
		{"sms", "/sms", writable && (issue.SMS != "" || textingIn(ctx))},
		{"preview", "/preview", !issue.Damaged},
		{"send", "/send", writable && may(ctx, access.SendIssues, issue)},
		{"statistics", "/statistics", !issue.Sent.IsZero() && may(ctx, access.ReadStatistics, issue)},
	}
	var links []ui.Link
	for _, t := range tabs {
		word := t.key
		if t.key == "issue" && !writable {
			word = "status"
		}
		if t.shown {
			links = append(links, ui.Link{Key: t.key, Label: tell(ctx, "tab."+word), URL: issueURL(ctx, issue.ID, t.below)})
		}
	}
	return links
}

// progressLabel returns a sending's state in a few words.
func progressLabel(ctx context.Context, p delivery.Progress) string {
	switch {
	case p.Owed() == 0:
		return tell(ctx, "progress.finished")
	case p.Delay.Reason == delivery.DelayBrake || p.Delay.Reason == delivery.DelayWindow:
		return tell(ctx, "progress.held")
	case p.Waiting == 0:
		return tell(ctx, "progress.later")
	}
	return tell(ctx, "progress.running")
}

// delayText returns why a sending is delayed; "" if it is not.
func delayText(ctx context.Context, d delivery.Delay) string {
	switch d.Reason {
	case "":
		return ""
	case delivery.DelayWindow:
		return tell(ctx, "delay.window", "Until", moment(ctx, d.Until))
	}
	return tell(ctx, "delay."+string(d.Reason), "PerMinute", ui.NumberText(ctx, d.PerMinute))
}

// progressStats returns the numbers of a sending. Those that are usually zero are omitted if they are.
func progressStats(ctx context.Context, p delivery.Progress) []ui.StatSpec {
	stats := []ui.StatSpec{
		{Label: tell(ctx, "number.recipients"), Value: ui.NumberText(ctx, p.Messages)},
		{Label: tell(ctx, "number.accepted"), Value: ui.NumberText(ctx, p.Sent), Detail: locale.Percent(locale.Lang(ctx), p.Sent, p.Messages), Tone: ui.Success},
	}
	add := func(key string, n int64, tone ui.Tone) {
		if n > 0 {
			stats = append(stats, ui.StatSpec{Label: tell(ctx, "number."+key), Value: ui.NumberText(ctx, n), Tone: tone})
		}
	}
	add("waiting", p.Waiting, ui.Neutral)
	add("later", p.Later, ui.Warning)
	add("refused", p.Refused, ui.Danger)
	add("delivered", p.Delivered, ui.Success)
	add("undelivered", p.Undelivered, ui.Danger)
	add("retried", p.Retried, ui.Neutral)
	add("suppressed", p.Suppressed, ui.Neutral)
	add("withdrawn", p.Withdrawn, ui.Neutral)
	add("kept", p.Kept, ui.Neutral)
	add("cancelled", p.Cancelled, ui.Neutral)
	return stats
}

// pollSeconds is how often the page asks for the issue's state: seldom while it waits for its time.
func pollSeconds(state newsletters.State) int {
	if state == newsletters.Scheduled {
		return 30
	}
	return 3
}
