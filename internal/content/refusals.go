package content

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"

	"unoxuno/internal/fault"
)

// refusals returns what a newsletter cannot show, each with the argument Line, its line in the text from 1.
func (m markup) refusals() fault.Problems {
	var problems fault.Problems
	refuse := func(at int, key string, args ...any) {
		problems = append(problems, fault.Invalid(key, append(args, "Line", m.line(at))...))
	}
	_ = ast.Walk(m.root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		at := n.Pos()
		switch n := n.(type) {
		case *ast.Heading:
			refuse(at, "content.text.heading", "Text", shorten(m.plain(n), 40))
		case *ast.ThematicBreak:
			refuse(at, "content.text.divider")
		case *ast.FencedCodeBlock:
			refuse(at, "content.text.code")
		case *ast.HTMLBlock:
			refuse(at, htmlFault(n.Lines().Value(m.source)), "Text", snippet(n.Lines().Value(m.source)))
		case *ast.RawHTML:
			if raw := n.Segments.Value(m.source); !m.isBreak(n) && isHTML(raw) {
				refuse(at, htmlFault(raw), "Text", snippet(raw))
			}
		case *ast.Image:
			refuse(at, "content.text.image", "URL", m.target(n))
		case *ast.Link:
			m.refuseLink(n, refuse)
		case *ast.Paragraph:
			m.refuseDefinitions(n, refuse)
		case *east.TableRow:
			if len(n.Alignments) < n.ChildCount() { // what is beyond the headers is in no column
				refuse(at, "content.text.cells")
			}
		}
		return ast.WalkContinue, nil
	})
	return problems
}

// refuseLink refuses a link without a target, or one that would lose something.
func (m markup) refuseLink(n *ast.Link, refuse func(at int, key string, args ...any)) {
	address, label := m.target(n), m.plain(n)
	switch {
	case address == "":
		refuse(n.Pos(), "content.text.link.nowhere", "Text", shorten(label, 40))
	case !safeLink(address):
		refuse(n.Pos(), "content.url.malformed", "URL", address)
	case label == "":
		refuse(n.Pos(), "content.text.link.empty", "URL", address)
	}
	if title := oneLine(literal(n.Title)); title != "" {
		refuse(n.Pos(), "content.text.link.title", "Text", title)
		return
	}
	if after, _ := m.textAfter(n); strings.HasPrefix(after, buttonMark) {
		refuse(n.Pos(), "content.text.button", "Text", shorten(label, 40))
	}
}

// textAfter is the text right behind n, as it was written, up to what is no text; last is true when nothing else follows.
func (m markup) textAfter(n ast.Node) (written string, last bool) {
	for c := n.NextSibling(); c != nil; c = c.NextSibling() {
		t, ok := c.(*ast.Text)
		if !ok {
			return written, false
		}
		written += string(t.Value(m.source))
	}
	return written, true
}

// Lines that define what is shown elsewhere: a link's address (CommonMark §4.7) or a footnote.
var (
	footnoteLine  = regexp.MustCompile(`^\[\^[^\]\s]+\]:`)
	referenceLine = regexp.MustCompile(`^\[(?:[^\[\]\\]|\\.)+\]:[ \t]*(?:<[^<>]*>|[^\s<]\S*)(?:[ \t]+(?:"[^"]*"|'[^']*'|\([^()]*\)))?[ \t]*$`)
)

func (m markup) refuseDefinitions(n *ast.Paragraph, refuse func(at int, key string, args ...any)) {
	for i := range n.Lines().Len() {
		segment := n.Lines().At(i)
		line := strings.TrimRight(string(segment.Value(m.source)), "\n")
		switch {
		case footnoteLine.MatchString(line):
			refuse(segment.Start, "content.text.footnote")
		case referenceLine.MatchString(line):
			refuse(segment.Start, "content.text.reference")
		default: // what is below another line is no definition
			return
		}
	}
}

// htmlFault tells a comment, which nobody should read, from an element.
func htmlFault(raw []byte) string {
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("<!--")) {
		return "content.text.comment"
	}
	return "content.text.html"
}

// snippet is the beginning of what was written.
func snippet(raw []byte) string { return shorten(oneLine(string(raw)), 40) }

// line is the line, from 1, of an offset into the source.
func (m markup) line(at int) int {
	at = min(max(at, 0), len(m.source))
	return 1 + bytes.Count(m.source[:at], []byte("\n"))
}
