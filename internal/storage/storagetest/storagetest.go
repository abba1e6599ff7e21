// Package storagetest lends databases to tests: a new SQLite file, and a schema of their own on a real PostgreSQL.
//
// The PostgreSQL server is the one of UNOXUNO_TEST_POSTGRES_URL, which `make check` sets after starting one with
// scripts/test-postgres. Where there is none, the PostgreSQL half of a test is skipped and says so, unless
// UNOXUNO_REQUIRE_POSTGRES is set: then it fails. The server has two databases, one that sorts text by its code and one
// with an Italian locale, as an Italian server has. Half of the tests, by their names, run in each; the environment
// variable UNOXUNO_TEST_POSTGRES_LOCALE, "C" or "it", has all of them run in one.
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

// Each runs test on SQLite and on PostgreSQL, each time on a new database that holds the given schemas.
func Each(t *testing.T, test func(t *testing.T, db *storage.DB), schemas ...storage.Schema) {
	t.Helper()
	for _, engine := range []storage.Engine{storage.SQLite, storage.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			test(t, Open(t, engine, schemas...))
		})
	}
}

// Open lends one database with the given schemas and nothing else in it, closed when the test ends.
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

// Migrated is the address of a database that has the given schemas and nothing else in it, for one test.
func Migrated(t testing.TB, engine storage.Engine, schemas ...storage.Schema) string {
	t.Helper()
	if engine == storage.SQLite {
		return migratedFile(t, schemas)
	}
	return migratedSchema(t, server(t, localeOf(t)), schemas)
}

// URL is the address of a new, empty database, removed when the test ends.
func URL(t testing.TB, engine storage.Engine) string {
	t.Helper()
	if engine == storage.SQLite {
		return "sqlite:" + filepath.Join(t.TempDir(), "unoxuno.db")
	}
	return newPostgresSchema(t, server(t, localeOf(t)))
}

// server is the address of the test server's database with the locale. The test is skipped, or fails, where there is none.
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

// localeOf is the locale of the database that a test runs in.
func localeOf(t testing.TB) string {
	if chosen := os.Getenv("UNOXUNO_TEST_POSTGRES_LOCALE"); chosen != "" {
		return chosen
	}
	name := fnv.New32a()
	_, _ = name.Write([]byte(t.Name())) // a hash takes everything
	if name.Sum32()%2 == 0 {
		return codeLocale
	}
	return italianLocale
}

// Italian lends a new, empty schema in the PostgreSQL database with an Italian locale, and its address.
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
