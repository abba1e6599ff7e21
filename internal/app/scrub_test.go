package app

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"unoxuno/internal/delivery/routing"
	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

// Of people who left with a reason and were erased, at random places of the file, nothing is left in it nor in its
// write-ahead log, while the program goes on serving. The long run erases two hundred.
func TestNothingOfErasedPeopleIsLeftInTheFile(t *testing.T) {
	url := ""
	b := newBorgo(t, storage.SQLite, func(r *run) { url = r.config.DatabaseURL })
	file := strings.TrimPrefix(url, "sqlite:")
	all, gone := 300, 30
	if storagetest.Long() {
		all, gone = 1500, 200
	}
	var csv strings.Builder
	csv.WriteString("email,given_name,newsletters,consents,consent_date,consent_source\n")
	for i := range all {
		fmt.Fprintf(&csv, "indirizzo%dx@citta.example,Nome%dx,teatro,newsletter,2026-10-01,modulo%dx\n", i, i, i)
	}
	_, err := b.people.Import(b.ctx, strings.NewReader(csv.String()), people.ImportOptions{})
	b.must(err)
	dice := rand.New(rand.NewPCG(1, uint64(os.Getpid())))
	erased := dice.Perm(all)[:gone]
	for _, i := range erased {
		person, _, err := b.people.ByAddress(b.ctx, people.Email, fmt.Sprintf("indirizzo%dx@citta.example", i))
		b.must(err)
		b.must(b.newsletters.Unsubscribe(b.ctx, newsletters.Leaving{Person: person, Newsletter: "teatro", How: "page", Why: fmt.Sprintf("ragione%dx", i)}))
		b.must(b.people.Erase(b.ctx, person))
	}
	if traces := tracesOf(t, file+"-wal", erased); len(traces) == 0 {
		t.Error("the write-ahead log holds nothing of them before it is emptied: this test looks in the wrong place")
	}
	_, err = b.db.Scrub(b.ctx, false)
	b.must(err)
	if info, err := os.Stat(file + "-wal"); err != nil || info.Size() > 64<<10 {
		t.Errorf("the write-ahead log is not emptied: %v, %v", info, err)
	}
	done, err := b.db.Scrub(b.ctx, true)
	if b.must(err); !done {
		t.Error("something is left to do")
	}
	for _, path := range []string{file, file + "-wal"} {
		if traces := tracesOf(t, path, erased); len(traces) > 0 {
			t.Errorf("%s holds %d traces, such as %s", path, len(traces), traces[0])
		}
	}
	if stays := tracesOf(t, file, dice.Perm(all)); len(stays) == 0 {
		t.Error("nothing is found of those who stayed: this test looks for the wrong things")
	}
}

// While a server answers people, an erasure from the command line leaves the rewriting of the file to it.
func TestTheFileIsNotRewrittenWhileAServerAnswers(t *testing.T) {
	b := newBorgo(t, storage.SQLite)
	_, err := b.people.Import(b.ctx, strings.NewReader(
		"email,newsletters,consents,consent_date,consent_source\nanna@citta.example,teatro,newsletter,2026-10-01,modulo\n"), people.ImportOptions{})
	b.must(err)
	person, _, err := b.people.ByAddress(b.ctx, people.Email, "anna@citta.example")
	b.must(err)
	leave, err := b.db.Attend(b.ctx)
	b.must(err)
	b.must(b.people.Erase(b.ctx, person))
	if b.scrubNow(b.ctx) {
		t.Error("the file was rewritten while a server answers")
	}
	b.must(leave())
	if !b.scrubNow(b.ctx) {
		t.Error("the file was not rewritten though no server answers")
	}
}

// tracesOf finds in a file what was known of people.
func tracesOf(t *testing.T, path string, people []int) (found []string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content = bytes.ToLower(content)
	for _, i := range people {
		for _, word := range []string{"indirizzo", "nome", "ragione", "modulo"} {
			if trace := fmt.Sprintf("%s%dx", word, i); bytes.Contains(content, []byte(trace)) {
				found = append(found, trace)
			}
		}
	}
	return found
}

// A database from before deleted data was overwritten is written anew at the next start.
func TestAnOldDatabaseIsWrittenAnewOnce(t *testing.T) {
	url := ""
	var r *run
	b := newBorgo(t, storage.SQLite, func(made *run) { r, url = made, made.config.DatabaseURL })
	file := strings.TrimPrefix(url, "sqlite:")
	for _, text := range []string{"PRAGMA secure_delete = 0", "CREATE TABLE town_scrap (word text)",
		"INSERT INTO town_scrap (word) VALUES ('the word that was deleted')", "DELETE FROM town_scrap", "PRAGMA user_version = 0"} {
		_, err := b.db.ExecContext(b.ctx, text)
		b.must(err)
	}
	r.scrubOld(b.house)
	content, err := os.ReadFile(file)
	if b.must(err); bytes.Contains(content, []byte("the word that was deleted")) {
		t.Error("it is still there")
	}
	if old, err := b.db.NotScrubbed(b.ctx); old || err != nil {
		t.Errorf("it would be written anew again (%v)", err)
	}
}

// Nobody else on the machine can read what the program writes, whatever the umask, and what an older version left
// readable is closed at start.
func TestFilesAreReadableByTheirOwnerAlone(t *testing.T) {
	was := syscall.Umask(0)
	t.Cleanup(func() { syscall.Umask(was) })
	folder := t.TempDir()
	data := filepath.Join(folder, "data")
	keepToOurselves()
	var said bytes.Buffer
	environment := map[string]string{"UNOXUNO_DATA": data}
	command := func(args ...string) {
		t.Helper()
		if code := Main(t.Context(), args, func(name string) string { return environment[name] }, Stdio{Out: &said, Err: &said}); code != 0 {
			t.Fatalf("%v: %d\n%s", args, code, &said)
		}
	}
	command("staff", "add", "ada@borgo.example", "--role", "administrator")
	command("backup", filepath.Join(folder, "copy.db"))
	check := func() {
		t.Helper()
		err := filepath.Walk(folder, func(path string, info os.FileInfo, err error) error {
			if err == nil && path != folder && info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s is %s", path, info.Mode())
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	check()
	for _, path := range []string{data, filepath.Join(data, "unoxuno.db"), filepath.Join(data, "secret")} {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	command("staff", "add", "bea@borgo.example", "--role", "administrator")
	check()
}

// What lies deeper in the data folder is closed at start, too, and doctor names it: the journal says who left.
func TestTheJournalIsReadableByItsOwnerAlone(t *testing.T) {
	t.Parallel()
	b := newBorgo(t, storage.SQLite)
	b.must(b.people.Withdraw(b.ctx, b.maria, people.ForNewsletter, "page"))
	var files []string
	b.must(filepath.WalkDir(b.run.journalPath(), func(path string, _ os.DirEntry, err error) error {
		files = append(files, path)
		return err
	}))
	if len(files) < 2 {
		t.Fatalf("the journal is %v", files)
	}
	for _, path := range files {
		b.must(os.Chmod(path, 0o755)) //nolint:gosec // readable by others on purpose
		if told := fault.List(b.run.exposed(routing.Plan{})); len(told) != 1 || !strings.Contains(fmt.Sprint(told[0].Args), path) {
			t.Errorf("doctor does not speak of %s: %v", path, told)
		}
		b.run.tighten()
		if err := b.run.exposed(routing.Plan{}); err != nil {
			t.Errorf("%s is still readable by others: %v", path, err)
		}
	}
}
