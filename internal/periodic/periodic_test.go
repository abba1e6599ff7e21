package periodic_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/periodic"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

var morning = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// diary is a task's work: it writes down which slots it was given.
type diary struct {
	mu    sync.Mutex
	slots []time.Time
	fails error
}

func (d *diary) do(_ context.Context, slot time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fails != nil {
		return d.fails
	}
	d.slots = append(d.slots, slot)
	return nil
}

func (d *diary) want(t *testing.T, slots ...time.Time) {
	t.Helper()
	if !slices.EqualFunc(d.slots, slots, time.Time.Equal) {
		t.Fatalf("slots %v, want %v", d.slots, slots)
	}
}

func each(t *testing.T, test func(t *testing.T, db *storage.DB)) {
	storagetest.Each(t, test, storage.Schema{Room: "periodic", Files: periodic.Schema()})
}

func room(db *storage.DB, c clock.Clock) *periodic.Room {
	return periodic.New(db, c, slog.New(slog.DiscardHandler))
}

// steps works off what is due.
func steps(t *testing.T, r *periodic.Room, task periodic.Task) {
	t.Helper()
	for {
		again, err := r.Step(t.Context(), task)
		if err != nil {
			t.Fatal(err)
		}
		if !again {
			return
		}
	}
}

func TestASlotIsWorkedOffOnceByAnyNode(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		c, d := clock.At(morning), &diary{}
		task := periodic.Task{Name: "test.hourly", Next: periodic.Every(time.Hour), Do: d.do}
		one, two := room(db, c), room(db, c)
		steps(t, one, task)
		d.want(t) // a task that is new has nothing to make up for
		c.Advance(61 * time.Minute)
		var both sync.WaitGroup
		for _, r := range []*periodic.Room{one, two, one, two} {
			both.Go(func() { _, _ = r.Step(t.Context(), task) })
		}
		both.Wait()
		steps(t, one, task)
		d.want(t, morning.Add(time.Hour))
		c.Set(morning) // put back
		steps(t, two, task)
		d.want(t, morning.Add(time.Hour))
	})
}

func TestMissedSlotsAreMadeUpFor(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		c, last, all := clock.At(morning), &diary{}, &diary{}
		tasks := []periodic.Task{
			{Name: "test.last", Next: periodic.Every(time.Hour), Do: last.do},
			{Name: "test.each", Next: periodic.Every(time.Hour), Each: true, Do: all.do},
		}
		for range 2 {
			for _, task := range tasks {
				steps(t, room(db, c), task)
			}
			c.Advance(190 * time.Minute)
		}
		last.want(t, morning.Add(3*time.Hour))
		all.want(t, morning.Add(time.Hour), morning.Add(2*time.Hour), morning.Add(3*time.Hour))
	})
}

func TestAFailureIsTriedAgainLater(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		c, d := clock.At(morning), &diary{}
		r, task := room(db, c), periodic.Task{Name: "test.hourly", Next: periodic.Every(time.Hour), Do: d.do}
		steps(t, r, task)
		c.Advance(time.Hour)
		trouble := errors.New("no")
		for _, wait := range []time.Duration{15 * time.Second, 30 * time.Second, time.Minute} {
			d.fails = trouble
			if _, err := r.Step(t.Context(), task); !errors.Is(err, trouble) {
				t.Fatal(err)
			}
			d.fails = nil
			c.Advance(wait - time.Millisecond)
			steps(t, r, task)
			d.want(t)
			c.Advance(time.Millisecond)
		}
		steps(t, r, task)
		d.want(t, morning.Add(time.Hour))
	})
}

func TestWhoDiesAtWorkIsTakenOverFrom(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		c, d := clock.At(morning), &diary{}
		task := periodic.Task{Name: "test.hourly", Next: periodic.Every(time.Hour), Do: d.do}
		steps(t, room(db, c), task)
		c.Advance(time.Hour)
		slow := task
		slow.Do = func(ctx context.Context, _ time.Time) error {
			steps(t, room(db, c), task) // the lease keeps the other away …
			d.want(t)
			if _, err := db.ExecContext(ctx, "UPDATE periodic_task SET lease_until = 1"); err != nil {
				return err
			}
			steps(t, room(db, c), task) // … until it ends
			d.want(t, morning.Add(time.Hour))
			return nil
		}
		if _, err := room(db, c).Step(t.Context(), slow); err == nil {
			t.Error("who comes late does not hear of it")
		}
		steps(t, room(db, c), task)
		d.want(t, morning.Add(time.Hour))
	})
}

func TestDailyKeepsItsHourThroughSummerTime(t *testing.T) {
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		hour  int
		after string
		want  []string
	}{
		{7, "2026-03-27T12:00:00+01:00", []string{"28 07:00", "29 07:00", "30 07:00"}},
		{2, "2026-03-28T12:00:00+01:00", []string{"29 03:00", "30 02:00"}}, // 2 is taken away
		{2, "2026-10-24T12:00:00+02:00", []string{"25 02:00", "26 02:00"}}, // 2 comes twice
	} {
		at, err := time.Parse(time.RFC3339, c.after)
		if err != nil {
			t.Fatal(err)
		}
		next := periodic.Daily(c.hour, rome)
		for _, want := range c.want {
			at = next(at)
			if got := at.Format("02 15:04"); got != want {
				t.Errorf("at %d after %s: got %s, want %s", c.hour, c.after, got, want)
			}
		}
	}
}
