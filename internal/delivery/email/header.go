package email

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxHeaderLine is where a header line is folded (RFC 5322 §2.1.1), maxRawLine what a line never exceeds.
const (
	maxHeaderLine = 78
	maxRawLine    = 998
)

// maxEncodedWord is the longest encoded word (RFC 2047 §2).
const maxEncodedWord = 75

const (
	encodedWordStart = "=?utf-8?q?"
	encodedWordEnd   = "?="
)

// appendText appends a header of free text: as it is where it is short plain ASCII, in encoded words otherwise.
func appendText(dst []byte, name, text string) []byte {
	text = oneLine(text)
	dst = append(append(dst, name...), ": "...)
	if isPrintable(text) && len(name)+2+len(text) <= maxHeaderLine && !strings.Contains(text, "=?") {
		return append(append(dst, text...), "\r\n"...)
	}
	dst, _ = appendEncodedWords(dst, text, len(name)+2)
	return append(dst, "\r\n"...)
}

// appendMailbox appends a header that names one mailbox.
func appendMailbox(dst []byte, name, shown string, address Path) []byte {
	dst = append(append(dst, name...), ": "...)
	return appendNamed(dst, shown, address.text, len(name)+2)
}

// appendNamed appends `phrase <id>` and ends the line; col is the column it starts from.
func appendNamed(dst []byte, phrase, id string, col int) []byte {
	phrase = oneLine(phrase)
	switch {
	case phrase == "":
		return append(append(append(dst, '<'), id...), ">\r\n"...)
	case isPrintable(phrase) && col+len(phrase)+2 <= maxHeaderLine && !strings.Contains(phrase, "=?"):
		from := len(dst)
		dst = appendQuotedString(dst, phrase)
		col += len(dst) - from
	default:
		dst, col = appendEncodedWords(dst, phrase, col)
	}
	if col+len(id)+3 > maxHeaderLine {
		dst = append(dst, '\r', '\n')
	}
	return append(append(append(dst, " <"...), id...), ">\r\n"...)
}

// appendQuotedString appends s in double quotes (RFC 5322 §3.2.4).
func appendQuotedString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}

// appendEncodedWords appends text as encoded words of RFC 2047, one a line, and returns the column reached. It encodes
// whatever a phrase may not hold (§5 rule 3), so the result fits a display name and a subject alike; no character is
// cut in two (§5).
func appendEncodedWords(dst []byte, text string, col int) ([]byte, int) {
	dst = append(dst, encodedWordStart...)
	col += len(encodedWordStart)
	used := len(encodedWordStart)
	for _, r := range text {
		var coded [3 * utf8.UTFMax]byte
		piece := appendEncodedRune(coded[:0], r)
		full := used+len(piece)+len(encodedWordEnd) > maxEncodedWord || col+len(piece)+len(encodedWordEnd) > maxHeaderLine
		if full && used > len(encodedWordStart) {
			dst = append(dst, encodedWordEnd+"\r\n "+encodedWordStart...)
			used, col = len(encodedWordStart), 1+len(encodedWordStart)
		}
		dst = append(dst, piece...)
		used, col = used+len(piece), col+len(piece)
	}
	return append(dst, encodedWordEnd...), col + len(encodedWordEnd)
}

func appendEncodedRune(dst []byte, r rune) []byte {
	switch {
	case r == ' ':
		return append(dst, '_')
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '!', r == '*', r == '+', r == '-', r == '/':
		return append(dst, byte(r))
	}
	var raw [utf8.UTFMax]byte
	for _, b := range raw[:utf8.EncodeRune(raw[:], r)] {
		dst = append(dst, '=', hexDigits[b>>4], hexDigits[b&15])
	}
	return dst
}

// oneLine turns line breaks and other control characters into blanks, and cuts those at the ends: what is left cannot
// end a header.
func oneLine(text string) string {
	if isPrintable(text) {
		return strings.Trim(text, " ")
	}
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError {
			return ' '
		}
		return r
	}, text)
	return strings.TrimSpace(clean)
}

// isPrintable tells whether s is printable ASCII.
func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// isToken tells whether s is printable ASCII without blanks, angle brackets and quotes: safe within <…> and as a plain
// value.
func isToken(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c <= ' ' || c > '~':
			return false
		case c == '<' || c == '>' || c == '"' || c == '\\' || c == ',':
			return false
		}
	}
	return s != ""
}
