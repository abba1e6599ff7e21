package demo_test

import (
	"bytes"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"unoxuno/internal/app/demo"
	"unoxuno/internal/content"
)

// read takes an issue's file apart as the command line does.
func read(t *testing.T, issue demo.Issue) (head map[string]string, blocks []content.Block) {
	t.Helper()
	parts := bytes.SplitN(issue.Markdown, []byte("---\n"), 3)
	if len(parts) != 3 || len(parts[0]) != 0 {
		t.Fatalf("%s/%s has no front matter", issue.Newsletter, issue.Slug)
	}
	if err := yaml.Unmarshal(parts[1], &head); err != nil {
		t.Fatalf("%s/%s: front matter: %v", issue.Newsletter, issue.Slug, err)
	}
	blocks, err := content.ParseMarkdown(parts[2])
	if err != nil {
		t.Errorf("%s/%s: %v\n%s", issue.Newsletter, issue.Slug, err, parts[2])
	}
	return head, blocks
}

func pastIssues(t *testing.T) []demo.Issue {
	t.Helper()
	issues, err := demo.Issues(today())
	if err != nil {
		t.Fatal(err)
	}
	return issues
}

func TestIssuesAreSomeMonthsOfGoodOnes(t *testing.T) {
	issues := pastIssues(t)
	if len(issues) < 100 || len(issues) > 160 {
		t.Errorf("%d issues", len(issues))
	}
	if diff := cmp.Diff(issues, pastIssues(t)); diff != "" {
		t.Errorf("the second time differs:\n%s", diff)
	}
	perNewsletter := map[string]int{}
	seen := map[string]bool{}
	newsletters := declared(t).newsletterSlugs()
	for _, issue := range issues {
		if !slices.Contains(newsletters, issue.Newsletter) {
			t.Errorf("newsletter %q does not exist", issue.Newsletter)
		}
		perNewsletter[issue.Newsletter]++
		if key := issue.Newsletter + "/" + issue.Slug; seen[key] {
			t.Errorf("%s stands twice", key)
		} else {
			seen[key] = true
		}
		if !issue.SentAt.Before(today()) || issue.SentAt.Before(today().AddDate(0, -8, 0)) {
			t.Errorf("%s/%s was sent on %s", issue.Newsletter, issue.Slug, issue.SentAt)
		}
	}
	for slug, n := range perNewsletter {
		if n > 4 {
			t.Errorf("%s has %d issues", slug, n)
		}
	}
	if !slices.IsSortedFunc(issues, func(a, b demo.Issue) int { return a.SentAt.Compare(b.SentAt) }) {
		t.Error("issues are not in order of sending")
	}
}

func TestIssuesReadAsTheyAreSent(t *testing.T) {
	kinds := map[content.Kind]int{}
	for _, issue := range pastIssues(t) {
		head, blocks := read(t, issue)
		want := map[string]string{"newsletter": issue.Newsletter, "slug": issue.Slug, "title": issue.Title, "language": "it"}
		if diff := cmp.Diff(want, head); diff != "" {
			t.Errorf("%s/%s: front matter (-want +got):\n%s", issue.Newsletter, issue.Slug, diff)
		}
		for _, b := range blocks {
			kinds[b.Kind]++
			if b.Kind == content.KindEvent {
				start, err := time.Parse("2006-01-02T15:04", b.Start)
				if err != nil || start.Before(issue.SentAt) {
					t.Errorf("%s/%s: event %q on %q", issue.Newsletter, issue.Slug, b.Title, b.Start)
				}
			}
		}
		if bytes.Contains(issue.Markdown, []byte("{{")) || bytes.Contains(issue.Markdown, []byte(" @")) {
			t.Errorf("%s/%s shows its template", issue.Newsletter, issue.Slug)
		}
	}
	for _, kind := range []content.Kind{content.KindHeading, content.KindText, content.KindEvent, content.KindButton} {
		if kinds[kind] == 0 {
			t.Errorf("no issue has a %s", kind)
		}
	}
}

func TestIssuesLinkOnlyToReservedDomains(t *testing.T) {
	links := regexp.MustCompile(`(?:\]\(|link: )([^)\s]+)`)
	found := 0
	draft, err := demo.Draft(today())
	if err != nil {
		t.Fatal(err)
	}
	for _, issue := range append(pastIssues(t), draft) {
		for _, match := range links.FindAllStringSubmatch(string(issue.Markdown), -1) {
			found++
			if u, err := url.Parse(match[1]); err != nil || u.Scheme != "https" || !reserved.MatchString(u.Hostname()) {
				t.Errorf("%s/%s links to %s", issue.Newsletter, issue.Slug, match[1])
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d links found", found)
	}
}

func TestDraftWaitsForTheatreLovers(t *testing.T) {
	draft, err := demo.Draft(today())
	if err != nil {
		t.Fatal(err)
	}
	head, blocks := read(t, draft)
	if head["audience"] != `"teatro" in wants` || !draft.SentAt.IsZero() {
		t.Errorf("the draft is for %q, sent at %s", head["audience"], draft.SentAt)
	}
	if !slices.ContainsFunc(blocks, func(b content.Block) bool { return b.Kind == content.KindButton }) {
		t.Error("the draft has no button")
	}
	for _, issue := range pastIssues(t) {
		if issue.Newsletter == draft.Newsletter && strings.EqualFold(issue.Slug, draft.Slug) {
			t.Error("the draft was already sent")
		}
	}
}
