package csvtext

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

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

// tail passes text on and keeps what came since the current row began, so that a broken row can be shown and a row
// without end is stopped.
type tail struct {
	text io.Reader
	kept []byte
	from int64 // offset of kept[0] in the text
	line int   // the line at kept[0]
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

// begin drops the text before offset, where a row begins.
func (t *tail) begin(offset int64) {
	done := t.kept[:offset-t.from]
	t.line += bytes.Count(done, []byte("\n"))
	t.kept, t.from = t.kept[len(done):], offset
}

// row returns the text up to offset, without its line break.
func (t *tail) row(offset int64) string {
	return strings.Trim(string(t.kept[:offset-t.from]), "\r\n")
}

// firstLine returns the line of the first row in kept, after blank lines.
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

// atEnd tells whether no text follows offset.
func (t *tail) atEnd(offset int64) bool { return t.end && offset >= t.from+int64(len(t.kept)) }
