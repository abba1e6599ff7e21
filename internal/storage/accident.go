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

// accident is what befell the database, as far as whoever asked can do something about it.
type accident int

const (
	none accident = iota // a defect of ours, or a refusal that the caller asked for
	lost                 // it is away, or not there yet
	full                 // there is no room left
	busy                 // it did not come to us in time
)

// Lost tells whether err says that the database went away, or is not there yet: it may be tried again.
func Lost(err error) bool { return accidentOf(err) == lost }

// Fault turns the accidents that a reader should hear of into faults of KindUnavailable: a full disk, a database that
// is away, one that others keep busy. Any other error is returned as it is. Tx has called it for its own errors; who
// reads outside a transaction gets the driver's errors, which package web and the command line turn into faults.
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
	case errors.Is(err, context.Canceled): // whoever asked has gone away
		return none
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return full
	case errors.As(err, &connect), errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), isClosed(err):
		return lost
	case errors.Is(err, context.DeadlineExceeded): // no connection of the pool became free, or no answer came
		return busy
	case errors.As(err, &network):
		return lost
	}
	return none
}

// isClosed tells whether the pool was closed: the program is about to stop. database/sql has no name for that error.
func isClosed(err error) bool {
	return err != nil && strings.HasSuffix(err.Error(), "sql: database is closed")
}

// accidentOfState reads an SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html.
func accidentOfState(state string) accident {
	switch state {
	case "53100": // disk_full
		return full
	case "57014", "55P03", "40001", "40P01": // query_canceled by a timeout, lock_not_available; serialisation, deadlock after all tries
		return busy
	case "25006": // read_only_sql_transaction: a standby, or a server that was made read-only
		return lost
	case "57P01", "57P02", "57P03", "57P05": // it stops, crashed, starts; an idle session was ended
		return lost
	}
	switch class(state) {
	case "08", "53", "58": // connection; resources, too many connections among them; errors of the server's machine
		return lost
	}
	return none
}

// class is the first two characters of an SQLSTATE.
func class(state string) string { return state[:min(2, len(state))] }

// accidentOfCode reads a result code: https://sqlite.org/rescode.html. The low byte is the primary code.
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
