package town

import (
	"slices"
	"strings"
	"time"

	"unoxuno/internal/fault"
)

// Digests say when those are written to who want several issues in one mail, and how often anybody is at most. Times are
// the town's. What is left out is as in the comments.
type Digests struct {
	Daily     string `yaml:"daily"`       // "07:00"
	Weekly    string `yaml:"weekly"`      // "friday 07:00"
	MostAWeek int    `yaml:"most_a_week"` // messages in seven days; 0 is no bound
}

const (
	defaultDaily  = "07:00"
	defaultWeekly = "friday 07:00"
)

// mostMost is beyond what anybody could mean by a bound.
const mostMost = 1000

// whole is d with nothing left out, in its normal form.
func (d Digests) whole() Digests {
	d.Daily, d.Weekly = strings.TrimSpace(d.Daily), strings.ToLower(strings.Join(strings.Fields(d.Weekly), " "))
	if d.Daily == "" {
		d.Daily = defaultDaily
	}
	if d.Weekly == "" {
		d.Weekly = defaultWeekly
	}
	return d
}

// At is the time of day of a slot.
type At struct{ Hour, Minute int }

// DailyAt is when the daily mail goes.
func (d Digests) DailyAt() At {
	at, ok := parseAt(d.Daily)
	if !ok {
		at, _ = parseAt(defaultDaily)
	}
	return at
}

// WeeklyAt is when the weekly mail goes.
func (d Digests) WeeklyAt() (time.Weekday, At) {
	day, at, ok := parseWeekly(d.Weekly)
	if !ok {
		day, at, _ = parseWeekly(defaultWeekly)
	}
	return day, at
}

func parseAt(text string) (At, bool) {
	t, err := time.Parse("15:04", text)
	return At{t.Hour(), t.Minute()}, err == nil
}

func parseWeekly(text string) (time.Weekday, At, bool) {
	name, clock, _ := strings.Cut(text, " ")
	day := slices.Index(weekdays(), name)
	at, ok := parseAt(clock)
	return time.Weekday(day), at, ok && day >= 0
}

// weekdays are the names of the days, in the order of time.Weekday.
func weekdays() []string {
	names := make([]string, 7)
	for day := range names {
		names[day] = strings.ToLower(time.Weekday(day).String())
	}
	return names
}

func (d Digests) problems() (p fault.Problems) {
	d = d.whole()
	if _, ok := parseAt(d.Daily); !ok {
		p = append(p, fault.Invalid("town.digest_daily", "Value", d.Daily).On("digests/daily"))
	}
	if _, _, ok := parseWeekly(d.Weekly); !ok {
		p = append(p, fault.Invalid("town.digest_weekly", "Value", d.Weekly, "Known", weekdays()).On("digests/weekly"))
	}
	if d.MostAWeek < 0 || d.MostAWeek > mostMost {
		p = append(p, fault.Invalid("town.most_a_week", "Value", d.MostAWeek).On("digests/most_a_week"))
	}
	return p
}
