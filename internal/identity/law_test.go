package identity_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"testing"

	"pgregory.net/rapid"

	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/identity"
	"unoxuno/internal/storage/storagetest"
)

func TestMain(m *testing.M) { os.Exit(storagetest.Main(m)) }

// account is an account in the model.
type account struct {
	role   identity.Role
	active bool
}

func (a account) rules() bool { return a.role == identity.Administrator && a.active }

// accounts are the model: by number, as the test made them.
type accounts map[int]account

// change does a step in the model, and tells whether it is refused.
func (all accounts) change(n int, to account) (refused bool) {
	ruling := 0
	for _, a := range all {
		if a.rules() {
			ruling++
		}
	}
	if all[n].rules() && !to.rules() && ruling == 1 {
		return true
	}
	all[n] = to
	return false
}

// Whatever two or three do to accounts in the same moment, what comes of it is what some order of them gives: so an
// administrator is always left.
func TestChangesOfAccountsHappenOneAfterTheOther(t *testing.T) {
	each(t, func(t *testing.T, room *identity.Room, _ *clock.Manual) {
		storagetest.Few(t, 8)
		ctx, law := context.Background(), &accountLaw{T: t, room: room}
		for n := range 3 {
			s, err := room.AddStaff(ctx, identity.Staff{Email: fmt.Sprintf("s%d@comune.example", n), Role: identity.Administrator})
			if err != nil {
				t.Fatal(err)
			}
			law.staff = append(law.staff, s)
		}
		rapid.Check(t, func(t *rapid.T) {
			now := law.read(ctx)
			for range 4 {
				now = law.step(ctx, t, now)
			}
		})
	})
}

type accountLaw struct {
	*testing.T
	room  *identity.Room
	staff []identity.Staff
}

// read is the model of what stands.
func (l *accountLaw) read(ctx context.Context) accounts {
	all := accounts{}
	for n, s := range l.staff {
		now, err := l.room.StaffByID(ctx, s.ID)
		if err != nil {
			l.Fatal(err)
		}
		all[n] = account{now.Role, now.Active}
	}
	return all
}

// step changes some accounts together, and finds an order that explains what came of it.
func (l *accountLaw) step(ctx context.Context, t *rapid.T, before accounts) accounts {
	count := rapid.IntRange(2, 3).Draw(t, "together")
	whom, to := make([]int, count), make([]account, count)
	steps := make([]func() error, count)
	for i := range count {
		whom[i] = rapid.IntRange(0, len(l.staff)-1).Draw(t, "account")
		to[i] = account{
			rapid.SampledFrom([]identity.Role{identity.Administrator, identity.Operator}).Draw(t, "role"), rapid.Bool().Draw(t, "active"),
		}
		s := l.staff[whom[i]]
		s.Role, s.Active = to[i].role, to[i].active
		steps[i] = func() error { return l.room.UpdateStaff(ctx, s) }
	}
	came := storagetest.Together(l.T, steps...)
	for _, err := range came {
		if err != nil && !fault.HasKey(err, "identity.last_administrator") {
			t.Fatal(err)
		}
	}
	after := l.read(ctx)
	if !storagetest.Orders(count, func(order []int) bool {
		model := maps.Clone(before)
		for _, i := range order {
			if model.change(whom[i], to[i]) != (came[i] != nil) {
				return false
			}
		}
		return maps.Equal(model, after)
	}) {
		t.Fatalf("accounts %v became %v by %v to %v, which ended with %v", before, after, whom, to, came)
	}
	return after
}

// An invitation that two take up at once is taken up by one.
func TestAnInvitationIsTakenUpOnce(t *testing.T) {
	each(t, func(t *testing.T, room *identity.Room, _ *clock.Manual) {
		for n := range 3 {
			s, err := room.AddStaff(t.Context(), identity.Staff{Email: fmt.Sprintf("eva%d@comune.example", n), Role: identity.Operator})
			if err != nil {
				t.Fatal(err)
			}
			token, err := room.Invitation(t.Context(), s.ID)
			if err != nil {
				t.Fatal(err)
			}
			taken := 0
			for _, err := range storagetest.Together(t,
				func() error { _, err := room.AcceptInvitation(t.Context(), token, password+" uno"); return err },
				func() error { _, err := room.AcceptInvitation(t.Context(), token, password+" due"); return err },
			) {
				switch {
				case err == nil:
					taken++
				case !fault.Is(err, fault.KindExpired):
					t.Error(err)
				}
			}
			if taken != 1 {
				t.Errorf("taken up %d times", taken)
			}
		}
	})
}
