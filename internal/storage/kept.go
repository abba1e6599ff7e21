package storage

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
)

// keptStatements is how many prepared statements a SQLite connection keeps. The program has few texts. Audiences have
// many, and now and then replace others.
const keptStatements = 300

// keeping makes connections that keep their prepared statements, because parsing and planning a text took SQLite as
// long as running it. (pgx does the same for PostgreSQL.) Connections that write take turns with other processes.
type keeping struct {
	driver.Connector
	turns string // path of the database whose writers take turns; "" for connections that only read
}

// Connect makes a connection.
func (k keeping) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	whole, ok := c.(sqliteConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("storage: %T lacks what a connection needs", c), c.Close())
	}
	kept := &keptConn{sqliteConn: whole, idle: map[string]sqliteStmt{}}
	if k.turns != "" {
		kept.turns = newTurnstile(k.turns)
	}
	return kept, nil
}

// sqliteConn and sqliteStmt are the parts of the driver that database/sql uses.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// keptConn is a connection and its prepared statements that are not running. database/sql ensures that one goroutine at
// a time uses it.
type keptConn struct {
	sqliteConn
	idle  map[string]sqliteStmt
	turns *turnstile // nil for a connection that only reads
	held  bool       // its transaction holds the turn
}

// BeginTx waits for this connection's turn to write and begins a transaction.
func (c *keptConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	if c.turns == nil {
		return c.sqliteConn.BeginTx(ctx, o)
	}
	if err := c.turns.take(ctx); err != nil {
		return nil, err
	}
	tx, err := c.sqliteConn.BeginTx(ctx, o)
	if err != nil {
		return nil, errors.Join(err, c.turns.give())
	}
	c.held = true
	return keptTx{tx, c}, nil
}

// keptTx releases the turn when it ends.
type keptTx struct {
	driver.Tx
	conn *keptConn
}

// Commit commits the transaction.
func (tx keptTx) Commit() error { return errors.Join(tx.Tx.Commit(), tx.conn.release()) }

// Rollback rolls the transaction back.
func (tx keptTx) Rollback() error { return errors.Join(tx.Tx.Rollback(), tx.conn.release()) }

func (c *keptConn) release() error {
	c.held = false
	return c.turns.give()
}

// ExecContext runs a statement. A statement outside a transaction that writes waits for its turn.
func (c *keptConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if c.turns == nil || c.held || !writes(query) {
		return c.exec(ctx, query, args)
	}
	if err := c.turns.take(ctx); err != nil {
		return nil, err
	}
	result, err := c.exec(ctx, query, args)
	return result, errors.Join(err, c.turns.give())
}

func (c *keptConn) exec(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.sqliteConn.ExecContext(ctx, query, args)
	}
	result, err := s.ExecContext(ctx, args)
	return result, errors.Join(err, c.give(query, s, err))
}

// QueryContext runs a query. The statement is free again when the rows are closed.
func (c *keptConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		return nil, errors.Join(err, c.give(query, s, err))
	}
	return &keptRows{Rows: rows, conn: c, query: query, stmt: s}, nil
}

// CheckNamedValue also accepts lists as arguments.
func (c *keptConn) CheckNamedValue(v *driver.NamedValue) (err error) {
	v.Value, err = listed(v.Value)
	return err
}

// take returns a prepared statement that nobody else is running, or nil if the text is not worth keeping.
func (c *keptConn) take(ctx context.Context, query string) (sqliteStmt, error) {
	if s, ok := c.idle[query]; ok {
		delete(c.idle, query)
		return s, nil
	}
	if !worthKeeping(query) {
		return nil, nil
	}
	s, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	whole, ok := s.(sqliteStmt)
	if !ok {
		return nil, errors.Join(fmt.Errorf("storage: %T lacks what a statement needs", s), s.Close())
	}
	return whole, nil
}

// worthKeeping tells whether a text is likely to be run again.
func worthKeeping(query string) bool {
	first, _, _ := strings.Cut(strings.TrimSpace(withoutComments(query)), " ")
	switch first {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "WITH":
		return true
	}
	return false
}

// withoutComments returns a text without the comment lines before it, such as sqlc's name of a query.
func withoutComments(query string) string {
	for strings.HasPrefix(query, "--") {
		_, query, _ = strings.Cut(query, "\n")
	}
	return query
}

// give keeps a statement that succeeded and closes one that failed.
func (c *keptConn) give(query string, s sqliteStmt, failed error) error {
	if _, twice := c.idle[query]; twice || failed != nil {
		return s.Close()
	}
	var errs []error
	if len(c.idle) >= keptStatements {
		errs = append(errs, c.forget())
	}
	c.idle[query] = s
	return errors.Join(errs...)
}

func (c *keptConn) forget() error {
	var errs []error
	for _, s := range c.idle {
		errs = append(errs, s.Close())
	}
	clear(c.idle)
	return errors.Join(errs...)
}

// Close closes the statements and the connection.
func (c *keptConn) Close() error {
	err := errors.Join(c.forget(), c.sqliteConn.Close())
	if c.turns != nil {
		err = errors.Join(err, c.turns.close())
	}
	return err
}

// keptRows gives its statement back when it is closed.
type keptRows struct {
	driver.Rows
	conn  *keptConn
	query string
	stmt  sqliteStmt
}

// Close closes the rows.
func (r *keptRows) Close() error {
	if r.stmt == nil {
		return nil
	}
	s := r.stmt
	r.stmt = nil
	err := r.Rows.Close()
	return errors.Join(err, r.conn.give(r.query, s, err))
}
