package sms

import (
	"fmt"
	"unicode/utf8"
)

// What a message holds, in septets of GSM7 and 16-bit units of UCS2 (140 octets; 3GPP TS 23.040 §9.2.3.24.1): alone, and
// as a part of a longer text, whose header takes six octets.
const (
	singleGSM7, partGSM7 = 160, 153
	singleUCS2, partUCS2 = 70, 67
)

// MaxParts is how many parts a text may have: one octet counts them.
const MaxParts = 255

func (e Encoding) limits() (single, part int) {
	if e == UCS2 {
		return singleUCS2, partUCS2
	}
	return singleGSM7, partGSM7
}

// Part is a stretch of a text that travels, and is charged, as one message.
type Part struct {
	Text     string
	Encoding Encoding
	Size     int // septets of GSM7, 16-bit units of UCS2
}

// Split cuts text into as few parts as carry it, in the cheapest encoding. A text that fits is one part; none is cut
// within a character, an escape sequence or a surrogate pair. The empty text is one empty part. What is not UTF-8 is
// U+FFFD.
func Split(text string) []Part {
	e := EncodingOf(text)
	single, limit := e.limits()
	total := 0
	for _, r := range text {
		total += e.width(r)
	}
	if total <= single {
		limit = single
	}
	var parts []Part
	start, size := 0, 0
	for i, r := range text {
		if w := e.width(r); size+w > limit {
			parts = append(parts, Part{Text: text[start:i], Encoding: e, Size: size})
			start, size = i, w
		} else {
			size += w
		}
	}
	return append(parts, Part{Text: text[start:], Encoding: e, Size: size})
}

// header is the user data header of part number n (from 1) of a text of total parts: information element 0, an octet of
// reference (3GPP TS 23.040 §9.2.3.24.1).
func header(reference byte, n, total int) []byte {
	return []byte{5, 0, 3, reference, byte(total), byte(n)}
}

// concatenation is what a user data header says of the part it stands before.
type concatenation struct {
	reference uint16
	n, total  int
}

// readHeader splits user data into what the header says and what follows it. Elements that we do not know are skipped;
// part is the zero value when none of them speaks of parts.
func readHeader(data []byte) (part concatenation, rest []byte, err error) {
	if len(data) == 0 || 1+int(data[0]) > len(data) {
		return part, nil, fmt.Errorf("a user data header longer than its message")
	}
	elements, rest := data[1:1+data[0]], data[1+data[0]:]
	for len(elements) > 0 {
		if len(elements) < 2 || 2+int(elements[1]) > len(elements) {
			return concatenation{}, nil, fmt.Errorf("an element longer than its user data header")
		}
		id, v := elements[0], elements[2:2+elements[1]]
		elements = elements[2+len(v):]
		switch {
		case id == 0x00 && len(v) == 3: // concatenated, reference of one octet
			part = concatenation{uint16(v[0]), int(v[2]), int(v[1])}
		case id == 0x08 && len(v) == 4: // reference of two octets
			part = concatenation{uint16(v[0])<<8 | uint16(v[1]), int(v[3]), int(v[2])}
		}
	}
	if part.n < 1 || part.n > part.total {
		part = concatenation{} // 3GPP TS 23.040 §9.2.3.24.1: the receiver shall ignore the element
	}
	return part, rest, nil
}

// characters is how many characters a reader counts in text.
func characters(text string) int { return utf8.RuneCountInString(text) }
