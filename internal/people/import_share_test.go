package people_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"unoxuno/internal/journal"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

// onFile returns a town on a SQLite file, and the file's name.
func onFile(t *testing.T) (town, string) {
	t.Helper()
	url := storagetest.URL(t, storage.SQLite)
	db := must[*storage.DB](t)(storage.Open(t.Context(), url))
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	must[int](t)(db.Migrate(t.Context(), schemas()...))
	return newTown(t, db), strings.TrimPrefix(url, "sqlite:")
}

// Beside a server an import writes in parts, and other writers get their turn in between.
func TestImportBesideAServerWritesInParts(t *testing.T) {
	town, file := onFile(t)
	leave := must[func() error](t)(town.db.Attend(t.Context()))
	server := must[*storage.DB](t)(storage.Open(t.Context(), "sqlite:"+file))
	done, seen := make(chan struct{}), make(chan map[int64]bool)
	go func() {
		between := map[int64]bool{} // numbers of people seen by the other writer
		for {
			select {
			case <-done:
				seen <- between
				return
			default:
			}
			err := server.Tx(t.Context(), func(tx *storage.Tx) error {
				var n int64
				err := tx.QueryRowContext(t.Context(), "SELECT count(*) FROM people_person").Scan(&n)
				between[n] = true
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
	}()
	r := town.load(t, generated(4000), options())
	close(done)
	if n := len(<-seen); n < 6 { // without a server there are two transactions
		t.Errorf("the other writer got its turn %d times", n)
	}
	if err := errors.Join(leave(), server.Close()); err != nil {
		t.Error(err)
	}
	alone, _ := onFile(t)
	if again := alone.load(t, generated(4000), options()); numbers(again) != numbers(r) {
		t.Errorf("beside a server %s, alone %s", numbers(r), numbers(again))
	}
	if a, b := town.snapshot(t), alone.snapshot(t); a != b {
		t.Errorf("beside a server %s, alone %s", a, b)
	}
}

// While a dry run reads its file others can write, and afterwards it has left nothing.
func TestDryRunKeepsNobodyFromWriting(t *testing.T) {
	town, file := onFile(t)
	written := false
	text := &between{
		first: strings.NewReader(generated(4000)), rest: strings.NewReader("late@example.org" + strings.Repeat(",", 13) + "\n"),
		do: func() {
			must[int64](t)(town.Register(staff(t), people.Details{}, []people.Contact{email("late@example.org")}, nil))
			written = true
		},
	}
	o := options()
	o.DryRun = true
	r := must[people.ImportResult](t)(town.Import(t.Context(), text, o))
	if !written || r.Created == 0 || town.count(t, "people_person") != 1 {
		t.Errorf("%s; %d people", numbers(r), town.count(t, "people_person"))
	}
	if left := must[[]string](t)(filepath.Glob(file + ".scratch-*")); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// A dry run removes what a killed one left, but not what a running one needs.
func TestDryRunRemovesWhatAKilledOneLeft(t *testing.T) {
	town, file := onFile(t)
	dead := file + ".scratch-1"
	if err := errors.Join(os.Mkdir(dead, 0o700), os.WriteFile(filepath.Join(dead, "copy.db"), []byte("people"), 0o600)); err != nil {
		t.Fatal(err)
	}
	living, discard, err := town.db.Scratch(t.Context(), nil, "")
	if err != nil {
		t.Fatal(err)
	}
	o := options()
	o.DryRun = true
	town.load(t, generated(10), o)
	if _, err := os.Stat(dead); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a dead process's copy: %v", err)
	}
	if err := errors.Join(living.Ping(t.Context()), discard()); err != nil {
		t.Error(err)
	}
}

// What was written before a failure in the middle of a chunk is counted.
func TestImportBesideAServerCountsWhatArrived(t *testing.T) {
	town, _ := onFile(t)
	leave := must[func() error](t)(town.db.Attend(t.Context()))
	defer func() { _ = leave() }()
	const full = "CREATE TRIGGER full AFTER INSERT ON people_person WHEN NEW.given_name = 'Ultima' BEGIN SELECT RAISE(ABORT, 'no room'); END"
	if _, err := town.db.ExecContext(t.Context(), full); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	_, _ = io.WriteString(&text, "email;given_name\n")
	for i := range 1000 {
		fmt.Fprintf(&text, "a%d@example.org;Anna\n", i)
	}
	text.WriteString("z@example.org;Ultima\n")
	r, err := town.Import(t.Context(), strings.NewReader(text.String()), options())
	if err == nil || r.Created == 0 || r.Created != town.count(t, "people_person") || r.Rows != r.Created {
		t.Errorf("%s, %v; %d people", numbers(r), err, town.count(t, "people_person"))
	}
}

// A dry run writes nothing to the journal.
func TestDryRunNotesNothingInTheJournal(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		noted := 0
		town.PlugJournal(func(context.Context, *storage.Tx, int64, ...journal.Fact) error { noted++; return nil })
		scratch, discard, err := town.db.Scratch(t.Context(), []string{"people_person"}, "")
		if err != nil {
			t.Fatal(err)
		}
		note := func(tx *storage.Tx) error { return town.Note(t.Context(), tx, 1, journal.Fact{Matter: journal.Erased}) }
		if err := errors.Join(scratch.Tx(t.Context(), note), discard()); err != nil || noted != 0 {
			t.Errorf("%d facts noted, %v", noted, err)
		}
		if err := town.db.Tx(t.Context(), note); err != nil || noted != 1 {
			t.Errorf("without a dry run %d facts noted, %v", noted, err)
		}
	})
}
