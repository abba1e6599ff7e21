package sms

import (
	"strings"

	"unoxuno/internal/fault"
)

// Number is a telephone in international form (E.164): "+", then 6 to 15 digits, the first of them not 0. The zero
// Number is nobody's.
type Number struct{ text string }

// ParseNumber reads a number in international form; spaces and the marks that people put between digits are allowed. It
// fails with a fault.
func ParseNumber(text string) (Number, error) {
	clean := strings.NewReplacer(" ", "", "-", "", ".", "", "/", "", "(", "", ")", "", "\u00A0", "").Replace(text)
	if rest, ok := strings.CutPrefix(clean, "00"); ok {
		clean = "+" + rest
	}
	digits, ok := strings.CutPrefix(clean, "+")
	if !ok || len(digits) < 6 || len(digits) > 15 || digits[0] == '0' || !allDigits(digits) {
		return Number{}, fault.Invalid("delivery.sms.number")
	}
	return Number{clean}, nil
}

// String is the number with its "+"; empty for the zero Number.
func (n Number) String() string { return n.text }

// Digits is the number without its "+", as SMPP and many providers want it.
func (n Number) Digits() string { return strings.TrimPrefix(n.text, "+") }

func allDigits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}

// Sender is what the telephone shows as the author: a number, a short code, or a name. Names are registered with the
// regulator in Italy (AGCOM, delibera 12/23/CIR): a gateway refuses those that are not. The zero Sender leaves the
// choice to the gateway.
type Sender struct {
	text string
	kind senderKind
}

type senderKind int

const (
	noSender senderKind = iota
	nameSender
	numberSender
	codeSender
)

// Limits of a name (3GPP TS 23.040 §9.1.2.5: 11 septets) and of a short code.
const (
	maxName            = 11
	minCode, maxCode   = 3, 8
	punctuationInNames = " .-_&'!+*/"
)

// ParseSender reads a name of at most 11 characters (letters, digits, space and ".-_&'!+*/", at least one letter), a
// short code of 3 to 8 digits, or a number in international form. The empty text is the zero Sender. It fails with a
// fault.
func ParseSender(text string) (Sender, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return Sender{}, nil
	case text[0] == '+':
		n, err := ParseNumber(text)
		if err != nil {
			return Sender{}, fault.Invalid("delivery.sms.sender")
		}
		return Sender{n.String(), numberSender}, nil
	case allDigits(text) && len(text) >= minCode && len(text) <= maxCode:
		return Sender{text, codeSender}, nil
	}
	letters := 0
	for _, c := range []byte(text) {
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			letters++
		case c >= '0' && c <= '9' || strings.IndexByte(punctuationInNames, c) >= 0:
		default:
			return Sender{}, fault.Invalid("delivery.sms.sender")
		}
	}
	if letters == 0 || len(text) > maxName {
		return Sender{}, fault.Invalid("delivery.sms.sender")
	}
	return Sender{text, nameSender}, nil
}

// String is the sender as it was written; empty for the zero Sender.
func (s Sender) String() string { return s.text }

// Answerable tells whether a person can write back to the sender: not to a name.
func (s Sender) Answerable() bool { return s.kind == numberSender || s.kind == codeSender }
