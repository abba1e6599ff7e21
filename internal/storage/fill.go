package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Fill runs do, which loads very many rows into empty tables, while these tables have no indexes. Sorting the entries
// of an index once costs a fraction of keeping it sorted for every row. Indexes that foreign keys need stay, and so do
// those that are the order of the table itself on SQLite.
//
// All of it is one transaction: drop indexes, load, create indexes. Nobody sees the tables without their indexes, and
// after a failure the database is as before. Meanwhile others wait: writers on SQLite, users of these tables on
// PostgreSQL. So Fill works only while no server uses the database (see Attend). filled is false, and do was not
// called, if a server does or if a table has rows.
func (db *DB) Fill(ctx context.Context, tables []string, do func(tx *Tx) error) (filled bool, err error) {
	defer db.nested.enter()()
	if db.behind != "" {
		return false, nil
	}
	leave, alone, err := db.alone()
	if err != nil || !alone {
		return false, err
	}
	defer func() { err = errors.Join(err, leave()) }()
	conn, err := db.writer.Conn(ctx)
	if err != nil {
		return false, Fault(err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	restore, err := db.sortInParts(ctx, conn)
	if err != nil {
		return false, Fault(err)
	}
	defer func() { err = errors.Join(err, restore()) }()
	filled, err = db.fill(ctx, conn, tables, do)
	return filled, Fault(err)
}

// alone keeps servers from attending to a SQLite database until leave. It returns false if one attends. On PostgreSQL
// the transaction takes the lock.
func (db *DB) alone() (leave func() error, alone bool, err error) {
	if db.engine == Postgres {
		return func() error { return nil }, true, nil
	}
	lock := db.attendance()
	alone, err = lock.TryLock()
	if !alone || err != nil {
		return nil, false, errors.Join(err, lock.Close())
	}
	return lock.Close, true, nil
}

// sortInParts makes the connection sort in files, in parts as large as its cache, until restore. In memory sorting would
// need room for all entries of an index. Small parts are sorted within the processor's cache, which takes a sixth less time
// than with the usual cache.
func (db *DB) sortInParts(ctx context.Context, conn *sql.Conn) (restore func() error, err error) {
	if db.engine == Postgres {
		return func() error { return nil }, nil
	}
	_, err = conn.ExecContext(ctx, "PRAGMA temp_store = file; PRAGMA cache_size = -4000")
	return func() error {
		_, err := conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA temp_store = memory; PRAGMA cache_size = -16000")
		return err
	}, err
}

func (db *DB) fill(ctx context.Context, conn *sql.Conn, tables []string, do func(tx *Tx) error) (filled bool, err error) {
	begun, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return false, fmt.Errorf("begin: %w", err)
	}
	defer func() {
		if !filled {
			_ = begun.Rollback() // nothing to keep
		}
	}()
	tx := &Tx{engine: db.engine, scratch: db.scratch, conn: conn, tx: begun}
	if free, err := tx.lockEmpty(ctx, tables); err != nil || !free {
		return false, err
	}
	indexes, err := tx.droppable(ctx, tables)
	if err != nil {
		return false, err
	}
	for _, i := range indexes {
		if _, err := begun.ExecContext(ctx, i.drop); err != nil {
			return false, fmt.Errorf("%s: %w", i.drop, err)
		}
	}
	if err := do(tx); err != nil {
		return false, err
	}
	for _, i := range indexes {
		if _, err := begun.ExecContext(ctx, i.create); err != nil {
			return false, fmt.Errorf("%s: %w", i.create, err)
		}
	}
	if err := tx.Analyze(ctx, tables...); err != nil {
		return false, err
	}
	if err := tx.commit(); err != nil {
		return false, err
	}
	filled = true
	return true, nil
}

// lockEmpty locks the tables until the transaction ends. It returns false if a server uses the database, or if a table
// has rows.
func (tx *Tx) lockEmpty(ctx context.Context, tables []string) (free bool, err error) {
	if tx.engine == Postgres {
		err := tx.QueryRowContext(ctx, "SELECT pg_try_advisory_xact_lock("+attendanceKey+")").Scan(&free)
		if err != nil || !free {
			return false, err
		}
	}
	for _, table := range tables {
		if tx.engine == Postgres {
			if _, err := tx.ExecContext(ctx, "LOCK TABLE "+table+" IN ACCESS EXCLUSIVE MODE"); err != nil {
				return false, err
			}
		}
		var some bool
		if err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM "+table+")").Scan(&some); err != nil || some {
			return false, err
		}
	}
	return true, nil
}

// deferred is an index that is dropped and created again.
type deferred struct{ drop, create string }

// droppable returns the indexes of the tables that one statement can create again.
func (tx *Tx) droppable(ctx context.Context, tables []string) (list []deferred, err error) {
	for _, table := range tables {
		rows, err := tx.QueryContext(ctx, tx.engine.indexesOf(), table)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var index, constraint, create string
			if err := rows.Scan(&index, &constraint, &create); err != nil {
				return nil, errors.Join(err, rows.Close())
			}
			if constraint == "" {
				list = append(list, deferred{"DROP INDEX " + pgx.Identifier{index}.Sanitize(), create})
				continue
			}
			alter := "ALTER TABLE " + table + " %s CONSTRAINT " + pgx.Identifier{constraint}.Sanitize() + " "
			list = append(list, deferred{fmt.Sprintf(alter, "DROP"), fmt.Sprintf(alter, "ADD") + create})
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// indexesOf is a query for the indexes of table $1: name, constraint that the index serves ("" for none), and
// definition of the constraint or else of the index.
func (e Engine) indexesOf() string {
	if e == SQLite {
		return "SELECT name, '', sql FROM sqlite_master WHERE type = 'index' AND tbl_name = $1 AND sql IS NOT NULL"
	}
	return `SELECT c.relname, coalesce(k.conname, ''), coalesce(pg_get_constraintdef(k.oid), pg_get_indexdef(c.oid))
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
		LEFT JOIN pg_constraint k ON k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')
		WHERE i.indrelid = $1::regclass AND NOT EXISTS (SELECT 1 FROM pg_constraint f WHERE f.conindid = c.oid AND f.contype = 'f')`
}
