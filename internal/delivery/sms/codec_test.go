package sms_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"

	"unoxuno/internal/delivery/sms"
)

const inAlphabet = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
	"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"

const extended = "\f^{}\\[~]|€"

// gsmText draws texts of GSM 03.38.
func gsmText() *rapid.Generator[string] {
	return rapid.StringOfN(rapid.RuneFrom([]rune(inAlphabet+extended)), 0, 900, -1)
}

// anyText draws texts of everything: the alphabet, what is transliterated, other scripts, emoji, what is not UTF-8.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		gsmText(),
		rapid.StringOfN(rapid.RuneFrom([]rune(inAlphabet+extended+"ÀÈÌçáœŁ’“—…\u00A0°\u200B")), 0, 400, -1),
		rapid.StringN(0, 400, -1),
		rapid.StringOfN(rapid.RuneFrom([]rune("a😀𝄞€è")), 0, 400, -1),
		rapid.Custom(func(t *rapid.T) string { return string(rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "bytes")) }),
	)
}

func TestDecodingWhatWasEncoded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := anyText().Draw(t, "text")
		e := sms.EncodingOf(text)
		octets, err := sms.Encode(text, e)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.ToValidUTF8(text, "\uFFFD")
		if !utf8.ValidString(text) {
			want = string([]rune(text)) // each octet that is no UTF-8 is one U+FFFD
		}
		if got := sms.Decode(octets, e); got != want {
			t.Fatalf("%q came back as %q", want, got)
		}
	})
}

func TestDecodingTakesAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		octets := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "octets")
		for _, e := range []sms.Encoding{sms.GSM7, sms.UCS2} {
			if !utf8.ValidString(sms.Decode(octets, e)) {
				t.Fatalf("%v of %x is no text", e, octets)
			}
		}
	})
}

func TestTheAlphabetIsThatOfTheStandard(t *testing.T) {
	// 3GPP TS 23.038 §6.2.1, by code.
	for text, want := range map[string]string{
		"@£$¥èéùìòÇ\nØø\rÅå": "000102030405060708090a0b0c0d0e0f", "Δ_ΦΓΛΩΠΨΣΘΞÆæßÉ": "101112131415161718191a1c1d1e1f",
		"! \"#¤%&'": "2120222324252627", "¡AZÄÖÑÜ§": "40415a5b5c5d5e5f", "¿azäöñüà": "60617a7b7c7d7e7f",
		"^{}\\[~]|€\f": "1b141b281b291b2f1b3c1b3d1b3e1b401b651b0a",
	} {
		if octets, err := sms.Encode(text, sms.GSM7); err != nil || hex.EncodeToString(octets) != want {
			t.Errorf("%q: %x, %v; want %s", text, octets, err, want)
		}
	}
	for _, text := range []string{"À", "ç", "’", "😀", "\x1b", "\uFFFF"} {
		if _, err := sms.Encode(text, sms.GSM7); err == nil || sms.EncodingOf(text) != sms.UCS2 {
			t.Errorf("GSM 03.38 has no %q", text)
		}
	}
}

func TestPartsJoinToTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := anyText().Draw(t, "text")
		parts := sms.Split(text)
		single, limit := 160, 153
		if parts[0].Encoding == sms.UCS2 {
			single, limit = 70, 67
		}
		if len(parts) == 1 {
			limit = single
		}
		whole := ""
		for i, p := range parts {
			octets, err := sms.Encode(p.Text, p.Encoding)
			if err != nil {
				t.Fatal(err)
			}
			size := len(octets)
			if p.Encoding == sms.UCS2 {
				size /= 2
			}
			if size != p.Size || size > limit || size == 0 && len(parts) > 1 || p.Encoding != parts[0].Encoding {
				t.Fatalf("part %d of %d is %+v, of size %d (limit %d)", i, len(parts), p, size, limit)
			}
			if sms.Decode(octets, p.Encoding) != string([]rune(p.Text)) {
				t.Fatalf("part %d cannot be read alone", i)
			}
			if i+1 < len(parts) && size < limit-1 {
				t.Fatalf("part %d has %d of %d", i, size, limit)
			}
			whole += p.Text
		}
		if whole != text {
			t.Fatalf("joined to %q", whole)
		}
	})
}

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		text  string
		sizes []int
	}{
		{"", []int{0}},
		{strings.Repeat("a", 160), []int{160}}, {strings.Repeat("a", 161), []int{153, 8}},
		{strings.Repeat("€", 80), []int{160}}, {strings.Repeat("€", 81), []int{152, 10}},
		{strings.Repeat("ç", 70), []int{70}}, {strings.Repeat("ç", 71), []int{67, 4}},
		{strings.Repeat("😀", 35), []int{70}}, {strings.Repeat("😀", 36), []int{66, 6}},
	} {
		var sizes []int
		for _, p := range sms.Split(c.text) {
			sizes = append(sizes, p.Size)
		}
		if !reflect.DeepEqual(sizes, c.sizes) {
			t.Errorf("%q…: %v, want %v", string([]rune(c.text + " ")[0]), sizes, c.sizes)
		}
	}
}

// TestSegmentsOfAnotherCalculator compares with sms-segments-calculator 1.3.0; testdata/segments.cjs made the file.
func TestSegmentsOfAnotherCalculator(t *testing.T) {
	file, err := os.ReadFile("testdata/segments.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Text, Encoding string
		Segments, Size int
	}
	if err := json.Unmarshal(file, &cases); err != nil || len(cases) < 100 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, c := range cases {
		parts := sms.Split(c.Text)
		size := 0
		for _, p := range parts {
			size += p.Size
		}
		if parts[0].Encoding.String() != c.Encoding || len(parts) != c.Segments || size != c.Size {
			t.Errorf("%q: %s, %d parts, %d; the other says %s, %d, %d", c.Text, parts[0].Encoding, len(parts), size, c.Encoding, c.Segments, c.Size)
		}
	}
}

func TestPacking(t *testing.T) {
	for text, want := range map[string]string{
		"hellohello": "e8329bfd4697d9ec37", "": "", "1234567": "31d98c56b3dd1a", "@@@@@@@@": "00000000000000",
	} {
		septets, err := sms.Encode(text, sms.GSM7)
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(sms.Pack(septets, 0)); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		septets := rapid.SliceOfN(rapid.ByteRange(0, 127), 0, 160).Draw(t, "septets")
		header := rapid.SampledFrom([]int{0, 6, 7, 1, 2, 13}).Draw(t, "header")
		if n := len(septets); n > 0 && septets[n-1] == '\r' {
			septets[n-1] = 'x'
		}
		octets := sms.Pack(septets, header)
		if limit := (7*len(septets) + 7 + 7 + 7) / 8; len(octets) > limit {
			t.Fatalf("%d octets for %d septets", len(octets), len(septets))
		}
		if got := sms.Unpack(append([]byte{}, octets...), header); string(got) != string(septets) {
			t.Fatalf("%x came back as %x", septets, got)
		}
	})
	rapid.Check(t, func(t *rapid.T) { // whatever comes
		sms.Unpack(rapid.SliceOfN(rapid.Byte(), 0, 50).Draw(t, "octets"), rapid.IntRange(0, 60).Draw(t, "header"))
	})
}

func TestTransliteration(t *testing.T) {
	for text, want := range map[string]string{
		"È aperto: CITTÀ e perché, più, già":     "E' aperto: CITTA' e perché, più, già",
		"LIBERTÀ, VIRTÙ, COSÌ, PERÒ. CAFFÈ":      "LIBERTA', VIRTU', COSI', PERO'. CAFFE'",
		"ÀNCORA":                                 "ANCORA",
		"«Ciao», “ciao”, l’orto — e… poi – fine": `"Ciao", "ciao", l'orto - e... poi - fine`,
		"garçon, Łódź, Dvořák, cœur, señor":      "garcon, Lòdz, Dvoràk, coeur, señor",
		"n°\u00A05, il 1° maggio":                "n. 5, il 1o maggio",
		"10\u202F€ · ½ • 3×2":                    "10 € . 1/2 - 3x2",
		"e\u0300 gia\u0300":                      "è già", // letters and accents written apart
		"a\r\nb\tc\u200B":                        "a\nb c",
		"nulla da cambiare è già così":           "nulla da cambiare è già così",
	} {
		got, changes, outside := sms.Transliterate(text)
		if got != want || outside != nil {
			t.Errorf("%q: %q (%v), want %q", text, got, outside, want)
		}
		if sms.EncodingOf(got) != sms.GSM7 {
			t.Errorf("%q does not fit", got)
		}
		if (len(changes) == 0) != (want == "nulla da cambiare è già così" || want == "è già") {
			t.Errorf("%q: %+v", text, changes)
		}
	}
	_, changes, _ := sms.Transliterate("È l’ora: è l’ora. È")
	if want := []sms.Change{{"È", "E'", 2}, {"’", "'", 2}}; !reflect.DeepEqual(changes, want) {
		t.Errorf("%+v", changes)
	}
}

func TestWhatCannotBeWrittenChangesNothing(t *testing.T) {
	text := "È festa 🎉 in città… привет 🎉"
	got, changes, outside := sms.Transliterate(text)
	if got != text || changes != nil || !reflect.DeepEqual(outside[:2], []string{"🎉", "п"}) {
		t.Errorf("%q %+v %q", got, changes, outside)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := anyText().Draw(t, "text")
		got, changes, outside := sms.Transliterate(text)
		switch {
		case outside == nil && sms.EncodingOf(got) != sms.GSM7:
			t.Fatalf("%q does not fit", got)
		case outside != nil && (changes != nil || sms.EncodingOf(got) != sms.UCS2):
			t.Fatalf("%q was changed in vain: %+v", text, changes)
		}
		if again, changes, _ := sms.Transliterate(got); again != got || changes != nil {
			t.Fatalf("%q, again: %q", got, again)
		}
	})
}

func TestPreview(t *testing.T) {
	p := sms.Look("È domenica", sms.Options{Price: 35})
	if p.Text != "E' domenica" || p.Encoding != sms.GSM7 || len(p.Parts) != 1 || p.Size != 11 || p.Left != 149 || p.Cost != 35 || p.Outside != nil {
		t.Errorf("%+v", p)
	}
	p = sms.Look("È domenica", sms.Options{Exact: true, Price: 35})
	if p.Text != "È domenica" || p.Encoding != sms.UCS2 || p.Left != 60 || p.Changes != nil || !reflect.DeepEqual(p.Outside, []string{"È"}) {
		t.Errorf("%+v", p)
	}
	p = sms.Look(strings.Repeat("🎉", 40), sms.Options{Price: 35})
	if p.Encoding != sms.UCS2 || len(p.Parts) != 2 || p.Characters != 40 || p.Size != 80 || p.Left != 67-14 || p.Cost != 70 {
		t.Errorf("%+v", p)
	}
	if p := sms.Look(strings.Repeat("a", 153*255+1), sms.Options{}); !p.TooLong {
		t.Error("256 parts")
	}
	if utf16.RuneLen('🎉') != 2 {
		t.Error("the test above means nothing")
	}
}
