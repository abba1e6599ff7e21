package content

import (
	"strconv"
	"strings"
	"time"
)

// Wall times of the town, without zone: what a poster says.
const (
	layoutDay    = "2006-01-02"
	layoutMinute = "2006-01-02T15:04"
)

// moment is a day, or a day and a time of it.
type moment struct {
	time.Time
	timed bool
}

// parseMoment reads 2026-12-05T18:30, 2026-12-05 18:30 or 2026-12-05.
func parseMoment(s string) (moment, bool) {
	s = strings.Replace(strings.TrimSpace(s), " ", "T", 1)
	if t, err := time.Parse(layoutMinute, s); err == nil {
		return moment{t, true}, true
	}
	t, err := time.Parse(layoutDay, s)
	return moment{t, false}, err == nil
}

// String is the form in which blocks keep it.
func (m moment) String() string {
	if m.timed {
		return m.Format(layoutMinute)
	}
	return m.Format(layoutDay)
}

// When says in words when something takes place: "sabato 5 dicembre 2026, ore 18:30". Start and end are wall times as
// in Block; end may be empty. Italian and English are spoken; another language gets ISO dates, which all can read. A
// start that is no date is returned as it is.
func When(language, start, end string) string {
	from, ok := parseMoment(start)
	if !ok {
		return start
	}
	say := calendarOf(language)
	to, ok := parseMoment(end)
	switch {
	case !ok || to.String() == from.String():
		return say.at(from)
	case to.Format(layoutDay) != from.Format(layoutDay):
		return say.span(from, to)
	case from.timed && to.timed:
		return say.day(from) + ", " + say.hours(from, to)
	default:
		return say.at(from)
	}
}

// calendar is how a language says dates.
type calendar struct {
	day   func(m moment) string        // the day alone
	at    func(m moment) string        // the day, and the time if there is one
	hours func(from, to moment) string // two times of one day
	span  func(from, to moment) string // two different days
}

func calendarOf(language string) calendar {
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	switch base {
	case "it":
		return italian()
	case "en":
		return english()
	}
	plain := func(m moment) string { return strings.Replace(m.String(), "T", " ", 1) }
	return calendar{
		day:   func(m moment) string { return m.Format(layoutDay) },
		at:    plain,
		hours: func(from, to moment) string { return from.Format("15:04") + "–" + to.Format("15:04") },
		span:  func(from, to moment) string { return plain(from) + " – " + plain(to) },
	}
}

func italian() calendar {
	weekdays := [...]string{"domenica", "lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato"}
	months := [...]string{"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre",
		"ottobre", "novembre", "dicembre"}
	day := func(m moment) string {
		number := strconv.Itoa(m.Day())
		if m.Day() == 1 {
			number = "1º"
		}
		return weekdays[m.Weekday()] + " " + number + " " + months[m.Month()-1] + " " + strconv.Itoa(m.Year())
	}
	at := func(m moment) string {
		if !m.timed {
			return day(m)
		}
		return day(m) + ", ore " + m.Format("15:04")
	}
	// The article is elided before one o'clock: all’1:00, but alle 13:00.
	hour := func(plural, elided string, m moment) string {
		if m.Hour() == 1 {
			return elided + m.Format("3:04")
		}
		return plural + " " + m.Format("15:04")
	}
	return calendar{
		day: day,
		at:  at,
		hours: func(from, to moment) string {
			return hour("dalle", "dall’", from) + " " + hour("alle", "all’", to)
		},
		span: func(from, to moment) string { return "da " + at(from) + " a " + at(to) },
	}
}

func english() calendar {
	day := func(m moment) string { return m.Format("Monday 2 January 2006") }
	at := func(m moment) string {
		if !m.timed {
			return day(m)
		}
		return day(m) + ", " + m.Format("15:04")
	}
	return calendar{
		day:   day,
		at:    at,
		hours: func(from, to moment) string { return "from " + from.Format("15:04") + " to " + to.Format("15:04") },
		span:  func(from, to moment) string { return "from " + at(from) + " to " + at(to) },
	}
}
