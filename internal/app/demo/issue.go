package demo

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"unoxuno/internal/storage"
)

// Issue is one number of a newsletter.
type Issue struct {
	Newsletter string // slug
	Slug       string // unique within the newsletter
	Title      string
	SentAt     time.Time // zero for a draft
	Markdown   []byte    // as `unoxuno issue send` takes it, front matter and all
}

// frontMatter is the head of an issue's file.
type frontMatter struct {
	Newsletter string `yaml:"newsletter"`
	Slug       string `yaml:"slug"`
	Title      string `yaml:"title"`
	Language   string `yaml:"language"`
	Audience   string `yaml:"audience,omitempty"`
}

// Issues are the past issues as seen at now, oldest first: up to four of each newsletter that has started to write, over
// some months. Two calls on one day give the same issues.
func Issues(now time.Time) ([]Issue, error) {
	zone, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		return nil, fmt.Errorf("demo: the town's time zone: %w", err)
	}
	town, err := parseTown()
	if err != nil {
		return nil, err
	}
	themes, err := parseThemes()
	if err != nil {
		return nil, err
	}
	var issues []Issue
	for i, n := range town.Newsletters {
		t := slices.IndexFunc(themes, func(t theme) bool { return slices.Contains(t.newsletters, n.Slug) })
		if t < 0 {
			continue // has not written yet
		}
		own, err := issuesOf(n, themes[t], i, now.In(zone))
		if err != nil {
			return nil, err
		}
		issues = append(issues, own...)
	}
	slices.SortStableFunc(issues, func(a, b Issue) int { return a.SentAt.Compare(b.SentAt) })
	return issues, nil
}

// Draft is the issue that waits to be sent: the theatre's, for all who want theatre.
func Draft(now time.Time) (Issue, error) {
	const title = "Due settimane di teatro, e un caffè durante le prove"
	head := frontMatter{Newsletter: "sipario", Title: title, Audience: `"teatro" in wants`}
	draft, err := issueOf(head, now, []piece{{title: title, body: draftText}})
	draft.SentAt = time.Time{}
	return draft, err
}

// rhythm is how many past issues a newsletter of that period has, and how many days apart.
func rhythm(period string) (count, days int) {
	switch period {
	case "weekly":
		return 4, 7
	case "fortnightly":
		return 3, 14
	case "monthly":
		return 2, 30
	case "quarterly":
		return 2, 91
	}
	return 1, 45
}

// issuesOf are the past issues of the i-th newsletter. Each begins with a piece that no other issue of it has, and goes
// on with one or two more from the same theme.
func issuesOf(n newsletter, t theme, i int, now time.Time) ([]Issue, error) {
	fit, others := t.of(n.Slug)
	count, days := rhythm(n.Period)
	count = min(count, len(fit))
	more := slices.Concat(fit[count:], others)
	var issues []Issue
	for k := range count {
		pieces := []piece{fit[k]}
		for range 1 + (i+k)%2 {
			if len(more) > 0 {
				pieces, more = append(pieces, more[0]), more[1:]
			}
		}
		back := days*(count-1-k) + 1 + i%days
		issue, err := issueOf(frontMatter{Newsletter: n.Slug, Title: fit[k].title}, sendingTime(now, back, i), pieces)
		if err != nil {
			return nil, err
		}
		issues = append(issues, issue)
	}
	return issues, nil
}

// sendingTime is an hour of the office's day, so many days ago; what would fall on a Sunday leaves on Saturday.
func sendingTime(now time.Time, daysAgo, i int) time.Time {
	day := now.AddDate(0, 0, -daysAgo)
	if day.Weekday() == time.Sunday {
		day = day.AddDate(0, 0, -1)
	}
	return time.Date(day.Year(), day.Month(), day.Day(), 9+i%8, i*7%60, 0, 0, now.Location())
}

// issueOf writes the file of an issue: the first piece carries the title, the others go under headings.
func issueOf(head frontMatter, sent time.Time, pieces []piece) (Issue, error) {
	head.Language = "it"
	head.Slug = slugOf(head.Title)
	front, err := yaml.MarshalWithOptions(head, yaml.UseSingleQuote(true))
	if err != nil {
		return Issue{}, fmt.Errorf("demo: front matter: %w", err)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "---\n%s---\n\n", front)
	for i, p := range pieces {
		body, err := render(p.body, sent)
		if err != nil {
			return Issue{}, fmt.Errorf("%s: %q: %w", head.Newsletter, p.title, err)
		}
		if i > 0 {
			fmt.Fprintf(&out, "\n## %s\n\n", p.title)
		}
		out.WriteString(strings.TrimSpace(body) + "\n")
	}
	return Issue{Newsletter: head.Newsletter, Slug: head.Slug, Title: head.Title, SentAt: sent, Markdown: out.Bytes()}, nil
}

// slugOf is a title as the last part of an address.
func slugOf(title string) string {
	words := strings.FieldsFunc(storage.Fold(title), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return strings.Join(words, "-")
}
