package people

import (
	"context"
	"errors"
	"io"
	"sync"

	"unoxuno/internal/people/csvtext"
)

// flights is how many chunks may be on their way to PostgreSQL, which serves each connection by a process of its own. A
// chunk all of whose addresses are new has nothing to do with those beside it, so that the order in which they end does
// not matter; every other chunk flies alone, after all before it. (SQLite takes one at a time.)
const flights = 2

// chunk is a part of the file.
type chunk struct {
	entries  []entry    // the rows that can be taken
	bad      []rejected // those that cannot
	known    bool       // an address may be somebody's already
	bytes    int64      // of the file, read so far
	encoding string     // of the text read so far
	last     error      // what ends the file; io.EOF is its proper end
	ready    *batch     // merged already: everybody in it is new
}

// doubt lets every address of the entries be looked up.
func doubt(entries []entry) {
	for _, e := range entries {
		for i := range e.contacts {
			e.contacts[i].known = true
		}
	}
}

// taker merges a chunk into the database.
type taker func(ctx context.Context, c chunk) (outcome, error)

// flight is a chunk on its way into the database.
type flight struct {
	chunk
	done   outcome
	err    error
	landed chan struct{} // closed when the two above are known
}

// chunks reads the file to its end and hands it over in chunks: one is read while those before are taken.
func (run *importRun) chunks(ctx context.Context, take taker) error {
	ctx, stop := context.WithCancel(ctx)
	read := make(chan chunk)
	var reading sync.WaitGroup
	reading.Go(func() { run.readAll(ctx, read) })
	defer reading.Wait() // the file is the caller's again
	defer stop()
	var aloft []*flight // in the order of the file
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

// ended notes what ended the reading, if it is the file's end, and tells the planner what came.
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

// launch begins to take a chunk.
func launch(ctx context.Context, c chunk, take taker) *flight {
	f := &flight{chunk: c, landed: make(chan struct{})}
	go func() {
		defer close(f.landed)
		f.done, f.err = take(ctx, c)
	}()
	return f
}

// land waits until a chunk is taken, and notes what came of it.
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
	return nil // the end, or a fault of the file's, is for the caller
}

// recall ends an import that was broken off: it waits for the chunks in flight, and notes those that arrived all the same.
func (run *importRun) recall(aloft []*flight) error {
	for _, f := range aloft {
		<-f.landed
		if err := run.note(f.done, f.arrived()); err != nil { // why it came no further is told already
			return err
		}
	}
	return nil
}

// arrived is what is in the database of a chunk that has landed: all of it, or after a fault its first entries.
func (f *flight) arrived() chunk {
	c := f.chunk
	if f.err != nil {
		c.entries, c.bad = c.entries[:f.done.entries], nil
	}
	return c
}

// readAll reads the file in chunks, until one is the last, or ctx ends.
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

// next is the next chunk, made ready as far as it can be without asking the database.
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
