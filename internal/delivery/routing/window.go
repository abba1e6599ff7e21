package routing

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Window is the hours of the week in which batches leave, by the clock on the town hall's wall: it neither shrinks nor
// grows when summer time begins. The zero Window is always open.
type Window struct {
	spans []span // in the order of the week
}

// span is a stretch of one day of the week, in minutes since midnight; end is not part of it.
type span struct {
	day        time.Weekday
	start, end int
}

const (
	minutesOfDay = 24 * 60
	daysOfWeek   = 7
)

// ParseWindow reads hours of the week as in "mon-fri 07:00-21:00; sat 09:00-13:00". Without days it is every day;
// hours that end before they begin go on into the next day.
func ParseWindow(text string) (Window, error) {
	var w Window
	for part := range strings.SplitSeq(text, ";") {
		days, hours := "mon-sun", strings.Fields(part)
		if len(hours) == 2 {
			days, hours = hours[0], hours[1:]
		}
		if len(hours) != 1 {
			return Window{}, fmt.Errorf("window %q: days and hours are wanted", part)
		}
		open, err := parseDays(days)
		if err != nil {
			return Window{}, err
		}
		start, end, err := parseHours(hours[0])
		if err != nil {
			return Window{}, err
		}
		for _, day := range open {
			w.add(day, start, end)
		}
	}
	slices.SortFunc(w.spans, func(a, b span) int { return int(a.day-b.day)*minutesOfDay + a.start - b.start })
	return w, nil
}

// add opens the window on a day, over midnight if need be.
func (w *Window) add(day time.Weekday, start, end int) {
	if end > start {
		w.spans = append(w.spans, span{day, start, end})
		return
	}
	w.spans = append(w.spans, span{day, start, minutesOfDay})
	if end > 0 {
		w.spans = append(w.spans, span{(day + 1) % daysOfWeek, 0, end})
	}
}

// parseDays reads days as in "mon-fri,sun".
func parseDays(text string) ([]time.Weekday, error) {
	var days []time.Weekday
	for part := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(part, "-")
		from, err := parseDay(first)
		if err != nil {
			return nil, err
		}
		to := from
		if isRange {
			if to, err = parseDay(last); err != nil {
				return nil, err
			}
		}
		for day := from; ; day = (day + 1) % daysOfWeek {
			days = append(days, day)
			if day == to {
				break
			}
		}
	}
	return days, nil
}

func parseDay(text string) (time.Weekday, error) {
	for day := range time.Weekday(daysOfWeek) {
		if strings.EqualFold(text, day.String()) || strings.EqualFold(text, day.String()[:3]) {
			return day, nil
		}
	}
	return 0, fmt.Errorf("window: %q is no day", text)
}

// parseHours reads hours as in "07:00-21:00"; a day ends at 24:00.
func parseHours(text string) (start, end int, err error) {
	from, to, isRange := strings.Cut(text, "-")
	if !isRange {
		return 0, 0, fmt.Errorf("window: %q are no hours", text)
	}
	if start, err = parseHour(from); err != nil {
		return 0, 0, err
	}
	if end, err = parseHour(to); err != nil {
		return 0, 0, err
	}
	if start == minutesOfDay || start == end {
		return 0, 0, fmt.Errorf("window: %q is never", text)
	}
	return start, end, nil
}

func parseHour(text string) (int, error) {
	if text == "24:00" {
		return minutesOfDay, nil
	}
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf("window: %q is no time of day", text)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// IsOpen tells whether batches leave at a time, by the clock of its zone.
func (w Window) IsOpen(t time.Time) bool {
	minute := t.Hour()*60 + t.Minute()
	return len(w.spans) == 0 || slices.ContainsFunc(w.spans, func(s span) bool {
		return s.day == t.Weekday() && s.start <= minute && minute < s.end
	})
}

// Opens is the first time from t on at which batches leave, by the clock of t's zone: t itself while the window is open.
func (w Window) Opens(t time.Time) time.Time {
	if w.IsOpen(t) {
		return t
	}
	var first time.Time
	for days := range daysOfWeek + 1 {
		for _, s := range w.spans {
			at := time.Date(t.Year(), t.Month(), t.Day()+days, s.start/60, s.start%60, 0, 0, t.Location())
			if at.Weekday() == s.day && at.After(t) && (first.IsZero() || at.Before(first)) {
				first = at
			}
		}
	}
	return first
}
