package content

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// exampleHTML is the example's e-mail, for one person.
func exampleHTML(t *testing.T) string {
	t.Helper()
	compiled, err := Compile(example(t), exampleFrame(t))
	if err != nil {
		t.Fatal(err)
	}
	return string(compiled.HTML.Fill(nil, exampleValues()))
}

// elements calls visit for every element of the page.
func elements(t *testing.T, page string, visit func(n *html.Node)) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			visit(n)
		}
	}
}

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// TestEmailIsAccessible holds the e-mail to what a machine can see of WCAG 2.2.
func TestEmailIsAccessible(t *testing.T) {
	count := map[string]int{}
	elements(t, exampleHTML(t), func(n *html.Node) {
		count[n.Data]++
		switch n.Data {
		case "html":
			if lang, _ := attribute(n, "lang"); lang != "it" {
				t.Errorf("html lang = %q", lang)
			}
		case "img":
			if _, ok := attribute(n, "alt"); !ok {
				t.Errorf("image without alt: %v", n.Attr)
			}
		case "table":
			if role, _ := attribute(n, "role"); role != "presentation" {
				t.Errorf("layout table with role %q", role)
			}
		case "script", "link", "iframe", "form", "object", "embed", "base":
			t.Errorf("an e-mail has no business with <%s>", n.Data)
		}
	})
	for name, want := range map[string]int{"h1": 1, "h2": 2, "h3": 3, "title": 1, "img": 2, "ul": 2, "ol": 1} {
		if count[name] != want {
			t.Errorf("%d <%s>, want %d", count[name], name, want)
		}
	}
}

// TestEmailLoadsNothing: no address but links and the images that the editor and the town chose.
func TestEmailLoadsNothing(t *testing.T) {
	page := exampleHTML(t)
	elements(t, page, func(n *html.Node) {
		if src, ok := attribute(n, "src"); ok && !strings.HasPrefix(src, "https://uno.comune.example/") {
			t.Errorf("<%s> loads %s", n.Data, src)
		}
	})
	for _, loading := range []string{"url(", "@import", "@font-face", "http-equiv=\"refresh"} {
		if strings.Contains(page, loading) {
			t.Errorf("the page holds %s", loading)
		}
	}
}

// TestEmailIsWellFormed: whatever is opened is closed, in order, so that no mail program has to guess.
func TestEmailIsWellFormed(t *testing.T) {
	void := []string{"meta", "img", "br", "link", "hr"}
	web, err := HTML(example(t), labels(t, "it"))
	if err != nil {
		t.Fatal(err)
	}
	digest, values := exampleDigest(t, 2)
	for name, page := range map[string]string{
		"email": exampleHTML(t), "web": string(web), "digest": string(digest.HTML.Fill(nil, values)),
	} {
		var open []string
		z := html.NewTokenizer(strings.NewReader(page))
		for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
			tag := z.Token()
			switch {
			case kind == html.StartTagToken && !slices.Contains(void, tag.Data):
				open = append(open, tag.Data)
			case kind == html.EndTagToken:
				if len(open) == 0 || open[len(open)-1] != tag.Data {
					t.Fatalf("%s: </%s> while %v are open", name, tag.Data, open)
				}
				open = open[:len(open)-1]
			}
		}
		if len(open) > 0 {
			t.Errorf("%s: never closed: %v", name, open)
		}
	}
}

var (
	styleColour     = regexp.MustCompile(`(?:^|;)\s*color:\s*(#[0-9a-f]+)`)
	styleBackground = regexp.MustCompile(`(?:^|;)\s*background(?:-color)?:\s*(#[0-9a-f]+)`)
	styleSize       = regexp.MustCompile(`(?:^|;)\s*font(?:-size)?:\s*(\d+)px`)

	sheetOfElements = regexp.MustCompile(`<style>([^@<]+)</style>`)
	sheetRule       = regexp.MustCompile(`([^{}]+){([^}]+)}`)
)

// sheet is what the page's first style sheet says of each element; of a class, under its name with the point.
func sheet(t *testing.T, page string) map[string]string {
	t.Helper()
	found := sheetOfElements.FindStringSubmatch(page)
	if found == nil {
		t.Fatal("no style sheet of elements")
	}
	said := map[string]string{}
	for _, rule := range sheetRule.FindAllStringSubmatch(found[1], -1) {
		for selector := range strings.SplitSeq(rule[1], ",") {
			said[selector] = rule[2] + ";" + said[selector] // the last one counts, and is found first
		}
	}
	return said
}

// inherited is the nearest value that pattern finds in the style of n or of what is around it, or in what the sheet says
// of them.
func inherited(n *html.Node, sheet map[string]string, pattern *regexp.Regexp) string {
	for ; n != nil; n = n.Parent {
		style, _ := attribute(n, "style")
		if m := pattern.FindStringSubmatch(style + ";" + sheet[n.Data]); m != nil {
			return m[1]
		}
	}
	return ""
}

// TestEmailCanBeRead measures every text of the light page: 16 px or more, contrast 4.5:1 or more (WCAG 1.4.3).
func TestEmailCanBeRead(t *testing.T) {
	measured := 0
	page := exampleHTML(t)
	said := sheet(t, page)
	elements(t, page, func(n *html.Node) {
		if style, _ := attribute(n, "style"); strings.Contains(style, "display:none") || !saysSomething(n) {
			return
		}
		ink, paper := inherited(n, said, styleColour), inherited(n, said, styleBackground)
		if c := contrast(t, ink, paper); c < 4.5 {
			t.Errorf("<%s>: %s on %s has contrast %.2f", n.Data, ink, paper, c)
		}
		if size, _ := strconv.Atoi(inherited(n, said, styleSize)); size < 16 {
			t.Errorf("<%s>: %d px", n.Data, size)
		}
		measured++
	})
	if measured < 30 {
		t.Errorf("only %d texts were measured", measured)
	}
}

// saysSomething tells whether text stands directly in n, within the body.
func saysSomething(n *html.Node) bool {
	if slices.Contains([]string{"title", "style", "head", "html"}, n.Data) {
		return false
	}
	for c := range n.ChildNodes() {
		if c.Type == html.TextNode && strings.TrimSpace(c.Data) != "" {
			return true
		}
	}
	return false
}

// TestEmailCanBeReadInTheDark: each ink of the dark rules on each paper of them.
func TestEmailCanBeReadInTheDark(t *testing.T) {
	_, dark, _ := strings.Cut(exampleHTML(t), "@media (prefers-color-scheme:dark){")
	dark, _, found := strings.Cut(dark, "@media print")
	if !found {
		t.Fatal("no dark rules")
	}
	inks := regexp.MustCompile(`[{;]color:(#[0-9a-f]+)`).FindAllStringSubmatch(dark, -1)
	papers := regexp.MustCompile(`background:(#[0-9a-f]+)`).FindAllStringSubmatch(dark, -1)
	if len(inks) < 2 || len(papers) < 3 {
		t.Fatalf("found %d inks and %d papers", len(inks), len(papers))
	}
	for _, ink := range inks {
		for _, paper := range papers {
			if c := contrast(t, ink[1], paper[1]); c < 4.5 {
				t.Errorf("%s on %s has contrast %.2f", ink[1], paper[1], c)
			}
		}
	}
}

// contrast is the contrast ratio of WCAG 2.2, of two colours written #rrggbb or #rgb.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	if len(colour) == 4 {
		colour = string([]byte{'#', colour[1], colour[1], colour[2], colour[2], colour[3], colour[3]})
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		if len(colour) != 7 {
			t.Fatalf("no colour: %q", colour)
		}
		v, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(v) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
