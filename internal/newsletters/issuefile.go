package newsletters

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/content"
	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/storage"
	"unoxuno/internal/yamlfile"
)

// head is the front matter of an issue's file.
type head struct {
	Newsletter string `yaml:"newsletter"`
	Slug       string `yaml:"slug"`
	Title      string `yaml:"title"`
	Language   string `yaml:"language"`
	Audience   string `yaml:"audience"`
	SMS        string `yaml:"sms"`
	Urgent     bool   `yaml:"urgent"`
}

// fence separates front matter and body.
const fence = "---"

// ParseIssueFile reads an issue from a Markdown file with front matter in YAML:
//
//	---
//	newsletter: teatro            # slug
//	slug: 2026-12
//	title: Il teatro a dicembre
//	language: it                  # default: the town's first
//	audience: "teatro" in wants   # optional
//	sms: Stasera a teatro…        # the text message; optional
//	urgent: true                  # goes to everybody at once; optional
//	---
//	Markdown, in the form of content.ParseMarkdown
//
// Texts are read as written: a slug 0112 keeps its zero, and a title may contain a colon or a number sign. The error
// has all faults (fault.Problems), each with the argument Line, its line in the file. An unknown key in the front
// matter is a fault: a misspelt "audience" must not send to everybody.
func ParseIssueFile(src []byte) (Content, error) {
	src = bytes.TrimPrefix(src, []byte("\uFEFF"))
	text := strings.ReplaceAll(strings.ReplaceAll(string(src), "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(text, "\n")
	end := -1
	for i := 1; i < len(lines) && strings.TrimRight(lines[0], " \t") == fence; i++ {
		if strings.TrimRight(lines[i], " \t") == fence {
			end = i
			break
		}
	}
	if end < 0 {
		return Content{}, fault.Invalid("newsletters.file.head", "Line", 1)
	}
	h, err := parseHead(lines[1:end])
	var problems fault.Problems
	_ = problems.Add("", err) // only faults
	if err == nil {
		problems = append(problems, h.missing(end+1)...)
	}
	body := strings.Repeat("\n", end+1) + strings.Join(lines[end+1:], "\n")
	blocks, err := content.ParseMarkdown([]byte(body))
	_ = problems.Add("", err) // only faults
	c := Content{
		Newsletter: h.Newsletter, Slug: h.Slug, Title: h.Title, Language: h.Language, Blocks: blocks, Audience: h.Audience,
		SMS: h.SMS, Urgent: h.Urgent,
	}
	return c, problems.Err()
}

// missing returns a fault for each required key that the front matter lacks; line is the line where it ends.
func (h head) missing(line int) fault.Problems {
	var problems fault.Problems
	for _, f := range []struct{ name, value string }{{"newsletter", h.Newsletter}, {"slug", h.Slug}, {"title", h.Title}} {
		if strings.TrimSpace(f.value) == "" {
			problems = append(problems, fault.Invalid("newsletters.file.missing", "Line", line, "Name", f.name).On(f.name))
		}
	}
	return problems
}

// entry matches a line "key: value" of front matter.
var entry = regexp.MustCompile(`^([A-Za-z_]+:[ \t]+)([^ \t].*?)[ \t]*$`)

// wholly matches a value that YAML reads as its author means it: quoted from end to end, or the beginning of a block of
// lines.
var wholly = regexp.MustCompile(`^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[|>][0-9+-]*)(?:[ \t]+#.*)?$`)

// quoted quotes values that YAML would misread: an audience that begins with a quotation mark, and a title or text
// message without quotes, which may contain a colon, a number sign or a bracket.
func quoted(lines []string) []string {
	all := slices.Clone(lines)
	for i, line := range lines {
		m := entry.FindStringSubmatch(line)
		if m == nil || wholly.MatchString(m[2]) || i+1 < len(lines) && goesOn(lines[i+1]) {
			continue
		}
		free := strings.HasPrefix(m[1], "title:") || strings.HasPrefix(m[1], "sms:")
		if free && !strings.HasPrefix(m[2], "#") || strings.HasPrefix(m[2], `"`) {
			all[i] = m[1] + "'" + strings.ReplaceAll(m[2], "'", "''") + "'"
		}
	}
	return all
}

// goesOn tells whether a line continues the value of the line before.
func goesOn(line string) bool {
	return strings.TrimSpace(line) != "" && (line[0] == ' ' || line[0] == '\t')
}

func parseHead(lines []string) (head, error) {
	var h head
	err := yamlfile.Decode([]byte(strings.Join(quoted(lines), "\n")+"\n"), &h)
	var wrong *yamlfile.Error
	switch {
	case err == nil:
		return h, nil
	case !errors.As(err, &wrong):
		return h, err
	}
	line := wrong.Line + 1 // the fence is the first line
	if wrong.Unknown == "" {
		return h, fault.Invalid("newsletters.file.yaml", "Line", line).Because(err)
	}
	known := []string{"newsletter", "slug", "title", "language", "audience", "sms", "urgent"}
	problem := unknown(fault.KindInvalid, "newsletters.file.unknown", wrong.Unknown, known)
	problem.Args["Line"], problem.Args["Known"] = line, known
	return h, problem
}

// Archive adds to the archive an issue that was sent at sentAt with another program, so that a town that moves here
// keeps its past issues. Nothing is sent. Doing it again changes nothing. It asks access.SendIssues.
func (r *Room) Archive(ctx context.Context, c Content, sentAt time.Time) (Issue, error) {
	c, err := r.checked(ctx, c, "")
	if err != nil {
		return Issue{}, err
	}
	if err := content.Validate(c.Blocks); err != nil {
		return Issue{}, err
	}
	if sentAt.After(r.Clock.Now()) || sentAt.IsZero() {
		return Issue{}, fault.Invalid("newsletters.archive.date").On("sent_at")
	}
	var archived Issue
	err = r.DB.Tx(ctx, func(tx *storage.Tx) error {
		kept, err := db.New(tx).IssueBySlug(ctx, db.IssueBySlugParams{Newsletter: c.Newsletter, Slug: c.Slug})
		if err == nil {
			var before Issue
			if before, _, err = issueFor(ctx, tx, kept.ID, access.SendIssues); err != nil {
				return err
			}
			if !before.Archived || !before.says(c) {
				return fault.Conflict("newsletters.issue.closed")
			}
			archived = before
			return nil
		}
		if !storage.None(err) {
			return err
		}
		archived, err = r.create(ctx, tx, c, beginning{
			state: Sent, sentAt: clock.Millis(sentAt), permission: access.SendIssues, action: "audit.issue.archived",
		})
		return err
	})
	return archived, err
}
