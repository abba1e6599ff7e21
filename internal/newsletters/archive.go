package newsletters

import (
	"context"
	"time"

	"unoxuno/internal/content"
	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/storage"
)

// Summary is a sent issue as lists show it.
type Summary struct {
	Newsletter string // slug
	Slug       string
	Title      string
	Language   string
	Text       string // its first words
	Sent       time.Time
	Damaged    bool // its content cannot be read: Text is empty
}

// ArchiveList is a page of a newsletter's archive.
type ArchiveList struct {
	Issues []Summary
	More   bool
}

const (
	archivedPerPage = 20
	summaryLength   = 200 // characters
)

// Archived returns a page, counted from 1, of the sent issues of a newsletter, newest first.
func (r *Room) Archived(ctx context.Context, newsletter string, page int) (ArchiveList, error) {
	rows, err := db.New(r.DB).Archived(ctx, db.ArchivedParams{
		Newsletter: newsletter, Limit: archivedPerPage + 1, Offset: int32(min(max(page, 1)-1, 100_000) * archivedPerPage),
	})
	if err != nil {
		return ArchiveList{}, err
	}
	more := len(rows) > archivedPerPage
	return ArchiveList{Issues: summaries(rows[:min(len(rows), archivedPerPage)]), More: more}, nil
}

// Latest returns the last n issues of newsletters that are open and not sensitive.
func (r *Room) Latest(ctx context.Context, n int) ([]Summary, error) {
	rows, err := db.New(r.DB).LatestSent(ctx, int32(min(max(n, 1), 100)))
	return summaries(rows), err
}

func summaries(rows []db.NewslettersIssue) []Summary {
	list := make([]Summary, len(rows))
	for at, row := range rows {
		i, _ := issueOf(row, "") // a damaged issue is listed too
		list[at] = Summary{
			Newsletter: i.Newsletter, Slug: i.Slug, Title: i.Title, Language: i.Language,
			Text: content.Summary(i.Blocks, summaryLength), Sent: i.Sent, Damaged: i.Damaged,
		}
	}
	return list
}

// Page is an issue in the archive.
type Page struct {
	Issue      Issue
	Newsletter Newsletter
	HTML       []byte // a fragment; the page around it shows the issue's title as its h1
}

// ReadArchived returns an issue that was sent or is being sent; for any other the fault newsletters.issue.unknown, and
// newsletters.issue.unreadable for a damaged one.
func (r *Room) ReadArchived(ctx context.Context, newsletter, slug string) (Page, error) {
	missing := fault.NotFound("newsletters.issue.unknown", "Text", newsletter+"/"+slug)
	row, err := db.New(r.DB).IssueBySlug(ctx, db.IssueBySlugParams{Newsletter: newsletter, Slug: slug})
	if storage.None(err) {
		return Page{}, missing
	}
	if err != nil {
		return Page{}, err
	}
	i, n, err := withNewsletter(ctx, r.DB, row)
	if err != nil {
		return Page{}, err
	}
	if !i.Public() {
		return Page{}, missing
	}
	html, err := r.page(i)
	return Page{Issue: i, Newsletter: n, HTML: html}, err
}
