package content

import (
	"bufio"
	"bytes"
	stdhtml "html"
	"regexp"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
	"golang.org/x/net/html/atom"

	"unoxuno/internal/plaintext"
)

// Restricted Markdown is the part of CommonMark (https://spec.commonmark.org/0.31.2/) and of GitHub's extensions that a
// text may use: paragraphs, lists and task lists, quotes, tables, emphasis, strikethrough, inline code, links and bare
// URLs. Three things differ, because editors are not programmers: an indented line is a paragraph and not code, a line
// break is a line break, and an asterisk or underscore between two letters or digits is an ordinary character.
//
// All other Markdown is parsed too, so that refusals can find it and report its line. Until then it is shown as
// written. No word of a text is ever dropped.

// markup is a parsed text: the tree, and the source that its leaves point into.
type markup struct {
	root   ast.Node
	source []byte
}

// parseText reads a text block.
func parseText(source string) markup {
	return parse(source, []util.PrioritizedValue{util.Prioritized(tables{}, 200)},
		util.Prioritized(parser.NewSetextHeadingParser(), 100),
		util.Prioritized(parser.NewThematicBreakParser(), 200),
		util.Prioritized(parser.NewListParser(), 300),
		util.Prioritized(parser.NewListItemParser(), 400),
		util.Prioritized(parser.NewATXHeadingParser(), 600),
		util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
		util.Prioritized(parser.NewBlockquoteParser(), 800),
		util.Prioritized(htmlBlock{parser.NewHTMLBlockParser()}, 900),
		util.Prioritized(indentedParagraph{parser.NewParagraphParser()}, 1000))
}

// parseLine reads text that cannot hold lists: a heading, or a paragraph that may be an image or a button.
func parseLine(source string) markup {
	return parse(source, nil, util.Prioritized(indentedParagraph{parser.NewParagraphParser()}, 1000))
}

// indentedParagraph takes lines of any indentation, which CommonMark would take for code (§4.4).
type indentedParagraph struct{ parser.BlockParser }

func (indentedParagraph) CanAcceptIndentedLine() bool { return true }

// htmlBlock takes blocks of HTML, and leaves "<scrivici>" alone at the beginning of a line to be text.
type htmlBlock struct{ parser.BlockParser }

func (b htmlBlock) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	if line, _ := reader.PeekLine(); !isHTML(line) {
		return nil, parser.NoChildren
	}
	return b.BlockParser.Open(parent, reader, pc)
}

// tagStart is the beginning of a tag, with the name of its element.
var tagStart = regexp.MustCompile(`^\s*</?\s*([A-Za-z][A-Za-z0-9-]*)`)

// isHTML tells whether what begins with "<" is HTML: a tag of an element that there is, a comment, or a declaration.
func isHTML(raw []byte) bool {
	name := tagStart.FindSubmatch(raw)
	return name == nil || atom.Lookup(bytes.ToLower(name[1])) != 0
}

func parse(source string, transformers []util.PrioritizedValue, blocks ...util.PrioritizedValue) markup {
	src := []byte(strings.ReplaceAll(strings.ToValidUTF8(source, "\uFFFD"), "\x00", "\uFFFD"))
	p := parser.NewParser(
		parser.WithBlockParsers(blocks...),
		parser.WithParagraphTransformers(transformers...),
		parser.WithInlineParsers(
			util.Prioritized(extension.NewTaskCheckBoxParser(), 0),
			util.Prioritized(parser.NewCodeSpanParser(), 100),
			util.Prioritized(parser.NewLinkParser(), 200),
			util.Prioritized(parser.NewAutoLinkParser(), 300),
			util.Prioritized(parser.NewRawHTMLParser(), 400),
			util.Prioritized(emphasis(), 500),
			util.Prioritized(strikethrough(), 500),
			util.Prioritized(bareLinkParser{}, 999),
		),
	)
	return markup{root: p.Parse(text.NewReader(src)), source: src}
}

// literal is the text that a leaf stands for, its backslashes and entities resolved as CommonMark §2.4 and §2.5 say.
func literal(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 && bytes.IndexByte(raw, '&') < 0 {
		return plaintext.Directionless(string(raw))
	}
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	html.DefaultWriter.Write(w, raw)
	_ = w.Flush() // a bytes.Buffer takes everything
	return plaintext.Directionless(stdhtml.UnescapeString(b.String()))
}

// target is where a link leads, "" for a node that is no link.
func (m markup) target(n ast.Node) string {
	switch n := n.(type) {
	case *ast.Link:
		return literal(n.Destination)
	case *ast.Image:
		return literal(n.Destination)
	case *bareLink:
		return n.scheme + m.plain(n)
	case *ast.AutoLink:
		address := string(n.URL(m.source))
		if n.AutoLinkType == ast.AutoLinkEmail && !strings.HasPrefix(strings.ToLower(address), "mailto:") {
			address = "mailto:" + address
		}
		return address
	}
	return ""
}

// lineBreak is true where a text ends its line.
func lineBreak(n *ast.Text) bool { return n.SoftLineBreak() || n.HardLineBreak() }

// leaf is the text of a node that holds text itself; "" for any other node.
func (m markup) leaf(n ast.Node) string {
	switch n := n.(type) {
	case *ast.Text:
		if n.Parent().Kind() == ast.KindCodeSpan {
			said := strings.ReplaceAll(string(n.Value(m.source)), "\n", " ")
			if inCell(n) { // where a bar needs its backslash even so
				said = strings.ReplaceAll(said, `\|`, "|")
			}
			return plaintext.Directionless(said)
		}
		return literal(n.Value(m.source))
	case *ast.String:
		return literal(n.Value)
	case *ast.AutoLink:
		return plaintext.Directionless(string(n.Label(m.source)))
	case *ast.RawHTML:
		return plaintext.Directionless(string(n.Segments.Value(m.source)))
	case *east.TaskCheckBox:
		if n.IsChecked {
			return "☑ "
		}
		return "☐ "
	}
	return ""
}

func inCell(n ast.Node) bool {
	for ; n != nil; n = n.Parent() {
		if n.Kind() == east.KindTableCell {
			return true
		}
	}
	return false
}

// asWritten are the lines of a block of code or HTML, as they were written; ok is false for any other block.
func (m markup) asWritten(n ast.Node) (lines []string, ok bool) {
	var raw []byte
	switch n := n.(type) {
	case *ast.FencedCodeBlock:
		if n.Info != nil {
			raw = append(append(raw, n.Info.Value(m.source)...), '\n')
		}
		raw = append(raw, n.Lines().Value(m.source)...)
	case *ast.HTMLBlock:
		raw = append(raw, n.Lines().Value(m.source)...)
		if n.HasClosure() {
			raw = append(raw, n.ClosureLine.Value(m.source)...)
		}
	default:
		return nil, false
	}
	written := plaintext.Directionless(strings.TrimRight(string(raw), "\n"))
	return strings.Split(written, "\n"), true
}

// plain is the bare text below n on one line.
func (m markup) plain(n ast.Node) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			if n.Type() == ast.TypeBlock {
				b.WriteByte(' ')
			}
			return ast.WalkContinue, nil
		}
		if lines, ok := m.asWritten(n); ok {
			b.WriteString(strings.Join(lines, " "))
		}
		said := m.leaf(n)
		b.WriteString(said)
		if t, ok := n.(*ast.Text); ok && lineBreak(t) {
			b.WriteByte(' ')
		}
		return ast.WalkContinue, nil
	})
	return oneLine(b.String())
}

// oneLine joins lines and runs of blanks, and drops what is no character: a line of text as it can be shown anywhere.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(plaintext.Visible(strings.ToValidUTF8(s, "\uFFFD")), isSpaceOrControl), " ")
}

func isSpaceOrControl(r rune) bool {
	return unicode.IsControl(r) || (unicode.IsSpace(r) && r != '\u00A0' && r != '\u202F')
}
