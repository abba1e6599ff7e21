package people

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"unoxuno/internal/fault"
	"unoxuno/internal/people/csvtext"
	"unoxuno/internal/storage"
)

// entry is a row that can be imported.
type entry struct {
	line        int
	cells       []string
	contacts    []entryContact // at least one
	details     Details
	newsletters []string
	purposes    []Purpose
	channel     Channel
	day         Day
	when        int64 // day in unix milliseconds
	source      string
	warnings    []*fault.Error // what was taken and may be wrong
}

type entryContact struct {
	key   addressKey
	shown string
	known bool // may belong to somebody: see seen
}

// addressKey identifies an address.
type addressKey struct {
	channel Channel
	value   string
}

func (k addressKey) compare(other addressKey) int {
	return cmp.Or(strings.Compare(string(k.channel), string(other.channel)), strings.Compare(k.value, other.value))
}

// rowReader turns rows into entries. It is not safe for concurrent use.
type rowReader struct {
	remarks // of the row being read

	words   Vocabulary
	town    Town
	today   Day
	layout  layout
	nothing map[string]struct{}
	births  dayReader
	source  string // for rows without one
	date    string
	usual   []Purpose // the purposes of a row without any

	marked   bool  // the consents are given as yes and no: an empty cell is no consent
	unmarked int64 // rows with an empty consents cell before the first yes or no

	// Cached meanings of cells: a town's file repeats the same few.
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
	day     Day
	when    int64
	warning *fault.Error
}

// The number of years up to which a two-digit year is in the past, for births and for consents.
const (
	pastBirths   = 110
	pastConsents = 40
)

func (p *People) newRowReader(v Vocabulary, header []string, o ImportOptions) (*rowReader, error) {
	r := &rowReader{
		words: v, town: p.town(), today: p.Today(), nothing: map[string]struct{}{},
		source: strings.TrimSpace(o.ConsentSource), date: strings.TrimSpace(o.ConsentDate),
		usual: []Purpose{ForNewsletter},
	}
	for _, text := range slices.Concat(nothings(), spreadsheetErrors()) {
		r.nothing[text] = struct{}{}
	}
	r.births = dayReader{zone: r.town.Zone, today: r.today, past: pastBirths}
	r.remember()
	var problems fault.Problems
	var err error
	r.layout, err = readLayout(header)
	_ = problems.Add("", err) // readLayout and consentDay only return faults
	r.marked = r.layout.foreign[consentsColumn]
	if _, err := r.consentDay(r.date); r.date != "" && err != nil {
		_ = problems.Add("consent_date", err)
	}
	return r, problems.Err()
}

// remember creates the caches.
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

// maxCell is the length in bytes of the longest cell accepted.
const maxCell = 4000

// fit gives a row as many cells as the header has: spreadsheets omit empty cells at the end of a row, or add some.
func (r *rowReader) fit(row csvtext.Row) csvtext.Row {
	width := len(r.layout.header)
	switch has := len(row.Cells); {
	case has < width:
		row.Cells = append(row.Cells, make([]string, width-has)...)
		row.Missing = width - has
	case has > width && (csvtext.Row{Cells: row.Cells[width:]}).Blank():
		row.Cells = row.Cells[:width]
	}
	return row
}

// entry reads a fitted row. Its faults name their columns.
func (r *rowReader) entry(row csvtext.Row) (entry, error) {
	r.remarks = remarks{}
	if width := len(r.layout.header); len(row.Cells) != width {
		return entry{}, fault.Invalid("people.import.cells", "Has", len(row.Cells), "Want", width)
	}
	if err := r.readable(row); err != nil {
		return entry{}, err
	}
	e := entry{line: row.Line, cells: row.Cells}
	r.form(row)
	r.standing(row)
	e.contacts = r.contacts(row)
	e.details = r.details(row)
	r.consent(row, &e)
	if e.day != 0 && tooYoung(e.details.Born, e.day) {
		r.bad("birth_date", tooYoungFault())
	}
	e.warnings = r.warnings
	return e, r.problems.Err()
}

// form warns about the row's form.
func (r *rowReader) form(row csvtext.Row) {
	if row.Missing > 0 {
		r.warn("", "people.import.short", "Has", len(row.Cells)-row.Missing, "Want", len(row.Cells))
	}
	if row.Bare {
		r.warn("", "people.import.quotes_within")
	}
	r.layout.nameless = slices.DeleteFunc(r.layout.nameless, func(i int) bool {
		filled := strings.TrimSpace(row.Cells[i]) != ""
		if filled { // reported once
			r.warn("", "people.import.column_nameless", "Index", i+1)
		}
		return filled
	})
}

// standing rejects people who unsubscribed, or whose address failed, if the other program's columns say so.
func (r *rowReader) standing(row csvtext.Row) {
	if text := r.cell(row, leftColumn); text != "" {
		r.bad(r.layout.name(leftColumn), fault.Invalid("people.import.left", "Text", clip(text)))
	}
	if text := r.cell(row, blacklistedColumn); text != "" && markOf(text) != refuses {
		r.bad(r.layout.name(blacklistedColumn), fault.Invalid("people.import.left", "Text", clip(text)))
	}
	text := r.cell(row, statusColumn)
	switch storage.Fold(text) {
	case "", "subscribed", "enabled", "confirmed", "active", "opted-in", "attivo", "attiva", "iscritto", "iscritta", "confermato", "confermata":
	case "unsubscribed", "disabled", "blocklisted", "blacklisted", "blocked", "cleaned", "bounced", "complained", "unconfirmed", "pending",
		"inactive", "archived", "deleted", "transactional", "non-subscribed", "nonsubscribed", "disiscritto", "disiscritta", "cancellato",
		"cancellata", "inattivo", "inattiva", "non attivo", "non attiva", "sospeso", "sospesa", "bloccato", "bloccata", "in attesa":
		r.bad(r.layout.name(statusColumn), fault.Invalid("people.import.left", "Text", clip(text)))
	default:
		r.warn(r.layout.name(statusColumn), "people.import.status", "Text", clip(text))
	}
}

// readable rejects cells that are too long, or whose letters were lost before we got them.
func (r *rowReader) readable(row csvtext.Row) error {
	var problems fault.Problems
	for c := range columnCount {
		if text := r.layout.cell(row, c); len(text) > maxCell {
			_ = problems.Add(r.layout.name(c), fault.Invalid("people.text.too_long", "Max", maxCell))
		} else if !isASCII(text) && (!utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError)) {
			_ = problems.Add(r.layout.name(c), fault.Invalid("people.text.encoding"))
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

// contacts returns the row's addresses, at least one.
func (r *rowReader) contacts(row csvtext.Row) []entryContact {
	email, mobile := r.cell(row, emailColumn), r.cell(row, mobileColumn)
	list := make([]entryContact, 0, 2)
	problems := len(r.problems)
	if email != "" {
		bare, err := r.bareEmail(email)
		value := ""
		if err == nil {
			value, err = normalEmail(bare, r.domains.of)
		}
		if err != nil {
			r.bad(r.layout.name(emailColumn), err)
		} else {
			list = append(list, entryContact{key: addressKey{Email, value}, shown: shown(Email, bare, value)})
		}
	}
	if mobile != "" {
		bare, err := bareNumber(mobile)
		value := ""
		if err == nil {
			value, err = NormalMobile(bare, r.town.Region)
		}
		switch {
		case err == nil:
			list = append(list, entryContact{key: addressKey{SMS, value}, shown: shown(SMS, bare, value)})
		case len(list) > 0 && r.layout.foreign[mobileColumn]: // only some of its numbers are mobile
			r.warn(r.layout.name(mobileColumn), "people.import.phone_left_out", "Text", clip(mobile))
		default:
			r.bad(r.layout.name(mobileColumn), err)
		}
	}
	if len(list) == 0 && len(r.problems) == problems {
		r.bad(r.layout.addressName(), fault.Invalid("people.import.no_address"))
	}
	return list
}

// addressName returns the name of the column in which an address is expected first.
func (l layout) addressName() string {
	if l.at[emailColumn] < 0 {
		return l.name(mobileColumn)
	}
	return l.name(emailColumn)
}

func (r *rowReader) details(row csvtext.Row) (d Details) {
	d.Kind = KindPerson
	given, family := r.name(row)
	var err error
	d.Given, err = r.text.of(given)
	r.bad("given_name", err)
	d.Family, err = r.text.of(family)
	r.bad("family_name", err)
	birth, err := r.births.birth(r.cell(row, birthColumn))
	if err == nil {
		err = birth.check(r.today)
	}
	r.bad("birth_date", err)
	if err == nil {
		d.Born = birth.Birth
	}
	r.warned("birth_date", birth.warning)
	d.Place, err = r.places.of(r.cell(row, placeColumn))
	r.bad("place", err)
	d.Language, err = r.languages.of(r.cell(row, languageColumn))
	r.bad("language", err)
	d.Who = r.list(row, whoColumn, &r.categories)
	slices.Sort(d.Who)
	d.Wants = r.list(row, wantsColumn, &r.topics)
	slices.Sort(d.Wants)
	return d
}

// warned records a warning, unless it is nil.
func (r *remarks) warned(field string, warning *fault.Error) {
	if warning != nil {
		r.warnings = append(r.warnings, warning.On(field))
	}
}

// name returns the row's given and family name. A whole name is split if that is possible: at a comma, or if it has two
// words in a known order. Otherwise it is kept together.
func (r *rowReader) name(row csvtext.Row) (given, family string) {
	given, family = r.cell(row, givenColumn), r.cell(row, familyColumn)
	for _, c := range []column{nameColumn, nameGivenColumn, nameFamilyColumn} {
		whole := r.cell(row, c)
		if whole == "" || given != "" || family != "" {
			continue
		}
		if before, after, ok := strings.Cut(whole, ","); ok {
			return strings.TrimSpace(after), strings.TrimSpace(before)
		}
		words := strings.Fields(whole)
		switch {
		case len(words) == 2 && c == nameGivenColumn:
			return words[0], words[1]
		case len(words) == 2 && c == nameFamilyColumn:
			return words[1], words[0]
		case len(words) > 1:
			r.warn(r.layout.name(c), "people.import.name_whole", "Text", clip(whole))
		}
		return whole, ""
	}
	return given, family
}
