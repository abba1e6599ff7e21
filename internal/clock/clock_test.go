package clock_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"unoxuno/internal/clock"
)

func TestMillisAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Int64Range(1, 1<<45).Draw(t, "ms")
		if got := clock.Millis(clock.Time(ms)); got != ms {
			t.Fatalf("%d became %d", ms, got)
		}
	})
	if clock.Millis(time.Time{}) != 0 || !clock.Time(0).IsZero() {
		t.Error("never is 0, and 0 is never")
	}
}

func TestFileClockIsSetByItsFile(t *testing.T) {
	c := clock.File{Path: filepath.Join(t.TempDir(), "now")}
	if c.Check() == nil {
		t.Error("a missing file is well")
	}
	for _, text := range []string{"2026-11-22T10:00:00Z", "2027-01-01T00:00:00+01:00\n"} {
		if err := os.WriteFile(c.Path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		want, _ := time.Parse(time.RFC3339, text[:len("2027-01-01T00:00:00")]+"Z")
		if text[len(text)-1] == '\n' {
			want = want.Add(-time.Hour)
		}
		if got := c.Now(); !got.Equal(want) {
			t.Errorf("%q tells %s", text, got)
		}
	}
}
