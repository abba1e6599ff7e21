package people_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// writtenTo returns the addresses that the person is written to, by mail and then by text message. Other rooms and her
// own page must agree on them.
func (town town) writtenTo(t *testing.T, person int64) string {
	t.Helper()
	rows, err := town.db.QueryContext(t.Context(), "SELECT value FROM people_preferred WHERE person_id = $1 ORDER BY channel", person)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var values []string
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	var shown []string
	for _, a := range must[people.Person](t)(town.Get(t.Context(), person)).Addresses {
		if a.Preferred {
			shown = append(shown, a.Value)
		}
	}
	if !slices.Equal(values, shown) {
		t.Errorf("rooms read %v, she is shown %v", values, shown)
	}
	return strings.Join(values, " ")
}

func (town town) reachableAt(t *testing.T, person int64) string {
	t.Helper()
	var all []string
	for _, a := range must[people.Person](t)(town.Get(t.Context(), person)).Addresses {
		if !a.Verified.IsZero() {
			all = append(all, a.Value)
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func (town town) wantReach(t *testing.T, person int64, writtenTo, all string) {
	t.Helper()
	if at, can := town.writtenTo(t, person), town.reachableAt(t, person); at != writtenTo || can != all {
		t.Errorf("written to at %q of %q; want %q of %q", at, can, writtenTo, all)
	}
}

func TestAChangeOfAddressChangesIt(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		anna := must[int64](t)(town.Register(staff(t), people.Details{Language: "en"}, []people.Contact{email("old@example.org"), {Channel: people.SMS, Value: "333 1234567", Verified: true}}, nil))
		var told []string
		town.PlugAddressAdded(func(_ context.Context, _ *storage.Tx, n people.NewAddress) error {
			before := ""
			for _, a := range n.Before {
				before += " " + a.Value
			}
			told = append(told, fmt.Sprint(n.Added.Value, " ", n.Replaced, before, " ", n.Language))
			return nil
		})
		ask := func(change bool, value string) people.Pending {
			if change {
				return must[people.Pending](t)(town.AskChange(self(t, anna), anna, people.Email, value))
			}
			return must[people.Pending](t)(town.AskAddress(self(t, anna), anna, people.Email, value))
		}
		confirm := func(p people.Pending) { must[people.Confirmation](t)(town.ConfirmSignUp(t.Context(), p.ID)) }

		waiting := ask(true, "new@example.org")
		town.wantReach(t, anna, "old@example.org +393331234567", "+393331234567 old@example.org") // not before it is confirmed
		confirm(waiting)
		town.wantReach(t, anna, "new@example.org +393331234567", "+393331234567 new@example.org")

		confirm(ask(false, "both@example.org")) // she keeps both, and the preferred one stays
		town.wantReach(t, anna, "new@example.org +393331234567", "+393331234567 both@example.org new@example.org")

		// The last change that she asked for counts; the other link is invalid.
		first, second := ask(true, "first@example.org"), ask(true, "second@example.org")
		_, err := town.ConfirmSignUp(t.Context(), first.ID)
		wantFault(t, err, "people.signup.gone")
		confirm(second)
		town.wantReach(t, anna, "second@example.org +393331234567", "+393331234567 both@example.org second@example.org")

		expired := ask(true, "late@example.org")
		town.clock.Advance(49 * time.Hour)
		_, err = town.ConfirmSignUp(t.Context(), expired.ID)
		wantFault(t, err, "people.signup.gone")

		confirm(ask(true, "both@example.org")) // a change to an address that she has already
		town.wantReach(t, anna, "both@example.org +393331234567", "+393331234567 both@example.org")
		want := []string{
			"new@example.org true old@example.org +393331234567 en", "both@example.org false new@example.org +393331234567 en",
			"second@example.org true new@example.org both@example.org +393331234567 en", "both@example.org true second@example.org +393331234567 en",
		}
		if !slices.Equal(told, want) {
			t.Errorf("told\n%s\nwant\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
		}
		town.load(t, "email,given_name\nboth@example.org,Anna\n", options())
		town.wantReach(t, anna, "both@example.org +393331234567", "+393331234567 both@example.org")
	})
}

// In a household an address may belong to somebody else. A change to it is refused, and she loses nothing.
func TestAnAddressOfSomebodyElseTakesNoPlace(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		anna := must[int64](t)(town.Register(staff(t), people.Details{}, []people.Contact{email("anna@example.org")}, nil))
		bruno := must[int64](t)(town.Register(staff(t), people.Details{}, []people.Contact{email("famiglia@example.org")}, nil))
		p := must[people.Pending](t)(town.AskChange(self(t, anna), anna, people.Email, "famiglia@example.org"))
		_, err := town.ConfirmSignUp(t.Context(), p.ID)
		wantFault(t, err, "people.address.taken")
		town.wantReach(t, anna, "anna@example.org", "anna@example.org")
		town.wantReach(t, bruno, "famiglia@example.org", "famiglia@example.org")
	})
}

func TestThePreferredAddressIsChosenAndRemoved(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		ctx := staff(t)
		anna := must[int64](t)(town.Register(ctx, people.Details{}, []people.Contact{
			{Channel: people.Email, Value: "unproven@example.org"}, email("one@example.org"), email("two@example.org"), email("three@example.org"),
		}, nil))
		all := "one@example.org three@example.org two@example.org"
		town.wantReach(t, anna, "one@example.org", all)
		ids := map[string]int64{}
		for _, a := range must[people.Person](t)(town.Get(ctx, anna)).Addresses {
			ids[a.Value] = a.ID
		}
		// An address that is confirmed later does not take over, even if it was added first.
		if err := town.ConfirmAddress(ctx, anna, ids["unproven@example.org"]); err != nil {
			t.Fatal(err)
		}
		all += " unproven@example.org"
		town.wantReach(t, anna, "one@example.org", all)
		for _, value := range []string{"three@example.org", "two@example.org"} {
			if err := town.PreferAddress(ctx, anna, ids[value]); err != nil {
				t.Fatal(err)
			}
			town.wantReach(t, anna, value, all)
		}
		if err := town.RemoveAddress(ctx, anna, ids["two@example.org"]); err != nil {
			t.Fatal(err)
		}
		town.wantReach(t, anna, "three@example.org", "one@example.org three@example.org unproven@example.org")
		wantFault(t, town.PreferAddress(ctx, anna, ids["two@example.org"]), "people.address.unknown")

		// Whatever happens at once, one address is left and one is preferred.
		atOnce(6, func() {
			if err := town.PreferAddress(ctx, anna, ids["one@example.org"]); err != nil {
				t.Error(err)
			}
			if err := town.PreferAddress(ctx, anna, ids["three@example.org"]); err != nil {
				t.Error(err)
			}
		})
		if at := town.writtenTo(t, anna); at != "one@example.org" && at != "three@example.org" {
			t.Errorf("written to at %q", at)
		}
		a := must[people.Address](t)(town.AddAddress(ctx, anna, people.Contact{Channel: people.Email, Value: "desk@example.org", Verified: true, Replaces: ids["one@example.org"]}))
		town.wantReach(t, anna, "desk@example.org", "desk@example.org three@example.org unproven@example.org")
		if a.Verified.IsZero() {
			t.Error("not confirmed")
		}
	})
}

// She confirms one change while she asks for another: one of the two takes effect, and the replaced address is gone.
func TestTwoChangesAtOnce(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		for n := range 12 {
			old := fmt.Sprintf("old%d@example.org", n)
			anna := must[int64](t)(town.Register(staff(t), people.Details{}, []people.Contact{email(old)}, nil))
			first := must[people.Pending](t)(town.AskChange(self(t, anna), anna, people.Email, fmt.Sprintf("first%d@example.org", n)))
			turn := make(chan int, 2)
			turn <- 0
			turn <- 1
			atOnce(2, func() {
				if <-turn == 0 {
					_, _ = town.ConfirmSignUp(t.Context(), first.ID) // it may be gone
					return
				}
				p := must[people.Pending](t)(town.AskChange(self(t, anna), anna, people.Email, fmt.Sprintf("second%d@example.org", n)))
				must[people.Confirmation](t)(town.ConfirmSignUp(t.Context(), p.ID))
			})
			if all := town.reachableAt(t, anna); strings.Contains(all, " ") && strings.Contains(all, "old") || !strings.Contains(all, "second") {
				t.Errorf("she is reached at %s", all)
			}
		}
	})
}
