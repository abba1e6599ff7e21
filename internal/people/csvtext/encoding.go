package csvtext

import (
	"bufio"
	"bytes"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	utf16 "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"unoxuno/internal/fault"
)

// The encodings, as sentences name them.
const (
	UTF8     = "UTF-8"
	UTF16    = "UTF-16"
	Windows  = "Windows-1252"
	DOS      = "DOS 850"
	Mac      = "Mac Roman"
	guessing = 64 << 10 // how many bytes are examined to distinguish them
)

// codePage is an encoding with one byte per letter.
type codePage struct {
	name string
	page *charmap.Charmap
}

func codePages() []codePage {
	return []codePage{{Windows, charmap.Windows1252}, {DOS, charmap.CodePage850}, {Mac, charmap.Macintosh}}
}

// decoder converts text of unknown encoding to UTF-8. ASCII bytes are the same in all encodings. At the first other
// byte, as much text as fits into the buffer is examined: see guess.
type decoder struct {
	file   *bufio.Reader
	before []byte    // the last bytes that were passed on, at most two
	name   string    // of the encoding; "" while unknown
	text   io.Reader // set once the encoding is known
}

// newDecoder returns a decoder. The beginning of the file, head, also shows whether it is UTF-16.
func newDecoder(file *bufio.Reader, head []byte) *decoder {
	d := &decoder{file: file}
	if order, ok := utf16Order(head); ok {
		d.name = UTF16
		d.text = transform.NewReader(file, utf16.UTF16(order, utf16.UseBOM).NewDecoder())
	}
	return d
}

// utf16Order recognises UTF-16 by its byte order mark, or because every other byte of head is zero, as in any text that
// begins with Latin letters.
func utf16Order(head []byte) (order utf16.Endianness, ok bool) {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return utf16.LittleEndian, true
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return utf16.BigEndian, true
	case len(head) < 4:
		return order, false
	}
	head = head[:min(len(head), 64)&^1]
	var zeros [2]int
	for i, c := range head {
		if c == 0 {
			zeros[i%2]++
		}
	}
	const most = 3 // quarters
	switch half := len(head) / 2; {
	case zeros[0] == 0 && 4*zeros[1] >= most*half:
		return utf16.LittleEndian, true
	case zeros[1] == 0 && 4*zeros[0] >= most*half:
		return utf16.BigEndian, true
	}
	return order, false
}

// Read returns UTF-8; the fault people.csv.encoding if the encoding is unknown.
func (d *decoder) Read(p []byte) (int, error) {
	if d.text != nil {
		return d.text.Read(p)
	}
	if _, err := d.file.Peek(1); err != nil {
		return 0, err
	}
	ready, err := d.file.Peek(min(len(p), d.file.Buffered()))
	if err != nil {
		return 0, err
	}
	if n := ascii(ready); n > 0 {
		copy(p, ready[:n])
		d.before = append(d.before[:0], ready[max(0, n-2):n]...)
		return d.file.Discard(n)
	}
	sample, err := d.file.Peek(guessing)
	if err != nil && len(sample) == 0 {
		return 0, err
	}
	if d.name = guess(slices.Concat(d.before, sample)); d.name == "" {
		return 0, fault.Invalid("people.csv.encoding")
	}
	d.text = d.file
	for _, c := range codePages() {
		if c.name == d.name {
			d.text = c.page.NewDecoder().Reader(d.file)
		}
	}
	return d.text.Read(p)
}

// ascii returns the number of bytes before the first one outside ASCII.
func ascii(b []byte) int {
	for i, c := range b {
		if c >= utf8.RuneSelf {
			return i
		}
	}
	return len(b)
}

// guess returns the encoding of a sample, which starts just before the first byte outside ASCII; "" if none is likely.
// Valid UTF-8 is no coincidence. Otherwise the best code page is the one in which the bytes are letters that Italian
// uses, in places where it uses them: à follows a small letter, ’ is between two. Windows wins a draw, because most
// files of offices come from there.
func guess(sample []byte) string {
	if good, bad := wellFormed(sample); good >= 3*bad && good > 0 {
		return UTF8
	}
	best, second, found := -1, -1, ""
	for _, c := range codePages() {
		switch points := likelihood(sample, c.page); {
		case points > best:
			best, second, found = points, best, c.name
		case points > second:
			second = points
		}
	}
	const margin = 3
	if best <= 0 || found != Windows && best-second < margin {
		return ""
	}
	return found
}

// wellFormed counts the valid UTF-8 characters outside ASCII and the invalid bytes. It ignores an incomplete character
// at the end.
func wellFormed(sample []byte) (good, bad int) {
	for len(sample) > 0 {
		n := ascii(sample)
		sample = sample[n:]
		if len(sample) == 0 || !utf8.FullRune(sample) {
			break
		}
		r, size := utf8.DecodeRune(sample)
		if r == utf8.RuneError && size == 1 {
			bad++
		} else {
			good++
		}
		sample = sample[size:]
	}
	return good, bad
}

// The points that a character gives to the code page in which it is read.
const (
	italianLetter = 6
	italianLarge  = 5
	otherLetter   = 2
	rareLetter    = 1
	punctuation   = 2
	wrongCase     = -4 // added to the points of the letter
	unlikely      = -6
)

// likelihood returns the points of a code page for the bytes outside ASCII.
func likelihood(sample []byte, page *charmap.Charmap) (points int) {
	for i, c := range sample {
		if c < utf8.RuneSelf {
			continue
		}
		r := page.DecodeByte(c)
		points += letterPoints(r)
		before, after := sample[max(0, i-2):i], sample[i+1:min(len(sample), i+2)]
		switch {
		case unicode.IsLower(r) && afterCapitals(before), unicode.IsUpper(r) && len(before) > 0 && isSmall(before[len(before)-1]):
			points += wrongCase
		case !unicode.IsLetter(r) && !strings.ContainsRune("’‘", r) && within(before, after):
			points += unlikely
		}
	}
	return points
}

func letterPoints(r rune) int {
	switch {
	case strings.ContainsRune("àèéìòù", r):
		return italianLetter
	case strings.ContainsRune("ÀÈÉÌÒÙ", r):
		return italianLarge
	case strings.ContainsRune("áâäçêëíîïñóôöúûüšžÁÂÄÇÊËÍÎÏÑÓÔÖÚÛÜŠŽß", r):
		return otherLetter
	case strings.ContainsRune("ãåõýÿæøœÃÅÕÝŸÆØŒ", r):
		return rareLetter
	case strings.ContainsRune("’‘“”–—…«»°€ºª§®©™\u00a0", r):
		return punctuation
	}
	return unlikely
}

// afterCapitals tells whether before ends with two capitals.
func afterCapitals(before []byte) bool {
	return len(before) == 2 && !slices.ContainsFunc(before, func(c byte) bool { return c < 'A' || c > 'Z' })
}

func isSmall(c byte) bool { return c >= 'a' && c <= 'z' }

func isLetter(c byte) bool { return isSmall(c) || c >= 'A' && c <= 'Z' }

// within tells whether the position is between two letters.
func within(before, after []byte) bool {
	return len(before) > 0 && len(after) > 0 && isLetter(before[len(before)-1]) && isLetter(after[0])
}
