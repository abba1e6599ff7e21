package csvtext

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/transform"

	"unoxuno/internal/fault"
)

// MaxRow is the longest row taken, in bytes of UTF-8.
const MaxRow = 256 << 10

// sniffed is how much of the file is looked at to learn its form, in bytes: the header must fit in.
const sniffed = 64 << 10

// Row is a row of the file.
type Row struct {
	Line  int // the physical line on which it begins, from 1
	Cells []string
}

// Blank tells whether no cell holds anything: spreadsheets leave such rows at the end.
func (r Row) Blank() bool {
	for _, c := range r.Cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

// RowError says that a row cannot be split into cells. The next Read goes on with the next row.
type RowError struct {
	Line, LastLine int    // the lines it begins and ends on
	Raw            string // its text as it stands
	Cause          error
}

func (e *RowError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Cause) }

func (e *RowError) Unwrap() error { return e.Cause }

// Reader reads rows. It is made by NewReader.
type Reader struct {
	Header    []string // the first row's cells, trimmed
	Delimiter rune
	Marked    bool // the file begins with a byte order mark

	input *counter
	text  *decoder
	tail  *tail
	csv   *csv.Reader
}

// NewReader looks at the beginning of the file and reads its header. Of the three delimiters the one is taken that gives
// the most header cells for which known is true, or else the most cells. Faults: people.csv.empty, .binary, .utf16,
// .spreadsheet, .header.
func NewReader(file io.Reader, known func(name string) bool) (*Reader, error) {
	r := &Reader{input: &counter{file: file}, text: &decoder{}}
	buffered := bufio.NewReaderSize(r.input, sniffed)
	head, err := buffered.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if err := refuseForeign(head); err != nil {
		return nil, err
	}
	if mark := []byte("\xef\xbb\xbf"); bytes.HasPrefix(head, mark) {
		r.Marked = true
		if _, err := buffered.Discard(len(mark)); err != nil {
			return nil, err
		}
		head = head[len(mark):]
	}
	if len(bytes.TrimSpace(head)) == 0 {
		return nil, fault.Invalid("people.csv.empty")
	}
	if r.Delimiter = sniff(head, known); r.Delimiter == 0 {
		return nil, fault.Invalid("people.csv.header")
	}
	r.tail = &tail{text: transform.NewReader(buffered, r.text), line: 1}
	r.csv = newCSV(r.tail, r.Delimiter)
	row, err := r.Read()
	if err != nil {
		return nil, fault.Invalid("people.csv.header").Because(err)
	}
	for _, cell := range row.Cells {
		r.Header = append(r.Header, strings.TrimSpace(cell))
	}
	return r, nil
}

func newCSV(text io.Reader, delimiter rune) *csv.Reader {
	c := csv.NewReader(text)
	c.Comma = delimiter
	c.FieldsPerRecord = -1
	c.TrimLeadingSpace = delimiter != '\t' // with tabs it would swallow empty cells
	return c
}

// refuseForeign recognises files that are no delimited text.
func refuseForeign(head []byte) error {
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")):
		return fault.Invalid("people.csv.spreadsheet")
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return fault.Invalid("people.csv.utf16")
	case bytes.IndexByte(head, 0) >= 0:
		return fault.Invalid("people.csv.binary")
	}
	return nil
}

// sniff is the delimiter of the header; 0 when its row cannot be split by any.
func sniff(head []byte, known func(string) bool) rune {
	best, found := -1, rune(0)
	for _, delimiter := range []rune{',', ';', '\t'} {
		text := transform.NewReader(bytes.NewReader(head), &decoder{})
		cells, err := newCSV(text, delimiter).Read()
		if err != nil {
			continue
		}
		score := len(cells)
		for _, cell := range cells {
			if known(strings.TrimSpace(cell)) {
				score += len(head) // one known name outweighs any number of cells
			}
		}
		if score > best {
			best, found = score, delimiter
		}
	}
	return found
}

// Latin tells whether the text read so far showed itself to be Windows-1252.
func (r *Reader) Latin() bool { return r.text.latin != nil }

// Bytes is how much of the file was read.
func (r *Reader) Bytes() int64 { return r.input.n }

// Read is the next row; io.EOF after the last. A *RowError is about one row; a fault people.csv.quote or people.csv.long
// means that the rest cannot be read.
func (r *Reader) Read() (Row, error) {
	r.tail.begin(r.csv.InputOffset())
	cells, err := r.csv.Read()
	if err == nil {
		line, _ := r.csv.FieldPos(0)
		return Row{Line: line, Cells: cells}, nil
	}
	if errors.Is(err, errTooLong) {
		return Row{}, fault.Invalid("people.csv.long", "Line", r.tail.firstLine(), "Max", MaxRow)
	}
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return Row{}, err
	}
	if parse.Line > parse.StartLine && r.tail.atEnd(r.csv.InputOffset()) {
		// A quote that opens here and never closes has swallowed all that follows.
		return Row{}, fault.Invalid("people.csv.quote", "Line", parse.StartLine)
	}
	return Row{}, &RowError{Line: parse.StartLine, LastLine: parse.Line, Raw: r.tail.row(r.csv.InputOffset()), Cause: parse.Err}
}

// counter counts the bytes read.
type counter struct {
	file io.Reader
	n    int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.file.Read(p)
	c.n += int64(n)
	return n, err
}

var errTooLong = errors.New("row too long")

// tail passes text on and keeps what came since the current row began, so that a broken row can be shown whole and an
// endless one is stopped.
type tail struct {
	text io.Reader
	kept []byte
	from int64 // offset of kept[0] in the text
	line int   // on which kept[0] stands
	end  bool
}

func (t *tail) Read(p []byte) (int, error) {
	if len(t.kept) > MaxRow {
		return 0, errTooLong
	}
	n, err := t.text.Read(p)
	t.kept = append(t.kept, p[:n]...)
	t.end = t.end || errors.Is(err, io.EOF)
	return n, err
}

// begin forgets what stands before offset: a row begins there.
func (t *tail) begin(offset int64) {
	done := t.kept[:offset-t.from]
	t.line += bytes.Count(done, []byte("\n"))
	t.kept, t.from = t.kept[len(done):], offset
}

// row is the text up to offset, without its line break.
func (t *tail) row(offset int64) string {
	return strings.Trim(string(t.kept[:offset-t.from]), "\r\n")
}

// firstLine is the line of the first row in kept, past blank lines.
func (t *tail) firstLine() int {
	line := t.line
	for _, c := range t.kept {
		if c == '\n' {
			line++
		} else if c != '\r' {
			break
		}
	}
	return line
}

// atEnd tells whether nothing comes after offset.
func (t *tail) atEnd(offset int64) bool { return t.end && offset >= t.from+int64(len(t.kept)) }
