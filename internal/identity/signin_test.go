package identity

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/seal"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

const goodPassword = "una frase che ricordo bene"

// eachRoom runs a test on each engine, with one account, ada@x.example.
func eachRoom(t *testing.T, test func(t *testing.T, r *Room, ada Staff, now *clock.Manual)) {
	t.Helper()
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		now := clock.At(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
		r := New(db, now, seal.New([]byte("secret")))
		ada, err := r.AddStaff(t.Context(), Staff{Email: "ada@x.example", Name: "Ada Neri", Role: Administrator})
		if err == nil {
			err = r.SetPassword(t.Context(), ada, goodPassword)
		}
		if err != nil {
			t.Fatal(err)
		}
		test(t, r, ada, now)
	}, storage.Schema{Room: "identity", Files: Schema()})
}

func from(network, password string) Credentials {
	return Credentials{Email: "ada@x.example", Password: password, Network: network}
}

// exhaust uses up what a network may try, as wrong passwords would, without the time that hashing them takes.
func exhaust(t *testing.T, r *Room, dues ...due) {
	t.Helper()
	for range 1000 {
		if err := r.charge(t.Context(), dues...); fault.Is(err, fault.KindTooMany) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("a thousand tries were allowed")
}

func TestNobodyLocksAnotherOut(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *Room, ada Staff, now *clock.Manual) {
		ctx := t.Context()
		home, cafe, enemy := "198.51.100.1", "203.0.113.7", "192.0.2.66"
		if _, err := r.SignIn(ctx, from(home, goodPassword)); err != nil {
			t.Fatal(err)
		}
		// One network that guesses locks itself out, at this account and at all others.
		exhaust(t, r, r.due(pairPace(), "ada@x.example", enemy))
		if _, err := r.SignIn(ctx, from(enemy, goodPassword)); !fault.Is(err, fault.KindTooMany) {
			t.Errorf("from the network that guessed: %v", err)
		}
		exhaust(t, r, r.due(networkPace(), "192.0.2.67"))
		if _, err := r.SignIn(ctx, from("192.0.2.67", goodPassword)); !fault.Is(err, fault.KindTooMany) {
			t.Errorf("from a network that guessed at others: %v", err)
		}
		// Many networks that guess at one account are slowed together; she signs in where she was before.
		exhaust(t, r, r.due(strangerPace(), "ada@x.example"))
		if _, err := r.SignIn(ctx, from("192.0.2.99", goodPassword)); !fault.Is(err, fault.KindTooMany) {
			t.Errorf("from yet another network: %v", err)
		}
		if _, err := r.SignIn(ctx, from(home, goodPassword)); err != nil {
			t.Errorf("she, from her own network: %v", err)
		}
		now.Advance(2 * time.Hour)
		if _, err := r.SignIn(ctx, from(cafe, goodPassword)); err != nil {
			t.Errorf("she, from a new place, two hours later: %v", err)
		}
		// A right password is no failure: it takes nothing from those who share her network.
		if n, err := r.db.QueryContext(ctx, "SELECT key FROM identity_debt WHERE paid_at > $1", clock.Millis(now.Now())); err != nil || n.Next() {
			t.Errorf("something is owed after right passwords alone: %v", err)
		} else if err := n.Close(); err != nil {
			t.Error(err)
		}
		_ = ada
	})
}

// Tries at the same instant are counted before any is looked at: no more pass than one after the other would.
func TestTriesAtOnceAreCounted(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *Room, _ Staff, _ *clock.Manual) {
		var looked, refused atomic.Int64
		var all sync.WaitGroup
		for range 60 {
			all.Go(func() {
				err := r.charge(t.Context(), r.due(networkPace(), "192.0.2.1"), r.due(pairPace(), "ada@x.example", "192.0.2.1"))
				switch {
				case err == nil:
					looked.Add(1)
				case fault.Is(err, fault.KindTooMany):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if looked.Load() != 5 || refused.Load() != 55 {
			t.Errorf("of 60 tries at once %d were looked at and %d refused", looked.Load(), refused.Load())
		}
	})
}

func TestFewPasswordsAreHashedAtOnce(t *testing.T) {
	g := newGate()
	var running, most, busy atomic.Int64
	var all sync.WaitGroup
	hold := make(chan struct{})
	for i := range 200 {
		all.Go(func() {
			leave, err := g.enter(t.Context(), fmt.Sprint("network ", i%20))
			if err != nil {
				if !fault.Is(err, fault.KindUnavailable) {
					t.Error(err)
				}
				if busy.Add(1) == int64(200-gateWaiting-cap(g.slots)) {
					close(hold) // whoever can wait does
				}
				return
			}
			if n := running.Add(1); n > most.Load() {
				most.Store(n)
			}
			<-hold
			running.Add(-1)
			leave()
		})
	}
	all.Wait()
	if most.Load() > int64(cap(g.slots)) || g.inside != 0 || len(g.from) != 0 {
		t.Errorf("%d at once; inside %d, from %v", most.Load(), g.inside, g.from)
	}
	for range gateNetwork {
		if !g.queue("one network") {
			t.Fatal("a network has less than its share")
		}
	}
	if g.queue("one network") || !g.queue("another") {
		t.Error("one network fills the queue")
	}
}

func TestWeakPasswordsAreRefused(t *testing.T) {
	town := []string{"Comune di Fossalta", "ada.bianchi@fossalta.example", "Ada Bianchi"}
	for _, weak := range []string{
		"passwordpassword", "Password2026!", "P4ssw0rd12345", "123456789012", "qwertyuiop12", "aaaaaaaaaaaa", "abcdefghijkl", "comunedifossalta", "Fossalta2026!!",
		"adabianchi1971", "Bianchi.Ada.12", "benvenuto2026!", "juventus1897!", "Amministratore1", "unoxuno2026!!", "segreteria.comune", "forzanapoli1926",
		"abcabcabcabc", "1qaz2wsx3edc", "ufficioprotocollo", "Estate2026Estate",
	} {
		if err := checkPassword(weak, town); !fault.HasKey(err, "identity.password_weak") {
			t.Errorf("%q is taken, as %d pieces: %v", weak, pieces(storage.Fold(weak), town), err)
		}
	}
	for _, good := range []string{
		goodPassword, "una frase nuova", "una frase per provare", "correct horse battery", "gatto nuvola treno sale", "xk7Qm2vTz9pL", "il mio cane abbaia piano",
	} {
		if err := checkPassword(good, town); err != nil {
			t.Errorf("%q is refused: %v", good, err)
		}
	}
}

func TestWhatEndedWithAnAccountStaysOver(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *Room, ada Staff, _ *clock.Manual) {
		ctx := t.Context()
		bea, err := r.AddStaff(ctx, Staff{Email: "bea@x.example", Role: Administrator})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.SetPassword(ctx, bea, goodPassword); err != nil {
			t.Fatal(err)
		}
		before, err := r.StaffByID(ctx, bea.ID)
		if err != nil {
			t.Fatal(err)
		}
		invitation, err := r.Invitation(ctx, bea.ID)
		if err != nil {
			t.Fatal(err)
		}
		key, _, err := r.CreateOwnToken(ctx, before, "sito del teatro", 30)
		if err != nil {
			t.Fatal(err)
		}
		if actor, err := r.ActorOfToken(ctx, key); err != nil || !actor.CanIn("issues.send", "teatro") {
			t.Errorf("her key acts as %+v, %v", actor, err)
		}
		for _, active := range []bool{false, true} {
			before.Active = active
			if err := r.UpdateStaff(ctx, before); err != nil {
				t.Fatal(err)
			}
		}
		after, err := r.StaffByID(ctx, bea.ID)
		if err != nil || after.Stamp == before.Stamp || !after.Active {
			t.Errorf("sessions of before are open again: %+v, %v", after, err)
		}
		if _, err := r.OpenInvitation(ctx, invitation); !fault.Is(err, fault.KindExpired) {
			t.Errorf("an invitation of before opens: %v", err)
		}
		if _, err := r.ActorOfToken(ctx, key); !fault.Is(err, fault.KindUnauthenticated) {
			t.Errorf("a key of before opens: %v", err)
		}
		_ = ada
	})
}

func TestTokensAreListedAndRevoked(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *Room, ada Staff, now *clock.Manual) {
		ctx := t.Context()
		town, _, err := r.CreateToken(ctx, Publisher, "teatro", "sito")
		if err != nil {
			t.Fatal(err)
		}
		own, _, err := r.CreateOwnToken(ctx, ada, "prove", 10)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.ActorOfToken(ctx, town); err != nil {
			t.Fatal(err)
		}
		all, err := r.Tokens(ctx, 0)
		if err != nil || len(all) != 2 || !all[0].Used.IsZero() || !all[1].Used.Equal(now.Now()) || all[0].Expires.Sub(now.Now()) != 240*time.Hour {
			t.Fatalf("listed: %+v, %v", all, err)
		}
		if mine, err := r.Tokens(ctx, ada.ID); err != nil || len(mine) != 1 || mine[0].Label != "prove" {
			t.Errorf("hers: %+v, %v", mine, err)
		}
		if err := r.RevokeToken(ctx, all[1].ID, ada.ID); !fault.Is(err, fault.KindNotFound) {
			t.Errorf("she revoked one that is not hers: %v", err)
		}
		for _, id := range []int64{all[0].ID, all[1].ID, all[1].ID} {
			if err := r.RevokeToken(ctx, id, 0); err != nil {
				t.Fatal(err)
			}
		}
		for _, key := range []string{town, own} {
			if _, err := r.ActorOfToken(ctx, key); !fault.Is(err, fault.KindUnauthenticated) {
				t.Errorf("after its end: %v", err)
			}
		}
	})
}

func TestAnOwnNumberIsProvedByItsCode(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *Room, ada Staff, now *clock.Manual) {
		ctx := t.Context()
		code, err := r.AskMobile(ctx, ada, "+393331234567")
		if err != nil {
			t.Fatal(err)
		}
		other := "000000"
		if code == other {
			other = "000001"
		}
		for range maxCodeTries {
			if err := r.ConfirmMobile(ctx, ada, other); !fault.HasKey(err, "identity.mobile_code") {
				t.Errorf("a wrong code: %v", err)
			}
		}
		if err := r.ConfirmMobile(ctx, ada, code); !fault.HasKey(err, "identity.mobile_code") {
			t.Errorf("the right code, one try too late: %v", err)
		}
		if code, err = r.AskMobile(ctx, ada, "+393331234567"); err != nil {
			t.Fatal(err)
		}
		if err := r.ConfirmMobile(ctx, ada, code); err != nil {
			t.Errorf("the right code: %v", err)
		}
		if s, err := r.StaffByID(ctx, ada.ID); err != nil || s.Mobile != "+393331234567" {
			t.Errorf("her number is %q, %v", s.Mobile, err)
		}
		if err := r.ConfirmMobile(ctx, ada, code); !fault.HasKey(err, "identity.mobile_code") {
			t.Errorf("the code a second time: %v", err)
		}
		if code, err = r.AskMobile(ctx, ada, "+393331234568"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.AskMobile(ctx, ada, "+393331234569"); !fault.Is(err, fault.KindTooMany) {
			t.Errorf("a fourth code in an hour: %v", err)
		}
		now.Advance(MobileCodeLife)
		if err := r.ConfirmMobile(ctx, ada, code); !fault.HasKey(err, "identity.mobile_code") {
			t.Errorf("a code after its time: %v", err)
		}
	})
}
