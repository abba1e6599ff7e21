package periodic_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/periodic"
	"unoxuno/internal/storage"
)

// A clock that ran ahead for a while, the node's or the database's, stops no task, and is spoken of.
func TestAClockThatRanAheadStopsNothing(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		var said bytes.Buffer
		now, d := clock.At(morning), &diary{}
		r := periodic.New(db, now, slog.New(slog.NewTextHandler(&said, nil)))
		task := periodic.Task{Name: "task", Next: periodic.Every(time.Hour), Do: d.do}
		steps(t, r, task)
		now.Advance(365 * 24 * time.Hour)
		steps(t, r, task)
		now.Set(morning)
		if _, err := db.ExecContext(t.Context(), "UPDATE periodic_task SET retry_at = slot, lease_until = 9000000000000000"); err != nil {
			t.Fatal(err)
		}
		steps(t, r, task)
		now.Advance(time.Hour)
		steps(t, r, task)
		d.want(t, morning.Add(365*24*time.Hour), morning.Add(time.Hour))
		if n := strings.Count(said.String(), "a clock ran ahead"); n != 1 {
			t.Errorf("it was spoken of %d times in %q", n, &said)
		}
		now.Advance(time.Hour)
		steps(t, r, task)
		now.Advance(-ahead()) // another node's clock, a little behind
		steps(t, r, task)
		now.Set(morning.Add(2 * time.Hour))
		steps(t, r, task)
		d.want(t, morning.Add(365*24*time.Hour), morning.Add(time.Hour), morning.Add(2*time.Hour))
	})
}

// ahead is a difference between clocks that is no accident.
func ahead() time.Duration { return 4 * time.Minute }
