package storage

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Builder writes dynamic SQL: text with a ? for each argument, which becomes $1, $2 … in order.
type Builder struct {
	text strings.Builder
	args []any
}

// Add appends text; each ? in it stands for one of args, in order. Text is the program's own, never a reader's.
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

// SQL is the text written so far.
func (b *Builder) SQL() string { return b.text.String() }

// Args are the arguments so far, for $1, $2 ….
func (b *Builder) Args() []any { return b.args }

// Fold is s without case, accents and doubled spaces, for search: "Niccolò  D'AMICO" and "niccolo d'amico" fold alike.
func Fold(s string) string {
	var b strings.Builder
	space := false
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
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
