package people

import (
	"slices"
	"strings"
	"unicode"

	"unoxuno/internal/fault"
	"unoxuno/internal/people/csvtext"
	"unoxuno/internal/storage"
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
	// Columns that only other programs write.
	nameColumn        // the whole name, in an order that nobody can tell
	nameGivenColumn   // the whole name, the given name first
	nameFamilyColumn  // the whole name, the family name first
	statusColumn      // whether she is still subscribed
	leftColumn        // when she left, or her address failed; filled means that she is not to be written to
	blacklistedColumn // yes or no
	columnCount
)

// importColumns are our own names of the columns that an import knows, in the order of the constants, and after them
// those of a rejects file. In a file they come in any order. Lists (who, wants, newsletters, consents) are separated by
// |; who, wants, newsletters and place take slugs or names; birth_date a date or a year; consents the purposes granted,
// newsletter where it is empty; channel the one she asked for.
func importColumns() []string {
	return append([]string{
		"email", "mobile", "given_name", "family_name", "birth_date", "place", "language", "who", "wants",
		"newsletters", "consents", "channel", "consent_date", "consent_source",
	}, rejectColumns()...)
}

// rejectColumns stand first in a rejects file, and are passed over when it is imported again.
func rejectColumns() []string { return []string{"reject_line", "reject_column", "reject_reason"} }

// otherNames are what offices and other programs (Mailchimp, Brevo, MailUp, listmonk, Google, Outlook, Access) call the
// columns, without capitals, accents, spaces and signs; the likelier first. Where several columns of a file mean the
// same, the first name in these lists wins.
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

// columnName is how a header cell is compared with our own names.
func columnName(cell string) string { return strings.ToLower(strings.TrimSpace(cell)) }

// otherName is how a header cell is compared with the names of others.
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

// meaning is the column that a name means; of several in one file that with the lowest rank counts.
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

// name is the column's name in sentences and in the results: ours, or that of the file.
func (l layout) name(c column) string {
	if int(c) < len(l.names.own) && c <= sourceColumn {
		return l.names.own[c]
	}
	return l.header[l.at[c]]
}

// layout is what the columns of a file mean.
type layout struct {
	names    columnNames
	header   []string
	at       [columnCount]int // where each column stands; -1 where the file has none
	foreign  [columnCount]bool
	nameless []int // columns without a name
	warnings []*fault.Error
}

// readLayout reads a header. A column that nobody knows is passed over, which is told once; but not one that looks like
// a column of ours which is missing: its name is probably a slip.
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
	if len(ignored) > 0 { // told once, and not for each
		l.warnings = append(l.warnings, fault.Invalid("people.import.column_ignored", "Known", ignored))
	}
	if l.at[emailColumn] < 0 && l.at[mobileColumn] < 0 && len(problems) == 0 {
		problems = append(problems, fault.Invalid("people.import.no_address_column", "Has", clip(strings.Join(header, ", "))))
	}
	return l, problems.Err()
}

// slip is the column of ours that is missing in the file and that the cell's author probably meant; "" for none.
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

// cell is the row's text in a column as it stands; "" where the row or the file has none.
func (l layout) cell(row csvtext.Row, c column) string {
	if i := l.at[c]; i >= 0 && i < len(row.Cells) {
		return row.Cells[i]
	}
	return ""
}
