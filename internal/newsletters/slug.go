package newsletters

import (
	"regexp"
	"strings"

	"github.com/agnivade/levenshtein"

	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
)

var slugForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// maxSlug is the length in bytes of the longest slug: with the town's domain it must fit into a List-Id.
const maxSlug = 64

func validSlug(slug string) bool { return len(slug) <= maxSlug && slugForm.MatchString(slug) }

// slugOf makes a slug of any text: "Città viva!" becomes "citta-viva"; "" if no character can be used.
func slugOf(text string) string {
	parts := strings.FieldsFunc(storage.Fold(text), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	slug := strings.Join(parts, "-")
	if len(slug) <= maxSlug {
		return slug
	}
	return strings.TrimRight(slug[:maxSlug], "-")
}

// slugFault suggests how the slug should be written.
func slugFault(slug, fallback string) *fault.Error {
	better := slugOf(slug)
	if better == "" {
		better = fallback
	}
	return fault.Invalid("newsletters.slug.malformed", "Slug", slug, "Example", better)
}

// unknown says that there is no such word, and which one was probably meant. It has that key, or the key with "_near"
// if a word is near.
func unknown(kind fault.Kind, key, word string, known []string) *fault.Error {
	if near := nearest(word, known); near != "" {
		return fault.New(kind, key+"_near", "Text", word, "Near", near)
	}
	return fault.New(kind, key, "Text", word)
}

// nearest returns the known word that a mistyped one most probably means; "" if more than one letter in three differs.
func nearest(word string, known []string) string {
	word = slugOf(word)
	best, found := (len(word)+2)/3+1, ""
	for _, k := range known {
		if d := levenshtein.ComputeDistance(word, k); d < best {
			best, found = d, k
		}
	}
	return found
}
