package content

import (
	stdhtml "html"
	"html/template"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
)

// textStyle holds the attributes that a reading gives to the elements of a text, each with a leading blank.
type textStyle struct {
	paragraph, list, sublist, item, link string
}

// Mail programs drop style sheets, so e-mail carries its style inline; the web page has Bootstrap Italia's.
func emailStyle() textStyle {
	return textStyle{
		paragraph: ` style="margin:0 0 16px"`,
		list:      ` style="margin:0 0 16px;padding:0 0 0 24px"`,
		sublist:   ` style="margin:4px 0 0;padding:0 0 0 24px"`,
		item:      ` style="margin:0 0 4px"`,
		link:      ` style="color:#00566b"`,
	}
}

// textHTML is the HTML of a text block. It writes every element itself and escapes every leaf, which is what makes
// template.HTML true.
func textHTML(source string, style textStyle, links *linkSet) template.HTML {
	w := inlineWriter{markup: parseText(source), style: style, links: links}
	w.children(w.root)
	return template.HTML(w.String()) //nolint:gosec // built above from escaped leaves; FuzzTextHTML holds it to that
}

type inlineWriter struct {
	strings.Builder
	markup
	style textStyle
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
		w.element("p", w.style.paragraph, n)
	case *ast.List:
		w.list(n)
	case *ast.ListItem:
		w.element("li", w.style.item, n)
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
	name, attributes := "ul", w.style.list
	if n.Parent().Kind() == ast.KindListItem {
		attributes = w.style.sublist
	}
	if n.IsOrdered() {
		name = "ol"
		if n.Start != 1 {
			attributes += ` start="` + strconv.Itoa(n.Start) + `"`
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
	w.WriteString(`<a href="` + stdhtml.EscapeString(w.links.rewrite(address)) + `"` + w.style.link + `>`)
	inside()
	w.WriteString("</a>")
}
