package content

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// plainText is a text block as plain text.
func plainText(source string, link func(string) string) string {
	w := plainWriter{links: newLinkSet(link)}
	w.text(source)
	return w.String()
}

func TestPlainText(t *testing.T) {
	for name, c := range map[string]struct{ source, want string }{
		"paragraphs":     {"Uno\n\ntre", "Uno\n\ntre\n"},
		"postal address": {"Comune di Borgo\nPiazza Grande 1\n41121 Borgo", "Comune di Borgo\nPiazza Grande 1\n41121 Borgo\n"},
		"indented":       {"Prima.\n\n    Quattro spazi.\n\n\tTabulatore.\n\nDopo.", "Prima.\n\nQuattro spazi.\n\nTabulatore.\n\nDopo.\n"},
		"a sum, a name":  {"3*2*1 nome_e_cognome 30~40~50", "3*2*1 nome_e_cognome 30~40~50\n"},
		"quote":          {"> Uno\n> due\n>\n> - tre\n\nquattro", "> Uno\n> due\n>\n> - tre\n\nquattro\n"},
		"boxes to tick":  {"- [ ] uno\n- [x] due", "- ☐ uno\n- ☑ due\n"},
		"struck out":     {"~~lunedì~~ martedì", "~~lunedì~~ martedì\n"},
		"code":           {"scrivi `a*b*c`", "scrivi a*b*c\n"},
		"table":          {"| Giorno | Ora |\n|---|---|\n| lunedì | 9<br>13 |\n| martedì |", "Giorno   Ora\n-------  ----\nlunedì   9 13\nmartedì\n"},
		"wide table":     {"| | Orario |\n|---|---|\n| lunedì | " + strings.Repeat("x ", 35) + "|", "lunedì\nOrario:" + strings.Repeat(" x", 32) + "\n " + strings.Repeat(" x", 3) + "\n"},
		"list in a list": {"- - a", "-\n  - a\n"},
		"line break":     {"Via Roma 1\\\nEsempio", "Via Roma 1\nEsempio\n"},
		"stress":         {"un *bel* **giorno**", "un bel *giorno*\n"},
		"HTML as it is":  {"<b>1 < 2 & 3</b>", "<b>1 < 2 & 3</b>\n"},
		"loose list":     {"1. a\n\n   b\n2. c", "1. a\n\n   b\n2. c\n"},
		"list goes on":   {"9. a\n9. b", "9. a\n10. b\n"},
		"nested list":    {"- a\n  - b\n\nc", "- a\n  - b\n\nc\n"},
		"same link":      {"[a](https://x.example) [b](https://x.example) [c](https://y.example)", "a [1] b [1] c [2]\n\n[1] l:https://x.example\n[2] l:https://y.example\n"},
		"bare address":   {"vedi https://x.example/a", "vedi https://x.example/a\n"},
		"mailbox":        {"[scrivi](mailto:a@b.example), [a@b.example](mailto:a@b.example)", "scrivi (a@b.example), a@b.example\n"},
		"telephone":      {"[059 123](tel:+39059123) [chiama](tel:+39059123)", "059 123 chiama (+39059123)\n"},
		"unsafe link":    {"[a](javascript:x)", "a\n"},
		"image left out": {"![un coro](/a.png)", "un coro\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := plainText(c.source, func(url string) string { return "l:" + url }); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestWrap: no word is lost, and no line is longer than it must be.
func TestWrap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.StringMatching("[a-zà]{1,30}|h{80}")).Draw(t, "words")
		text := strings.Join(words, " ")
		wrapped := wrap(text, "- ", "  ")
		if strings.Join(strings.Fields(strings.TrimPrefix(wrapped, "- ")), " ") != text {
			t.Fatalf("words are lost: %q", wrapped)
		}
		for line := range strings.Lines(wrapped) {
			if utf8.RuneCountInString(strings.TrimSpace(line)) > textWidth && len(strings.Fields(strings.TrimPrefix(line, "- "))) > 1 {
				t.Fatalf("too long: %q", line)
			}
		}
		if filled := string(appendWrapped(nil, text)); filled != strings.TrimSuffix(wrap(text, "", ""), "\n") {
			t.Fatalf("appendWrapped breaks otherwise than wrap: %q", filled)
		}
	})
}
