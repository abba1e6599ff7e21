package content

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"unoxuno/internal/fault"
)

// manuscript draws Markdown documents of all that CommonMark and GitHub know, in which each word is written once.
type manuscript struct {
	t     *rapid.T
	words int
}

func (m *manuscript) pick(label string, n int) int { return rapid.IntRange(0, n-1).Draw(m.t, label) }

func (m *manuscript) word() string {
	m.words++
	return fmt.Sprintf("w%dz", m.words)
}

// phrase is what stands within a line.
func (m *manuscript) phrase() string {
	w := m.word
	forms := []func() string{
		w, w, func() string { return "*" + w() + "*" }, func() string { return "**" + w() + " " + w() + "**" },
		func() string { return "_" + w() + "_" }, func() string { return "~~" + w() + "~~" }, func() string { return "`" + w() + "`" },
		func() string { return "***" + w() + "* " + w() + "**" }, func() string { return "[" + w() + "](https://a.example/x)" },
		func() string { return "[*" + w() + "* " + w() + "](<https://a.example/x y>)" }, func() string { return "<https://a.example/" + w() + ">" },
		func() string { return "https://a.example/" + w() }, func() string { return "«https://città.example/è|*" + w() + "»" },
		func() string { return `"www.a.example/` + w() + `",` }, func() string { return "“https://a.example/" + w() + "”." },
		func() string { return "(https://a.example/_(" + w() + "))" }, func() string { return "[https://a.example/" + w() + "]" },
		func() string { return w() + "@a.example" }, func() string { return "<" + w() + "@a.example>" }, func() string { return "**" + w() + "_x@a.example**" },
		func() string { return `\*` + w() + `\*` }, func() string { return "&amp;" + w() + "&lt;" + w() + "&gt;&#8238;" },
		func() string { return "3*" + w() + "*1" }, func() string { return w() + "_" + w() + "__" + w() }, func() string { return "1~" + w() + "~2" },
		func() string { return w() + "\\\n" + w() }, func() string { return w() + "  \n" + w() }, func() string { return w() + "\n" + w() },
		func() string { return w() + "<br>" + w() }, func() string { return "<" + w() + ">" }, func() string { return "a < " + w() + " > b" },
		func() string { return "[" + w() + "][" + w() + "]" }, func() string { return "[^" + w() + "]" }, func() string { return w() + " | " + w() },
		func() string { return "`` " + w() + " ` " + w() + " ``" }, func() string { return "[" + w() }, func() string { return "![" + w() },
		func() string { return "**" + w() }, func() string { return "`" + w() },
		// refused
		func() string { return "<!-- " + w() + " -->" }, func() string { return "<b>" + w() + "</b>" }, func() string { return "![" + w() + "](/a.png)" },
		func() string { return "[" + w() + `](https://a.example "` + w() + `")` }, func() string { return "<!-- " + w() }, func() string { return "<?" + w() + "?>" },
		func() string { return "[" + w() + "](https://a.example){.button}" }, func() string { return "[" + w() + "]()" },
	}
	n := len(forms)
	if m.pick("sound", 4) > 0 {
		n -= 8
	}
	return forms[m.pick("phrase", n)]()
}

func (m *manuscript) line() string {
	var all []string
	for range rapid.IntRange(1, 3).Draw(m.t, "phrases") {
		all = append(all, m.phrase())
	}
	return strings.Join(all, " ")
}

// indented puts first before the first line of text and rest before the others.
func indented(text, first, rest string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lead := rest
		if i == 0 {
			lead = first
		}
		lines[i] = lead + lines[i]
	}
	return strings.Join(lines, "\n")
}

// block is a block of lines; depth is how many blocks it may still hold within each other.
func (m *manuscript) block(depth int) string {
	marks := []string{"- ", "* ", "+ ", "1. ", "7) ", "- [ ] ", "- [x] ", "-   ", "-     "}
	spaces := []string{"    ", "\t", "     ", "  \t", " "}
	forms := []func() string{
		m.line, m.line, func() string { return m.line() + "\n" + m.line() },
		func() string {
			indent := spaces[m.pick("spaces", len(spaces))]
			return indented(m.line(), indent, indent)
		},
		func() string { return m.line() + "\n" + indented(m.line(), "    ", "\t") },
		m.table,
		func() string {
			return strings.Repeat("#", 1+m.pick("level", 6)) + " " + m.word() + " *" + m.word() + "* ##"
		},
		func() string {
			return m.word() + "\n" + m.word() + []string{"\n===", "\n---", "\n-"}[m.pick("underline", 3)]
		},
		func() string { return []string{"---", "***", "_ _ _"}[m.pick("divider", 3)] },
		func() string { return "![" + m.word() + `](/a.png "` + m.word() + `")` },
		func() string { return "[" + m.word() + "](https://a.example){.button}" },
		// refused
		func() string { return "```" + m.word() + "\n" + m.line() + "\n```" }, func() string { return "~~~\n" + m.line() },
		func() string { return "<div>\n" + m.line() + "\n</div>" }, func() string { return "<!--\n" + m.line() + "\n-->" },
		func() string { return "[" + m.word() + "]: https://a.example/" + m.word() + ` "` + m.word() + `"` },
		func() string { return "[^" + m.word() + "]: " + m.line() }, func() string { return "<script>\n" + m.line() },
	}
	n := len(forms)
	if m.pick("sound", 4) > 0 {
		n -= 7
	}
	form := m.pick("block", n+3)
	if form < n || depth == 0 {
		return forms[form%n]()
	}
	inside := m.blocks(depth-1, 2)
	if form == n {
		return indented(inside, "> ", []string{"> ", ">", ""}[m.pick("lazy", 3)])
	}
	mark := marks[m.pick("mark", len(marks))]
	item := indented(inside, mark, strings.Repeat(" ", len(strings.TrimSuffix(strings.TrimSuffix(mark, "[ ] "), "[x] "))))
	return item + "\n" + mark + m.line()
}

func (m *manuscript) table() string {
	var rows []string
	columns := 1 + m.pick("columns", 3)
	for row := range 2 + m.pick("rows", 3) {
		var cells []string
		for range columns {
			cells = append(cells, strings.ReplaceAll(strings.ReplaceAll(m.line(), "\n", " "), "|", `\|`))
		}
		if row > 0 {
			switch m.pick("ragged", 8) {
			case 0:
				cells = cells[:len(cells)-1]
			case 1:
				cells = append(cells, m.word())
			}
		}
		rows = append(rows, "| "+strings.Join(cells, " | ")+" |")
		if row == 0 {
			rows = append(rows, "|"+strings.Repeat(" :-- |", columns))
		}
	}
	return strings.Join(rows, "\n")
}

func (m *manuscript) blocks(depth, most int) string {
	text := m.block(depth)
	for range m.pick("more", most) {
		text += []string{"\n\n", "\n\n", "\n\n", "\n", "\n\n\n"}[m.pick("between", 5)] + m.block(depth)
	}
	return text
}

var writtenWord = regexp.MustCompile(`w\d+z`)

// inOrder are the words of a text as they stand.
func inOrder(text string) []string { return writtenWord.FindAllString(text, -1) }

// wordsIn are the words of a text, sorted, each once.
func wordsIn(text string) []string {
	found := inOrder(text)
	slices.Sort(found)
	return slices.Compact(found)
}

// shown is what a page says: its texts, and what its images are called.
func shown(page string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(page))
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		token := z.Token()
		if kind == html.TextToken {
			b.WriteString(token.Data)
		} else {
			b.WriteByte('\n')
		}
		for _, a := range token.Attr {
			if a.Key == "alt" {
				b.WriteString(a.Val)
			}
		}
	}
	return b.String()
}

// readings are all that people read of the blocks.
func readings(t interface{ Fatal(args ...any) }, blocks []Block) map[string]string {
	doc := Document{Language: "it", Title: "t", Blocks: blocks}
	page, err := HTML(doc, Labels{})
	if err != nil {
		t.Fatal(err)
	}
	mail, err := Compile(doc, Frame{})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"page": shown(string(page)), "text": string(mail.Text.Fill(nil, Values{})),
		"e-mail": shown(strings.SplitAfterN(string(mail.HTML.Fill(nil, Values{})), "<h1>", 2)[1]),
	}
}

// signs are what each fault's line holds, so that it is known to be the line of the thing itself.
func signs() map[string]string {
	return map[string]string{
		"content.text.comment": `<!--`, "content.text.html": `<`, "content.text.image": `!\[`, "content.text.link.title": `\[|"`,
		"content.text.link.nowhere": `\[`, "content.text.button": `\[|\{`, "content.text.code": "```|~~~", "content.markdown.fence.unknown": "```|~~~",
		"content.markdown.fence.open": "```|~~~", "content.text.heading": ``, "content.text.divider": `---|\*\*\*|_ _ _`, "content.text.reference": `\]:`,
		"content.text.footnote": `\]:`, "content.text.cells": `\|`, "content.text.empty": ``, "content.heading.empty": ``, "content.heading.link": `\[`,
		"content.url.malformed": `\[`,
	}
}

// TestNoWordIsLost: whatever is written, every word comes out in the e-mail, in its text, and on the page; or the document
// is refused with the line of each thing that cannot be taken, and even then a text that became a block shows all its words.
func TestNoWordIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &manuscript{t: t}
		source := m.blocks(3, 5)
		blocks, err := ParseMarkdown([]byte(source))
		lines := strings.Split(source, "\n")
		atTop := false // whether a fence was refused, of which no block is made
		for _, f := range fault.List(err) {
			line, _ := f.Args["Line"].(int)
			sign, known := signs()[f.Key]
			if !known || line < 1 || line > len(lines) || !regexp.MustCompile(sign).MatchString(lines[line-1]) {
				t.Fatalf("%v is not on its line of\n%s", f, source)
			}
			atTop = atTop || strings.HasPrefix(f.Key, "content.markdown.")
		}
		if atTop {
			return
		}
		if err == nil {
			back, err := ParseMarkdown(Markdown(blocks))
			if err != nil {
				t.Fatalf("%v, but was written from\n%s\nas\n%s", err, source, Markdown(blocks))
			}
			again := readings(t, back)
			for name, reading := range readings(t, blocks) {
				if want, got := inOrder(reading), inOrder(again[name]); !slices.Equal(want, got) {
					t.Fatalf("%s written again as\n%s\nreads otherwise: %v", source, Markdown(blocks), got)
				}
			}
		}
		unseen := false // a title, which no draft shows
		for _, key := range []string{"content.text.link.title", "content.text.image", "content.heading.link"} {
			unseen = unseen || fault.HasKey(err, key)
		}
		for name, reading := range readings(t, blocks) {
			if want, got := wordsIn(source), wordsIn(reading); !unseen && !slices.Equal(want, got) {
				t.Fatalf("the %s has not the words of\n%s\nbut\n%s\n%v\n%v", name, source, reading, want, got)
			}
		}
	})
}

func FuzzNoWordIsLost(f *testing.F) {
	for _, seed := range []string{
		"Prima.\n\n    Quattro.\n\nDopo.", "Prima.\n\n\tTab.\n\nDopo.", "- a\n\n      b\n\n\tc", "> a\n>     b\n> - c\n>\n>       d", "|a|b|\n|-|-|\n|c\n|d|e|f|",
		"<!-- a\n\nb --> c", "1. a\n   1. b\n\n     c", "[a](b 'c') [d][e]\n\n[e]: f 'g'", "a[^b]\n\n[^b]: c\n    d", "a\n===\nb\n---\n", "`` a ` b ``", "<a href=b>c</a>",
		"- [ ] a\n- [x] b", "a|b\n-|-\n`c\\|d`|e", "\t- a\n\t\t- b", "-\ta\n\n\tb", "* * * a", "~~a~~ ~b~", "&Aacute;a &#x61;b &#97;c", "*a _b* c_", "a\\\n\\*b\\*", "$a$",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 2000 || strings.Contains(source, "{.button}") {
			t.Skip("long texts say nothing new; a button's mark is no word")
		}
		blocks, err := ParseMarkdown([]byte(source))
		if err != nil || len(wordsOf(source)) == 0 {
			return
		}
		for name, reading := range readings(t, blocks) {
			for _, word := range wordsOf(source) {
				if !strings.Contains(reading, word) {
					t.Fatalf("the %s lost %q of %q: %q", name, word, source, reading)
				}
			}
		}
	})
}

// plainWord is a run of letters that cannot be part of an entity, an address, a date or a mark.
var plainWord = regexp.MustCompile(`(?:^|[\s>*_~|-])([a-zA-Z]{1,20})(?:[\s*_~|]|$)`)

// wordsOf are words that must come out whatever stands around them.
func wordsOf(text string) []string {
	var words []string
	for _, found := range plainWord.FindAllStringSubmatch(text, -1) {
		words = append(words, found[1])
	}
	return words
}
