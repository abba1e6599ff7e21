package content

import (
	stdhtml "html"
	"html/template"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
)

// textHTML is the HTML of a text block. It writes every element itself and escapes every leaf, which is what makes
// template.HTML true. It carries no style: the page has one, and so has the frame of an e-mail.
func textHTML(source string, links *linkSet) template.HTML {
	w := inlineWriter{markup: parseText(source), links: links}
	w.children(w.root)
	return template.HTML(w.String()) //nolint:gosec // built above from escaped leaves; FuzzTextHTML holds it to that
}

type inlineWriter struct {
	strings.Builder
	markup
	links *linkSet
}

func (w *inlineWriter) children(n ast.Node) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		w.node(c)
	}
}

func (w *inlineWriter) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.Paragraph:
		w.element("p", "", n)
	case *ast.List:
		w.list(n)
	case *ast.ListItem:
		w.element("li", "", n)
	case *ast.Emphasis:
		w.element(map[bool]string{true: "strong", false: "em"}[n.Level >= 2], "", n)
	case *ast.Link:
		w.link(w.target(n), func() { w.children(n) })
	case *ast.AutoLink:
		w.link(w.target(n), func() { w.text(string(n.Label(w.source))) })
	case *ast.Text:
		w.text(literal(n.Value(w.source)))
		if n.HardLineBreak() {
			w.WriteString("<br>\n")
		} else if n.SoftLineBreak() {
			w.WriteByte('\n')
		}
	case *ast.String:
		w.text(literal(n.Value))
	default: // the text of a tight list item; an image, of which the alternative text remains
		w.children(n)
	}
}

func (w *inlineWriter) text(s string) { w.WriteString(stdhtml.EscapeString(s)) }

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

// link writes a link, or its text alone when the address is none that we would send anybody to.
func (w *inlineWriter) link(address string, inside func()) {
	if !safeLink(address) {
		inside()
		return
	}
	w.WriteString(`<a href="` + stdhtml.EscapeString(w.links.rewrite(address)) + `">`)
	inside()
	w.WriteString("</a>")
}
