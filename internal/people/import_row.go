package people

import (
	"slices"
	"strings"
	"unicode/utf8"

	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/people/csvtext"
)

// importColumns are the columns an import knows, in any order. Lists (who, wants, newsletters, consents) are separated
// by |; who, wants and place take slugs or names; birth_date a date or a year; consents the purposes granted, newsletter
// where it is empty; channel the one she asked for.
func importColumns() []string {
	return append([]string{
		"email", "mobile", "given_name", "family_name", "birth_date", "place", "language", "who", "wants",
		"newsletters", "consents", "channel", "consent_date", "consent_source",
	}, rejectColumns()...)
}

// rejectColumns stand first in a rejects file, and are passed over when it is imported again.
func rejectColumns() []string { return []string{"reject_line", "reject_column", "reject_reason"} }

// columnName is how a header cell is compared.
func columnName(cell string) string { return strings.ToLower(strings.TrimSpace(cell)) }

// entry is a row that can be taken.
type entry struct {
	line        int
	cells       []string
	contacts    []entryContact // at least one
	details     Details
	newsletters []string
	purposes    []Purpose
	channel     Channel
	day         Day
	when        int64 // unix milliseconds, of day
	source      string
}

type entryContact struct {
	key   addressKey
	shown string
}

// addressKey names an address.
type addressKey struct {
	channel Channel
	value   string
}

// rowReader turns rows into entries.
type rowReader struct {
	people  *People
	words   Vocabulary
	today   Day
	columns map[string]int
	width   int
	source  string // for rows that name none
	date    string
	lists   map[string]foundList
}

// foundList remembers what a cell of slugs or names means: a town's file repeats the same few.
type foundList struct {
	slugs []string
	err   error
}

// maxFoundLists bounds that memory.
const maxFoundLists = 20_000

func (p *People) newRowReader(v Vocabulary, header []string, o ImportOptions) (rowReader, error) {
	r := rowReader{
		people: p, words: v, today: p.Today(), columns: map[string]int{}, width: len(header),
		source: strings.TrimSpace(o.ConsentSource), date: strings.TrimSpace(o.ConsentDate), lists: map[string]foundList{},
	}
	var problems fault.Problems
	for i, cell := range header {
		name := columnName(cell)
		_, twice := r.columns[name]
		switch {
		case twice:
			problems = append(problems, fault.Invalid("people.import.column_twice", "Text", clip(name)))
		case slices.Contains(importColumns(), name):
			r.columns[name] = i
		default:
			problems = append(problems, unknownColumn(cell, i))
		}
	}
	_, email := r.columns["email"]
	_, mobile := r.columns["mobile"]
	if !email && !mobile {
		problems = append(problems, fault.Invalid("people.import.no_address_column"))
	}
	if _, err := r.consentDay(r.date); r.date != "" && err != nil {
		_ = problems.Add("consent_date", err) // consentDay only returns faults
	}
	return r, problems.Err()
}

func unknownColumn(cell string, index int) *fault.Error {
	if strings.TrimSpace(cell) == "" {
		return fault.Invalid("people.import.column_empty", "Index", index+1)
	}
	if near := nearest(columnName(cell), importColumns()); near != "" {
		return fault.Invalid("people.import.column_near", "Text", clip(cell), "Near", near)
	}
	known := importColumns()
	return fault.Invalid("people.import.column", "Text", clip(cell), "Known", known[:len(known)-len(rejectColumns())])
}

// maxCell is the longest cell taken, in bytes.
const maxCell = 4000

// cell is the row's text in that column, trimmed; "" where the file has no such column. Line breaks and tabs, which
// spreadsheets leave within cells, are spaces. A quote before = + - @ is what we wrote ourselves to keep a spreadsheet
// from computing the cell.
func (r rowReader) cell(row csvtext.Row, name string) string {
	i, ok := r.columns[name]
	if !ok {
		return ""
	}
	text := strings.TrimSpace(strings.NewReplacer("\r\n", " ", "\r", " ", "\n", " ", "\t", " ").Replace(row.Cells[i]))
	if len(text) > 1 && text[0] == '\'' && strings.IndexByte("=+-@", text[1]) >= 0 {
		text = text[1:]
	}
	return text
}

// entry reads a row; its faults name their columns.
func (r rowReader) entry(row csvtext.Row) (entry, error) {
	if len(row.Cells) != r.width {
		return entry{}, fault.Invalid("people.import.cells", "Has", len(row.Cells), "Want", r.width)
	}
	var problems fault.Problems
	note := func(field string, err error) { _ = problems.Add(field, err) } // all of them are faults
	for _, name := range importColumns() {
		i, ok := r.columns[name]
		if !ok {
			continue
		}
		if text := row.Cells[i]; len(text) > maxCell {
			note(name, fault.Invalid("people.text.too_long", "Max", maxCell))
		} else if !utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError) {
			note(name, fault.Invalid("people.text.encoding"))
		}
	}
	if len(problems) > 0 {
		return entry{}, problems
	}
	e := entry{line: row.Line, cells: row.Cells}
	var err error
	e.contacts, err = r.contacts(row)
	note("", err)
	e.details, err = r.details(row)
	note("", err)
	note("", r.consent(row, &e))
	return e, problems.Err()
}

// contacts are the row's addresses; one at least.
func (r rowReader) contacts(row csvtext.Row) (list []entryContact, err error) {
	var problems fault.Problems
	columns := []struct {
		name    string
		channel Channel
	}{{"email", Email}, {"mobile", SMS}}
	for _, column := range columns {
		text := r.cell(row, column.name)
		if text == "" {
			continue
		}
		value, err := normal(column.channel, text, r.people.town().Region)
		if err != nil {
			_ = problems.Add(column.name, err) // normal only returns faults
			continue
		}
		list = append(list, entryContact{addressKey{column.channel, value}, shown(column.channel, text, value)})
	}
	if len(list) == 0 && len(problems) == 0 {
		_ = problems.Add("email", fault.Invalid("people.import.no_address"))
	}
	return list, problems.Err()
}

func (r rowReader) details(row csvtext.Row) (d Details, err error) {
	var problems fault.Problems
	note := func(field string, err error) { _ = problems.Add(field, err) } // all of them are faults
	d.Kind = KindPerson
	d.Given, err = cleanName(r.cell(row, "given_name"))
	note("given_name", err)
	d.Family, err = cleanName(r.cell(row, "family_name"))
	note("family_name", err)
	if d.Born, err = ParseBirth(r.cell(row, "birth_date")); err == nil {
		err = d.Born.check(r.today)
	}
	if err == nil && tooYoung(d.Born, r.today) {
		err = tooYoungFault()
	}
	note("birth_date", err)
	if place := r.cell(row, "place"); place != "" {
		d.Place, err = find(r.words.Places, "place", place)
		note("place", err)
	}
	d.Language, err = r.words.language(r.cell(row, "language"))
	note("language", err)
	d.Who, err = r.list("who", r.cell(row, "who"))
	note("who", err)
	d.Wants, err = r.list("wants", r.cell(row, "wants"))
	note("wants", err)
	return d, problems.Err()
}

// list reads a cell of slugs or names, separated by |. The answer is shared and never changed.
func (r rowReader) list(column, cell string) ([]string, error) {
	if cell == "" {
		return nil, nil
	}
	key := column + "\x00" + cell
	if done, ok := r.lists[key]; ok {
		return done.slugs, done.err
	}
	terms := r.words.Topics
	if column == "who" {
		terms = r.words.Categories
	}
	slugs, err := findAll(terms, column, parts(cell))
	if len(r.lists) >= maxFoundLists {
		clear(r.lists)
	}
	r.lists[key] = foundList{slugs, err}
	return slugs, err
}

// parts are the members of a list that is written in a cell.
func parts(cell string) []string {
	var list []string
	for part := range strings.SplitSeq(cell, "|") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// consent reads what the row agrees to, and how that can be shown: no row is taken without a date and a source.
func (r rowReader) consent(row csvtext.Row, e *entry) error {
	var problems fault.Problems
	note := func(field string, err error) { _ = problems.Add(field, err) } // all of them are faults
	e.purposes = []Purpose{ForNewsletter}
	if list := parts(r.cell(row, "consents")); len(list) > 0 {
		var err error
		e.purposes, err = purposesOf(list)
		note("consents", err)
	}
	// A row may list newsletters without the consent to be sent them: what it says is kept, and nothing is sent until
	// that consent stands, for it is looked at again before each message.
	for _, text := range parts(r.cell(row, "newsletters")) {
		slug, err := r.words.newsletter(text)
		note("newsletters", err)
		if err == nil && !slices.Contains(e.newsletters, slug) {
			e.newsletters = append(e.newsletters, slug)
		}
	}
	date := r.cell(row, "consent_date")
	if date == "" {
		date = r.date
	}
	day, err := r.consentDay(date)
	note("consent_date", err)
	e.day, e.when = day, clock.Millis(day.Time(r.people.town().Zone))
	if e.source = r.cell(row, "consent_source"); e.source == "" {
		e.source = r.source
	}
	if e.source == "" {
		note("consent_source", fault.Invalid("people.import.no_consent_source"))
	}
	e.source, err = cleanName(e.source)
	note("consent_source", err)
	note("channel", r.channel(row, e))
	return problems.Err()
}

func purposesOf(list []string) (purposes []Purpose, err error) {
	var problems fault.Problems
	for _, text := range list {
		purpose := Purpose(strings.ToLower(text))
		if purpose == "profilo" {
			purpose = ForProfile
		}
		if !slices.Contains(Purposes(), purpose) {
			_ = problems.Add("", fault.Invalid("people.consent.purpose", "Text", clip(text))) // a fault
		} else if !slices.Contains(purposes, purpose) {
			purposes = append(purposes, purpose)
		}
	}
	return purposes, problems.Err()
}

// consentDay reads the day of a consent, which cannot be to come.
func (r rowReader) consentDay(text string) (Day, error) {
	if text == "" {
		return 0, fault.Invalid("people.import.no_consent_date")
	}
	day, err := ParseDay(text)
	if err == nil && day > r.today {
		err = fault.Invalid("people.consent.future", "Text", clip(text))
	}
	return day, err
}

// channel is the one that the row names, which needs its address; or that of its first address.
func (r rowReader) channel(row csvtext.Row, e *entry) error {
	text := strings.ToLower(r.cell(row, "channel"))
	if text == "" {
		if len(e.contacts) > 0 {
			e.channel = e.contacts[0].key.channel
		}
		return nil
	}
	channel := Channel(text)
	if !slices.Contains(Channels(), channel) {
		return fault.Invalid("people.channel.unknown", "Text", clip(text))
	}
	e.channel = channel
	has := slices.ContainsFunc(e.contacts, func(c entryContact) bool { return c.key.channel == channel })
	if !has && len(e.contacts) > 0 {
		return fault.Invalid("people.import.channel_without_address", "Channel", text)
	}
	return nil
}
