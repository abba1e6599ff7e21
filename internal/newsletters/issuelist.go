package newsletters

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/disclosure"
	"unoxuno/internal/storage"
)

// IssueQuery selects issues; empty fields select all.
type IssueQuery struct {
	Newsletter string
	State      State
	Text       string // words in the title
	Page       int    // from 1
}

// IssueList is a page of issues. Some may be Damaged.
type IssueList struct {
	Issues []Issue
	More   bool
}

// issuesPerPage is the number of issues on a page of the office.
const issuesPerPage = 25

// Issues returns the selected issues of the actor's newsrooms, last changed first.
func (r *Room) Issues(ctx context.Context, ask IssueQuery) (IssueList, error) {
	list, err := r.issues(ctx, ask, "i.updated_at DESC, i.id DESC", issuesPerPage+1, (max(ask.Page, 1)-1)*issuesPerPage)
	if err != nil {
		return IssueList{}, err
	}
	more := len(list) > issuesPerPage
	return IssueList{Issues: list[:min(len(list), issuesPerPage)], More: more}, nil
}

// Board is what the office's first page shows of the actor's newsrooms.
type Board struct {
	Drafts, Scheduled, Sending, Recent []Issue           // a few of each; some may be Damaged
	Subscriptions                      disclosure.Figure // current ones, to newsletters of those newsrooms
	Newsletters                        int64             // number of open ones
}

// boardRows is the number of issues in each part of the board. boardWeek is how many issues may be in progress at a
// time, including those that only wait for a digest.
const (
	boardRows = 5
	boardWeek = 100
)

// Board returns what is going on in the actor's newsrooms.
func (r *Room) Board(ctx context.Context) (Board, error) {
	var b Board
	for _, part := range []struct {
		into  *[]Issue
		state State
		order string
	}{
		{&b.Drafts, Draft, "i.updated_at DESC"}, {&b.Scheduled, Scheduled, "i.scheduled_at"},
		{&b.Sending, Sending, "i.sent_at DESC"}, {&b.Recent, Sent, "i.sent_at DESC"},
	} {
		rows := boardRows
		if part.state == Sending {
			rows = boardWeek
		}
		list, err := r.issues(ctx, IssueQuery{State: part.state}, part.order, rows, 0)
		if err != nil {
			return b, err
		}
		*part.into = list
	}
	if err := r.settled(ctx, &b); err != nil {
		return b, err
	}
	mine, err := r.Mine(ctx)
	if err != nil {
		return b, err
	}
	c, cells, err := r.subscribed(ctx)
	if err != nil {
		return b, err
	}
	all := disclosure.Named{Name: "subscriptions", Floor: disclosure.Floor}
	for _, n := range mine {
		all.Name += " " + n.Slug
		all.Cell.Plus(cells[n.Slug])
		all.Floor = max(all.Floor, c.floor(ctx, n))
		if !n.Closed {
			b.Newsletters++
		}
	}
	figures, err := r.Disclosure.Settled(ctx, all)
	if err == nil {
		b.Subscriptions = figures[0]
	}
	return b, err
}

// settled moves the issues that only wait for a digest to the sent ones: nothing changes there for now.
func (r *Room) settled(ctx context.Context, b *Board) error {
	var moving []Issue
	for _, i := range b.Sending {
		owed, err := r.Delivery.Unfinished(ctx, r.DB, Origin, i.ID)
		if err != nil {
			return err
		}
		if owed {
			moving = append(moving, i)
		} else {
			b.Recent = append(b.Recent, i)
		}
	}
	slices.SortStableFunc(b.Recent, func(x, y Issue) int { return y.Sent.Compare(x.Sent) })
	b.Sending, b.Recent = moving[:min(len(moving), boardRows)], b.Recent[:min(len(b.Recent), boardRows)]
	return nil
}

// issues lists issues of the newsletters in whose newsroom the actor may write or read statistics.
func (r *Room) issues(ctx context.Context, ask IssueQuery, order string, limit, offset int) ([]Issue, error) {
	var b storage.Builder
	b.Add(`SELECT i.id, i.newsletter, n.newsroom, i.slug, i.title, i.language, i.audience, i.state, i.version,
		i.scheduled_at, i.sent_at, i.finished_at, i.updated_at, i.updated_by, i.archived, i.blocks, i.frame
		FROM newsletters_issue i JOIN newsletters_newsletter n ON n.slug = i.newsletter WHERE 1 = 1`)
	if actor := access.From(ctx); !actor.Can(access.WriteIssues) && !actor.Can(access.ReadStatistics) {
		return nil, nil
	} else if actor.Newsrooms != nil {
		b.Add(" AND n.newsroom IN (''")
		for _, slug := range actor.Newsrooms {
			b.Add(", ?", slug)
		}
		b.Add(")")
	}
	if ask.Newsletter != "" {
		b.Add(" AND i.newsletter = ?", ask.Newsletter)
	}
	if ask.State != "" {
		b.Add(" AND i.state = ?", string(ask.State))
	}
	for _, word := range strings.Fields(storage.Fold(ask.Text)) {
		b.Add(" AND i.search LIKE ? ESCAPE '!'", "%"+likeLiteral(word)+"%")
	}
	b.Add(" ORDER BY "+order+" LIMIT ? OFFSET ?", limit, offset)
	var list []Issue
	err := each(ctx, r.DB, b.SQL(), b.Args(), func(rows *sql.Rows) error {
		var i Issue
		var scheduled, sent, finished, updated int64
		var blocks, kept string
		if err := rows.Scan(&i.ID, &i.Newsletter, &i.Newsroom, &i.Slug, &i.Title, &i.Language, &i.Audience, &i.State,
			&i.Version, &scheduled, &sent, &finished, &updated, &i.UpdatedBy, &i.Archived, &blocks, &kept); err != nil {
			return err
		}
		i.Scheduled, i.Sent = clock.Time(scheduled), clock.Time(sent)
		i.Finished, i.Updated = clock.Time(finished), clock.Time(updated)
		_ = i.read(blocks, kept) // a damaged issue is listed too
		list = append(list, i)
		return nil
	})
	return list, err
}

// likeLiteral escapes text for LIKE, with "!" as the escape character.
func likeLiteral(text string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(text)
}
