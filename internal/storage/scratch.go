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

// Scratch returns a database in which a room can try something out; discard throws it away. Others can read and write
// the town's database meanwhile.
//
// On SQLite it is a copy of the database as it is now. It lies beside the database and only its owner can read it. The
// copy of a killed process is removed when the next one is made.
//
// On PostgreSQL it is one connection on which empty temporary tables of the same form hide the given tables. Bring
// copies rows of the town into them. Its transactions are read-only, so they can write to temporary tables only. The
// temporary tables that Staging will need are created here, from the definitions in staging. The connection must lead
// to PostgreSQL itself: through a pooler Scratch fails with the fault storage.scratch_pooler.
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
		// The copy is thrown away, so it need not survive a crash.
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

// direct tells whether the connection leads to PostgreSQL itself. A pooler reports another process than the one that
// answers. It would give the temporary tables, which outlast the transaction, to other clients.
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

// Scratched tells whether the transaction works in a scratch database, so that it does not change the town's data.
func (tx *Tx) Scratched() bool { return tx.scratch }

// Behind returns the name of the town's own table if a temporary one hides it. ok is false if none does.
func (tx *Tx) Behind(table string) (name string, ok bool) {
	return tx.behind + "." + table, tx.behind != ""
}

// Bring copies the rows whose column has one of the keys from the town's table into the temporary table that hides it.
func (tx *Tx) Bring(ctx context.Context, table, column string, keys []int64) error {
	var b Builder
	name, _ := tx.Behind(table)
	b.Add("INSERT INTO " + table + " SELECT * FROM " + name + " WHERE " + column)
	In(&b, keys)
	b.Add(" ON CONFLICT DO NOTHING")
	_, err := tx.ExecContext(ctx, b.SQL(), b.Args()...)
	return err
}
