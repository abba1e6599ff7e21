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
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Rows are rows for a table. Values are int64, string or bool; columns are bigint, text or boolean. Each may overwrite a
// row once the next one is requested. It runs in another goroutine, while Load waits for it.
type Rows struct {
	Table   string
	Columns []string
	Each    iter.Seq[[]any]
}

// Load inserts many rows fast: by COPY on PostgreSQL, by multi-row statements on SQLite. Load does not handle conflicts:
// where rows may exist already, load into a staging table. After an error the transaction must be rolled back. Load
// returns the number of rows inserted.
func (tx *Tx) Load(ctx context.Context, table string, columns []string, rows iter.Seq[[]any]) (n int64, err error) {
	err = tx.LoadAll(ctx, Rows{table, columns, func(yield func([]any) bool) {
		for row := range rows {
			n++
			if !yield(row) {
				return
			}
		}
	}})
	return n, err
}

// LoadAll loads several tables, one after the other. Rows are encoded while the rows before them are written.
func (tx *Tx) LoadAll(ctx context.Context, all ...Rows) error {
	load := insertRows
	if tx.engine == Postgres {
		load = copyRows
	}
	return tx.conn.Raw(func(c any) error {
		if err := load(ctx, c, all); err != nil {
			// Not ErrBadConn: database/sql must not close the connection under the transaction.
			return errors.Join(err, driver.ErrSkip)
		}
		return nil
	})
}

// partsAhead is how many encoded parts may wait to be written.
const partsAhead = 8

// ahead runs parts in its own goroutine, ahead of the reader of the channel. The caller must call stop, which ends it.
func ahead[T any](parts iter.Seq[T]) (ready <-chan T, stop func()) {
	made, enough := make(chan T, partsAhead), make(chan struct{})
	var making sync.WaitGroup
	making.Go(func() {
		defer close(made)
		for part := range parts {
			select {
			case made <- part:
			case <-enough:
				return
			}
		}
	})
	return made, func() {
		close(enough)
		making.Wait()
	}
}

// buffers are the memory of the parts that ahead runs. There is one for each part that waits, one for the part being
// encoded and one for the part being written, so that a buffer is free when its turn comes again.
type buffers[T any] struct {
	kept [partsAhead + 2][]T
	last int
}

// next returns the empty buffer for the next part.
func (b *buffers[T]) next() *[]T {
	b.last = (b.last + 1) % len(b.kept)
	next := &b.kept[b.last]
	*next = (*next)[:0]
	return next
}

// copyRows loads rows by COPY in PostgreSQL's binary format. We write the format ourselves: the driver's general way
// looks up the encoding of every value, and took most of an import's own time.
func copyRows(ctx context.Context, c any, all []Rows) error {
	conn, ok := c.(*stdlib.Conn)
	if !ok {
		return fmt.Errorf("copy: driver connection is %T", c)
	}
	ready, stop := ahead(copied(all))
	defer stop()
	for _, rows := range all {
		names := make([]string, len(rows.Columns))
		for i, name := range rows.Columns {
			names[i] = pgx.Identifier{name}.Sanitize()
		}
		_, err := conn.Conn().PgConn().CopyFrom(ctx, &copyStream{parts: ready},
			"COPY "+pgx.Identifier{rows.Table}.Sanitize()+" ("+strings.Join(names, ", ")+") FROM STDIN BINARY")
		if err != nil {
			return err
		}
	}
	return nil
}

// copyPart is a part of the data of one COPY.
type copyPart struct {
	data []byte
	last bool // of this COPY
	err  error
}

// copyStream reads the data of one COPY.
type copyStream struct {
	parts <-chan copyPart
	part  copyPart // its data is what has not been read yet
}

func (s *copyStream) Read(p []byte) (int, error) {
	if len(s.part.data) == 0 {
		if s.part.last {
			return 0, io.EOF
		}
		part, ok := <-s.parts
		if !ok {
			return 0, io.ErrUnexpectedEOF
		}
		if part.err != nil {
			return 0, part.err
		}
		s.part = part
	}
	n := copy(p, s.part.data)
	s.part.data = s.part.data[n:]
	return n, nil
}

// copyBytes is about how many bytes a part has.
const copyBytes = 60 << 10

// copied encodes rows in the format of COPY … BINARY (https://www.postgresql.org/docs/current/sql-copy.html,
// "Binary Format").
func copied(all []Rows) iter.Seq[copyPart] {
	return func(yield func(copyPart) bool) {
		var memory buffers[byte]
		for _, rows := range all {
			b := memory.next()
			*b = append(*b, "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
			for row := range rows.Each {
				if len(*b) >= copyBytes {
					if !yield(copyPart{data: *b}) {
						return
					}
					b = memory.next()
				}
				if err := appendRow(b, row); err != nil {
					yield(copyPart{err: err})
					return
				}
			}
			*b = append(*b, 0xff, 0xff)
			if !yield(copyPart{data: *b, last: true}) {
				return
			}
		}
	}
}

func appendRow(b *[]byte, row []any) (err error) {
	*b = binary.BigEndian.AppendUint16(*b, uint16(len(row)))
	for _, value := range row {
		if *b, err = appendCopied(*b, value); err != nil {
			return err
		}
	}
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

// insertRows loads rows by multi-row statements, which the connection keeps prepared.
func insertRows(ctx context.Context, c any, all []Rows) error {
	conn, ok := c.(driver.ExecerContext)
	if !ok {
		return fmt.Errorf("insert: driver connection is %T", c)
	}
	ready, stop := ahead(insertions(all))
	defer stop()
	unwatched := context.WithoutCancel(ctx)
	for i := range ready {
		// The context is checked here: having each statement watch it costs more than the statement.
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := conn.ExecContext(unwatched, i.text, i.args); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// insertion is a statement that inserts rows, with its arguments.
type insertion struct {
	text string
	args []driver.NamedValue
}

// insertions returns the statements that insert the rows.
func insertions(all []Rows) iter.Seq[insertion] {
	return func(yield func(insertion) bool) {
		var memory buffers[driver.NamedValue]
		for _, rows := range all {
			g := &inserter{
				table: rows.Table, columns: rows.Columns, most: max(1, min(insertedRows, insertedValues/len(rows.Columns))),
				texts: map[insertForm]string{}, same: ^uint64(0),
			}
			for row := range rows.Each {
				g.values = append(g.values, row...)
				if len(g.values) == g.most*len(rows.Columns) && !yield(g.insertion(memory.next())) {
					return
				}
			}
			if len(g.values) > 0 && !yield(g.insertion(memory.next())) {
				return
			}
		}
	}
}

// inserter collects rows into statements. A column often has the same value in all rows of a statement; it is then bound
// once, because binding a value costs about as much as storing it.
type inserter struct {
	table   string
	columns []string
	most    int    // rows per statement
	same    uint64 // columns, as bits, with one value in all rows of every statement so far
	values  []any  // of the rows collected
	texts   map[insertForm]string
}

// insertForm is the form of a statement: the number of rows, and the columns (as bits) with the same value in all.
type insertForm struct {
	rows int
	same uint64
}

// insertion returns the statement that inserts the collected rows, with its arguments in memory.
func (g *inserter) insertion(memory *[]driver.NamedValue) insertion {
	width := len(g.columns)
	form := insertForm{rows: len(g.values) / width}
	if form.rows == g.most {
		g.same &= sameColumns(g.values, width)
		form.same = g.same
	}
	text, ok := g.texts[form]
	if !ok {
		text = g.text(form)
		g.texts[form] = text
	}
	for i, v := range g.values {
		if i < width || form.same>>(i%width)&1 == 0 {
			*memory = append(*memory, driver.NamedValue{Ordinal: len(*memory) + 1, Value: v})
		}
	}
	g.values = g.values[:0]
	return insertion{text, *memory}
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
func (g *inserter) text(form insertForm) string {
	var b strings.Builder
	fmt.Fprintf(&b, "INSERT OR FAIL INTO %s (%s) VALUES ", g.table, strings.Join(g.columns, ", "))
	for row := range form.rows {
		sign := "("
		if row > 0 {
			sign = ", ("
		}
		for i := range g.columns {
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
