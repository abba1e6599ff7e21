package content

import (
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
)

// columnGap stands between two columns of a table in plain text.
const columnGap = "  "

// table writes a table in columns where they fit into a line, and else row by row, each cell after its header.
func (w *plainWriter) table(m markup, table *east.Table, indent string) {
	var rows [][]string
	for row := table.FirstChild(); row != nil; row = row.NextSibling() {
		var cells []string
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			cells = append(cells, w.cell(m, cell))
		}
		rows = append(rows, cells)
	}
	widths := columnWidths(rows)
	total := utf8.RuneCountInString(indent) + len(columnGap)*(len(widths)-1)
	for _, width := range widths {
		total += width
	}
	if total <= textWidth {
		w.columns(rows, widths, indent)
	} else {
		w.records(rows, indent)
	}
}

// cell is what a cell says, on one line.
func (w *plainWriter) cell(m markup, cell ast.Node) string {
	return strings.Join(strings.Fields(w.said(m, cell)), " ")
}

func columnWidths(rows [][]string) []int {
	var widths []int
	for _, cells := range rows {
		for i, cell := range cells {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	return widths
}

// columns writes the rows as columns, the first row with a line under each of its cells.
func (w *plainWriter) columns(rows [][]string, widths []int, indent string) {
	line := func(cells []string) {
		text := indent
		for i, cell := range cells {
			if i > 0 {
				text += columnGap
			}
			text += cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		}
		w.WriteString(strings.TrimRight(text, " ") + "\n")
	}
	for i, cells := range rows {
		line(cells)
		if i == 0 {
			rules := make([]string, len(widths))
			for column, width := range widths {
				rules[column] = strings.Repeat("-", width)
			}
			line(rules)
		}
	}
}

// records writes each row as a paragraph of lines "header: cell".
func (w *plainWriter) records(rows [][]string, indent string) {
	for i, cells := range rows[1:] {
		if i > 0 {
			w.WriteString(strings.TrimRight(indent, " ") + "\n")
		}
		for column, cell := range cells {
			header := ""
			if column < len(rows[0]) {
				header = rows[0][column]
			}
			switch {
			case cell == "" && header == "":
			case header == "":
				w.WriteString(wrap(cell, indent, indent+"  "))
			default:
				w.WriteString(wrap(header+": "+cell, indent, indent+"  "))
			}
		}
	}
	if len(rows) == 1 {
		w.WriteString(wrap(strings.Join(rows[0], ", "), indent, indent))
	}
}
