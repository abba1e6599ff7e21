package storage

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Engine is a database engine. All that differs between engines stands in this file and, for bulk loading, in bulk.go.
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

// rewrite gives $1 the form ?1 on SQLite, and what In wrote the form that reads a list from JSON. A dollar within quotes
// is left alone.
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
	return among.ReplaceAllString(string(b), "IN (SELECT value FROM json_each($1))")
}

// among is what In wrote.
var among = regexp.MustCompile(`= ANY \((\?[0-9]+)\)`)

// listed is a list that In was given as SQLite reads it; other arguments are as they were.
func listed(argument any) (any, error) {
	switch argument.(type) {
	case []int64, []string:
		text, err := json.Marshal(argument)
		return string(text), err
	}
	return argument, driver.ErrSkip
}

// gooseUp is the first line of every file of a schema.
const gooseUp = "-- +goose Up\n"

// schemaFiles are the files of a schema as the engine should read them: /*sqlite: …*/ and /*postgres: …*/ are how a
// table is to be kept by the one and by the other, a comment to whom it does not concern. On SQLite a table's own bigint
// key becomes an INTEGER PRIMARY KEY, which is the table's order itself and needs no index beside it. On PostgreSQL text
// is sorted by its code; see collation.go.
func (e Engine) schemaFiles(files fs.FS) fs.FS { return schemaFiles{files, e} }

type schemaFiles struct {
	fs.FS
	engine Engine
}

var (
	bigintKey    = regexp.MustCompile(`(?i)\bbigint(\s+NOT\s+NULL)?\s+PRIMARY\s+KEY\b`)
	ownToEngines = map[Engine]*regexp.Regexp{
		SQLite: regexp.MustCompile(`/\*sqlite: (.*?)\*/`), Postgres: regexp.MustCompile(`/\*postgres: (.*?)\*/`),
	}
)

// Open opens a file whose text is the engine's.
func (f schemaFiles) Open(name string) (fs.File, error) {
	file, err := f.FS.Open(name)
	if err != nil || path.Ext(name) != ".sql" {
		return file, err
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	text = ownToEngines[f.engine].ReplaceAll(text, []byte("$1"))
	if f.engine == SQLite {
		text = bigintKey.ReplaceAll(text, []byte("INTEGER PRIMARY KEY"))
	} else {
		text = sortedByCode(text)
	}
	// A file is run as one text, and not statement by statement: goose looks for the end of a statement with a buffer of
	// megabytes for every line, and each statement would be a round trip.
	text = bytes.Replace(text, []byte(gooseUp), []byte(gooseUp+"-- +goose StatementBegin\n"), 1)
	return schemaFile{file, bytes.NewReader(append(text, "\n-- +goose StatementEnd\n"...))}, nil
}

type schemaFile struct {
	fs.File
	text io.Reader
}

// Read reads the text that the engine is given.
func (f schemaFile) Read(b []byte) (int, error) { return f.text.Read(b) }

// SkipLocked ends a SELECT that takes rows to work on: on PostgreSQL rows that another transaction holds are passed
// over; SQLite has one writer and needs nothing. It is the lock of a change that leaves the key alone, so that a row is
// not passed over because another is just being written that refers to it.
func (e Engine) SkipLocked() string {
	if e == Postgres {
		return " FOR NO KEY UPDATE SKIP LOCKED"
	}
	return ""
}

// ForUpdate ends a SELECT of rows that the transaction is about to change, in the order in which it names them: on
// PostgreSQL whoever else wants to change or delete one waits for the transaction's end. Rows that refer to them may
// still be added. SQLite has one writer and needs nothing.
func (e Engine) ForUpdate() string {
	if e == Postgres {
		return " FOR NO KEY UPDATE"
	}
	return ""
}

// Share lets the transaction run beside others that share the same name, and waits for one that has it alone. It holds
// until the end of the transaction. SQLite has one writer and needs nothing.
func (tx *Tx) Share(ctx context.Context, name string) error {
	return tx.gate(ctx, "SELECT pg_advisory_xact_lock_shared(hashtextextended(current_schema() || '/' || $1, 0))", name)
}

// Alone waits until no other transaction shares the name or has it, and keeps all of them out until its end. Whoever
// comes after it waits, so that it does not starve.
func (tx *Tx) Alone(ctx context.Context, name string) error {
	return tx.gate(ctx, "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '/' || $1, 0))", name)
}

// gate takes an advisory lock of the transaction, which a pooler keeps. Its key is made of the schema, too: two towns may
// share a server.
func (tx *Tx) gate(ctx context.Context, query, name string) error {
	if tx.engine == SQLite {
		return nil
	}
	_, err := tx.ExecContext(ctx, query, name)
	return err
}

// Now is the database's clock in UTC unix milliseconds, as an SQL expression: leases are measured by it, so that
// nodes whose clocks differ agree.
func (e Engine) Now() string {
	if e == Postgres {
		return "(extract(epoch from clock_timestamp()) * 1000)::bigint"
	}
	return "cast((julianday('now') - 2440587.5) * 86400000 as integer)"
}

// clocksDiffer is how far a clock may be set back by hand or by its time server without anything being amiss.
const clocksDiffer = time.Minute

// LeaseEnded is the SQL condition that a lease of the given length, kept in column until when it holds by the database's
// clock, has ended. A lease that holds for longer than its length was written while that clock ran ahead: it has ended,
// too, or nobody would get it until the clock is there again.
func (e Engine) LeaseEnded(column string, length time.Duration) string {
	return fmt.Sprintf("(%s <= %s OR %[1]s > %[2]s + %d)", column, e.Now(), (length + clocksDiffer).Milliseconds())
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
		definitions = string(sortedByCode([]byte(definitions)))
	}
	tables := stagingTable.FindAllStringSubmatch(definitions, -1)
	if len(tables) == 0 {
		return errors.New("staging: no table is defined")
	}
	for _, table := range tables {
		name, columns := table[1], table[2]
		if tx.behind == "" { // there they were made with it
			if _, err := tx.ExecContext(ctx, "CREATE TEMPORARY TABLE IF NOT EXISTS "+name+" "+columns+end); err != nil {
				return fmt.Errorf("staging %s: %w", name, err)
			}
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

// manyRows is how many rows that were added make the planner's picture of a table old.
const manyRows = 1000

// AnalyzeAfter is Analyze where so many rows were added that it matters.
func (tx *Tx) AnalyzeAfter(ctx context.Context, added int64, tables ...string) error {
	if added < manyRows {
		return nil
	}
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

// Turn is the turn of the transaction that writes, as an SQL expression: what stands in the column turn of a feed, a
// table of what was changed, whose readers want to miss nothing and to see nothing twice.
//
//   - PostgreSQL numbers transactions in the order in which they began to write, and tells the lowest number that is
//     still at work. What has a lower number has ended: it was seen, or is nowhere. So a reader goes on from that number
//     and leaves out the rows above it that it has seen already.
//   - SQLite lets one transaction write at a time: turns are counted, and the count grows as they are committed.
func (e Engine) Turn(feed string) string {
	if e == Postgres {
		return "pg_current_xact_id()::text::bigint"
	}
	return "(SELECT coalesce(max(turn), 0) + 1 FROM " + feed + ")"
}

// Database is a number, as an SQL expression, that tells a database's turns from those of a copy of it: what is copied into
// another server of PostgreSQL (pg_restore) meets transactions that are counted differently there. SQLite counts turns in
// the database itself: a copy goes on from where it was.
func (e Engine) Database() string {
	if e == Postgres {
		return "(SELECT system_identifier FROM pg_control_system())"
	}
	return "0"
}

// Settled are the turn of a feed below which all have ended, and the first that had not begun.
func (e Engine) Settled(feed string) (ended, next string) {
	if e == Postgres {
		return "pg_snapshot_xmin(pg_current_snapshot())::text::bigint", "pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
	}
	return e.Turn(feed), e.Turn(feed)
}
