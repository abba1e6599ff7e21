package content

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
)

// textWidth is how wide plain text is at most, in characters: RFC 5322 §2.1.1 asks for 78, and replies add marks.
const textWidth = 72

// titleLine is what a title is underlined with: not the usual equals signs, for each of them travels as three bytes
// (RFC 2045 §6.7).
const titleLine = "*"

// plainWriter writes the plain-text reading.
type plainWriter struct {
	cutter
	doc    Document
	labels Labels
	links  *linkSet

	references []string // the addresses of the text being written
	numbered   int      // how many references were printed so far
}

// wrap breaks s at blanks into lines of at most textWidth, the first led by first and the others by rest; a line
// break within s remains. A word longer than a line, such as an address, stays whole.
func wrap(s, first, rest string) string {
	var b strings.Builder
	lead := first
	for _, line := range strings.Split(s, "\n") {
		b.WriteString(lead)
		column, empty := utf8.RuneCountInString(lead), true
		for word := range strings.FieldsSeq(line) {
			width := utf8.RuneCountInString(word)
			if !empty && column+1+width > textWidth {
				b.WriteString("\n" + rest)
				column, empty = utf8.RuneCountInString(rest), true
			}
			if !empty {
				b.WriteByte(' ')
				column++
			}
			b.WriteString(word)
			column, empty = column+width, false
		}
		b.WriteByte('\n')
		lead = rest
	}
	return b.String()
}

// heading is a line with another under it.
func heading(s, underline string) string {
	lines := wrap(oneLine(s), "", "")
	longest := 0
	for line := range strings.Lines(lines) {
		longest = max(longest, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")))
	}
	return lines + strings.Repeat(underline, longest) + "\n"
}

func (w *plainWriter) blocks() {
	for i, level := range headingLevels(w.doc.Blocks) {
		b := w.doc.Blocks[i]
		switch b.Kind {
		case KindHeading:
			w.WriteString(heading(b.Text, map[int]string{2: "-", 3: "~"}[level]))
		case KindText:
			w.text(b.Text)
		case KindImage:
			w.WriteString(wrap("["+w.labels.Image+": "+oneLine(b.Alt)+"]", "", ""))
			if caption := oneLine(b.Caption); caption != "" {
				w.WriteString(wrap(caption, "", ""))
			}
		case KindEvent:
			w.event(b)
		case KindButton:
			w.WriteString(wrap(oneLine(b.Label)+":", "→ ", "  "))
			w.address(b.URL, "  ")
		case KindDivider:
			w.WriteString("* * *\n")
		default:
			continue
		}
		w.WriteByte('\n')
	}
}

// address writes an address at the end of a line of its own, however long: mail programs make a link of it.
func (w *plainWriter) address(address, before string) {
	if safeLink(address) {
		w.WriteString(before + w.links.rewrite(address) + "\n")
	}
}

func (w *plainWriter) event(b Block) {
	const margin = "| "
	w.WriteString(wrap(oneLine(b.Title), margin, margin))
	when := w.labels.When + ": "
	where := w.labels.Where + ": "
	width := max(utf8.RuneCountInString(when), utf8.RuneCountInString(where))
	for _, line := range [...][2]string{{when, When(w.doc.Language, b.Start, b.End)}, {where, oneLine(b.Place)}} {
		label := line[0] + strings.Repeat(" ", width-utf8.RuneCountInString(line[0]))
		w.WriteString(wrap(line[1], margin+label, margin+strings.Repeat(" ", width)))
	}
	w.address(b.URL, margin+w.labels.Details+": ")
}

// text writes a text block, and under it the addresses of its links by number.
func (w *plainWriter) text(source string) {
	m := parseText(source)
	w.references = w.references[:0]
	w.flow(m, m.root, "", "")
	for i, address := range w.references {
		if i == 0 {
			w.WriteByte('\n')
		}
		w.WriteString("[" + strconv.Itoa(w.numbered+i+1) + "] " + address + "\n")
	}
	w.numbered += len(w.references)
}

// flow writes the paragraphs, lists, quotes and tables below n; first leads the first line and rest the others.
func (w *plainWriter) flow(m markup, n ast.Node, first, rest string) {
	lead := first
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		list, isList := c.(*ast.List)
		sublist := isList && n.Kind() == ast.KindListItem
		if c != n.FirstChild() && !sublist {
			w.WriteString(strings.TrimRight(rest, " ") + "\n")
		}
		if c == n.FirstChild() && lead != rest && isContainer(c) { // whose lines have leads of their own
			w.WriteString(strings.TrimRight(lead, " ") + "\n")
		}
		switch c := c.(type) {
		case *ast.List:
			w.list(m, list, rest)
		case *ast.Blockquote:
			w.flow(m, c, rest+"> ", rest+"> ")
		case *east.Table:
			w.table(m, c, rest)
		default:
			w.WriteString(wrap(w.said(m, c), lead, rest))
		}
		lead = rest
	}
}

func isContainer(n ast.Node) bool {
	switch n.(type) {
	case *ast.List, *ast.Blockquote, *east.Table:
		return true
	}
	return false
}

func (w *plainWriter) list(m markup, list *ast.List, indent string) {
	number := list.Start
	for item := list.FirstChild(); item != nil; item = item.NextSibling() {
		mark := "- "
		if list.IsOrdered() {
			mark = strconv.Itoa(number) + ". "
			number++
		}
		w.flow(m, item, indent+mark, indent+strings.Repeat(" ", len(mark)))
	}
}

// said are the words of a block that holds no other, with its line breaks.
func (w *plainWriter) said(m markup, n ast.Node) string {
	if lines, ok := m.asWritten(n); ok {
		return strings.Join(lines, "\n")
	}
	var b strings.Builder
	w.inline(&b, m, n)
	return b.String()
}

// inline writes the words below n; strong ones between asterisks, links with the number of their address.
func (w *plainWriter) inline(b *strings.Builder, m markup, n ast.Node) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		said := m.leaf(c)
		switch c := c.(type) {
		case *ast.Text:
			b.WriteString(strings.ReplaceAll(said, "\n", " "))
			if lineBreak(c) {
				b.WriteByte('\n')
			}
		case *ast.RawHTML:
			if m.isBreak(c) {
				said = "\n"
			}
			b.WriteString(said)
		case *ast.AutoLink, *ast.String, *east.TaskCheckBox:
			b.WriteString(said)
		case *ast.Emphasis:
			w.marked(b, m, c, strings.Repeat("*", c.Level-1)) // 1 is emphasis, which needs no mark, 2 is strong
		case *east.Strikethrough:
			w.marked(b, m, c, "~~")
		case *ast.Link:
			w.inline(b, m, c)
			b.WriteString(w.reference(m.plain(c), m.target(c)))
		default: // a bare address shows itself
			w.inline(b, m, c)
		}
	}
}

// marked writes the words below n between marks.
func (w *plainWriter) marked(b *strings.Builder, m markup, n ast.Node, mark string) {
	b.WriteString(mark)
	w.inline(b, m, n)
	b.WriteString(mark)
}

// reference is what follows the label of a link: the number of its address, " [3]"; for a telephone or a mailbox,
// which are short, the address itself, and nothing where the label says it already.
func (w *plainWriter) reference(label, address string) string {
	if !safeLink(address) || label == address {
		return ""
	}
	if scheme, short, _ := strings.Cut(address, ":"); !counted(address) {
		said := strings.Contains(label, short)
		if strings.EqualFold(scheme, "tel") {
			said = digits(label) != "" && strings.HasSuffix(digits(short), digits(label))
		}
		if said {
			return ""
		}
		return " (" + short + ")"
	}
	to := w.links.rewrite(address)
	at := slices.Index(w.references, to)
	if at < 0 {
		at = len(w.references)
		w.references = append(w.references, to)
	}
	return " [" + strconv.Itoa(w.numbered+at+1) + "]"
}

// digits are the digits of s.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
