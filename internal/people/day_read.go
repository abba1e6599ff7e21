package people

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
)

// dayReader reads the days that programs and people write, including the forms of ParseDay. It accepts a text that can
// mean only one day. It refuses an ambiguous one with a sentence that says how to write it.
type dayReader struct {
	zone  *time.Location
	today Day
	past  int // a year of two digits is at most so many years ago
}

// writtenDay is a day that somebody wrote.
type writtenDay struct {
	Birth
	warning *fault.Error // what may be wrong with it, or nil
}

// birth reads a day or year of birth.
func (r dayReader) birth(text string) (writtenDay, error) {
	const zeros = 1900_01_02 // earlier days are what programs write for no day at all
	if birth, err := ParseBirth(text); err == nil && !hasZone(text) && (birth.Day == 0 || birth.Day >= zeros) {
		return writtenDay{Birth: birth}, nil
	}
	return r.read(text)
}

// day reads a whole day.
func (r dayReader) day(text string) (writtenDay, error) {
	w, err := r.birth(text)
	if err == nil && !w.Exact && w.Day != 0 {
		err = fault.Invalid("people.date.malformed", "Text", clip(text))
	}
	return w, err
}

// noDays returns what databases and spreadsheets write for a missing day: MySQL's zero, and those of Excel and Access.
func noDays() []string {
	return []string{"0000", "0000-00-00", "00/00/0000", "0/0/0000", "00/01/1900", "0/1/1900", "1899-12-30", "30/12/1899", "1899-12-31", "31/12/1899"}
}

// clockTime matches a time of day after a date. It is mostly midnight, because programs write days as timestamps.
var clockTime = regexp.MustCompile(`(?i)[t ,]+\d{1,2}[:.]\d{2}([:.]\d{2}([.,]\d+)?)?( ?[ap]\.?m\.?)?( ?(z|utc|gmt|[+-]\d{2}:?\d{2}))?$`)

// decimals matches the decimals that some programs add to whole numbers.
var decimals = regexp.MustCompile(`^(\d+)[.,]0+$`)

// ordinal matches the first of a month: 1° febbraio.
var ordinal = regexp.MustCompile(`^(\d{1,2})(°|o|st|nd|rd|th)$`)

func (r dayReader) read(text string) (writtenDay, error) {
	text = strings.TrimRight(strings.TrimSpace(text), ".,; ")
	if day, ok := r.moment(text); ok {
		return exactly(day), nil
	}
	date := decimals.ReplaceAllString(clockTime.ReplaceAllString(text, ""), "$1")
	if slices.Contains(noDays(), date) {
		return writtenDay{}, nil
	}
	words := strings.FieldsFunc(storage.Fold(date), func(c rune) bool { return strings.ContainsRune(`/.-, \`, c) })
	if len(words) > 3 && isWeekday(words[0]) {
		words = words[1:]
	}
	for i, word := range words {
		words[i] = ordinal.ReplaceAllString(word, "$1")
	}
	switch len(words) {
	case 1:
		return r.digits(words[0], text)
	case 2:
		return r.noDay(words[0], words[1], text)
	case 3:
		day, err := r.threeParts(words, text)
		return exactly(day), err
	}
	return writtenDay{}, malformedDay(text)
}

func exactly(day Day) writtenDay { return writtenDay{Birth: Birth{Day: day, Exact: day != 0}} }

func malformedDay(text string) error {
	return fault.Invalid("people.date.malformed", "Text", clip(text))
}

func hasZone(text string) bool { return len(text) > 10 && strings.ContainsAny(text[10:], "Zz+-") }

// moment returns the town's day of a timestamp with a zone. Programs write a day as its first moment, in UTC on the
// evening before.
func (r dayReader) moment(text string) (Day, bool) {
	if !hasZone(text) {
		return 0, false
	}
	for _, form := range []string{time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05 -0700", "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(form, text); err == nil {
			return DayOf(t.In(r.zone)), true
		}
	}
	return 0, false
}

// Spreadsheets count days from the end of 1899. These numbers have five digits, from 1900 to after our time.
const (
	firstSerial = 1
	lastSerial  = 99_999
)

// digits reads a date without separators: 19800201, 01021980, a year, or a spreadsheet's day number.
func (r dayReader) digits(word, text string) (writtenDay, error) {
	n, err := strconv.Atoi(word)
	if err != nil || n < firstSerial {
		return writtenDay{}, malformedDay(text)
	}
	switch len(word) {
	case 4:
		return writtenDay{Birth: Birth{Day: makeDay(n, 12, 31)}}, nil
	case 5:
		day := DayOf(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n))
		if day > r.today || n > lastSerial {
			return writtenDay{}, malformedDay(text)
		}
		w := exactly(day)
		w.warning = fault.Invalid("people.date.serial", "Text", text, "Date", italian(day))
		return w, nil
	case 8:
		for _, d := range []Day{makeDay(n/10000, n/100%100, n%100), makeDay(n%10000, n/10000%100, n/1000000)} {
			if d.exists() && d > 1900_00_00 && d < 2100_00_00 {
				return exactly(d), nil
			}
		}
		return writtenDay{}, fault.Invalid("people.date.none", "Text", clip(text))
	}
	return writtenDay{}, malformedDay(text)
}

// noDay reads month and year, and keeps the year, or day and month, and keeps nothing.
func (r dayReader) noDay(first, second, text string) (writtenDay, error) {
	year, yearErr := strconv.Atoi(second)
	month := monthOf(first)
	if n, err := strconv.Atoi(first); err == nil && n <= 12 {
		month = n
	}
	if yearErr == nil && len(second) == 4 && month > 0 {
		w := writtenDay{Birth: Birth{Day: makeDay(year, 12, 31)}}
		w.warning = fault.Invalid("people.date.month_only", "Text", text, "Year", year)
		return w, nil
	}
	day, err := strconv.Atoi(first)
	if err == nil && day <= 31 && (monthOf(second) > 0 || yearErr == nil && len(second) <= 2 && year <= 31) {
		return writtenDay{warning: fault.Invalid("people.date.no_year", "Text", text)}, nil
	}
	return writtenDay{}, malformedDay(text)
}

// threeParts reads day, month and year in this order, or with the year first, or with an English month name first.
func (r dayReader) threeParts(words []string, text string) (Day, error) {
	d, m, y := words[0], words[1], words[2]
	switch {
	case monthOf(d) > 0:
		d, m = m, d
	case len(d) == 4:
		d, y = y, d
	}
	day, dayErr := strconv.Atoi(d)
	year, yearErr := strconv.Atoi(y)
	month, monthErr := strconv.Atoi(m)
	if name := monthOf(m); name > 0 {
		month, monthErr = name, nil
	}
	if dayErr != nil || yearErr != nil || monthErr != nil || len(d) > 2 || len(y) != 4 && len(y) != 2 {
		return 0, malformedDay(text)
	}
	if month > 12 && day <= 12 {
		return 0, fault.Invalid("people.date.month_first", "Text", clip(text), "Meant", fmt.Sprintf("%02d/%02d/%s", month, day, y))
	}
	if len(y) == 2 {
		var err error
		if year, err = r.century(year, month, day, text); err != nil {
			return 0, err
		}
	}
	if found := makeDay(year, month, day); found.exists() {
		return found, nil
	}
	return 0, fault.Invalid("people.date.none", "Text", clip(text))
}

// century returns the year that two digits mean, if only one is possible.
func (r dayReader) century(year, month, day int, text string) (int, error) {
	var years []int
	for _, y := range []int{1900 + year, 2000 + year} {
		d := makeDay(y, month, day)
		if d <= r.today && (r.today-d)/10000 <= Day(r.past) {
			years = append(years, y)
		}
	}
	switch len(years) {
	case 1:
		return years[0], nil
	case 0:
		return 0, fault.Invalid("people.date.none", "Text", clip(text))
	}
	return 0, fault.Invalid("people.date.century", "Text", clip(text), "First", years[0], "Second", years[1])
}

// exists is false for days that do not exist, such as 31 February.
func (d Day) exists() bool {
	year, month, day := int(d/10000), int(d/100%100), int(d%100)
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return year >= 1 && int(t.Month()) == month && t.Day() == day
}

func italian(d Day) string { return fmt.Sprintf("%02d/%02d/%04d", d%100, d/100%100, d/10000) }

// monthOf returns the month with that folded name, Italian or English, whole or shortened to at least three letters; 0
// if none.
func monthOf(word string) int {
	const shortest = 3
	if len(word) < shortest {
		return 0
	}
	for _, names := range [][]string{
		{"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"},
		{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"},
	} {
		for i, name := range names {
			if strings.HasPrefix(name, word) {
				return i + 1
			}
		}
	}
	return 0
}

func isWeekday(word string) bool {
	for _, name := range []string{
		"lunedi", "martedi", "mercoledi", "giovedi", "venerdi", "sabato", "domenica",
		"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
	} {
		if len(word) >= 3 && strings.HasPrefix(name, word) {
			return true
		}
	}
	return false
}
