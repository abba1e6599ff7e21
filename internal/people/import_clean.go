package people

import (
	"html"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"

	"unoxuno/internal/fault"
	"unoxuno/internal/people/csvtext"
	"unoxuno/internal/plaintext"
)

// remarks are what there is to say of a row that is being read.
type remarks struct {
	problems fault.Problems
	warnings []*fault.Error
}

// bad notes why the row cannot be taken. Whatever reads a cell only returns faults.
func (r *remarks) bad(field string, err error) { _ = r.problems.Add(field, err) }

// warn notes what was taken and may be wrong.
func (r *remarks) warn(field, key string, args ...any) {
	r.warnings = append(r.warnings, fault.Invalid(key, args...).On(field))
}

// cell is the row's text in a column on one line, cleaned; "" for what programs write where there is nothing.
func (r *rowReader) cell(row csvtext.Row, c column) string {
	text := r.layout.cell(row, c)
	if text == "" {
		return ""
	}
	if !isPlain(text) {
		text = r.cleaned(text, c)
	}
	text = unquoted(strings.TrimSpace(text))
	if r.isNothing(text, c) {
		return ""
	}
	return text
}

// isPlain is true for what needs no cleaning, as most cells: printable ASCII.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '&' {
			return false
		}
	}
	return true
}

// unquoted is the text without the quote before it that keeps a spreadsheet from computing it, or from reading it as a
// number or a date.
func unquoted(text string) string {
	if len(text) > 1 && text[0] == '\'' && (strings.IndexByte("=+-@", text[1]) >= 0 || text[1] >= '0' && text[1] <= '9') {
		return text[1:]
	}
	return text
}

// cleaned is the text with what programs did to it undone.
func (r *rowReader) cleaned(text string, c column) string {
	if once, ok := undoubled(text); ok {
		r.warn(r.layout.name(c), "people.import.double", "Text", clip(once))
		text = once
	}
	if plain := html.UnescapeString(text); plain != text {
		r.warn(r.layout.name(c), "people.import.entities", "Text", clip(plain))
		text = plain
	}
	line, dropped, err := plaintext.Clean(text)
	if err != nil {
		r.bad(r.layout.name(c), err)
		return ""
	}
	if len(dropped) > 0 {
		names := make([]string, len(dropped))
		for i, letter := range dropped {
			names[i] = plaintext.Name(letter)
		}
		r.warn(r.layout.name(c), "people.import.invisible", "Letters", names, "Text", clip(line))
	}
	return norm.NFC.String(line)
}

// undoubled undoes what comes of reading UTF-8 as Windows-1252 and writing that as UTF-8: "NiccolÃ²" is "Niccolò". No
// text that people write is well-formed when it is read so.
func undoubled(text string) (string, bool) {
	if !strings.ContainsAny(text, "ÃÂâÅÄð") {
		return text, false
	}
	b := make([]byte, 0, len(text))
	for _, letter := range text {
		c, ok := charmap.Windows1252.EncodeRune(letter)
		switch {
		case ok:
		case letter >= 0x80 && letter < 0xA0: // has no letter in Windows-1252, and is passed on as it is
			c = byte(letter)
		default:
			return text, false
		}
		b = append(b, c)
	}
	if !utf8.Valid(b) {
		return text, false
	}
	once := string(b)
	if twice, ok := undoubled(once); ok {
		once = twice
	}
	return once, true
}

// nothings are what programs and people write in a cell that holds nothing, in small letters.
func nothings() []string {
	return []string{
		"-", "--", "---", "–", "—", ".", "..", "...", "/", "//", "?", "??", "*", "_", "x@x", "n.d.", "n.d", "nd", "n/d", "n.a.", "n.a", "na", "n/a",
		"n.p.", "n.c.", "null", "(null)", "<null>", "[null]", "\\n", "none", "nil", "nan", "undefined", "(vuoto)", "(vuota)", "(blank)", "vuoto",
		"non disponibile", "non noto", "non nota", "non comunicato", "non comunicata", "sconosciuto", "sconosciuta", "unknown",
	}
}

// spreadsheetErrors are what spreadsheets write where they could not compute a cell, in small letters.
func spreadsheetErrors() []string {
	return []string{
		"#n/d", "#n/a", "#rif!", "#ref!", "#valore!", "#value!", "#nome?", "#name?", "#num!", "#div/0!", "#null!", "#nullo!", "#######",
		"err:502", "err:504", "err:508", "err:522", "#espansione!", "#spill!",
	}
}

// surnames are among the nothings, and names of people too: where a name stands they count as nothing only without a
// small letter or without a capital, as no name is written.
func surnames() []string { return []string{"null", "none", "nan", "nil", "nd", "na", "vuoto"} }

// longestNothing bounds the texts that are looked up, in bytes.
const longestNothing = 20

// isNothing tells whether the text means that there is nothing.
func (r *rowReader) isNothing(text string, c column) bool {
	if text == "" || len(text) > longestNothing {
		return text == ""
	}
	small := strings.ToLower(text)
	if _, ok := r.nothing[small]; !ok {
		return strings.HasPrefix(text, "####") && strings.Trim(text, "#") == ""
	}
	switch {
	case slices.Contains(spreadsheetErrors(), small):
		r.warn(r.layout.name(c), "people.import.spreadsheet_error", "Text", text)
	case c == placeColumn:
		_, isPlace := r.words.Places.Find(text)
		return !isPlace
	case slices.Contains(surnames(), small) && isName(c):
		if len(small) == 2 || text != small && text != strings.ToUpper(text) {
			return false
		}
		r.warn(r.layout.name(c), "people.import.nothing", "Text", text)
	}
	return true
}

func isName(c column) bool {
	switch c {
	case givenColumn, familyColumn, nameColumn, nameGivenColumn, nameFamilyColumn:
		return true
	}
	return false
}
