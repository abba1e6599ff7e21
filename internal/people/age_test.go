package people_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/fault"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

func day(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t.Add(12 * time.Hour)
}

// standing returns how many consents of the person count. The view that sending uses and the ledger must agree.
func (town town) standing(t *testing.T, person int64) (n int) {
	t.Helper()
	ledger := must[[]people.Consent](t)(town.Consents(t.Context(), person))
	for _, c := range ledger {
		if c.Stands() {
			n++
		}
	}
	var view int
	if err := town.db.QueryRowContext(t.Context(), "SELECT count(*) FROM people_consenting WHERE person_id = $1", person).Scan(&view); err != nil {
		t.Fatal(err)
	}
	if view != n {
		t.Errorf("%d consents stand by the ledger, %d by the view", n, view)
	}
	return n
}

// A consent is judged by the age on the day it was given: one given at seven is void, whatever her age is today.
func TestAgeIsJudgedOnTheDayOfTheConsent(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		ctx := staff(t)
		grown := must[int64](t)(town.Register(ctx, people.Details{Given: "Eva", Born: must[people.Birth](t)(people.ParseBirth("2012-01-01"))}, nil, nil))
		atSeven := people.Grant{Purpose: people.ForNewsletter, Source: "paper", When: day("2019-06-01")}
		wantFault(t, town.Grant(ctx, grown, atSeven), "people.consent.too_young")
		wantFault(t, town.Grant(ctx, grown, people.Grant{Purpose: people.ForProfile, When: day("2025-12-31")}), "people.consent.too_young")
		if err := town.Grant(ctx, grown, people.Grant{Purpose: people.ForProfile, Source: "paper", When: day("2026-01-01")}); err != nil {
			t.Fatal(err)
		}

		// A parent's consent counts, and still counts later.
		atSeven.Parent, atSeven.Proof = "Maria Rossi, madre", "modulo 7"
		if err := town.Grant(ctx, grown, atSeven); err != nil {
			t.Fatal(err)
		}
		if n := town.standing(t, grown); n != 2 {
			t.Errorf("%d consents stand", n)
		}
		wantFault(t, town.Grant(ctx, grown, people.Grant{Purpose: people.ForReading, When: day("2026-06-01"), Parent: "Maria Rossi, madre"}),
			"people.consent.parent_not_needed")

		// If only the year is known, its last day counts.
		year := must[int64](t)(town.Register(ctx, people.Details{Given: "Ida", Born: must[people.Birth](t)(people.ParseBirth("2012"))}, nil, nil))
		wantFault(t, town.Grant(ctx, year, people.Grant{Purpose: people.ForProfile}), "people.consent.too_young")
	})
}

// Consents are judged again when a birth date is added or corrected. Correcting a typing error takes nothing away.
func TestACorrectedBirthDateJudgesAnew(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		ctx := staff(t)
		var gone []people.Purpose
		town.PlugWithdrawn(func(_ context.Context, _ *storage.Tx, _ int64, purpose people.Purpose) error {
			gone = append(gone, purpose)
			return nil
		})
		p := must[int64](t)(town.Register(ctx, people.Details{Given: "Eva"}, []people.Contact{email("eva@example.org")}, []people.Grant{
			{Purpose: people.ForNewsletter, When: day("2019-06-01")}, {Purpose: people.ForReading, When: day("2026-06-01")},
		}))
		born := func(text string) {
			t.Helper()
			if err := town.Update(ctx, p, people.Details{Given: "Eva", Born: must[people.Birth](t)(people.ParseBirth(text))}); err != nil {
				t.Fatal(err)
			}
		}
		for _, step := range []struct {
			born   string
			stands int
		}{{"", 2}, {"2012-01-01", 1}, {"2014-01-01", 0}, {"1980-01-01", 2}, {"2014-01-01", 0}} {
			born(step.born)
			if n := town.standing(t, p); n != step.stands {
				t.Errorf("born %q: %d consents stand, want %d", step.born, n, step.stands)
			}
		}
		if len(gone) != 4 {
			t.Errorf("Withdrawn called for %v", gone)
		}

		// A void consent makes room for a parent's.
		if err := town.Grant(ctx, p, people.Grant{Purpose: people.ForNewsletter, Parent: "Maria Rossi, madre", Proof: "modulo 8"}); err != nil {
			t.Fatal(err)
		}
		if n := town.standing(t, p); n != 1 {
			t.Errorf("with a parent's consent %d consents stand", n)
		}
	})
}

func TestAnImportedConsentOfAChildIsRejected(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		file := "email,birth_date,consent_date,consent_source\n" +
			"sette@example.org,2012-01-01,2019-06-01,modulo\n" + "quattordici@example.org,2012-01-01,2026-01-01,modulo\n"
		result := must[people.ImportResult](t)(town.Import(t.Context(), strings.NewReader(file), people.ImportOptions{}))
		if result.Created != 1 || result.Rejected != 1 || result.Rejects[0].Line != 2 || result.Rejects[0].Column != "birth_date" {
			t.Errorf("%+v", result)
		}
	})
}

// A consent that is given while the birth date is corrected to a child's stands neither way: it is refused, or void.
func TestAConsentBesideACorrectedBirthDateIsJudgedByIt(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		ctx := staff(t)
		child := people.Details{Given: "Eva", Born: must[people.Birth](t)(people.ParseBirth("2019-01-01"))}
		for range storagetest.Size(60, 400) {
			eva := must[int64](t)(town.Register(ctx, people.Details{Given: "Eva"}, nil, nil))
			came := storagetest.Together(t,
				func() error {
					return town.Grant(ctx, eva, people.Grant{Purpose: people.ForNewsletter, Source: "paper"})
				},
				func() error { return town.Update(ctx, eva, child) },
			)
			if came[0] != nil && !fault.HasKey(came[0], "people.consent.too_young") || came[1] != nil {
				t.Fatal(came)
			}
			if n := town.standing(t, eva); n != 0 {
				t.Errorf("%d consents of a child stand", n)
			}
		}
	})
}
