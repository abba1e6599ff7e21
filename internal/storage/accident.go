package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"unoxuno/internal/fault"
)

// accident classifies a failure of the database by what the caller can do about it.
type accident int

const (
	none accident = iota // a defect of ours, or a refusal that the caller asked for
	lost                 // the database is away, or not there yet
	full                 // no disk space is left, or it is read-only
	busy                 // the database did not get to us in time
)

// Lost tells whether err means that the database is away, or not there yet. The caller may try again.
func Lost(err error) bool { return accidentOf(err) == lost }

// Fault turns the failures that a reader should see into faults of KindUnavailable: a full disk, a database that is
// away, one that is busy. It returns any other error unchanged. Tx calls it for its own errors. A reader outside a
// transaction gets the driver's errors, which package web and the command line pass to Fault.
func Fault(err error) error {
	if err == nil || fault.KindOf(err) != fault.KindInternal {
		return err
	}
	switch accidentOf(err) {
	case lost:
		return fault.Unavailable("storage.lost").Because(err)
	case full:
		return fault.Unavailable("storage.full").Because(err)
	case busy:
		return fault.Unavailable("storage.busy").Because(err)
	}
	return err
}

func accidentOf(err error) accident {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return accidentOfState(pg.Code)
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return accidentOfCode(lite.Code())
	}
	var connect *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.Is(err, context.Canceled): // the caller has gone away
		return none
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return full
	case errors.As(err, &connect), errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), isClosed(err):
		return lost
	case errors.Is(err, context.DeadlineExceeded): // no connection of the pool became free, or no answer came in time
		return busy
	case errors.As(err, &network):
		return lost
	}
	return none
}

// isClosed tells whether the pool was closed because the program is about to stop. database/sql has no name for this
// error.
func isClosed(err error) bool {
	return err != nil && strings.HasSuffix(err.Error(), "sql: database is closed")
}

// accidentOfState maps an SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html.
func accidentOfState(state string) accident {
	switch state {
	case "53100": // disk_full
		return full
	case "57014", "55P03", "40001", "40P01": // timeout, lock, serialization failure, deadlock
		return busy
	case "25006": // read_only_sql_transaction: a standby, or a server set to read-only
		return lost
	case "57P01", "57P02", "57P03", "57P05": // the server stops, has crashed or is starting; an idle session was ended
		return lost
	}
	switch class(state) {
	case "08", "53", "58": // connection; resources, including too many connections; errors of the server's machine
		return lost
	}
	return none
}

// class returns the first two characters of an SQLSTATE.
func class(state string) string { return state[:min(2, len(state))] }

// accidentOfCode maps a SQLite result code: https://sqlite.org/rescode.html. The low byte is the primary code.
func accidentOfCode(code int) accident {
	switch code & 0xff {
	case sqlite3.SQLITE_FULL:
		return full
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return busy
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB,
		sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOMEM:
		return lost
	}
	return none
}
