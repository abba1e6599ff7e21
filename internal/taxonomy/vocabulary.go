package taxonomy

import (
	"slices"
	"strings"
	"unicode"

	"github.com/agnivade/levenshtein"
	"golang.org/x/text/unicode/norm"
)

// Vocabulary is a snapshot of the three lists. It does not change, and may be shared.
type Vocabulary struct {
	Categories List
	Topics     List
	Places     List
}

// Of is the list of the given kind.
func (v Vocabulary) Of(kind Kind) List {
	switch kind {
	case Categories:
		return v.Categories
	case Topics:
		return v.Topics
	default:
		return v.Places
	}
}

// List is one of the three lists, in the order in which it is shown. The zero List is empty.
type List struct {
	terms  []Term
	bySlug map[string]int
	byName map[string]int // folded name in any language
}

func newList(terms []Term) List {
	l := List{terms: terms, bySlug: make(map[string]int, len(terms)), byName: make(map[string]int, 2*len(terms))}
	for i, t := range terms {
		l.bySlug[t.Slug] = i
	}
	// A name that two terms share means the one in use; the Italian name wins over the English one.
	for _, retired := range []bool{false, true} {
		for _, lang := range []string{"it", "en"} {
			for i, t := range terms {
				folded := fold(t.Name.In(lang))
				if _, taken := l.byName[folded]; !taken && t.Retired == retired && folded != "" {
					l.byName[folded] = i
				}
			}
		}
	}
	return l
}

// All are all terms, the retired ones too.
func (l List) All() []Term { return slices.Clone(l.terms) }

// InUse are the terms that are offered.
func (l List) InUse() []Term {
	var terms []Term
	for _, t := range l.terms {
		if !t.Retired {
			terms = append(terms, t)
		}
	}
	return terms
}

// Only is the list of those terms that keep approves.
func (l List) Only(keep func(Term) bool) List {
	return newList(slices.DeleteFunc(slices.Clone(l.terms), func(t Term) bool { return !keep(t) }))
}

// Get is the term with that slug, retired or not.
func (l List) Get(slug string) (Term, bool) {
	i, ok := l.bySlug[slug]
	if !ok {
		return Term{}, false
	}
	return l.terms[i], true
}

// Find is the term that a person wrote: its slug, or its name in Italian or English, with any capitals, accents and
// punctuation ("Nuovo residente", "nuovo-residente"). Retired terms are found too, after those in use.
func (l List) Find(word string) (Term, bool) {
	folded := fold(word)
	if t, ok := l.Get(folded); ok {
		return t, true
	}
	if i, ok := l.byName[folded]; ok {
		return l.terms[i], true
	}
	return Term{}, false
}

// Nearest is the slug in use that a mistyped word most probably meant, by edit distance to slugs and names; false when
// nothing is near: more than one letter in three would have to change.
func (l List) Nearest(word string) (slug string, ok bool) {
	folded := fold(word)
	best := (len(folded)+2)/3 + 1
	for _, t := range l.terms {
		if t.Retired {
			continue
		}
		for _, candidate := range []string{t.Slug, fold(t.Name.IT), fold(t.Name.EN)} {
			if candidate == "" {
				continue
			}
			if d := levenshtein.ComputeDistance(folded, candidate); d < best {
				best, slug = d, t.Slug
			}
		}
	}
	return slug, slug != ""
}

// fold writes a word as a slug: lower case, without accents, anything but letters and digits as single hyphens. Two
// words that fold alike are the same word to us.
func fold(word string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(word) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(unicode.ToLower(r))
		default:
			gap = true
		}
	}
	return b.String()
}
