package content

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// bareLink is a URL or mailbox in a text without any markup. Its child is the text as written; scheme is added if the
// text has none.
type bareLink struct {
	ast.BaseInline

	scheme string // "", "http://" or "mailto:"
}

// Kind and Dump are what the Markdown parser asks of a node.
func (*bareLink) Kind() ast.NodeKind { return ast.KindAutoLink }

func (n *bareLink) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// bareLinkParser finds bare URLs (http://…, https://…, www.…) and mailboxes. The Markdown parser calls it at ':', '.'
// or '@'. It looks back from there, because the letters before were read as text.
//
// A URL ends where mail programs end it: before a blank, "<" or a quotation mark, before a bracket that was not opened
// in it, and without the punctuation after its last letter. Letters of any language, "|" and "*" may be part of it.
type bareLinkParser struct{}

// Trigger and Parse are what the Markdown parser asks.
func (bareLinkParser) Trigger() []byte { return []byte{':', '.', '@'} }

func (bareLinkParser) Parse(parent ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, segment := block.PeekLine()
	source := block.Source()
	said := textBefore(parent, segment.Start)
	var start, length int // of the URL: its start before the mark, its length after it
	node := &bareLink{}
	switch line[0] {
	case ':':
		start = len(schemeBefore.Find(source[said:segment.Start]))
		if rest := string(line); start > 0 && strings.HasPrefix(rest, "://") {
			length = addressEnd(rest, len("://"))
		}
	case '.':
		start = len(wwwBefore.Find(source[said:segment.Start]))
		if start > 0 {
			node.scheme, length = "http://", addressEnd(string(line), 1)
		}
	case '@':
		start = len(localBefore.Find(source[said:segment.Start]))
		if start > 0 {
			node.scheme, length = "mailto:", len(domainAfter.Find(line))
		}
	}
	from := segment.Start - start
	before, _ := utf8.DecodeLastRune(source[:from])
	if length == 0 || from > said && isWord(before) {
		return nil
	}
	address := text.NewSegment(from, segment.Start+length)
	if target := node.scheme + literal(address.Value(source)); !safeLink(target) {
		return nil
	}
	cutBack(parent, from)
	block.Advance(length)
	node.AppendChild(node, ast.NewTextSegment(address))
	node.SetPos(from)
	return node
}

var (
	schemeBefore = regexp.MustCompile(`(?i)https?$`)
	wwwBefore    = regexp.MustCompile(`(?i)www$`)
	localBefore  = regexp.MustCompile(`[A-Za-z0-9](?:[A-Za-z0-9._+'-]*[A-Za-z0-9_+-])?$`)
	domainAfter  = regexp.MustCompile(`^@[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?(?:\.[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?)+`)
)

// maxBefore is the longest beginning of an address before its mark, in bytes: that of a mailbox (RFC 5321 §4.5.3.1.1).
const maxBefore = 64

// textBefore returns where the plain text begins that ends at end, as the last children of parent. It looks back no
// further than a URL may begin.
func textBefore(parent ast.Node, end int) int {
	least := end - maxBefore
	for n := parent.LastChild(); n != nil && end > least; n = n.PreviousSibling() {
		t, ok := n.(*ast.Text)
		if !ok || t.Segment.Stop != end || lineBreak(t) {
			break
		}
		end = t.Segment.Start
	}
	return max(end, least)
}

// cutBack takes the text from the offset on out of the last children of parent.
func cutBack(parent ast.Node, from int) {
	for {
		t, ok := parent.LastChild().(*ast.Text)
		if !ok || t.Segment.Stop <= from {
			return
		}
		if t.Segment.Start < from {
			t.Segment = t.Segment.WithStop(from)
			return
		}
		parent.RemoveChild(parent, t)
	}
}

// addressEnd returns the length of the URL at the beginning of line, of which the first bytes are known; 0 if nothing
// follows them.
func addressEnd(line string, known int) int {
	var open []rune // brackets, each as the one that closes it
	end := len(line)
scan:
	for i, r := range line[known:] {
		switch r {
		case '(':
			open = append(open, ')')
		case '[':
			open = append(open, ']')
		case '{':
			open = append(open, '}')
		case ')', ']', '}':
			at := slices.Index(open, r)
			if at < 0 {
				end = known + i
				break scan
			}
			open = slices.Delete(open, at, at+1)
		case '<', '>', '"', '«', '»', '‹', '›', '“', '”', '„', '‟', '`', utf8.RuneError:
			end = known + i
			break scan
		case '\\': // escapes what follows, or is no part of an address
			if next := known + i + 1; next >= len(line) || !isPunct(line[next]) {
				end = known + i
				break scan
			}
		default:
			if isSpaceOrControl(r) || unicode.IsSpace(r) {
				end = known + i
				break scan
			}
		}
	}
	end = known + len(withoutTail(line[known:end]))
	if end == known {
		return 0
	}
	return end
}

// entityTail is an entity at the end of a text: pasted HTML.
var entityTail = regexp.MustCompile(`&#?[A-Za-z0-9]+;$`)

// withoutTail cuts off what ends a sentence and not an address.
func withoutTail(address string) string {
	for {
		r, size := utf8.DecodeLastRuneInString(address)
		switch {
		case size == 0:
			return address
		case strings.ContainsRune("/-#%&=+$@)]}", r):
			return address
		case r == ';' && entityTail.MatchString(address):
			address = entityTail.ReplaceAllString(address, "")
		case unicode.IsPunct(r) || strings.ContainsRune("|~^", r):
			address = address[:len(address)-size]
		default:
			return address
		}
	}
}

func isPunct(b byte) bool {
	return b >= '!' && b <= '/' || b >= ':' && b <= '@' || b >= '[' && b <= '`' || b >= '{' && b <= '~'
}
