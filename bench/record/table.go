package record

import (
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The marks between which the tables of a document stand.
const (
	beginMark = "<!-- bench:begin -->"
	endMark   = "<!-- bench:end -->"
)

// Fill writes the results between the marks of a document, and leaves the rest of it alone.
func Fill(document string, results []Result) error {
	text, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	before, rest, begun := strings.Cut(string(text), beginMark)
	_, after, ended := strings.Cut(rest, endMark)
	if !begun || !ended {
		return fmt.Errorf("%s: no %s … %s to write the tables between", document, beginMark, endMark)
	}
	return os.WriteFile(document, []byte(before+beginMark+"\n\n"+Markdown(results)+"\n"+endMark+after), 0o644)
}

// Markdown is the results as a reader of the documents sees them.
func Markdown(results []Result) string {
	var b strings.Builder
	for at, r := range results {
		if at == 0 || !sameGround(r, results[at-1]) {
			writeGround(&b, r)
		}
		_, _ = fmt.Fprintf(&b, "### %s\n\n%s\n\n", r.Title, r.About)
		for _, group := range alike(r.Rows) {
			writeTable(&b, group)
		}
		for _, row := range r.Rows {
			for _, note := range row.Notes {
				_, _ = fmt.Fprintf(&b, "- %s: %s\n", row.Name, note)
			}
		}
		for _, s := range r.Skipped {
			_, _ = fmt.Fprintf(&b, "- Not measured: %s\n", s)
		}
		_, _ = fmt.Fprintf(&b, "\n<details><summary>Commands (%s, %s)</summary>\n\n```\n%s\n```\n\n</details>\n\n",
			r.Taken.Format("2 January 2006 15:04 MST"), time.Duration(r.Seconds)*time.Second, strings.Join(r.Commands, "\n"))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// sameGround tells whether two measures were taken on the same machine with the same versions.
func sameGround(a, b Result) bool {
	return a.Machine == b.Machine && a.Quick == b.Quick && maps.Equal(a.Versions, b.Versions)
}

// writeGround writes on what, and with what, the measures that follow were taken.
func writeGround(b *strings.Builder, r Result) {
	if r.Quick {
		b.WriteString("**Small sizes, to see that all works: these numbers say little of speed.**\n\n")
	}
	_, _ = fmt.Fprintf(b, "- machine: %d × %s, %s memory, %s\n", r.Machine.Cores, r.Machine.CPU, r.Machine.Memory, r.Machine.Kernel)
	for _, name := range slices.Sorted(maps.Keys(r.Versions)) {
		_, _ = fmt.Fprintf(b, "- %s: %s\n", name, r.Versions[name])
	}
	b.WriteString("\n")
}

// alike parts rows into runs of those with the same figures, each of which is a table.
func alike(rows []Row) (groups [][]Row) {
	for i, row := range rows {
		if i == 0 || columns(row) != columns(rows[i-1]) {
			groups = append(groups, nil)
		}
		last := len(groups) - 1
		groups[last] = append(groups[last], row)
	}
	return groups
}

func columns(r Row) string {
	var names []string
	for _, f := range r.Figures {
		names = append(names, f.Name)
	}
	return strings.Join(names, "\n")
}

func writeTable(b *strings.Builder, rows []Row) {
	head, line := "|", "|---|"
	for _, f := range rows[0].Figures {
		head += " | " + heading(f, rows)
		line += "---:|"
	}
	_, _ = fmt.Fprintf(b, "%s |\n%s\n", head, line)
	for _, row := range rows {
		_, _ = fmt.Fprintf(b, "| %s |", row.Name)
		for _, f := range row.Figures {
			_, _ = fmt.Fprintf(b, " %s |", cell(f))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

// heading is a figure's name and unit, and what is wanted of it where that is the same in every row.
func heading(f Figure, rows []Row) string {
	text := f.Name
	if f.Unit != "" && f.Unit != "×" {
		text += ", " + f.Unit
	}
	if f.Wanted == nil {
		return text
	}
	for _, row := range rows {
		for _, other := range row.Figures {
			if other.Name == f.Name && (other.Wanted == nil || *other.Wanted != *f.Wanted) {
				return text
			}
		}
	}
	return fmt.Sprintf("%s (wanted %s %s)", text, f.Wanted.Is, number(f.Wanted.Value, f.Unit))
}

// cell is the median of the runs with the least and the greatest, bold where it is not as wanted.
func cell(f Figure) string {
	text := number(f.Median, f.Unit)
	if len(f.Runs) > 1 && f.Least != f.Greatest {
		text += fmt.Sprintf(" (%s–%s)", number(f.Least, f.Unit), number(f.Greatest, f.Unit))
	}
	if f.Met != nil && !*f.Met {
		text = "**" + text + "**"
	}
	return text
}

// number writes a value with as many digits as mean something, thousands apart.
func number(v float64, unit string) string {
	digits := 2
	switch {
	case unit == "", math.Abs(v) >= 100:
		digits = 0
	case math.Abs(v) < 1:
		digits = 3
	}
	if v == math.Trunc(v) {
		digits = 0
	}
	whole, rest, _ := strings.Cut(strconv.FormatFloat(v, 'f', digits, 64), ".")
	for at := len(whole) - 3; at > 0 && whole[at-1] != '-'; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}
	if rest != "" {
		return whole + "." + rest
	}
	return whole
}
