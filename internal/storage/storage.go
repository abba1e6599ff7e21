package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"unoxuno/internal/fault"
)

// Queryer runs SQL written for PostgreSQL on either engine. sqlc's generated code needs it; DB and Tx implement it.
type Queryer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// DB is an open database. Its Queryer methods read. Changes go through Tx.
type DB struct {
	engine  Engine
	writer  *sql.DB         // for transactions; one connection on SQLite
	reader  *sql.DB         // for reads outside transactions, so that waiting transactions do not block readers
	path    string          // of the SQLite file; "" on PostgreSQL
	server  *pgx.ConnConfig // nil on SQLite
	scratch bool            // see Scratch
	behind  string          // quoted schema of the town's tables that temporary ones hide (see Scratch); "" otherwise
	nested  *nesting
}

// Pools is the maximum number of connections of a process to PostgreSQL. A transaction takes one writer and a read
// outside transactions one reader, so neither waits for the other.
type Pools struct{ Readers, Writers int }

// DefaultPools returns the pools of one node on a small machine. PostgreSQL allows 100 connections by default.
func DefaultPools() Pools { return Pools{Readers: 8, Writers: 12} }

// Open opens the database at url: sqlite:PATH (created with its folder if missing) or postgres://….
func Open(ctx context.Context, url string) (*DB, error) { return OpenWith(ctx, url, DefaultPools()) }

// OpenWith is Open with the given pools. SQLite always has one writer, and as many readers as the machine can use.
func OpenWith(ctx context.Context, url string, pools Pools) (*DB, error) {
	switch scheme, rest, _ := strings.Cut(url, ":"); scheme {
	case "sqlite":
		return openSQLite(ctx, rest)
	case "postgres", "postgresql":
		return openPostgres(ctx, url, pools)
	default:
		return nil, fault.Invalid("storage.url", "URL", redacted(url))
	}
}

func redacted(text string) string {
	if u, err := url.Parse(text); err == nil {
		return u.Redacted()
	}
	return "(unreadable)"
}

func openSQLite(ctx context.Context, path string) (*DB, error) {
	if path == "" {
		return nil, fault.Invalid("storage.url", "URL", "sqlite:")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fault.Unavailable("storage.open", "URL", "sqlite:"+path).Because(err)
	}
	// Our processes take turns through a turnstile. busy_timeout is for other programs, and for older versions of ours.
	// _txlock=immediate takes the write lock at BEGIN, so that a transaction never fails half-way because it cannot get
	// the lock.
	pragmas := "?_pragma=busy_timeout(20000)&_pragma=journal_mode(wal)&_pragma=foreign_keys(1)" +
		"&_pragma=synchronous(full)&_pragma=secure_delete(1)&_pragma=temp_store(memory)&_pragma=analysis_limit(1000)&_pragma=cache_size(-16000)&_txlock="
	file := "file:" + (&url.URL{Path: path}).EscapedPath()
	forWriter, err := sqlite.NewConnector(file + pragmas + "immediate")
	if err != nil {
		return nil, err
	}
	forReader, err := sqlite.NewConnector(file + pragmas + "deferred&_pragma=query_only(1)")
	if err != nil {
		return nil, err
	}
	writer, reader := sql.OpenDB(keeping{forWriter, path}), sql.OpenDB(keeping{forReader, ""})
	writer.SetMaxOpenConns(1)
	reader.SetMaxOpenConns(max(4, runtime.NumCPU()))
	db := &DB{engine: SQLite, writer: writer, reader: reader, path: path, nested: newNesting(ctx)}
	// The writer comes first: it creates the file and turns WAL on, which a reader may not.
	if err := pingWhenFree(ctx, writer); err != nil {
		return nil, errors.Join(fault.Unavailable("storage.open", "URL", "sqlite:"+path).Because(err), db.Close())
	}
	return db, nil
}

// openTries is how often opening is tried, every lockPoll, while other processes open the same SQLite file.
const openTries = 200

// pingWhenFree waits until other processes have opened the file. The change to WAL needs exclusive access and ignores
// busy_timeout (https://sqlite.org/wal.html, "Sometimes Queries Return SQLITE_BUSY In WAL Mode").
func pingWhenFree(ctx context.Context, db *sql.DB) error {
	for try := 1; ; try++ {
		err := db.PingContext(ctx)
		var lite *sqlite.Error
		if !errors.As(err, &lite) || lite.Code()&0xff != sqlite3.SQLITE_BUSY || try == openTries {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lockPoll):
		}
	}
}

func openPostgres(ctx context.Context, url string, pools Pools) (*DB, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fault.Invalid("storage.url", "URL", redacted(url)).Because(err)
	}
	pool := func(conns int) *sql.DB {
		p := stdlib.OpenDB(*config)
		p.SetMaxOpenConns(conns)
		p.SetMaxIdleConns(min(conns, idleConns))
		p.SetConnMaxIdleTime(5 * time.Minute)
		return p
	}
	db := &DB{engine: Postgres, writer: pool(pools.Writers), reader: pool(pools.Readers), server: config, nested: newNesting(ctx)}
	if err := db.writer.PingContext(ctx); err != nil {
		return nil, errors.Join(fault.Unavailable("storage.open", "URL", redacted(url)).Because(err), db.Close())
	}
	return db, nil
}

// idleConns is how many connections of a pool stay open while they are idle.
const idleConns = 6

// Close closes every connection.
func (db *DB) Close() error { return errors.Join(db.reader.Close(), db.writer.Close()) }

// Engine returns the engine that the database runs on.
func (db *DB) Engine() Engine { return db.engine }

// Ping returns nil if the database answers.
func (db *DB) Ping(ctx context.Context) error {
	db.nested.refuse("a ping")
	return db.reader.PingContext(ctx)
}

// ExecContext runs a single statement outside a transaction.
func (db *DB) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	db.nested.refuse(query)
	result, err := db.writer.ExecContext(ctx, db.engine.rewrite(query), args...)
	return result, Fault(err)
}

// PrepareContext prepares a statement that reads.
func (db *DB) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	db.nested.refuse(query)
	return db.reader.PrepareContext(ctx, db.engine.rewrite(query))
}

// QueryContext reads rows.
func (db *DB) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	db.nested.refuse(query)
	return db.reader.QueryContext(ctx, db.engine.rewrite(query), args...)
}

// QueryRowContext reads one row.
func (db *DB) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	db.nested.refuse(query)
	return db.reader.QueryRowContext(ctx, db.engine.rewrite(query), args...)
}

// Tx is a transaction that may write.
type Tx struct {
	engine  Engine
	scratch bool   // as DB's
	behind  string // as DB's
	conn    *sql.Conn
	tx      *sql.Tx
	endings map[any]Ending
}

// Engine returns the engine that the transaction runs on.
func (tx *Tx) Engine() Engine { return tx.engine }

// ExecContext runs a statement.
func (tx *Tx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return tx.tx.ExecContext(ctx, tx.engine.rewrite(query), args...)
}

// PrepareContext prepares a statement.
func (tx *Tx) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return tx.tx.PrepareContext(ctx, tx.engine.rewrite(query))
}

// QueryContext reads rows.
func (tx *Tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return tx.tx.QueryContext(ctx, tx.engine.rewrite(query), args...)
}

// QueryRowContext reads one row.
func (tx *Tx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return tx.tx.QueryRowContext(ctx, tx.engine.rewrite(query), args...)
}

// maxTries is how often Tx tries again after a deadlock or a serialisation failure on PostgreSQL.
const maxTries = 5

// Tx runs do in one transaction: all of it happens, or nothing. Tx may call do again after a deadlock or a
// serialisation failure, so do must have no effect outside the transaction. do must use the database only through tx:
// see RefuseNested.
func (db *DB) Tx(ctx context.Context, do func(tx *Tx) error) error {
	defer db.nested.enter()()
	for try := 1; ; try++ {
		err := db.tx(ctx, do)
		if err == nil || try == maxTries || !retryable(err) {
			return Fault(err)
		}
	}
}

func (db *DB) tx(ctx context.Context, do func(tx *Tx) error) (err error) {
	conn, err := db.writer.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connection: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	// A read-only transaction may still write to temporary tables.
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: db.behind != ""})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	done := false
	defer func() {
		if !done { // an error, or a panic in progress
			_ = tx.Rollback()
		}
	}()
	ours := &Tx{engine: db.engine, scratch: db.scratch, behind: db.behind, conn: conn, tx: tx}
	if err := do(ours); err != nil {
		return err
	}
	done = true
	return ours.commit()
}

// retryable tells whether PostgreSQL asks for the transaction to be repeated (SQLSTATE 40001, 40P01).
func retryable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// IsUnique tells whether err means that a row with that key exists already.
func IsUnique(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505"
}

// None tells whether err means that there is no such row.
func None(err error) bool { return errors.Is(err, sql.ErrNoRows) }
