package taxonomy

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"unoxuno/internal/fault"
	"unoxuno/internal/plaintext"
	"unoxuno/internal/yamlfile"
)

// Declaration is what a town declares of its lists, in town.yaml. A list that is nil is left as it is.
type Declaration struct {
	Categories []Declared `yaml:"categories"`
	Topics     []Declared `yaml:"topics"`
	Places     []Declared `yaml:"places"`
}

// Of is what is declared of the list of the given kind.
func (d Declaration) Of(kind Kind) []Declared {
	switch kind {
	case Categories:
		return d.Categories
	case Topics:
		return d.Topics
	default:
		return d.Places
	}
}

// Declared is one declared term. For a term that exists, what is left out stays as it is.
type Declared struct {
	Slug      string `yaml:"slug"`
	Name      Name   `yaml:"name"`
	Code      string `yaml:"code"`
	Sensitive *bool  `yaml:"sensitive"`
	Retired   bool   `yaml:"retired"`
}

// clean is the declaration with every text on one line of characters that can be seen.
func (d Declaration) clean() (Declaration, error) {
	var problems fault.Problems
	for _, list := range []*[]Declared{&d.Categories, &d.Topics, &d.Places} {
		*list = slices.Clone(*list) // nil stays nil
		for i := range *list {
			t := &(*list)[i]
			problems = append(problems, plaintext.Each(&t.Name.IT, &t.Name.EN, &t.Code)...)
		}
	}
	return d, problems.Err()
}

// check gathers what is wrong with the declaration, given the lists as they are.
func (d Declaration) check(now Vocabulary) error {
	var problems fault.Problems
	for _, kind := range Kinds() {
		seen := map[string]bool{}
		for i, t := range d.Of(kind) {
			field := fmt.Sprintf("%s[%d]", kind, i+1)
			_, known := now.Of(kind).Get(t.Slug)
			switch {
			case !validSlug(t.Slug):
				problems = append(problems, slugFault(t).On(field))
			case seen[t.Slug]:
				problems = append(problems, fault.Invalid("taxonomy.slug.twice", "Slug", t.Slug, "List", kind.String()).On(field))
			case !known && strings.TrimSpace(t.Name.IT) == "":
				problems = append(problems, fault.Invalid("taxonomy.name.missing", "Slug", t.Slug, "List", kind.String()).On(field))
			case kind == Places && t.Slug == Outside && t.Retired:
				problems = append(problems, fault.Invalid("taxonomy.outside.kept", "Slug", Outside).On(field))
			}
			seen[t.Slug] = true
		}
	}
	return problems.Err()
}

// slugFault says how the slug should have been written.
func slugFault(t Declared) *fault.Error {
	better := fold(t.Slug)
	if better == "" {
		better = fold(t.Name.IT)
	}
	if !validSlug(better) {
		better = "genitore"
	}
	return fault.Invalid("taxonomy.slug.malformed", "Slug", t.Slug, "Example", better)
}

//go:embed defaults.yaml
var defaultsText []byte

// defaults are the terms that every town starts from. Fuori comune comes last in its list.
func defaults() (Vocabulary, error) {
	var d Declaration
	if err := yamlfile.Decode(defaultsText, &d); err != nil {
		return Vocabulary{}, fmt.Errorf("taxonomy: defaults.yaml: %w", err)
	}
	list := func(declared []Declared) List {
		var terms []Term
		for i, t := range declared {
			term := t.over(Term{Slug: t.Slug, position: int64(i)})
			if term.Slug == Outside {
				term.position = outsidePosition
			}
			terms = append(terms, term)
		}
		return newList(terms)
	}
	return Vocabulary{list(d.Categories), list(d.Topics), list(d.Places)}, nil
}

// A town's own terms follow the defaults, in the order in which they are declared.
const (
	townPosition    = 1_000
	outsidePosition = 1_000_000
)

// over lays what is declared over the term as it is.
func (t Declared) over(term Term) Term {
	if t.Name.IT != "" {
		term.Name.IT = strings.TrimSpace(t.Name.IT)
	}
	if t.Name.EN != "" {
		term.Name.EN = strings.TrimSpace(t.Name.EN)
	}
	if t.Code != "" {
		term.Code = t.Code
	}
	if t.Sensitive != nil {
		term.Sensitive = *t.Sensitive
	}
	term.Retired = t.Retired
	return term
}

// diff is how the list changes when declared is laid over it. Terms that the town once declared and no longer does are
// retired; defaults stay until they are retired by name.
func diff(kind Kind, now List, declared []Declared) Changes {
	if declared == nil {
		return nil
	}
	var changes Changes
	for i, t := range declared {
		before, known := now.Get(t.Slug)
		after := before
		if !known {
			after = Term{Slug: t.Slug, ownedByTown: true}
		}
		after = t.over(after)
		if after.ownedByTown {
			after.position = townPosition + int64(i)
		}
		if before != after {
			changes = append(changes, Change{Kind: kind, Action: actionOf(known, before, after), Before: before, After: after})
		}
	}
	for _, before := range now.terms {
		mentioned := slices.ContainsFunc(declared, func(t Declared) bool { return t.Slug == before.Slug })
		if before.ownedByTown && !before.Retired && !mentioned {
			after := before
			after.Retired = true
			changes = append(changes, Change{Kind: kind, Action: Retired, Before: before, After: after})
		}
	}
	return changes
}
