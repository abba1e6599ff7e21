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

// maxName is the length in characters of the longest name accepted.
const maxName = 120

// cleanName returns a name on one line. Names occur in message headers, where a line break would begin another header,
// and beside other text, whose direction they must not change: see plaintext.
func cleanName(text string) (string, error) {
	text, err := plaintext.Line(text)
	if err == nil && utf8.RuneCountInString(text) > maxName {
		err = fault.Invalid("people.text.too_long", "Max", maxName)
	}
	return text, err
}

// clipped is how many characters of somebody's text a sentence repeats.
const clipped = 60

// clip shortens text for a sentence and removes control characters.
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

// nearest returns the candidate that a mistyped word most probably means; "" if more than one letter in three differs.
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
