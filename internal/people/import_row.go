package people

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/people/csvtext"
)

// column is a column that an import knows.
type column int

const (
	emailColumn column = iota
	mobileColumn
	givenColumn
	familyColumn
	birthColumn
	placeColumn
	languageColumn
	whoColumn
	wantsColumn
	newslettersColumn
	consentsColumn
	channelColumn
	dateColumn
	sourceColumn
	columnCount
)

// importColumns are the names of the columns an import knows, in the order of the constants, and after them those of a
// rejects file. In a file they come in any order. Lists (who, wants, newsletters, consents) are separated by |; who,
// wants and place take slugs or names; birth_date a date or a year; consents the purposes granted, newsletter where it
// is empty; channel the one she asked for.
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
	known bool // it may be somebody's: see seen
}

// addressKey names an address.
type addressKey struct {
	channel Channel
	value   string
}

func (k addressKey) compare(other addressKey) int {
	return cmp.Or(strings.Compare(string(k.channel), string(other.channel)), strings.Compare(k.value, other.value))
}

// rowReader turns rows into entries. It is used by one goroutine at a time.
type rowReader struct {
	words  Vocabulary
	town   Town
	today  Day
	names  []string         // of the columns
	at     [columnCount]int // where each column stands; -1 where the file has none
	width  int
	breaks *strings.Replacer // line breaks and tabs, which spreadsheets leave within cells, are spaces
	source string            // for rows that name none
	date   string
	usual  []Purpose // what a row agrees to that does not say

	// What a cell means, for a town's file repeats the same few.
	text        memo[string]
	places      memo[string]
	languages   memo[string]
	categories  memo[string]
	topics      memo[string]
	newsletters memo[string]
	purposes    memo[[]Purpose]
	days        memo[consentDay]
	domains     memo[string]
}

// consentDay is the day of a consent, and its first moment in the town in unix milliseconds.
type consentDay struct {
	day  Day
	when int64
}

func (p *People) newRowReader(v Vocabulary, header []string, o ImportOptions) (*rowReader, error) {
	r := &rowReader{
		words: v, town: p.town(), today: p.Today(), names: importColumns(), width: len(header),
		breaks: strings.NewReplacer("\r\n", " ", "\r", " ", "\n", " ", "\t", " "),
		source: strings.TrimSpace(o.ConsentSource), date: strings.TrimSpace(o.ConsentDate),
		usual: []Purpose{ForNewsletter},
	}
	r.remember()
	var problems fault.Problems
	seen := map[string]int{}
	for i, cell := range header {
		name := columnName(cell)
		_, twice := seen[name]
		switch {
		case twice:
			problems = append(problems, fault.Invalid("people.import.column_twice", "Text", clip(name)))
		case slices.Contains(r.names, name):
			seen[name] = i
		default:
			problems = append(problems, unknownColumn(cell, i))
		}
	}
	for c := range r.at {
		r.at[c] = -1
		if i, ok := seen[r.names[c]]; ok {
			r.at[c] = i
		}
	}
	if r.at[emailColumn] < 0 && r.at[mobileColumn] < 0 {
		problems = append(problems, fault.Invalid("people.import.no_address_column"))
	}
	if _, err := r.consentDay(r.date); r.date != "" && err != nil {
		_ = problems.Add("consent_date", err) // consentDay only returns faults
	}
	return r, problems.Err()
}

// remember sets what the memories are of.
func (r *rowReader) remember() {
	r.text.find = cleanName
	r.places.find = func(text string) (string, error) { return find(r.words.Places, "place", text) }
	r.languages.find = r.words.language
	r.categories.find = func(text string) (string, error) { return find(r.words.Categories, "who", text) }
	r.topics.find = func(text string) (string, error) { return find(r.words.Topics, "wants", text) }
	r.newsletters.find = r.words.newsletter
	r.purposes.find = purposesOf
	r.days.find = r.consentDay
	r.domains.find = mailDomain
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

// cell is the row's text in that column, trimmed; "" where the file has no such column. A quote before = + - @ is what
// we wrote ourselves to keep a spreadsheet from computing the cell.
func (r *rowReader) cell(row csvtext.Row, c column) string {
	if r.at[c] < 0 {
		return ""
	}
	text := row.Cells[r.at[c]]
	if strings.ContainsAny(text, "\r\n\t") {
		text = r.breaks.Replace(text)
	}
	text = strings.TrimSpace(text)
	if len(text) > 1 && text[0] == '\'' && strings.IndexByte("=+-@", text[1]) >= 0 {
		text = text[1:]
	}
	return text
}

// entry reads a row; its faults name their columns.
func (r *rowReader) entry(row csvtext.Row) (entry, error) {
	if len(row.Cells) != r.width {
		return entry{}, fault.Invalid("people.import.cells", "Has", len(row.Cells), "Want", r.width)
	}
	if err := r.readable(row); err != nil {
		return entry{}, err
	}
	e := entry{line: row.Line, cells: row.Cells}
	var problems fault.Problems
	note := func(field string, err error) { _ = problems.Add(field, err) } // all of them are faults
	var err error
	e.contacts, err = r.contacts(row)
	note("", err)
	e.details, err = r.details(row)
	note("", err)
	note("", r.consent(row, &e))
	return e, problems.Err()
}

// readable refuses cells that are too long to be meant, or whose letters were lost before they came to us.
func (r *rowReader) readable(row csvtext.Row) error {
	var problems fault.Problems
	for c, i := range r.at {
		if i < 0 {
			continue
		}
		if text := row.Cells[i]; len(text) > maxCell {
			_ = problems.Add(r.names[c], fault.Invalid("people.text.too_long", "Max", maxCell))
		} else if !isASCII(text) && (!utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError)) {
			_ = problems.Add(r.names[c], fault.Invalid("people.text.encoding"))
		}
	}
	return problems.Err()
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// contacts are the row's addresses; one at least.
func (r *rowReader) contacts(row csvtext.Row) (list []entryContact, err error) {
	email, mobile := r.cell(row, emailColumn), r.cell(row, mobileColumn)
	if email == "" && mobile == "" {
		return nil, fault.Invalid("people.import.no_address").On("email")
	}
	var problems fault.Problems
	list = make([]entryContact, 0, 2)
	note := func(c column, channel Channel, text, value string, err error) {
		if err != nil {
			_ = problems.Add(r.names[c], err) // a fault
			return
		}
		list = append(list, entryContact{key: addressKey{channel, value}, shown: shown(channel, text, value)})
	}
	if email != "" {
		value, err := normalEmail(email, r.domains.of)
		note(emailColumn, Email, email, value, err)
	}
	if mobile != "" {
		value, err := NormalMobile(mobile, r.town.Region)
		note(mobileColumn, SMS, mobile, value, err)
	}
	return list, problems.Err()
}

func (r *rowReader) details(row csvtext.Row) (d Details, err error) {
	var problems fault.Problems
	note := func(field string, err error) { _ = problems.Add(field, err) } // all of them are faults
	d.Kind = KindPerson
	d.Given, err = r.text.of(r.cell(row, givenColumn))
	note("given_name", err)
	d.Family, err = r.text.of(r.cell(row, familyColumn))
	note("family_name", err)
	if d.Born, err = ParseBirth(r.cell(row, birthColumn)); err == nil {
		err = d.Born.check(r.today)
	}
	if err == nil && tooYoung(d.Born, r.today) {
		err = tooYoungFault()
	}
	note("birth_date", err)
	d.Place, err = r.places.of(r.cell(row, placeColumn))
	note("place", err)
	d.Language, err = r.languages.of(r.cell(row, languageColumn))
	note("language", err)
	d.Who, err = list(&r.categories, r.cell(row, whoColumn))
	slices.Sort(d.Who)
	note("who", err)
	d.Wants, err = list(&r.topics, r.cell(row, wantsColumn))
	slices.Sort(d.Wants)
	note("wants", err)
	return d, problems.Err()
}

// consent reads what the row agrees to, and how that can be shown: no row is taken without a date and a source.
func (r *rowReader) consent(row csvtext.Row, e *entry) (err error) {
	var problems fault.Problems
	note := func(field string, err error) { _ = problems.Add(field, err) } // all of them are faults
	e.purposes, err = r.purposes.of(r.cell(row, consentsColumn))
	if len(e.purposes) == 0 && err == nil {
		e.purposes = r.usual
	}
	note("consents", err)
	// A row may list newsletters without the consent to be sent them: what it says is kept, and nothing is sent until
	// that consent stands, for it is looked at again before each message.
	e.newsletters, err = list(&r.newsletters, r.cell(row, newslettersColumn))
	note("newsletters", err)
	date := r.cell(row, dateColumn)
	if date == "" {
		date = r.date
	}
	day := consentDay{}
	if date == "" {
		err = fault.Invalid("people.import.no_consent_date")
	} else {
		day, err = r.days.of(date)
	}
	note("consent_date", err)
	e.day, e.when = day.day, day.when
	source := r.cell(row, sourceColumn)
	if source == "" {
		source = r.source
	}
	if source == "" {
		note("consent_source", fault.Invalid("people.import.no_consent_source"))
	}
	e.source, err = r.text.of(source)
	note("consent_source", err)
	note("channel", r.channel(row, e))
	return problems.Err()
}

func purposesOf(cell string) (purposes []Purpose, err error) {
	var problems fault.Problems
	for text := range parts(cell) {
		purpose := Purpose(strings.ToLower(text))
		switch purpose {
		case "profilo":
			purpose = ForProfile
		case "lettura":
			purpose = ForReading
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
func (r *rowReader) consentDay(text string) (consentDay, error) {
	day, err := ParseDay(text)
	if err == nil && day > r.today {
		err = fault.Invalid("people.consent.future", "Text", clip(text))
	}
	return consentDay{day, clock.Millis(day.Time(r.town.Zone))}, err
}

// channel is the one that the row names, which needs its address; or that of its first address.
func (r *rowReader) channel(row csvtext.Row, e *entry) error {
	text := strings.ToLower(r.cell(row, channelColumn))
	if text == "" {
		if len(e.contacts) > 0 {
			e.channel = e.contacts[0].key.channel
		}
		return nil
	}
	channel := Channel(text)
	if channel != Email && channel != SMS {
		return fault.Invalid("people.channel.unknown", "Text", clip(text))
	}
	e.channel = channel
	has := slices.ContainsFunc(e.contacts, func(c entryContact) bool { return c.key.channel == channel })
	if !has && len(e.contacts) > 0 {
		return fault.Invalid("people.import.channel_without_address", "Channel", text)
	}
	return nil
}
