package content

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"

	"unoxuno/internal/fault"
)

// The lines that end a paragraph and are a block, or begin one, of their own (CommonMark §4.1, §4.2, §4.5).
var (
	headingLine = regexp.MustCompile(`^ {0,3}(#{1,6})(?:[ \t]+(.*))?$`)
	dividerLine = regexp.MustCompile(`^ {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$`)
	fenceLine   = regexp.MustCompile("^ {0,3}(?:`{3,}|~{3,})[ \t]*([^`]*)$")
	eventLine   = regexp.MustCompile(`^[ \t]*([A-Za-z]+)[ \t]*:[ \t]*(.*)$`)

	closingMarks = regexp.MustCompile(`(?:^|[ \t]+)#+[ \t]*$`)         // of a heading's line
	underline    = regexp.MustCompile(`^ {0,3}(?:={3,}|-{3,})[ \t]*$`) // of a heading of two lines or more (§4.3)
)

const buttonMark = "{.button}"

// ParseMarkdown reads the body of a Markdown file into blocks, with the IDs b1, b2…
//
//	# Heading, ## Heading                 a heading of level 2: the title is its only h1
//	### Heading                           a heading of level 3, as are the deeper ones
//	Heading, and a line of === or --- under it: of level 2
//	paragraphs and lists                  one text, up to the next block of another kind
//	![alternative](address "caption")     alone in its paragraph: an image; the caption may be missing
//	[label](address){.button}             alone in its paragraph: a button
//	---                                   a divider
//
//	```event                              an event; end and link may be missing
//	title: Concerto di Natale
//	date: 2026-12-05 18:30
//	end: 2026-12-05 20:00
//	place: Teatro Comunale
//	link: https://www.comune.example/concerto
//	```
//
// Every word of the file stands in a block, or the file is refused. What cannot be taken is said all at once, as
// fault.Problems whose argument Line is the number of the line on which it stands. The blocks that were understood are
// returned in any case. A caller who has cut a head off the file can put as many empty lines in its place, so that the
// numbers remain those of the file.
func ParseMarkdown(src []byte) ([]Block, error) {
	src = bytes.TrimPrefix(src, []byte("\uFEFF"))
	text := strings.ReplaceAll(strings.ReplaceAll(string(src), "\r\n", "\n"), "\r", "\n")
	s := scanner{lines: strings.Split(text, "\n")}
	for i, line := range s.lines {
		if !utf8.ValidString(line) {
			return nil, fault.Problems{fault.Invalid("content.markdown.encoding", "Line", i+1)}
		}
	}
	for s.at < len(s.lines) {
		s.next()
	}
	s.endText()
	if len(s.blocks) == 0 && len(s.problems) == 0 {
		s.problems = append(s.problems, fault.Invalid("content.blocks.none").On("blocks"))
	}
	return s.blocks, s.problems.Err()
}

// scanner reads lines into blocks.
type scanner struct {
	lines     []string
	at        int // the line about to be read
	textFrom  int // where the text being gathered begins
	textUntil int // past its last line; not above textFrom when there is none
	blocks    []Block
	problems  fault.Problems
}

// next takes the line that stands next, and those that belong to it.
func (s *scanner) next() {
	line := s.lines[s.at]
	if strings.TrimSpace(line) == "" {
		s.at++
		return
	}
	if h := headingLine.FindStringSubmatch(line); h != nil {
		s.heading(s.at, len(h[1]), closingMarks.ReplaceAllString(h[2], ""))
		s.at++
		return
	}
	if dividerLine.MatchString(line) {
		s.add(s.at, Block{Kind: KindDivider})
		s.at++
		return
	}
	if f := fenceLine.FindStringSubmatch(line); f != nil {
		s.fence(strings.TrimSpace(f[1]))
		return
	}
	from := s.at
	for s.at < len(s.lines) && !endsParagraph(s.lines[s.at]) {
		if s.isUnderlined(from) {
			break
		}
		s.at++
	}
	paragraph := strings.Join(s.lines[from:s.at], "\n")
	if b, ok := standalone(paragraph); ok {
		s.add(from, b)
		return
	}
	if s.isUnderlined(from) {
		s.heading(from, 2, paragraph)
		s.at++
		return
	}
	if s.textUntil <= s.textFrom {
		s.textFrom = from
	}
	s.textUntil = s.at
}

func endsParagraph(line string) bool {
	return strings.TrimSpace(line) == "" || headingLine.MatchString(line) || dividerLine.MatchString(line) ||
		fenceLine.MatchString(line)
}

// isUnderlined tells whether the line to be read next makes a heading of the lines from from on, which it does of a
// plain paragraph alone.
func (s *scanner) isUnderlined(from int) bool {
	if s.at == from || s.at == len(s.lines) || !underline.MatchString(s.lines[s.at]) {
		return false
	}
	first := parseText(strings.Join(s.lines[from:s.at], "\n")).root.FirstChild()
	return first != nil && first.Kind() == ast.KindParagraph && first.NextSibling() == nil
}

// heading adds a heading that begins at the given line. It holds plain text: what would be lost is refused.
func (s *scanner) heading(line, level int, text string) {
	m := parseLine(text)
	_ = ast.Walk(m.root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		key := ""
		switch n.Kind() {
		case ast.KindLink:
			key = "content.heading.link"
		case ast.KindImage:
			key = "content.text.image"
		case ast.KindRawHTML:
			key = "content.text.html"
		}
		if entering && key != "" {
			said := m.leaf(n)
			s.problems = append(s.problems,
				fault.Invalid(key, "Line", line+m.line(n.Pos()), "URL", m.target(n), "Text", shorten(oneLine(said), 40)))
		}
		return ast.WalkContinue, nil
	})
	s.add(line, Block{Kind: KindHeading, Level: min(max(level, 2), 3), Text: m.plain(m.root)})
}

// endText makes a block of the text gathered so far.
func (s *scanner) endText() {
	from, until := s.textFrom, s.textUntil
	s.textFrom, s.textUntil = 0, 0
	if until > from {
		text := strings.TrimRight(strings.Join(s.lines[from:until], "\n"), " \t\n")
		s.append(from, Block{Kind: KindText, Text: text}, nil)
	}
}

// add ends the text gathered so far, and adds a block that begins at the given line, counted from 0.
func (s *scanner) add(line int, b Block) {
	s.endText()
	s.append(line, b, nil)
}

// append adds a block. fields are the lines of those of its fields that have a line of their own.
func (s *scanner) append(line int, b Block, fields map[string]int) {
	b.ID = NextID(s.blocks)
	for _, problem := range check(b) {
		at := line
		if own, ok := fields[strings.TrimPrefix(problem.Field, b.ID+".")]; ok {
			at = own
		}
		s.problems = append(s.problems, atLine(problem, at))
	}
	s.blocks = append(s.blocks, b)
}

// atLine is the problem with the number of its line in the file; line, from 0, is where its block begins.
func atLine(problem *fault.Error, line int) *fault.Error {
	at := *problem
	at.Args = map[string]any{"Line": line + 1}
	for name, value := range problem.Args {
		if within, ok := value.(int); ok && name == "Line" {
			value = line + within
		}
		at.Args[name] = value
	}
	return &at
}

// fence reads a fenced block: an event, since nothing else is written between fences.
func (s *scanner) fence(name string) {
	opening := s.at
	s.at++
	from := s.at
	for s.at < len(s.lines) && !isClosingFence(s.lines[s.at]) {
		s.at++
	}
	inside := s.lines[from:s.at]
	if s.at == len(s.lines) {
		s.problems = append(s.problems, fault.Invalid("content.markdown.fence.open", "Line", opening+1))
	}
	s.at++
	if name != string(KindEvent) {
		s.endText()
		key := "content.markdown.fence.unknown"
		if name == "" {
			key = "content.text.code"
		}
		s.problems = append(s.problems, fault.Invalid(key, "Line", opening+1, "Name", name))
		return
	}
	b, fields := Block{Kind: KindEvent}, map[string]int{}
	for i, line := range inside {
		if strings.TrimSpace(line) == "" {
			continue
		}
		key := "content.markdown.event.line"
		if field := eventLine.FindStringSubmatch(line); field != nil {
			name, value := b.eventField(strings.ToLower(field[1]))
			_, twice := fields[name]
			switch {
			case twice:
				key = "content.markdown.event.twice"
			case value != nil:
				*value, fields[name], key = oneLine(field[2]), from+i, ""
			}
		}
		if key != "" {
			s.problems = append(s.problems, fault.Invalid(key, "Line", from+i+1, "Text", strings.TrimSpace(line)))
		}
	}
	b.Start, b.End = canonicalTime(b.Start), canonicalTime(b.End)
	s.endText()
	s.append(opening, b, fields)
}

func isClosingFence(line string) bool {
	f := fenceLine.FindStringSubmatch(line)
	return f != nil && strings.TrimSpace(f[1]) == ""
}

// eventField is the field that a line of an event names, and its name in JSON; nil for an unknown name.
func (b *Block) eventField(name string) (field string, value *string) {
	switch name {
	case "title":
		return "title", &b.Title
	case "date":
		return "start", &b.Start
	case "end":
		return "end", &b.End
	case "place":
		return "place", &b.Place
	case "link":
		return "url", &b.URL
	}
	return "", nil
}

func canonicalTime(s string) string {
	if m, ok := parseMoment(s); ok {
		return m.String()
	}
	return s
}

// standalone tells whether a paragraph is nothing but an image or a button, and which. One that would lose something as a
// block, such as a link around an image, is a text, which refuses that.
func standalone(paragraph string) (Block, bool) {
	paragraph = strings.TrimSpace(paragraph)
	if !strings.HasPrefix(paragraph, "![") && !strings.HasPrefix(paragraph, "[") {
		return Block{}, false
	}
	m := parseLine(paragraph)
	p := m.root.FirstChild()
	if p == nil || p.FirstChild() == nil {
		return Block{}, false
	}
	only := p.FirstChild()
	after := only.NextSibling()
	switch n := only.(type) {
	case *ast.Image:
		if after != nil || holdsMore(n) {
			return Block{}, false
		}
		caption := oneLine(literal(n.Title))
		return Block{Kind: KindImage, URL: m.target(n), Alt: m.plain(n), Caption: caption}, true
	case *ast.Link:
		if mark, last := m.textAfter(n); mark != buttonMark || !last || len(n.Title) > 0 || holdsMore(n) {
			return Block{}, false
		}
		return Block{Kind: KindButton, URL: m.target(n), Label: m.plain(n)}, true
	}
	return Block{}, false
}

// holdsMore tells whether there is more below n than words.
func holdsMore(n ast.Node) bool {
	found := false
	_ = ast.Walk(n, func(c ast.Node, entering bool) (ast.WalkStatus, error) {
		switch c.Kind() {
		case ast.KindLink, ast.KindImage, ast.KindRawHTML:
			found = found || entering && c != n
		}
		return ast.WalkContinue, nil
	})
	return found
}
