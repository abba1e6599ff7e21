package people_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

// vocabulary returns the town's words, read from a database once.
func vocabulary(t testing.TB) people.Vocabulary {
	t.Helper()
	return must[people.Vocabulary](t)(newTown(t, storagetest.Open(t, storage.SQLite, schemas()...)).Vocabulary(t.Context()))
}

func TestAudienceHasOneForm(t *testing.T) {
	v := vocabulary(t)
	for text, want := range map[string]string{
		"":                          "",
		"  \n":                      "",
		`"genitore" in who`:         `"genitore" in who`,
		`'Genitore' in who`:         `"genitore" in who`,
		`"Theatre" in wants`:        `"teatro" in wants`,
		`"sms" not in channels`:     `not ("sms" in channels)`,
		`"scuola" in subscribed`:    `"scuola" in subscribed`,
		`18 <= age`:                 `age >= 18`,
		`14 <= age < 30`:            `age >= 14 and age < 30`,
		`age in 14..29`:             `age >= 14 and age <= 29`,
		`age in [18]`:               `age == 18`,
		`age in [18, 19]`:           `age == 18 or age == 19`,
		`"Centro storico" == place`: `place == "centro-storico"`,
		`place in ["San Lazzaro", "centro-storico", "san-lazzaro"]`: `place in ["centro-storico", "san-lazzaro"]`,
		`place in ["san-lazzaro"]`:                                  `place == "san-lazzaro"`,
		`since < "2026-01-01"`:                                      `since < "2026-01-01"`,
		`language != "EN"`:                                          `language != "en"`,
		`kind == "organisation"`:                                    `kind == "organisation"`,
		`not not (age > 3)`:                                         `not (not (age > 3))`,
		`age > 1 and (age > 2 and (age > 3 || age > 4))`:            `age > 1 and age > 2 and (age > 3 or age > 4)`,
		`age > 1 or age > 2 and !(age > 3)`:                         `age > 1 or age > 2 and not (age > 3)`,
		`"genitore" in who and "teatro" in wants and not (place == "fuori-comune") and age >= 18`: `"genitore" in who and "teatro" in wants and not (place == "fuori-comune") and age >= 18`,
	} {
		a, err := people.ParseAudience(text, v)
		if err != nil || a.String() != want {
			t.Errorf("%s\n got %s, %v\nwant %s", text, a, err, want)
		}
		if a.Everybody() != (want == "") || a.UsesSubscriptions() != strings.Contains(want, "subscribed") {
			t.Errorf("%s: everybody %v, subscriptions %v", text, a.Everybody(), a.UsesSubscriptions())
		}
	}
}

type audienceFault struct {
	text, key string
	column    int
	near      string
}

func audienceFaults() []audienceFault {
	return []audienceFault{
		{`"genitor" in who`, "word_near", 1, "genitore"},
		{`age > 3 and "xyzxyzxyz" in who`, "word", 13, ""},
		{`place == "centro-storco"`, "word_near", 10, "centro-storico"},
		{`"scuole" in subscribed`, "word_near", 1, "scuola"},
		{`language == "fr"`, "word", 13, ""},
		{`kind == "persona"`, "word_near", 9, "person"},
		{`whi == 3`, "fact_near", 1, "who"},
		{`"genitore" in whoo`, "fact_near", 15, "who"},
		{`reddito > 3`, "fact", 1, ""},
		{`who`, "bare", 1, ""},
		{`"genitore"`, "bare_word", 1, ""},
		{`place == centro`, "quotes", 10, ""},
		{`place == 3`, "needs_text", 10, ""},
		{`age == "18"`, "needs_number", 8, ""},
		{`age > 18.5`, "needs_number", 7, ""},
		{`age > 200`, "age_bounds", 7, ""},
		{`age in 30..14`, "range", 10, ""},
		{`age in "x"`, "needs_range", 8, ""},
		{`since > 2026`, "needs_date", 9, ""},
		{`since > "01/02/2026"`, "needs_date", 9, ""},
		{`since > "2026-02-30"`, "needs_date", 9, ""},
		{`since in ["2026-01-01"]`, "since_in", 7, ""},
		{`who == "genitore"`, "list_compared", 1, ""},
		{`who in ["genitore"]`, "list_left", 1, ""},
		{`"centro-storico" in place`, "not_list", 21, ""},
		{`place in "centro-storico"`, "needs_list", 10, ""},
		{`place in []`, "needs_list", 10, ""},
		{`place < "centro-storico"`, "order", 7, ""},
		{`3 == 3`, "no_fact", 3, ""},
		{`age == age`, "no_fact", 5, ""},
		{`3 in [3]`, "in_left", 1, ""},
		{`age > 1 and`, "unfinished", 0, ""},
		{`(age > 1`, "unfinished", 0, ""},
		{`age > 1 )`, "syntax", 9, ""},
		{`age ! 1`, "syntax", 5, ""},
		{`len(who) > 1`, "no_fact", 10, ""},
		{`age + 1 > 3`, "no_fact", 9, ""},
		{`true`, "unsupported", 1, ""},
		{`age > 1 ? true : false`, "unsupported", 0, ""},
		{`any(who, {# == "x"})`, "unsupported", 1, ""},
		{`let x = 1; age > x`, "unsupported", 0, ""},
		{strings.Repeat("not ", 60) + `(age > 1)`, "too_complex", 0, ""},
		{`age > 1` + strings.Repeat(" or age > 1", 300), "too_complex", 0, ""},
		{strings.Repeat("a", 5000), "too_long", 0, ""},
		{"age > \xff", "too_long", 0, ""},
	}
}

func TestAudienceFaultsSayWhatAndWhere(t *testing.T) {
	v := vocabulary(t)
	for _, c := range audienceFaults() {
		_, err := people.ParseAudience(c.text, v)
		f := fault.List(err)
		if len(f) != 1 || f[0].Key != "people.audience."+c.key || f[0].Field != "audience" {
			t.Errorf("%.80s: %v; want %s", c.text, err, c.key)
			continue
		}
		if c.column != 0 && f[0].Args["Column"] != c.column || c.near != "" && f[0].Args["Near"] != c.near {
			t.Errorf("%s: %v; want column %d, near %q", c.text, err, c.column, c.near)
		}
	}
}

func TestNotIsReadAsPeopleReadIt(t *testing.T) {
	v := vocabulary(t)
	for text, same := range map[string]string{
		`not "genitore" in who`:                  `not ("genitore" in who)`,
		`age > 1 and not "genitore" in who`:      `age > 1 and not ("genitore" in who)`,
		`not age > 1 or place == "fuori-comune"`: `not (age > 1) or place == "fuori-comune"`,
		`"genitore" not in who`:                  `not ("genitore" in who)`,
	} {
		a, err1 := people.ParseAudience(text, v)
		b, err2 := people.ParseAudience(same, v)
		if err1 != nil || err2 != nil || a.String() != b.String() {
			t.Errorf("%s: %v, %v: read as %s", text, err1, err2, a)
		}
	}
}

// expressions generates random audiences in the town's words.
func expressions() *rapid.Generator[string] {
	quoted := func(words ...string) *rapid.Generator[string] {
		return rapid.Map(rapid.SampledFrom(words), func(w string) string { return fmt.Sprintf("%q", w) })
	}
	sign := rapid.SampledFrom([]string{"==", "!=", "<", "<=", ">", ">="})
	equal := rapid.SampledFrom([]string{"==", "!="})
	within := rapid.SampledFrom([]string{"in", "not in"})
	places := quoted("centro-storico", "san-lazzaro", "fuori-comune")
	leaf := rapid.Custom(func(t *rapid.T) string {
		switch rapid.IntRange(0, 9).Draw(t, "leaf") {
		case 0:
			return quoted("genitore", "turista", "pendolare").Draw(t, "word") + " " + within.Draw(t, "in") + " who"
		case 1:
			return quoted("teatro", "biblioteca").Draw(t, "word") + " " + within.Draw(t, "in") + " wants"
		case 2:
			return quoted("email", "sms").Draw(t, "word") + " " + within.Draw(t, "in") + " channels"
		case 3:
			return quoted("scuola", "gli-appuntamenti").Draw(t, "word") + " " + within.Draw(t, "in") + " subscribed"
		case 4:
			return "place " + equal.Draw(t, "sign") + " " + places.Draw(t, "place")
		case 5:
			return "place " + within.Draw(t, "in") + " [" + places.Draw(t, "place") + ", " + places.Draw(t, "other") + "]"
		case 6:
			return "language " + equal.Draw(t, "sign") + " " + quoted("it", "en").Draw(t, "language")
		case 7:
			return "kind " + equal.Draw(t, "sign") + " " + quoted("person", "organisation").Draw(t, "kind")
		case 8:
			return "since " + sign.Draw(t, "sign") + " " + quoted("2025-12-31", "2026-01-01", "2026-11-22").Draw(t, "since")
		default:
			return "age " + sign.Draw(t, "sign") + " " + fmt.Sprint(rapid.SampledFrom([]int{0, 1, 17, 18, 45, 46}).Draw(t, "age"))
		}
	})
	return deeper(leaf, 3)
}

func deeper(leaf *rapid.Generator[string], depth int) *rapid.Generator[string] {
	if depth == 0 {
		return leaf
	}
	below := deeper(leaf, depth-1)
	return rapid.Custom(func(t *rapid.T) string {
		switch rapid.IntRange(0, 4).Draw(t, "node") {
		case 0:
			return "not (" + below.Draw(t, "a") + ")"
		case 1:
			return "(" + below.Draw(t, "a") + ") and (" + below.Draw(t, "b") + ")"
		case 2:
			return below.Draw(t, "a") + " or " + below.Draw(t, "b")
		default:
			return leaf.Draw(t, "leaf")
		}
	})
}

// The canonical form of an audience parses to itself.
func TestAudienceFormIsStable(t *testing.T) {
	v := vocabulary(t)
	rapid.Check(t, func(t *rapid.T) {
		a := must2(people.ParseAudience(expressions().Draw(t, "audience"), v))
		if again := must2(people.ParseAudience(a.String(), v)); again.String() != a.String() {
			t.Fatalf("%s becomes %s", a, again)
		}
	})
}

// crowd adds people of every kind to the town: known, unknown, reachable or not.
func (town town) crowd(t testing.TB) []int64 {
	t.Helper()
	pick := func(n int, words ...string) string { return words[n%len(words)] }
	births := []string{"", "1980", "1980-11-22", "1980-11-23", "2008-11-22", "2008-11-23", "2025", "2025-01-05", "2025-11-22"}
	var ids []int64
	for n := range 180 {
		d := people.Details{
			Place:    pick(n, "", "centro-storico", "san-lazzaro", "fuori-comune"),
			Language: pick(n/3, "", "it", "en"), Kind: people.Kind(pick(n/5, "person", "person", "organisation")),
			Born: must2(people.ParseBirth(births[n%len(births)])),
		}
		if n%2 == 0 {
			d.Who = append(d.Who, pick(n/2, "genitore", "turista", "pendolare"))
		}
		if n%13 < 10 && n%9 == 6 {
			d.Born = must2(people.ParseBirth("2026"))
		}
		if n%7 < 3 {
			d.Wants = []string{"teatro", "biblioteca"}[n%2:]
		}
		town.clock.Set(noon().AddDate(0, -n%13, 0))
		contacts := []people.Contact{{Channel: people.Email, Value: fmt.Sprintf("p%d@example.org", n), Verified: n%3 > 0}}
		if n%4 == 0 {
			contacts = append(contacts, people.Contact{Channel: people.SMS, Value: fmt.Sprintf("+39333%07d", n), Verified: n%8 > 0})
		}
		id := must[int64](t)(town.Register(t.Context(), d, contacts, nil))
		ids = append(ids, id)
		if n%5 == 0 {
			err := town.db.Tx(t.Context(), func(tx *storage.Tx) error {
				_, err := town.letters.Subscribe(t.Context(), tx, []people.Asked{{Person: id, Newsletter: pick(n, "scuola", "gli-appuntamenti")}})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	town.clock.Set(noon())
	return ids
}

// For random audiences, the database, the predicate and the index agree, on both engines.
func TestAudienceMeansTheSameInSQLAndInMemory(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		profiles := map[int64]people.Profile{}
		for _, id := range town.crowd(t) {
			profiles[id] = must[people.Profile](t)(town.Profile(t.Context(), town.db, id))
		}
		v := must[people.Vocabulary](t)(town.Vocabulary(t.Context()))
		indexed := town.neighbour()
		indexed.keepIndex(t)
		rapid.Check(t, func(rt *rapid.T) {
			a := must2(people.ParseAudience(expressions().Draw(rt, "audience"), v))
			var want []int64
			for id, p := range profiles {
				if a.Match(p, town.Today()) {
					want = append(want, id)
				}
			}
			slices.Sort(want)
			got := town.matching(t, a)
			if !slices.Equal(got, want) {
				rt.Fatalf("%s: database %d people, memory %d", a, len(got), len(want))
			}
			c := must[people.Count](t)(town.Count(t.Context(), a))
			if c.People != int64(len(want)) {
				rt.Fatalf("%s: counted %d of %d", a, c.People, len(want))
			}
			if ids := indexed.indexed(rt, func(c people.Crowd) people.Set { return c.Matching(a) }); !slices.Equal(ids, got) {
				rt.Fatalf("%s: index %d people, database %d", a, len(ids), len(got))
			}
			if quick := must[people.Count](t)(indexed.Count(t.Context(), a)); !maps.Equal(quick.Reachable, c.Reachable) {
				rt.Fatalf("%s: reachable by index %v, by database %v", a, quick, c)
			}
		})
	})
}

func (town town) matching(t testing.TB, a people.Audience) (ids []int64) {
	t.Helper()
	var b storage.Builder
	b.Add("SELECT p.person_id FROM people_profile p WHERE ")
	town.Where(&b, a, "p")
	b.Add(" ORDER BY p.person_id")
	rows, err := town.db.QueryContext(t.Context(), b.SQL(), b.Args()...)
	if err != nil {
		t.Fatalf("%s: %v", b.SQL(), err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestUnknownIsFalseAndItsNegationTrue(t *testing.T) {
	v := vocabulary(t)
	nobody := people.Profile{Kind: people.KindPerson, Since: 20260101}
	for text, want := range map[string]bool{
		"age >= 18": false, "not (age >= 18)": true, "age != 18": false, "not (age != 18)": true, "age in 0..150": false,
		`place == "san-lazzaro"`: false, `place != "san-lazzaro"`: false, `place not in ["san-lazzaro"]`: true,
		`language != "it"`: false, `"genitore" not in who`: true,
	} {
		if got := must[people.Audience](t)(people.ParseAudience(text, v)).Match(nobody, 20261122); got != want {
			t.Errorf("%s of somebody unknown: %v", text, got)
		}
	}
}

func TestCountTellsWhoCanBeReached(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		town.crowd(t)
		for text, want := range map[string]string{
			"": "{180 map[email:120 sms:22]}", `"sms" in channels`: "{22 map[email:15 sms:22]}",
			`place == "centro-storico" and kind == "organisation"`: "{15 map[email:12 sms:0]}", "age > 120": "{0 map[email:0 sms:0]}",
		} {
			a := must[people.Audience](t)(town.ParseAudience(t.Context(), text))
			if got := fmt.Sprint(must[people.Count](t)(town.Count(t.Context(), a))); got != want {
				t.Errorf("%s: %s; want %s", text, got, want)
			}
		}
	})
}

// No text crashes the parser. What it accepts has a stable form and can be written as SQL.
func FuzzParseAudience(f *testing.F) {
	for _, text := range []string{
		`"genitore" in who and not (place == "fuori-comune")`, `age in 14..29`, `place in ["a"]`, `since >= "2026-01-01"`,
		`a?.b ?? c | map(#) .. [1:2]`, `{"a": 1}`, "((((", "\"\\x", `not`, `b'x' in who`, "/*",
	} {
		f.Add(text)
	}
	v := vocabulary(f)
	room := people.New(nil, clock.At(noon()), nil, func() people.Town { return people.Town{} })
	f.Fuzz(func(t *testing.T, text string) {
		a, err := people.ParseAudience(text, v)
		if err != nil {
			if fault.KindOf(err) != fault.KindInvalid {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		again, err := people.ParseAudience(a.String(), v)
		if err != nil || again.String() != a.String() {
			t.Fatalf("%q: %s becomes %s, %v", text, a, again, err)
		}
		var b storage.Builder
		room.Where(&b, a, "p")
		a.Match(people.Profile{}, 20261122)
	})
}
