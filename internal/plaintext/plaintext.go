// Package plaintext cleans the short texts that people type or paste: names, titles, subjects, labels.
//
// Every such text goes through Line. The result is one line, with single spaces and none at the ends, and only visible
// characters: no control characters, nothing of zero width, nothing that changes the direction of the text around it
// (Unicode Standard Annex 9). Otherwise a name that ends in U+202E would reverse the rest of a page, and one with a
// zero-width space would be a different name that looks the same.
//
// Invisible characters from pasted text are dropped silently; Clean returns them. Control characters and bytes that are
// not text are refused.
package plaintext

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"unoxuno/internal/fault"
)

// Line returns the text on one line, cleaned. Its faults are text.encoding and text.control.
func Line(text string) (string, error) {
	line, _, err := Clean(text)
	return line, err
}

// Each makes each text what Line makes of it. The problems are those of Line.
func Each(texts ...*string) fault.Problems {
	var problems fault.Problems
	for _, text := range texts {
		line, err := Line(*text)
		*text = line
		problems = append(problems, fault.List(err)...)
	}
	return problems
}

// Clean is Line, and returns as well the invisible characters that were dropped, each once, in order of appearance.
// Spaces that became plain spaces or were cut off are not among them.
func Clean(text string) (line string, dropped []rune, err error) {
	if isClean(text) {
		return text, nil, nil
	}
	if !utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError) {
		return "", nil, fault.Invalid("text.encoding")
	}
	var b strings.Builder
	var before, spaces rune // the character before this one; a space is owed
	for at, r := range text {
		switch {
		case unicode.IsSpace(r):
			spaces = ' '
			continue
		case unicode.IsControl(r) || isNoncharacter(r):
			return "", nil, fault.Invalid("text.control", "Letter", Name(r))
		case isInvisible(r) && !joins(before, r, text[at+utf8.RuneLen(r):]):
			if !slices.Contains(dropped, r) {
				dropped = append(dropped, r)
			}
			continue
		}
		if spaces != 0 && b.Len() > 0 {
			b.WriteRune(spaces)
		}
		b.WriteRune(r)
		before, spaces = r, 0
	}
	return b.String(), dropped, nil
}

// Visible returns the text, of one line or several, without the invisible characters that Clean drops.
func Visible(text string) string {
	if !strings.ContainsFunc(text, isInvisible) {
		return text
	}
	var b strings.Builder
	var before rune
	for at, r := range text {
		if isInvisible(r) && !joins(before, r, text[at+utf8.RuneLen(r):]) {
			continue
		}
		b.WriteRune(r)
		before = r
	}
	return b.String()
}

// Directionless is a text of several lines without the characters that turn the direction of what stands around them.
// The marks that Arabic and Hebrew are written with (U+200E, U+200F, U+061C) remain: they reach no further than the
// character beside them.
func Directionless(text string) string {
	if !strings.ContainsFunc(text, turns) {
		return text
	}
	return strings.Map(func(r rune) rune {
		if turns(r) {
			return -1
		}
		return r
	}, text)
}

// turns is true for embeddings, overrides and isolates, and for what ends them (UAX 9, §2).
func turns(r rune) bool { return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 }

// Name returns a character as a sentence names it: itself if it is visible, otherwise its code, such as U+200B.
func Name(r rune) string {
	if unicode.IsGraphic(r) && !unicode.IsSpace(r) && !isInvisible(r) {
		return string(r)
	}
	return fmt.Sprintf("U+%04X", r)
}

// isClean is true for most of what is typed: printable ASCII with single spaces.
func isClean(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ' || c > '~':
			return false
		case c == ' ' && (i == 0 || i == len(text)-1 || text[i-1] == ' '):
			return false
		}
	}
	return true
}

// isNoncharacter is true for code points that Unicode keeps out of texts (The Unicode Standard, §23.7).
func isNoncharacter(r rune) bool { return r&0xFFFE == 0xFFFE || r >= 0xFDD0 && r <= 0xFDEF }

// isInvisible is true for characters that show nothing of their own: format characters but for the Arabic, Syriac and
// Kaithi signs that enclose digits, and what Unicode calls default ignorable (UAX 44).
func isInvisible(r rune) bool {
	return r > unicode.MaxASCII &&
		(unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r) ||
			unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || unicode.Is(unicode.Variation_Selector, r))
}

// Characters that are invisible alone, and part of a letter or of a picture where they stand rightly.
const (
	nonJoiner = '\u200C'
	joiner    = '\u200D'
	keycap    = '\u20E3'
	blackFlag = '\U0001F3F4'
)

// joins is true where an invisible character is part of what is seen: a joiner within a word of a script whose letters
// join, or between two pictures; a variation selector after what it varies; the letters that make a black flag a
// region's.
func joins(before, r rune, after string) bool {
	next, _ := utf8.DecodeRuneInString(after)
	switch {
	case r == joiner && (isPicture(before) || isVariation(before)):
		return isPicture(next)
	case r == joiner, r == nonJoiner:
		return isJoining(before) && isJoining(next)
	case isVariation(r):
		return isPicture(before) || next == keycap || unicode.In(before, unicode.Han, unicode.Mongolian, unicode.Mn)
	case isTag(r):
		return before == blackFlag || isTag(before)
	}
	return false
}

func isVariation(r rune) bool { return unicode.Is(unicode.Variation_Selector, r) }

func isTag(r rune) bool { return r >= 0xE0020 && r <= 0xE007F }

// isPicture is true for symbols and for what gives them their colour of skin.
func isPicture(r rune) bool {
	return unicode.Is(unicode.So, r) || unicode.Is(unicode.Sk, r) && r > 0x1F000 || unicode.Is(unicode.Sm, r)
}

// isJoining is true for letters and marks of scripts in which a joiner changes what is seen.
func isJoining(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsMark(r)) && !isInvisible(r) && !unicode.In(r, unicode.Latin, unicode.Greek,
		unicode.Cyrillic, unicode.Armenian, unicode.Georgian, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}
