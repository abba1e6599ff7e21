package people_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"

	"unoxuno/internal/fault"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

// options returns options for rows without a consent of their own.
func options() people.ImportOptions {
	return people.ImportOptions{ConsentSource: "modulo 2024", ConsentDate: "2024-05-01"}
}

func (town town) load(t testing.TB, text string, o people.ImportOptions) people.ImportResult {
	t.Helper()
	return must[people.ImportResult](t)(town.Import(t.Context(), strings.NewReader(text), o))
}

// numbers returns the result without its reasons, for comparing.
func numbers(r people.ImportResult) string {
	return fmt.Sprintf("rows %d created %d updated %d unchanged %d rejected %d", r.Rows, r.Created, r.Updated, r.Unchanged, r.Rejected)
}

func (town town) holder(t testing.TB, email string) people.Person {
	t.Helper()
	id, ok, err := town.ByAddress(t.Context(), people.Email, email)
	if err != nil || !ok {
		t.Fatalf("nobody at %s: %v", email, err)
	}
	return must[people.Person](t)(town.Get(t.Context(), id))
}

const full = "email;mobile;given_name;family_name;birth_date;place;language;who;wants;newsletters;consents;channel;consent_date;consent_source\n" +
	"Anna.Verdi@Example.org;333 123 4567;Anna;Verdi;03/02/1980;Centro storico;it;genitore|Pendolare;Theatre|biblioteca;scuola|gli-appuntamenti;newsletter|profile;email;01/05/2024;modulo cartaceo\n"

func TestImportTakesEveryColumn(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		if got := numbers(town.load(t, full, people.ImportOptions{})); got != "rows 1 created 1 updated 0 unchanged 0 rejected 0" {
			t.Fatal(got)
		}
		anna := town.holder(t, "anna.verdi@example.org")
		got := fmt.Sprintln(anna.Name(), anna.Born, anna.Place, anna.Language, anna.Who, anna.Wants, anna.Since)
		if want := "Anna Verdi 1980-02-03 centro-storico it [genitore pendolare] [biblioteca teatro] 2024-05-01\n"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if len(anna.Addresses) != 2 || anna.Addresses[0].Verified.IsZero() || anna.Addresses[1].Value != "+393331234567" || anna.Addresses[0].Shown != "Anna.Verdi@Example.org" {
			t.Errorf("addresses %+v; want both confirmed by the proof of consent", anna.Addresses)
		}
		consents := must[[]people.Consent](t)(town.Consents(t.Context(), anna.ID))
		if len(consents) != 2 || consents[0].Source != "modulo cartaceo" || consents[0].Proof != "CSV:2" || consents[0].Granted.UTC().Format("2006-01-02T15") != "2024-04-30T22" {
			t.Errorf("consents %+v; want two of 1 May 2024 in Rome", consents)
		}
		profile := must[people.Profile](t)(town.Profile(t.Context(), town.db, anna.ID))
		if !slices.Equal(profile.Subscribed, []string{"gli-appuntamenti", "scuola"}) {
			t.Errorf("subscribed to %v", profile.Subscribed)
		}
	})
}

func TestImportReadsEveryForm(t *testing.T) {
	const row = "Niccolò,D'Amico,n@example.org,3331234567"
	plain := "given_name,family_name,email,mobile\n" + row + "\n"
	latin := must[string](t)(charmap.Windows1252.NewEncoder().String(strings.ReplaceAll(plain, ",", ";")))
	forms := map[string]string{
		"comma":          plain,
		"semicolon":      strings.ReplaceAll(plain, ",", ";"),
		"tab":            strings.ReplaceAll(plain, ",", "\t"),
		"byte mark":      "\ufeff" + plain,
		"windows-1252":   latin,
		"windows lines":  strings.ReplaceAll(plain, "\n", "\r\n"),
		"quoted":         "\"given_name\",\"family_name\",\"email\",\"mobile\"\n\"Niccolò\",\"D'Amico\",\"n@example.org\",\"3331234567\"",
		"capital header": "Given_Name, FAMILY_NAME ,Email,Mobile\n" + row,
		"blank rows":     plain + "\n,,,\n   ,,,\n",
	}
	eachEngine(t, func(t *testing.T, town town) {
		for name, text := range forms {
			r := town.load(t, text, options())
			if r.Rows != 1 || r.Rejected != 0 {
				t.Errorf("%s: %+v", name, r)
			}
		}
		if got := town.holder(t, "N@example.org").Name(); got != "Niccolò D'Amico" || town.count(t, "people_person") != 1 {
			t.Errorf("%q among %d people; want one Niccolò D'Amico from all forms", got, town.count(t, "people_person"))
		}
	})
}

func TestImportRejectsRowsAlone(t *testing.T) {
	const header = "email,mobile,given_name,birth_date,place,language,who,wants,newsletters,consents,channel,consent_date,consent_source\n"
	cases := []struct{ name, row, column, key string }{
		{"no address", ",,Ugo,,,,,,,,,,", "email", "people.import.no_address"},
		{"bad e-mail", "ugo.example.org,,,,,,,,,,,,", "email", "people.email.no_at"},
		{"landline", ",059 203 1111,,,,,,,,,,,", "mobile", "people.mobile.fixed"},
		{"control character", "u@example.org,,Ugo\x1bBcc,,,,,,,,,,", "given_name", "text.control"},
		{"no such day", "u@example.org,,,31/02/1980,,,,,,,,,", "birth_date", "people.date.none"},
		{"born tomorrow", "u@example.org,,,2026-11-23,,,,,,,,,", "birth_date", "people.birth.future"},
		{"a child", "u@example.org,,,2013,,,,,,,,,", "birth_date", "people.consent.too_young"},
		{"place", "u@example.org,,,,centro-storco,,,,,,,,", "place", "people.unknown.place_near"},
		{"language", "u@example.org,,,,,xx,,,,,,,", "language", "people.language.unknown"},
		{"category", "u@example.org,,,,,,genitore|genitor,,,,,,", "who", "people.unknown.who_near"},
		{"topic", "u@example.org,,,,,,,zzzzzzzzz,,,,,", "wants", "people.unknown.wants"},
		{"newsletter", "u@example.org,,,,,,,,scuole,,,,", "newsletters", "people.unknown.subscribed_near"},
		{"purpose", "u@example.org,,,,,,,,,marketing,,,", "consents", "people.consent.purpose"},
		{"channel", "u@example.org,,,,,,,,,,sms,,", "channel", "people.import.channel_without_address"},
		{"consent tomorrow", "u@example.org,,,,,,,,,,,2026-11-23,", "consent_date", "people.consent.future"},
		{"cells", "u@example.org,,,,,,,,,,,,,,x", "", "people.import.cells"},
		{"quotes", `u@example.org,,"U"go",,,,,,,,,,`, "", "people.import.quotes"},
	}
	eachEngine(t, func(t *testing.T, town town) {
		for _, c := range cases {
			o := options()
			o.Say = func(key string, _ map[string]any) string { return key }
			r := town.load(t, header+"\n"+c.row+"\nok@example.org,,,,,,,,,,,,\n", o)
			want := people.Reject{Line: 3, Column: c.column, Reason: c.key}
			if r.Rows != 2 || r.Rejected != 1 || r.Rejects[0] != want {
				t.Errorf("%s: %+v; want %+v", c.name, r, want)
			}
		}
		if n := town.count(t, "people_person"); n != 1 {
			t.Errorf("%d people; want the one good row's", n)
		}
	})
}

func TestImportNeedsConsentDateAndSource(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		r := town.load(t, "email,consent_date\na@example.org,\nb@example.org,2024-01-01\n", people.ImportOptions{})
		if r.Rejected != 2 || r.Rejects[0].Column != "consent_date" || r.Rejects[1].Column != "consent_source" ||
			!strings.Contains(r.Rejects[0].Reason, "consent_source: The source of consent is missing") {
			t.Fatalf("%+v", r)
		}
		_, err := town.Import(t.Context(), strings.NewReader("email\na@example.org\n"), people.ImportOptions{ConsentDate: "ieri"})
		wantFault(t, err, "people.date.malformed")
	})
}

func TestImportedRejectsCanBeMendedAndImported(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		const text = "email;family_name;place;consent_source\n" +
			"a@example.org;\"Rossi; \"\"Mimmo\"\"\";centro-storco;modulo\n" +
			"b@example.org;=1+1;atlantide;modulo\n" +
			"c@example.org;Bianchi;san-lazzaro;modulo;troppo\n" +
			"d@example.org;Neri;san-lazzaro;modulo\n"
		o := options()
		var rejects bytes.Buffer
		o.Rejects = &rejects
		if got := numbers(town.load(t, text, o)); got != "rows 4 created 1 updated 0 unchanged 0 rejected 3" {
			t.Fatal(got)
		}
		lines := strings.SplitN(rejects.String(), "\n", 2)
		if lines[0] != "reject_line;reject_column;reject_reason;email;family_name;place;consent_source" || !strings.Contains(rejects.String(), ";'=1+1;") {
			t.Fatalf("rejects file:\n%s", rejects.String())
		}
		mended := strings.NewReplacer(";centro-storco;", ";centro-storico;", ";atlantide;", ";fuori-comune;", ";modulo;troppo", ";modulo").Replace(rejects.String())
		rejects.Reset()
		if got := numbers(town.load(t, mended, o)); got != "rows 3 created 3 updated 0 unchanged 0 rejected 0" || rejects.Len() > 0 {
			t.Fatalf("%s\n%s", got, rejects.String())
		}
		if got := town.holder(t, "a@example.org").Family + town.holder(t, "b@example.org").Family; got != `Rossi; "Mimmo"=1+1` {
			t.Errorf("names %q", got)
		}
	})
}

func TestImportTwiceChangesNothing(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		text := generated(7000)
		first := town.load(t, text, people.ImportOptions{})
		if first.Created < 6000 || first.Rejected != 0 {
			t.Fatalf("first run %+v", first)
		}
		before := town.snapshot(t)
		town.clock.Advance(time.Hour)
		again := town.load(t, text, people.ImportOptions{})
		if again.Unchanged != again.Rows || again.Rows != first.Rows {
			t.Errorf("second run %s; want all %d unchanged", numbers(again), first.Rows)
		}
		if after := town.snapshot(t); after != before {
			t.Errorf("tables before %s, after %s", before, after)
		}
	})
}

// snapshot returns a summary of the tables.
func (town town) snapshot(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	for _, q := range []string{
		"SELECT count(*), sum(updated_at) / 1000 FROM people_person", "SELECT count(*), sum(verified_at) / 1000 FROM people_address",
		"SELECT count(*), 0 FROM people_who", "SELECT count(*), 0 FROM people_wants", "SELECT count(*), 0 FROM letters_subscription",
		"SELECT count(*), sum(granted_at) / 1000 FROM people_consent",
	} {
		var n, sum float64
		if err := town.db.QueryRowContext(t.Context(), q).Scan(&n, &sum); err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(&b, n, "/", sum, " ")
	}
	return b.String()
}

func TestImportDryRunTellsTheSameNumbers(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		text := generated(4000) + "rotto,,,,,,,,,,,,,\n" + generatedRows(0, 100)
		o := people.ImportOptions{DryRun: true}
		dry := town.load(t, text, o)
		if n := town.count(t, "people_person") + town.count(t, "people_consent"); n != 0 {
			t.Fatalf("a dry run left %d rows", n)
		}
		o.DryRun = false
		if real := town.load(t, text, o); numbers(real) != numbers(dry) || real.Rejected != 1 {
			t.Errorf("dry run %s, real run %s", numbers(dry), numbers(real))
		}
	})
}

func TestImportMergesDuplicates(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		const header = "email,mobile,given_name,family_name,birth_date,place,wants\n"
		r := town.load(t, header+
			"a@example.org,,Anna,,1980,,teatro\n"+ // creates a person
			"A@EXAMPLE.ORG,333 1234567,,Verdi,03/02/1980,,\n"+ // fills her gaps, found by e-mail
			",+39 333 1234567,,,,centro-storico,biblioteca\n"+ // found by mobile
			"a@example.org,,Annamaria,,,,\n"+ // overwrites nothing
			"b@example.org,,Bruno,,,,\n"+
			"b@example.org,333 1234567,Bruno,,,,\n"+ // his e-mail, her mobile
			"c@example.org,333 1234567,Carlo,,,,\n", // another member of the household
			options())
		if got := numbers(r); got != "rows 7 created 2 updated 2 unchanged 1 rejected 2" || r.Rejects[0].Line != 7 || r.Rejects[0].Column != "mobile" {
			t.Fatalf("%s %+v", got, r.Rejects)
		}
		anna := town.holder(t, "a@example.org")
		got := fmt.Sprintln(anna.Name(), anna.Born, anna.Place, anna.Wants, len(anna.Addresses))
		if want := "Anna Verdi 1980-02-03 centro-storico [biblioteca teatro] 2\n"; got != want {
			t.Errorf("got %s", got)
		}
	})
}

func TestImportLeavesAloneWhatSheDeclared(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		const text = "email,given_name,birth_date,place,language,who,wants,consents,newsletters\n" +
			"a@example.org,Anna,1980,san-lazzaro,en,genitore,teatro,newsletter|profile,scuola\n"
		town.load(t, text, options())
		anna := town.holder(t, "a@example.org")
		anna.Place, anna.Wants, anna.Born = "", []string{"biblioteca"}, people.Birth{}
		if err := town.Update(t.Context(), anna.ID, anna.Details); err != nil {
			t.Fatal(err)
		}
		if err := town.Withdraw(t.Context(), anna.ID, people.ForProfile, "by herself"); err != nil {
			t.Fatal(err)
		}
		if got := numbers(town.load(t, text, options())); got != "rows 1 created 0 updated 0 unchanged 1 rejected 0" {
			t.Error(got)
		}
		town.clock.Advance(48 * time.Hour)
		o := options()
		o.ConsentDate = town.Today().String()
		if got := numbers(town.load(t, text, o)); got != "rows 1 created 0 updated 1 unchanged 0 rejected 0" {
			t.Errorf("a consent given after the withdrawal: %s", got)
		}
		after := town.holder(t, "a@example.org")
		if fmt.Sprint(after.Details) != fmt.Sprint(anna.Details) {
			t.Errorf("she declared %v; after the import %v", anna.Details, after.Details)
		}
	})
}

func TestImportTellsWhatIsWrongWithTheFile(t *testing.T) {
	cases := map[string]struct{ text, key string }{
		"empty":         {"", "people.csv.empty"},
		"only a mark":   {"\ufeff\n\n", "people.csv.empty"},
		"binary":        {"\x7fELF\x00\x00\x01", "people.csv.binary"},
		"spreadsheet":   {"PK\x03\x04xl/workbook.xml", "people.csv.spreadsheet"},
		"column":        {"emial,mobile\n", "people.import.column_near"},
		"near the end":  {"email,consent_dat\n", "people.import.column_near"},
		"twice":         {"email,Email\n", "people.import.column_twice"},
		"no address":    {"given_name,family_name\n", "people.import.no_address_column"},
		"broken header": {"email,\"mobile\n", "people.csv.header"},
		"endless quote": {"email,given_name\na@example.org,Anna\nb@example.org,\"Bruno\nc@example.org,Carla\n", "people.csv.quote"},
	}
	eachEngine(t, func(t *testing.T, town town) {
		for name, c := range cases {
			r, err := town.Import(t.Context(), strings.NewReader(c.text), options())
			if !fault.HasKey(err, c.key) {
				t.Errorf("%s: %v; want %s", name, err, c.key)
			}
			if name == "endless quote" && (r.Created != 1 || fault.List(err)[0].Args["Line"] != 3) {
				t.Errorf("%s: %+v %v; want Anna taken, and line 3 named", name, r, err)
			}
		}
		if r := town.load(t, "email,mobile\n", options()); r.Rows != 0 || r.Rejects == nil {
			t.Errorf("only a header: %+v; want nothing done", r)
		}
	})
}

// failing returns an error after some bytes.
type failing struct {
	text *strings.Reader
	err  error
}

func (f failing) Read(p []byte) (int, error) {
	if f.text.Len() == 0 {
		return 0, f.err
	}
	return f.text.Read(p)
}

func TestImportKeepsWhatWasReadBeforeAnAccident(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		torn := errors.New("torn off")
		r, err := town.Import(t.Context(), failing{strings.NewReader(generated(4000)), torn}, people.ImportOptions{})
		if !errors.Is(err, torn) || r.Created == 0 || r.Created != town.count(t, "people_person") {
			t.Errorf("%+v %v; %d people", r, err, town.count(t, "people_person"))
		}
	})
}

const generatedHeader = "email,mobile,given_name,family_name,birth_date,place,language,who,wants,newsletters,consents,channel,consent_date,consent_source\n"

func generated(n int) string { return generatedHeader + generatedRows(0, n) }

// generatedRows returns rows like a town's; every hundredth repeats the one before.
func generatedRows(from, to int) string {
	given := []string{"Anna", "Niccolò", "Maria Grazia", "Luca", "Öğün"}
	places := []string{"centro-storico", "San Lazzaro", "fuori-comune", ""}
	who := []string{"genitore", "genitore|pendolare", "", "turista"}
	wants := []string{"teatro|biblioteca", "teatro|acqua|sport|viaggi", "", "Anagrafe|Lavoro|Imposte"}
	var b strings.Builder
	for i := from; i < to; i++ {
		n := i
		if i%100 == 99 {
			n--
		}
		mobile := ""
		if n%3 == 0 {
			mobile = fmt.Sprintf("+39333%07d", n)
		}
		fmt.Fprintf(&b, "p%d@example.org,%s,%s,Rossi %d,%d,%s,it,%s,%s,gli-appuntamenti,newsletter|profile,email,2024-05-01,modulo\n",
			n, mobile, given[n%5], n, 1930+n%80, places[n%4], who[n%4], wants[n/7%4])
	}
	return b.String()
}

// The benchmark imports into an empty town, then the same file again, then as many other people.
func BenchmarkImport(b *testing.B) {
	const rows = 200_000
	first, others := generated(rows), generatedHeader+generatedRows(rows, 2*rows)
	for _, engine := range []storage.Engine{storage.SQLite, storage.Postgres} {
		b.Run(engine.String(), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				town := newTown(b, storagetest.Open(b, engine, schemas()...))
				town.PlugSubscriptions(silent{town.letters})
				b.StartTimer()
				for _, part := range []struct{ name, text string }{{"empty", first}, {"again", first}, {"full", others}} {
					begun := b.Elapsed()
					town.load(b, part.text, people.ImportOptions{})
					b.ReportMetric(rows/(b.Elapsed()-begun).Seconds(), part.name+"-rows/s")
				}
			}
		})
	}
}
