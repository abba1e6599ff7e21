package content

import (
	"net/url"
	"strings"

	"golang.org/x/net/idna"
)

// maxURL is the longest address taken, in bytes: what every browser and mail program opens.
const maxURL = 2000

// safeLink tells whether a link may lead to the address: http, https, mailto or tel, complete and well formed.
func safeLink(address string) bool {
	u, ok := parseURL(address)
	if !ok {
		return false
	}
	switch u.Scheme {
	case "http", "https":
		return u.Host != ""
	case "mailto":
		return strings.Contains(u.Opaque, "@")
	case "tel":
		return u.Opaque != ""
	}
	return false
}

// safeImage tells whether an image may be loaded from the address: http, https, or a path of the town's own site.
func safeImage(address string) bool {
	u, ok := parseURL(address)
	if !ok {
		return false
	}
	if u.Scheme == "" {
		return isPath(address)
	}
	return (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// isPath tells a path of our own site from "//elsewhere.example", which browsers take for another host, and from
// "/\elsewhere.example", which they take for the same.
func isPath(address string) bool {
	return strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//") && !strings.Contains(address, `\`)
}

func parseURL(address string) (*url.URL, bool) {
	if address == "" || len(address) > maxURL || strings.ContainsFunc(address, isSpaceOrControl) {
		return nil, false
	}
	u, err := url.Parse(address)
	return u, err == nil
}

// counted tells whether visits to the address can be counted: a mailto or a tel passes through no web page.
func counted(address string) bool {
	u, ok := parseURL(address)
	return ok && (u.Scheme == "http" || u.Scheme == "https")
}

// encoded is the address in ASCII, as it travels (RFC 3987 §3.1): a host in A-labels, every other letter outside ASCII as
// the bytes of its UTF-8. An address that needs nothing stays as it is. Mail programs cut off what they do not expect.
func encoded(address string) string {
	u, ok := parseURL(address)
	if !ok {
		return address
	}
	if ascii, err := idna.Lookup.ToASCII(u.Hostname()); err == nil && ascii != "" && !isASCII(u.Hostname()) {
		address = strings.Replace(address, u.Hostname(), ascii, 1)
	}
	if at := strings.LastIndexByte(u.Opaque, '@'); u.Scheme == "mailto" && at >= 0 {
		domain, _, _ := strings.Cut(u.Opaque[at+1:], "?")
		if ascii, err := idna.Lookup.ToASCII(domain); err == nil && !isASCII(domain) {
			address = strings.Replace(address, "@"+domain, "@"+ascii, 1)
		}
	}
	var b strings.Builder
	for i := range len(address) {
		if c := address[i]; c >= 0x80 || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			b.WriteString("%" + string(upperHex[c>>4]) + string(upperHex[c&15]))
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

const upperHex = "0123456789ABCDEF"

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// linkSet rewrites addresses, each once, and remembers them in order of appearance.
type linkSet struct {
	rewriteURL func(string) string
	found      []string
	rewritten  map[string]string
}

func newLinkSet(rewriteURL func(string) string) *linkSet {
	return &linkSet{rewriteURL: rewriteURL, rewritten: map[string]string{}}
}

// rewrite is the address that a link to address has.
func (l *linkSet) rewrite(address string) string {
	address = encoded(address)
	if !counted(address) {
		return address
	}
	if to, ok := l.rewritten[address]; ok {
		return to
	}
	to := address
	if l.rewriteURL != nil {
		to = l.rewriteURL(address)
	}
	l.found = append(l.found, address)
	l.rewritten[address] = to
	return to
}
