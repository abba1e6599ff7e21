package content

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// harmless fails the test when the fragment holds an element, an attribute or an address that a text must not have.
func harmless(t *testing.T, fragment string, allowed []string) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(fragment))
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		token := z.Token()
		if kind == html.TextToken || kind == html.EndTagToken {
			continue
		}
		if kind == html.CommentToken || kind == html.DoctypeToken || !slices.Contains(allowed, token.Data) {
			t.Fatalf("holds %s: %s", token, fragment)
		}
		for _, a := range token.Attr {
			switch a.Key {
			case "href", "src":
				u, err := url.Parse(a.Val)
				safe := []string{"http", "https", "mailto", "tel"}
				if err != nil || !slices.Contains(safe, u.Scheme) && (a.Key != "src" || !strings.HasPrefix(a.Val, "/")) {
					t.Fatalf("leads to %q: %s", a.Val, fragment)
				}
			case "class", "style", "start", "scope", "alt", "loading", "datetime":
			default:
				t.Fatalf("holds the attribute %s: %s", a.Key, fragment)
			}
		}
	}
}

// textElements are the elements that a text may hold.
func textElements() []string {
	return []string{
		"p", "ul", "ol", "li", "em", "strong", "del", "code", "a", "br", "blockquote", "table", "thead", "tbody", "tr", "th", "td",
	}
}

func FuzzTextHTML(f *testing.F) {
	for _, seed := range []string{
		"<script>alert(1)</script>", "[a](javascript:alert(1))", "[a](JaVaScRiPt&colon;alert(1))", "<javascript:alert(1)>",
		"[a](data:text/html;base64,x)", "![a](https://a.example/x.png)", "[a](https://a.example \"x\" onload=y)", "**a _b_ `c`**",
		"1. a\n2. b\n\n   - c", "[a](\"><script>)", "a\\\nb  \nc", "&lt;script&gt; &#60;b&#62;", "https://a.example/<b>", "www.a.example",
		"<!-- x --> <a href=x>", "[a][b]\n\n[b]: javascript:x", "\x00\uFDD0\u202E", "- - - a\n# b\n> c",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 4000 {
			t.Skip("long texts say nothing new")
		}
		harmless(t, string(textHTML(source, newLinkSet(nil))), textElements())
	})
}

// FuzzParseMarkdown: whatever the file, nothing breaks, what comes of it is harmless, and what was taken without a
// problem is written and read again as the same.
func FuzzParseMarkdown(f *testing.F) {
	for _, seed := range []string{
		"# a\n\nb\n\n---\n![c](/d \"e\")\n\n[f](https://g.example){.button}\n", "```event\ntitle: a\ndate: 2026-01-01\nplace: b\n```",
		"a\n\\## b\n\\---\n\\```\n", "[a\nb](https://c.example){.button}", "![a](</b c>)", "- a\n\n  b\n\n      c\n", "\\![a](/b)",
		"[a](https://b.example)\\{.button}", "***\n* * *\n_ _ _", "## \\", "## a \\# b ##", "![a\\]](/b)\n\n    ![a](/b)",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 4000 {
			t.Skip("long files say nothing new")
		}
		blocks, err := ParseMarkdown([]byte(source))
		page, renderErr := HTML(Document{Language: "it", Title: "t", Blocks: blocks}, Labels{When: "Quando", Where: "Dove", Details: "D"})
		if renderErr != nil {
			t.Fatal(renderErr)
		}
		harmless(t, string(page), append(textElements(), "h2", "h3", "div", "figure", "figcaption", "img", "article", "hr", "time"))
		if err != nil {
			return
		}
		written := Markdown(blocks)
		back, err := ParseMarkdown(written)
		if err != nil {
			t.Fatalf("%v\n%q\n%q", err, source, written)
		}
		if again := Markdown(back); string(again) != string(written) {
			t.Fatalf("not stable: %q\n%q\n%q", source, written, again)
		}
		if !slices.Equal(blocks, back) {
			t.Fatalf("not the same: %q\n%+v\n%+v", source, blocks, back)
		}
	})
}
