package people

import (
	"slices"
	"strings"
	"unicode"

	"unoxuno/internal/fault"
	"unoxuno/internal/people/csvtext"
	"unoxuno/internal/storage"
)

// column is a column of an import file.
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
	// Columns that only other programs write.
	nameColumn        // the whole name, in unknown order
	nameGivenColumn   // the whole name, the given name first
	nameFamilyColumn  // the whole name, the family name first
	statusColumn      // whether she is still subscribed
	leftColumn        // when she unsubscribed or her address failed; if filled, nothing may be sent to her
	blacklistedColumn // yes or no
	columnCount
)

// importColumns returns our own names of the columns, in the order of the constants, and then the columns of a rejects
// file. In a file they come in any order. Lists (who, wants, newsletters, consents) are separated by |. who, wants,
// newsletters and place contain slugs or names; birth_date a date or a year; consents the purposes granted, newsletter
// if empty; channel the one she asked for.
func importColumns() []string {
	return append([]string{
		"email", "mobile", "given_name", "family_name", "birth_date", "place", "language", "who", "wants",
		"newsletters", "consents", "channel", "consent_date", "consent_source",
	}, rejectColumns()...)
}

// rejectColumns are the first columns of a rejects file. They are ignored when it is imported again.
func rejectColumns() []string { return []string{"reject_line", "reject_column", "reject_reason"} }

// otherNames returns the column names of offices and other programs (Mailchimp, Brevo, MailUp, listmonk, Google,
// Outlook, Access), without capitals, accents, spaces and punctuation, most likely first. If several columns of a file
// have the same meaning, the first name in these lists wins.
func otherNames() map[column][]string {
	return map[column][]string{
		emailColumn: {
			"emailaddress", "indirizzoemail", "indirizzodiposta", "indirizzodipostaelettronica", "postaelettronica", "mail",
			"indirizzomail", "recapitoemail", "emailpersonale", "email1", "email1value", "emailaddress1", "contattoemail",
		},
		mobileColumn: {
			"cellulare", "numerocellulare", "numerodicellulare", "telefonocellulare", "cell", "ncellulare", "telefonino", "sms",
			"smsphonenumber", "mobilephone", "mobilenumber", "whatsapp", "phonenumber", "phone", "telefono", "numeroditelefono",
			"numerotelefono", "recapitotelefonico", "tel", "phone1value",
		},
		givenColumn: {"nome", "firstname", "fname", "nomedibattesimo", "givenname", "prenome"},
		familyColumn: {
			"cognome", "lastname", "lname", "surname", "familyname",
		},
		birthColumn: {
			"datadinascita", "datanascita", "nascita", "natoil", "natail", "natoail", "birthdate", "dateofbirth", "dob", "datenaissance",
			"birthday", "compleanno", "annodinascita", "annonascita", "yearofbirth", "birthyear",
		},
		placeColumn:       {"quartiere", "frazione", "zona", "quartierefrazione", "quartiereofrazione", "neighbourhood", "district"},
		languageColumn:    {"lingua", "linguapreferita", "preferredlanguage", "lang"},
		whoColumn:         {"categoria", "categorie", "chisei", "categories", "category"},
		wantsColumn:       {"interessi", "argomenti", "cosavuoi", "temi", "topics", "interests"},
		newslettersColumn: {"newsletter", "iscrizioni", "newsletterrichieste", "newsletterscelte", "liste", "lists"},
		consentsColumn: {
			"consenso", "consensi", "consensonewsletter", "consensoinvio", "consensoallinvio", "consent", "optin", "doubleoptin",
		},
		channelColumn: {"canale"},
		dateColumn: {
			"dataconsenso", "datadelconsenso", "consentdate", "confirmtime", "optintime", "dataiscrizione",
			"datadiiscrizione", "subscribedate", "subscriptiondate",
		},
		sourceColumn: {
			"fonteconsenso", "fontedelconsenso", "origineconsenso", "originedelconsenso", "consentsource", "provenienzaconsenso",
		},
		nameColumn:        {"name", "nominativo", "fullname", "nomecompleto", "intestatario", "displayname"},
		nameGivenColumn:   {"nomeecognome", "nomecognome", "firstandlastname"},
		nameFamilyColumn:  {"cognomeenome", "cognomenome"},
		statusColumn:      {"status", "stato", "subscriptionstatus", "memberstatus", "statoiscrizione", "emailmarketing"},
		leftColumn:        {"unsubtime", "cleantime", "unsubscribedat", "datacancellazione", "datadisiscrizione", "datadiscancellazione"},
		blacklistedColumn: {"emailblacklisted", "blacklisted", "blocklisted", "unsubscribed", "disiscritto"},
	}
}

// columnName returns a header cell in the form in which it is compared with our own names.
func columnName(cell string) string { return strings.ToLower(strings.TrimSpace(cell)) }

// otherName returns a header cell in the form in which it is compared with the names of other programs.
func otherName(cell string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, storage.Fold(cell))
}

// columnNames finds the meaning of a header cell.
type columnNames struct {
	own    []string
	others map[string]meaning
}

// meaning is the column that a name stands for. If several names in a file stand for the same, the lowest rank wins.
type meaning struct {
	column
	rank int
}

func newColumnNames() columnNames {
	n := columnNames{importColumns(), map[string]meaning{}}
	for c, names := range otherNames() {
		for i, name := range names {
			n.others[name] = meaning{c, 1 + i}
		}
	}
	for c, name := range n.own[:sourceColumn+1] {
		n.others[otherName(name)] = meaning{column(c), 0}
	}
	return n
}

// known tells whether a header cell is a name that the import knows.
func (n columnNames) known(cell string) bool {
	_, ok := n.others[otherName(cell)]
	return ok || slices.Contains(n.own, columnName(cell))
}

// name returns the column's name for sentences and results: ours, or the file's if it is another program's column.
func (l layout) name(c column) string {
	if int(c) < len(l.names.own) && c <= sourceColumn {
		return l.names.own[c]
	}
	return l.header[l.at[c]]
}

// layout says which column of the file is which.
type layout struct {
	names    columnNames
	header   []string
	at       [columnCount]int // index of each column in the file; -1 if the file lacks it
	foreign  [columnCount]bool
	nameless []int // indexes of columns without a name
	warnings []*fault.Error
}

// readLayout reads a header. An unknown column is ignored with a warning, unless its name looks like a missing column
// of ours: that is probably a typing error, and a fault.
func readLayout(header []string) (layout, error) {
	l := layout{names: newColumnNames(), header: header}
	for c := range l.at {
		l.at[c] = -1
	}
	var problems fault.Problems
	ranks := [columnCount]int{}
	var unknown []int
	seen := map[string]bool{}
	for i, cell := range header {
		name := columnName(cell)
		m, known := l.names.others[otherName(cell)]
		switch {
		case name == "" || otherName(cell) == "":
			l.nameless = append(l.nameless, i)
		case seen[name] && known:
			problems = append(problems, fault.Invalid("people.import.column_twice", "Text", clip(name)))
		case slices.Contains(rejectColumns(), name):
		case !known:
			unknown = append(unknown, i)
		case l.at[m.column] < 0 || m.rank < ranks[m.column]:
			if old := l.at[m.column]; old >= 0 {
				unknown = append(unknown, old)
			}
			l.at[m.column], ranks[m.column], l.foreign[m.column] = i, m.rank, m.rank > 0
		default:
			unknown = append(unknown, i)
		}
		seen[name] = true
	}
	slices.Sort(unknown)
	var ignored []string
	for _, i := range unknown {
		if near := l.slip(header[i]); near != "" {
			problems = append(problems, fault.Invalid("people.import.column_near", "Text", clip(header[i]), "Near", near))
			continue
		}
		ignored = append(ignored, clip(header[i]))
	}
	if len(ignored) > 0 { // one warning for all
		l.warnings = append(l.warnings, fault.Invalid("people.import.column_ignored", "Known", ignored))
	}
	if l.at[emailColumn] < 0 && l.at[mobileColumn] < 0 && len(problems) == 0 {
		problems = append(problems, fault.Invalid("people.import.no_address_column", "Has", clip(strings.Join(header, ", "))))
	}
	return l, problems.Err()
}

// slip returns the missing column of ours that the author of the cell probably meant; "" if there is none.
func (l layout) slip(cell string) string {
	word, found := columnName(cell), ""
	for c, name := range l.names.own[:sourceColumn+1] {
		near := 1 // letters that may differ
		if len(name) >= 8 {
			near = 2
		}
		if l.at[c] < 0 && distance(word, name) <= near || l.at[c] < 0 && transposed(word, name) {
			found = name
		}
	}
	return found
}

// cell returns the raw text of a cell; "" if the row or the file lacks it.
func (l layout) cell(row csvtext.Row, c column) string {
	if i := l.at[c]; i >= 0 && i < len(row.Cells) {
		return row.Cells[i]
	}
	return ""
}
