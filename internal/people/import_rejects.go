package people

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"

	"unoxuno/internal/people/csvtext"
)

// rejectsFile writes the rejected rows in the form of their file: same delimiter, columns and cells, preceded by line,
// column and reason. It is UTF-8, with a byte order mark if the file had one or another encoding: then a spreadsheet
// wrote it and will read this one.
type rejectsFile struct {
	w       io.Writer
	csv     *csv.Writer
	source  *csvtext.Reader
	dropped []int // columns of the source that contain the reasons of an earlier import
}

// newRejectsFile returns the rejects file of an import. It stays empty while nothing is rejected.
func newRejectsFile(w io.Writer, source *csvtext.Reader) *rejectsFile {
	f := &rejectsFile{w: w, source: source}
	for i, cell := range source.Header {
		if slices.Contains(rejectColumns(), columnName(cell)) {
			f.dropped = append(f.dropped, i)
		}
	}
	return f
}

// write adds a row of a source with that encoding.
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

// kept returns the cells without the reasons of an earlier import.
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

// inert puts a quote before a cell that a spreadsheet would compute, because a formula in a name can send the sheet's
// contents away. Signed numbers are left alone. Our own import removes the quote.
func inert(cell string) string {
	if cell == "" || strings.IndexByte("=+-@", cell[0]) < 0 || isNumber(cell) {
		return cell
	}
	return "'" + cell
}
