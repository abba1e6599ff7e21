package people_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"unoxuno/internal/people"
)

func TestEmailIsBroughtToOneForm(t *testing.T) {
	for text, want := range map[string]string{
		"\tAnna.Verdi@Example.ORG\n":  "anna.verdi@example.org",
		"o'hara+news@mail.example.it": "o'hara+news@mail.example.it",
		"info@città.example":          "info@xn--citt-3na.example",
		"info@CITTÀ.example":          "info@xn--citt-3na.example",
		"a@xn--citt-3na.example":      "a@xn--citt-3na.example",
	} {
		if got, err := people.NormalEmail(text); got != want || err != nil {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
	}
	for text, key := range map[string]string{
		"":                                     "people.email.missing",
		"anna":                                 "people.email.no_at",
		"@example.org":                         "people.email.local",
		".anna@example.org":                    "people.email.local",
		"an..na@example.org":                   "people.email.local",
		"an na@example.org":                    "people.email.letter",
		"a@b@example.org":                      "people.email.letter",
		"\"a\"@example.org":                    "people.email.letter",
		"a\r\nBcc:x@example.org":               "people.email.letter",
		"nicolò@example.org":                   "people.email.accents",
		"anna@example":                         "people.email.domain",
		"anna@example..org":                    "people.email.domain",
		"anna@-example.org":                    "people.email.domain",
		"anna@127.0.0.1":                       "people.email.domain",
		"anna@exa mple.org":                    "people.email.domain",
		"anna@exam\u200dple.org":               "people.email.domain",
		"anna@exa_mple.org":                    "people.email.domain",
		strings.Repeat("a", 65) + "@x.org":     "people.email.too_long",
		"a@" + strings.Repeat("b.", 130) + "c": "people.email.domain",
	} {
		_, err := people.NormalEmail(text)
		if err == nil {
			t.Errorf("%q was taken; want %s", text, key)
			continue
		}
		wantFault(t, err, key)
	}
}

// A normal address stays the same and is safe in a header.
func FuzzNormalEmail(f *testing.F) {
	f.Add("Anna@Example.org")
	f.Add("info@città.example")
	f.Fuzz(func(t *testing.T, text string) {
		value, err := people.NormalEmail(text)
		if err != nil {
			return
		}
		if again, err := people.NormalEmail(value); again != value || err != nil {
			t.Errorf("%q is normal and becomes %q, %v", value, again, err)
		}
		for _, r := range value {
			if r <= ' ' || r > '~' {
				t.Errorf("%q holds %q", value, r)
			}
		}
	})
}

func TestMobileIsBroughtToE164(t *testing.T) {
	for text, want := range map[string]string{
		"333 123 4567": "+393331234567", "+39 333-1234567": "+393331234567", "0039 333 1234567": "+393331234567",
		"393331234567": "+393331234567", "+44 7400 123456": "+447400123456", "+1 650 253 0000": "+16502530000",
	} {
		if got, err := people.NormalMobile(text, "IT"); got != want || err != nil {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
	}
	for text, key := range map[string]string{
		"": "people.mobile.missing", "ciao": "people.mobile.malformed", "333": "people.mobile.malformed",
		"3,93331E+11": "people.mobile.malformed", strings.Repeat("3", 50): "people.mobile.malformed",
		"059 2032111": "people.mobile.fixed", "+39 06 69821": "people.mobile.fixed",
	} {
		_, err := people.NormalMobile(text, "IT")
		if err == nil {
			t.Errorf("%q was taken; want %s", text, key)
			continue
		}
		wantFault(t, err, key)
	}
}

func TestBirthIsADateOrAYear(t *testing.T) {
	for text, want := range map[string]people.Birth{
		"1980-02-03": {Day: 19800203, Exact: true}, "3/2/1980": {Day: 19800203, Exact: true}, "03.02.1980": {Day: 19800203, Exact: true},
		"1980": {Day: 19801231}, "": {}, "2000-02-29 00:00:00": {Day: 20000229, Exact: true},
	} {
		if got, err := people.ParseBirth(text); got != want || err != nil {
			t.Errorf("%q: %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"ieri", "1980-2-3", "31/02/1980", "1900-02-29", "02/30/1980", "3/2/80", "+980", "1980-02-03x", "1/2/3/1980", "0000-01-01"} {
		if got, err := people.ParseBirth(text); err == nil {
			t.Errorf("%q was taken as %v", text, got)
		}
	}
}

// Age agrees with the calendar, and a bare year never makes anybody older than she may be.
func TestAgeIsNeverOverstated(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		born := time.Date(rapid.IntRange(1900, 2026).Draw(t, "year"), 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 364).Draw(t, "day"))
		today := born.AddDate(0, 0, rapid.IntRange(0, 45000).Draw(t, "days"))
		age, known := people.Birth{Day: people.DayOf(born), Exact: true}.Age(people.DayOf(today))
		want := today.Year() - born.Year()
		if today.Month() < born.Month() || today.Month() == born.Month() && today.Day() < born.Day() {
			want--
		}
		if !known || age != want {
			t.Fatalf("born %s, on %s: %d; want %d", born, today, age, want)
		}
		year := must2(people.ParseBirth(born.Format("2006")))
		if guess, _ := year.Age(people.DayOf(today)); guess > age {
			t.Fatalf("by the year alone %d, more than %d", guess, age)
		}
	})
}

func must2[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func TestVariantsOfAnAddressAreOneMailbox(t *testing.T) {
	for address, want := range map[string]string{
		"maria@citta.example": "maria@citta.example", "maria+teatro@citta.example": "maria@citta.example", "maria+@citta.example": "maria@citta.example",
		"+maria@citta.example": "+maria@citta.example", "ma.ria@citta.example": "ma.ria@citta.example",
		"ma.ria+x@gmail.com": "maria@gmail.com", "m.a.r.i.a@googlemail.com": "maria@gmail.com", "+393331234567": "+393331234567",
	} {
		if got := people.Mailbox(address); got != want {
			t.Errorf("%s is counted as %s", address, got)
		}
	}
}
