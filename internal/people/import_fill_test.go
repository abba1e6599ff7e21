package people_test

import (
	"bufio"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

// crowded generates a file about few people: the same addresses and names recur, near and far apart.
func crowded(t *rapid.T) string {
	var b strings.Builder
	b.WriteString("email,mobile,given_name,family_name,birth_date,place,wants,newsletters,consents\n")
	row := rapid.Custom(func(t *rapid.T) string {
		pick := func(name string, from ...string) string { return rapid.SampledFrom(from).Draw(t, name) }
		return strings.Join([]string{
			pick("email", "", "a@example.org", "b@example.org", "c@example.org", "d@example.org", "e@example.org", "f@example.org", "rotto"),
			pick("mobile", "", "", "+393331234567", "+393331234568", "+393331234569"),
			pick("given", "", "Anna", "Anna", "Anna Maria", "Luca"), pick("family", "", "Rossi", "Rossi", "Verdi"),
			pick("birth", "", "", "1980-01-02", "2015-01-02"), pick("place", "", "centro-storico", "altrove"),
			pick("wants", "", "teatro", "teatro|biblioteca"), pick("newsletters", "", "scuola", "scuola|gli-appuntamenti"),
			pick("consents", "", "newsletter", "newsletter|profile", "profile"),
		}, ",")
	})
	for _, text := range rapid.SliceOfN(row, 6, 30).Draw(t, "rows") {
		b.WriteString(text + "\n")
	}
	return b.String()
}

// content returns everything that is stored, without what differs between imports.
func (town town) content(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	for _, q := range []string{
		"SELECT a.value, a.shown, p.given_name, p.family_name, p.search, p.born, p.place, p.since, a.verified_at" +
			" FROM people_address a JOIN people_person p ON p.id = a.person_id ORDER BY a.value",
		"SELECT a.value, o.value FROM people_address a JOIN people_address o ON o.person_id = a.person_id ORDER BY a.value, o.value",
		"SELECT a.value, w.topic FROM people_address a JOIN people_wants w ON w.person_id = a.person_id ORDER BY a.value, w.topic",
		"SELECT a.value, c.purpose, c.granted_at, c.proof FROM people_address a JOIN people_consent c ON c.person_id = a.person_id" +
			" ORDER BY a.value, c.purpose, c.granted_at",
		"SELECT a.value, l.newsletter FROM people_address a JOIN letters_subscription l ON l.person_id = a.person_id ORDER BY a.value, l.newsletter",
		"SELECT (SELECT count(*) FROM people_person), (SELECT count(*) FROM people_address), (SELECT count(*) FROM people_consent)",
	} {
		b.WriteString(strings.Join(town.lines(t, q), "\n") + "\n")
	}
	return b.String()
}

// empty removes all people.
func (town town) empty(t testing.TB) {
	t.Helper()
	for _, table := range []string{"letters_subscription", "people_consent", "people_wants", "people_who", "people_address", "people_person"} {
		must[sql.Result](t)(town.db.ExecContext(t.Context(), "DELETE FROM "+table))
	}
}

// The report and the stored data are the same however a file is imported: with or without a dry run first, into an
// empty town or beside a server, in chunks of any size.
func TestImportIsTheSameHoweverItIsTaken(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		tried := 0
		rapid.Check(t, func(rt *rapid.T) {
			if tried++; tried > 6 && os.Getenv("UNOXUNO_LONG") == "" {
				return // each case is six imports
			}
			file, second := crowded(rt), crowded(rt)
			chunk := rapid.IntRange(1, 5).Draw(rt, "chunk")
			take := func(text string, rows int, dry bool) string {
				o := options()
				o.DryRun = dry
				r := must[people.ImportResult](t)(town.ImportChunks(t.Context(), strings.NewReader(text), o, rows))
				return string(must[[]byte](t)(json.MarshalIndent(r, "", " ")))
			}
			town.empty(t)
			rehearsed := take(file, chunk, true)
			if n := town.count(t, "people_person"); n != 0 {
				rt.Fatalf("the dry run left %d people", n)
			}
			filled, kept := take(file, chunk, false), town.content(t)
			dryAgain := take(second, chunk, true)
			if now := town.content(t); now != kept {
				rt.Fatalf("a dry run changed\n%s\nto\n%s", kept, now)
			}
			again := take(second, chunk, false)
			town.empty(t)
			whole, keptWhole := take(file, 1000, false), town.content(t)
			if rehearsed != filled || filled != whole || kept != keptWhole {
				rt.Fatalf("%s\nrehearsed %s\nfilled %s\nin one chunk %s\nkept %s\nin one chunk %s", file, rehearsed, filled, whole, kept, keptWhole)
			}
			if dryAgain != again {
				rt.Fatalf("%s\nthen %s\nrehearsed %s\nreal %s", file, second, dryAgain, again)
			}
		})
	})
}

// helperURL is the environment variable of the process that TestAKilledImportLeavesNothing kills: the database to
// import into.
const helperURL = "UNOXUNO_TEST_IMPORT_URL"

func TestImportOfTheHelperProcess(t *testing.T) {
	url := os.Getenv(helperURL)
	if url == "" {
		t.Skip("is run by TestAKilledImportLeavesNothing")
	}
	db := must[*storage.DB](t)(storage.Open(t.Context(), url))
	o := options()
	o.Progress = func(p people.ImportProgress) { fmt.Println("rows", p.Rows) }
	_, err := townUpon(t, db).ImportChunks(t.Context(), os.Stdin, o, 50)
	t.Fatal("was not killed: ", err)
}

// A process that is killed while it fills an empty town leaves the town empty, with all its indexes. The next import
// then imports everybody once.
func TestAKilledImportLeavesNothing(t *testing.T) {
	for _, engine := range []storage.Engine{storage.SQLite, storage.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			url := storagetest.URL(t, engine)
			db := must[*storage.DB](t)(storage.Open(t.Context(), url))
			t.Cleanup(func() { _ = db.Close() })
			must[int](t)(db.Migrate(t.Context(), schemas()...))
			town := newTown(t, db)
			before := town.indexes(t)
			helper := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestImportOfTheHelperProcess$", "-test.v")
			helper.Env = append(os.Environ(), helperURL+"="+url)
			in, out := must[io.WriteCloser](t)(helper.StdinPipe()), must[io.ReadCloser](t)(helper.StdoutPipe())
			must[any](t)(nil, helper.Start())
			text := strings.NewReader(strings.ReplaceAll(generated(1000), "teatro", "biblioteca"))
			go func() { _, _ = io.Copy(in, text) }() // but no end of file
			lines, said := bufio.NewScanner(out), ""
			for lines.Scan() && !strings.HasPrefix(said, "rows 500") {
				said = lines.Text()
			}
			must[any](t)(nil, helper.Process.Signal(syscall.SIGKILL))
			_ = helper.Wait() // it was killed
			if !strings.HasPrefix(said, "rows 500") {
				t.Fatalf("it ended by itself: %s", said)
			}
			if n := town.count(t, "people_person"); n != 0 {
				t.Errorf("%d people are left of it", n)
			}
			r := must[people.ImportResult](t)(town.ImportChunks(t.Context(), strings.NewReader(generated(1000)), options(), 50))
			if n := town.count(t, "people_person"); n != 990 || r.Created != n || r.Rows != 1000 {
				t.Errorf("the next import: %s; %d people", numbers(r), n)
			}
			if after := town.indexes(t); !slices.Equal(before, after) || len(before) == 0 {
				t.Errorf("indexes before %q, after %q", before, after)
			}
		})
	}
}

// indexes returns the definitions of all indexes and constraints.
func (town town) indexes(t testing.TB) []string {
	t.Helper()
	q := "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY sql"
	if town.db.Engine() == storage.Postgres {
		q = "SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() UNION ALL SELECT conrelid::regclass || conname || pg_get_constraintdef(oid)" +
			" FROM pg_constraint WHERE connamespace = current_schema()::regnamespace ORDER BY 1"
	}
	return town.lines(t, q)
}

// lines returns the rows of a query, their values as text between tabs.
func (town town) lines(t testing.TB, query string) (list []string) {
	t.Helper()
	rows, err := town.db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }() // rows.Err reports any failure
	columns := must[[]string](t)(rows.Columns())
	for rows.Next() {
		cells, into := make([]string, len(columns)), make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		list = append(list, strings.Join(cells, "\t"))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// A row that was set aside is imported before later rows about the same person, which otherwise stay in their chunk.
func TestRowsAboutOnePersonAreTakenInTheirOrder(t *testing.T) {
	const file = "email,mobile,given_name,family_name,place\n" +
		"a@example.org,,Anna,Rossi,\n" +
		"a@example.org,+393331234567,Luca,Verdi,\n" + // somebody else's address: rejected; the number stays free
		"c@example.org,,Carla,Neri,\n" +
		"b@example.org,,Bruna,Bianchi,\n" +
		"b@example.org,+393331234567,Bruna,Bianchi,centro-storico\n" + // a known number: set aside
		"b@example.org,,Bruna,Bianchi,san-lazzaro\n" // the earlier row has set her place
	eachEngine(t, func(t *testing.T, town town) {
		r := must[people.ImportResult](t)(town.ImportChunks(t.Context(), strings.NewReader(file), options(), 3))
		if got := town.holder(t, "b@example.org").Place; got != "centro-storico" || r.Rejected != 1 {
			t.Errorf("her place is %q; %s", got, numbers(r))
		}
	})
}
