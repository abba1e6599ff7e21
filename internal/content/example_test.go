package content

import (
	"os"
	"testing"

	"unoxuno/internal/locale"
)

// labels are the real words in a language.
func labels(t testing.TB, language string) Labels {
	t.Helper()
	words, err := locale.Load(Words())
	if err != nil {
		t.Fatal(err)
	}
	return NewLabels(func(key string) string { return words.Say(language, key) })
}

// example is an issue with a block of every kind, read from testdata/issue.md.
func example(t testing.TB) Document {
	t.Helper()
	src, err := os.ReadFile("testdata/issue.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := ParseMarkdown(src)
	if err != nil {
		t.Fatal(err)
	}
	return Document{Language: "it", Title: "Dicembre a teatro: quattro serate per le famiglie", Blocks: blocks}
}

func exampleFrame(t testing.TB) Frame {
	return Frame{
		Town:          "Comune di Esempio",
		Newsletter:    "Teatro & dintorni",
		Newsroom:      "Ufficio Cultura",
		PostalAddress: "Piazza Grande 16, 00000 Esempio (EX)",
		ReplyTo:       "cultura@comune.example",
		BaseURL:       "https://uno.comune.example/",
		ArchiveURL:    "https://uno.comune.example/newsletter/teatro/2026-12",
		PixelURL:      "https://uno.comune.example/o/7f3a.gif",
		Greet:         true,
		Labels:        labels(t, "it"),
		Link:          func(url string) string { return "https://uno.comune.example/l/" + shortHash(url) },
	}
}

// shortHash stands for the number that delivery gives to a link.
func shortHash(s string) string {
	h := uint32(2166136261)
	for _, c := range []byte(s) {
		h = (h ^ uint32(c)) * 16777619
	}
	const digits = "0123456789abcdefghijklmnopqrstuvwxyz"
	out := make([]byte, 6)
	for i := range out {
		out[i] = digits[h%36]
		h /= 36
	}
	return string(out)
}

func exampleValues() Values {
	return Values{
		Name:        "Maria D’Angelo",
		Why:         "Ricevi questo messaggio perché il 3 maggio 2026 ti sei iscritta a «Teatro & dintorni» dal sito del Comune.",
		OwnPage:     "https://uno.comune.example/me?t=abc&s=1",
		Unsubscribe: "https://uno.comune.example/u?t=abc&s=1",
	}
}
