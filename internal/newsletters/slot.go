package newsletters

import (
	"time"

	"unoxuno/internal/town"
)

// Pace is how often a person receives e-mail. The word of each is "newsletters.pace." and the pace.
type Pace string

// The paces. Text messages always come at once.
const (
	AtOnce Pace = "at-once" // each issue when it is published
	Daily  Pace = "daily"   // the issues of a day in one mail, at the town's hour
	Weekly Pace = "weekly"  // the issues of a week in one mail, on the town's day
)

// Paces returns all paces, fastest first.
func Paces() []Pace { return []Pace{AtOnce, Daily, Weekly} }

// Slots are the times of digests, by the town's clock.
type Slots struct {
	Digests town.Digests
	Zone    *time.Location
}

// Next returns the first slot of the pace, Daily or Weekly, after a moment. Every day of the town's calendar has one
// daily slot, each week one weekly slot. If the clock skips its time in spring, the slot moves by the skipped time; if
// the clock shows its time twice in autumn, the slot is the first.
func (s Slots) Next(p Pace, after time.Time) time.Time {
	year, month, day := after.In(s.Zone).Date()
	for day--; ; day++ { // yesterday's slot may have moved into today
		if slot, ok := s.on(p, year, month, day); ok && slot.After(after) {
			return slot
		}
	}
}

// Last returns the last slot of the pace that is not after a moment.
func (s Slots) Last(p Pace, at time.Time) time.Time {
	year, month, day := at.In(s.Zone).Date()
	for day++; ; day-- {
		if slot, ok := s.on(p, year, month, day); ok && !slot.After(at) {
			return slot
		}
	}
}

// on returns the slot of a calendar day; false if the pace has none on it.
func (s Slots) on(p Pace, year int, month time.Month, day int) (time.Time, bool) {
	at := s.Digests.DailyAt()
	if p == Weekly {
		var weekday time.Weekday
		weekday, at = s.Digests.WeeklyAt()
		if time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Weekday() != weekday {
			return time.Time{}, false
		}
	}
	return onClock(time.Date(year, month, day, at.Hour, at.Minute, 0, 0, time.UTC), s.Zone), true
}

// onClock returns the moment when the clock of a zone shows the time of wall. Of a skipped time, time.Date returns the
// moment before or after the gap; of a repeated one, either.
func onClock(wall time.Time, zone *time.Location) time.Time {
	shown := func(t time.Time) time.Time {
		_, offset := t.In(zone).Zone()
		return t.UTC().Add(time.Duration(offset) * time.Second)
	}
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), 0, 0, zone)
	if skipped := wall.Sub(shown(t)); skipped > 0 {
		return t.Add(skipped)
	}
	const longest = 3 * time.Hour // the largest known change of a clock
	if back := shown(t.Add(-longest)).Sub(shown(t).Add(-longest)); back > 0 && shown(t.Add(-back)).Equal(wall) {
		return t.Add(-back)
	}
	return t
}
