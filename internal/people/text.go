package people

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"

	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
)

// maxName is the longest name taken, in characters.
const maxName = 120

// cleanName is a name with single spaces. A name ends up in the headers of messages, so that control characters (a line
// break would begin another header) are refused, and so are the invisible ones that turn the direction of text.
func cleanName(text string) (string, error) {
	if !utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError) {
		return "", fault.Invalid("people.text.encoding")
	}
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\u00a0' }), " ")
	for _, r := range text {
		if unicode.IsControl(r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) || unicode.Is(unicode.Bidi_Control, r) {
			return "", fault.Invalid("people.text.control", "Letter", printable(r))
		}
	}
	if utf8.RuneCountInString(text) > maxName {
		return "", fault.Invalid("people.text.too_long", "Max", maxName)
	}
	return text, nil
}

// printable is how a character is named in a sentence.
func printable(r rune) string {
	if unicode.IsGraphic(r) {
		return string(r)
	}
	return fmt.Sprintf("U+%04X", r)
}

// clipped is how much of somebody's text a sentence repeats, in characters.
const clipped = 60

// clip is text as a sentence repeats it: short, and without control characters.
func clip(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if runes := []rune(text); len(runes) > clipped {
		return string(runes[:clipped]) + "…"
	}
	return text
}

// nearest is the candidate that a mistyped word most probably meant; "" when more than one letter in three differs.
func nearest(word string, candidates []string) string {
	word = storage.Fold(word)
	if len(word) > 200 {
		return ""
	}
	best, found := (len(word)+2)/3+1, ""
	for _, c := range candidates {
		if d := levenshtein.ComputeDistance(word, c); d < best {
			best, found = d, c
		}
	}
	return found
}
