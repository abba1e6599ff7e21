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

// remarks collects problems and warnings of the row being read.
type remarks struct {
	problems fault.Problems
	warnings []*fault.Error
}

// bad records why the row is rejected. Every function that reads a cell returns only faults.
func (r *remarks) bad(field string, err error) { _ = r.problems.Add(field, err) }

// warn records that something was imported but may be wrong.
func (r *remarks) warn(field, key string, args ...any) {
	r.warnings = append(r.warnings, fault.Invalid(key, args...).On(field))
}

// cell returns the cleaned text of a cell, on one line; "" for what programs write for a missing value.
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

// isPlain tells whether the text is printable ASCII and so needs no cleaning. Most cells are.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '&' {
			return false
		}
	}
	return true
}

// unquoted removes what stops a spreadsheet from computing the text or reading it as a number or date: a leading quote,
// or a formula around it, ="0059123456".
func unquoted(text string) string {
	if inner, ok := strings.CutPrefix(text, `="`); ok {
		if inner, ok = strings.CutSuffix(inner, `"`); ok {
			return strings.TrimSpace(strings.ReplaceAll(inner, `""`, `"`))
		}
	}
	if len(text) > 1 && text[0] == '\'' && (strings.IndexByte("=+-@", text[1]) >= 0 || text[1] >= '0' && text[1] <= '9') {
		return text[1:]
	}
	return text
}

// cleaned undoes what programs did to the text.
func (r *rowReader) cleaned(text string, c column) string {
	text = strings.Trim(text, "\x00") // fills cells of a fixed width
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

// undoubled repairs UTF-8 that was read as Windows-1252 and encoded as UTF-8 again: "NiccolÃ²" becomes "Niccolò". No
// text that people write is valid UTF-8 when it is decoded that way.
func undoubled(text string) (string, bool) {
	if !strings.ContainsAny(text, "ÃÂâÅÄð") {
		return text, false
	}
	b := make([]byte, 0, len(text))
	for _, letter := range text {
		c, ok := charmap.Windows1252.EncodeRune(letter)
		switch {
		case ok:
		case letter >= 0x80 && letter < 0xA0: // has no letter in Windows-1252 and passes unchanged
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

// nothings returns, in lower case, what programs and people write in an empty cell.
func nothings() []string {
	return []string{
		"-", "--", "---", "–", "—", ".", "..", "...", "/", "//", "?", "??", "*", "_", "x@x", "n.d.", "n.d", "nd", "n/d", "n.a.", "n.a", "na", "n/a",
		"n.p.", "n.c.", "null", "(null)", "<null>", "[null]", "\\n", "none", "nil", "nan", "undefined", "(vuoto)", "(vuota)", "(blank)", "vuoto",
		"non disponibile", "non noto", "non nota", "non comunicato", "non comunicata", "sconosciuto", "sconosciuta", "unknown",
	}
}

// spreadsheetErrors returns, in lower case, what spreadsheets write where a formula failed.
func spreadsheetErrors() []string {
	return []string{
		"#n/d", "#n/a", "#rif!", "#ref!", "#valore!", "#value!", "#nome?", "#name?", "#num!", "#div/0!", "#null!", "#nullo!", "#######",
		"err:502", "err:504", "err:508", "err:522", "#espansione!", "#spill!",
	}
}

// surnames are nothings that are also names of people. In a name they count as missing only in all capitals or all
// lower case, which is not how a name is written.
func surnames() []string { return []string{"null", "none", "nan", "nil", "nd", "na", "vuoto"} }

// longestNothing is the length in bytes up to which texts are looked up.
const longestNothing = 20

// isNothing tells whether the text means that there is no value.
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
