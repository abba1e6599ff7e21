package content

import (
	stdhtml "html"
	"html/template"
	"regexp"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
)

// textHTML is the HTML of a text block. It writes every element itself and escapes every leaf, which is what makes
// template.HTML true. It carries no style but a class for tables: the page has one, and so has the frame of an e-mail.
func textHTML(source string, links *linkSet) template.HTML {
	w := inlineWriter{markup: parseText(source), links: links}
	w.children(w.root)
	return template.HTML(w.String()) //nolint:gosec // built above from escaped leaves; FuzzTextHTML holds it to that
}

type inlineWriter struct {
	strings.Builder
	markup
	links  *linkSet
	inLink bool // a link holds no other
}

func (w *inlineWriter) children(n ast.Node) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		w.node(c)
	}
}

func (w *inlineWriter) node(n ast.Node) {
	if lines, ok := w.asWritten(n); ok {
		w.lines(lines)
		return
	}
	switch n := n.(type) {
	case *ast.Paragraph, *ast.Heading:
		w.element("p", "", n)
	case *ast.List:
		w.list(n)
	case *ast.ListItem:
		w.element("li", "", n)
	case *ast.Blockquote:
		w.element("blockquote", "", n)
	case *east.Table:
		w.table(n)
	case *ast.Emphasis:
		w.element(map[bool]string{true: "strong", false: "em"}[n.Level >= 2], "", n)
	case *east.Strikethrough:
		w.element("del", "", n)
	case *ast.CodeSpan:
		w.element("code", "", n)
	case *ast.Link:
		w.link(w.target(n), func() { w.children(n) })
	case *bareLink:
		w.link(w.target(n), func() { w.children(n) })
	case *ast.AutoLink:
		w.link(w.target(n), func() { w.leaf(n) })
	case *ast.RawHTML:
		if w.isBreak(n) {
			w.WriteString("<br>\n")
		} else {
			w.leaf(n)
		}
	case *ast.Text:
		w.leaf(n)
		if lineBreak(n) {
			w.WriteString("<br>\n")
		}
	case *ast.String, *east.TaskCheckBox:
		w.leaf(n)
	default: // the text of a tight list item; an image, of which the alternative text remains
		w.children(n)
		if n.Kind() == ast.KindTextBlock && n.NextSibling() != nil {
			w.WriteByte('\n')
		}
	}
}

func (w *inlineWriter) leaf(n ast.Node) {
	said := w.markup.leaf(n)
	w.text(said)
}

func (w *inlineWriter) text(s string) { w.WriteString(stdhtml.EscapeString(s)) }

// lines writes a paragraph of lines as they are.
func (w *inlineWriter) lines(lines []string) {
	w.WriteString("<p>")
	for i, line := range lines {
		if i > 0 {
			w.WriteString("<br>\n")
		}
		w.text(line)
	}
	w.WriteString("</p>\n")
}

func (w *inlineWriter) element(name, attributes string, n ast.Node) {
	w.WriteString("<" + name + attributes + ">")
	w.children(n)
	w.WriteString("</" + name + ">")
	if n.Type() == ast.TypeBlock {
		w.WriteByte('\n')
	}
}

func (w *inlineWriter) list(n *ast.List) {
	name, attributes := "ul", ""
	if n.IsOrdered() {
		name = "ol"
		if n.Start != 1 {
			attributes = ` start="` + strconv.Itoa(n.Start) + `"`
		}
	}
	w.element(name, attributes, n)
}

// table writes a table as a screen reader reads it: the first row are the columns' headers. Where the first of them is
// empty, the first cell of each row is the header of the row. A table that is wider than a telephone scrolls in its box.
func (w *inlineWriter) table(n *east.Table) {
	rowHeaders := n.FirstChild() != nil && n.FirstChild().FirstChild() != nil && w.plain(n.FirstChild().FirstChild()) == ""
	w.WriteString("<div class=\"table-box\"><table class=\"table\">\n")
	for row := n.FirstChild(); row != nil; row = row.NextSibling() {
		_, isHead := row.(*east.TableHeader)
		if isHead {
			w.WriteString("<thead>\n")
		}
		w.WriteString("<tr>")
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			name, attributes := "td", ""
			switch {
			case isHead && w.plain(cell) != "":
				name, attributes = "th", ` scope="col"`
			case !isHead && rowHeaders && cell.PreviousSibling() == nil:
				name, attributes = "th", ` scope="row"`
			}
			w.WriteString("<" + name + attributes + ">")
			w.children(cell)
			w.WriteString("</" + name + ">")
		}
		w.WriteString("</tr>\n")
		if isHead {
			w.WriteString("</thead>\n<tbody>\n")
		}
	}
	w.WriteString("</tbody>\n</table></div>\n")
}

var breakTag = regexp.MustCompile(`(?i)^<br\s*/?>$`)

// isBreak tells whether a piece of HTML is a line break, the one element that a text may hold: the cell of a table has
// no other way to it.
func (m markup) isBreak(n *ast.RawHTML) bool { return breakTag.Match(n.Segments.Value(m.source)) }

// link writes a link, or its text alone when the address is none that we would send anybody to.
func (w *inlineWriter) link(address string, inside func()) {
	if w.inLink || !safeLink(address) {
		inside()
		return
	}
	w.inLink = true
	w.WriteString(`<a href="` + stdhtml.EscapeString(w.links.rewrite(address)) + `">`)
	inside()
	w.WriteString("</a>")
	w.inLink = false
}
