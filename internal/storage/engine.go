package storage

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Engine is a database engine. All that differs between engines stands in this file.
type Engine int

// The engines.
const (
	SQLite Engine = iota
	Postgres
)

func (e Engine) String() string {
	if e == Postgres {
		return "PostgreSQL"
	}
	return "SQLite"
}

// rewritten remembers each text's SQLite form: the texts are constants and few, those of audiences are bounded by
// being forgotten all at once when there are too many.
type rewriteCache struct {
	mu    sync.RWMutex
	texts map[string]string
}

const rewriteCacheSize = 2000

var rewritten = &rewriteCache{texts: map[string]string{}}

// rewrite gives $1 the form ?1 on SQLite. A dollar within quotes is left alone.
func (e Engine) rewrite(query string) string {
	if e == Postgres || !strings.Contains(query, "$") {
		return query
	}
	rewritten.mu.RLock()
	text, ok := rewritten.texts[query]
	rewritten.mu.RUnlock()
	if ok {
		return text
	}
	text = numbered(query)
	rewritten.mu.Lock()
	defer rewritten.mu.Unlock()
	if len(rewritten.texts) >= rewriteCacheSize {
		clear(rewritten.texts)
	}
	rewritten.texts[query] = text
	return text
}

func numbered(query string) string {
	b := []byte(query)
	quoted := false
	for i, c := range b {
		switch {
		case c == '\'':
			quoted = !quoted
		case c == '$' && !quoted && i+1 < len(b) && b[i+1] >= '0' && b[i+1] <= '9':
			b[i] = '?'
		}
	}
	return string(b)
}

// schemaFiles are the files of a schema as the engine should read them. On SQLite a table's own bigint key becomes an
// INTEGER PRIMARY KEY, which is the table's order itself and needs no index beside it.
func (e Engine) schemaFiles(files fs.FS) fs.FS {
	if e == Postgres {
		return files
	}
	return sqliteFiles{files}
}

type sqliteFiles struct{ fs.FS }

var bigintKey = regexp.MustCompile(`(?i)\bbigint(\s+NOT\s+NULL)?\s+PRIMARY\s+KEY\b`)

// Open opens a file whose text is SQLite's.
func (f sqliteFiles) Open(name string) (fs.File, error) {
	file, err := f.FS.Open(name)
	if err != nil || path.Ext(name) != ".sql" {
		return file, err
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return sqliteFile{file, bytes.NewReader(bigintKey.ReplaceAll(text, []byte("INTEGER PRIMARY KEY")))}, nil
}

type sqliteFile struct {
	fs.File
	text io.Reader
}

// Read reads the text that SQLite is given.
func (f sqliteFile) Read(b []byte) (int, error) { return f.text.Read(b) }

// SkipLocked ends a SELECT that takes rows to work on: on PostgreSQL rows that another transaction holds are passed
// over; SQLite has one writer and needs nothing.
func (e Engine) SkipLocked() string {
	if e == Postgres {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// Now is the database's clock in UTC unix milliseconds, as an SQL expression: leases are measured by it, so that
// nodes whose clocks differ agree.
func (e Engine) Now() string {
	if e == Postgres {
		return "(extract(epoch from clock_timestamp()) * 1000)::bigint"
	}
	return "cast((julianday('now') - 2440587.5) * 86400000 as integer)"
}

// Load inserts many rows fast: COPY on PostgreSQL, one prepared statement on SQLite. It takes no conflict: load into
// a staging table where rows may be there already. It returns how many rows were loaded.
func (tx *Tx) Load(ctx context.Context, table string, columns []string, rows iter.Seq[[]any]) (int64, error) {
	if tx.engine == Postgres {
		return tx.copyFrom(ctx, table, columns, rows)
	}
	marks := strings.TrimSuffix(strings.Repeat("?,", len(columns)), ",")
	stmt, err := tx.tx.PrepareContext(ctx, "INSERT INTO "+table+" ("+strings.Join(columns, ", ")+") VALUES ("+marks+")")
	if err != nil {
		return 0, err
	}
	var n int64
	for row := range rows {
		if _, err = stmt.ExecContext(ctx, row...); err != nil {
			break
		}
		n++
	}
	return n, errors.Join(err, stmt.Close())
}

func (tx *Tx) copyFrom(ctx context.Context, table string, columns []string, rows iter.Seq[[]any]) (n int64, err error) {
	next, stop := iter.Pull(rows)
	defer stop()
	source := pgx.CopyFromFunc(func() ([]any, error) {
		row, _ := next()
		return row, nil // a nil row ends the copy
	})
	err = tx.conn.Raw(func(c any) error {
		conn, ok := c.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("copy into %s: driver connection is %T", table, c)
		}
		n, err = conn.Conn().CopyFrom(ctx, pgx.Identifier{table}, columns, source)
		if err != nil {
			// Not ErrBadConn: database/sql must not throw the connection away under the transaction.
			return errors.Join(err, driver.ErrSkip)
		}
		return nil
	})
	return n, err
}

// stagingTable is a table's definition as Staging reads it: it ends with the first line that begins with ");".
var stagingTable = regexp.MustCompile(`(?ms)^CREATE TABLE (\w+) (\(.*?^\));`)

// Staging makes the tables that definitions, a text of CREATE TABLE statements, speak of: temporary and empty. What is
// put there lasts to the end of the transaction (PostgreSQL) or until Staging is called for them again (SQLite). A room
// keeps the text in <room>/staging/*.sql, where sqlc reads it beside the schema.
func (tx *Tx) Staging(ctx context.Context, definitions string) error {
	end := ""
	if tx.engine == Postgres {
		end = " ON COMMIT DELETE ROWS"
	}
	tables := stagingTable.FindAllStringSubmatch(definitions, -1)
	if len(tables) == 0 {
		return errors.New("staging: no table is defined")
	}
	for _, table := range tables {
		name, columns := table[1], table[2]
		if _, err := tx.ExecContext(ctx, "CREATE TEMPORARY TABLE IF NOT EXISTS "+name+" "+columns+end); err != nil {
			return fmt.Errorf("staging %s: %w", name, err)
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+name); err != nil {
			return fmt.Errorf("staging %s: %w", name, err)
		}
	}
	return nil
}

// Analyze refreshes what the planner knows of the tables; needed after every bulk fill (without it one query was
// measured at 33 s instead of 0.7 on PostgreSQL).
func (db *DB) Analyze(ctx context.Context, tables ...string) error {
	return analyze(ctx, db, tables)
}

// Analyze is DB.Analyze within the transaction that fills the tables.
func (tx *Tx) Analyze(ctx context.Context, tables ...string) error {
	return analyze(ctx, tx, tables)
}

func analyze(ctx context.Context, q Queryer, tables []string) error {
	for _, t := range tables {
		if _, err := q.ExecContext(ctx, "ANALYZE "+t); err != nil {
			return err
		}
	}
	return nil
}
