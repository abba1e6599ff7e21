// Package clock tells the time, and lets a test set it.
//
// Rules never call time.Now: they take the time from a Clock, so that a story about "two months later" needs no
// waiting. Times are kept as UTC unix milliseconds; Millis and Time convert.
package clock

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// Clock tells the time.
type Clock interface {
	Now() time.Time
}

// System is the machine's clock.
type System struct{}

// Now is the machine's time in UTC.
func (System) Now() time.Time { return time.Now().UTC() }

// Manual is a clock that stands until it is moved. The zero value stands at the zero time.
type Manual struct {
	mu  sync.Mutex
	now time.Time
}

// At makes a clock that stands at t.
func At(t time.Time) *Manual { return &Manual{now: t.UTC()} }

// Now is the time the clock was last set to.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Set moves the clock to t.
func (m *Manual) Set(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = t.UTC()
}

// Advance moves the clock by d.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
}

// File is a clock that stands at the RFC 3339 time written in a file, read anew at each call: the way in which a
// story sets the time of another process. While the file cannot be read the machine's time is told.
type File struct{ Path string }

// Now is the time in the file.
func (f File) Now() time.Time {
	t, err := f.read()
	if err != nil {
		return time.Now().UTC()
	}
	return t
}

// Check says whether the file holds a time.
func (f File) Check() error {
	_, err := f.read()
	return err
}

func (f File) read() (time.Time, error) {
	b, err := os.ReadFile(f.Path)
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.Parse(time.RFC3339, strings.TrimSpace(string(b)))
	if err != nil {
		return time.Time{}, fmt.Errorf("clock file %s: %w", f.Path, err)
	}
	return t.UTC(), nil
}

// Millis is t as UTC unix milliseconds; the zero time is 0, which means "never" or "unknown".
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Time is the time of UTC unix milliseconds; 0 is the zero time.
func Time(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
