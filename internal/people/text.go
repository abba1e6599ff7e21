package people

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"

	"unoxuno/internal/fault"
	"unoxuno/internal/plaintext"
	"unoxuno/internal/storage"
)

// maxName is the longest name taken, in characters.
const maxName = 120

// cleanName is a name on one line. A name ends up in the headers of messages, where a line break would begin another
// header, and beside other text, which it must not turn around: see plaintext.
func cleanName(text string) (string, error) {
	text, err := plaintext.Line(text)
	if err == nil && utf8.RuneCountInString(text) > maxName {
		err = fault.Invalid("people.text.too_long", "Max", maxName)
	}
	return text, err
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
