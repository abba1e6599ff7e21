package newsletters_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"unoxuno/internal/newsletters"
	"unoxuno/internal/town"
)

// zones are time zones that changed their clocks by an hour or by half an hour, at night, at midnight or in the
// evening, or never.
func zones(t *testing.T) []*time.Location {
	t.Helper()
	var all []*time.Location
	for _, name := range []string{
		"Europe/Rome", "Europe/London", "America/New_York", "America/Sao_Paulo", "America/Havana", "Asia/Beirut",
		"Australia/Lord_Howe", "Pacific/Auckland", "Asia/Kolkata", "UTC",
	} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, zone)
	}
	return all
}

// TestEveryDayHasOneSlotAndEveryWeek walks from slot to slot, in any zone, over any change of its clock.
func TestEveryDayHasOneSlotAndEveryWeek(t *testing.T) {
	all := zones(t)
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(all).Draw(t, "zone")
		hour, minute := rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute")
		weekday := time.Weekday(rapid.IntRange(0, 6).Draw(t, "weekday"))
		clock := fmt.Sprintf("%02d:%02d", hour, minute)
		slots := newsletters.Slots{Zone: zone, Digests: town.Digests{Daily: clock, Weekly: lower(weekday) + " " + clock}}
		pace := rapid.SampledFrom([]newsletters.Pace{newsletters.Daily, newsletters.Weekly}).Draw(t, "pace")
		days := map[newsletters.Pace]int{newsletters.Daily: 1, newsletters.Weekly: 7}[pace]
		from := time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
		at := slots.Next(pace, time.Unix(from+rapid.Int64Range(0, 20*365*86400).Draw(t, "after"), 0))
		for range 400 / days {
			next := slots.Next(pace, at)
			if !next.After(at) {
				t.Fatalf("after %v comes %v", at, next)
			}
			if got := civilDays(at, next); got != days {
				t.Fatalf("from %v to %v are %d days, want %d", at, next, got, days)
			}
			for _, between := range []time.Time{at, at.Add(next.Sub(at) / 3), next.Add(-time.Second)} {
				if got := slots.Last(pace, between); !got.Equal(at) {
					t.Fatalf("the last slot at %v is %v, want %v", between, got, at)
				}
			}
			if pace == newsletters.Weekly && next.Weekday() != weekday {
				t.Fatalf("%v is no %v", next, weekday)
			}
			if next.Format("15:04") != clock && exists(next, clock) {
				t.Fatalf("the slot is %v, but the clock shows %s that day", next, clock)
			}
			at = next
		}
	})
}

func lower(d time.Weekday) string {
	return map[time.Weekday]string{
		0: "sunday", 1: "monday", 2: "tuesday", 3: "wednesday", 4: "thursday", 5: "friday", 6: "saturday",
	}[d]
}

// civilDays returns the number of calendar days between two moments.
func civilDays(a, b time.Time) int {
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	return int(day(b).Sub(day(a)).Hours() / 24)
}

// exists tells whether the clock shows a time on the day of a moment.
func exists(on time.Time, clock string) bool {
	begin := time.Date(on.Year(), on.Month(), on.Day(), 12, 0, 0, 0, on.Location()).Add(-15 * time.Hour)
	for at := begin; at.Before(begin.Add(30 * time.Hour)); at = at.Add(time.Minute) {
		if at.Format("2006-01-02 15:04") == on.Format("2006-01-02 ")+clock {
			return true
		}
	}
	return false
}

func TestSlotsKeepTheirHourThroughSummerTime(t *testing.T) {
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		pace            newsletters.Pace
		daily, weekly   string
		after           string
		want, wantAfter string
	}{
		{newsletters.Daily, "07:00", "", "2026-03-28T12:00:00+01:00", "2026-03-29T07:00:00+02:00", "2026-03-30T07:00:00+02:00"},
		{newsletters.Daily, "07:00", "", "2026-10-24T12:00:00+02:00", "2026-10-25T07:00:00+01:00", "2026-10-26T07:00:00+01:00"},
		{newsletters.Daily, "02:30", "", "2026-03-28T12:00:00+01:00", "2026-03-29T03:30:00+02:00", "2026-03-30T02:30:00+02:00"},
		{newsletters.Weekly, "", "friday 07:00", "2026-03-27T06:59:59+01:00", "2026-03-27T07:00:00+01:00", "2026-04-03T07:00:00+02:00"},
		{newsletters.Weekly, "", "sunday 02:30", "2026-10-24T12:00:00+02:00", "2026-10-25T02:30:00+02:00", "2026-11-01T02:30:00+01:00"},
	} {
		at, err := time.Parse(time.RFC3339, c.after)
		if err != nil {
			t.Fatal(err)
		}
		slots := newsletters.Slots{Zone: rome, Digests: town.Digests{Daily: c.daily, Weekly: c.weekly}}
		for _, want := range []string{c.want, c.wantAfter} {
			at = slots.Next(c.pace, at)
			if got := at.Format(time.RFC3339); got != want {
				t.Errorf("%s at %s%s after %s: got %s, want %s", c.pace, c.daily, c.weekly, c.after, got, want)
			}
		}
	}
}
