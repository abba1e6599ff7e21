// Package storagetest provides databases for tests: a new SQLite file, and a schema of their own on a real PostgreSQL.
//
// The PostgreSQL server is the one at UNOXUNO_TEST_POSTGRES_URL, which `make check` sets after starting one with
// scripts/test-postgres. Without it the PostgreSQL half of a test is skipped with a message, or fails if
// UNOXUNO_REQUIRE_POSTGRES is set. The server has two databases: one sorts text by code point, the other has an Italian
// locale. Half of the tests, chosen by name, run in each. UNOXUNO_TEST_POSTGRES_LOCALE, "C" or "it", runs all of them
// in one.
package storagetest

import (
	"context"
	"fmt"
	"hash/fnv"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"unoxuno/internal/storage"
)

// Each runs test on SQLite and on PostgreSQL, each time with a new database that has the given schemas.
func Each(t *testing.T, test func(t *testing.T, db *storage.DB), schemas ...storage.Schema) {
	t.Helper()
	for _, engine := range []storage.Engine{storage.SQLite, storage.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			test(t, Open(t, engine, schemas...))
		})
	}
}

// Open returns a database that has the given schemas and no rows but theirs. It is closed when the test ends.
func Open(t testing.TB, engine storage.Engine, schemas ...storage.Schema) *storage.DB {
	t.Helper()
	db, err := storage.Open(storage.RefuseNested(context.Background()), Migrated(t, engine, schemas...))
	if err != nil {
		t.Fatalf("open %s: %v", engine, err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close %s: %v", engine, err)
		}
	})
	return db
}

// Migrated returns the URL of a database that has the given schemas and no rows but theirs, for one test.
func Migrated(t testing.TB, engine storage.Engine, schemas ...storage.Schema) string {
	t.Helper()
	if engine == storage.SQLite {
		return migratedFile(t, schemas)
	}
	return migratedSchema(t, server(t, localeOf(t)), schemas)
}

// URL returns the URL of a new, empty database. It is removed when the test ends.
func URL(t testing.TB, engine storage.Engine) string {
	t.Helper()
	if engine == storage.SQLite {
		return "sqlite:" + filepath.Join(t.TempDir(), "unoxuno.db")
	}
	return newPostgresSchema(t, server(t, localeOf(t)))
}

// server returns the URL of the test server's database with the locale. Without a server it skips or fails the test.
func server(t testing.TB, locale string) string {
	t.Helper()
	given := os.Getenv("UNOXUNO_TEST_POSTGRES_URL")
	if given == "" {
		if os.Getenv("UNOXUNO_REQUIRE_POSTGRES") != "" {
			t.Fatal("UNOXUNO_TEST_POSTGRES_URL is not set: start a server with scripts/test-postgres")
		}
		t.Skip("NOT TESTED ON POSTGRESQL: set UNOXUNO_TEST_POSTGRES_URL=$(scripts/test-postgres)")
	}
	u, err := url.Parse(given)
	if err != nil {
		t.Fatalf("UNOXUNO_TEST_POSTGRES_URL: %v", err)
	}
	if locale != codeLocale {
		u.Path += "_" + locale
	}
	return u.String()
}

// The databases of the test server.
const (
	codeLocale    = "C"
	italianLocale = "it"
)

// localeOf returns the locale of the database that a test runs in.
func localeOf(t testing.TB) string {
	if chosen := os.Getenv("UNOXUNO_TEST_POSTGRES_LOCALE"); chosen != "" {
		return chosen
	}
	name := fnv.New32a()
	_, _ = name.Write([]byte(t.Name())) // a hash never fails
	if name.Sum32()%2 == 0 {
		return codeLocale
	}
	return italianLocale
}

// Italian returns a new, empty schema in the PostgreSQL database with an Italian locale, and its URL.
func Italian(t testing.TB) string {
	t.Helper()
	return newPostgresSchema(t, server(t, italianLocale))
}

func newPostgresSchema(t testing.TB, server string) string {
	t.Helper()
	ctx := context.Background()
	db, err := storage.Open(ctx, server)
	if err != nil {
		t.Fatalf("open test PostgreSQL: %v", err)
	}
	name := fmt.Sprintf("t%d", storage.NewID())
	if _, err := db.ExecContext(ctx, "CREATE SCHEMA "+name); err != nil {
		t.Fatalf("create schema: %v", err)
	}
	t.Cleanup(func() {
		if _, err := db.ExecContext(ctx, "DROP SCHEMA "+name+" CASCADE"); err != nil {
			t.Errorf("drop schema: %v", err)
		}
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return inSchema(server, name)
}
