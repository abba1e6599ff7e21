package email_test

import (
	"strings"
	"testing"

	"golang.org/x/net/idna"

	"unoxuno/internal/delivery/email"
)

func TestPathsThatSMTPCanCarry(t *testing.T) {
	for address, want := range map[string]string{
		"maria@example.org":              "maria@example.org",
		"Maria.Rossi+x@Example.ORG":      "Maria.Rossi+x@example.org",
		"o'neil@example.org":             "o'neil@example.org",
		"info@città.example":             "info@xn--citt-3na.example",
		"a@sub.xn--citt-3na.example":     "a@sub.xn--citt-3na.example",
		strings.Repeat("a", 64) + "@b.c": strings.Repeat("a", 64) + "@b.c",
	} {
		if got, err := email.ParsePath(address); err != nil || got.String() != want {
			t.Errorf("%q: %q, %v; want %q", address, got, err, want)
		}
	}
}

func TestAddressesThatAreNoPath(t *testing.T) {
	for _, address := range []string{
		"", "@", "a@", "@b", "nobody", "a b@example.org", "a@exa mple.org", "a@b\r\nRCPT TO:<eve@example.org>", "a\n@b.c",
		"<a@b.c>", "a@b.c>", "perché@example.org", ".a@b.c", "a.@b.c", "a..b@c.d", `"a b"@c.d`, "a@[127.0.0.1]", "a@b..c",
		"a,b@c.d", "a@b@c.d", "a\x00@b.c", strings.Repeat("a", 65) + "@b.c", "a@" + strings.Repeat("b.", 130) + "c",
	} {
		if got, err := email.ParsePath(address); err == nil {
			t.Errorf("%q became the path %q", address, got)
		}
	}
}

func FuzzParsePath(f *testing.F) {
	f.Add("maria@example.org")
	f.Add("a@b\r\nX")
	f.Add("info@città.example")
	f.Fuzz(func(t *testing.T, address string) {
		p, err := email.ParsePath(address)
		if err != nil {
			return
		}
		for _, c := range []byte(p.String()) {
			if c <= ' ' || c > '~' || strings.IndexByte(`<>",;:\[]()`, c) >= 0 {
				t.Fatalf("%q became %q", address, p)
			}
		}
		again, err := email.ParsePath(p.String())
		if err != nil || again != p {
			t.Fatalf("%q became %q, then %q, %v", address, p, again, err)
		}
	})
}

// FuzzPlainDomain compares the quick look at a domain with the library: what looks plain is its own A-labels.
func FuzzPlainDomain(f *testing.F) {
	for _, seed := range []string{"example.org", "a-b.c", "xn--citt-3na.example", "-a.b", "a..b", "ab--c.d", "1.2", "a_b.c", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, domain string) {
		if !email.IsPlainDomain(domain) {
			return
		}
		if ascii, err := idna.Lookup.ToASCII(domain); err != nil || ascii != domain {
			t.Fatalf("%q is %q, %v", domain, ascii, err)
		}
	})
}

func BenchmarkParsePath(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := email.ParsePath("b-c4kq7v2m3xhd5jabcdefgh@bounce.town.example"); err != nil {
			b.Fatal(err)
		}
	}
}
