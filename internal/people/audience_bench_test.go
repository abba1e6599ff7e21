package people_test

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
	"unoxuno/internal/taxonomy"
)

// benchPeople is the number of people in the benchmarks of audiences: UNOXUNO_BENCH_PEOPLE, or a million.
func benchPeople(b *testing.B) int {
	b.Helper()
	if text := os.Getenv("UNOXUNO_BENCH_PEOPLE"); text != "" {
		return must[int](b)(strconv.Atoi(text))
	}
	return 1_000_000
}

// BenchmarkAudienceCount counts mixed audiences of three conditions among a million people: from the index, from the
// index while twenty people change before each count, and from the database. It reports the median and the 99th
// percentile of one count, and the time to build the index and its size.
func BenchmarkAudienceCount(b *testing.B) {
	for _, engine := range []storage.Engine{storage.SQLite, storage.Postgres} {
		b.Run(engine.String(), func(b *testing.B) {
			town := newTown(b, storagetest.Open(b, engine, schemas()...))
			town.million(b, benchPeople(b))
			town.benchCounts(b)
		})
	}
}

func (town town) benchCounts(b *testing.B) {
	b.Helper()
	audiences := town.threeConditions(b)
	b.Run("index", func(b *testing.B) {
		before, began := heap(), time.Now()
		town.keepIndex(b)
		made, takes := time.Since(began), heap()-before
		town.timed(b, audiences, func() {})
		people, _ := town.IndexSize()
		b.ReportMetric(float64(made.Milliseconds()), "made-ms")
		b.ReportMetric(float64(takes)/float64(people), "B/person")
	})
	b.Run("index while people change", func(b *testing.B) {
		town.keepIndex(b)
		found := must[people.Found](b)(town.Find(b.Context(), "cognome", 1))
		town.timed(b, audiences, func() {
			for _, p := range found.People[:20] {
				p.Place = "centro-storico"
				if err := town.Update(b.Context(), p.ID, p.Details); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
	b.Run("database", func(b *testing.B) { town.timed(b, audiences, func() {}) })
}

// heap returns how many bytes the program holds.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// threeConditions returns audiences as editors write them.
func (town town) threeConditions(b *testing.B) (list []people.Audience) {
	b.Helper()
	for _, text := range []string{
		`"genitore" in who and "teatro" in wants and age >= 18`,
		`"genitore" in who and not (place == "fuori-comune") and age in 30..45`,
		`"teatro" in wants and place in ["centro-storico", "san-lazzaro"] and "email" in channels`,
		`"newsletter-03" in subscribed and language == "it" and since < "2024-01-01"`,
		`("biblioteca" in wants or "teatro" in wants) and kind == "person" and "sms" in channels`,
		`not ("genitore" in who) and age < 30 and "biblioteca" in wants`,
		`place != "centro-storico" and since >= "2021-06-01" and "newsletter-10" not in subscribed`,
		`kind == "organisation" or language == "en" or age > 75`,
	} {
		list = append(list, must[people.Audience](b)(town.ParseAudience(b.Context(), text)))
	}
	return list
}

// timed counts the audiences in turn and reports how long one count took.
func (town town) timed(b *testing.B, audiences []people.Audience, before func()) {
	b.Helper()
	var took []time.Duration
	for n := 0; b.Loop(); n++ {
		before()
		began := time.Now()
		must[people.Count](b)(town.Count(b.Context(), audiences[n%len(audiences)]))
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2].Seconds()*1000, "p50-ms")
	b.ReportMetric(took[len(took)*99/100].Seconds()*1000, "p99-ms")
}

// million writes n synthetic people straight into the tables: three interests, one or two categories, one or two of 70
// newsletters each; a fifth without a birth date, nine in ten with a confirmed e-mail address, three in ten a mobile.
func (town town) million(b *testing.B, n int) {
	b.Helper()
	town.letters.known = nil
	for i := range 70 {
		town.letters.known = append(town.letters.known, fmt.Sprintf("newsletter-%02d", i))
	}
	v := must[people.Vocabulary](b)(town.Vocabulary(b.Context()))
	m := &maker{
		dice: rand.New(rand.NewPCG(1, 2)), ids: make([]int64, n), categories: slugs(v.Categories), topics: slugs(v.Topics),
		places: slugs(v.Places), newsletters: v.Newsletters,
	}
	for i := range m.ids {
		m.ids[i] = storage.NewID()
	}
	for _, l := range []struct {
		table   string
		columns []string
		rows    iter.Seq[[]any]
	}{
		{"people_person", []string{
			"id", "kind", "given_name", "family_name", "organisation", "search", "search_given", "born", "born_exact",
			"language", "place", "name_source", "born_source", "language_source", "place_source", "who_source",
			"wants_source", "address_source", "since", "created_at", "updated_at",
		}, m.each(m.person)},
		{"people_address", []string{"id", "person_id", "channel", "value", "shown", "verified_at", "created_at", "source"}, m.each(m.addresses)},
		{"people_who", []string{"person_id", "category"}, m.each(m.some(m.categories, 1, 2))},
		{"people_wants", []string{"person_id", "topic"}, m.each(m.some(m.topics, 2, 4))},
		{"people_consent", []string{
			"id", "person_id", "purpose", "text_version", "source", "channel", "granted_at", "recorded_at", "actor",
			"proof", "ended_at", "end_reason", "ended_by",
		}, m.each(m.consents)},
		{"letters_subscription", []string{"person_id", "newsletter", "channel", "began_at", "ended_at"}, m.each(m.subscriptions)},
	} {
		err := town.db.Tx(b.Context(), func(tx *storage.Tx) error {
			if _, err := tx.Load(b.Context(), l.table, l.columns, l.rows); err != nil {
				return err
			}
			return tx.Analyze(b.Context(), l.table)
		})
		if err != nil {
			b.Fatalf("%s: %v", l.table, err)
		}
	}
}

// maker invents people.
type maker struct {
	dice                                    *rand.Rand
	ids                                     []int64
	categories, topics, places, newsletters []string
}

func slugs(list taxonomy.List) (slugs []string) {
	for _, t := range list.InUse() {
		slugs = append(slugs, t.Slug)
	}
	return slugs
}

// each yields the rows of all people.
func (m *maker) each(of func(n int, id int64, row func(...any) bool) bool) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		row := func(cells ...any) bool { return yield(cells) }
		for n, id := range m.ids {
			if !of(n, id, row) {
				return
			}
		}
	}
}

func (m *maker) person(n int, id int64, row func(...any) bool) bool {
	kind, language, born := "person", "it", int64(0)
	if m.dice.IntN(30) == 0 {
		kind = "organisation"
	}
	if m.dice.IntN(12) == 0 {
		language = "en"
	}
	if m.dice.IntN(5) > 0 {
		born = int64(1935+m.dice.IntN(77))*10000 + int64(1+m.dice.IntN(12))*100 + int64(1+m.dice.IntN(28))
	}
	name := fmt.Sprint("cognome", n%5000, " nome", n%300)
	since := int64(2018+m.dice.IntN(8))*10000 + int64(1+m.dice.IntN(12))*100 + int64(1+m.dice.IntN(28))
	return row(id, kind, "Nome", "Cognome", "", name, name, born, true, language, m.places[m.dice.IntN(len(m.places))],
		"import", "import", "import", "import", "import", "import", "", since, int64(1), int64(1))
}

func (m *maker) addresses(n int, id int64, row func(...any) bool) bool {
	verified := int64(min(m.dice.IntN(10), 1))
	if !row(storage.NewID(), id, "email", fmt.Sprintf("p%d@mail.example", n), "", verified, int64(1), "import") {
		return false
	}
	return m.dice.IntN(10) >= 3 || row(storage.NewID(), id, "sms", fmt.Sprintf("+39%010d", n), "", int64(1), int64(1), "import")
}

// some yields from least to most words of a list, the first ones more often.
func (m *maker) some(words []string, least, most int) func(n int, id int64, row func(...any) bool) bool {
	return func(_ int, id int64, row func(...any) bool) bool {
		first := m.dice.IntN(len(words))
		first = first * first / len(words)
		for i := range least + m.dice.IntN(most-least+1) {
			if !row(id, words[(first+i)%len(words)]) {
				return false
			}
		}
		return true
	}
}

func (m *maker) consents(_ int, id int64, row func(...any) bool) bool {
	for purpose, tenths := range map[string]int{"newsletter": 8, "profile": 5} {
		ended := int64(0)
		if m.dice.IntN(20) == 0 {
			ended = 5
		}
		if m.dice.IntN(10) < tenths && !row(storage.NewID(), id, purpose, "1", "bench", "email", int64(1), int64(1), "system", "", ended, "", "") {
			return false
		}
	}
	return true
}

func (m *maker) subscriptions(_ int, id int64, row func(...any) bool) bool {
	at := m.dice.IntN(len(m.newsletters))
	for i := range m.dice.IntN(4) {
		if !row(id, m.newsletters[(at*at/len(m.newsletters)+i)%len(m.newsletters)], "email", int64(1), int64(0)) {
			return false
		}
	}
	return true
}
