package people

import (
	"regexp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"unoxuno/internal/fault"
	"unoxuno/internal/people/csvtext"
	"unoxuno/internal/storage"
)

// bareEmail is the address without what programs write around it: "Anna Uno <anna@uno.example>", "mailto:", quotes, a
// comma or semicolon that is left of a list.
func (r *rowReader) bareEmail(text string) (string, error) {
	bare := text
	if from, to := strings.LastIndexByte(text, '<'), strings.LastIndexByte(text, '>'); from >= 0 && to > from && strings.Contains(text[from:to], "@") {
		bare = text[from+1 : to]
	}
	if len(bare) > 7 && strings.EqualFold(bare[:7], "mailto:") {
		bare, _, _ = strings.Cut(bare[7:], "?")
	}
	bare = strings.TrimSpace(strings.TrimRight(strings.Trim(bare, `"' <>`), ",;:. "))
	if strings.Count(bare, "@") > 1 && strings.ContainsAny(bare, ",;/| ") {
		return "", fault.Invalid("people.import.several_emails", "Text", clip(text))
	}
	if bare != text {
		r.warn("email", "people.import.bare_email", "Text", clip(text), "Value", clip(bare))
	}
	return bare, nil
}

// scientific is how spreadsheets write long numbers, whose last digits are lost then: 3,93331E+11.
var scientific = regexp.MustCompile(`^\+?\d[.,]\d+[eE]\+?\d+$`)

// bareNumber is a telephone number without what programs write around it.
func bareNumber(text string) (string, error) {
	if scientific.MatchString(text) {
		return "", fault.Invalid("people.import.scientific", "Text", clip(text))
	}
	text = decimals.ReplaceAllString(text, "$1")
	if len(text) > 4 && strings.EqualFold(text[:4], "tel:") {
		text = text[4:]
	}
	const shortest = 6 // digits of a telephone number
	numbers := 0
	for part := range strings.FieldsFuncSeq(text, func(c rune) bool { return strings.ContainsRune(",;/|", c) }) {
		digits := strings.Map(func(c rune) rune {
			if c < '0' || c > '9' {
				return -1
			}
			return c
		}, part)
		if len(digits) >= shortest {
			numbers++
		}
	}
	if numbers > 1 {
		return "", fault.Invalid("people.import.several_numbers", "Text", clip(text))
	}
	return strings.TrimRight(text, ".,; "), nil
}

// list is what the members of a list mean, each once. One that is separated by anything but | is refused with the right
// way to write it; but the name of one thing may hold commas.
func (r *rowReader) list(row csvtext.Row, c column, of *memo[string]) []string {
	text := r.cell(row, c)
	slugs, err := list(of, text)
	if err != nil && !strings.Contains(text, "|") {
		written := text
		if raw := r.layout.cell(row, c); strings.ContainsAny(strings.TrimSpace(raw), "\n\v") {
			written = raw
		}
		if better, ok := separated(of, written); ok {
			err = fault.Invalid("people.import.separator", "Text", clip(text), "Better", clip(better))
		}
	}
	r.bad(r.layout.name(c), err)
	return slugs
}

// separated is a list as it should have been written. Commas, semicolons and line breaks are taken for separators; what
// names hold too, such as /, only where all members are known.
func separated(of *memo[string], text string) (better string, ok bool) {
	const separators = 3 // the first of these; the others stand in names, too
	for i, signs := range []string{"\n\v", ";", ",", "/", "+", "&"} {
		var members []string
		known := true
		for member := range strings.FieldsFuncSeq(text, func(c rune) bool { return strings.ContainsRune(signs, c) }) {
			if member = strings.Trim(member, " \t\"'[]{}"); member == "" {
				continue
			}
			slug, err := of.of(member)
			known = known && err == nil
			if err != nil {
				slug = member
			}
			members = append(members, slug)
		}
		if len(members) > 1 && (known || i < separators) {
			return strings.Join(members, "|"), true
		}
	}
	return "", false
}

// titleKey is a newsletter's slug or title without capitals, accents, spaces and signs.
func titleKey(text string) string { return otherName(text) }

// newsletter is the slug of the newsletter that somebody wrote by slug or title.
func (v Vocabulary) newsletter(text string) (string, error) {
	slug := strings.ToLower(strings.TrimSpace(text))
	if slices.Contains(v.Newsletters, slug) {
		return slug, nil
	}
	if len(text) > maxWord {
		return "", unknownWord("subscribed", text, "")
	}
	if slug, ok := v.Titles[titleKey(text)]; ok {
		return slug, nil
	}
	near := nearest(slug, v.Newsletters)
	if near == "" {
		keys := make([]string, 0, len(v.Titles))
		for key := range v.Titles {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		near = v.Titles[nearest(titleKey(text), keys)]
	}
	return "", unknownWord("subscribed", text, near)
}

// languageNames are the languages that citizens write by name or by other codes than ours (ISO 639-2), folded.
func languageNames() map[string][]string {
	return map[string][]string{
		"it": {"ita", "italiano", "italiana", "italian"}, "en": {"eng", "inglese", "english"},
		"fr": {"fra", "fre", "francese", "french", "francais"}, "de": {"deu", "ger", "tedesco", "german", "deutsch"},
		"es": {"spa", "spagnolo", "spanish", "espanol"}, "ro": {"ron", "rum", "rumeno", "romeno", "romanian", "romana"},
		"sq": {"sqi", "alb", "albanese", "albanian", "shqip"}, "ar": {"ara", "arabo", "arabic"}, "zh": {"zho", "chi", "cinese", "chinese"},
		"uk": {"ukr", "ucraino", "ukrainian"}, "pt": {"por", "portoghese", "portuguese"}, "sl": {"slv", "sloveno", "slovene"},
	}
}

// languageCode is the ISO 639-1 code that somebody wrote as it is, with a country (it-IT), as another code or by name.
func languageCode(text string) string {
	word, _, _ := strings.Cut(strings.ReplaceAll(storage.Fold(text), "_", "-"), "-")
	word = strings.TrimSpace(word)
	for code, names := range languageNames() {
		if slices.Contains(names, word) {
			return code
		}
	}
	return word
}

func distance(a, b string) int { return levenshtein.ComputeDistance(a, b) }

// transposed is true where two letters beside each other are exchanged.
func transposed(a, b string) bool {
	if len(a) != len(b) || a == b {
		return false
	}
	for i := range len(a) - 1 {
		if a[i] != b[i] {
			return a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
		}
	}
	return false
}
