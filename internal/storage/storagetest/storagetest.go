// Package storagetest lends databases to tests: a new SQLite file, and a new schema on a real PostgreSQL.
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

// Open lends one new database with the given schemas, closed when the test ends.
func Open(t testing.TB, engine storage.Engine, schemas ...storage.Schema) *storage.DB {
	t.Helper()
	db, err := storage.Open(storage.RefuseNested(context.Background()), URL(t, engine))
	if err != nil {
		t.Fatalf("open %s: %v", engine, err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close %s: %v", engine, err)
		}
	})
	if _, err := db.Migrate(context.Background(), schemas...); err != nil {
		t.Fatalf("migrate %s: %v", engine, err)
	}
	return db
}

// URL is the address of a new, empty database, removed when the test ends.
func URL(t testing.TB, engine storage.Engine) string {
	t.Helper()
	if engine == storage.SQLite {
		return "sqlite:" + filepath.Join(t.TempDir(), "unoxuno.db")
	}
	server := os.Getenv("UNOXUNO_TEST_POSTGRES_URL")
	if server == "" {
		if os.Getenv("UNOXUNO_REQUIRE_POSTGRES") != "" {
			t.Fatal("UNOXUNO_TEST_POSTGRES_URL is not set: start a server with scripts/test-postgres")
		}
		t.Skip("NOT TESTED ON POSTGRESQL: set UNOXUNO_TEST_POSTGRES_URL=$(scripts/test-postgres)")
	}
	return newPostgresSchema(t, server, localeOf(t))
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
	if url := os.Getenv("UNOXUNO_TEST_POSTGRES_URL"); url != "" {
		return newPostgresSchema(t, url, italianLocale)
	}
	return URL(t, storage.Postgres) // skips, or fails
}

func newPostgresSchema(t testing.TB, server, locale string) string {
	t.Helper()
	ctx := context.Background()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("UNOXUNO_TEST_POSTGRES_URL: %v", err)
	}
	if locale != codeLocale {
		u.Path += "_" + locale
		server = u.String()
	}
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
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}
