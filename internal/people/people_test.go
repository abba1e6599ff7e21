package people_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

func TestRegisterAndUpdate(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		ctx := staff(t)
		id := must[int64](t)(town.Register(ctx, people.Details{
			Given: "  Anna  Maria ", Family: "Verdi", Born: people.Birth{Day: 19800203, Exact: true}, Language: "IT",
			Place: "Centro storico", Who: []string{"pendolare", "Genitore", "genitore"}, Wants: []string{"Theatre"},
		}, []people.Contact{email("Anna@Example.org"), {Channel: people.SMS, Value: "333 1234567"}},
			[]people.Grant{{Purpose: people.ForProfile, Source: "sportello", Proof: "modulo 12"}}))
		anna := must[people.Person](t)(town.Get(ctx, id))
		if got := fmt.Sprintln(anna.Name(), anna.Kind, anna.Born, anna.Language, anna.Place, anna.Who, anna.Wants, anna.Since); got !=
			"Anna Maria Verdi person 1980-02-03 it centro-storico [genitore pendolare] [teatro] 2026-11-22\n" {
			t.Error(got)
		}
		if len(anna.Addresses) != 2 || anna.Addresses[0].Verified.IsZero() || !anna.Addresses[1].Verified.IsZero() {
			t.Errorf("addresses %+v; want the e-mail confirmed, the mobile not", anna.Addresses)
		}
		if err := town.Update(ctx, id, people.Details{Given: "Anna", Wants: []string{"biblioteca"}}); err != nil {
			t.Fatal(err)
		}
		anna = must[people.Person](t)(town.Get(ctx, id))
		if got := fmt.Sprint(anna.Name(), anna.Place, anna.Born, anna.Who, anna.Wants); got != "Anna [] [biblioteca]" {
			t.Errorf("after the update %q", got)
		}
		err := town.Update(ctx, id, people.Details{
			Given: "a\x07b", Family: strings.Repeat("x", 200), Born: people.Birth{Day: 20300101, Exact: true},
			Language: "xx", Place: "atlantide", Who: []string{"genitor"}, Wants: []string{"zzzzz"}, Kind: "robot",
		})
		if fields := fieldsOf(err); !slices.Equal(fields, []string{"kind", "given_name", "family_name", "birth_date", "language", "place", "who", "wants"}) {
			t.Errorf("faults on %v: %v", fields, err)
		}
		wantFault(t, town.Update(ctx, 1, people.Details{}), "people.person.unknown")
	})
}

func fieldsOf(err error) (fields []string) {
	for _, f := range fault.List(err) {
		fields = append(fields, f.Field)
	}
	return fields
}

func TestAnAddressBelongsToOnePerson(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		ctx := staff(t)
		anna := must[int64](t)(town.Register(ctx, people.Details{}, []people.Contact{email("anna@example.org")}, nil))
		_, err := town.Register(ctx, people.Details{}, []people.Contact{email("ANNA@example.org")}, nil)
		if wantFault(t, err, "people.address.taken"); !fault.Is(err, fault.KindConflict) && fieldsOf(err)[0] != "email" {
			t.Error(err)
		}
		bruno := must[int64](t)(town.Register(ctx, people.Details{}, []people.Contact{{Channel: people.Email, Value: "b@example.org"}}, nil))
		if _, ok, err := town.ByAddress(ctx, people.Email, "b@example.org"); ok || err != nil {
			t.Errorf("an unconfirmed address leads to %v, %v", ok, err)
		}
		// Somebody who proves that an unconfirmed address is hers takes it over.
		a := must[people.Address](t)(town.AddAddress(ctx, anna, email("b@example.org")))
		if got := must[people.Person](t)(town.Get(ctx, bruno)); len(got.Addresses) != 0 {
			t.Errorf("Bruno still has %v", got.Addresses)
		}
		if id, ok, err := town.ByAddress(ctx, people.Email, " B@example.org"); id != anna || !ok || err != nil {
			t.Errorf("the address leads to %d, %v, %v", id, ok, err)
		}
		if err := town.RemoveAddress(ctx, bruno, a.ID); !fault.Is(err, fault.KindNotFound) {
			t.Errorf("Bruno removed Anna's address: %v", err)
		}
		if err := town.RemoveAddress(ctx, anna, a.ID); err != nil {
			t.Error(err)
		}
		town.load(t, "email,mobile,given_name\nanna@example.org,+39 333 7654321,Anna\n", options())
		if got := must[people.Person](t)(town.Get(ctx, anna)); len(got.Addresses) != 1 || got.Name() != "Anna" {
			t.Errorf("she took an address away, and an import gave her one: %+v", got)
		}
		c := must[people.Address](t)(town.AddAddress(ctx, bruno, people.Contact{Channel: people.SMS, Value: "333 1234567"}))
		for range 2 {
			if err := town.ConfirmAddress(ctx, c.Person, c.ID); err != nil {
				t.Error(err)
			}
		}
		wantFault(t, town.ConfirmAddress(ctx, 1, 1), "people.address.unknown")
	})
}

func TestConsentsAreALedger(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		ctx := staff(t)
		id := must[int64](t)(town.Register(ctx, people.Details{Born: people.Birth{Day: 20121231}}, nil, nil))
		grant := people.Grant{Purpose: people.ForNewsletter, TextVersion: "1", Source: "counter", Channel: people.Email, Proof: "form 7"}
		wantFault(t, town.Grant(ctx, id, grant), "people.consent.too_young") // she may still be 13
		if err := town.Update(ctx, id, people.Details{Born: people.Birth{Day: 20121122, Exact: true}}); err != nil {
			t.Fatal(err)
		}
		steps := []func() error{
			func() error { return town.Grant(ctx, id, grant) },
			func() error { return town.Grant(ctx, id, grant) }, // changes nothing
			func() error { return town.Withdraw(ctx, id, people.ForNewsletter, "asked by telephone") },
			func() error { return town.Withdraw(ctx, id, people.ForNewsletter, "again") },     // nothing to withdraw
			func() error { old := grant; old.When = noon(); return town.Grant(ctx, id, old) }, // she withdrew since
			func() error { return town.Grant(ctx, id, grant) },
		}
		for i, step := range steps {
			if err := step(); err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
			town.clock.Advance(time.Hour)
		}
		ledger := must[[]people.Consent](t)(town.Consents(ctx, id))
		if len(ledger) != 2 || !ledger[0].Ended.IsZero() || ledger[1].EndReason != "asked by telephone" || ledger[1].EndedBy != "staff:urp@example.org" ||
			ledger[1].Actor != "staff:urp@example.org" || ledger[1].Proof != "form 7" || !ledger[1].Granted.Equal(noon()) {
			t.Errorf("ledger %+v", ledger)
		}
		// A consent that she was too young to give is void. Correcting a typing error takes nothing away.
		for stands, born := range []people.Day{20200101, 19800101} {
			if err := town.Update(ctx, id, people.Details{Born: people.Birth{Day: born, Exact: true}}); err != nil {
				t.Fatal(err)
			}
			if n := town.standing(t, id); n != stands {
				t.Errorf("born %v: %d consents stand, want %d", born, n, stands)
			}
		}
		grant.When = noon().AddDate(1, 0, 0)
		wantFault(t, town.Grant(ctx, id, grant), "people.consent.future")
		wantFault(t, town.Grant(ctx, id, people.Grant{Purpose: "marketing"}), "people.consent.purpose")
	})
}

func TestConsentTextsAreNeverReworded(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		if texts := must[[]people.ConsentText](t)(town.ConsentTexts(t.Context())); len(texts) != len(people.Purposes()) || texts[0].Version != "1" || texts[1].In("en") == texts[1].In("it") {
			t.Fatalf("texts %+v", texts)
		}
		text := people.ConsentText{Purpose: people.ForNewsletter, Version: "2", IT: "Nuovo", EN: "New"}
		if err := town.AddConsentText(t.Context(), text); err != nil {
			t.Fatal(err)
		}
		wantFault(t, town.AddConsentText(t.Context(), text), "people.consent.text_exists")
		wantFault(t, town.AddConsentText(t.Context(), people.ConsentText{Version: "3"}), "people.consent.text_incomplete")
		if texts := must[[]people.ConsentText](t)(town.ConsentTexts(t.Context())); texts[0].In("it") != "Nuovo" || texts[1].Version != "1" {
			t.Errorf("texts %+v", texts)
		}
	})
}

func TestFind(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		for i, name := range []string{"Niccolò D'Amico", "Nicola Rossi", "Maria Grazia Rossi", "Öğün 100%_sconto", "Łukasz Sørensen-Weiß", "Ilır D’Este"} {
			space := strings.LastIndexByte(name, ' ')
			d := people.Details{Given: name[:space], Family: name[space+1:]}
			must[int64](t)(town.Register(t.Context(), d, []people.Contact{
				email(fmt.Sprintf("Person.%d@example.org", i)), {Channel: people.SMS, Value: fmt.Sprintf("+3933312345%02d", i)},
			}, nil))
		}
		must[int64](t)(town.Register(t.Context(), people.Details{Kind: people.KindOrganisation, Organisation: "Amici del teatro"}, nil, nil))
		for text, want := range map[string]string{
			"niccolo": "Niccolò D'Amico", "D'AMICO nic": "Niccolò D'Amico", "ros": "Maria Grazia Rossi|Nicola Rossi",
			"rossi nic": "Nicola Rossi", "grazia": "Maria Grazia Rossi", "teatro": "Amici del teatro", "amici": "Amici del teatro",
			"person.1@": "Nicola Rossi", "PERSON.2@example.org": "Maria Grazia Rossi", "333 1234500": "Niccolò D'Amico",
			"1234502": "Maria Grazia Rossi", "ogun": "Öğün 100%_sconto", "100%": "Öğün 100%_sconto", "1%": "", "_": "", "%": "", "": "", "'": "", "zz@": "", "person_1@": "",
			"d’amico": "Niccolò D'Amico", "damico": "Niccolò D'Amico", "amico": "Niccolò D'Amico", "niccolo'": "Niccolò D'Amico", "D`Amico, Niccolò": "Niccolò D'Amico",
			"rossi, maria": "Maria Grazia Rossi", "Maria Rossi": "Maria Grazia Rossi", "lukasz": "Łukasz Sørensen-Weiß", "weiss": "Łukasz Sørensen-Weiß",
			"sorensen, lukasz": "Łukasz Sørensen-Weiß", "SØRENSEN WEIß": "Łukasz Sørensen-Weiß", "d'este ilir": "Ilır D’Este", "deste": "Ilır D’Este",
		} {
			found := must[people.Found](t)(town.Find(t.Context(), text, 1))
			var names []string
			for _, p := range found.People {
				names = append(names, p.Name())
			}
			if got := strings.Join(names, "|"); got != want || found.More {
				t.Errorf("%q finds %q; want %q", text, got, want)
			}
		}
		if p := must[people.Found](t)(town.Find(t.Context(), "niccolo", 1)).People[0]; len(p.Addresses) != 2 {
			t.Errorf("found without addresses: %+v", p)
		}
	})
}

// Names that an older version folded differently are found again after one RefreshSearch.
func TestRefreshSearchFoldsOldNamesAnew(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		const many = 510 // more than one transaction reads
		for i := range many {
			must[int64](t)(town.Register(t.Context(), people.Details{Given: "Łukasz", Family: fmt.Sprint("D’Este ", i)}, nil, nil))
		}
		arab := must[int64](t)(town.Register(t.Context(), people.Details{Given: "محمد"}, nil, nil))
		if _, err := town.db.ExecContext(t.Context(), "UPDATE people_person SET search = 'd’este łukasz', search_given = 'łukasz d’este' WHERE id <> $1", arab); err != nil {
			t.Fatal(err)
		}
		if n := len(must[people.Found](t)(town.Find(t.Context(), "d'este", 1)).People); n != 0 {
			t.Fatalf("%d are found before", n)
		}
		for _, want := range []int64{many, 0} {
			if n := must[int64](t)(town.RefreshSearch(t.Context())); n != want {
				t.Errorf("%d are folded anew; want %d", n, want)
			}
		}
		if found := must[people.Found](t)(town.Find(t.Context(), "lukasz 509", 1)).People; len(found) != 1 {
			t.Errorf("found %+v", found)
		}
	})
}

func TestFindTurnsPages(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		town.load(t, generated(130), people.ImportOptions{})
		seen := map[int64]bool{}
		for page := 1; page <= 3; page++ {
			found := must[people.Found](t)(town.Find(t.Context(), "rossi", page))
			if found.More != (page < 3) {
				t.Errorf("page %d: %d people, more %v", page, len(found.People), found.More)
			}
			for _, p := range found.People {
				seen[p.ID] = true
			}
		}
		if len(seen) != 129 {
			t.Errorf("%d people on three pages; want 129, each once", len(seen))
		}
	})
}

func TestExportTellsEverythingAndEraseLeavesNothing(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		town.load(t, full+"other@example.org;;Altra;;;;;;;;;;2024-05-01;modulo\n", people.ImportOptions{})
		anna := town.holder(t, "anna.verdi@example.org")
		must[people.Pending](t)(town.SignUp(t.Context(), people.Draft{Address: "anna.verdi@example.org", Profile: true, Details: people.Details{Given: "Nina"}}))
		must[people.Pending](t)(town.AskAddress(t.Context(), anna.ID, people.Email, "nuova@example.org"))
		text := string(must[[]byte](t)(json.Marshal(must[map[string]any](t)(town.Export(access.With(t.Context(), access.Actor{Kind: access.PersonAct, ID: anna.ID}), anna.ID)))))
		for _, part := range []string{"Verdi", "1980", "centro-storico", "genitore", "teatro", "+393331234567", "Anna.Verdi@Example.org", "modulo cartaceo", "CSV:2", "scuola", "nuova@example.org", "Nina"} {
			if !strings.Contains(text, part) {
				t.Errorf("the export lacks %q: %s", part, text)
			}
		}
		if err := town.Erase(t.Context(), anna.ID); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"people_person", "people_address", "people_who", "people_wants", "people_consent", "people_signup", "letters_subscription"} {
			want := int64(0)
			if slices.Contains([]string{"people_person", "people_address", "people_consent"}, table) {
				want = 1 // somebody else's row
			}
			if n := town.count(t, table); n != want {
				t.Errorf("%d rows left in %s; want %d", n, table, want)
			}
		}
		wantFault(t, town.Erase(t.Context(), anna.ID), "people.person.unknown")
	})
}

// forgetful is a room whose Forget fails.
type forgetful struct{ *letters }

var errStuck = errors.New("stuck")

func (forgetful) Forget(context.Context, *storage.Tx, int64) error { return errStuck }

func TestEraseIsWholeOrNot(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		town.load(t, full, people.ImportOptions{})
		anna := town.holder(t, "anna.verdi@example.org")
		town.Plug(forgetful{town.letters})
		if err := town.Erase(t.Context(), anna.ID); !errors.Is(err, errStuck) {
			t.Fatal(err)
		}
		if after := town.holder(t, "anna.verdi@example.org"); fmt.Sprint(after.Details) != fmt.Sprint(anna.Details) {
			t.Errorf("half erased: %+v", after)
		}
	})
}

// A transaction about a person who is being erased either runs before, and its rows are erased too, or finds nobody.
func TestNothingIsWrittenOfSomebodyErased(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		for range 5 {
			id := must[int64](t)(town.Register(t.Context(), people.Details{}, []people.Contact{email("a@example.org")}, nil))
			var group sync.WaitGroup
			group.Go(func() {
				if err := town.Erase(t.Context(), id); err != nil {
					t.Errorf("erase: %v", err)
				}
			})
			for _, purpose := range people.Purposes() {
				group.Go(func() {
					if err := town.Grant(t.Context(), id, people.Grant{Purpose: purpose}); err != nil && !fault.Is(err, fault.KindNotFound) {
						t.Errorf("grant: %v", err)
					}
				})
			}
			group.Go(func() {
				if err := town.Update(t.Context(), id, people.Details{Wants: []string{"teatro"}}); err != nil && !fault.Is(err, fault.KindNotFound) {
					t.Errorf("update: %v", err)
				}
			})
			group.Wait()
			if n := town.count(t, "people_consent") + town.count(t, "people_wants") + town.count(t, "people_address"); n != 0 {
				t.Fatalf("%d rows of somebody erased", n)
			}
		}
	})
}
