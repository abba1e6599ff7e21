package people

import (
	"context"
	"errors"
	"strings"

	"unoxuno/internal/people/db"
	"unoxuno/internal/storage"
)

// foundPage is the number of people on a page of Find.
const foundPage = 50

// afterAll is greater than any text: both engines compare by code point, and this is the last one.
const afterAll = "\U0010ffff"

// Found is a page of people, without their Who and Wants.
type Found struct {
	People []Person
	More   bool // there is a next page
}

// Find finds people by the beginnings of their names in any order ("ros mar", "Rossi, Mario"), by the beginning of an
// e-mail address, or by a whole or partial mobile number. Pages count from 1. Case, accents and apostrophes do not
// matter, and each part of a double name counts as a name. If no name begins with the first word, Find searches within
// names, which is slower.
func (p *People) Find(ctx context.Context, text string, page int) (Found, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxAddress {
		text = strings.ToValidUTF8(text[:maxAddress], "")
	}
	page = max(page, 1)
	words := nameWords(text)
	switch {
	case len(words) == 0:
		return Found{}, nil
	case strings.Contains(text, "@"):
		return p.found(ctx, page, func(b *storage.Builder) { whereEmail(b, strings.ToLower(text)) })
	case isNumber(text):
		return p.found(ctx, page, func(b *storage.Builder) { whereMobile(b, text, p.town().Region) })
	}
	found, err := p.found(ctx, page, func(b *storage.Builder) {
		b.Add("(p.search >= ? AND p.search < ? OR p.search_given >= ? AND p.search_given < ?)",
			words[0], words[0]+afterAll, words[0], words[0]+afterAll)
		whereWords(b, words)
	})
	if err != nil || len(found.People) > 0 {
		return found, err
	}
	return p.found(ctx, page, func(b *storage.Builder) {
		b.Add("1 = 1")
		whereWords(b, words)
	})
}

// whereWords requires that each word is the beginning of a part of the name. The parts of d'amico are d, amico and
// damico; those of rossi-bianchi are rossi and bianchi.
func whereWords(b *storage.Builder, words []string) {
	for _, w := range words {
		like := "% " + likeText(w) + "%"
		b.Add(" AND (' ' || replace(replace(p.search, '''', ' '), '-', ' ') LIKE ? ESCAPE '\\'"+
			" OR ' ' || replace(p.search, '''', '') LIKE ? ESCAPE '\\')", like, like)
	}
}

func whereEmail(b *storage.Builder, start string) {
	b.Add("p.id IN (SELECT person_id FROM people_address WHERE channel = 'email' AND value >= ? AND value < ?"+
		" AND value LIKE ? ESCAPE '\\')", start, start+afterAll, likeText(start)+"%")
}

func whereMobile(b *storage.Builder, text, region string) {
	if value, err := NormalMobile(text, region); err == nil {
		b.Add("p.id IN (SELECT person_id FROM people_address WHERE channel = 'sms' AND value = ?)", value)
		return
	}
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
	b.Add("p.id IN (SELECT person_id FROM people_address WHERE channel = 'sms' AND value LIKE ?)", "%"+digits+"%")
}

// isNumber distinguishes a whole or partial telephone number from a name.
func isNumber(text string) bool {
	digits := 0
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune("+ -./()", r):
			return false
		}
	}
	return digits >= 4
}

// likeText escapes text for LIKE, with \ as the escape character.
func likeText(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}

func (p *People) found(ctx context.Context, page int, where func(*storage.Builder)) (f Found, err error) {
	var b storage.Builder
	b.Add("SELECT p.id, p.kind, p.given_name, p.family_name, p.organisation, p.born, p.born_exact, p.language, p.place," +
		" p.since, p.created_at, p.updated_at FROM people_person p WHERE ")
	where(&b)
	b.Add(" ORDER BY p.search, p.id LIMIT ? OFFSET ?", foundPage+1, (page-1)*foundPage)
	rows, err := p.db.QueryContext(ctx, b.SQL(), b.Args()...)
	if err != nil {
		return Found{}, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var row db.PeoplePerson
		err := rows.Scan(&row.ID, &row.Kind, &row.GivenName, &row.FamilyName, &row.Organisation, &row.Born,
			&row.BornExact, &row.Language, &row.Place, &row.Since, &row.CreatedAt, &row.UpdatedAt)
		if err != nil {
			return Found{}, err
		}
		f.People = append(f.People, recordOf(row).person([]Address{}))
	}
	if err := rows.Err(); err != nil {
		return Found{}, err
	}
	if len(f.People) > foundPage {
		f.People, f.More = f.People[:foundPage], true
	}
	return f, p.withAddresses(ctx, f.People)
}

// withAddresses adds the addresses of a page of people.
func (p *People) withAddresses(ctx context.Context, people []Person) (err error) {
	if len(people) == 0 {
		return nil
	}
	var b storage.Builder
	b.Add("SELECT id, person_id, channel, value, shown, verified_at, created_at, source, preference FROM people_address WHERE person_id IN (")
	index := make(map[int64]*Person, len(people))
	for i := range people {
		if i > 0 {
			b.Add(", ")
		}
		b.Add("?", people[i].ID)
		index[people[i].ID] = &people[i]
	}
	b.Add(") ORDER BY channel, created_at, id")
	rows, err := p.db.QueryContext(ctx, b.SQL(), b.Args()...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	found := map[int64][]db.PeopleAddress{}
	for rows.Next() {
		var a db.PeopleAddress
		if err := rows.Scan(
			&a.ID, &a.PersonID, &a.Channel, &a.Value, &a.Shown, &a.VerifiedAt, &a.CreatedAt, &a.Source, &a.Preference,
		); err != nil {
			return err
		}
		found[a.PersonID] = append(found[a.PersonID], a)
	}
	for person, addresses := range found {
		index[person].Addresses = addressesOf(addresses)
	}
	return rows.Err()
}
