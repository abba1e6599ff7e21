package newsletters

import (
	"fmt"
	"slices"
	"strings"

	"unoxuno/internal/delivery/email"
	"unoxuno/internal/fault"
	"unoxuno/internal/plaintext"
	"unoxuno/internal/taxonomy"
)

// Declaration is what a town declares about its newsrooms and newsletters in town.yaml. A nil list changes nothing.
// What is no longer declared is closed, never deleted, because past issues refer to it.
type Declaration struct {
	Newsrooms   []DeclaredNewsroom   `yaml:"newsrooms"`
	Newsletters []DeclaredNewsletter `yaml:"newsletters"`
}

// DeclaredNewsroom is one declared newsroom. Omitted parts of an existing one do not change.
type DeclaredNewsroom struct {
	Slug string        `yaml:"slug"`
	Name taxonomy.Name `yaml:"name"`
	Kind string        `yaml:"kind"` // one of NewsroomKinds; "" means office
}

// DeclaredNewsletter is one declared newsletter. Omitted parts of an existing one do not change.
type DeclaredNewsletter struct {
	Slug        string        `yaml:"slug"`
	Newsroom    string        `yaml:"newsroom"` // slug
	Name        taxonomy.Name `yaml:"name"`
	Description taxonomy.Name `yaml:"description"`
	Topics      []string      `yaml:"topics"` // slugs or names
	For         []string      `yaml:"for"`    // slugs or names of categories
	Period      string        `yaml:"period"`
	Sender      string        `yaml:"sender"`
	ReplyTo     string        `yaml:"reply_to"`
	Sensitive   *bool         `yaml:"sensitive"`
	Closed      bool          `yaml:"closed"`
}

// findTerms returns the slugs of words, sorted, each once. key is the fault for a word that the list lacks.
func findTerms(list taxonomy.List, key string, words []string) ([]string, error) {
	var problems fault.Problems
	var slugs []string
	for _, word := range words {
		term, ok := list.Find(word)
		switch near, isNear := list.Nearest(word); {
		case ok:
			slugs = append(slugs, term.Slug)
		case isNear:
			problems = append(problems, fault.Invalid(key+"_near", "Text", word, "Near", near))
		default:
			problems = append(problems, fault.Invalid(key, "Text", word))
		}
	}
	slices.Sort(slugs)
	return slices.Compact(slugs), problems.Err()
}

// over applies the declaration to the existing newsroom.
func (d DeclaredNewsroom) over(n Newsroom) (Newsroom, error) {
	var problems fault.Problems
	n.Slug, n.declared, n.Closed = d.Slug, true, false
	n.Name = nameOver(d.Name, n.Name)
	if d.Kind != "" {
		n.Kind = NewsroomKind(d.Kind)
	}
	if n.Kind == "" {
		n.Kind = Office
	}
	if !validSlug(n.Slug) {
		problems = append(problems, slugFault(n.Slug, "ufficio-cultura"))
	}
	problems = append(problems, n.problems()...)
	return n, problems.Err()
}

// problems returns everything wrong with the newsroom except its slug. It cleans the names.
func (n *Newsroom) problems() fault.Problems {
	problems := plaintext.Each(&n.Name.IT, &n.Name.EN)
	if n.Name.IT == "" {
		problems = append(problems, fault.Invalid("newsletters.name.missing", "Slug", n.Slug))
	}
	if !slices.Contains(NewsroomKinds(), n.Kind) {
		var known []string
		for _, k := range NewsroomKinds() {
			known = append(known, string(k))
		}
		problems = append(problems, fault.Invalid("newsletters.kind.unknown", "Kind", string(n.Kind), "Known", known))
	}
	return problems
}

// over applies the declaration to the existing newsletter.
func (d DeclaredNewsletter) over(n Newsletter, newsrooms []Newsroom, known taxonomy.Vocabulary) (Newsletter, error) {
	var problems fault.Problems
	note := func(err error) { _ = problems.Add("", err) } // all of them are faults
	n.Slug, n.declared, n.Closed = d.Slug, true, d.Closed
	n.Name, n.Description = nameOver(d.Name, n.Name), nameOver(d.Description, n.Description)
	if d.Newsroom != "" {
		n.Newsroom = Newsroom{Slug: d.Newsroom}
	}
	var err error
	if d.Topics != nil {
		n.Topics, err = findTerms(known.Topics, "newsletters.topic.unknown", d.Topics)
		note(err)
	}
	if d.For != nil {
		n.For, err = findTerms(known.Categories, "newsletters.category.unknown", d.For)
		note(err)
	}
	n.Period = textOver(canonicalPeriod(d.Period), n.Period)
	n.Sender, n.ReplyTo = textOver(d.Sender, n.Sender), textOver(d.ReplyTo, n.ReplyTo)
	if d.Sensitive != nil {
		n.Sensitive = *d.Sensitive
	}
	if !validSlug(n.Slug) {
		note(slugFault(n.Slug, "vita-in-citta"))
	}
	note(n.problems(newsrooms).Err())
	return n, problems.Err()
}

// maxLine is the length in bytes of the longest name, sender or period accepted.
const maxLine = 300

// problems returns everything wrong with the newsletter except its slug and its terms. It cleans the texts.
func (n *Newsletter) problems(newsrooms []Newsroom) fault.Problems {
	var problems fault.Problems
	note := func(field string, wrong bool, f *fault.Error) {
		if wrong {
			problems = append(problems, f.On(field))
		}
	}
	for field, text := range map[string]*string{
		"name": &n.Name.IT, "name_en": &n.Name.EN, "description": &n.Description.IT, "description_en": &n.Description.EN,
		"sender": &n.Sender, "period": &n.Period,
	} {
		line, err := plaintext.Line(*text)
		*text = line
		for _, f := range fault.List(err) {
			note(field, true, f)
		}
	}
	note("name", n.Name.IT == "", fault.Invalid("newsletters.name.missing", "Slug", n.Slug))
	for field, text := range map[string]string{"name": n.Name.IT + n.Name.EN, "sender": n.Sender, "period": n.Period} {
		note(field, len(text) > maxLine, fault.Invalid("newsletters.text.long", "Max", maxLine))
	}
	at := slices.IndexFunc(newsrooms, func(room Newsroom) bool { return room.Slug == n.Newsroom.Slug })
	if at >= 0 {
		n.Newsroom = newsrooms[at]
	} else {
		var slugs []string
		for _, room := range newsrooms {
			slugs = append(slugs, room.Slug)
		}
		note("newsroom", true, unknown(fault.KindInvalid, "newsletters.newsroom.unknown", n.Newsroom.Slug, slugs))
	}
	if n.ReplyTo != "" {
		_, err := email.ParsePath(n.ReplyTo)
		note("reply_to", err != nil, fault.Invalid("newsletters.reply_to.malformed", "Text", n.ReplyTo))
	}
	return problems
}

// canonicalPeriod returns the code of a period written in Italian; it leaves any other text unchanged.
func canonicalPeriod(text string) string {
	text = strings.TrimSpace(text)
	switch strings.ToLower(text) {
	case "quotidiana", "quotidiano", "ogni giorno":
		return "daily"
	case "settimanale", "week", "ogni settimana":
		return "weekly"
	case "quindicinale", "biweekly", "every two weeks":
		return "fortnightly"
	case "mensile", "month", "ogni mese":
		return "monthly"
	case "bimestrale", "every two months":
		return "bimonthly"
	case "trimestrale":
		return "quarterly"
	case "annuale", "annual":
		return "yearly"
	case "occasionale", "irregular", "quando serve":
		return "occasional"
	}
	return text
}

func nameOver(declared, is taxonomy.Name) taxonomy.Name {
	return taxonomy.Name{IT: textOver(declared.IT, is.IT), EN: textOver(declared.EN, is.EN)}
}

func textOver(declared, is string) string {
	if text := strings.TrimSpace(declared); text != "" {
		return text
	}
	return is
}

// onItem adds the place of a problem in the file: "newsletters[3]".
func onItem(problems *fault.Problems, list string, i int, err error) {
	_ = problems.Add(fmt.Sprintf("%s[%d]", list, i+1), withoutFields(err)) // all of them are faults
}

func withoutFields(err error) error {
	if err == nil {
		return nil
	}
	var bare fault.Problems
	for _, f := range fault.List(err) {
		bare = append(bare, f.On(""))
	}
	return bare
}
