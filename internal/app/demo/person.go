package demo

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"unoxuno/internal/storage"
)

// Seed is the seed of the demonstration's town, and Population how many people follow it.
const (
	Seed       = 2002 // the year the first Unox1 started
	Population = 37_500
)

// Row is one person, as a line of the file that a town imports. Lists are empty where there is nothing; texts are ""
// where nothing is known.
type Row struct {
	Email, Mobile         string // at least one; Mobile in E.164
	GivenName, FamilyName string
	BirthDate             string // yyyy-mm-dd or yyyy
	Place, Language       string
	Who, Wants            []string // slugs of categories and topics
	Newsletters, Consents []string // slugs; purposes: newsletter, profile
	Channel               string   // email or sms
	ConsentDate           string   // yyyy-mm-dd
	ConsentSource         string
}

// People makes n persons as they are on the day of now. The same seed, number and day give the same people; no two of
// them share an address.
func People(seed uint64, n int, now time.Time) iter.Seq[Row] {
	return func(yield func(Row) bool) {
		town, err := parseTown()
		if err != nil {
			return // the embedded file is proved by the tests
		}
		c := newCrowd(seed, now, town)
		for i := range n {
			if !yield(c.person(i)) {
				return
			}
		}
	}
}

// crowd makes people one after the other.
type crowd struct {
	rand        *rand.Rand
	today       time.Time
	town        townFile
	communities []community
	traits      []trait
	interests   []interest
	favourites  map[string]float64
	taken       map[string]int // local part of an address → how many have it
}

func newCrowd(seed uint64, now time.Time, town townFile) *crowd {
	return &crowd{
		rand: rand.New(rand.NewPCG(seed, 0x75_6e_6f)), today: now.UTC().Truncate(24 * time.Hour), town: town,
		communities: communities(), traits: traits(), interests: interests(), favourites: favourites(), taken: map[string]int{},
	}
}

func (c *crowd) person(i int) Row {
	var row Row
	origin := c.communities[pick(c, c.communities, func(o community) int { return o.weight })]
	born, age := c.birth()
	row.GivenName, row.FamilyName = c.name(origin, born.Year())
	row.Place = c.place()
	row.Language = "it"
	if c.chance(origin.english) {
		row.Language = "en"
	}
	switch n := c.rand.IntN(100); { // the rest keep it to themselves
	case n < 70:
		row.BirthDate = born.Format(time.DateOnly)
	case n < 80 && age > minAge:
		row.BirthDate = born.Format("2006")
	}
	row.Who = c.who(age, row.Place, origin)
	row.Wants = c.wants(age, row.Who)
	row.Newsletters = c.newsletters(row.Who, row.Wants)
	row.Consents = c.consents(row)
	c.addresses(&row, i, born.Year(), age)
	c.proof(&row, born)
	return row
}

func (c *crowd) chance(p float64) bool { return c.rand.Float64() < p }

func one[T any](c *crowd, of []T) T { return of[c.rand.IntN(len(of))] }

// pick is the index of one of the values, by weight.
func pick[T any](c *crowd, of []T, weight func(T) int) int {
	total := 0
	for _, v := range of {
		total += weight(v)
	}
	n := c.rand.IntN(total)
	for i, v := range of {
		if n -= weight(v); n < 0 {
			return i
		}
	}
	return 0
}

// minAge is the age from which one consents alone in Italy (D.Lgs. 196/2003, art. 2-quinquies). Of somebody who is of
// that age a bare year of birth would not prove it.
const minAge = 14

// birth is a day of birth and the age today, by the pyramid, which begins at minAge.
func (c *crowd) birth() (born time.Time, age int) {
	pyramid := agePyramid()
	i := pick(c, pyramid, func(s share[int]) int { return s.weight })
	from, to := pyramid[i].value, pyramid[i+1].value
	age = from + c.rand.IntN(to-from)
	lastBirthday := c.today.AddDate(-age, 0, 0)
	return lastBirthday.AddDate(0, 0, -1-c.rand.IntN(364)), age
}

func (c *crowd) name(of community, year int) (given, family string) {
	generation := 2
	switch {
	case year < 1965:
		generation = 0
	case year < 1992:
		generation = 1
	}
	names := of.women
	if c.chance(0.47) { // women subscribe a little more
		names = of.men
	}
	return one(c, names[generation]), one(c, of.families)
}

func (c *crowd) place() string {
	if c.chance(outsideShare) {
		return "fuori-comune"
	}
	places := residents()
	return places[pick(c, places, func(s share[string]) int { return s.weight })].value
}

func (c *crowd) who(age int, place string, origin community) []string {
	var who []string
	for _, t := range c.traits {
		p := t.byAge[ageGroup(age)]
		if place == "fuori-comune" {
			p *= t.outside
		}
		if t.slug == "straniero" && origin.foreign > 0 {
			p = origin.foreign
		}
		if c.chance(p) {
			who = append(who, t.slug)
		}
	}
	return who
}

func (c *crowd) wants(age int, who []string) []string {
	var wants []string
	for _, topic := range c.interests {
		p := topic.byAge[ageGroup(age)]
		if slices.Contains(who, topic.of) {
			p *= 4
		}
		if c.chance(p) {
			wants = append(wants, topic.slug)
		}
	}
	return wants
}

// newsletters are those that the person reads: more probably those about what she wants, hardly ever those for others.
func (c *crowd) newsletters(who, wants []string) []string {
	var reads []string
	for _, n := range c.town.Newsletters {
		p, popular := c.favourites[n.Slug]
		if !popular {
			p = usualReaders
		}
		switch {
		case len(n.For) > 0 && !meet(n.For, who):
			p *= 0.04
		case meet(n.Topics, wants):
			p *= 2.2
		}
		if c.chance(p) {
			reads = append(reads, n.Slug)
		}
	}
	return reads
}

func meet(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

func (c *crowd) consents(row Row) []string {
	var consents []string
	if len(row.Newsletters) > 0 {
		consents = append(consents, "newsletter")
	}
	if c.chance(0.55) && len(row.Wants) > 0 || len(consents) == 0 {
		consents = append(consents, "profile")
	}
	return consents
}

// addresses gives an e-mail, a mobile number or both. Who has no e-mail is mostly old, and gets nothing but SMS.
func (c *crowd) addresses(row *Row, i, year, age int) {
	noEmail := 0.004
	if ageGroup(age) == old {
		noEmail = 0.06
	}
	if !c.chance(noEmail) {
		row.Email, row.Channel = c.email(row.GivenName, row.FamilyName, year), "email"
	}
	if row.Email == "" || c.chance(0.42) {
		row.Mobile = mobile(i)
	}
	if row.Email == "" {
		row.Channel = "sms"
	}
}

// email is an address that nobody else has, under a domain reserved for examples (RFC 2606).
func (c *crowd) email(given, family string, year int) string {
	clean := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' {
				return r
			}
			return -1
		}, storage.Fold(s))
	}
	given, family = clean(given), clean(family)
	local := given + "." + family
	switch c.rand.IntN(6) {
	case 0:
		local = given[:1] + "." + family
	case 1:
		local = family + "." + given
	case 2, 3:
		local = fmt.Sprintf("%s.%s%02d", given, family, year%100)
	}
	c.taken[local]++
	if n := c.taken[local]; n > 1 {
		local = fmt.Sprintf("%s-%d", local, n)
	}
	return local + "@" + one(c, emailDomains())
}

func emailDomains() []string {
	return []string{
		"example.com", "example.org", "example.net", "posta.example", "famiglia.example", "bottega.example",
		"studio.example", "scuola.test", "mail.test",
	}
}

// mobile is the i-th number of the block +39 310 0nnnnnn (see the package comment), none after a million.
func mobile(i int) string {
	const block = 1_000_000
	if i >= block {
		return ""
	}
	// Multiplying by a number prime to the block shuffles it without repeating.
	return fmt.Sprintf("+393100%06d", i*611_953%block)
}

// proof says when and how the person gave her consent: more of them year by year, the last one yesterday. Nobody gave it
// before the year in which even a bare year of birth proves her age; who is not that old yet gave it yesterday.
func (c *crowd) proof(row *Row, born time.Time) {
	const days = 7 * 365
	back := int(float64(days) * c.rand.Float64() * c.rand.Float64())
	given, yesterday := c.today.AddDate(0, 0, -1-back), c.today.AddDate(0, 0, -1)
	if of := time.Date(born.Year()+minAge+1, 1, 1, 0, 0, 0, 0, time.UTC); given.Before(of) {
		given = yesterday
	}
	row.ConsentDate = given.Format(time.DateOnly)
	sources := []share[string]{
		{"modulo sul sito", 620}, {"sportello URP", 150}, {"modulo cartaceo in biblioteca", 90},
		{"biglietteria del Teatro comunale", 60}, {"banchetto alla Fiera di San Martino", 50}, {"iscrizione ai servizi scolastici", 30},
	}
	row.ConsentSource = sources[pick(c, sources, func(s share[string]) int { return s.weight })].value
}
