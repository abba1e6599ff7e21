package content

import (
	"unicode"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// delimiterParser parses emphasis as in CommonMark §6.2, except marks between two letters or digits: "3*2*1" is a
// product and "nome_cognome" a name.
type delimiterParser struct {
	marks string
	least int // how many of the mark stand together
	most  int // 0 for any number
	node  func(length int) ast.Node
}

func emphasis() delimiterParser {
	return delimiterParser{marks: "*_", least: 1, node: func(length int) ast.Node { return ast.NewEmphasis(length) }}
}

// strikethrough takes two tildes and not one, for "30~40" is a range.
func strikethrough() delimiterParser {
	return delimiterParser{marks: "~", least: 2, most: 2, node: func(int) ast.Node { return east.NewStrikethrough() }}
}

// Trigger, IsDelimiter, CanOpenCloser and OnMatch are what the Markdown parser asks.
func (d delimiterParser) Trigger() []byte { return []byte(d.marks) }

func (d delimiterParser) IsDelimiter(b byte) bool {
	for i := range len(d.marks) {
		if d.marks[i] == b {
			return true
		}
	}
	return false
}

func (delimiterParser) CanOpenCloser(opener, closer *parser.Delimiter) bool {
	return opener.Char == closer.Char
}

func (d delimiterParser) OnMatch(consumes int) ast.Node { return d.node(consumes) }

func (d delimiterParser) Parse(_ ast.Node, block text.Reader, pc parser.Context) ast.Node {
	before := block.PrecendingCharacter()
	line, segment := block.PeekLine()
	node := parser.ScanDelimiter(line, before, 1, d)
	if node == nil {
		return nil
	}
	length := node.OriginalLength
	node.Segment = segment.WithStop(segment.Start + length)
	block.Advance(length)
	after := ' '
	if length < len(line) {
		after = util.ToRune(line, length)
	}
	if length < d.least || d.most > 0 && length > d.most || isWord(before) && isWord(after) {
		return ast.NewTextSegment(node.Segment)
	}
	pc.PushDelimiter(node)
	return node
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
