package taxonomy

import (
	"fmt"
	"regexp"
)

// Outside is the slug of the place of those who live outside the town, "fuori comune". It always exists and cannot be
// retired: one reader in five lives there.
const Outside = "fuori-comune"

// Kind tells the three lists apart.
type Kind int

// The three lists, in the order in which a citizen meets them.
const (
	Categories Kind = iota // chi sei?
	Topics                 // cosa vuoi?
	Places                 // where one lives
)

// Kinds are the three lists.
func Kinds() []Kind { return []Kind{Categories, Topics, Places} }

// String is the name of the list in town.yaml: "categories", "topics" or "places".
func (k Kind) String() string {
	switch k {
	case Categories:
		return "categories"
	case Topics:
		return "topics"
	case Places:
		return "places"
	}
	return fmt.Sprintf("kind %d", int(k))
}

// Name is what a term, or anything a town declares, is called in the languages of the interface.
type Name struct {
	IT string `yaml:"it" json:"it"`
	EN string `yaml:"en" json:"en"`
}

// In is the name in lang, or the Italian one where there is no other.
func (n Name) In(lang string) string {
	if lang == "en" && n.EN != "" {
		return n.EN
	}
	return n.IT
}

// UnmarshalYAML reads {it: …, en: …}, or a plain text, which is then the Italian name.
func (n *Name) UnmarshalYAML(unmarshal func(any) error) error {
	var plain string
	if err := unmarshal(&plain); err == nil {
		*n = Name{IT: plain}
		return nil
	}
	type fields Name
	return unmarshal((*fields)(n))
}

// Term is a word of one of the three lists.
type Term struct {
	Slug      string // lower-case ASCII and hyphens, what people, newsletters and audiences carry
	Name      Name
	Code      string // in the official list it comes from; "" for a town's own
	Sensitive bool   // may reveal special-category data (GDPR, article 9)
	Retired   bool   // no longer offered; whoever carries it keeps it

	ownedByTown bool  // declared by the town, not a default
	position    int64 // in its list
}

// Category is who a citizen is, "chi sei?". The three kinds of term are one type, because nothing that may be done with
// one differs from the others.
type Category = Term

// Topic is what a citizen wants to hear about, "cosa vuoi?".
type Topic = Term

// Place is where a citizen lives: a district, a hamlet, or Outside.
type Place = Term

var slugForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// maxSlug is the longest slug taken, in bytes: it must fit in a file name and in a line of an audience.
const maxSlug = 64

func validSlug(slug string) bool { return len(slug) <= maxSlug && slugForm.MatchString(slug) }
