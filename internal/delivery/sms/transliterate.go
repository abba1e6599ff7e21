package sms

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Change is something that was written otherwise, and how often.
type Change struct {
	From, To string // To is empty for what was left out
	Count    int
}

// replacements are the characters that GSM 03.38 lacks and that have an obvious equivalent. What is not here loses its
// accents (see plain), or cannot be written.
var replacements = map[rune]string{
	// Quotes and apostrophes.
	'‘': "'", '’': "'", '‚': "'", '‛': "'", '′': "'", '`': "'", '´': "'", 'ʼ': "'", 'ʻ': "'", '‹': "'", '›': "'",
	'“': `"`, '”': `"`, '„': `"`, '‟': `"`, '″': `"`, '«': `"`, '»': `"`,
	// Dashes, hyphens, bullets, ellipsis.
	'–': "-", '—': "-", '―': "-", '‒': "-", '‐': "-", '‑': "-", '−': "-", '•': "-", '●': "-", '▪': "-", '·': ".", '…': "...",
	// Spaces that are not the space.
	'\t': " ", '\u00A0': " ", '\u2000': " ", '\u2001': " ", '\u2002': " ", '\u2003': " ", '\u2004': " ", '\u2005': " ",
	'\u2006': " ", '\u2007': " ", '\u2008': " ", '\u2009': " ", '\u200A': " ", '\u202F': " ", '\u205F': " ", '\u3000': " ",
	'\u2028': "\n", '\u2029': "\n", '\u0085': "\n",
	// What has no width.
	'\u00AD': "", '\u200B': "", '\u200C': "", '\u200D': "", '\u200E': "", '\u200F': "", '\u2060': "", '\uFEFF': "",
	// Lower-case acute where GSM 03.38 has the grave that an Italian writes.
	'á': "à", 'í': "ì", 'ó': "ò", 'ú': "ù",
	// Letters whose stroke or shape is not an accent.
	'ő': "ö", 'ű': "ü", 'Ő': "Ö", 'Ű': "Ü", 'ł': "l", 'Ł': "L", 'đ': "d", 'Đ': "D", 'ħ': "h", 'Ħ': "H", 'ı': "i",
	'œ': "oe", 'Œ': "OE", 'þ': "th", 'Þ': "Th", 'ð': "d", 'Ð': "D", 'ẞ': "SS", 'ŧ': "t", 'Ŧ': "T", 'ĸ': "k",
	// Signs.
	'©': "(C)", '®': "(R)", '™': "(TM)", '×': "x", '÷': ":", '¢': "c", '¦': "|", '→': "->", '←': "<-", '≤': "<=", '≥': ">=",
	'≠': "<>", '±': "+/-", '№': "n.", 'µ': "u", '½': "1/2", '¼': "1/4", '¾': "3/4", '¹': "1", '²': "2", '³': "3", 'ª': "a",
	'º': "o", '‰': "%o", '⁄': "/",
}

// Transliterate writes text with the characters of GSM 03.38 and tells what was changed, in the order of appearance. If
// something cannot be written with them, the text travels as UCS-2 in any case: it is returned as it is, with nothing
// changed, and outside names the characters that are to blame.
//
// What an Italian reader expects: a grave capital at the end of a word keeps its accent as an apostrophe (È → E', CITTÀ →
// CITTA'), within a word it loses it; lower-case acutes become the grave that the alphabet has (á → à); other accents
// are dropped (ç → c, ê → e, ł → l); typographic quotes, dashes, spaces and the ellipsis become those of a typewriter;
// ° is "." after a letter (n.) and "o" after a digit (1o).
//
// Letters and accents written apart are joined, and line ends are made one kind, without counting as changes.
func Transliterate(text string) (written string, changes []Change, outside []string) {
	original := tidy(text)
	runes := []rune(original)
	var b strings.Builder
	b.Grow(len(original))
	at := map[string]int{} // index in changes + 1, by what was changed into what
	missing := map[rune]bool{}
	var last rune // as written
	for i, r := range runes {
		if gsm.width(r) > 0 {
			b.WriteRune(r)
			last = r
			continue
		}
		to, ok := substitute(r, last, runes[i+1:])
		if !ok {
			if !missing[r] {
				missing[r] = true
				outside = append(outside, string(r))
			}
			continue
		}
		b.WriteString(to)
		if to != "" {
			last, _ = utf8.DecodeLastRuneInString(to)
		}
		key := string(r) + "\x00" + to
		if at[key] == 0 {
			changes = append(changes, Change{From: string(r), To: to})
			at[key] = len(changes)
		}
		changes[at[key]-1].Count++
	}
	if len(outside) > 0 {
		return original, nil, outside
	}
	return b.String(), changes, nil
}

// tidy is text in composed form (NFC), in UTF-8, with "\n" at the end of each line.
func tidy(text string) string {
	text = strings.ToValidUTF8(text, string(unicode.ReplacementChar))
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	return norm.NFC.String(text)
}

// substitute is what is written for r, which comes after last and before next.
func substitute(r, last rune, next []rune) (to string, ok bool) {
	if to, ok := replacements[r]; ok {
		return to, true
	}
	switch {
	case unicode.Is(unicode.Variation_Selector, r), unicode.IsControl(r):
		return "", true
	case r == '°' && unicode.IsLetter(last):
		return ".", true
	case r == '°':
		return "o", true
	}
	base, ok := plain(r)
	if ok && strings.ContainsRune("ÀÈÌÒÙÁÍÓÚ", r) && !followedByLetter(next) {
		return base + "'", true
	}
	return base, ok
}

func followedByLetter(next []rune) bool { return len(next) > 0 && unicode.IsLetter(next[0]) }

// plain is r without accents, ligatures or width, where GSM 03.38 has what is left.
func plain(r rune) (string, bool) {
	var b strings.Builder
	for _, d := range norm.NFKD.String(string(r)) {
		if unicode.Is(unicode.Mn, d) {
			continue
		}
		if gsm.width(d) == 0 {
			to, ok := replacements[d]
			if !ok {
				return "", false
			}
			b.WriteString(to)
			continue
		}
		b.WriteRune(d)
	}
	return b.String(), b.Len() > 0
}
