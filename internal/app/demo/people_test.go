package demo_test

import (
	"bytes"
	"encoding/csv"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nyaruka/phonenumbers"

	"unoxuno/internal/app/demo"
)

func today() time.Time { return time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC) }

// population is made once, since it takes a second.
var population = sync.OnceValue(func() []demo.Row {
	return slices.Collect(demo.People(demo.Seed, demo.Population, today()))
})

// reserved are the domains that nobody can ever register (RFC 2606, RFC 6761).
var reserved = regexp.MustCompile(`(^|[.@/])(example\.(com|org|net)|[a-z0-9-]+\.(example|test|invalid))$`)

func TestPeopleAreTheSameEveryTime(t *testing.T) {
	first := slices.Collect(demo.People(demo.Seed, 500, today()))
	if diff := cmp.Diff(first, slices.Collect(demo.People(demo.Seed, 500, today().Add(6*time.Hour)))); diff != "" {
		t.Errorf("same seed and day, other people:\n%s", diff)
	}
	if cmp.Equal(first, slices.Collect(demo.People(demo.Seed+1, 500, today()))) {
		t.Error("another seed gave the same people")
	}
}

func TestPeopleAreAsManyAndWhereTheyShould(t *testing.T) {
	people := population()
	if len(people) != 37_500 {
		t.Fatalf("%d people", len(people))
	}
	outside := 0
	for _, p := range people {
		if p.Place == "fuori-comune" {
			outside++
		}
	}
	if part := float64(outside) / float64(len(people)); math.Abs(part-0.2) > 0.01 {
		t.Errorf("%.3f of people live outside, want a fifth", part)
	}
}

func TestPeopleCarryOnlyWhatTheTownHas(t *testing.T) {
	town := declared(t)
	categories, topics, places := town.vocabulary(t)
	newsletters := town.newsletterSlugs()
	carriers := map[string]map[string]int{}
	carry := func(what string, slugs ...string) {
		if carriers[what] == nil {
			carriers[what] = map[string]int{}
		}
		for _, slug := range slugs {
			carriers[what][slug]++
		}
	}
	for _, p := range population() {
		carry("who", p.Who...)
		carry("wants", p.Wants...)
		carry("place", p.Place)
		carry("newsletters", p.Newsletters...)
	}
	for what, exists := range map[string][]string{"who": categories, "wants": topics, "place": places, "newsletters": newsletters} {
		for slug, n := range carriers[what] {
			if !slices.Contains(exists, slug) {
				t.Errorf("%d people carry %s %q, which does not exist", n, what, slug)
			}
		}
		for _, slug := range exists {
			if what != "wants" && carriers[what][slug] == 0 {
				t.Errorf("nobody carries %s %q", what, slug)
			}
		}
	}
}

func TestNobodyRealCanBeReached(t *testing.T) {
	block := regexp.MustCompile(`^\+393100\d{6}$`)
	seen := map[string]bool{}
	for _, p := range population() {
		if p.Email == "" && p.Mobile == "" {
			t.Fatalf("%s %s has no address", p.GivenName, p.FamilyName)
		}
		for _, address := range []string{p.Email, p.Mobile} {
			if address != "" && seen[address] {
				t.Fatalf("two people have %s", address)
			}
			seen[address] = true
		}
		if p.Email != "" && !reserved.MatchString(p.Email) {
			t.Fatalf("%s is not under a reserved domain", p.Email)
		}
		if p.Mobile != "" && !block.MatchString(p.Mobile) {
			t.Fatalf("%s is not in the block that no operator holds", p.Mobile)
		}
	}
	for _, ends := range []string{"000000", "499999", "999999"} {
		checkMobile(t, "+393100"+ends)
	}
	for _, account := range demo.Staff() {
		if !reserved.MatchString(account.Email) {
			t.Errorf("%s is not under a reserved domain", account.Email)
		}
	}
}

// checkMobile wants a number that passes for an Italian mobile one and belongs to no operator.
func checkMobile(t *testing.T, number string) {
	t.Helper()
	n, err := phonenumbers.Parse(number, "")
	if err != nil {
		t.Fatalf("%s: %v", number, err)
	}
	if phonenumbers.Format(n, phonenumbers.E164) != number || phonenumbers.GetRegionCodeForNumber(n) != "IT" ||
		phonenumbers.GetNumberType(n) != phonenumbers.MOBILE {
		t.Fatalf("%s is no Italian mobile number in E.164", number)
	}
	if operator, _ := phonenumbers.GetCarrierForNumber(n, "en"); operator != "" {
		t.Fatalf("%s may be a real number, of %s", number, operator)
	}
}

func TestConsentsAreOldEnoughAndComplete(t *testing.T) {
	for _, p := range population() {
		given, err := time.Parse(time.DateOnly, p.ConsentDate)
		if err != nil || !given.Before(today()) || p.ConsentSource == "" || len(p.Consents) == 0 {
			t.Fatalf("consent of %s %s: %q from %q for %v", p.GivenName, p.FamilyName, p.ConsentDate, p.ConsentSource, p.Consents)
		}
		if slices.Contains(p.Consents, "newsletter") != (len(p.Newsletters) > 0) {
			t.Fatalf("consents %v do not fit newsletters %v", p.Consents, p.Newsletters)
		}
		if len(p.BirthDate) == len(time.DateOnly) {
			born, err := time.Parse(time.DateOnly, p.BirthDate)
			if err != nil || born.AddDate(14, 0, 0).After(today()) {
				t.Fatalf("%s %s was born on %q", p.GivenName, p.FamilyName, p.BirthDate)
			}
		}
	}
}

func TestWriteCSV(t *testing.T) {
	var out bytes.Buffer
	if err := demo.WriteCSV(&out, demo.People(demo.Seed, 50, today())); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	const columns = "email,mobile,given_name,family_name,birth_date,place,language,who,wants,newsletters,consents,channel,consent_date,consent_source"
	if got := strings.Join(records[0], ","); got != columns {
		t.Errorf("columns are %s", got)
	}
	if len(records) != 51 {
		t.Errorf("%d lines", len(records))
	}
	for i, p := range slices.Collect(demo.People(demo.Seed, 50, today())) {
		if got := records[i+1]; got[0] != p.Email || got[8] != strings.Join(p.Wants, "|") || got[13] != p.ConsentSource {
			t.Errorf("line %d is %v, want %+v", i+2, got, p)
		}
	}
}
