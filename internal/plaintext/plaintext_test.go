package plaintext_test

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"unoxuno/internal/fault"
	"unoxuno/internal/plaintext"
)

func TestClean(t *testing.T) {
	for name, c := range map[string]struct{ text, want, dropped string }{
		"as it is":               {"Ufficio Cultura, 1° piano: l’arte è «viva»", "Ufficio Cultura, 1° piano: l’arte è «viva»", ""},
		"spaces":                 {" \u00a0Anna\t\u3000 Maria\u2009\u202f", "Anna Maria", ""},
		"line breaks":            {"Anna\r\nMaria\u2028Rossi\n", "Anna Maria Rossi", ""},
		"zero width":             {"\ufeffAn\u200bna\u2060 Ma\u00adria\u180e", "Anna Maria", "\ufeff\u200b\u2060\u00ad\u180e"},
		"each once":              {"A\u200bn\u200bn\u200ba", "Anna", "\u200b"},
		"direction":              {"\u202agpj\u202e.exe\u202c\u2066x\u2069\u200e\u200f\u061c", "gpj.exex", "\u202a\u202e\u202c\u2066\u2069\u200e\u200f\u061c"},
		"fillers":                {"A\u3164b\u115fc\u034f", "Abc", "\u3164\u115f\u034f"},
		"hidden letters":         {"Anna\U000E0041\U000E0042", "Anna", "\U000E0041\U000E0042"},
		"joiner in Latin":        {"An\u200dna\u200c", "Anna", "\u200d\u200c"},
		"joiner in Persian":      {"می\u200cخواهم", "می\u200cخواهم", ""},
		"joiner at the end":      {"می\u200c", "می", "\u200c"},
		"a family":               {"Festa 👩\u200d👩\u200d👧 e ❤\ufe0f\u200d🔥", "Festa 👩\u200d👩\u200d👧 e ❤\ufe0f\u200d🔥", ""},
		"colours of skin":        {"👩🏽\u200d🏫", "👩🏽\u200d🏫", ""},
		"a flag, a number":       {"🏴\U000E0067\U000E0062\U000E007F 1\ufe0f\u20e3", "🏴\U000E0067\U000E0062\U000E007F 1\ufe0f\u20e3", ""},
		"a variation of nothing": {"A\ufe0f", "A", "\ufe0f"},
		"nothing is left":        {"\u200b \u200e", "", "\u200b\u200e"},
		"Arabic":                 {"بلدية مودينا", "بلدية مودينا", ""},
	} {
		t.Run(name, func(t *testing.T) {
			line, dropped, err := plaintext.Clean(c.text)
			if err != nil || line != c.want || string(dropped) != c.dropped {
				t.Errorf("got %q, dropped %+q, %v", line, string(dropped), err)
			}
		})
	}
}

func TestCleanRefuses(t *testing.T) {
	for text, key := range map[string]string{
		"a\x00b": "text.control", "Ugo\x1bBcc": "text.control", "a\u0090": "text.control", "\ufdd0": "text.control", "a\uffff": "text.control",
		"Citt\xe0": "text.encoding", "Citt\ufffd": "text.encoding",
	} {
		if _, err := plaintext.Line(text); !fault.HasKey(err, key) {
			t.Errorf("%q: %v, want %s", text, err, key)
		}
	}
}

// TestLineIsALine: whatever is taken is one line of characters that can be seen, stays as it is when taken again, and
// holds every letter and digit that was written.
func TestLineIsALine(t *testing.T) {
	odd := rapid.SampledFrom([]rune(" \t\n\u00a0\u200b\u200c\u200d\u200e\u202e\u2066\ufeff\ufe0f\u00ad👩❤1aàمیक्\u20e3\U000E0041🏴"))
	anyRune := rapid.OneOf(odd, rapid.Rune())
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(anyRune, 0, 12).Draw(t, "text"))
		line, err := plaintext.Line(text)
		if err != nil {
			return
		}
		if again, dropped, err := plaintext.Clean(line); again != line || dropped != nil || err != nil {
			t.Fatalf("%+q became %+q, then %+q (%+q, %v)", text, line, again, string(dropped), err)
		}
		if strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) {
			t.Fatalf("%+q", line)
		}
		if letters(line) != letters(text) {
			t.Fatalf("%+q became %+q", text, line)
		}
	})
}

func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1 // the fillers of Hangul are letters by category, and show nothing
		}
		return r
	}, text)
}

func TestDirectionless(t *testing.T) {
	const text = "Uno\n\u202edue\u202c\n\u2067tre\u2069\u200f"
	if got := plaintext.Directionless(text); got != "Uno\ndue\ntre\u200f" {
		t.Errorf("%+q", got)
	}
}

func TestName(t *testing.T) {
	for r, want := range map[rune]string{'\u200b': "U+200B", '\u202e': "U+202E", 'è': "è", '\n': "U+000A", '\u00a0': "U+00A0", '\U000E0041': "U+E0041"} {
		if got := plaintext.Name(r); got != want {
			t.Errorf("%+q is %s, want %s", r, got, want)
		}
	}
}
