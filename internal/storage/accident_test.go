package storage_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
)

func TestEveryWayToBeAwayIsUnavailable(t *testing.T) {
	for state, key := range map[string]string{
		"08006": "lost", "08001": "lost", "53300": "lost", "53200": "lost", "57P01": "lost", "57P03": "lost", "57P05": "lost", "58030": "lost", "25006": "lost",
		"53100": "full", "57014": "busy", "55P03": "busy", "40P01": "busy", "40001": "busy",
	} {
		if err := storage.Fault(fmt.Errorf("asking: %w", &pgconn.PgError{Code: state})); !fault.Is(err, fault.KindUnavailable) || !fault.HasKey(err, "storage."+key) {
			t.Errorf("SQLSTATE %s became %v", state, err)
		}
	}
	for _, state := range []string{"23505", "42P01", "22P02", "22021"} {
		if err := storage.Fault(&pgconn.PgError{Code: state}); fault.KindOf(err) != fault.KindInternal {
			t.Errorf("SQLSTATE %s became %v", state, err)
		}
	}
	for err, key := range map[error]string{
		io.ErrUnexpectedEOF: "lost", syscall.ECONNRESET: "lost", syscall.EPIPE: "lost", syscall.ENOSPC: "full", syscall.EDQUOT: "full",
		context.DeadlineExceeded: "busy", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}: "lost",
	} {
		if got := storage.Fault(fmt.Errorf("asking: %w", err)); !fault.HasKey(got, "storage."+key) {
			t.Errorf("%v became %v", err, got)
		}
	}
	for _, err := range []error{nil, context.Canceled, errors.New("a defect")} {
		if got := storage.Fault(err); !errors.Is(got, err) || fault.KindOf(got) != fault.KindInternal {
			t.Errorf("%v became %v", err, got)
		}
	}
}

// The errors come from SQLite itself: its file is read-only, is full, or is being written by somebody else.
func TestSQLiteSaysWhatBefellIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "town.db")
	db, err := storage.Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	must := func(query string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	must("CREATE TABLE kept (text text)")
	must("PRAGMA max_page_count = 5")
	if _, err := db.ExecContext(t.Context(), "INSERT INTO kept VALUES (hex(randomblob(100000)))"); !fault.HasKey(storage.Fault(err), "storage.full") {
		t.Errorf("without room: %v", err)
	}
	must("PRAGMA max_page_count = 100000")
	must("PRAGMA query_only = 1")
	if _, err := db.ExecContext(t.Context(), "INSERT INTO kept VALUES ('x')"); !fault.HasKey(storage.Fault(err), "storage.lost") {
		t.Errorf("read-only: %v", err)
	}
	late, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	<-late.Done()
	if err := storage.Fault(db.Ping(late)); !fault.HasKey(err, "storage.busy") {
		t.Errorf("out of time: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := storage.Fault(db.Ping(t.Context())); !fault.HasKey(err, "storage.lost") {
		t.Errorf("closed: %v", err)
	}
	if err := os.WriteFile(path, []byte("this is no database, and long enough to look at as one would ................................................................"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := storage.Open(t.Context(), "sqlite:"+path); !fault.Is(err, fault.KindUnavailable) {
		t.Errorf("not a database: %v", err)
	}
}
