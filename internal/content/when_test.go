package content

import "testing"

func TestWhen(t *testing.T) {
	for _, c := range []struct{ language, start, end, want string }{
		{"it", "2026-12-05T18:30", "", "sabato 5 dicembre 2026, ore 18:30"},
		{"it", "2026-12-05 18:30", "2026-12-05T20:00", "sabato 5 dicembre 2026, dalle 18:30 alle 20:00"},
		{"it", "2026-12-05T01:30", "2026-12-05T13:00", "sabato 5 dicembre 2026, dall’1:30 alle 13:00"},
		{"it", "2026-12-01", "", "martedì 1º dicembre 2026"},
		{"it", "2026-12-01", "2026-12-01", "martedì 1º dicembre 2026"},
		{"it", "2026-12-01", "2027-01-06", "da martedì 1º dicembre 2026 a mercoledì 6 gennaio 2027"},
		{"it-IT", "2026-12-31T22:00", "2027-01-01T02:00", "da giovedì 31 dicembre 2026, ore 22:00 a venerdì 1º gennaio 2027, ore 02:00"},
		{"en", "2026-12-05T18:30", "", "Saturday 5 December 2026, 18:30"},
		{"en", "2026-12-05T18:30", "2026-12-05T20:00", "Saturday 5 December 2026, from 18:30 to 20:00"},
		{"en", "2026-12-05", "2026-12-06", "from Saturday 5 December 2026 to Sunday 6 December 2026"},
		{"fr", "2026-12-05T18:30", "2026-12-06T01:00", "2026-12-05 18:30 – 2026-12-06 01:00"},
		{"fr", "2026-12-05T18:30", "2026-12-05T20:00", "2026-12-05, 18:30–20:00"},
		{"it", "presto", "", "presto"},
		{"it", "2026-12-05", "presto", "sabato 5 dicembre 2026"},
	} {
		if got := When(c.language, c.start, c.end); got != c.want {
			t.Errorf("When(%s, %s, %s) = %q, want %q", c.language, c.start, c.end, got, c.want)
		}
	}
}
