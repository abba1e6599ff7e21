package people

import (
	"strings"
	"time"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/net/idna"

	"unoxuno/internal/fault"
	"unoxuno/internal/plaintext"
)

// Channel is a way to reach a person.
type Channel string

// The channels.
const (
	Email Channel = "email"
	SMS   Channel = "sms"
)

// Channels returns all channels.
func Channels() []Channel { return []Channel{Email, SMS} }

// Address is where a person can be reached on one channel.
type Address struct {
	ID       int64     `json:"id,string"`
	Person   int64     `json:"-"`
	Channel  Channel   `json:"channel"`
	Value    string    `json:"value"` // normalised: messages are sent to it
	Shown    string    `json:"shown"` // as she typed it
	Verified time.Time `json:"verified,omitzero"`
	Created  time.Time `json:"created"`
	Source   Source    `json:"source"`
	// Preferred: messages on this channel go to this one of her confirmed addresses.
	Preferred bool `json:"preferred"`
}

// Contact is an address as it was typed. Verified means that its holder proved it by other means, such as a signed form
// at the counter. Replaces is the identifier of the address that this one replaces once it is confirmed; 0 if it is an
// additional address.
type Contact struct {
	Channel  Channel
	Value    string
	Verified bool
	Replaces int64
}

// Lengths that bind every mail system, in bytes (RFC 5321 §4.5.3.1).
const (
	maxLocal   = 64
	maxAddress = 254
)

// NormalEmail returns the e-mail address in the form in which we compare and use it: lower-case, international domains
// as A-labels (RFC 5890). RFC 5321 §2.4 allows providers to distinguish capitals before the @, but none does. Its
// faults have keys people.email.*.
func NormalEmail(text string) (string, error) { return normalEmail(text, mailDomain) }

// Mailbox returns the mailbox that all variants of a normal e-mail address reach. Limits count by it. It drops a tag
// after "+" (RFC 5233), and at Gmail the dots, which Gmail ignores. Mail still goes to the address as it was typed. A
// telephone number is returned unchanged.
func Mailbox(address string) string {
	local, domain, ok := strings.Cut(address, "@")
	if !ok {
		return address
	}
	if before, _, tagged := strings.Cut(local, "+"); tagged && before != "" {
		local = before
	}
	if domain == "gmail.com" || domain == "googlemail.com" {
		local, domain = strings.ReplaceAll(local, ".", ""), "gmail.com"
	}
	return local + "@" + domain
}

// normalEmail is NormalEmail with a cached domainOf.
func normalEmail(text string, domainOf func(string) (string, error)) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", fault.Invalid("people.email.missing")
	}
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return "", fault.Invalid("people.email.no_at", "Text", clip(text))
	}
	local, domain := text[:at], text[at+1:]
	if err := checkLocal(local, text); err != nil {
		return "", err
	}
	ascii, err := domainOf(domain)
	if err != nil || ascii == "" {
		return "", fault.Invalid("people.email.domain", "Text", clip(text), "Domain", clip(domain))
	}
	value := strings.ToLower(local) + "@" + ascii
	if len(value) > maxAddress {
		return "", fault.Invalid("people.email.too_long", "Max", maxAddress)
	}
	return value, nil
}

// mailDomain returns the domain in lower case and A-labels. It returns "" or an error if the text is not a domain.
func mailDomain(domain string) (string, error) {
	ascii, err := asciiDomain(domain)
	if err != nil || !validDomain(ascii) {
		return "", err
	}
	return ascii, nil
}

// checkLocal accepts a dot-string (RFC 5321 §4.1.2). It refuses quoted strings, which are legal but unused and allow
// header injection, and letters outside ASCII, which few servers accept (RFC 6531).
func checkLocal(local, text string) error {
	switch {
	case len(local) > maxLocal:
		return fault.Invalid("people.email.too_long", "Max", maxAddress)
	case local == "", local[0] == '.', local[len(local)-1] == '.', strings.Contains(local, ".."):
		return fault.Invalid("people.email.local", "Text", clip(text))
	}
	for _, r := range local {
		if r > 127 {
			return fault.Invalid("people.email.accents", "Text", clip(text), "Letter", string(r))
		}
		if !isAtext(byte(r)) && r != '.' {
			return fault.Invalid("people.email.letter", "Text", clip(text), "Letter", plaintext.Name(r))
		}
	}
	return nil
}

func isAtext(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}

func asciiDomain(domain string) (string, error) {
	for i := range len(domain) {
		if domain[i] >= 0x80 {
			return idna.Lookup.ToASCII(domain)
		}
	}
	return strings.ToLower(domain), nil
}

// validDomain accepts at least two labels of letters, digits and inner hyphens, the last not all digits (RFC 1123 §2.1,
// RFC 3696 §2).
func validDomain(domain string) bool {
	labels := strings.Split(domain, ".")
	if len(labels) < 2 || len(domain) > 253 {
		return false
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if c := label[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
		}
	}
	return strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

// maxNumber is the longest text accepted as a telephone number.
const maxNumber = 40

// NormalMobile returns the mobile number in E.164 (+393331234567). A number without prefix is dialled in region (ISO
// 3166, "IT"). A number that cannot receive SMS is refused. Its faults have keys people.mobile.*.
func NormalMobile(text, region string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", fault.Invalid("people.mobile.missing")
	}
	if value, ok := italianMobile(text, region); ok {
		return value, nil
	}
	if len(text) > maxNumber {
		return "", fault.Invalid("people.mobile.malformed", "Text", clip(text))
	}
	n, err := phonenumbers.Parse(text, region)
	if err != nil {
		return "", fault.Invalid("people.mobile.malformed", "Text", clip(text))
	}
	switch phonenumbers.GetNumberType(n) {
	case phonenumbers.MOBILE, phonenumbers.FIXED_LINE_OR_MOBILE: // North American numbers do not show which they are
		return phonenumbers.Format(n, phonenumbers.E164), nil
	case phonenumbers.UNKNOWN: // not a valid number
		return "", fault.Invalid("people.mobile.malformed", "Text", clip(text))
	}
	return "", fault.Invalid("people.mobile.fixed", "Text", clip(text))
}

// italianMobile recognises the usual form of an Italian mobile number at a fiftieth of the library's cost: +39 and ten
// digits that begin with 31 to 39, or in Italy the ten digits alone. A number that it does not recognise may still be
// valid.
func italianMobile(text, region string) (string, bool) {
	digits, prefixed := strings.CutPrefix(text, "+39")
	if !prefixed && region != "IT" {
		return "", false
	}
	value := make([]byte, 0, len("+393331234567"))
	value = append(value, "+39"...)
	for i := range len(digits) {
		switch c := digits[i]; {
		case c >= '0' && c <= '9' && len(value) < cap(value):
			value = append(value, c)
		case c != ' ':
			return "", false
		}
	}
	if len(value) < cap(value) || value[3] != '3' || value[4] == '0' {
		return "", false
	}
	return string(value), true
}

// ChannelOf returns the channel that the text looks like: e-mail if it contains "@", SMS if it contains digits. The
// text may still be invalid on that channel. The fault people.address.either, on the field address, means that it looks
// like neither.
func ChannelOf(text string) (Channel, error) {
	switch {
	case strings.Contains(text, "@"):
		return Email, nil
	case strings.ContainsFunc(text, unicode.IsDigit):
		return SMS, nil
	}
	return "", fault.Invalid("people.address.either").On("address")
}

// normal returns the normal form of an address on its channel.
func normal(channel Channel, text, region string) (string, error) {
	switch channel {
	case Email:
		return NormalEmail(text)
	case SMS:
		return NormalMobile(text, region)
	}
	return "", fault.Invalid("people.channel.unknown", "Text", clip(string(channel)))
}
