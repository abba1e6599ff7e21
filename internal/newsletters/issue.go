package newsletters

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/content"
	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/plaintext"
	"unoxuno/internal/storage"
)

// State is the state of an issue.
type State string

// The states of an issue, in order. The word of each is "newsletters.state." and the state.
const (
	Draft     State = "draft"
	Scheduled State = "scheduled" // sent automatically at its time
	Sending   State = "sending"   // somebody still waits for it
	Sent      State = "sent"
	Cancelled State = "cancelled" // while scheduled or while being sent; what was sent stays sent
)

// Content is what an editor writes.
type Content struct {
	Newsletter string // slug
	Slug       string // unique in its newsletter; "" is made from the title
	Title      string
	Language   string // BCP 47; "" means the town's first language
	Blocks     []content.Block
	Audience   string // narrows the recipients; "" does not
	SMS        string // the text message; "" means that it goes by e-mail only
	Urgent     bool   // goes to everybody at once, whatever their pace, pause or limit; see access.SendUrgent
}

// Issue is one number of a newsletter.
type Issue struct {
	ID         int64
	Newsletter string // slug
	Newsroom   string // slug
	Slug       string
	Title      string
	Language   string
	Blocks     []content.Block
	Audience   string
	SMS        string
	Urgent     bool
	State      State
	Version    int64 // grows with every change

	Scheduled time.Time // when it will be sent; zero unless it is scheduled
	Sent      time.Time // when sending began: the issue's date
	Finished  time.Time // when nobody waited for it any more
	Cancelled time.Time
	Created   time.Time
	Updated   time.Time

	CreatedBy string
	UpdatedBy string
	SentBy    string
	Archived  bool // sent before the town used this program: it has no delivery statistics
	Damaged   bool // its content or sender cannot be read: see Readable
}

// Document returns the issue for package content.
func (i Issue) Document() content.Document {
	return content.Document{Language: i.Language, Title: i.Title, Blocks: i.Blocks}
}

// Content returns what was written in the issue.
func (i Issue) Content() Content {
	return Content{i.Newsletter, i.Slug, i.Title, i.Language, i.Blocks, i.Audience, i.SMS, i.Urgent}
}

// Editable tells whether the issue is a draft.
func (i Issue) Editable() bool { return i.State == Draft }

// Public tells whether the archive shows the issue.
func (i Issue) Public() bool { return i.State == Sending || i.State == Sent }

// Subject returns the issue's name in the audit log.
func (i Issue) Subject() string { return "issue " + i.Newsletter + "/" + i.Slug }

// Readable returns the fault newsletters.issue.unreadable if the issue's row is damaged. Everything but its content is
// known then.
func (i Issue) Readable() error {
	if i.Damaged {
		return fault.Unavailable("newsletters.issue.unreadable")
	}
	return nil
}

// ReadyToSend returns everything that prevents sending or scheduling the issue: its state, or faults in its blocks as
// content.Validate names them.
func (i Issue) ReadyToSend() error {
	if err := i.Readable(); err != nil {
		return err
	}
	switch i.State {
	case Draft, Scheduled:
	case Cancelled:
		return fault.Conflict("newsletters.issue.cancelled")
	default:
		return fault.Conflict("newsletters.issue.closed")
	}
	return content.Validate(i.Blocks)
}

// issueOf returns the issue of a row. For a damaged row it returns what can be read, and the fault
// newsletters.issue.unreadable.
func issueOf(row db.NewslettersIssue, newsroom string) (Issue, error) {
	i := Issue{
		ID: row.ID, Newsletter: row.Newsletter, Newsroom: newsroom, Slug: row.Slug, Title: row.Title,
		Language: row.Language, Audience: row.Audience, SMS: row.SmsText, Urgent: row.Urgent, State: State(row.State), Version: row.Version,
		Scheduled: clock.Time(row.ScheduledAt), Sent: clock.Time(row.SentAt), Finished: clock.Time(row.FinishedAt),
		Cancelled: clock.Time(row.CancelledAt), Created: clock.Time(row.CreatedAt), Updated: clock.Time(row.UpdatedAt),
		CreatedBy: row.CreatedBy, UpdatedBy: row.UpdatedBy, SentBy: row.SentBy, Archived: row.Archived,
	}
	err := i.read(row.Blocks, row.Frame)
	return i, err
}

// read parses the issue's content, or marks the issue as damaged.
func (i *Issue) read(blocks, kept string) error {
	var err error
	if blocks != "" {
		err = json.Unmarshal([]byte(blocks), &i.Blocks)
	}
	if err == nil && kept != "" {
		err = json.Unmarshal([]byte(kept), new(frame))
	}
	if err == nil {
		return nil
	}
	i.Damaged, i.Blocks = true, nil
	return fault.Unavailable("newsletters.issue.unreadable").Because(fmt.Errorf("newsletters: issue %d: %w", i.ID, err))
}

// issue loads an issue with its newsletter. For a damaged one it returns what can be read, and the fault
// newsletters.issue.unreadable.
func issue(ctx context.Context, q storage.Queryer, id int64) (Issue, Newsletter, error) {
	row, err := db.New(q).GetIssue(ctx, id)
	if storage.None(err) {
		return Issue{}, Newsletter{}, fault.NotFound("newsletters.issue.unknown", "Text", fmt.Sprint(id))
	}
	if err != nil {
		return Issue{}, Newsletter{}, err
	}
	return withNewsletter(ctx, q, row)
}

func withNewsletter(ctx context.Context, q storage.Queryer, row db.NewslettersIssue) (Issue, Newsletter, error) {
	c, err := loadCatalogue(ctx, q)
	if err != nil {
		return Issue{}, Newsletter{}, err
	}
	n, err := c.find(row.Newsletter)
	if err != nil {
		return Issue{}, Newsletter{}, err
	}
	i, err := issueOf(row, n.Newsroom.Slug)
	return i, n, err
}

// issueFor loads an issue for an actor with the permission in its newsroom.
func issueFor(ctx context.Context, q storage.Queryer, id int64, p access.Permission) (Issue, Newsletter, error) {
	i, n, err := issue(ctx, q, id)
	if err != nil {
		return i, n, err
	}
	return i, n, may(ctx, p, i.Newsroom)
}

// anyIssue is issue for callers that do not need the content: a damaged issue can still be stopped, and unsubscribed
// from.
func anyIssue(ctx context.Context, q storage.Queryer, id int64) (Issue, Newsletter, error) {
	i, n, err := issue(ctx, q, id)
	if i.Damaged {
		err = nil
	}
	return i, n, err
}

// anyIssueFor is issueFor for such callers.
func anyIssueFor(ctx context.Context, q storage.Queryer, id int64, p access.Permission) (Issue, Newsletter, error) {
	i, n, err := anyIssue(ctx, q, id)
	if err != nil {
		return i, n, err
	}
	return i, n, may(ctx, p, i.Newsroom)
}

// Issue returns the issue, for staff who write or read statistics in its newsroom. It may be Damaged.
func (r *Room) Issue(ctx context.Context, id int64) (Issue, error) {
	i, _, err := anyIssue(ctx, r.DB, id)
	if err != nil {
		return Issue{}, err
	}
	if may(ctx, access.ReadStatistics, i.Newsroom) == nil {
		return i, nil
	}
	return i, may(ctx, access.WriteIssues, i.Newsroom)
}

// FindIssue returns the issue named on the command line: by number, by "newsletter/slug", or by slug if it is unique.
func (r *Room) FindIssue(ctx context.Context, ref string) (Issue, error) {
	missing := fault.NotFound("newsletters.issue.unknown", "Text", ref)
	var id int64
	queries := db.New(r.DB)
	if newsletter, slug, ok := strings.Cut(ref, "/"); ok {
		row, err := queries.IssueBySlug(ctx, db.IssueBySlugParams{Newsletter: newsletter, Slug: slug})
		if storage.None(err) {
			return Issue{}, missing
		}
		if err != nil {
			return Issue{}, err
		}
		id = row.ID
	} else {
		found, err := queries.IssuesOfSlug(ctx, ref)
		switch {
		case err != nil:
			return Issue{}, err
		case len(found) == 1:
			id = found[0]
		case len(found) > 1:
			return Issue{}, fault.Invalid("newsletters.issue.ambiguous", "Text", ref)
		default:
			if _, err := fmt.Sscan(ref, &id); err != nil {
				return Issue{}, missing
			}
		}
	}
	return r.Issue(ctx, id)
}

var languageForm = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

// maxTitle is the length in characters of the longest title accepted: mail programs cut long subject lines.
const maxTitle = 200

// checked returns the content in normal form, or all its faults, on the fields title, slug, language, sms and audience.
// stands is the audience that the issue had before. Blocks may be unfinished.
func (r *Room) checked(ctx context.Context, c Content, stands string) (Content, error) {
	var problems fault.Problems
	title, err := plaintext.Line(c.Title)
	if err := problems.Add("title", err); err != nil {
		return c, err
	}
	if err == nil {
		c.Title = title
	}
	c.Slug, c.Audience = strings.TrimSpace(c.Slug), strings.TrimSpace(c.Audience)
	c.SMS = strings.TrimSpace(plaintext.Visible(strings.ReplaceAll(c.SMS, "\r\n", "\n")))
	if c.Slug == "" {
		c.Slug = slugOf(c.Title)
	}
	if c.Language == "" {
		c.Language = r.defaultLanguage()
	}
	switch {
	case c.Title == "":
		problems = append(problems, fault.Invalid("newsletters.title.missing").On("title"))
	case len([]rune(c.Title)) > maxTitle:
		problems = append(problems, fault.Invalid("newsletters.title.long", "Max", maxTitle).On("title"))
	}
	if !validSlug(c.Slug) && (c.Slug != "" || c.Title != "") {
		problems = append(problems, slugFault(c.Slug, "2026-11").On("slug"))
	}
	if !languageForm.MatchString(c.Language) {
		problems = append(problems, fault.Invalid("newsletters.language.malformed", "Text", c.Language).On("language"))
	}
	if parts := len(r.textOf(c.SMS, c.Language, 0).Parts); c.SMS != "" && parts > maxParts {
		problems = append(problems, fault.Invalid("newsletters.sms.long", "Parts", parts, "Max", maxParts).On("sms"))
	}
	err = r.mayAsk(ctx, c, stands)
	if err := problems.Add("audience", err); err != nil {
		return c, err
	}
	return c, problems.Err()
}

// mayAsk returns what is wrong with an issue's audience, or why the context's actor may not use it.
func (r *Room) mayAsk(ctx context.Context, c Content, stands string) error {
	catalogue, err := loadCatalogue(ctx, r.DB)
	if err != nil {
		return err
	}
	n, _ := catalogue.newsletter(c.Newsletter) // writing the issue refuses an unknown one
	_, _, err = r.parse(ctx, n, c.Audience, stands)
	return err
}
