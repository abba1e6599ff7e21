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

// Channel is a way to reach somebody.
type Channel string

// The channels there are.
const (
	Email Channel = "email"
	SMS   Channel = "sms"
)

// Channels are all channels.
func Channels() []Channel { return []Channel{Email, SMS} }

// Address is where a person can be reached on one channel.
type Address struct {
	ID       int64     `json:"id,string"`
	Person   int64     `json:"-"`
	Channel  Channel   `json:"channel"`
	Value    string    `json:"value"` // as it is compared and written to
	Shown    string    `json:"shown"` // as she wrote it
	Verified time.Time `json:"verified,omitzero"`
	Created  time.Time `json:"created"`
	Source   Source    `json:"source"`
	// Preferred: of her confirmed addresses of this channel it is the one that she is written to at.
	Preferred bool `json:"preferred"`
}

// Contact is an address as somebody wrote it. Verified says that its holder proved it by other means, such as a signed
// form at the counter. Replaces is the identifier of the address whose place it takes once it is confirmed; 0: it is one
// more.
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

// NormalEmail is the e-mail address as we compare it and write to it: lower-case, international domains as A-labels
// (RFC 5890). Capitals before the @ might mean another mailbox in theory (RFC 5321 §2.4), and at no provider do.
// Its faults have keys people.email.*.
func NormalEmail(text string) (string, error) { return normalEmail(text, mailDomain) }

// Mailbox is what limits count a normal e-mail address by: the mailbox that all its variants reach. A tag after "+" is
// left out (RFC 5233), and at Gmail the dots, which it ignores. It is for counting alone: mail goes to the address as it
// was written. Anything else, a telephone number, is returned as it is.
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

// normalEmail is NormalEmail with a memory of domains.
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

// mailDomain is the domain in lower case and A-labels; "" or an error where it is none.
func mailDomain(domain string) (string, error) {
	ascii, err := asciiDomain(domain)
	if err != nil || !validDomain(ascii) {
		return "", err
	}
	return ascii, nil
}

// checkLocal takes a dot-string (RFC 5321 §4.1.2). Quoted strings are legal, unknown in the wild, and a door for header
// injection: they are refused, and so are letters outside ASCII, which few servers take (RFC 6531).
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

// validDomain takes at least two labels of letters, digits and inner hyphens, the last not all digits (RFC 1123 §2.1,
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

// maxNumber is the longest text we take for a telephone number.
const maxNumber = 40

// NormalMobile is the mobile number in E.164 (+393331234567); region (ISO 3166, "IT") is where numbers without prefix
// are dialled. A number that takes no SMS is refused. Its faults have keys people.mobile.*.
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
	case phonenumbers.MOBILE, phonenumbers.FIXED_LINE_OR_MOBILE: // North America does not tell them apart
		return phonenumbers.Format(n, phonenumbers.E164), nil
	case phonenumbers.UNKNOWN: // no valid number
		return "", fault.Invalid("people.mobile.malformed", "Text", clip(text))
	}
	return "", fault.Invalid("people.mobile.fixed", "Text", clip(text))
}

// italianMobile recognises the usual form of an Italian mobile number, +39 and ten digits of which the first two are 31
// to 39, or in Italy the ten digits alone, at a fiftieth of the library's cost. What it does not recognise may be one.
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

// ChannelOf returns the channel of an address, from what it looks like: with "@" an e-mail address, with digits a number. It
// may still be wrong as what it is. The fault people.address.either, on the field address, says that it looks like neither.
func ChannelOf(text string) (Channel, error) {
	switch {
	case strings.Contains(text, "@"):
		return Email, nil
	case strings.ContainsFunc(text, unicode.IsDigit):
		return SMS, nil
	}
	return "", fault.Invalid("people.address.either").On("address")
}

// normal is the value of an address on its channel.
func normal(channel Channel, text, region string) (string, error) {
	switch channel {
	case Email:
		return NormalEmail(text)
	case SMS:
		return NormalMobile(text, region)
	}
	return "", fault.Invalid("people.channel.unknown", "Text", clip(string(channel)))
}
