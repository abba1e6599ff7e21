package newsletters_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"unoxuno/internal/content"
	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters"
)

const file = `---
newsletter: teatro
slug: 2025-03   # the month
title: 'Teatro: si parte'
language: it
audience: "teatro" in wants and not (place == "fuori-comune")
---
## Si parte

Con [Goldoni](https://www.teatro.example/).
`

func TestParseIssueFile(t *testing.T) {
	want := newsletters.Content{
		Newsletter: "teatro", Slug: "2025-03", Title: "Teatro: si parte", Language: "it",
		Audience: `"teatro" in wants and not (place == "fuori-comune")`,
		Blocks: []content.Block{
			{ID: "b1", Kind: content.KindHeading, Level: 2, Text: "Si parte"},
			{ID: "b2", Kind: content.KindText, Text: "Con [Goldoni](https://www.teatro.example/)."},
		},
	}
	asYAMLWantsIt := strings.Replace(file, `"teatro" in wants and not (place == "fuori-comune")`, `'"teatro" in wants and not (place == "fuori-comune")'`, 1)
	folded := strings.Replace(file, `audience: "teatro"`, "audience: >-\n  \"teatro\"", 1)
	for name, text := range map[string]string{
		"as one writes it": file, "as YAML wants it": asYAMLWantsIt, "folded": folded,
		"from Windows": "\uFEFF" + strings.ReplaceAll(file, "\n", "\r\n"),
	} {
		got, err := newsletters.ParseIssueFile([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestIssueFileMistakes(t *testing.T) {
	words, err := locale.Load(newsletters.Words(), content.Words())
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(file, "## Si")
	for name, c := range map[string]struct {
		text string
		key  string
		line int
	}{
		"no front matter":   {"# Ciao\n", "newsletters.file.head", 1},
		"never closed":      {"---\ntitle: x\n", "newsletters.file.head", 1},
		"empty":             {"", "newsletters.file.head", 1},
		"misspelt word":     {strings.Replace(file, "audience", "audiance", 1), "newsletters.file.unknown_near", 6},
		"unknown word":      {strings.Replace(file, "language: it", "date: 2025", 1), "newsletters.file.unknown", 5},
		"no YAML":           {strings.Replace(file, "language: it", "language: [it", 1), "newsletters.file.yaml", 0},
		"a list":            {strings.Replace(file, "language: it", "language: [it, en]", 1), "newsletters.file.yaml", 5},
		"no title":          {strings.Replace(file, "title: 'Teatro: si parte'\n", "", 1), "newsletters.file.missing", 6},
		"nothing in it":     {"---\n---\nciao\n", "newsletters.file.missing", 2},
		"a word twice":      {strings.Replace(file, "language: it", "slug: x", 1), "newsletters.file.yaml", 5},
		"a broken block":    {file + "\n![](https://x.example/a.png)\n", "content.image.alt.empty", 12},
		"an unsafe link":    {file + "\n[x](javascript:alert(1))\n", "content.url.malformed", 12},
		"nothing but front": {head, "content.blocks.none", 0},
	} {
		_, err := newsletters.ParseIssueFile([]byte(c.text))
		if !fault.HasKey(err, c.key) {
			t.Errorf("%s: %v, want %s", name, err, c.key)
			continue
		}
		for _, f := range fault.List(err) {
			if f.Key == c.key && c.line > 0 && f.Args["Line"] != c.line {
				t.Errorf("%s: line %v, want %d", name, f.Args["Line"], c.line)
			}
			if said := words.SayWith("it", f.Key, f.Args); said == f.Key || strings.Contains(said, "<no value>") {
				t.Errorf("%s: %q", name, said)
			}
		}
	}
}

// FuzzParseIssueFile: any file is an issue or a list of faults, and nothing else.
func FuzzParseIssueFile(f *testing.F) {
	f.Add(file)
	f.Add("---\n---\n")
	f.Add("---\naudience: \"a\" in who\n---\n```event\ntitle: x\n```\n")
	f.Add("---\n? [a]\n: b\n---\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := newsletters.ParseIssueFile([]byte(text))
		switch {
		case err == nil && (c.Newsletter == "" || c.Slug == "" || c.Title == "" || len(c.Blocks) == 0):
			t.Errorf("accepted: %+v", c)
		case err != nil && fault.List(err) == nil:
			t.Errorf("not a fault: %v", err)
		}
	})
}

func TestFrontMatterIsTakenAsWritten(t *testing.T) {
	for written, want := range map[string]string{
		"3.10": "3.10", "0112": "0112", "yes": "yes", "null": "null", "~": "~", "2026-01-02": "2026-01-02", "1e3": "1e3", "0x1F": "0x1F", ".5": ".5",
		"12:30": "12:30", "Teatro: si parte": "Teatro: si parte", "Vinci #2 biglietti": "Vinci #2 biglietti", "C # D": "C # D", "TRUE": "TRUE",
		`"Festa" in piazza`: `"Festa" in piazza`, "'Ndrangheta, un incontro": "'Ndrangheta, un incontro", "[Rinviato] Concerto": "[Rinviato] Concerto",
		"*** Novità ***": "*** Novità ***", "- Novità": "- Novità", "{a}": "{a}", "! Attenzione": "! Attenzione", "100%": "100%", "@teatro": "@teatro",
		`"Festa: \"tutti\"" # nota`: `Festa: "tutti"`, "'C’è: sì'": "C’è: sì", ">-\n  Una\n  lunga": "Una lunga", "Una\n  lunga": "Una lunga", "? perché": "? perché",
	} {
		text := strings.Replace(file, "'Teatro: si parte'", written, 1)
		if got, err := newsletters.ParseIssueFile([]byte(text)); err != nil || got.Title != want {
			t.Errorf("%s is read as %q: %v", written, got.Title, err)
		}
	}
	for _, written := range []string{"0112", "036023", "2026-01", "1e3", "007"} {
		text := strings.Replace(file, "slug: 2025-03 ", "slug: "+written+" ", 1)
		if got, err := newsletters.ParseIssueFile([]byte(text)); err != nil || got.Slug != written {
			t.Errorf("%s is read as %q: %v", written, got.Slug, err)
		}
	}
}
