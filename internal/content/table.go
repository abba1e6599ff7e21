package content

import (
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// tables parses tables as in GitHub's specification (https://github.github.com/gfm/#tables-extension-), except that a
// row may have more cells than there are headers. They are kept, so that refusals finds them.
type tables struct{}

// delimiterRow is the line below a table's headers.
var delimiterRow = regexp.MustCompile(`^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$`)

func (tables) Transform(node *ast.Paragraph, reader text.Reader, _ parser.Context) {
	source, lines := reader.Source(), node.Lines()
	for i := 1; i < lines.Len(); i++ {
		below := lines.At(i)
		line := strings.TrimRight(string(below.Value(source)), "\n")
		if !strings.Contains(line, "|") || !delimiterRow.MatchString(line) {
			continue
		}
		headers := cellsOf(lines.At(i-1), source)
		columns := len(cellsOf(below, source))
		if len(headers) != columns {
			continue
		}
		table := east.NewTable()
		table.SetPos(lines.At(i - 1).Start)
		table.AppendChild(table, east.NewTableHeader(rowOf(lines.At(i-1), headers, columns)))
		for j := i + 1; j < lines.Len(); j++ {
			table.AppendChild(table, rowOf(lines.At(j), cellsOf(lines.At(j), source), columns))
		}
		node.Parent().InsertAfter(node.Parent(), node, table)
		lines.SetSliced(0, i-1)
		if i == 1 {
			node.Parent().RemoveChild(node.Parent(), node)
			return
		}
		last := lines.At(i - 2)
		lines.Set(i-2, last.TrimRightSpace(source))
		return
	}
}

// cellsOf are the cells of a line, parted by bars that no backslash stands before.
func cellsOf(line text.Segment, source []byte) []text.Segment {
	line = trimmed(line, source)
	from, until := line.Start, line.Stop
	if from < until && source[from] == '|' {
		from++
	}
	if from < until && source[until-1] == '|' && !isEscaped(source, until-1) {
		until--
	}
	var cells []text.Segment
	start := from
	for i := from; i <= until; i++ {
		if i == until || source[i] == '|' && !isEscaped(source, i) {
			cells = append(cells, trimmed(text.NewSegment(start, i), source))
			start = i + 1
		}
	}
	return cells
}

func trimmed(s text.Segment, source []byte) text.Segment {
	s = s.TrimLeftSpace(source)
	return s.TrimRightSpace(source)
}

func isEscaped(source []byte, at int) bool { return at > 0 && source[at-1] == '\\' }

// rowOf is a row of at least that many columns.
func rowOf(line text.Segment, cells []text.Segment, columns int) *east.TableRow {
	row := east.NewTableRow(make([]east.Alignment, columns))
	row.SetPos(line.Start)
	for i := range max(columns, len(cells)) {
		cell := east.NewTableCell()
		cell.SetPos(line.Start)
		if i < len(cells) {
			cell.Lines().Append(cells[i])
			cell.SetPos(cells[i].Start)
		}
		row.AppendChild(row, cell)
	}
	return row
}
