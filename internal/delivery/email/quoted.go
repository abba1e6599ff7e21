package email

import "strings"

// maxQuotedLine is how much of a quoted-printable line is text: 76 characters less the "=" of a soft break (RFC 2045
// §6.7 rule 5).
const maxQuotedLine = 75

const softBreak = "=\r\n"

const hexDigits = "0123456789ABCDEF"

// isPlain tells whether quoted-printable leaves c as it is wherever it stands, but for the dot at the start of a line.
func isPlain(c byte) bool { return c > ' ' && c <= '~' && c != '=' }

// appendQuoted appends text in quoted-printable and returns the column reached; col is the column it starts from. Line
// breaks become CRLF. Blanks before a line break or at the end are encoded, since servers cut them; a dot at the start
// of a line is encoded, so that SMTP has nothing to double (RFC 5321 §4.5.2).
func appendQuoted(dst []byte, text string, col int) ([]byte, int) {
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '\n':
			dst, col = append(dst, '\r', '\n'), 0
			i++
		case c == '\r' && i+1 < len(text) && text[i+1] == '\n':
			dst, col = append(dst, '\r', '\n'), 0
			i += 2
		case isPlain(c) && (c != '.' || col != 0):
			if col == maxQuotedLine {
				dst, col = append(dst, softBreak...), 0
				continue // the dot that now starts a line is looked at again
			}
			n := plainRun(text[i:], maxQuotedLine-col)
			dst, col = append(dst, text[i:i+n]...), col+n
			i += n
		case (c == ' ' || c == '\t') && staysBlank(text, i+1):
			dst, col = room(dst, col, 1)
			dst, col = append(dst, c), col+1
			i++
		default:
			dst, col = room(dst, col, 3)
			dst, col = append(dst, '=', hexDigits[c>>4], hexDigits[c&15]), col+3
			i++
		}
	}
	return dst, col
}

// plainRun is how many bytes of s, at most limit, need no encoding.
func plainRun(s string, limit int) int {
	n := min(len(s), limit)
	for i := 1; i < n; i++ {
		if !isPlain(s[i]) {
			return i
		}
	}
	return n
}

// staysBlank tells whether a blank may stand as it is before text[next:].
func staysBlank(text string, next int) bool {
	return next < len(text) && text[next] != '\n' && text[next] != '\r'
}

// room breaks the line when n more characters would not fit.
func room(dst []byte, col, n int) ([]byte, int) {
	if col+n > maxQuotedLine {
		return append(dst, softBreak...), 0
	}
	return dst, col
}

var htmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;")

// escapeHTML makes text safe within HTML text and quoted attributes.
func escapeHTML(text string) string {
	if !strings.ContainsAny(text, `&<>"'`) {
		return text
	}
	return htmlEscapes.Replace(text)
}
