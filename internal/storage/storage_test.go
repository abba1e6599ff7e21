package storage_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

func schema(steps ...string) storage.Schema {
	files := fstest.MapFS{}
	for i, text := range steps {
		files[fmt.Sprintf("%04d_step.sql", i+1)] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + text)}
	}
	return storage.Schema{Room: "thing", Files: files}
}

const things = `CREATE TABLE thing_item (id bigint PRIMARY KEY, name text NOT NULL, good boolean NOT NULL DEFAULT false);`

func count(t *testing.T, q storage.Queryer) (n int) {
	t.Helper()
	if err := q.QueryRowContext(t.Context(), "SELECT count(*) FROM thing_item").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTxCommitsAllOrNothing(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		insert := func(tx *storage.Tx, name string) error {
			_, err := tx.ExecContext(t.Context(), "INSERT INTO thing_item (id, name) VALUES ($1, $2)", storage.NewID(), name)
			return err
		}
		stop := errors.New("stop")
		err := db.Tx(t.Context(), func(tx *storage.Tx) error { return errors.Join(insert(tx, "a"), stop) })
		if !errors.Is(err, stop) || count(t, db) != 0 {
			t.Fatalf("error %v, rows %d; want stop, 0", err, count(t, db))
		}
		func() {
			defer func() { _ = recover() }()
			_ = db.Tx(t.Context(), func(tx *storage.Tx) error {
				if err := insert(tx, "b"); err != nil {
					return err
				}
				panic("in the middle")
			})
		}()
		if err := db.Tx(t.Context(), func(tx *storage.Tx) error { return insert(tx, "it's $1") }); err != nil {
			t.Fatal(err)
		}
		if n := count(t, db); n != 1 {
			t.Fatalf("rows %d; want the committed one", n)
		}
	}, schema(things))
}

func TestLoadManyRowsInsideTransaction(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		rows := make([][]any, 3000)
		for i := range rows {
			rows[i] = []any{storage.NewID(), fmt.Sprint("name ", i), i%2 == 0}
		}
		load := func(tx *storage.Tx) error {
			n, err := tx.Load(t.Context(), "thing_item", []string{"id", "name", "good"}, slices.Values(rows))
			if err == nil && n != 3000 {
				err = fmt.Errorf("loaded %d", n)
			}
			return err
		}
		undo := errors.New("undo")
		if err := db.Tx(t.Context(), func(tx *storage.Tx) error { return errors.Join(load(tx), undo) }); !errors.Is(err, undo) {
			t.Fatal(err)
		}
		if n := count(t, db); n != 0 {
			t.Fatalf("rows after rollback: %d", n)
		}
		if err := db.Tx(t.Context(), load); err != nil {
			t.Fatal(err)
		}
		err := db.Tx(t.Context(), load)
		if !storage.IsUnique(err) {
			t.Fatalf("loading twice: %v; want a unique violation", err)
		}
	}, schema(things))
}

func TestStagingMakesEmptyTablesOfTheTransaction(t *testing.T) {
	const two = "-- Two.\nCREATE TABLE thing_new (\n    id bigint NOT NULL, -- (;\n    name text NOT NULL\n);\n" +
		"CREATE TABLE thing_gone (\n    id bigint NOT NULL\n);\n"
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		fill := func(tx *storage.Tx) error {
			for range 2 { // the second call empties the tables
				if err := tx.Staging(t.Context(), two); err != nil {
					return err
				}
				rows := slices.Values([][]any{{int64(1), "a"}, {int64(2), "b"}})
				if _, err := tx.Load(t.Context(), "thing_new", []string{"id", "name"}, rows); err != nil {
					return err
				}
			}
			_, err := tx.ExecContext(t.Context(), "INSERT INTO thing_item (id, name) SELECT n.id, n.name FROM thing_new n"+
				" WHERE NOT EXISTS (SELECT 1 FROM thing_gone g WHERE g.id = n.id) ON CONFLICT (id) DO NOTHING")
			return err
		}
		for range 2 {
			if err := db.Tx(t.Context(), fill); err != nil {
				t.Fatal(err)
			}
		}
		if n := count(t, db); n != 2 {
			t.Errorf("%d rows; want what was staged, once", n)
		}
		empty := func(tx *storage.Tx) error { return tx.Staging(t.Context(), "CREATE TABLE thing_none (id bigint)") }
		if err := db.Tx(t.Context(), empty); err == nil {
			t.Error("a text without a table is accepted")
		}
	}, schema(things))
}

func TestMigrateByManyAtOnceRunsEachStepOnce(t *testing.T) {
	for _, engine := range []storage.Engine{storage.SQLite, storage.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			url := storagetest.URL(t, engine)
			s := schema(things, "ALTER TABLE thing_item ADD COLUMN more text NOT NULL DEFAULT '';", "CREATE TABLE thing_other (id bigint PRIMARY KEY);")
			var wg sync.WaitGroup
			steps := make([]int, 5)
			for i := range steps {
				wg.Go(func() {
					db, err := storage.Open(t.Context(), url)
					if err != nil {
						t.Error(err)
						return
					}
					defer db.Close()
					if steps[i], err = db.Migrate(t.Context(), s); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			total := 0
			for _, n := range steps {
				total += n
			}
			if total != 3 {
				t.Errorf("steps run by each: %v; want 3 in all", steps)
			}
		})
	}
}

func TestMigrateRefusesNewerDatabase(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		_, err := db.Migrate(t.Context(), schema(things))
		if !fault.HasKey(err, "storage.newer") {
			t.Fatalf("got %v; want storage.newer", err)
		}
	}, schema(things, "CREATE TABLE thing_other (id bigint PRIMARY KEY);"))
}

func TestBackupWhileWritingAndRestore(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "town.db")
	db, err := storage.Open(ctx, "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Migrate(ctx, schema(things)); err != nil {
		t.Fatal(err)
	}
	add := func() {
		if _, err := db.ExecContext(ctx, "INSERT INTO thing_item (id, name) VALUES ($1, 'x')", storage.NewID()); err != nil {
			t.Error(err)
		}
	}
	add()
	backup := filepath.Join(t.TempDir(), "copy.db")
	err = db.Tx(ctx, func(tx *storage.Tx) error { // an open writing transaction does not stop a backup
		if _, err := tx.ExecContext(ctx, "INSERT INTO thing_item (id, name) VALUES ($1, 'uncommitted')", storage.NewID()); err != nil {
			return err
		}
		return db.Backup(ctx, backup)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Backup(ctx, backup); !fault.HasKey(err, "storage.backup_exists") {
		t.Errorf("second backup onto the same file: %v", err)
	}
	if n := count(t, db); n != 2 {
		t.Fatalf("rows now: %d", n)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	kept, err := storage.Restore(ctx, "sqlite:"+path, backup)
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]int{path: 1, kept: 2} {
		db, err := storage.Open(ctx, "sqlite:"+file)
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, db); n != want {
			t.Errorf("%s: %d rows, want %d", filepath.Base(file), n, want)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestDatabaseClockIsNow(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		var before, after int64
		if err := db.QueryRowContext(t.Context(), "SELECT "+db.Engine().Now()).Scan(&before); err != nil {
			t.Fatal(err)
		}
		id := storage.NewID()>>22 + 1_577_836_800_000 // the time in an identifier
		if err := db.QueryRowContext(t.Context(), "SELECT "+db.Engine().Now()).Scan(&after); err != nil {
			t.Fatal(err)
		}
		if id < before-2 || id > after+2 {
			t.Errorf("database says %d…%d, process %d", before, after, id)
		}
	})
}

func TestAListIsOneArgument(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		rapid.Check(t, func(t *rapid.T) {
			numbers := rapid.SliceOf(rapid.Int64()).Draw(t, "numbers")
			words := rapid.SliceOf(rapid.StringMatching(`[a-z"'{},\\ àß]{0,6}`)).Draw(t, "words")
			number := rapid.OneOf(rapid.SampledFrom(append(numbers, 7)), rapid.Int64()).Draw(t, "number")
			word := rapid.SampledFrom(append(words, "x")).Draw(t, "word")
			var b storage.Builder
			b.Add("SELECT CAST(? AS bigint)", number)
			storage.In(&b, numbers)
			b.Add(", CAST(? AS text)", word)
			storage.In(&b, words)
			b.Add(", CAST(? AS bigint)", number)
			db.Engine().InFew(&b, numbers)
			var hasNumber, hasWord, isOfFew bool
			if err := db.QueryRowContext(context.Background(), b.SQL(), b.Args()...).Scan(&hasNumber, &hasWord, &isOfFew); err != nil {
				t.Fatal(err)
			}
			if hasNumber != slices.Contains(numbers, number) || isOfFew != hasNumber || hasWord != slices.Contains(words, word) {
				t.Errorf("%d among %v: %v; %q among %q: %v", number, numbers, hasNumber, word, words, hasWord)
			}
		})
	})
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{"Niccolò  D'AMICO ": "niccolo d'amico", "ŁÓDŹ ß": "lodz ss", "D’Amico D`Amico Dʼamico": "d'amico d'amico d'amico", "Søren Đorđević Işık": "soren dordevic isik", "": ""} {
		if got := storage.Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFullDiskIsToldAndLosesNothing(t *testing.T) {
	// SQLite gets a page limit and then reports what it reports on a full disk.
	db := storagetest.Open(t, storage.SQLite, schema(things))
	if _, err := db.ExecContext(t.Context(), "INSERT INTO thing_item (id, name) VALUES (1, 'kept')"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "PRAGMA max_page_count = 20"); err != nil {
		t.Fatal(err)
	}
	fill := func(tx *storage.Tx) error {
		for i := range 100 {
			_, err := tx.ExecContext(t.Context(), "INSERT INTO thing_item (id, name) VALUES ($1, $2)", storage.NewID(), strings.Repeat("x", 4000))
			if err != nil {
				return fmt.Errorf("row %d: %w", i, err)
			}
		}
		return nil
	}
	if err := db.Tx(t.Context(), fill); !fault.HasKey(err, "storage.full") {
		t.Fatalf("got %v; want storage.full", err)
	}
	if n := count(t, db); n != 1 {
		t.Errorf("%d rows; want the one that was there", n)
	}
	if _, err := db.ExecContext(t.Context(), "PRAGMA max_page_count = 100000"); err != nil {
		t.Fatal(err)
	}
	if err := db.Tx(t.Context(), fill); err != nil || count(t, db) != 101 {
		t.Errorf("with room again: %v, %d rows", err, count(t, db))
	}
}
