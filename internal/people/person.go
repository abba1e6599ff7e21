package people

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
	"unoxuno/internal/taxonomy"
)

// Kind distinguishes persons and organisations.
type Kind string

// The kinds.
const (
	KindPerson       Kind = "person"
	KindOrganisation Kind = "organisation"
)

// Details are what a person declares about herself. All of it is optional.
type Details struct {
	Kind         Kind     `json:"kind"` // "" means person
	Given        string   `json:"given_name"`
	Family       string   `json:"family_name"`
	Organisation string   `json:"organisation"`
	Born         Birth    `json:"birth"`
	Language     string   `json:"language"` // "" = the town's default
	Place        string   `json:"place"`    // slug
	Who          []string `json:"who"`      // slugs of categories
	Wants        []string `json:"wants"`    // slugs of topics
}

// Person is somebody the town has a relation with: a citizen, resident or not, or an organisation.
type Person struct {
	ID int64 `json:"id,string"`
	Details
	Since     Day       `json:"since"` // the first day of the relation
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
	Addresses []Address `json:"addresses"`
}

// Name returns the name of the person or organisation; "" if unknown.
func (d Details) Name() string {
	if d.Kind == KindOrganisation {
		return d.Organisation
	}
	return strings.TrimSpace(d.Given + " " + d.Family)
}

// divided splits d into what all staff may see and its sensitive terms.
func (d Details) divided(lists taxonomy.Vocabulary) (plain, sensitive Details) {
	part := func(list taxonomy.List, slugs []string) (plain, sensitive []string) {
		plain, sensitive = []string{}, []string{}
		for _, slug := range slugs {
			if term, _ := list.Get(slug); term.Sensitive {
				sensitive = append(sensitive, slug)
			} else {
				plain = append(plain, slug)
			}
		}
		return plain, sensitive
	}
	plain = d
	plain.Who, sensitive.Who = part(lists.Categories, d.Who)
	plain.Wants, sensitive.Wants = part(lists.Topics, d.Wants)
	if term, _ := lists.Places.Get(d.Place); term.Sensitive {
		plain.Place, sensitive.Place = "", d.Place
	}
	return plain, sensitive
}

// with returns d with the terms of more added.
func (d Details) with(more Details) Details {
	d.Who, d.Wants = union(d.Who, more.Who), union(d.Wants, more.Wants)
	d.Place = cmp.Or(d.Place, more.Place)
	return d
}

// search returns the folded texts that Find searches: family name first, and given name first.
func (d Details) search() (familyFirst, givenFirst string) {
	return storage.Fold(d.Family + " " + d.Given + " " + d.Organisation),
		storage.Fold(d.Given + " " + d.Family + " " + d.Organisation)
}

// cleaned returns d in normal form, or all its faults, on the fields given_name, family_name, organisation, birth_date,
// language, place, who and wants.
func (d Details) cleaned(v Vocabulary, today Day) (Details, error) {
	var problems fault.Problems
	note := func(field string, err error) { _ = problems.Add(field, err) } // all of them are faults
	var err error
	if d.Kind == "" {
		d.Kind = KindPerson
	}
	if d.Kind != KindPerson && d.Kind != KindOrganisation {
		note("kind", fault.Invalid("people.kind.unknown", "Text", clip(string(d.Kind))))
	}
	d.Given, err = cleanName(d.Given)
	note("given_name", err)
	d.Family, err = cleanName(d.Family)
	note("family_name", err)
	d.Organisation, err = cleanName(d.Organisation)
	note("organisation", err)
	note("birth_date", d.Born.check(today))
	d.Language, err = v.language(d.Language)
	note("language", err)
	if d.Place != "" {
		d.Place, err = find(v.Places, "place", d.Place)
		note("place", err)
	}
	d.Who, err = findAll(v.Categories, "who", d.Who)
	note("who", err)
	d.Wants, err = findAll(v.Topics, "wants", d.Wants)
	note("wants", err)
	return d, problems.Err()
}

// Vocabulary is a snapshot of the words that can describe people.
type Vocabulary struct {
	Categories, Topics, Places taxonomy.List
	Newsletters                []string          // slugs
	Titles                     map[string]string // slugs by title of newsletter: see titleKey
	Languages                  []string          // ISO 639-1, the default first
}

// language returns the code of the language.
func (v Vocabulary) language(text string) (string, error) {
	code := strings.ToLower(strings.TrimSpace(text))
	if code == "" || slices.Contains(v.Languages, code) {
		return code, nil
	}
	if code = languageCode(text); slices.Contains(v.Languages, code) {
		return code, nil
	}
	return "", fault.Invalid("people.language.unknown", "Text", clip(text), "Known", slices.Clone(v.Languages))
}

// find returns the slug of the term with that slug or name. what names the list in the fault: "who", "wants" or
// "place".
func find(list taxonomy.List, what, text string) (string, error) {
	if len(text) <= maxWord {
		if term, ok := list.Find(text); ok {
			return term.Slug, nil
		}
	}
	near := ""
	if len(text) <= maxWord {
		near, _ = list.Nearest(text)
	}
	return "", unknownWord(what, text, near)
}

// maxWord is the length in bytes of the longest text that is compared with a list: edit distance takes quadratic time.
const maxWord = 300

// findAll returns the slugs of the terms, sorted, each once.
func findAll(list taxonomy.List, what string, texts []string) ([]string, error) {
	slugs := make([]string, 0, len(texts))
	var problems fault.Problems
	for _, text := range texts {
		slug, err := find(list, what, text)
		if err != nil {
			_ = problems.Add("", err) // find only returns faults
			continue
		}
		slugs = append(slugs, slug)
	}
	slices.Sort(slugs)
	return slices.Compact(slugs), problems.Err()
}

// unknownWord says that a list lacks the word, and which one was probably meant. The key depends on the list, so that
// each language can name it properly.
func unknownWord(what, text, near string) *fault.Error {
	if near == "" {
		return fault.Invalid("people.unknown."+what, "Text", clip(text))
	}
	return fault.Invalid("people.unknown."+what+"_near", "Text", clip(text), "Near", near)
}
