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

// bareEmail removes what programs write around an address: "Anna Uno <anna@uno.example>", "mailto:", quotes, a comma or
// semicolon left from a list.
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

// scientific matches how spreadsheets write long numbers, losing the last digits: 3,93331E+11.
var scientific = regexp.MustCompile(`^\+?\d[.,]\d+[eE]\+?\d+$`)

// bareNumber removes what programs write around a telephone number.
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

// list returns the meanings of the list's members, each once. A list separated by anything but | is rejected with the
// right way to write it. One name may contain commas.
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

// separated returns the list as it should have been written. Commas, semicolons and line breaks count as separators.
// Characters that names also contain, such as /, count only if all members are known.
func separated(of *memo[string], text string) (better string, ok bool) {
	const separators = 3 // the first of these; names may contain the others
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

// titleKey returns a newsletter's slug or title without capitals, accents, spaces and punctuation.
func titleKey(text string) string { return otherName(text) }

// newsletter returns the slug of the newsletter with that slug or title.
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

// languageNames returns other names and codes (ISO 639-2) of languages, folded.
func languageNames() map[string][]string {
	return map[string][]string{
		"it": {"ita", "italiano", "italiana", "italian"}, "en": {"eng", "inglese", "english"},
		"fr": {"fra", "fre", "francese", "french", "francais"}, "de": {"deu", "ger", "tedesco", "german", "deutsch"},
		"es": {"spa", "spagnolo", "spanish", "espanol"}, "ro": {"ron", "rum", "rumeno", "romeno", "romanian", "romana"},
		"sq": {"sqi", "alb", "albanese", "albanian", "shqip"}, "ar": {"ara", "arabo", "arabic"}, "zh": {"zho", "chi", "cinese", "chinese"},
		"uk": {"ukr", "ucraino", "ukrainian"}, "pt": {"por", "portoghese", "portuguese"}, "sl": {"slv", "sloveno", "slovene"},
	}
}

// languageCode returns the ISO 639-1 code of a language written as such, with a country (it-IT), as another code or by
// name.
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

// transposed tells whether two neighbouring letters are exchanged.
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
