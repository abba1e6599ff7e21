package journal_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"unoxuno/internal/clock"
	"unoxuno/internal/journal"
	"unoxuno/internal/seal"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

// world is a journal and an empty database.
type world struct {
	*testing.T
	db     *storage.DB
	room   *journal.Room
	now    *clock.Manual
	folder string
}

const days = 30

func each(t *testing.T, do func(w *world)) {
	t.Helper()
	for _, engine := range []storage.Engine{storage.SQLite, storage.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			w := &world{T: t, folder: filepath.Join(t.TempDir(), "journal"), now: clock.At(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC))}
			w.db = storagetest.Open(t, engine, storage.Schema{Room: "journal", Files: journal.Schema()})
			w.room = w.open("a secret of thirty-two characters")
			do(w)
		})
	}
}

func (w *world) open(secret string) *journal.Room {
	r := journal.New(w.db, w.now, seal.New([]byte(secret)), slog.New(slog.DiscardHandler), journal.Settings{Folder: w.folder, Days: days})
	w.Cleanup(func() { _ = r.Close() })
	return r
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// note notes a fact and ends the transaction with the error end.
func (w *world) note(person int64, end error, facts ...journal.Fact) {
	w.Helper()
	err := w.db.Tx(w.Context(), func(tx *storage.Tx) error {
		if err := w.room.Note(w.Context(), tx, person, facts...); err != nil {
			return err
		}
		return end
	})
	if !errors.Is(err, end) {
		w.Fatal(err)
	}
}

// olderCopy replaces the database by a copy from before the first note.
func (w *world) olderCopy() {
	w.Helper()
	_, err := w.db.ExecContext(w.Context(), "DELETE FROM journal_entry")
	w.must(err)
}

func (w *world) missing(r *journal.Room) journal.Missing {
	w.Helper()
	m, err := r.Missing(w.Context())
	w.must(err)
	return m
}

func (w *world) text() string {
	w.Helper()
	files, err := filepath.Glob(filepath.Join(w.folder, "*"))
	w.must(err)
	var all strings.Builder
	for _, f := range files {
		text, err := os.ReadFile(f)
		w.must(err)
		all.Write(text)
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			w.Errorf("%s can be read by others: %v (%v)", f, info.Mode(), err)
		}
	}
	return all.String()
}

var left, back = journal.Fact{Matter: "newsletter/teatro"}, journal.Fact{Matter: "newsletter/teatro", Back: true}

// After a restore, Missing reports what was committed since the copy was made, and nothing that was not committed. Of
// several facts about one matter the last counts.
func TestAnOlderCopyIsToldWhatItLacks(t *testing.T) {
	each(t, func(w *world) {
		w.note(1, nil, left)
		w.note(2, errors.New("it failed"), left)
		w.note(3, nil, left)
		w.note(3, nil, back)
		w.note(4, nil, left, journal.Fact{Matter: "consent/profile"})
		if m := w.missing(w.room); !m.IsEmpty() {
			w.Fatalf("the current database lacks %d entries", m.Committed())
		}
		w.olderCopy()
		m := w.missing(w.room)
		if m.Committed() != 4 {
			w.Errorf("%d entries are missing, want 4", m.Committed())
		}
		for person, want := range map[int64]int{1: 1, 2: 0, 3: 0, 4: 2, 5: 0} {
			if facts, _ := m.Of(person); len(facts) != want {
				w.Errorf("of person %d there are %v, want %d facts", person, facts, want)
			}
		}
		facts, entries := m.Of(1)
		if diff := cmp.Diff([]journal.Fact{left}, facts); diff != "" {
			w.Error(diff)
		}
		w.must(w.db.Tx(w.Context(), func(tx *storage.Tx) error { return w.room.Done(w.Context(), tx, entries) }))
		if facts, _ := w.missing(w.room).Of(1); len(facts) > 0 {
			w.Errorf("missing again after it was done: %v", facts)
		}
		if facts, _ := w.missing(w.open("another secret of thirty-two characters")).Of(4); len(facts) > 0 {
			w.Errorf("without the secret the facts %v can be read", facts)
		}
	})
}

// A machine may stop at any byte that it writes. What was committed by then is reported. What was in progress is
// reported until Settle has found that it did not happen.
func TestAMachineThatStopsLosesNoEntry(t *testing.T) {
	each(t, func(w *world) {
		w.note(1, nil, left)
		before := len(w.text())
		w.note(2, nil, left)
		w.must(w.room.Close())
		whole := w.text()
		files, err := filepath.Glob(filepath.Join(w.folder, "*"))
		w.must(err)
		begun := before + strings.Index(whole[before:], "\n") + 1
		w.olderCopy()
		for cut := before; cut <= len(whole); cut++ {
			w.must(os.WriteFile(files[0], []byte(whole[:cut]), 0o600))
			again := w.open("a secret of thirty-two characters")
			m := w.missing(again)
			if facts, _ := m.Of(1); len(facts) != 1 {
				w.Fatalf("cut after %d bytes, an earlier entry is lost", cut)
			}
			if facts, _ := m.Of(2); (len(facts) == 1) != (cut >= begun-1) {
				w.Fatalf("cut after %d bytes of %d: %v", cut, begun, facts)
			}
		}
		w.must(os.WriteFile(files[0], []byte(whole[:begun+3]), 0o600))
		again := w.open("a secret of thirty-two characters")
		w.must(again.Settle(w.missing(again)))
		w.room = again
		w.note(3, nil, left)
		w.olderCopy()
		m := w.missing(again)
		for person, want := range map[int64]int{1: 1, 2: 0, 3: 1} {
			if facts, _ := m.Of(person); len(facts) != want {
				w.Errorf("after Settle person %d has the facts %v", person, facts)
			}
		}
	})
}

// Without the secret the files reveal nothing about anybody.
func TestTheFilesNameNobody(t *testing.T) {
	each(t, func(w *world) {
		const person = 7_123_456_789
		w.note(person, nil, journal.Fact{Matter: "newsletter/ciechi"})
		w.note(person, nil, journal.Fact{Matter: journal.Erased})
		text := w.text()
		for _, secret := range []string{"ciechi", "newsletter", "person ", strconv.Itoa(person), strconv.FormatInt(person, 16)} {
			if strings.Contains(text, secret) {
				w.Errorf("the files contain %q:\n%s", secret, text)
			}
		}
	})
}

// No entry of concurrent writers is lost, whichever process writes it. Old files are removed.
func TestManyWriteAtOnceAndOldFilesGo(t *testing.T) {
	each(t, func(w *world) {
		rooms := []*journal.Room{w.room, w.open("a secret of thirty-two characters")}
		var all sync.WaitGroup
		for i := range 40 {
			all.Go(func() {
				if err := w.db.Tx(w.Context(), func(tx *storage.Tx) error {
					return rooms[i%2].Note(context.Background(), tx, int64(i), left)
				}); err != nil {
					w.Error(err)
				}
			})
		}
		all.Wait()
		w.olderCopy()
		if m := w.missing(w.room); m.Committed() != 40 {
			w.Errorf("%d of 40 entries are there", m.Committed())
		}
		w.now.Advance((days + 1) * 24 * time.Hour)
		w.note(50, nil, left)
		w.must(w.room.Sweep(w.Context()))
		w.olderCopy()
		if m := w.missing(w.room); m.Committed() != 1 {
			w.Errorf("%d entries are there after %d days, want the new one", m.Committed(), days+1)
		}
	})
}

// If the journal cannot be written, nothing is committed: the change would be lost at a restore.
func TestNoDeedWithoutItsEntry(t *testing.T) {
	each(t, func(w *world) {
		w.must(os.WriteFile(w.folder, []byte("in the way"), 0o600))
		err := w.db.Tx(w.Context(), func(tx *storage.Tx) error { return w.room.Note(w.Context(), tx, 1, left) })
		if err == nil {
			w.Error("the transaction was committed")
		}
		var n int
		w.must(w.db.QueryRowContext(w.Context(), "SELECT count(*) FROM journal_entry").Scan(&n))
		if n != 0 {
			w.Errorf("%d entries are in the database", n)
		}
	})
}
