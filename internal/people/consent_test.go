package people_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// A room that stores data on the basis of a consent is told when the consent ends, and may refuse.
func TestTheEndOfAConsentIsTold(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		id := must[int64](t)(town.Register(t.Context(), people.Details{}, nil, []people.Grant{{Purpose: people.ForReading, Source: "test"}}))
		var told []people.Purpose
		refuses := errStuck
		town.PlugWithdrawn(func(_ context.Context, _ *storage.Tx, person int64, purpose people.Purpose) error {
			if person == id {
				told = append(told, purpose)
			}
			return refuses
		})
		withdraw := func(purpose people.Purpose) error { return town.Withdraw(t.Context(), id, purpose, "test") }
		standing := func() int { return int(town.count(t, "people_consent WHERE ended_at = 0")) }
		if err := withdraw(people.ForReading); !errors.Is(err, errStuck) || standing() != 1 {
			t.Errorf("the consent ended although the room refused: %v, %d stand", err, standing())
		}
		refuses = nil
		for _, purpose := range []people.Purpose{people.ForReading, people.ForReading, people.ForProfile} { // only the first has effect
			if err := withdraw(purpose); err != nil {
				t.Error(err)
			}
		}
		if !slices.Equal(told, []people.Purpose{people.ForReading, people.ForReading}) || standing() != 0 {
			t.Errorf("Withdrawn called for %v; %d stand", told, standing())
		}
	})
}

// An import treats each purpose separately: it grants only what a row names, and never renews a withdrawn consent.
func TestImportKeepsPurposesApart(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		file := func(day string) string {
			return "email,consents,consent_date,consent_source\n" +
				"a@example.org,newsletter|Reading," + day + ",modulo\n" +
				"b@example.org,lettura|profilo," + day + ",modulo\n" +
				"c@example.org,," + day + ",modulo\n"
		}
		standing := func(address string) string {
			id := town.holder(t, address).ID
			var list []people.Purpose
			for _, c := range must[[]people.Consent](t)(town.Consents(t.Context(), id)) {
				if c.Ended.IsZero() {
					list = append(list, c.Purpose)
				}
			}
			slices.Sort(list)
			return fmt.Sprint(list)
		}
		for range 2 {
			if r := town.load(t, file("2025-05-01"), people.ImportOptions{}); r.Rejected != 0 {
				t.Fatalf("%+v", r)
			}
			for address, want := range map[string]string{
				"a@example.org": "[newsletter reading]", "b@example.org": "[profile reading]", "c@example.org": "[newsletter]",
			} {
				if got := standing(address); got != want {
					t.Errorf("%s: %s; want %s", address, got, want)
				}
			}
		}
		if err := town.Withdraw(t.Context(), town.holder(t, "b@example.org").ID, people.ForReading, "test"); err != nil {
			t.Fatal(err)
		}
		town.load(t, file("2025-06-01"), people.ImportOptions{})
		if got := standing("b@example.org"); got != "[profile]" {
			t.Errorf("after a later file with an older consent: %s", got)
		}
	})
}
