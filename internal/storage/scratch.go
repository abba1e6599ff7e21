package storage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
	"github.com/jackc/pgx/v5/stdlib"

	"unoxuno/internal/fault"
)

// Scratch is a database in which a room tries something out, to be thrown away by discard. Making it and working in it
// keeps nobody from reading or writing.
//
// On SQLite it is a copy of the database as it is now. It lies beside the database, readable by its owner alone; what a
// killed process left of its copy goes when the next one is made.
//
// On PostgreSQL it is one connection on which the given tables are hidden behind temporary ones, empty and of the same
// form; Bring fetches rows of the town's. Its transactions are read-only, which lets them write to temporary tables and to
// nothing else. The temporary tables that Staging will be asked for are made here, by the same definitions. The connection
// must lead to PostgreSQL itself: through a pooler it is the fault storage.scratch_pooler.
func (db *DB) Scratch(ctx context.Context, tables []string, staging string) (scratch *DB, discard func() error, err error) {
	if db.engine == Postgres {
		return db.scratchPostgres(ctx, tables, staging)
	}
	if err := db.removeScratch(); err != nil {
		return nil, nil, err
	}
	folder, err := os.MkdirTemp(filepath.Dir(db.path), filepath.Base(db.path)+".scratch-")
	if err != nil {
		return nil, nil, Fault(err)
	}
	lock := flock.New(filepath.Join(folder, scratchLock), flock.SetPermissions(0o600))
	remove := func() error { return errors.Join(lock.Close(), os.RemoveAll(folder)) }
	if err := lock.Lock(); err != nil {
		return nil, nil, errors.Join(err, remove())
	}
	file := filepath.Join(folder, "copy.db")
	if err := db.Backup(ctx, file); err != nil {
		return nil, nil, errors.Join(err, remove())
	}
	scratch, err = openSQLite(ctx, file)
	if err == nil {
		// A copy that is thrown away need not survive an accident.
		_, err = scratch.writer.ExecContext(ctx, "PRAGMA synchronous = off")
	}
	if err != nil {
		if scratch != nil {
			err = errors.Join(err, scratch.Close())
		}
		return nil, nil, errors.Join(err, remove())
	}
	scratch.scratch = true
	return scratch, func() error { return errors.Join(scratch.Close(), remove()) }, nil
}

func (db *DB) scratchPostgres(ctx context.Context, tables []string, staging string) (scratch *DB, discard func() error, err error) {
	own := stdlib.OpenDB(*db.server)
	own.SetMaxOpenConns(1)
	scratch = &DB{engine: Postgres, writer: own, reader: own, server: db.server, nested: db.nested}
	err = scratch.Tx(ctx, func(tx *Tx) error {
		direct, err := tx.direct(ctx)
		if err != nil {
			return err
		}
		if !direct {
			return fault.Conflict("storage.scratch_pooler")
		}
		var schema string
		if err := tx.QueryRowContext(ctx, "SELECT quote_ident(current_schema())").Scan(&schema); err != nil {
			return err
		}
		for _, table := range tables {
			if _, err := tx.ExecContext(ctx, "CREATE TEMPORARY TABLE "+table+" (LIKE "+schema+"."+table+" INCLUDING ALL)"); err != nil {
				return fmt.Errorf("scratch %s: %w", table, err)
			}
		}
		scratch.scratch, scratch.behind = true, schema
		if staging == "" {
			return nil
		}
		return tx.Staging(ctx, staging)
	})
	if err != nil {
		return nil, nil, errors.Join(err, own.Close())
	}
	return scratch, own.Close, nil
}

// direct tells whether the connection leads to PostgreSQL itself. A pooler names another process than the one that
// answers; it would lend the temporary tables, which outlast the transaction, to others.
func (tx *Tx) direct(ctx context.Context) (direct bool, err error) {
	var answering uint32
	if err := tx.QueryRowContext(ctx, "SELECT pg_backend_pid()").Scan(&answering); err != nil {
		return false, err
	}
	err = tx.conn.Raw(func(c any) error {
		if own, ok := c.(*stdlib.Conn); ok {
			direct = own.Conn().PgConn().PID() == answering
		}
		return nil
	})
	return direct, err
}

// Scratched tells whether the transaction works in a scratch database: nothing of it happens to the town.
func (tx *Tx) Scratched() bool { return tx.scratch }

// Behind names the town's own table where a temporary one hides it; ok is false where none does.
func (tx *Tx) Behind(table string) (name string, ok bool) {
	return tx.behind + "." + table, tx.behind != ""
}

// Bring copies into the temporary table that hides the town's the rows whose column is one of keys.
func (tx *Tx) Bring(ctx context.Context, table, column string, keys []int64) error {
	var b Builder
	name, _ := tx.Behind(table)
	b.Add("INSERT INTO " + table + " SELECT * FROM " + name + " WHERE " + column)
	In(&b, keys)
	b.Add(" ON CONFLICT DO NOTHING")
	_, err := tx.ExecContext(ctx, b.SQL(), b.Args()...)
	return err
}
