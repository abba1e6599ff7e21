package people

import (
	"slices"
	"strings"

	"unoxuno/internal/storage"
)

// sameName tells whether two names are equal, or one of them is unknown.
func sameName(a, b string) bool { return a == "" || b == "" || storage.Fold(a) == storage.Fold(b) }

// isOther tells whether two names can hardly belong to one person: they have no similar given name. A different family
// name is no proof, because it may change. A different given name is no proof if both have the same birth date, because
// many people use another one. Without a given name the family names are compared.
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
	// The name columns may be swapped.
	return !sameWords(all(a), all(b))
}

// nameWords returns the parts of a name, folded.
func nameWords(name string) []string {
	return strings.FieldsFunc(storage.Fold(name), func(r rune) bool { return strings.ContainsRune(" -'.,;", r) })
}

// alike tells whether a word of one is a word of the other, its beginning, or nearly the same. A different last letter
// makes another name: Mario and Maria are two people.
func alike(one, other []string) bool {
	for _, a := range one {
		for _, b := range other {
			slips := min(len(a), len(b)) / 3 // one letter in three
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
