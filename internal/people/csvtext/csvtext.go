package csvtext

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"unoxuno/internal/fault"
)

// MaxRow is the length of the longest row accepted, in bytes of UTF-8.
const MaxRow = 256 << 10

// sniffed is how many bytes at the beginning of the file are examined. The header must fit in.
const sniffed = 64 << 10

// Row is a row of the file.
type Row struct {
	Line    int // the physical line on which the row begins, from 1
	Cells   []string
	Missing int  // number of cells at the end that the file lacks
	Bare    bool // quotes stand within cells that do not begin with one
}

// Blank tells whether all cells are empty: spreadsheets leave such rows at the end.
func (r Row) Blank() bool {
	for _, c := range r.Cells {
		if strings.Trim(c, " \t\n\v\f\u00a0\x1a\x00") != "" { // U+001A ends DOS files, zeros fill blocks
			return false
		}
	}
	return true
}

// RowError means that a row cannot be split into cells. The next Read continues with the next row.
type RowError struct {
	Line, LastLine int    // the first and last line of the row
	Raw            string // the text of the row
	Cause          error
}

func (e *RowError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Cause) }

func (e *RowError) Unwrap() error { return e.Cause }

// Reader reads rows. Make it with NewReader.
type Reader struct {
	Header     []string // the header's cells, trimmed
	HeaderLine int      // its line, which is not always the first
	Above      int      // number of rows above the header that are not blank, such as a title
	Delimiter  rune
	Marked     bool // the file begins with a UTF-8 byte order mark

	input  *counter
	text   *decoder
	tail   *tail
	csv    *csv.Reader
	passed int // lines read before the CSV reader started
}

// NewReader examines the beginning of the file and reads its header. The header is the one of the first rows with the
// most cells for which known is true, or else the first row. The delimiter is the one of three that gives the most such
// cells, or else the most cells. A first line such as "sep=;", which spreadsheets write and read, decides it. Faults:
// people.csv.empty, .binary, .foreign, .spreadsheet, .encoding, .header.
func NewReader(file io.Reader, known func(name string) bool) (*Reader, error) {
	r := &Reader{input: &counter{file: file}}
	raw := bufio.NewReaderSize(r.input, max(sniffed, guessing))
	start, err := raw.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	r.text = newDecoder(raw, start)
	if err := refuseForeign(start, r.text.name); err != nil {
		return nil, err
	}
	if mark := []byte("\xef\xbb\xbf"); bytes.HasPrefix(start, mark) {
		r.Marked = true
		if _, err := raw.Discard(len(mark)); err != nil {
			return nil, err
		}
	}
	text := bufio.NewReaderSize(lines{bufio.NewReaderSize(r.text, sniffed)}, sniffed)
	head, err := text.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(bytes.TrimSpace(head)) == 0 {
		return nil, fault.Invalid("people.csv.empty")
	}
	delimiters := []rune{',', ';', '\t', '|'}
	if told, size := toldDelimiter(head); told != 0 {
		delimiters, r.passed, head = []rune{told}, 1, head[size:]
		if _, err := text.Discard(size); err != nil {
			return nil, err
		}
	}
	form := sniff(head, delimiters, known)
	if r.Delimiter = form.delimiter; r.Delimiter == 0 {
		return nil, fault.Invalid("people.csv.header")
	}
	r.tail = &tail{text: text, line: 1 + r.passed}
	r.csv = newCSV(r.tail, r.Delimiter)
	return r, r.readHeader(form.above)
}

// readHeader reads the header and the rows above it.
func (r *Reader) readHeader(above int) error {
	for range above {
		row, err := r.Read()
		if err != nil {
			return fault.Invalid("people.csv.header").Because(err)
		}
		if !row.Blank() {
			r.Above++
		}
	}
	row, err := r.Read()
	if err != nil {
		return fault.Invalid("people.csv.header").Because(err)
	}
	r.HeaderLine = row.Line
	for _, cell := range row.Cells {
		r.Header = append(r.Header, strings.TrimSpace(cell))
	}
	return nil
}

// toldDelimiter returns the delimiter in a first line such as "sep=;", and the length of that line.
func toldDelimiter(head []byte) (delimiter rune, size int) {
	line, _, whole := bytes.Cut(head, []byte("\n"))
	told, ok := strings.CutPrefix(strings.ToLower(strings.Trim(string(line), `" `)), "sep=")
	if !ok || len(told) != 1 || !strings.ContainsAny(told, ",;\t|") || !whole {
		return 0, 0
	}
	return rune(told[0]), len(line) + 1
}

func newCSV(text io.Reader, delimiter rune) *csv.Reader {
	c := csv.NewReader(text)
	c.Comma = delimiter
	c.FieldsPerRecord = -1
	c.TrimLeadingSpace = delimiter != '\t' // with tabs it would drop empty cells
	return c
}

// refuseForeign recognises files that are not delimited text.
func refuseForeign(head []byte, encoding string) error {
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")):
		return fault.Invalid("people.csv.spreadsheet")
	case encoding != UTF16 && isBinary(head):
		return fault.Invalid("people.csv.binary")
	}
	start := strings.ToUpper(string(bytes.TrimLeft(head[:min(len(head), 200)], "\xef\xbb\xbf \r\n\t")))
	for _, f := range []struct{ begins, kind string }{
		{"<!DOCTYPE", "HTML"}, {"<HTML", "HTML"}, {"<TABLE", "HTML"}, {"<?XML", "XML"}, {"{\\RTF", "RTF"}, {"%PDF", "PDF"},
		{"BEGIN:VCARD", "vCard"}, {"{\"", "JSON"}, {"[{", "JSON"},
	} {
		if strings.HasPrefix(start, f.begins) {
			return fault.Invalid("people.csv.foreign", "Kind", f.kind)
		}
	}
	return nil
}

// isBinary tells whether more than one character in twenty is a control character that no text has. A stray one is the
// fault of its row alone.
func isBinary(head []byte) bool {
	head = bytes.TrimRight(head, "\x00\x1a") // the end of DOS files, and of files written in blocks
	strange := 0
	for _, c := range head {
		if c < ' ' && !bytes.ContainsRune([]byte("\t\n\v\f\r"), rune(c)) {
			strange++
		}
	}
	return strange*20 > len(head)
}

// form is the delimiter of a file and the number of rows above its header.
type form struct {
	delimiter rune
	above     int
}

// searched is the number of first rows among which the header is searched.
const searched = 10

// sniff returns the form of the file. The delimiter is 0 if none can split the first row.
func sniff(head []byte, delimiters []rune, known func(string) bool) (found form) {
	mostKnown, mostCells := -1, 0
	for _, delimiter := range delimiters {
		above, named, cells := headerAt(newCSV(bytes.NewReader(head), delimiter), known)
		if named > mostKnown || named == mostKnown && cells > mostCells {
			found, mostKnown, mostCells = form{delimiter, above}, named, cells
		}
	}
	return found
}

// headerAt searches the header among the first rows. It returns the number of rows above it, and how many of its cells
// are known names and how many there are. known is -1 if nothing can be read.
func headerAt(rows *csv.Reader, isKnown func(string) bool) (above, known, cells int) {
	known = -1
	for at := range searched {
		row, err := rows.Read()
		if err != nil {
			return above, known, cells
		}
		if (Row{Cells: row}).Blank() {
			continue
		}
		n := 0
		for _, cell := range row {
			if strings.Contains(cell, "@") { // this row describes a person
				n = -1
				break
			}
			if isKnown(strings.TrimSpace(cell)) {
				n++
			}
		}
		if known < 0 || n > known {
			above, known, cells = at, max(n, 0), len(row)
		}
	}
	return above, known, cells
}

// Encoding returns the file's encoding; "" while all text read so far is ASCII.
func (r *Reader) Encoding() string { return r.text.name }

// Bytes returns how much of the file was read.
func (r *Reader) Bytes() int64 { return r.input.n }

// Read returns the next row; io.EOF after the last. A *RowError concerns one row. A fault people.csv.quote or
// people.csv.long means that the rest cannot be read.
func (r *Reader) Read() (Row, error) {
	r.tail.begin(r.csv.InputOffset())
	cells, err := r.csv.Read()
	if err == nil {
		line, _ := r.csv.FieldPos(0)
		return Row{Line: line + r.passed, Cells: cells}, nil
	}
	if errors.Is(err, errTooLong) {
		return Row{}, fault.Invalid("people.csv.long", "Line", r.tail.firstLine(), "Max", MaxRow)
	}
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return Row{}, err
	}
	first, last := parse.StartLine+r.passed, parse.Line+r.passed
	if last > first && r.tail.atEnd(r.csv.InputOffset()) {
		// A quote that opens here and never closes has consumed everything after it.
		return Row{}, fault.Invalid("people.csv.quote", "Line", first)
	}
	raw := r.tail.row(r.csv.InputOffset())
	if cells, ok := r.withBareQuotes(raw, parse.Err); ok && first == last {
		return Row{Line: first, Cells: cells, Bare: true}, nil
	}
	return Row{}, &RowError{Line: first, LastLine: last, Raw: raw, Cause: parse.Err}
}

// withBareQuotes reads a row in which a quote stands within a cell that does not begin with one: Anna "Annina" Rossi. It is
// a part of the text there. The row must have the cells of the header: with fewer, the quotes were meant to do more.
func (r *Reader) withBareQuotes(raw string, cause error) (cells []string, ok bool) {
	if !errors.Is(cause, csv.ErrBareQuote) {
		return nil, false
	}
	lenient := newCSV(strings.NewReader(raw), r.Delimiter)
	lenient.LazyQuotes = true
	cells, err := lenient.Read()
	return cells, err == nil && len(cells) >= len(r.Header)
}
