package sms

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Encoding is the alphabet in which a text travels.
type Encoding int

// The encodings there are.
const (
	GSM7 Encoding = iota // GSM 03.38 (3GPP TS 23.038 §6.2.1): a septet a character, two for the extension table's
	UCS2                 // UTF-16BE: two octets a character, four for those beyond the basic plane
)

func (e Encoding) String() string {
	if e == UCS2 {
		return "UCS-2"
	}
	return "GSM-7"
}

// escape introduces a character of the extension table.
const escape = 0x1B

// basic is the default alphabet, by code. The place of the escape holds a character that never matches.
const basic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\uFFFFÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
	"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"

// extension is the extension table (3GPP TS 23.038 §6.2.1.1): code after the escape, and its character.
const extension = "\x0A\f\x14^\x28{\x29}\x2F\\\x3C[\x3D~\x3E]\x40|\x65€"

// alphabet is GSM 03.38 both ways.
type alphabet struct {
	basic    [128]rune
	extended [128]rune // 0: none
	code     map[rune]byte
	extCode  map[rune]byte
}

func newAlphabet() *alphabet {
	a := &alphabet{code: make(map[rune]byte, 128), extCode: make(map[rune]byte, 16)}
	for i, r := range []rune(basic) {
		a.basic[i] = r
		if i != escape {
			a.code[r] = byte(i)
		}
	}
	pairs := []rune(extension)
	for i := 0; i < len(pairs); i += 2 {
		a.extended[pairs[i]] = pairs[i+1]
		a.extCode[pairs[i+1]] = byte(pairs[i])
	}
	return a
}

// gsm is never changed.
var gsm = newAlphabet()

// width is how many septets r takes, 0 when the alphabet does not have it.
func (a *alphabet) width(r rune) int {
	if _, ok := a.code[r]; ok {
		return 1
	}
	if _, ok := a.extCode[r]; ok {
		return 2
	}
	return 0
}

// width is what r costs in e: septets of GSM7, 16-bit units of UCS2. 0 means that e does not have it.
func (e Encoding) width(r rune) int {
	if e == GSM7 {
		return gsm.width(r)
	}
	return utf16.RuneLen(r)
}

// EncodingOf is the cheapest encoding that has every character of text.
func EncodingOf(text string) Encoding {
	for _, r := range text {
		if gsm.width(r) == 0 {
			return UCS2
		}
	}
	return GSM7
}

// Encode writes text in e: an octet for each septet of GSM7 (as SMPP wants it; Pack packs them), UTF-16BE for UCS2. It
// fails when GSM7 does not have a character. What is not UTF-8 becomes U+FFFD.
func Encode(text string, e Encoding) ([]byte, error) {
	if e == UCS2 {
		out := make([]byte, 0, 2*len(text))
		for _, unit := range utf16.Encode([]rune(text)) {
			out = binary.BigEndian.AppendUint16(out, unit)
		}
		return out, nil
	}
	out := make([]byte, 0, len(text))
	for _, r := range text {
		if code, ok := gsm.code[r]; ok {
			out = append(out, code)
		} else if code, ok := gsm.extCode[r]; ok {
			out = append(out, escape, code)
		} else {
			return nil, fmt.Errorf("GSM 03.38 has no %U", r)
		}
	}
	return out, nil
}

// Decode reads what Encode wrote, or what others did: a code that means nothing, half a surrogate pair or an odd octet
// at the end becomes U+FFFD or, after an escape, the character of the basic table (3GPP TS 23.038 §6.2.1.1, note 1).
func Decode(octets []byte, e Encoding) string {
	if e == UCS2 {
		units := make([]uint16, 0, len(octets)/2)
		for ; len(octets) >= 2; octets = octets[2:] {
			units = append(units, binary.BigEndian.Uint16(octets))
		}
		text := string(utf16.Decode(units))
		if len(octets) == 1 {
			text += string(utf8.RuneError)
		}
		return text
	}
	var b strings.Builder
	for i := 0; i < len(octets); i++ {
		c := octets[i]
		switch {
		case c > 127:
			b.WriteRune(utf8.RuneError)
		case c != escape:
			b.WriteRune(gsm.basic[c])
		case i+1 == len(octets):
			b.WriteRune(utf8.RuneError)
		default:
			i++
			b.WriteRune(afterEscape(octets[i]))
		}
	}
	return b.String()
}

func afterEscape(c byte) rune {
	switch {
	case c > 127 || c == escape: // a second escape is kept for other tables, which nobody has defined
		return utf8.RuneError
	case gsm.extended[c] != 0:
		return gsm.extended[c]
	}
	return gsm.basic[c]
}
