package routing_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"unoxuno/internal/delivery/routing"
)

func rome(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Skip("no time zones here")
	}
	return zone
}

func TestWindows(t *testing.T) {
	zone := rome(t)
	for _, c := range []struct{ window, at, opens string }{
		{"mon-fri 07:00-21:00", "2026-03-02 06:59", "2026-03-02 07:00"}, // a Monday
		{"mon-fri 07:00-21:00", "2026-03-02 07:00", "2026-03-02 07:00"},
		{"mon-fri 07:00-21:00", "2026-03-02 20:59", "2026-03-02 20:59"},
		{"mon-fri 07:00-21:00", "2026-03-02 21:00", "2026-03-03 07:00"},
		{"mon-fri 07:00-21:00", "2026-03-06 21:00", "2026-03-09 07:00"},
		{"mon-fri 07:00-21:00; sat 09:00-13:00", "2026-03-06 21:00", "2026-03-07 09:00"},
		{"Monday,wed 10:00-11:00", "2026-03-02 11:00", "2026-03-04 10:00"},
		{"fri-mon 10:00-11:00", "2026-03-03 09:00", "2026-03-06 10:00"},
		{"22:00-06:00", "2026-03-02 05:59", "2026-03-02 05:59"},
		{"22:00-06:00", "2026-03-02 06:00", "2026-03-02 22:00"},
		{"sat 22:00-06:00", "2026-03-08 03:00", "2026-03-08 03:00"}, // Sunday, of Saturday's night
		{"sat 22:00-06:00", "2026-03-08 06:00", "2026-03-14 22:00"},
		{"00:00-24:00", "2026-03-08 00:00", "2026-03-08 00:00"},
		{"07:00-21:00", "2026-03-28 23:00", "2026-03-29 07:00"}, // summer time begins in that night
	} {
		w, err := routing.ParseWindow(c.window)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.ParseInLocation("2006-01-02 15:04", c.at, zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.Opens(at).Format("2006-01-02 15:04"); got != c.opens || w.IsOpen(at) != (got == c.at) {
			t.Errorf("%s at %s: opens %s, want %s", c.window, c.at, got, c.opens)
		}
	}
	for _, text := range []string{"", "mon", "mon 7-21", "mon 07:00", "mon 07:00-07:00", "24:00-06:00", "mon-xyz 07:00-08:00", "mon 07:00-25:00", "a b c", "07:00-08:00;"} {
		if _, err := routing.ParseWindow(text); err == nil {
			t.Errorf("%q is a window", text)
		}
	}
}

// Waiting until a window opens leads into the window, or nearer to it where summer time takes its first minute away, and
// never past a minute at which it is open.
func TestAWindowOpensWhenItSays(t *testing.T) {
	zone := rome(t)
	rapid.Check(t, func(t *rapid.T) {
		start, length := rapid.IntRange(0, 24*60-1).Draw(t, "start"), rapid.IntRange(1, 24*60-1).Draw(t, "length")
		end := (start + length) % (24 * 60)
		clock := func(m int) string { return time.Date(2026, 1, 1, 0, m, 0, 0, time.UTC).Format("15:04") }
		w, err := routing.ParseWindow(rapid.SampledFrom([]string{"", "mon ", "tue-thu ", "sun,wed "}).Draw(t, "days") + clock(start) + "-" + clock(end))
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 1, 1, 0, rapid.IntRange(0, 365*24*60).Draw(t, "minute"), 0, 0, zone)
		opens := w.Opens(at)
		if opens.Before(at) || opens.IsZero() {
			t.Fatalf("%s opens at %s", at, opens)
		}
		if again := w.Opens(opens); again.Sub(opens) > time.Hour {
			t.Fatalf("at %s it opens at %s, and then at %s", at, opens, again)
		}
		for m := at; m.Before(opens.Add(-time.Hour)); m = m.Add(7 * time.Minute) {
			if w.IsOpen(m) {
				t.Fatalf("from %s on it opens at %s, and is open at %s", at, opens, m)
			}
		}
	})
}
