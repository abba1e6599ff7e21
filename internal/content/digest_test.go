package content

import (
	"strings"
	"testing"
)

// exampleDigest holds the example and an English issue.
func exampleDigest(t testing.TB, parts int) (Compiled, Values) {
	t.Helper()
	frame := exampleFrame(t)
	frame.Newsletter = "Le tue notizie"
	frame.Labels.Unsubscribe = "Non voglio più ricevere nessuna delle newsletter di questa e-mail"
	all := []Part{
		{
			Document: example(t), Newsletter: "Teatro & dintorni", ArchiveURL: "https://uno.comune.example/newsletters/teatro/2026-12",
			PixelURL: "https://uno.comune.example/o/one.gif", Link: func(url string) string { return "https://uno.comune.example/l/" + shortHash(url) },
		},
		{
			Document: Document{Language: "en", Title: "What is on", Blocks: []Block{
				{ID: "a", Kind: KindHeading, Level: 2, Text: "Concerts"},
				{ID: "b", Kind: KindText, Text: "See [the programme](https://www.teatro.example/concerto)."},
			}},
			Newsletter: "In città", Link: func(string) string { return "https://uno.comune.example/l/second" },
		},
	}
	doc := Document{Language: "it", Title: "Le tue notizie, 27 novembre 2026"}
	compiled, err := CompileDigest(doc, all[:parts], frame, "Non voglio più ricevere questa newsletter")
	if err != nil {
		t.Fatal(err)
	}
	return compiled, Values{
		Name: "Ada", OwnPage: "https://uno.comune.example/me/x", Unsubscribe: "https://uno.comune.example/unsubscribe/all",
		Parts: []PartValues{
			{"Ricevi questo numero perché il 3 marzo 2025 hai chiesto la newsletter «Teatro & dintorni».", "https://uno.comune.example/unsubscribe/one"},
			{"Ricevi questo numero perché il 4 marzo 2025 hai chiesto la newsletter «In città».", "https://uno.comune.example/unsubscribe/two"},
		},
	}
}

func TestDigestGolden(t *testing.T) {
	compiled, values := exampleDigest(t, 2)
	golden(t, "digest.html", compiled.HTML.Fill(nil, values))
	golden(t, "digest.txt", compiled.Text.Fill(nil, values))
}

// TestDigestHoldsEachIssueWithItsOwnReasonAndWayOut counts what each reading says.
func TestDigestHoldsEachIssueWithItsOwnReasonAndWayOut(t *testing.T) {
	compiled, values := exampleDigest(t, 2)
	html, text := string(compiled.HTML.Fill(nil, values)), string(compiled.Text.Fill(nil, values))
	for _, c := range []struct {
		what           string
		inHTML, inText int
	}{
		{"<h1", 1, 0}, {`href="#n1"`, 1, 0}, {`id="n1"`, 1, 0}, {`href="#n2"`, 1, 0}, {`<div lang="en">`, 1, 0},
		{"/unsubscribe/one", 1, 1}, {"/unsubscribe/two", 1, 1}, {"/unsubscribe/all", 1, 1}, {"/me/x", 1, 1},
		{"3 marzo 2025", 1, 1}, {"4 marzo 2025", 1, 1}, {"/o/one.gif", 1, 0}, {"/l/second", 1, 1}, {"Ciao Ada,", 1, 1},
		{"In questa e-mail", 1, 1},
	} {
		if got := strings.Count(html, c.what); got != c.inHTML {
			t.Errorf("the HTML has %q %d times, want %d", c.what, got, c.inHTML)
		}
		if got := strings.Count(text, c.what); got != c.inText {
			t.Errorf("the text has %q %d times, want %d", c.what, got, c.inText)
		}
	}
	for line := range strings.Lines(text) {
		if len([]rune(strings.TrimSpace(line))) > textWidth && !strings.Contains(line, "https://") {
			t.Errorf("a line is too long: %q", line)
		}
	}
}

func TestDigestOfOneHasNoContents(t *testing.T) {
	compiled, values := exampleDigest(t, 1)
	for _, got := range [][]byte{compiled.HTML.Fill(nil, values), compiled.Text.Fill(nil, values)} {
		if strings.Contains(string(got), "In questa e-mail") || !strings.Contains(string(got), "/unsubscribe/one") {
			t.Errorf("a digest of one reads\n%s", got)
		}
	}
}
