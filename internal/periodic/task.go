package periodic

import (
	"context"
	"time"
)

// Task is work that is due by the clock.
type Task struct {
	Name string // never changes: it identifies the task in the database
	// Next returns the first slot after the given time, which must be later than that time.
	Next func(after time.Time) time.Time
	// Each means that every missed slot is run later; otherwise only the last one is.
	Each bool
	// Do runs a slot. If ctx ends it should stop soon: it is called again.
	Do func(ctx context.Context, slot time.Time) error
}

// Every is for tasks that are due at whole multiples of d.
func Every(d time.Duration) func(time.Time) time.Time {
	return func(after time.Time) time.Time { return after.UTC().Truncate(d).Add(d) }
}

// Daily is for tasks that are due each day at an hour of the zone's. A day on which summer time takes that hour away
// has its slot an hour later; one on which it comes twice has one slot.
func Daily(hour int, zone *time.Location) func(time.Time) time.Time {
	return func(after time.Time) time.Time {
		year, month, day := after.In(zone).Date()
		for ; ; day++ {
			if slot := time.Date(year, month, day, hour, 0, 0, 0, zone); slot.After(after) {
				return slot
			}
		}
	}
}

// due returns the slot to run at now, if the last one run was at last; false if there is none.
func (t Task) due(last, now time.Time) (slot time.Time, ok bool) {
	slot = t.Next(last)
	if slot.After(now) {
		return time.Time{}, false
	}
	for !t.Each {
		next := t.Next(slot)
		if next.After(now) || !next.After(slot) {
			break
		}
		slot = next
	}
	return slot, true
}
