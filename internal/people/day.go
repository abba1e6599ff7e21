package people

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"unoxuno/internal/fault"
)

// Day is a calendar day as the number yyyymmdd, so that days compare like numbers on every engine. 0 is unknown.
type Day int64

// DayOf returns the day of t in its own zone; 0 for the zero time.
func DayOf(t time.Time) Day {
	if t.IsZero() {
		return 0
	}
	return makeDay(t.Year(), int(t.Month()), t.Day())
}

func makeDay(year, month, day int) Day { return Day(year*10000 + month*100 + day) }

// Time returns the first moment of the day in loc; the zero time if the day is unknown.
func (d Day) Time(loc *time.Location) time.Time {
	if d == 0 {
		return time.Time{}
	}
	return time.Date(int(d/10000), time.Month(d/100%100), int(d%100), 0, 0, 0, 0, loc)
}

// String returns the day in ISO 8601, 2026-11-22; "" if unknown.
func (d Day) String() string {
	if d == 0 {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d/10000, d/100%100, d%100)
}

// ParseDay reads a day as 2026-11-22 (ignoring a time of day after it) or 22/11/2026. "" is the unknown day.
func ParseDay(text string) (Day, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, nil
	}
	year, month, day, ok := isoDate(text)
	if !ok {
		day, month, year, ok = italianDate(text)
	}
	if !ok {
		return 0, fault.Invalid("people.date.malformed", "Text", clip(text))
	}
	if t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC); year < 1 || int(t.Month()) != month || t.Day() != day {
		return 0, fault.Invalid("people.date.none", "Text", clip(text))
	}
	return makeDay(year, month, day), nil
}

// isoDate splits 2026-11-22, with or without a time of day after a T or a space. A regular expression would be shorter,
// but took a seventh of an import's own time.
func isoDate(text string) (year, month, day int, ok bool) {
	if len(text) > 10 && (text[10] == 'T' || text[10] == ' ') {
		text = text[:10]
	}
	if len(text) != 10 || text[4] != '-' || text[7] != '-' {
		return 0, 0, 0, false
	}
	return numbers(text[:4], text[5:7], text[8:])
}

// italianDate splits 22/11/2026, also with dots or hyphens.
func italianDate(text string) (day, month, year int, ok bool) {
	sign := strings.IndexAny(text, "/.-")
	if sign < 0 {
		return 0, 0, 0, false
	}
	first, rest, _ := strings.Cut(text, text[sign:sign+1])
	second, third, _ := strings.Cut(rest, text[sign:sign+1])
	if len(first) > 2 || len(second) > 2 || len(third) != 4 {
		return 0, 0, 0, false
	}
	return numbers(first, second, third)
}

// numbers reads three texts that contain only digits.
func numbers(texts ...string) (a, b, c int, ok bool) {
	var n [3]int
	for i, text := range texts {
		u, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return 0, 0, 0, false
		}
		n[i] = int(u)
	}
	return n[0], n[1], n[2], true
}

// Birth is the day of birth, or only the year.
type Birth struct {
	Day   Day  `json:"day"`   // the last day of the year if only the year is known; 0 unknown
	Exact bool `json:"exact"` // the exact day is known
}

// ParseBirth reads a date as ParseDay does, or a bare year. "" is unknown.
func ParseBirth(text string) (Birth, error) {
	text = strings.TrimSpace(text)
	if year, err := strconv.ParseUint(text, 10, 16); err == nil && len(text) == 4 {
		return Birth{Day: makeDay(int(year), 12, 31)}, nil
	}
	day, err := ParseDay(text)
	return Birth{Day: day, Exact: day != 0}, err
}

// Age returns the number of whole years until today; false if the birth is unknown. A person born on 29 February gets a
// year older on 1 March in other years.
func (b Birth) Age(today Day) (years int, known bool) {
	if b.Day == 0 {
		return 0, false
	}
	return int((today - b.Day) / 10000), true
}

// String returns the date in ISO 8601, only the year if nothing else is known, "" if unknown.
func (b Birth) String() string {
	if b.Exact || b.Day == 0 {
		return b.Day.String()
	}
	return fmt.Sprintf("%04d", b.Day/10000)
}

// oldest is the greatest plausible age. A birth date before it is a typing error.
const oldest = 125

// check tells whether a living person can have been born then.
func (b Birth) check(today Day) error {
	if b.Day == 0 {
		return nil
	}
	latest := today
	if !b.Exact {
		latest = makeDay(int(today/10000), 12, 31)
	}
	if b.Day > latest {
		return fault.Invalid("people.birth.future", "Text", b.String())
	}
	if (today-b.Day)/10000 > oldest {
		return fault.Invalid("people.birth.too_old", "Text", b.String(), "Years", oldest)
	}
	return nil
}

// MarshalText writes the day as String does: the person reads her own export.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the form of MarshalText.
func (d *Day) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDay(string(text))
	return err
}

// MarshalText writes the birth as String does.
func (b Birth) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads the form of MarshalText.
func (b *Birth) UnmarshalText(text []byte) (err error) {
	*b, err = ParseBirth(string(text))
	return err
}
