package people

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"unoxuno/internal/fault"
)

// Day is a day of the calendar as the number yyyymmdd, so that days compare as numbers do on every engine. 0 is unknown.
type Day int64

// DayOf is the day of t in t's own zone; the zero time has no day.
func DayOf(t time.Time) Day {
	if t.IsZero() {
		return 0
	}
	return makeDay(t.Year(), int(t.Month()), t.Day())
}

func makeDay(year, month, day int) Day { return Day(year*10000 + month*100 + day) }

// Time is the day's first moment in loc; the zero time when the day is unknown.
func (d Day) Time(loc *time.Location) time.Time {
	if d == 0 {
		return time.Time{}
	}
	return time.Date(int(d/10000), time.Month(d/100%100), int(d%100), 0, 0, 0, 0, loc)
}

// String is the day in ISO 8601, 2026-11-22; "" when unknown.
func (d Day) String() string {
	if d == 0 {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d/10000, d/100%100, d%100)
}

// ParseDay reads a day as 2026-11-22 (a time of day after it is dropped) or 22/11/2026. "" is the unknown day.
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

// isoDate splits 2026-11-22, with or without a time of day after a T or a space. (Patterns would be shorter, and took a
// seventh of an import's own time.)
func isoDate(text string) (year, month, day int, ok bool) {
	if len(text) > 10 && (text[10] == 'T' || text[10] == ' ') {
		text = text[:10]
	}
	if len(text) != 10 || text[4] != '-' || text[7] != '-' {
		return 0, 0, 0, false
	}
	return numbers(text[:4], text[5:7], text[8:])
}

// italianDate splits 22/11/2026, also with points or hyphens.
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

// numbers reads three texts of digits alone.
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

// Birth is when somebody was born: a day, or a year alone.
type Birth struct {
	Day   Day  `json:"day"`   // the year's last day where only the year is known; 0 unknown
	Exact bool `json:"exact"` // the whole date is known
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

// Age is how many whole years have passed by today; false when unknown. Who was born on 29 February turns a year older
// on 1 March in years that have none.
func (b Birth) Age(today Day) (years int, known bool) {
	if b.Day == 0 {
		return 0, false
	}
	return int((today - b.Day) / 10000), true
}

// String is the date in ISO 8601, the year alone where that is all we know, "" when unknown.
func (b Birth) String() string {
	if b.Exact || b.Day == 0 {
		return b.Day.String()
	}
	return fmt.Sprintf("%04d", b.Day/10000)
}

// oldest is the greatest age we believe; beyond it a birth date is a slip of the pen.
const oldest = 125

// check says whether somebody alive today can have been born then.
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

// MarshalText writes the day as String does: what is exported of a person is read by her.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Day) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDay(string(text))
	return err
}

// MarshalText writes the birth as String does.
func (b Birth) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (b *Birth) UnmarshalText(text []byte) (err error) {
	*b, err = ParseBirth(string(text))
	return err
}
