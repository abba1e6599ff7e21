package storage

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Load inserts many rows fast: by COPY on PostgreSQL, by multi-row statements on SQLite. Values are int64, string or
// bool; columns are bigint, text or boolean. The caller may overwrite a row once the next one is requested. Load does
// not handle conflicts: where rows may exist already, load into a staging table. After an error the transaction must be
// rolled back. Load returns the number of rows inserted.
func (tx *Tx) Load(ctx context.Context, table string, columns []string, rows iter.Seq[[]any]) (n int64, err error) {
	load := insertRows
	if tx.engine == Postgres {
		load = copyRows
	}
	err = tx.conn.Raw(func(c any) error {
		n, err = load(ctx, c, table, columns, rows)
		if err != nil {
			// Not ErrBadConn: database/sql must not close the connection under the transaction.
			return errors.Join(err, driver.ErrSkip)
		}
		return nil
	})
	return n, err
}

// copyRows loads rows by COPY in PostgreSQL's binary format. We write the format ourselves: the driver's general way
// looks up the encoding of every value, and took most of an import's own time.
func copyRows(ctx context.Context, c any, table string, columns []string, rows iter.Seq[[]any]) (int64, error) {
	conn, ok := c.(*stdlib.Conn)
	if !ok {
		return 0, fmt.Errorf("copy into %s: driver connection is %T", table, c)
	}
	next, stop := iter.Pull(rows)
	defer stop()
	names := make([]string, len(columns))
	for i, name := range columns {
		names[i] = pgx.Identifier{name}.Sanitize()
	}
	tag, err := conn.Conn().PgConn().CopyFrom(ctx, &copyStream{next: next},
		"COPY "+pgx.Identifier{table}.Sanitize()+" ("+strings.Join(names, ", ")+") FROM STDIN BINARY")
	return tag.RowsAffected(), err
}

// copyStream encodes rows in the format of COPY … BINARY (https://www.postgresql.org/docs/current/sql-copy.html,
// "Binary Format").
type copyStream struct {
	next  func() ([]any, bool)
	ready []byte // encoded, not yet read
	kept  []byte // the buffer behind ready
	begun bool
	ended bool
}

// copyReady is how many bytes are encoded at a time.
const copyReady = 60 << 10

func (s *copyStream) Read(p []byte) (int, error) {
	if len(s.ready) == 0 {
		if s.ended {
			return 0, io.EOF
		}
		if err := s.more(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.ready)
	s.ready = s.ready[n:]
	return n, nil
}

// more encodes the next rows.
func (s *copyStream) more() (err error) {
	b := s.kept[:0]
	if !s.begun {
		b, s.begun = append(b, "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...), true
	}
	for len(b) < copyReady {
		row, ok := s.next()
		if !ok {
			b, s.ended = append(b, 0xff, 0xff), true
			break
		}
		b = binary.BigEndian.AppendUint16(b, uint16(len(row)))
		for _, value := range row {
			if b, err = appendCopied(b, value); err != nil {
				return err
			}
		}
	}
	s.ready, s.kept = b, b
	return nil
}

func appendCopied(b []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case int64:
		b = binary.BigEndian.AppendUint32(b, 8)
		return binary.BigEndian.AppendUint64(b, uint64(v)), nil
	case string:
		b = binary.BigEndian.AppendUint32(b, uint32(len(v)))
		return append(b, v...), nil
	case bool:
		one := byte(0)
		if v {
			one = 1
		}
		return append(b, 0, 0, 0, 1, one), nil
	}
	return b, fmt.Errorf("copy: a value is %T", value)
}

// One statement inserts several rows, so that the cost of a call is shared. More values do not make it faster.
const (
	insertedRows   = 32
	insertedValues = 512
)

// insertRows loads rows by multi-row statements, which the connection keeps prepared. A column often has the same value
// in all rows of a statement; it is then bound once, because binding a value costs about as much as storing it.
func insertRows(ctx context.Context, c any, table string, columns []string, rows iter.Seq[[]any]) (n int64, err error) {
	conn, ok := c.(driver.ExecerContext)
	if !ok {
		return 0, fmt.Errorf("insert into %s: driver connection is %T", table, c)
	}
	l := &inserter{
		ctx: context.WithoutCancel(ctx), conn: conn, table: table, columns: columns,
		most: max(1, min(insertedRows, insertedValues/len(columns))), texts: map[insertForm]string{},
		same: ^uint64(0),
	}
	for row := range rows {
		l.values = append(l.values, row...)
		if n++; n%int64(l.most) == 0 {
			// The context is checked here: having each statement watch it costs more than the statement.
			if err := errors.Join(ctx.Err(), l.flush()); err != nil {
				return n, err
			}
		}
	}
	return n, errors.Join(ctx.Err(), l.flush())
}

// inserter collects the rows of a statement.
type inserter struct {
	ctx     context.Context
	conn    driver.ExecerContext
	table   string
	columns []string
	most    int    // rows per statement
	same    uint64 // columns, as bits, with one value in all rows of every statement so far
	values  []any  // of the rows collected
	args    []driver.NamedValue
	texts   map[insertForm]string
}

// insertForm is the form of a statement: the number of rows, and the columns (as bits) with the same value in all.
type insertForm struct {
	rows int
	same uint64
}

// flush inserts the collected rows.
func (l *inserter) flush() error {
	width := len(l.columns)
	form := insertForm{rows: len(l.values) / width}
	if form.rows == 0 {
		return nil
	}
	if form.rows == l.most {
		l.same &= sameColumns(l.values, width)
		form.same = l.same
	}
	l.args = l.args[:0]
	for i, v := range l.values {
		if i < width || form.same>>(i%width)&1 == 0 {
			l.args = append(l.args, driver.NamedValue{Ordinal: len(l.args) + 1, Value: v})
		}
	}
	l.values = l.values[:0]
	text, ok := l.texts[form]
	if !ok {
		text = l.text(form)
		l.texts[form] = text
	}
	_, err := l.conn.ExecContext(l.ctx, text, l.args)
	return err
}

// sameColumns returns, as bits, the columns that have the same value in all rows. The last column is never among them.
// If there are too many columns for the bits, it returns 0.
func sameColumns(values []any, width int) uint64 {
	if width > 63 {
		return 0
	}
	same := uint64(1)<<(width-1) - 1 // the last column is always bound for each row
	for i := width; i < len(values); i++ {
		if values[i] != values[i%width] {
			same &^= 1 << (i % width)
		}
	}
	return same
}

// text returns INSERT OR FAIL INTO t (a, b, c) VALUES (?, ?, ?), (?1, ?, ?) where a is the same in all rows. After an
// error the transaction is rolled back anyway, so with OR FAIL SQLite need not be able to undo the single statement.
func (l *inserter) text(form insertForm) string {
	var b strings.Builder
	fmt.Fprintf(&b, "INSERT OR FAIL INTO %s (%s) VALUES ", l.table, strings.Join(l.columns, ", "))
	for row := range form.rows {
		sign := "("
		if row > 0 {
			sign = ", ("
		}
		for i := range l.columns {
			b.WriteString(sign + "?")
			if row > 0 && form.same>>i&1 == 1 {
				b.WriteString(strconv.Itoa(i + 1))
			}
			sign = ", "
		}
		b.WriteByte(')')
	}
	return b.String()
}
