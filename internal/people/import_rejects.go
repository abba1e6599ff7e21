package people

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"

	"unoxuno/internal/people/csvtext"
)

// rejectsFile writes the rows that were not taken in the form of the file they came from: same delimiter, same columns,
// same cells, and before them the line, the column and the reason. In UTF-8; with a byte order mark where the file had
// one or was in another encoding, for then a spreadsheet wrote it and will read this.
type rejectsFile struct {
	w       io.Writer
	csv     *csv.Writer
	source  *csvtext.Reader
	dropped []int // columns of the source that are an older import's reasons
}

// newRejectsFile makes the file of an import; nothing is written to it while nothing is rejected.
func newRejectsFile(w io.Writer, source *csvtext.Reader) *rejectsFile {
	f := &rejectsFile{w: w, source: source}
	for i, cell := range source.Header {
		if slices.Contains(rejectColumns(), columnName(cell)) {
			f.dropped = append(f.dropped, i)
		}
	}
	return f
}

// write adds a row of a source in that encoding.
func (f *rejectsFile) write(r Reject, cells []string, encoding string) error {
	if f.w == nil {
		return nil
	}
	if f.csv == nil {
		if f.source.Marked || encoding != "" && encoding != csvtext.UTF8 {
			if _, err := io.WriteString(f.w, "\ufeff"); err != nil {
				return err
			}
		}
		f.csv = csv.NewWriter(f.w)
		f.csv.Comma = f.source.Delimiter
		if err := f.csv.Write(append(rejectColumns(), f.kept(f.source.Header)...)); err != nil {
			return err
		}
	}
	row := []string{strconv.Itoa(r.Line), r.Column, r.Reason}
	for _, cell := range f.kept(cells) {
		row = append(row, inert(strings.ToValidUTF8(cell, "\ufffd")))
	}
	return f.csv.Write(row)
}

// kept are the cells without an older import's reasons.
func (f *rejectsFile) kept(cells []string) []string {
	if len(f.dropped) == 0 || len(cells) != len(f.source.Header) {
		return cells
	}
	var kept []string
	for i, cell := range cells {
		if !slices.Contains(f.dropped, i) {
			kept = append(kept, cell)
		}
	}
	return kept
}

func (f *rejectsFile) flush() error {
	if f.csv == nil {
		return nil
	}
	f.csv.Flush()
	return f.csv.Error()
}

// inert is the cell with a quote before it when a spreadsheet would compute it (a formula in a name can send the sheet
// away). Numbers with their sign are left alone. Our own import takes the quote off again.
func inert(cell string) string {
	if cell == "" || strings.IndexByte("=+-@", cell[0]) < 0 || isNumber(cell) {
		return cell
	}
	return "'" + cell
}
