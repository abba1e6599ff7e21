package people

import (
	"context"
	"errors"
	"io"
	"sync"

	"unoxuno/internal/people/csvtext"
)

// flights is the number of chunks that may be in flight to PostgreSQL, which serves each connection with its own
// process. A chunk in which all addresses are new does not depend on its neighbours, so they may finish in any order.
// Every other chunk is sent alone, after all earlier ones. (SQLite takes one chunk at a time.)
const flights = 2

// chunk is a part of the file.
type chunk struct {
	entries  []entry    // rows to import
	bad      []rejected // rejected rows
	known    bool       // an address may belong to somebody already
	bytes    int64      // read from the file so far
	encoding string     // of the text read so far
	last     error      // why the file ends here; io.EOF is the normal end
	ready    *batch     // merged already, because everybody in it is new
}

// doubt makes every address of the entries be looked up.
func doubt(entries []entry) {
	for _, e := range entries {
		for i := range e.contacts {
			e.contacts[i].known = true
		}
	}
}

// taker merges a chunk into the database.
type taker func(ctx context.Context, c chunk) (outcome, error)

// flight is a chunk in flight to the database.
type flight struct {
	chunk
	done   outcome
	err    error
	landed chan struct{} // closed when done and err are set
}

// chunks reads the whole file and imports it in chunks. One chunk is read while earlier ones are written.
func (run *importRun) chunks(ctx context.Context, take taker) error {
	ctx, stop := context.WithCancel(ctx)
	read := make(chan chunk)
	var reading sync.WaitGroup
	reading.Go(func() { run.readAll(ctx, read) })
	defer reading.Wait() // the caller may use the file again
	defer stop()
	var aloft []*flight // in file order
	land := func(leave int) error {
		for len(aloft) > leave {
			f := aloft[0]
			aloft = aloft[1:]
			if err := run.land(ctx, f); err != nil {
				stop()
				return errors.Join(err, run.recall(aloft))
			}
		}
		return nil
	}
	for c := range read {
		leave := run.together - 1
		if c.known || c.last != nil || run.filling {
			leave = 0
		}
		if c.known {
			if err := land(0); err != nil {
				return err
			}
		}
		aloft = append(aloft, launch(ctx, c, take))
		if err := land(leave); err != nil {
			return err
		}
		if c.last != nil {
			return run.ended(ctx, c.last)
		}
	}
	return errors.Join(ctx.Err(), run.recall(aloft))
}

// ended records why the reading ended and updates the planner's statistics.
func (run *importRun) ended(ctx context.Context, last error) error {
	if errors.Is(last, errAside) {
		return nil
	}
	run.end = last
	if errors.Is(last, io.EOF) {
		return run.analyse(ctx, true)
	}
	return last
}

// launch starts to import a chunk.
func launch(ctx context.Context, c chunk, take taker) *flight {
	f := &flight{chunk: c, landed: make(chan struct{})}
	go func() {
		defer close(f.landed)
		f.done, f.err = take(ctx, c)
	}()
	return f
}

// land waits until a chunk is imported, and adds it to the result.
func (run *importRun) land(ctx context.Context, f *flight) error {
	<-f.landed
	if err := run.note(f.done, f.arrived()); err != nil || f.err != nil {
		return errors.Join(f.err, err)
	}
	if run.options.Progress != nil {
		run.options.Progress(ImportProgress{Bytes: f.bytes, Rows: run.result.Rows})
	}
	if f.last == nil {
		return run.analyse(ctx, false)
	}
	return nil // the caller handles the end of the file and its faults
}

// recall ends an interrupted import: it waits for the chunks in flight, and adds those that were imported to the
// result.
func (run *importRun) recall(aloft []*flight) error {
	for _, f := range aloft {
		<-f.landed
		if err := run.note(f.done, f.arrived()); err != nil { // the first error is reported already
			return err
		}
	}
	return nil
}

// arrived returns the part of a landed chunk that is in the database: all of it, or its first entries after an error.
func (f *flight) arrived() chunk {
	c := f.chunk
	if f.err != nil {
		c.entries, c.bad = c.entries[:f.done.entries], nil
	}
	return c
}

// readAll reads the file in chunks until the last one, or until ctx ends.
func (run *importRun) readAll(ctx context.Context, into chan<- chunk) {
	defer close(into)
	for {
		c := run.next()
		select {
		case into <- c:
		case <-ctx.Done():
			return
		}
		if c.last != nil {
			return
		}
	}
}

// next reads the next chunk and prepares it as far as possible without the database.
func (run *importRun) next() chunk {
	c := run.ahead
	if c == nil {
		c = new(run.read())
	}
	run.ahead = nil
	if run.filling {
		run.setAside(c)
		c.ready = run.newBatch(len(c.entries))
		c.ready.mergeAll(c.entries)
	}
	return *c
}

// read reads a chunk of the file.
func (run *importRun) read() chunk {
	c := chunk{entries: make([]entry, 0, run.chunk)}
	for c.last == nil && len(c.entries)+len(c.bad) < run.chunk {
		row, err := run.file.Read()
		var broken *csvtext.RowError
		switch {
		case err == nil && row.Blank():
		case err == nil:
			row = run.rows.fit(row)
			e, err := run.rows.entry(row)
			if err != nil {
				c.bad = append(c.bad, rejected{row.Line, row.Cells, err})
				continue
			}
			for i := range e.contacts {
				e.contacts[i].known = run.seen.meet(e.contacts[i].key)
				c.known = c.known || e.contacts[i].known
			}
			c.entries = append(c.entries, e)
		case errors.As(err, &broken):
			c.bad = append(c.bad, rejected{broken.Line, []string{broken.Raw}, brokenFault(broken)})
		default:
			c.last = err
		}
	}
	c.bytes, c.encoding = run.file.Bytes(), run.file.Encoding()
	return c
}
