package storage

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Builder writes dynamic SQL: text with a ? for each argument, which becomes $1, $2 … in order.
type Builder struct {
	text strings.Builder
	args []any
}

// Add appends text. Each ? in it stands for one of args, in order. Text must be a constant of the program, never input.
func (b *Builder) Add(text string, args ...any) *Builder {
	for _, r := range text {
		if r != '?' {
			b.text.WriteRune(r)
			continue
		}
		b.args = append(b.args, args[0])
		args = args[1:]
		b.text.WriteByte('$')
		b.text.WriteString(strconv.Itoa(len(b.args)))
	}
	return b
}

// Append appends what another builder wrote.
func (b *Builder) Append(o *Builder) *Builder {
	before := len(b.args)
	text := placeholder.ReplaceAllStringFunc(o.text.String(), func(mark string) string {
		n, _ := strconv.Atoi(mark[1:]) // digits only
		return "$" + strconv.Itoa(before+n)
	})
	b.text.WriteString(text)
	b.args = append(b.args, o.args...)
	return b
}

// placeholder matches what Add writes for a ?. Its texts contain no other dollar sign.
var placeholder = regexp.MustCompile(`\$[0-9]+`)

// In appends the condition " = ANY (…)": what b wrote last is in the list. The list is one argument, however long it
// is. So there is one statement to prepare, and the database does not get hundreds of values one by one. SQLite has no
// arrays and reads the list from JSON.
func In[T int64 | string](b *Builder, list []T) {
	b.args = append(b.args, list)
	b.text.WriteString(" = ANY ($")
	b.text.WriteString(strconv.Itoa(len(b.args)))
	b.text.WriteByte(')')
}

// SQL returns the text written so far.
func (b *Builder) SQL() string { return b.text.String() }

// Args returns the arguments so far, for $1, $2 ….
func (b *Builder) Args() []any { return b.args }

// undecomposed maps letters that Unicode does not decompose to what people type if their keyboard lacks them, and
// typographic apostrophes and hyphens to the plain ones.
func undecomposed() []string {
	return []string{
		"ł", "l", "ø", "o", "đ", "d", "ð", "d", "ħ", "h", "ŧ", "t", "ı", "i", "ŋ", "n", "ß", "ss", "æ", "ae", "œ", "oe", "þ", "th", "ə", "e",
		"’", "'", "‘", "'", "ʼ", "'", "ʹ", "'", "ʻ", "'", "`", "'", "´", "'", "′", "'", "＇", "'", "‐", "-", "‑", "-", "–", "-", "—", "-",
	}
}

var foldLetters = strings.NewReplacer(undecomposed()...)

// Fold returns s without case, accents and repeated spaces, for search: "Niccolò  D’AMICO" and "niccolo d'amico" fold
// to the same text, and so do "Łukasz" and "lukasz". If Fold changes, stored folded texts must be folded again.
func Fold(s string) string {
	if folded, ok := foldASCII(s); ok {
		return folded
	}
	var b strings.Builder
	space := false
	for _, r := range norm.NFKD.String(foldLetters.Replace(strings.ToLower(s))) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case unicode.IsSpace(r):
			space = b.Len() > 0
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// foldASCII is Fold for text without accents, which most text is.
func foldASCII(s string) (string, bool) {
	b := make([]byte, 0, len(s))
	space := false
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= utf8.RuneSelf, c == '`':
			return "", false
		case c == ' ' || c >= '\t' && c <= '\r':
			space = len(b) > 0
			continue
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		}
		if space {
			b, space = append(b, ' '), false
		}
		b = append(b, c)
	}
	return string(b), true
}
