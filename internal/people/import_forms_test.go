package people_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"unoxuno/internal/people"
)

// byKey imports text. The result has the keys of the reasons instead of their sentences.
func (town town) byKey(t *testing.T, text string) people.ImportResult {
	t.Helper()
	o := options()
	o.Say = func(key string, _ map[string]any) string { return strings.TrimPrefix(key, "people.") }
	return town.load(t, text, o)
}

// told returns what a result says about rows: "line column reason", with a + before warnings.
func told(r people.ImportResult) (all []string) {
	for _, j := range r.Rejects {
		all = append(all, fmt.Sprintf("%d %s: %s", j.Line, j.Column, j.Reason))
	}
	for _, w := range r.Warnings {
		all = append(all, fmt.Sprintf("+%d %s: %s", w.Line, w.Column, w.Reason))
	}
	return all
}

// fileCase is a file as a program or a person wrote it, and the expected result.
type fileCase struct {
	name, text string
	created    int64
	told       []string
}

func (c fileCase) try(t *testing.T, town town) {
	t.Helper()
	r := town.byKey(t, c.text)
	if r.Created != c.created || !slices.Equal(told(r), c.told) || r.Warned != int64(len(r.Warnings)) {
		t.Errorf("%s: created %d, want %d; told\n\t%s\nwant\n\t%s", c.name, r.Created, c.created, strings.Join(told(r), "\n\t"), strings.Join(c.told, "\n\t"))
	}
}

func TestImportTakesTheFormsOfPrograms(t *testing.T) {
	short := "import.short"
	cases := []fileCase{
		{"empty columns at the end", "email;given_name;newsletters;;;\r\na1@uno.example;Anna;scuola;;;\r\n;;;;;\r\n", 1, nil},
		{
			"cells missing or beyond the end", "email;given_name;newsletters\r\nb1@uno.example;Anna;scuola;;;\r\nb2@uno.example;Ugo\r\n;;\r\n\r\n", 2,
			[]string{"+3 : " + short},
		},
		{"a column without a name", "email;;given_name\nc1@uno.example;;Anna\nc2@uno.example;x;Ugo\nc3@uno.example;y;Ugo\n", 3, []string{"+3 : import.column_nameless"}},
		{"lines of old Macs", "email;given_name\rd1@uno.example;Anna\rd2@uno.example;Ugo\r", 2, nil},
		{"lines of three kinds", "email;given_name\r\ne1@uno.example;Anna\re2@uno.example;Ugo\ne3@uno.example;\"Li\rna\"", 3, nil},
		{"a title and a delimiter", "sep=;\nIscritti al 31/12;\n\nemail;given_name\nf1@uno.example;Anna\n", 1, []string{"+1 : import.above"}},
		{
			"columns that nobody knows", "email,Codice fiscale,NOTE,given_name\ng1@uno.example,,x,Anna\ng2@uno.example,,y,Ugo\n", 2,
			[]string{"+1 : import.column_ignored"},
		},
		{"Italian columns", "Nome;Cognome;Data di nascita;Cellulare;Quartiere\nIda;Uno;1/2/1980;333 7654321;San Lazzaro\n", 1, nil},
		{
			"two telephones", "E-mail;Telefono;Cellulare;Nominativo\nh1@uno.example;059 203111;333 7654329;Uno Ida\n", 1,
			[]string{"+1 : import.column_ignored", "+2 Nominativo: import.name_whole"},
		},
		{"a telephone that is none", "E-mail;Telefono\nh2@uno.example;059 2031111\n", 1, []string{"+2 mobile: import.phone_left_out"}},
		{
			"Mailchimp", `"Email Address","First Name","Last Name",Birthday,"Phone Number",MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,CC` + "\n" +
				`i1@uno.example,Anna,Uno,03/14,+39 333 1234560,2,"2024-05-01 10:00:00","2024-05-01 10:01:00",IT` + "\n", 1,
			[]string{"+1 : import.column_ignored", "+2 birth_date: date.no_year"},
		},
		{"Mailchimp, those who left", "Email Address,First Name,UNSUB_TIME\nj1@uno.example,Anna,2025-01-01 10:00:00\n", 0, []string{"2 UNSUB_TIME: import.left"}},
		{
			"listmonk", "uuid,email,name,attributes,status,created_at\nx,k1@uno.example,Anna,{},enabled,x\nx,k2@uno.example,Ugo,{},blocklisted,x\n", 1,
			[]string{"3 status: import.left", "+1 : import.column_ignored"},
		},
		{
			"Brevo", "EMAIL;LASTNAME;FIRSTNAME;SMS;DOUBLE_OPT-IN;EMAIL_BLACKLISTED\nl1@uno.example;Uno;Anna;393331234561;1;false\nl2@uno.example;Uno;Ugo;;1;true\n", 1,
			[]string{"3 EMAIL_BLACKLISTED: import.left"},
		},
		{
			"an address within a name", "email\nAnna Uno <m1@uno.example>\nmailto:m2@uno.example\nm3@uno.example;\n\"m4@uno.example, m5@uno.example\"\n", 3,
			[]string{"5 email: import.several_emails", "+2 email: import.bare_email", "+3 email: import.bare_email", "+4 email: import.bare_email"},
		},
		{
			"numbers of spreadsheets", "mobile\n3331234562.0\n\"3,33123E+09\"\n\"'3331234563\"\n\u202a+39 333 1234564\u202c\n333 1234565 / 059 203111\n", 3,
			[]string{"3 mobile: import.scientific", "6 mobile: import.several_numbers", "+5 mobile: import.invisible"},
		},
	}
	eachEngine(t, func(t *testing.T, town town) {
		for _, c := range cases {
			c.try(t, town)
		}
	})
}

// TestImportTakesWhatProgramsLeaveInCells: quotes, formulas and zeros that no person typed.
func TestImportTakesWhatProgramsLeaveInCells(t *testing.T) {
	const head = "email;given_name;newsletters\n"
	within := "import.quotes_within"
	cases := []fileCase{
		{
			"quotes within", head + "n1@uno.example;Anna \"Nina\";scuola\nn2@uno.example;5\";\nn3@uno.example;\"Ugo \"il\" Grande\";\n", 2,
			[]string{"4 : import.quotes", "+2 : " + within, "+3 : " + within},
		},
		{
			"quotes that hide a cell", head + "n4@uno.example;x\"y;scuola\nn5@uno.example;x\"y\"scuola\n", 1,
			[]string{"3 : import.quotes", "+2 : " + within},
		},
		{"a formula", head + "=\"o1@uno.example\";=\"Anna\";\n", 1, []string{"+2 : " + within}},
		{"quoted formulas", "email;mobile\n\"=\"\"o2@uno.example\"\"\";\"=\"\"3331234571\"\"\"\n\"=\"\"o3@uno.example\"\"\";\"=\"\"\"\"\"\n", 2, nil},
		{"bars between cells", "email|given_name|newsletters\np1@uno.example|Anna|\"scuola|scuola\"\n", 1, nil},
		{"zeros at the end", head + "q1@uno.example;Anna;\x00\x00\nq2@uno.example;Ugo\x00;\n\x00\x1a", 2, nil},
		{"a zero within", head + "r1@uno.example;Anna;\nr2@uno.example;U\x00go;\n", 1, []string{"3 given_name: text.control"}},
	}
	eachEngine(t, func(t *testing.T, town town) {
		for _, c := range cases {
			c.try(t, town)
		}
		if got := town.holder(t, "o3@uno.example"); len(got.Addresses) != 1 {
			t.Errorf("%+v", got)
		}
		if got := town.holder(t, "n1@uno.example").Given; got != `Anna "Nina"` {
			t.Errorf("n1 is called %q", got)
		}
	})
}

func TestImportTakesLettersAsTheyWereMeant(t *testing.T) {
	doubled := func(text string) string {
		latin := must[string](t)(charmap.Windows1252.NewDecoder().String(text))
		return latin
	}
	dos := must[string](t)(charmap.CodePage850.NewEncoder().String("email;given_name\na2@uno.example;Niccolò\n"))
	cases := []fileCase{
		{"double", "email;given_name\na1@uno.example;" + doubled("Niccolò") + "\n", 1, []string{"+2 given_name: import.double"}},
		{"DOS", dos, 1, []string{"+1 : import.encoding"}},
		{"entities", "email;given_name\na3@uno.example;Niccol&ograve;\n", 1, []string{"+2 given_name: import.entities"}},
		{"decomposed", "email;given_name\na4@uno.example;Niccolo\u0300\n", 1, nil},
		{
			"invisible", "\ufeffemail\u200b;given_name\n\u00a0a5@uno.example;Niccolò\na6\u200b@uno.example\u200e;Nic\u00adcolò\u202e\n\ufeffa7@u\u00adno.example;Niccolò\n", 3,
			[]string{"+3 email: import.invisible", "+3 given_name: import.invisible", "+4 email: import.invisible"},
		},
	}
	eachEngine(t, func(t *testing.T, town town) {
		for _, c := range cases {
			c.try(t, town)
		}
		for i := 1; i <= 7; i++ {
			if got := town.holder(t, fmt.Sprintf("a%d@uno.example", i)).Given; got != "Niccolò" {
				t.Errorf("a%d is called %+q", i, got)
			}
		}
	})
}

func TestImportReadsNothingAsNothing(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		var text strings.Builder
		text.WriteString("email;given_name;birth_date;place;who;newsletters;mobile\n")
		nothings := []string{"-", "NULL", "n/a", "n.d.", "(null)", `\N`, "null", "--"}
		for i, nothing := range nothings {
			fmt.Fprintf(&text, "a%d@uno.example%s\n", i, strings.Repeat(";"+nothing, 6))
		}
		text.WriteString("b1@uno.example;#N/D;0000-00-00;;;;\nb2@uno.example;Null;;;;;\nb3@uno.example;Na;;;;;\n")
		r := town.byKey(t, text.String())
		want := []string{"+3 given_name: import.nothing", "+8 given_name: import.nothing", "+10 given_name: import.spreadsheet_error"}
		if r.Created != int64(len(nothings)+3) || !slices.Equal(told(r), want) {
			t.Errorf("created %d, told %q", r.Created, told(r))
		}
		for i := range nothings {
			if p := town.holder(t, fmt.Sprintf("a%d@uno.example", i)); p.Name() != "" || p.Born.Day != 0 || len(p.Who) > 0 || len(p.Addresses) > 1 {
				t.Errorf("%q became %+v", nothings[i], p)
			}
		}
		if got := town.holder(t, "b2@uno.example").Given + town.holder(t, "b3@uno.example").Given; got != "NullNa" {
			t.Errorf("people of these names are called %q", got)
		}
	})
}

func TestImportReadsDaysWithoutDoubt(t *testing.T) {
	days := map[string]string{
		"1/2/1980": "1980-02-01", "01/02/80": "1980-02-01", "1.2.1980": "1980-02-01", `1\2\1980`: "1980-02-01", "1980/02/01": "1980-02-01", "19800201": "1980-02-01",
		"01021980": "1980-02-01", "1980-02-01T00:00:00": "1980-02-01", "01/02/1980 00:00": "1980-02-01", "1/2/1980 0.00.00": "1980-02-01",
		"1980-02-01 00:00:00.000": "1980-02-01", "1980-01-31T23:00:00.000Z": "1980-02-01", "1 febbraio 1980": "1980-02-01",
		"venerdì 1° febbraio 1980": "1980-02-01", "01-feb-80": "1980-02-01", "Feb 1, 1980": "1980-02-01", "'01/02/1980": "1980-02-01",
		"01/02/1980.": "1980-02-01", "1980": "1980", "1980.0": "1980", "29252": "1980-02-01 serial", "02/1980": "1980 month_only",
		"14/03": " no_year", "29/2/2000": "2000-02-29", "0000-00-00": "", "00/01/1900": "", "30/12/1899": "", "1/2/08": "2008-02-01",
		"12/2/1980 12:00 AM": "1980-02-12",
		"1/2/24":             "date.century", "29/02/1999": "date.none", "31/04/1980": "date.none", "12/25/1980": "date.month_first", "80": "date.malformed",
		"~1980": "date.malformed", "ca. 1980": "date.malformed", "01/02/0080": "birth.too_old", "1/1/2030": "birth.future", "01/02/1880": "birth.too_old",
		"1/1/2020": "consent.too_young", "ieri": "date.malformed", "1980-02-30": "date.none", "99999": "date.malformed",
	}
	eachEngine(t, func(t *testing.T, town town) {
		n := 0
		for text, want := range days {
			n++
			email := fmt.Sprintf("a%d@uno.example", n)
			r := town.byKey(t, "email;birth_date\n"+email+";\""+text+"\"\n")
			var got string
			switch {
			case r.Rejected > 0:
				got = r.Rejects[0].Reason
			case r.Warned > 0:
				got = town.holder(t, email).Born.String() + strings.Replace(r.Warnings[0].Reason, "date.", " ", 1)
			default:
				got = town.holder(t, email).Born.String()
			}
			if got != want {
				t.Errorf("%q is %q; want %q", text, got, want)
			}
		}
	})
}

func TestImportReadsWordsAsPeopleWriteThem(t *testing.T) {
	const header = "email;newsletters;who;place;language\n"
	cases := []fileCase{
		{"titles", header + "a1@uno.example;Gli appuntamenti, a cura del Comune|SCUOLA;;san  lazzaro;it-IT\n", 1, nil},
		{"languages", header + "a2@uno.example;;;;Italiano\na3@uno.example;;;;ita\na4@uno.example;;;;EN\na5@uno.example;;;;en_GB\na6@uno.example;;;;fr\n", 4, []string{"6 language: language.unknown"}},
		{"commas", header + "b1@uno.example;scuola,gli-appuntamenti;;;\n", 0, []string{"2 newsletters: import.separator"}},
		{"line breaks", header + "b2@uno.example;\"scuola\nla-biblioteca\";;;\n", 0, []string{"2 newsletters: import.separator"}},
		{"categories", header + "b3@uno.example;;Genitore, Studente;;\n", 0, []string{"2 who: import.separator"}},
		{"plural", header + "b4@uno.example;;genitori;;\n", 0, []string{"2 who: unknown.who_near"}},
		{"nearly", header + "b5@uno.example;;;S. Lazzaro;\n", 0, []string{"2 place: unknown.place_near"}},
		{"empty members", header + "b6@uno.example;scuola||la-biblioteca|;;;\n", 1, nil},
	}
	eachEngine(t, func(t *testing.T, town town) {
		for _, c := range cases {
			c.try(t, town)
		}
	})
}

// Yes is a consent and no is none. If some cells say yes, an empty cell is none either.
func TestImportHeedsYesAndNo(t *testing.T) {
	cases := []fileCase{
		{"our column", "email;consents\na1@uno.example;sì\na2@uno.example;no\na3@uno.example;\n", 1, []string{"3 consents: import.refused", "4 consents: import.no_consent"}},
		{"ticks", "email;Consenso\na4@uno.example;\na5@uno.example;x\n", 1, []string{"2 consents: import.no_consent"}},
		{"silence first", "email;consents\na6@uno.example;\na7@uno.example;1\n", 2, []string{"+3 consents: import.consent_late"}},
		{"purposes", "email;consents\na8@uno.example;newsletter|profilo\na9@uno.example;\n", 2, nil},
	}
	eachEngine(t, func(t *testing.T, town town) {
		for _, c := range cases {
			c.try(t, town)
		}
	})
}

// Two people who share a mailbox are not merged. A different spelling of a name gets a warning.
func TestImportTellsOtherNamesAtAKnownAddress(t *testing.T) {
	const header = "email;given_name;family_name;birth_date;newsletters\n"
	eachEngine(t, func(t *testing.T, town town) {
		fileCase{
			"household", header + "casa@uno.example;Mario;Bianchi;01/02/1970;\ncasa@uno.example;Lucia;Neri;03/04/1975;scuola\nCASA@uno.example;Ugo;Bianchi;;\n" +
				"casa@uno.example;Bianchi;Mario;;\ncasa@uno.example;Pippo;Bianchi;01/02/1970;\ncasa@uno.example;Marino;Verdi;;\n", 1,
			[]string{
				"3 email: import.other_person", "4 email: import.other_person", "+5 given_name: import.name_kept", "+6 given_name: import.name_kept",
				"+7 given_name: import.name_kept",
			},
		}.try(t, town)
		mario := town.holder(t, "casa@uno.example")
		if got := fmt.Sprint(mario.Name(), mario.Born, town.subscribed(t, mario.ID)); got != "Mario Bianchi1970-02-01 []" {
			t.Errorf("he became %s", got)
		}
	})
}

func (town town) subscribed(t *testing.T, person int64) []string {
	t.Helper()
	return must[people.Profile](t)(town.Profile(t.Context(), town.db, person)).Subscribed
}

func TestImportBoundsWhatItTells(t *testing.T) {
	town := newTownOnSQLite(t)
	var text strings.Builder
	text.WriteString("email;given_name\n")
	for i := range 1500 {
		fmt.Fprintf(&text, "a%d@uno.example;An\u200bna\n", i)
	}
	r := town.byKey(t, text.String())
	if len(r.Warnings) != 1000 || !r.WarningsLeftOut || r.Warned != 1500 || len(r.WarningsByKind) != 1 || r.WarningsByKind[0].Count != 1500 || r.WarningsByKind[0].First.Line != 2 {
		t.Errorf("%d warnings of %d, %+v", len(r.Warnings), r.Warned, r.WarningsByKind)
	}
}

// UNOXUNO_CASES names a folder of unknown files. Whatever they contain, every row is accounted for.
func TestImportAccountsForEveryRow(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(os.Getenv("UNOXUNO_CASES"), "*.csv"))
	if err != nil || os.Getenv("UNOXUNO_CASES") == "" {
		t.Skip("UNOXUNO_CASES is not set")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text := must[[]byte](t)(os.ReadFile(file))
			r, err := newTownOnSQLite(t).Import(t.Context(), strings.NewReader(string(text)), options())
			t.Logf("%s %v\n\t%s", numbers(r), err, strings.Join(told(r), "\n\t"))
			if err == nil && r.Created+r.Updated+r.Unchanged+r.Rejected != r.Rows {
				t.Error("rows are missing")
			}
		})
	}
}
