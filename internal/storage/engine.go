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

// Engine is a database engine. All differences between engines are in this file and, for bulk loading, in bulk.go.
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

// rewriteCache remembers the SQLite form of each text. Most texts are constants and few. Audiences add more, so the
// whole cache is dropped when it is too large.
type rewriteCache struct {
	mu    sync.RWMutex
	texts map[string]string
}

const rewriteCacheSize = 2000

var rewritten = &rewriteCache{texts: map[string]string{}}

// rewrite turns $1 into ?1 on SQLite, and a list condition of In into one that reads JSON. A dollar within quotes is
// left alone.
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

// among matches a condition written by In.
var among = regexp.MustCompile(`= ANY \((\?[0-9]+)\)`)

// listed encodes a list given to In as JSON for SQLite. It returns other arguments unchanged.
func listed(argument any) (any, error) {
	switch argument.(type) {
	case []int64, []string:
		text, err := json.Marshal(argument)
		return string(text), err
	}
	return argument, driver.ErrSkip
}

// gooseUp is the first line of every schema file.
const gooseUp = "-- +goose Up\n"

// schemaFiles are the files of a schema in the engine's form. /*sqlite: …*/ and /*postgres: …*/ hold table options for
// one engine and are comments to the other. On SQLite a table's own bigint key becomes INTEGER PRIMARY KEY, which is
// the order of the table itself and needs no second index. On PostgreSQL text is sorted by code point; see
// collation.go.
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

// Open opens a file with its text in the engine's form.
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
	// A file is run as one statement. Otherwise goose would look for the end of each statement with a buffer of
	// megabytes for every line, and each statement would be a round trip.
	text = bytes.Replace(text, []byte(gooseUp), []byte(gooseUp+"-- +goose StatementBegin\n"), 1)
	return schemaFile{file, bytes.NewReader(append(text, "\n-- +goose StatementEnd\n"...))}, nil
}

type schemaFile struct {
	fs.File
	text io.Reader
}

// Read reads the text in the engine's form.
func (f schemaFile) Read(b []byte) (int, error) { return f.text.Read(b) }

// SkipLocked ends a SELECT that claims rows to work on. On PostgreSQL it skips rows that another transaction has
// locked. Its lock is the one for changes that leave the key alone, so that a row is not skipped because a row that
// refers to it is being inserted. SQLite has one writer and needs nothing.
func (e Engine) SkipLocked() string {
	if e == Postgres {
		return " FOR NO KEY UPDATE SKIP LOCKED"
	}
	return ""
}

// ForUpdate ends a SELECT of rows that the transaction is about to change. PostgreSQL locks them in the order of the
// SELECT: others who want to change or delete one wait until the transaction ends. Rows that refer to them can still be
// added. SQLite has one writer and needs nothing.
func (e Engine) ForUpdate() string {
	if e == Postgres {
		return " FOR NO KEY UPDATE"
	}
	return ""
}

// Share takes a shared lock with that name until the transaction ends. It waits while another transaction has the lock
// alone. SQLite has one writer and needs nothing.
func (tx *Tx) Share(ctx context.Context, name string) error {
	return tx.gate(ctx, "SELECT pg_advisory_xact_lock_shared(hashtextextended(current_schema() || '/' || $1, 0))", name)
}

// Alone takes the lock with that name exclusively until the transaction ends. Transactions that ask for it later wait
// behind this one, so that it does not starve.
func (tx *Tx) Alone(ctx context.Context, name string) error {
	return tx.gate(ctx, "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '/' || $1, 0))", name)
}

// gate takes an advisory lock for the transaction; a pooler keeps it. The key includes the schema, because two towns
// may share a server.
func (tx *Tx) gate(ctx context.Context, query, name string) error {
	if tx.engine == SQLite {
		return nil
	}
	_, err := tx.ExecContext(ctx, query, name)
	return err
}

// Now is an SQL expression for the database's clock in UTC unix milliseconds. Leases use it, so that nodes with
// different clocks agree.
func (e Engine) Now() string {
	if e == Postgres {
		return "(extract(epoch from clock_timestamp()) * 1000)::bigint"
	}
	return "cast((julianday('now') - 2440587.5) * 86400000 as integer)"
}

// clocksDiffer is how far a clock may be set back, by hand or by its time server, in normal operation.
const clocksDiffer = time.Minute

// LeaseEnded is an SQL condition: the lease of the given length, whose end is stored in column until, has ended by the
// database's clock. A lease that ends later than its length allows was written while that clock ran ahead. It counts as
// ended, because otherwise nobody would get it until the clock caught up.
func (e Engine) LeaseEnded(column string, length time.Duration) string {
	return fmt.Sprintf("(%s <= %s OR %[1]s > %[2]s + %d)", column, e.Now(), (length + clocksDiffer).Milliseconds())
}

// stagingTable matches the definition of a table for Staging: it ends with the first line that begins with ");".
var stagingTable = regexp.MustCompile(`(?ms)^CREATE TABLE (\w+) (\(.*?^\));`)

// Staging creates the tables in definitions, a text of CREATE TABLE statements, as empty temporary tables. Their rows
// last until the transaction ends (PostgreSQL) or until the next call of Staging for them (SQLite). A room keeps the
// text in <room>/staging/*.sql, where sqlc reads it together with the schema.
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
		if tx.behind == "" { // a scratch database has created them already
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

// Analyze refreshes the planner's statistics of the tables. It is needed after every bulk load: without it one query
// took 33 s instead of 0.7 on PostgreSQL.
func (db *DB) Analyze(ctx context.Context, tables ...string) error {
	return analyze(ctx, db, tables)
}

// Analyze is DB.Analyze in the transaction that fills the tables.
func (tx *Tx) Analyze(ctx context.Context, tables ...string) error {
	return analyze(ctx, tx, tables)
}

// manyRows is how many added rows make the statistics of a table outdated.
const manyRows = 1000

// AnalyzeAfter calls Analyze if so many rows were added that the statistics are outdated.
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

// Turn is an SQL expression for the number of the writing transaction. It goes into the column turn of a feed: a table
// of changes whose readers must neither miss a row nor see one twice.
//
//   - PostgreSQL numbers transactions in the order in which they begin to write, and knows the lowest number that is
//     still running. A reader continues from that number and skips the rows above it that it has already seen.
//   - SQLite runs one writing transaction at a time, so a counter in the feed is enough.
func (e Engine) Turn(feed string) string {
	if e == Postgres {
		return "pg_current_xact_id()::text::bigint"
	}
	return "(SELECT coalesce(max(turn), 0) + 1 FROM " + feed + ")"
}

// InFew writes the condition that In writes, for a list of at most some hundreds. On SQLite each number is an argument of
// its own. An UPDATE then changes the rows as it finds them; with the subquery that In writes, it first collects them and
// then looks up each again. The list is padded to a power of two with its last number, so that there are few texts to keep
// prepared.
func (e Engine) InFew(b *Builder, list []int64) {
	if e == Postgres || len(list) == 0 {
		In(b, list)
		return
	}
	b.Add(" IN (?", list[0])
	for n := 1; n < len(list) || n&(n-1) != 0; n++ {
		b.Add(", ?", list[min(n, len(list)-1)])
	}
	b.Add(")")
}

// Database is an SQL expression that identifies the database. Turns of one PostgreSQL server mean nothing on another,
// where pg_restore may have copied the feed to. SQLite counts turns in the database itself, so a copy continues with
// them.
func (e Engine) Database() string {
	if e == Postgres {
		return "(SELECT system_identifier FROM pg_control_system())"
	}
	return "0"
}

// Settled returns two SQL expressions for a feed: the turn below which all transactions have ended, and the first turn
// that has not begun.
func (e Engine) Settled(feed string) (ended, next string) {
	if e == Postgres {
		return "pg_snapshot_xmin(pg_current_snapshot())::text::bigint", "pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
	}
	return e.Turn(feed), e.Turn(feed)
}
