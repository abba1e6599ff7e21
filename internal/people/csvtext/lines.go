package csvtext

import (
	"bufio"
	"bytes"
)

// lines ends every line with a line feed. Files of old Macs, and cells typed there, have carriage returns instead, and
// files that passed through several programs have both.
type lines struct{ text *bufio.Reader }

// Read reads text without carriage returns.
func (l lines) Read(p []byte) (n int, err error) {
	if _, err := l.text.Peek(1); err != nil {
		return 0, err
	}
	for n < len(p) && l.text.Buffered() > 0 {
		ready, err := l.text.Peek(min(len(p)-n, l.text.Buffered()))
		if err != nil {
			return n, err
		}
		end := bytes.IndexByte(ready, '\r')
		if end == 0 {
			if pair, _ := l.text.Peek(2); len(pair) < 2 || pair[1] != '\n' { // the next read returns the error of Peek
				p[n] = '\n'
				n++
			}
			if _, err := l.text.Discard(1); err != nil {
				return n, err
			}
			continue
		}
		if end > 0 {
			ready = ready[:end]
		}
		n += copy(p[n:], ready)
		if _, err := l.text.Discard(len(ready)); err != nil {
			return n, err
		}
	}
	return n, nil
}
