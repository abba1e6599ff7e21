package people

import (
	"slices"
	"strings"

	"unoxuno/internal/storage"
)

// sameName is true for names that say the same, or where one of them is not known.
func sameName(a, b string) bool { return a == "" || b == "" || storage.Fold(a) == storage.Fold(b) }

// isOther is true where two names cannot well be those of one person: no given name of the one is like one of the other.
// A family name alone does not tell, for it changes; nor does a given name where both have the same day of birth, for many
// are called by another. Where one has no given name the family names are compared.
func isOther(a, b Details) bool {
	if a.Born.Exact && a.Born == b.Born {
		return false
	}
	all := func(d Details) []string { return nameWords(d.Given + " " + d.Family) }
	one, other := nameWords(a.Given), nameWords(b.Given)
	if len(one) == 0 || len(other) == 0 {
		one, other = all(a), all(b)
	}
	if len(one) == 0 || len(other) == 0 || alike(one, other) {
		return false
	}
	// The columns of the names may be exchanged.
	return !sameWords(all(a), all(b))
}

// nameWords are the parts of a name, folded.
func nameWords(name string) []string {
	return strings.FieldsFunc(storage.Fold(name), func(r rune) bool { return strings.ContainsRune(" -'.,;", r) })
}

// alike is true where a word of the one is a word of the other, begins it, or hardly differs from it. A last letter makes
// another name of it: Mario and Maria are two.
func alike(one, other []string) bool {
	for _, a := range one {
		for _, b := range other {
			slips := min(len(a), len(b)) / 3 // one letter of three
			if strings.HasPrefix(a, b) || strings.HasPrefix(b, a) || distance(a, b) <= slips && !sameButEnd(a, b) {
				return true
			}
		}
	}
	return false
}

func sameButEnd(a, b string) bool { return len(a) == len(b) && a[:len(a)-1] == b[:len(b)-1] }

func sameWords(a, b []string) bool {
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}
