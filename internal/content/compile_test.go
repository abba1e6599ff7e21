package content

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLinksAreCountedTogether(t *testing.T) {
	frame := exampleFrame(t)
	var asked []string
	frame.Link = func(url string) string {
		asked = append(asked, url)
		return "https://uno.comune.example/l/" + shortHash(url)
	}
	doc := example(t)
	doc.Blocks = append(doc.Blocks, Block{ID: "again", Kind: KindButton, Label: "Di nuovo", URL: "https://www.teatro.example/prenota"})
	compiled, err := Compile(doc, frame)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"https://www.teatro.example/programma?stagione=2026&mese=12",
		"https://www.teatro.example/concerto",
		"https://www.teatro.example/prenota",
		"https://www.comune.example/cultura",
	}
	if diff := cmp.Diff(want, compiled.Links); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("each address is asked for once, in order: %s", diff)
	}
	html := string(compiled.HTML.Fill(nil, exampleValues()))
	for _, url := range want {
		if strings.Contains(html, `href="`+url[:20]) {
			t.Errorf("%s goes uncounted", url)
		}
	}
	if !strings.Contains(html, `href="tel:&#43;39059000000"`) && !strings.Contains(html, `href="tel:+39059000000"`) {
		t.Error("a telephone number is not for counting")
	}
}

func TestFillEscapes(t *testing.T) {
	compiled, err := Compile(example(t), exampleFrame(t))
	if err != nil {
		t.Fatal(err)
	}
	values := Values{
		Name: `<b>"Rock" & 'Roll'`, Why: "a < b & c",
		OwnPage: `https://uno.comune.example/me?a=1&b="><script>`, Unsubscribe: "https://uno.comune.example/u",
	}
	html := string(compiled.HTML.Fill(nil, values))
	for _, want := range []string{
		"Ciao &lt;b&gt;&#34;Rock&#34; &amp; &#39;Roll&#39;,", "a &lt; b &amp; c",
		`href="https://uno.comune.example/me?a=1&amp;b=&#34;&gt;&lt;script&gt;"`, `href="https://uno.comune.example/u"`,
	} {
		if !strings.Contains(html, want) {
			t.Errorf("HTML lacks %s", want)
		}
	}
	text := string(compiled.Text.Fill(nil, values))
	if !strings.Contains(text, `Ciao <b>"Rock" & 'Roll',`) || !strings.Contains(text, "a < b & c") {
		t.Errorf("text is plain: %s", text)
	}
}

func TestFillWithoutName(t *testing.T) {
	compiled, err := Compile(example(t), exampleFrame(t))
	if err != nil {
		t.Fatal(err)
	}
	values := exampleValues()
	values.Name = ""
	for format, template := range map[string]Template{"html": compiled.HTML, "text": compiled.Text} {
		if body := string(template.Fill(nil, values)); !strings.Contains(body, "Ciao,") {
			t.Errorf("%s does not greet with «Ciao,»", format)
		}
	}
}

// TestHoles: every hole is there, once, and survives being kept as JSON.
func TestHoles(t *testing.T) {
	frame := exampleFrame(t)
	for _, greet := range []bool{true, false} {
		frame.Greet = greet
		want := []Hole{HoleName, HoleWhy, HoleOwnPage, HoleUnsubscribe, HoleNone}
		if !greet {
			want = want[1:]
		}
		compiled, err := Compile(example(t), frame)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := json.Marshal(compiled)
		if err != nil {
			t.Fatal(err)
		}
		var back Compiled
		if err := json.Unmarshal(kept, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(compiled, back); diff != "" {
			t.Errorf("JSON: %s", diff)
		}
		for _, template := range []Template{back.HTML, back.Text} {
			var got []Hole
			for _, s := range template.Segments {
				got = append(got, s.Hole)
			}
			if !slices.Equal(got, want) {
				t.Errorf("holes %v, want %v", got, want)
			}
		}
	}
}

// TestDraftCanBeSeen: blocks that are not valid are rendered as far as they go, and nothing unsafe gets through.
func TestDraftCanBeSeen(t *testing.T) {
	doc := Document{Language: "it", Title: "Bozza <b>", Blocks: []Block{
		{ID: "b1", Kind: KindHeading, Level: 9, Text: "<script>alert(1)</script>"},
		{ID: "b2", Kind: KindText, Text: "[qui](javascript:alert(1)) <img src=x onerror=alert(1)>"},
		{ID: "b3", Kind: KindImage, URL: "javascript:alert(1)", Alt: `"onload="alert(1)`},
		{ID: "b4", Kind: KindEvent, Title: "Festa", Start: "presto", URL: "data:text/html,x"},
		{ID: "b5", Kind: KindButton, Label: "Vai", URL: "javascript:alert(1)"},
		{ID: "b6", Kind: "survey"},
	}}
	compiled, err := Compile(doc, exampleFrame(t))
	if err != nil {
		t.Fatal(err)
	}
	web, err := HTML(doc, labels(t, "it"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{string(compiled.HTML.Fill(nil, exampleValues())), string(web)} {
		for _, bad := range []string{"<script", "javascript:", "<img src=x", `"onload`, "data:text"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s got through:\n%s", bad, page)
			}
		}
		for _, kept := range []string{"qui", "Festa", "presto", "&lt;script&gt;"} {
			if !strings.Contains(page, kept) {
				t.Errorf("%s is lost", kept)
			}
		}
	}
}

func TestHeadingLevelsAreNotSkipped(t *testing.T) {
	blocks := []Block{
		{Kind: KindEvent}, {Kind: KindHeading, Level: 3}, {Kind: KindEvent}, {Kind: KindHeading, Level: 3},
		{Kind: KindText}, {Kind: KindHeading, Level: 2}, {Kind: KindHeading, Level: 3}, {Kind: KindEvent},
	}
	if diff := cmp.Diff([]int{2, 2, 3, 3, 0, 2, 3, 3}, headingLevels(blocks)); diff != "" {
		t.Error(diff)
	}
}

func TestSummary(t *testing.T) {
	blocks := []Block{{Kind: KindHeading, Text: "No"}, {Kind: KindText, Text: "Il **teatro** [riapre](https://a.example), finalmente:\n\n- sabato"}}
	for limit, want := range map[int]string{100: "Il teatro riapre, finalmente: sabato", 20: "Il teatro riapre…", 3: "Il…"} {
		if got := Summary(blocks, limit); got != want {
			t.Errorf("Summary(%d) = %q, want %q", limit, got, want)
		}
	}
	if got := Summary(nil, 10); got != "" {
		t.Errorf("Summary of nothing = %q", got)
	}
}

func BenchmarkCompile(b *testing.B) {
	doc, frame := example(b), exampleFrame(b)
	for b.Loop() {
		if _, err := Compile(doc, frame); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFill(b *testing.B) {
	compiled, err := Compile(example(b), exampleFrame(b))
	if err != nil {
		b.Fatal(err)
	}
	values := exampleValues()
	for name, template := range map[string]Template{"html": compiled.HTML, "text": compiled.Text} {
		b.Run(name, func(b *testing.B) {
			buffer := make([]byte, 0, template.Size()+1024)
			b.SetBytes(int64(template.Size()))
			b.ReportAllocs()
			for b.Loop() {
				buffer = template.Fill(buffer[:0], values)
			}
		})
	}
}
