package content

import (
	"bufio"
	"bytes"
	stdhtml "html"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Restricted Markdown is CommonMark (https://spec.commonmark.org/0.31.2/) with paragraphs, emphasis, strong emphasis,
// links, bare addresses, and lists. There is no parser for anything else, so that anything else, HTML first of all,
// is shown as it was written.

// markup is a parsed text: the tree, and the source that its leaves point into.
type markup struct {
	root   ast.Node
	source []byte
}

// parseText reads a text block.
func parseText(source string) markup {
	return parse(source,
		util.Prioritized(parser.NewListParser(), 300),
		util.Prioritized(parser.NewListItemParser(), 400),
		util.Prioritized(parser.NewParagraphParser(), 1000))
}

// parseLine reads text that cannot hold lists: a heading, or a paragraph that may be an image or a button.
func parseLine(source string) markup {
	return parse(source, util.Prioritized(parser.NewParagraphParser(), 1000))
}

func parse(source string, blocks ...util.PrioritizedValue) markup {
	src := []byte(strings.ReplaceAll(strings.ToValidUTF8(source, "\uFFFD"), "\x00", "\uFFFD"))
	p := parser.NewParser(
		parser.WithBlockParsers(blocks...),
		parser.WithInlineParsers(
			util.Prioritized(parser.NewLinkParser(), 200),
			util.Prioritized(parser.NewAutoLinkParser(), 300),
			util.Prioritized(parser.NewEmphasisParser(), 500),
			util.Prioritized(extension.NewLinkifyParser(), 999),
		),
	)
	return markup{root: p.Parse(text.NewReader(src)), source: src}
}

// literal is the text that a leaf stands for, its backslashes and entities resolved as CommonMark §2.4 and §2.5 say.
func literal(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 && bytes.IndexByte(raw, '&') < 0 {
		return string(raw)
	}
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	html.DefaultWriter.Write(w, raw)
	_ = w.Flush() // a bytes.Buffer takes everything
	return stdhtml.UnescapeString(b.String())
}

// target is where a link leads, "" for a node that is no link.
func (m markup) target(n ast.Node) string {
	switch n := n.(type) {
	case *ast.Link:
		return literal(n.Destination)
	case *ast.Image:
		return literal(n.Destination)
	case *ast.AutoLink:
		address := string(n.URL(m.source))
		if n.AutoLinkType == ast.AutoLinkEmail && !strings.HasPrefix(strings.ToLower(address), "mailto:") {
			address = "mailto:" + address
		}
		return address
	}
	return ""
}

// plain is the bare text below n on one line.
func (m markup) plain(n ast.Node) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				b.WriteString(literal(n.Value(m.source)))
				if n.SoftLineBreak() || n.HardLineBreak() {
					b.WriteByte(' ')
				}
			}
		case *ast.String:
			if entering {
				b.WriteString(literal(n.Value))
			}
		case *ast.AutoLink:
			if entering {
				b.Write(n.Label(m.source))
			}
		default:
			if !entering && n.Type() == ast.TypeBlock {
				b.WriteByte(' ')
			}
		}
		return ast.WalkContinue, nil
	})
	return oneLine(b.String())
}

// oneLine joins lines and runs of blanks, and drops what is no character: a line of text as it can be shown anywhere.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), isSpaceOrControl), " ")
}

func isSpaceOrControl(r rune) bool {
	return unicode.IsControl(r) || (unicode.IsSpace(r) && r != '\u00A0' && r != '\u202F')
}
