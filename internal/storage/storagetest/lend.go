package storagetest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"unoxuno/internal/storage"
)

// Running the same migrations took most of a small test's time, so they run once. On SQLite the migrated file is
// copied. On PostgreSQL a schema is emptied and used again, but only if it is as the migrations made it.

// files holds, for each set of schemas, the SQLite file that their migrations make.
var files sync.Map // fingerprint → func() ([]byte, error)

// migratedFile writes a migrated SQLite file and returns its URL.
func migratedFile(t testing.TB, schemas []storage.Schema) string {
	t.Helper()
	made, _ := files.LoadOrStore(fingerprint(t, storage.SQLite, schemas), sync.OnceValues(func() ([]byte, error) {
		return migrateFile(schemas)
	}))
	file, err := made.(func() ([]byte, error))()
	if err != nil {
		t.Fatalf("migrate %s: %v", storage.SQLite, err)
	}
	path := filepath.Join(t.TempDir(), "unoxuno.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + path
}

func migrateFile(schemas []storage.Schema) (file []byte, err error) {
	folder, err := os.MkdirTemp("", "unoxuno-test")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path := filepath.Join(folder, "unoxuno.db")
	if err := migrate("sqlite:"+path, schemas); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// migrate runs the migrations in the database at the URL.
func migrate(url string, schemas []storage.Schema) (err error) {
	ctx := context.Background()
	db, err := storage.Open(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.Migrate(ctx, schemas...)
	return err
}

func fingerprint(t testing.TB, engine storage.Engine, schemas []storage.Schema) string {
	t.Helper()
	print, err := storage.Fingerprint(engine, schemas...)
	if err != nil {
		t.Fatal(err)
	}
	return print
}

// migratedSchema returns the URL of a migrated schema on the PostgreSQL server. The connection that lends it holds an
// advisory lock, so nobody else gets it until the test, or its process, ends.
func migratedSchema(t testing.TB, server string, schemas []storage.Schema) string {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatalf("open test PostgreSQL: %v", err)
	}
	t.Cleanup(func() {
		if err := conn.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	l := lender{conn, server, schemas}
	name, err := l.lend(ctx, "lent_"+fingerprint(t, storage.Postgres, schemas))
	if err != nil {
		t.Fatalf("lend a schema: %v", err)
	}
	return inSchema(server, name)
}

// lender lends the schemas of one PostgreSQL database.
type lender struct {
	*pgx.Conn
	server  string
	schemas []storage.Schema
}

// asMade names the schema that keeps the rows that the migrations of schema name wrote.
func asMade(name string) string { return name + "_as_made" }

// lend returns a schema whose name begins with family, used before or new.
func (l lender) lend(ctx context.Context, family string) (string, error) {
	rows, err := l.Query(ctx, "SELECT nspname FROM pg_namespace WHERE nspname LIKE $1 AND nspname NOT LIKE $2 ORDER BY nspname",
		family+"%", asMade("%"))
	if err != nil {
		return "", err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return "", err
	}
	for _, name := range names {
		var free bool
		if err := l.QueryRow(ctx, "SELECT pg_try_advisory_lock(hashtextextended($1, 0))", name).Scan(&free); err != nil {
			return "", err
		}
		if !free {
			continue
		}
		if clean, err := l.clean(ctx, name); err != nil || clean {
			return name, err
		}
		if err := l.drop(ctx, name); err != nil {
			return "", err
		}
	}
	name := fmt.Sprintf("%s_%d", family, storage.NewID())
	return name, l.make(ctx, name)
}

// structure is a digest of every definition in the schema $1. Each row of the catalogue contains the transaction that
// wrote it.
const structure = `SELECT coalesce(md5(string_agg(part, ' ' ORDER BY part)), '') FROM (
  SELECT c.oid || ':' || c.xmin FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE nspname = $1
  UNION ALL SELECT a.attrelid || '.' || a.attnum || ':' || a.xmin FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE nspname = $1
  UNION ALL SELECT k.oid || ':' || k.xmin FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE nspname = $1
  UNION ALL SELECT r.oid || ':' || r.xmin FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE nspname = $1) all_of_it (part)`

// large counts the tables of the schema $1 that a test filled, or that have planner statistics. Another test would see
// these traces.
const large = `SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE nspname = $1 AND relkind = 'r'
  AND (pg_relation_size(c.oid) > 64 * 8192 OR EXISTS (SELECT 1 FROM pg_statistic s WHERE s.starelid = c.oid))`

// make creates the schema and records its structure.
func (l lender) make(ctx context.Context, name string) error {
	if _, err := l.Exec(ctx, fmt.Sprintf("SELECT pg_advisory_lock(hashtextextended('%s', 0)); CREATE SCHEMA %[1]s; CREATE SCHEMA %s", name, asMade(name))); err != nil {
		return err
	}
	if err := migrate(inSchema(l.server, name), l.schemas); err != nil {
		return err
	}
	tables, err := l.tables(ctx, name)
	if err != nil {
		return err
	}
	var texts strings.Builder
	for _, table := range tables {
		var rows bool
		if err := l.QueryRow(ctx, fmt.Sprintf("SELECT EXISTS (SELECT 1 FROM %s.%s)", name, table)).Scan(&rows); err != nil {
			return err
		}
		if rows {
			fmt.Fprintf(&texts, "CREATE TABLE %s.%s AS SELECT * FROM %s.%[2]s;", asMade(name), table, name)
		}
	}
	var is string
	if err := l.QueryRow(ctx, structure, name).Scan(&is); err != nil {
		return err
	}
	fmt.Fprintf(&texts, "COMMENT ON SCHEMA %s IS '%s'", name, is) // last: marks it as complete
	_, err = l.Exec(ctx, texts.String())
	return err
}

// clean empties the schema. It tells whether the schema is then as the migrations made it.
func (l lender) clean(ctx context.Context, name string) (bool, error) {
	var was, is *string
	if err := l.QueryRow(ctx, "SELECT (SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = $1), ("+structure+")", name).
		Scan(&was, &is); err != nil {
		return false, err
	}
	if was == nil || is == nil || *was != *is {
		return false, nil
	}
	var traces int
	if err := l.QueryRow(ctx, large, name).Scan(&traces); err != nil || traces > 0 {
		return false, err
	}
	tables, err := l.tables(ctx, name)
	if err != nil {
		return false, err
	}
	kept, err := l.tables(ctx, asMade(name))
	if err != nil {
		return false, err
	}
	// Foreign keys are triggers, which this switches off. Locks of other connections are waited for briefly.
	var texts strings.Builder
	texts.WriteString("BEGIN; SET LOCAL session_replication_role = replica; SET LOCAL lock_timeout = '5s';")
	for _, table := range tables {
		fmt.Fprintf(&texts, "DELETE FROM %s.%s;", name, table)
	}
	for _, table := range kept {
		fmt.Fprintf(&texts, "INSERT INTO %s.%s SELECT * FROM %s.%[2]s;", name, table, asMade(name))
	}
	texts.WriteString("COMMIT")
	_, err = l.Exec(ctx, texts.String())
	return true, err
}

// drop removes the schema and releases its lock.
func (l lender) drop(ctx context.Context, name string) error {
	_, err := l.Exec(ctx, fmt.Sprintf("DROP SCHEMA IF EXISTS %s CASCADE; DROP SCHEMA IF EXISTS %s CASCADE; SELECT pg_advisory_unlock(hashtextextended('%[1]s', 0))",
		name, asMade(name)))
	return err
}

func (l lender) tables(ctx context.Context, schema string) ([]string, error) {
	rows, err := l.Query(ctx, "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE nspname = $1 AND relkind = 'r'", schema)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// inSchema returns the server's URL with the schema as its search path.
func inSchema(server, schema string) string {
	u, err := url.Parse(server)
	if err != nil {
		panic(err) // the URL was opened before
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}
