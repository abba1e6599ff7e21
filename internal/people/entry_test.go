package people_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

func self(t *testing.T, person int64) context.Context {
	t.Helper()
	return access.With(t.Context(), access.Actor{Kind: access.PersonAct, ID: person})
}

func (town town) askEntry(t *testing.T, channel people.Channel, address string) (e people.Entry) {
	t.Helper()
	err := town.db.Tx(t.Context(), func(tx *storage.Tx) (err error) {
		e, err = town.AskEntryIn(t.Context(), tx, channel, address)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// atOnce runs do n times at the same moment.
func atOnce(n int, do func()) {
	var all sync.WaitGroup
	begin := make(chan struct{})
	for range n {
		all.Go(func() {
			<-begin
			do()
		})
	}
	close(begin)
	all.Wait()
}

func TestNoMoreThanThreeMessagesGoWithinAnHour(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		anna := must[int64](t)(town.Register(staff(t), people.Details{}, []people.Contact{email("anna@example.org")}, nil))
		var mu sync.Mutex
		var sent []time.Time
		count := func(send bool, err error) {
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if send {
				sent = append(sent, town.clock.Now())
			}
		}
		signUp := func() {
			p, err := town.SignUp(t.Context(), draft("victim@example.org"))
			count(p.Send, err)
		}
		atOnce(8, signUp)
		change := func() {
			p, err := town.AskChange(self(t, anna), anna, people.Email, "victim@example.org")
			count(p.Send, err)
		}
		atOnce(4, change)
		if len(sent) != 3 {
			t.Errorf("%d messages; want 3", len(sent))
		}
		for range 9 {
			town.clock.Advance(20*time.Minute + time.Second)
			atOnce(2, signUp)
		}
		for i := range sent[3:] {
			if sent[i+3].Sub(sent[i]) < time.Hour {
				t.Errorf("four messages were sent between %s and %s", sent[i], sent[i+3])
			}
		}
		if len(sent) < 9 {
			t.Errorf("%d messages in four hours: later ones never go", len(sent))
		}
	})
}

// A new code, another sign-up, a change of address or an entry code give no additional guesses.
func TestACodeIsNotGuessed(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		const number = "+393331234567"
		d := draft("")
		d.Channel, d.Address = people.SMS, number
		var heeded atomic.Int64
		try := func(do func(context.Context, int64) (time.Time, error), id int64) {
			switch _, err := do(t.Context(), id); {
			case err == nil:
				heeded.Add(1)
			case !fault.HasKey(err, "people.code.gone"):
				t.Error(err)
			}
		}
		for day := range 3 {
			for range 4 {
				p := must[people.Pending](t)(town.SignUp(t.Context(), d))
				atOnce(7, func() { try(town.TryCode, p.ID) })
				if p.Send {
					must[people.Pending](t)(town.NewCode(t.Context(), p.ID))
				}
				atOnce(7, func() { try(town.TryCode, p.ID) })
				e := town.askEntry(t, people.SMS, number)
				atOnce(7, func() { try(town.TryEntry, e.ID) })
				town.clock.Advance(61 * time.Minute)
			}
			if n := heeded.Load(); n != int64(day+1)*10 {
				t.Errorf("%d guesses were counted in %d days; want ten a day", n, day+1)
			}
			town.clock.Advance(20 * time.Hour)
		}
	})
}

func TestAWayInIsUsedOnce(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		anna := must[int64](t)(town.Register(staff(t), people.Details{}, []people.Contact{email("anna@example.org")}, nil))
		e := town.askEntry(t, people.Email, "anna@example.org")
		var used atomic.Int64
		atOnce(8, func() {
			s, err := town.UseEntry(t.Context(), e.ID)
			if err == nil {
				used.Add(1)
			} else if !fault.HasKey(err, "people.entry.gone") {
				t.Error(err)
			}
			if err == nil && s.Person != anna {
				t.Errorf("session %+v", s)
			}
		})
		if n := used.Load(); n != 1 {
			t.Errorf("used %d times", n)
		}
		late := town.askEntry(t, people.Email, "anna@example.org")
		town.clock.Advance(people.EntryLife)
		_, err := town.UseEntry(t.Context(), late.ID)
		wantFault(t, err, "people.entry.gone")
		_, err = town.UseEntry(t.Context(), town.askEntry(t, people.Email, "nobody@example.org").ID)
		wantFault(t, err, "people.entry.nobody")
		_, err = town.UseEntry(t.Context(), 1)
		wantFault(t, err, "people.entry.gone")
	})
}

// A session ends after SessionLife, when she ends it, or when its address is no longer hers.
func TestASessionEndsWithItsAddress(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		ctx := staff(t)
		anna := must[int64](t)(town.Register(ctx, people.Details{}, []people.Contact{email("anna@example.org"), email("work@example.org")}, nil))
		open := func() people.Session {
			return must[people.Session](t)(town.UseEntry(ctx, town.askEntry(t, people.Email, "work@example.org").ID))
		}
		stands := func(s people.Session) bool {
			found, ok, err := town.SessionOf(ctx, s.Token)
			if err != nil || ok && (found.Person != anna || found.Address != s.Address) {
				t.Errorf("session %+v, %v", found, err)
			}
			return ok
		}
		ends := map[string]func(s people.Session) error{
			"her own doing": func(s people.Session) error { return town.EndSession(ctx, s.Token) },
			"an hour":       func(people.Session) error { town.clock.Advance(people.SessionLife); return nil },
			"removal":       func(s people.Session) error { return town.RemoveAddress(ctx, anna, s.Address) },
		}
		for _, name := range []string{"her own doing", "an hour", "removal"} {
			s := open()
			if !stands(s) {
				t.Fatalf("%s: the session does not begin", name)
			}
			if err := ends[name](s); err != nil {
				t.Fatal(err)
			}
			if stands(s) {
				t.Errorf("the session outlives %s", name)
			}
		}
		town.clock.Advance(2 * time.Hour)
		must[int64](t)(town.Sweep(ctx))
		for _, table := range []string{"people_session", "people_entry", "people_asked"} {
			if n := town.count(t, table); n != 0 {
				t.Errorf("%d rows are left in %s", n, table)
			}
		}
	})
}
