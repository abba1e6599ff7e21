package people_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
	"unoxuno/internal/people"
)

func draft(address string) people.Draft {
	return people.Draft{
		Details: people.Details{Given: "Anna", Place: "san-lazzaro", Who: []string{"genitore"}, Wants: []string{"teatro"}, Language: "en"},
		Address: address, Newsletters: []string{"scuola"}, Profile: true,
	}
}

func TestSignUpIsNobodyUntilConfirmed(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		p := must[people.Pending](t)(town.SignUp(t.Context(), draft(" Anna@Example.org")))
		if p.Address != "anna@example.org" || p.Language != "en" || !p.Send || !p.Expires.Equal(noon().Add(48*time.Hour)) {
			t.Errorf("pending %+v", p)
		}
		if n := town.count(t, "people_person") + town.count(t, "people_address") + town.count(t, "people_consent"); n != 0 {
			t.Fatalf("%d rows before the confirmation", n)
		}
		if d := must[people.Draft](t)(town.ReadSignUp(t.Context(), p.ID)); d.Given != "Anna" {
			t.Errorf("draft %+v", d)
		}
		town.clock.Advance(time.Hour)
		first := must[people.Confirmation](t)(town.ConfirmSignUp(t.Context(), p.ID))
		id := first.Person
		anna := must[people.Person](t)(town.Get(t.Context(), id))
		if len(anna.Addresses) != 1 || anna.Addresses[0].Verified.IsZero() || anna.Name() != "Anna" || anna.Place != "san-lazzaro" {
			t.Errorf("person %+v", anna)
		}
		profile := must[people.Profile](t)(town.Profile(t.Context(), town.db, id))
		ledger := must[[]people.Consent](t)(town.Consents(t.Context(), id))
		if len(ledger) != 2 || fmt.Sprint(profile.Subscribed) != "[scuola]" {
			t.Fatalf("consents %+v, subscribed %v", ledger, profile.Subscribed)
		}
		for _, c := range ledger {
			want := "asked 2026-11-22T12:00:00Z, confirmed 2026-11-22T13:00:00Z from the address"
			if c.TextVersion != "1" || c.Channel != people.Email || !strings.HasSuffix(c.Proof, want) {
				t.Errorf("consent %+v", c)
			}
		}
		again := must[people.Confirmation](t)(town.ConfirmSignUp(t.Context(), p.ID))
		if !first.First || first.Address != anna.Addresses[0].ID || !first.Asked.Equal(noon()) {
			t.Errorf("confirmed %+v", first)
		}
		if again.Person != id || again.First || town.count(t, "people_consent") != 2 {
			t.Errorf("pressing twice led to %+v, %d consents", again, town.count(t, "people_consent"))
		}
	})
}

func TestSignUpTellsOnlyWhatIsWrongWithTheForm(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		must[int64](t)(town.Register(staff(t), people.Details{}, []people.Contact{email("known@example.org")}, nil))
		known := must[people.Pending](t)(town.SignUp(t.Context(), draft("known@example.org")))
		fresh := must[people.Pending](t)(town.SignUp(t.Context(), draft("fresh@example.org")))
		known.ID, known.Address = fresh.ID, fresh.Address
		if known != fresh {
			t.Errorf("known and unknown addresses are answered differently: %+v, %+v", known, fresh)
		}
		_, err := town.SignUp(t.Context(), people.Draft{Address: "x", Details: people.Details{Place: "atlantide", Born: people.Birth{Day: 20200101, Exact: true}}})
		if got := fmt.Sprint(fieldsOf(err)); got != "[place address newsletters birth_date]" {
			t.Errorf("faults on %s: %v", got, err)
		}
		bad := draft("a@example.org")
		bad.Newsletters = []string{"scuole"}
		_, err = town.SignUp(t.Context(), bad)
		wantFault(t, err, "people.unknown.subscribed_near")
	})
}

func TestSignUpExpires(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		p := must[people.Pending](t)(town.SignUp(t.Context(), draft("a@example.org")))
		town.clock.Advance(48 * time.Hour)
		_, err := town.ConfirmSignUp(t.Context(), p.ID)
		if wantFault(t, err, "people.signup.gone"); !fault.Is(err, fault.KindExpired) {
			t.Error(err)
		}
		_, err = town.ReadSignUp(t.Context(), p.ID)
		wantFault(t, err, "people.signup.gone")
		if n := must[int64](t)(town.Sweep(t.Context())); n != 1 || town.count(t, "people_signup") != 0 {
			t.Errorf("swept %d", n)
		}
	})
}

func TestSignUpDoesNotBombAMailbox(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		sent := 0
		for range 10 {
			if must[people.Pending](t)(town.SignUp(t.Context(), draft("a@example.org"))).Send {
				sent++
			}
		}
		town.clock.Advance(61 * time.Minute)
		if p := must[people.Pending](t)(town.SignUp(t.Context(), draft("a@example.org"))); sent != 3 || !p.Send {
			t.Errorf("%d mails at once, later %v; want 3, true", sent, p.Send)
		}
	})
}

func TestSignUpJoinsWhoHasTheMailbox(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		town.load(t, "email,given_name,place,wants\nanna@example.org,ANNA,centro-storico,biblioteca\n", options())
		anna := town.holder(t, "anna@example.org")
		self := access.With(t.Context(), access.Actor{Kind: access.PersonAct, ID: anna.ID})
		d := anna.Details
		d.Language = "it"
		if err := town.Update(self, anna.ID, d); err != nil {
			t.Fatal(err)
		}
		p := must[people.Pending](t)(town.SignUp(t.Context(), draft("anna@example.org")))
		if c := must[people.Confirmation](t)(town.ConfirmSignUp(t.Context(), p.ID)); c.Person != anna.ID {
			t.Fatalf("joined %d; want %d", c.Person, anna.ID)
		}
		after := town.holder(t, "anna@example.org")
		// What she says overwrites imported data, but not what she declared before.
		if got := fmt.Sprint(after.Given, " ", after.Place, " ", after.Language, " ", after.Wants); got != "Anna san-lazzaro it [biblioteca teatro]" {
			t.Errorf("after joining: %s", got)
		}
	})
}

func TestAnUnconfirmedAddressProvesNothing(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		bruno := must[int64](t)(town.Register(staff(t), people.Details{Given: "Bruno"}, []people.Contact{{Channel: people.Email, Value: "typo@example.org"}}, nil))
		p := must[people.Pending](t)(town.SignUp(t.Context(), draft("typo@example.org")))
		if c := must[people.Confirmation](t)(town.ConfirmSignUp(t.Context(), p.ID)); c.Person == bruno {
			t.Error("a slip of the pen led into Bruno's page")
		}
		if got := town.holder(t, "typo@example.org").Name(); got != "Anna" {
			t.Errorf("the address is %s's", got)
		}
	})
}

func TestAskAddress(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		anna := must[int64](t)(town.Register(staff(t), people.Details{Language: "en"}, []people.Contact{email("anna@example.org")}, nil))
		must[int64](t)(town.Register(staff(t), people.Details{}, []people.Contact{email("bruno@example.org")}, nil))
		for value, taken := range map[string]bool{"new@example.org": false, "bruno@example.org": true} {
			p := must[people.Pending](t)(town.AskAddress(t.Context(), anna, people.Email, value))
			if !p.Send || p.Language != "en" {
				t.Errorf("pending %+v", p)
			}
			c, err := town.ConfirmSignUp(t.Context(), p.ID)
			if taken {
				wantFault(t, err, "people.address.taken")
			} else if err != nil || c.Person != anna {
				t.Errorf("%+v, %v", c, err)
			}
		}
		if n := len(must[people.Person](t)(town.Get(t.Context(), anna)).Addresses); n != 2 {
			t.Errorf("%d addresses", n)
		}
	})
}

func TestManySignUpsAtOnceMakeOnePerson(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		var pending []people.Pending
		for range 3 {
			pending = append(pending, must[people.Pending](t)(town.SignUp(t.Context(), draft("a@example.org"))))
		}
		var group sync.WaitGroup
		for i := range 6 {
			group.Go(func() {
				if _, err := town.ConfirmSignUp(t.Context(), pending[i%3].ID); err != nil {
					t.Errorf("confirm: %v", err)
				}
			})
		}
		group.Wait()
		if people, consents := town.count(t, "people_person"), town.count(t, "people_consent"); people != 1 || consents != 2 {
			t.Errorf("%d people, %d consents; want 1, 2", people, consents)
		}
	})
}
