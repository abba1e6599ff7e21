package newslettersweb

import (
	"context"
	"net/http"
	"strings"

	"unoxuno/internal/access"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// recentShown is how many sent issues the first page shows with numbers.
const recentShown = 5

type boardView struct {
	newsletters.Board
	Writes   bool // the reader writes issues; otherwise none are shown
	Names    map[string]string
	Running  []running
	Numbers  []sentNumbers
	Relay    *ui.Notice
	Brakes   []brakeView
	Alarms   []ui.Notice
	Notices  []ui.Notice
	MayStart bool // there is a newsletter to write for
}

// running is an issue that is being sent.
type running struct {
	newsletters.Issue
	Sent, Messages int64
	Quiet          bool // only the statistics show its numbers
}

// sentNumbers are the key numbers of a sent issue. Known is false if the reader may not see them, or if nothing was
// counted.
type sentNumbers struct {
	newsletters.Issue
	Known   bool
	Numbers newsletters.Statistics
}

func (p *Pages) board(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	view := boardView{Writes: access.From(ctx).Can(access.WriteIssues), Notices: web.Notices(r)}
	if held, err := p.Newsletters.Held(ctx); err != nil {
		return err
	} else if !held.IsZero() {
		view.Notices = append(view.Notices, ui.Notice{Tone: ui.Warning, Title: tell(ctx, "hold.title"), Text: tell(ctx, "hold.text", "Until", moment(ctx, held))})
	}
	if !view.Writes {
		return web.Render(w, r, http.StatusOK, boardPage(view))
	}
	var err error
	if view.Board, err = p.Newsletters.Board(ctx); err != nil {
		return err
	}
	if view.Names, err = p.names(ctx); err != nil {
		return err
	}
	view.MayStart = len(view.Names) > 0
	if view.Running, err = p.running(ctx, view.Sending); err != nil {
		return err
	}
	for _, issue := range view.Recent[:min(len(view.Recent), recentShown)] {
		numbers := sentNumbers{Issue: issue, Known: !issue.Archived && may(ctx, access.ReadStatistics, issue)}
		if numbers.Known {
			if numbers.Numbers, err = p.Newsletters.Statistics(ctx, issue.ID); err != nil {
				return err
			}
		}
		view.Numbers = append(view.Numbers, numbers)
	}
	view.Relay = p.relayNotice(ctx)
	if view.Alarms, err = p.alarms(ctx); err != nil {
		return err
	}
	if view.Brakes, err = p.brakes(ctx, ""); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, boardPage(view))
}

// names returns the names of the reader's newsletters, by slug.
func (p *Pages) names(ctx context.Context) (map[string]string, error) {
	mine, err := p.Newsletters.Mine(ctx)
	names := make(map[string]string, len(mine))
	for _, n := range mine {
		names[n.Slug] = nameIn(ctx, n.Name)
	}
	return names, err
}

func (p *Pages) running(ctx context.Context, issues []newsletters.Issue) ([]running, error) {
	var all []running
	for _, issue := range issues {
		progress, err := p.Newsletters.Progress(ctx, issue.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, running{
			Issue: issue, Sent: progress.Messages - progress.Owed(), Messages: progress.Messages, Quiet: newsletters.Quiet(ctx, issue, progress.Messages),
		})
	}
	return all, nil
}

// sending is the part of the first page that shows the progress of issues.
func (p *Pages) sending(w http.ResponseWriter, r *http.Request) error {
	board, err := p.Newsletters.Board(r.Context())
	if err != nil {
		return err
	}
	all, err := p.running(r.Context(), board.Sending)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, sendingNow(all))
}

// relayNotice warns that mail does not leave, and why; nil if it does.
func (p *Pages) relayNotice(ctx context.Context) *ui.Notice {
	if p.Relay == nil {
		return nil
	}
	health := p.Relay()
	switch {
	case !health.Configured:
		return &ui.Notice{Tone: ui.Warning, Title: tell(ctx, "relay.title"), Text: tell(ctx, "relay.none")}
	case !health.Up:
		return &ui.Notice{Tone: ui.Warning, Title: tell(ctx, "relay.title"), Text: tell(ctx, "relay.down",
			"Relay", health.Address, "Since", moment(ctx, health.Since), "Trouble", health.Trouble)}
	}
	return p.someRelaysNotice(ctx)
}

// someRelaysNotice names the mail servers that accept nothing while others do; nil if all accept.
func (p *Pages) someRelaysNotice(ctx context.Context) *ui.Notice {
	if p.Relays == nil {
		return nil
	}
	var down []string
	for _, r := range p.Relays() {
		if !r.Up {
			down = append(down, tell(ctx, "relay.one_down",
				"Name", r.Name, "Relay", r.Address, "Since", moment(ctx, r.Since), "Trouble", r.Trouble))
		}
	}
	if len(down) == 0 {
		return nil
	}
	return &ui.Notice{Tone: ui.Warning, Title: tell(ctx, "relay.some"), Text: strings.Join(down, " ")}
}

// alarms tells readers of the audit log about accounts that asked for many audiences that hardly differ.
func (p *Pages) alarms(ctx context.Context) ([]ui.Notice, error) {
	if !access.From(ctx).Can(access.ReadAudit) {
		return nil, nil
	}
	all, err := p.Newsletters.Disclosure.Alarms(ctx)
	notices := make([]ui.Notice, len(all))
	for i, a := range all {
		notices[i] = ui.Notice{Tone: ui.Warning, Title: tell(ctx, "alarm.title"), Text: tell(ctx, "alarm.text",
			"Account", a.Account, "When", moment(ctx, a.At), "Number", ui.NumberText(ctx, a.Alike))}
	}
	return notices, err
}
