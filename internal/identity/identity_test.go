package identity_test

import (
	"context"
	"testing"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/identity"
	"unoxuno/internal/seal"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

const password = "una frase che ricordo bene"

func each(t *testing.T, test func(t *testing.T, room *identity.Room, now *clock.Manual)) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		now := clock.At(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
		test(t, identity.New(db, now, seal.New([]byte("secret"))), now)
	}, storage.Schema{Room: "identity", Files: identity.Schema()})
}

func add(t *testing.T, room *identity.Room, s identity.Staff) identity.Staff {
	t.Helper()
	s, err := room.AddStaff(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	token, err := room.Invitation(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := room.AcceptInvitation(t.Context(), token, password); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestInvitationIsUsedOnceAndEnds(t *testing.T) {
	each(t, func(t *testing.T, room *identity.Room, now *clock.Manual) {
		s, err := room.AddStaff(t.Context(), identity.Staff{Email: " Ada@Comune.Example ", Role: identity.Administrator})
		if err != nil {
			t.Fatal(err)
		}
		token, err := room.Invitation(t.Context(), s.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := room.AcceptInvitation(t.Context(), token, "corta"); !fault.HasKey(err, "identity.password_short") {
			t.Errorf("short password: %v", err)
		}
		if _, err := room.AcceptInvitation(t.Context(), token, password); err != nil {
			t.Fatalf("first use: %v", err)
		}
		if _, err := room.AcceptInvitation(t.Context(), token, "un'altra frase ancora"); !fault.Is(err, fault.KindExpired) {
			t.Errorf("second use: %v", err)
		}
		again, err := room.Invitation(t.Context(), s.ID)
		if err != nil {
			t.Fatal(err)
		}
		now.Advance(8 * 24 * time.Hour)
		if _, err := room.OpenInvitation(t.Context(), again); !fault.Is(err, fault.KindExpired) {
			t.Errorf("after eight days: %v", err)
		}
		in, err := room.SignIn(t.Context(), identity.Credentials{Email: "ada@comune.example", Password: password, Network: "192.0.2.1"})
		if err != nil || in.Email != "ada@comune.example" || in.Name != "ada" {
			t.Errorf("sign-in: %+v, %v", in, err)
		}
	})
}

func TestSignInIsThrottledWhetherOrNotTheAddressIsKnown(t *testing.T) {
	each(t, func(t *testing.T, room *identity.Room, now *clock.Manual) {
		add(t, room, identity.Staff{Email: "ada@comune.example", Role: identity.Administrator})
		for _, email := range []string{"ada@comune.example", "nobody@comune.example"} {
			for range 5 {
				if _, err := room.SignIn(t.Context(), identity.Credentials{Email: email, Password: "sbagliata sbagliata", Network: "192.0.2.1"}); !fault.HasKey(err, "identity.sign_in_failed") {
					t.Fatalf("%s: %v", email, err)
				}
			}
			if _, err := room.SignIn(t.Context(), identity.Credentials{Email: email, Password: password, Network: "192.0.2.1"}); !fault.Is(err, fault.KindTooMany) {
				t.Errorf("%s, sixth try: %v", email, err)
			}
		}
		now.Advance(16 * time.Minute)
		if _, err := room.SignIn(t.Context(), identity.Credentials{Email: "ada@comune.example", Password: password, Network: "192.0.2.1"}); err != nil {
			t.Errorf("after a quarter of an hour: %v", err)
		}
	})
}

func TestRightsAreBoundedByNewsrooms(t *testing.T) {
	each(t, func(t *testing.T, room *identity.Room, _ *clock.Manual) {
		if _, err := room.AddStaff(t.Context(), identity.Staff{Email: "e@x.example", Role: identity.Editor}); !fault.HasKey(err, "identity.newsroom_missing") {
			t.Errorf("editor without newsroom: %v", err)
		}
		editor := add(t, room, identity.Staff{Email: "e@x.example", Role: identity.Editor, Newsrooms: []string{"teatro"}}).Actor()
		publisher := add(t, room, identity.Staff{Email: "p@x.example", Role: identity.Publisher}).Actor()
		for _, c := range []struct {
			what string
			got  bool
			want bool
		}{
			{"editor writes in hers", editor.CanIn(access.WriteIssues, "teatro"), true},
			{"editor writes elsewhere", editor.CanIn(access.WriteIssues, "urp"), false},
			{"editor sends", editor.CanIn(access.SendIssues, "teatro"), false},
			{"publisher sends anywhere", publisher.CanIn(access.SendIssues, "urp"), true},
			{"publisher manages staff", publisher.Can(access.ManageStaff), false},
			{"nobody in particular writes", access.Actor{}.Can(access.WriteIssues), false},
		} {
			if c.got != c.want {
				t.Errorf("%s: %v", c.what, c.got)
			}
		}
	})
}

func TestLastAdministratorStays(t *testing.T) {
	each(t, func(t *testing.T, room *identity.Room, _ *clock.Manual) {
		ada := add(t, room, identity.Staff{Email: "ada@x.example", Role: identity.Administrator})
		ada.Active = false
		if err := room.UpdateStaff(t.Context(), ada); !fault.HasKey(err, "identity.last_administrator") {
			t.Errorf("switching off the last: %v", err)
		}
		add(t, room, identity.Staff{Email: "bea@x.example", Role: identity.Administrator})
		if err := room.UpdateStaff(t.Context(), ada); err != nil {
			t.Errorf("with another there: %v", err)
		}
		if _, err := room.SignIn(t.Context(), identity.Credentials{Email: "ada@x.example", Password: password, Network: "192.0.2.1"}); err == nil {
			t.Error("a switched-off account signed in")
		}
		if _, err := room.AddStaff(t.Context(), identity.Staff{Email: "ADA@x.example", Role: identity.Operator}); !fault.HasKey(err, "identity.email_taken") {
			t.Errorf("same address again: %v", err)
		}
	})
}

func TestTokensActUntilTheyEnd(t *testing.T) {
	each(t, func(t *testing.T, room *identity.Room, now *clock.Manual) {
		ctx := access.With(context.Background(), access.Actor{Kind: access.Console, Name: "console"})
		token, expires, err := room.CreateToken(ctx, identity.Publisher, "teatro", "sito")
		if err != nil {
			t.Fatal(err)
		}
		actor, err := room.ActorOfToken(ctx, token)
		if err != nil || !actor.CanIn(access.SendIssues, "teatro") || actor.CanIn(access.SendIssues, "urp") {
			t.Errorf("actor %+v, %v", actor, err)
		}
		if _, err := room.ActorOfToken(ctx, token+"x"); !fault.Is(err, fault.KindUnauthenticated) {
			t.Errorf("forged: %v", err)
		}
		now.Set(expires)
		if _, err := room.ActorOfToken(ctx, token); !fault.Is(err, fault.KindUnauthenticated) {
			t.Errorf("after its end: %v", err)
		}
		log, err := room.AuditLog(ctx, identity.AuditQuery{Limit: 10})
		if err != nil || len(log) != 1 || log[0].Action != "audit.token.created" || log[0].Actor != "console" {
			t.Errorf("audit: %+v, %v", log, err)
		}
	})
}

func TestSessionsEnd(t *testing.T) {
	each(t, func(t *testing.T, room *identity.Room, now *clock.Manual) {
		s := room.Sessions()
		if err := s.Commit("tok", []byte("data"), now.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if b, ok, err := s.Find("tok"); string(b) != "data" || !ok || err != nil {
			t.Errorf("found %q %v %v", b, ok, err)
		}
		now.Advance(time.Hour)
		if _, ok, err := s.Find("tok"); ok || err != nil {
			t.Errorf("after an hour: %v %v", ok, err)
		}
	})
}
