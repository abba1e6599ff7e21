package content

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"unoxuno/internal/fault"
)

// parsed are files and the blocks that they are read as.
func parsed() map[string]parsedFile {
	return map[string]parsedFile{
		"headings, the first level too": {
			"# Uno\n## Due *bello*\n### Tre\n##### Cinque",
			[]Block{
				{Kind: KindHeading, Level: 2, Text: "Uno"}, {Kind: KindHeading, Level: 2, Text: "Due bello"},
				{Kind: KindHeading, Level: 3, Text: "Tre"}, {Kind: KindHeading, Level: 3, Text: "Cinque"},
			},
		},
		"paragraphs and lists are one text": {
			"\n\nUno\ndue\n\n- a\n- b\n\n#hashtag\n## Fine",
			[]Block{{Kind: KindText, Text: "Uno\ndue\n\n- a\n- b\n\n#hashtag"}, {Kind: KindHeading, Level: 2, Text: "Fine"}},
		},
		"a file from Windows": {
			"\uFEFFUno\r\n\r\n---\r\nDue\r\n",
			[]Block{{Kind: KindText, Text: "Uno"}, {Kind: KindDivider}, {Kind: KindText, Text: "Due"}},
		},
		"image": {
			"![Un *coro*](/media/a.png \"Foto: \\\"Rossi\\\"\")\n\n![b](<https://a.example/b c.png>)x",
			[]Block{
				{Kind: KindImage, URL: "/media/a.png", Alt: "Un coro", Caption: `Foto: "Rossi"`},
				{Kind: KindText, Text: "![b](<https://a.example/b c.png>)x"},
			},
		},
		"button, and a paragraph that only begins like one": {
			"[Prenota **ora**](https://a.example/?a=1&b=2){.button}\n\n[Uno](https://a.example) e due",
			[]Block{
				{Kind: KindButton, Label: "Prenota ora", URL: "https://a.example/?a=1&b=2"},
				{Kind: KindText, Text: "[Uno](https://a.example) e due"},
			},
		},
		"event": {
			"~~~event\nTitle: Festa: *tutti*\n\ndate: 2026-12-05 18:30\nend: 2026-12-05T20:00\nplace: Piazza\nlink: https://a.example\n~~~",
			[]Block{{
				Kind: KindEvent, Title: "Festa: *tutti*", Start: "2026-12-05T18:30", End: "2026-12-05T20:00",
				Place: "Piazza", URL: "https://a.example",
			}},
		},
		"what is no HTML is text": {"<scrivici>\n*ora*", []Block{{Kind: KindText, Text: "<scrivici>\n*ora*"}}},
		"headings by their underline": {
			"Uno\n====\nDue\n*tre*\n---\n- lista\n---\n\n## Quattro ##",
			[]Block{
				{Kind: KindHeading, Level: 2, Text: "Uno"}, {Kind: KindHeading, Level: 2, Text: "Due tre"}, {Kind: KindText, Text: "- lista"},
				{Kind: KindDivider}, {Kind: KindHeading, Level: 2, Text: "Quattro"},
			},
		},
		"indented image": {"\t![a](/b)", []Block{{Kind: KindImage, URL: "/b", Alt: "a"}}},
	}
}

type parsedFile struct {
	src  string
	want []Block
}

func TestParseMarkdown(t *testing.T) {
	for name, c := range parsed() {
		t.Run(name, func(t *testing.T) {
			got, err := ParseMarkdown([]byte(c.src))
			if err != nil && name != "image" { // where the second image is not taken
				t.Error(err)
			}
			for i := range got {
				if want := "b" + strconv.Itoa(i+1); got[i].ID != want {
					t.Errorf("block %d has ID %q", i, got[i].ID)
				}
				got[i].ID = ""
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseMarkdownFaults(t *testing.T) {
	for name, c := range map[string]struct {
		src  string
		key  string
		line int
	}{
		"image without alternative": {"Testo\n\n\n![](/a.png)", "content.image.alt.empty", 4},
		"image of one's own disk":   {"![a](foto.jpg)", "content.image.url.malformed", 1},
		"image inside a text":       {"## A\n\nEcco\nqui ![a](/a.png)\nuna foto", "content.text.image", 4},
		"image in a heading":        {"A\n\n## B ![a](/a.png)", "content.text.image", 3},
		"link in a heading":         {"A\n\n## [B](https://a.example)", "content.heading.link", 3},
		"link to nowhere":           {"Prima\nriga\n\nVedi [qui](www.comune.example)", "content.url.malformed", 4},
		"link without an address":   {"Prima\nvedi [qui]()", "content.text.link.nowhere", 2},
		"link with a title":         {"Prima\nvedi [qui](https://a.example \"Titolo\")", "content.text.link.title", 2},
		"linked image":              {"Prima\n\n[![a](/a.png)](https://a.example)", "content.text.image", 3},
		"button in a text":          {"Vedi\n[qui](https://a.example){.button}", "content.text.button", 2},
		"unsafe button":             {"\n[Vai](javascript:x){.button}", "content.url.malformed", 2},
		"empty heading":             {"##\n", "content.heading.empty", 1},
		"heading of one dash":       {"Prima\n\nUno\n-", "content.text.heading", 3},
		"heading in a list":         {"Prima\n\n- a\n- # b", "content.text.heading", 4},
		"divider in a list":         {"Prima\n\n- a\n- ***\n", "content.text.divider", 4},
		"comment":                   {"Prima\n\ndopo <!-- da\nrivedere -->", "content.text.comment", 3},
		"block of comment":          {"Prima\ndopo\n<!-- da\nrivedere -->", "content.text.comment", 3},
		"element":                   {"Prima\n\nuna <font color=red>parola", "content.text.html", 3},
		"block of HTML":             {"Prima\n\n<div>\nparola", "content.text.html", 3},
		"reference":                 {"Prima [qui][a]\n\n[a]: https://a.example", "content.text.reference", 3},
		"footnote":                  {"Prima[^1]\n\n[^1]: la nota", "content.text.footnote", 3},
		"row of too many cells":     {"Prima\n\n| a | b |\n|---|---|\n| c | d |\n| e | f | g |", "content.text.cells", 6},
		"event without date":        {"Uno\n```event\ntitle: A\nplace: B\n```", "content.event.start.empty", 2},
		"event with a bad date":     {"Uno\n```event\ntitle: A\nplace: B\ndate: domani\n```", "content.event.time.malformed", 5},
		"event with a foreign line": {"```event\ntitle: A\ndate: 2026-01-01\nplace: B\nora: 3\n```", "content.markdown.event.line", 5},
		"event with a line twice":   {"```event\ntitle: A\ndate: 2026-01-01\nplace: B\nplace: C\n```", "content.markdown.event.twice", 5},
		"event never closed":        {"```event\ntitle: A\ndate: 2026-01-01\nplace: B\n", "content.markdown.fence.open", 1},
		"code":                      {"Uno\n\n```go\nx\n```", "content.markdown.fence.unknown", 3},
		"code of no language":       {"1. Uno\n\n   ```\n   x\n   ```\n\nDue", "content.text.code", 3},
		"code in a list":            {"Uno\n\n- a\n- ```\n  x", "content.text.code", 4},
		"Latin-1":                   {"Uno\nCitt\xe0", "content.markdown.encoding", 2},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseMarkdown([]byte(c.src))
			faults := fault.List(err)
			if len(faults) != 1 || faults[0].Key != c.key || faults[0].Args["Line"] != c.line {
				t.Errorf("got %v, want %s at line %d", err, c.key, c.line)
			}
		})
	}
	if _, err := ParseMarkdown([]byte(" \n")); !fault.HasKey(err, "content.blocks.none") {
		t.Errorf("an empty file: %v", err)
	}
	if _, err := ParseMarkdown([]byte("![](a)\n\n[b](c){.button}")); len(fault.List(err)) != 3 {
		t.Errorf("all problems are told at once: %v", err)
	}
}

// anyLine is a line of plain text, with all that Markdown takes for markup.
func anyLine() *rapid.Generator[string] {
	word := rapid.OneOf(
		rapid.StringMatching("[a-zàèéìòù0-9]{1,8}"),
		rapid.SampledFrom([]string{"*", "**b**", "_", "[x](y)", "![", "\\", "\\*", "&amp;", "&", "<b>", "# ", "---", "1.", "-", "`",
			"```", "~~~", "{.button}", "https://a.example", "\"", "(", ")", "|", "«", "http://", "a@b.example", ":", "+"}),
	)
	return rapid.Map(rapid.SliceOfN(word, 1, 6), func(words []string) string { return oneLine(strings.Join(words, " ")) })
}

func anyURL() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{
		"https://www.comune.example", "https://a.example/b?c=1&d=%20&copy;x", "http://a.example/(b)_*c*", "mailto:a@b.example",
		"tel:+39059000000", "https://a.example/#\"x", "https://a.example/a_b_c",
	})
}

// anyBlocks are valid blocks, no two texts together, with the IDs that ParseMarkdown gives.
func anyBlocks() *rapid.Generator[[]Block] {
	day := rapid.SampledFrom([]string{"2026-12-05", "2027-01-31"})
	minute := rapid.SampledFrom([]string{"2026-12-05T18:30", "2026-02-28T00:00"})
	return rapid.Custom(func(t *rapid.T) []Block {
		var blocks []Block
		last := KindDivider
		for range rapid.IntRange(1, 6).Draw(t, "length") {
			kind := rapid.SampledFrom(Kinds()).Filter(func(k Kind) bool { return k != KindText || last != KindText }).Draw(t, "kind")
			last = kind
			b := Block{ID: NextID(blocks), Kind: kind}
			switch kind {
			case KindHeading:
				b.Level, b.Text = rapid.IntRange(2, 3).Draw(t, "level"), anyLine().Draw(t, "heading")
			case KindText:
				b.Text = strings.Join(rapid.SliceOfN(anyLine(), 1, 5).Draw(t, "text"), rapid.SampledFrom([]string{"\n", "\n\n", "\n\n- "}).Draw(t, "join"))
			case KindImage:
				b.URL = rapid.SampledFrom([]string{"/media/a.png", "https://a.example/(a).png"}).Draw(t, "image")
				b.Alt, b.Caption = anyLine().Draw(t, "alt"), rapid.OneOf(rapid.Just(""), anyLine()).Draw(t, "caption")
			case KindEvent:
				b.Title, b.Place = anyLine().Draw(t, "title"), anyLine().Draw(t, "place")
				b.Start = rapid.OneOf(day, minute).Draw(t, "start")
				b.End = rapid.SampledFrom([]string{"", b.Start}).Draw(t, "end")
				b.URL = rapid.OneOf(rapid.Just(""), anyURL()).Draw(t, "event")
			case KindButton:
				b.Label, b.URL = anyLine().Draw(t, "label"), anyURL().Draw(t, "button")
			}
			blocks = append(blocks, b)
		}
		return blocks
	}).Filter(func(blocks []Block) bool { return Validate(blocks) == nil })
}

// TestMarkdownRoundTrip: blocks written as Markdown come back the same. A text may come back with a backslash before
// what would have begun another block; then it reads the same, and stays as it is from there on.
func TestMarkdownRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		blocks := anyBlocks().Draw(t, "blocks")
		written := Markdown(blocks)
		back, err := ParseMarkdown(written)
		if err != nil {
			t.Fatalf("%v\n%s", err, written)
		}
		if again := Markdown(back); string(again) != string(written) {
			t.Fatalf("not stable:\n%s\n%s", written, again)
		}
		if len(back) != len(blocks) {
			t.Fatalf("%d blocks came back of %d:\n%s", len(back), len(blocks), written)
		}
		for i := range blocks {
			if blocks[i].Kind == KindText {
				back[i].Text = blocks[i].Text
			}
		}
		if diff := cmp.Diff(blocks, back); diff != "" {
			t.Fatalf("%s\n%s", diff, written)
		}
	})
}

func TestBlocksKeepTheirJSON(t *testing.T) {
	const kept = `[{"id":"b1","kind":"heading","level":2,"text":"Uno"},` +
		`{"id":"b2","kind":"image","url":"/a.png","alt":"A","caption":"C"},` +
		`{"id":"b3","kind":"event","title":"T","start":"2026-12-05T18:30","end":"2026-12-06","place":"P"},` +
		`{"id":"b4","kind":"button","url":"https://a.example","label":"L"},{"id":"b5","kind":"divider"}]`
	var blocks []Block
	if err := json.Unmarshal([]byte(kept), &blocks); err != nil {
		t.Fatal(err)
	}
	back, err := json.Marshal(blocks)
	if err != nil {
		t.Fatal(err)
	}
	if string(back) != kept {
		t.Errorf("kept issues would be lost:\n%s\n%s", kept, back)
	}
	if got := NextID(blocks); got != "b6" {
		t.Errorf("NextID = %s", got)
	}
}
