package email

import (
	"net/mail"
	"strings"

	"golang.org/x/net/idna"

	"unoxuno/internal/fault"
)

// The longest local part and the longest path that SMTP carries, in octets (RFC 5321 §4.5.3.1.1 and §4.5.3.1.3; a path
// counts its two angle brackets).
const (
	maxLocal = 64
	maxPath  = 254
)

// Path is an address that SMTP can carry: plain ASCII, its domain in A-labels. Only ParsePath makes one, so that a line
// break or an angle bracket can never reach a command or a header.
type Path struct{ text string }

// String is the address, as in "maria@example.org".
func (p Path) String() string { return p.text }

// Domain is what stands after the "@".
func (p Path) Domain() string { return p.text[strings.LastIndexByte(p.text, '@')+1:] }

// ParsePath reads an address. Domains beyond ASCII become A-labels (RFC 5890); a local part beyond ASCII cannot be
// carried without SMTPUTF8, which too few servers offer, and is refused, as quoted local parts and address literals are.
func ParsePath(address string) (Path, error) {
	at := strings.LastIndexByte(address, '@')
	if at < 1 || at > maxLocal || !isDotString(address[:at]) {
		return Path{}, malformed()
	}
	if isPlainDomain(address[at+1:]) {
		if len(address) > maxPath {
			return Path{}, malformed()
		}
		return Path{address}, nil
	}
	domain, err := idna.Lookup.ToASCII(address[at+1:])
	if err != nil || domain == "" || !isDotString(domain) {
		return Path{}, malformed()
	}
	path := address[:at+1] + strings.ToLower(domain)
	if len(path) > maxPath {
		return Path{}, malformed()
	}
	return Path{path}, nil
}

func malformed() error { return fault.Invalid("delivery.address.malformed") }

// maxLabel is the longest label of a domain (RFC 1035 §2.3.4).
const maxLabel = 63

// isPlainDomain tells whether a domain is its own A-labels beyond doubt, as nearly all are: asking idna takes longer than
// sending the message.
func isPlainDomain(s string) bool {
	start := 0
	for i := 0; i <= len(s); i++ {
		if i == len(s) || s[i] == '.' {
			label := s[start:i]
			if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' ||
				len(label) > 3 && label[2:4] == "--" {
				return false
			}
			start = i + 1
		} else if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// isDotString tells whether s is atoms joined by single dots (RFC 5321 §4.1.2).
func isDotString(s string) bool {
	previous := byte('.')
	for i := range len(s) {
		c := s[i]
		if c == '.' && previous == '.' || c != '.' && !isAtomText(c) {
			return false
		}
		previous = c
	}
	return previous != '.'
}

// isAtomText tells whether c may stand in an atom (RFC 5322 §3.2.3).
func isAtomText(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}

// Mailbox is an address with the name shown beside it. The zero Mailbox means "none".
type Mailbox struct {
	Name    string // may be empty
	Address string
}

// ParseMailbox reads "Name <address>" or a bare address.
func ParseMailbox(text string) (Mailbox, error) {
	parsed, err := mail.ParseAddress(text)
	if err != nil {
		return Mailbox{}, fault.Invalid("delivery.address.malformed").Because(err)
	}
	if _, err := ParsePath(parsed.Address); err != nil {
		return Mailbox{}, err
	}
	return Mailbox{Name: parsed.Name, Address: parsed.Address}, nil
}

// String is the mailbox as one reads it: Name <address>, or the bare address.
func (m Mailbox) String() string {
	if m.Name == "" {
		return m.Address
	}
	return m.Name + " <" + m.Address + ">"
}
