package content

import (
	stdhtml "html"
	"regexp"
	"testing"
)

var hrefForm = regexp.MustCompile(`href="([^"]*)"`)

func TestBareLinks(t *testing.T) {
	for text, want := range map[string]string{
		"https://a.example/x|y":                    "https://a.example/x%7Cy",
		"https://a.example/a*b*c d":                "https://a.example/a*b*c",
		"https://a.example/a_b_c":                  "https://a.example/a_b_c",
		"https://a.example/città/perché?è=ì":       "https://a.example/citt%C3%A0/perch%C3%A9?%C3%A8=%C3%AC",
		"https://città.example/":                   "https://xn--citt-3na.example/",
		"https://città.example:8080/a":             "https://xn--citt-3na.example:8080/a",
		"«https://a.example/x»":                    "https://a.example/x",
		"\"https://a.example/x\"":                  "https://a.example/x",
		"“https://a.example/x”.":                   "https://a.example/x",
		"‘https://a.example/x’":                    "https://a.example/x",
		"'https://a.example/x'":                    "https://a.example/x",
		"(https://a.example/x)":                    "https://a.example/x",
		"(https://a.example/x_(y))":                "https://a.example/x_(y)",
		"[https://a.example/x]":                    "https://a.example/x",
		"https://a.example/?a[]=1&b=2.":            "https://a.example/?a[]=1&b=2",
		"**https://a.example/x**":                  "https://a.example/x",
		"*https://a.example/x*, e":                 "https://a.example/x",
		"~~https://a.example/x~~":                  "https://a.example/x",
		"https://a.example/x&quot;":                "https://a.example/x",
		"https://a.example/~mario/":                "https://a.example/~mario/",
		"https://a.example/x…":                     "https://a.example/x",
		"https://a.example/x, poi":                 "https://a.example/x",
		"HTTPS://a.example/x":                      "HTTPS://a.example/x",
		"l’https://a.example/x":                    "https://a.example/x",
		"www.a.example/x":                          "http://www.a.example/x",
		"nome_cognome@a.example":                   "mailto:nome_cognome@a.example",
		"_nome@a.example_":                         "mailto:nome@a.example",
		"«info@a.example».":                        "mailto:info@a.example",
		"info@città.example":                       "mailto:info@xn--citt-3na.example",
		"[x](https://a.example/è)":                 "https://a.example/%C3%A8",
		"[https://b.example](https://a.example/x)": "https://a.example/x",
		"xhttps://a.example":                       "",
		"https://":                                 "",
		"https\\://a.example":                      "",
		"javascript://a.example":                   "",
		"awww.a.example":                           "",
		"a@b":                                      "",
	} {
		var found []string
		links := newLinkSet(func(to string) string { found = append(found, to); return to })
		html := string(textHTML(text, links))
		if want == "" {
			if len(found) > 0 || hrefOf(html) != "" {
				t.Errorf("%s became %s", text, html)
			}
			continue
		}
		if got := hrefOf(html); got != want {
			t.Errorf("%s leads to %q, want %q: %s", text, got, want, html)
		}
	}
}

// hrefOf is where the only link of a page leads.
func hrefOf(page string) string {
	var found string
	for _, m := range hrefForm.FindAllStringSubmatch(page, -1) {
		if found != "" {
			return "more than one link"
		}
		found = stdhtml.UnescapeString(m[1])
	}
	return found
}
