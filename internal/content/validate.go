package content

import (
	"unicode/utf8"

	"unoxuno/internal/fault"
)

// Limits on what an editor writes, in characters: far above any good newsletter, below what harms a mail program.
const (
	maxLine = 300
	maxText = 20_000
)

// Validate says everything that keeps the blocks from being sent, as fault.Problems, or nil. A problem's field is the
// block's ID, a point, and the name of the field in JSON: "b3.alt"; the field "blocks" concerns them all. What a text
// holds and cannot be shown comes with the argument Line, the line of that text.
//
// Blocks that are not valid can still be rendered for a preview, and safely.
func Validate(blocks []Block) error {
	var problems fault.Problems
	if len(blocks) == 0 {
		problems = append(problems, fault.Invalid("content.blocks.none").On("blocks"))
	}
	seen := map[string]bool{}
	for _, b := range blocks {
		if b.ID == "" || seen[b.ID] {
			problems = append(problems, fault.Invalid("content.blocks.id", "ID", b.ID).On("blocks"))
		}
		seen[b.ID] = true
		problems = append(problems, check(b)...)
	}
	return problems.Err()
}

// check says what is wrong with one block.
func check(b Block) fault.Problems {
	c := checker{id: b.ID}
	switch b.Kind {
	case KindHeading:
		c.line("text", b.Text, "content.heading.empty")
		if b.Level != 2 && b.Level != 3 {
			c.wrong("level", "content.heading.level")
		}
	case KindText:
		c.text(b.Text)
	case KindImage:
		c.address("url", b.URL, safeImage, "content.image.url.empty", "content.image.url.malformed")
		if safeImage(b.URL) && !isPath(b.URL) {
			c.wrong("url", "content.image.elsewhere", "URL", b.URL)
		}
		c.line("alt", b.Alt, "content.image.alt.empty")
		c.line("caption", b.Caption, "")
	case KindEvent:
		c.line("title", b.Title, "content.event.title.empty")
		c.line("place", b.Place, "content.event.place.empty")
		c.time(b.Start, b.End)
		c.address("url", b.URL, safeLink, "", "content.url.malformed")
	case KindButton:
		c.line("label", b.Label, "content.button.label.empty")
		c.address("url", b.URL, safeLink, "content.button.url.empty", "content.url.malformed")
	case KindDivider:
	default:
		c.wrong("kind", "content.blocks.kind", "Kind", string(b.Kind))
	}
	return c.problems
}

// checker gathers the problems of one block.
type checker struct {
	id       string
	problems fault.Problems
}

func (c *checker) wrong(field, key string, args ...any) {
	c.problems = append(c.problems, fault.Invalid(key, args...).On(c.id+"."+field))
}

// line checks a line of plain text; ifEmpty is the fault of an empty one, "" if it may be empty.
func (c *checker) line(field, value, ifEmpty string) {
	if oneLine(value) == "" && ifEmpty != "" {
		c.wrong(field, ifEmpty)
	}
	if utf8.RuneCountInString(value) > maxLine {
		c.wrong(field, "content.line.long", "Max", maxLine)
	}
}

func (c *checker) address(field, value string, safe func(string) bool, ifEmpty, ifMalformed string) {
	switch {
	case value == "" && ifEmpty == "":
	case value == "":
		c.wrong(field, ifEmpty)
	case !safe(value):
		c.wrong(field, ifMalformed, "URL", value)
	}
}

func (c *checker) time(start, end string) {
	from, ok := parseMoment(start)
	if start == "" {
		c.wrong("start", "content.event.start.empty")
	} else if !ok {
		c.wrong("start", "content.event.time.malformed", "Value", start)
	}
	if end == "" {
		return
	}
	to, endOK := parseMoment(end)
	switch {
	case !endOK:
		c.wrong("end", "content.event.time.malformed", "Value", end)
	case ok && from.timed != to.timed:
		c.wrong("end", "content.event.end.unlike")
	case ok && to.Before(from.Time):
		c.wrong("end", "content.event.end.early")
	}
}

// text checks that a text says something, and that all it holds can be shown.
func (c *checker) text(source string) {
	if utf8.RuneCountInString(source) > maxText {
		c.wrong("text", "content.text.long", "Max", maxText)
		return
	}
	m := parseText(source)
	if m.plain(m.root) == "" {
		c.wrong("text", "content.text.empty")
	}
	for _, problem := range m.refusals() {
		c.problems = append(c.problems, problem.On(c.id+".text"))
	}
}
