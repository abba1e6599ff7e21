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
)

const buttonMark = "{.button}"

// ParseMarkdown reads the body of a Markdown file into blocks, with the IDs b1, b2…
//
//	# Heading, ## Heading                 a heading of level 2: the title is its only h1
//	### Heading                           a heading of level 3, as are the deeper ones
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
// What cannot be taken is told all at once, as fault.Problems whose argument Line is the number of the line where the
// block begins. The blocks that were understood are returned in any case. A caller who has cut a head off the file
// can put as many empty lines in its place, so that the numbers remain those of the file.
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
		m := parseLine(strings.TrimSpace(h[2]))
		s.add(s.at, Block{Kind: KindHeading, Level: min(max(len(h[1]), 2), 3), Text: m.plain(m.root)})
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
		s.at++
	}
	if b, ok := standalone(strings.Join(s.lines[from:s.at], "\n")); ok {
		s.add(from, b)
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

// endText makes a block of the text gathered so far.
func (s *scanner) endText() {
	from, until := s.textFrom, s.textUntil
	s.textFrom, s.textUntil = 0, 0
	if until > from {
		text := strings.TrimRight(strings.Join(s.lines[from:until], "\n"), " \t\n")
		s.append(from, Block{Kind: KindText, Text: text})
	}
}

// add ends the text gathered so far, and adds a block that begins at the given line, counted from 0.
func (s *scanner) add(line int, b Block) {
	s.endText()
	s.append(line, b)
}

func (s *scanner) append(line int, b Block) {
	b.ID = NextID(s.blocks)
	for _, problem := range check(b) {
		s.problems = append(s.problems, atLine(problem, line))
	}
	s.blocks = append(s.blocks, b)
}

// atLine is the problem with the number of its line.
func atLine(problem *fault.Error, line int) *fault.Error {
	at := *problem
	at.Args = map[string]any{"Line": line + 1}
	for name, value := range problem.Args {
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
		s.problems = append(s.problems, fault.Invalid("content.markdown.fence.unknown", "Line", opening+1, "Name", name))
		return
	}
	b := Block{Kind: KindEvent}
	for i, line := range inside {
		if strings.TrimSpace(line) == "" {
			continue
		}
		field := eventLine.FindStringSubmatch(line)
		if field == nil || !b.setEvent(strings.ToLower(field[1]), oneLine(field[2])) {
			s.problems = append(s.problems,
				fault.Invalid("content.markdown.event.line", "Line", from+i+1, "Text", strings.TrimSpace(line)))
		}
	}
	s.add(opening, b)
}

func isClosingFence(line string) bool {
	f := fenceLine.FindStringSubmatch(line)
	return f != nil && strings.TrimSpace(f[1]) == ""
}

// setEvent sets the field that a line of an event names; false for an unknown name.
func (b *Block) setEvent(name, value string) bool {
	switch name {
	case "title":
		b.Title = value
	case "date":
		b.Start = canonicalTime(value)
	case "end":
		b.End = canonicalTime(value)
	case "place":
		b.Place = value
	case "link":
		b.URL = value
	default:
		return false
	}
	return true
}

func canonicalTime(s string) string {
	if m, ok := parseMoment(s); ok {
		return m.String()
	}
	return s
}

// standalone tells whether a paragraph is nothing but an image or a button, and which.
func standalone(paragraph string) (Block, bool) {
	if !strings.HasPrefix(paragraph, "![") && !strings.HasPrefix(paragraph, "[") {
		return Block{}, false
	}
	m := parseLine(strings.TrimSpace(paragraph))
	p := m.root.FirstChild()
	if p == nil || p.FirstChild() == nil {
		return Block{}, false
	}
	only := p.FirstChild()
	after := only.NextSibling()
	switch n := only.(type) {
	case *ast.Image:
		if after != nil {
			return Block{}, false
		}
		caption := oneLine(literal(n.Title))
		return Block{Kind: KindImage, URL: m.target(n), Alt: m.plain(n), Caption: caption}, true
	case *ast.Link:
		mark, isText := after.(*ast.Text)
		if !isText || mark.NextSibling() != nil || string(mark.Value(m.source)) != buttonMark {
			return Block{}, false
		}
		return Block{Kind: KindButton, URL: m.target(n), Label: m.plain(n)}, true
	}
	return Block{}, false
}
