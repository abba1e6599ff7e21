package people

import (
	"context"
	"errors"
	"io"
	"slices"

	"unoxuno/internal/storage"
)

// errAside ends the filling: so many rows wait that they should be taken now.
var errAside = errors.New("many rows wait")

// whole reads the file to its end. A file of more than one chunk fills an empty town without its indexes, which takes a
// fraction of the time; see storage.Fill.
func (run *importRun) whole(ctx context.Context) error {
	run.ahead = new(run.read())
	if run.ahead.last == nil {
		if err := run.fill(ctx); err != nil {
			return err
		}
	}
	if run.end == nil {
		return run.chunks(ctx, run.store)
	}
	if errors.Is(run.end, io.EOF) {
		return nil
	}
	return run.end
}

// fill takes the rows of people whom nobody knows yet; it does nothing where the town is not empty, or a server answers.
// All of them come in one transaction, or none. Rows about somebody who came before are set aside, because she cannot be
// found without an index: they are taken, in their order, once the indexes are there.
func (run *importRun) fill(ctx context.Context) error {
	before := run.result
	before.WarningsByKind = slices.Clone(before.WarningsByKind)
	_, err := run.people.db.Fill(ctx, run.people.importedTables(), func(tx *storage.Tx) error {
		run.filling = true
		defer func() { run.filling = false }()
		err := run.chunks(ctx, func(ctx context.Context, c chunk) (outcome, error) { return run.take(ctx, tx, c) })
		if run.end != nil {
			return nil // what came before the file tore is kept
		}
		return err
	})
	if err != nil {
		run.result = before
		return err
	}
	run.settled, run.fresh = run.settled+run.fresh, 0
	return run.takeAside(ctx)
}

// maxAside is how many rows are set aside at most before they are taken: they are kept in memory.
const maxAside = 20_000

// setAside leaves in a chunk the rows of new people. A row about somebody who came before in the same chunk stays, unless
// a row was set aside before it: the rows of one person are taken in the order of the file.
func (run *importRun) setAside(c *chunk) {
	here := map[addressKey]bool{} // addresses of rows that stay
	set := false
	kept := c.entries[:0]
	for _, e := range c.entries {
		known, elsewhere := false, false
		for _, contact := range e.contacts {
			known = known || contact.known
			elsewhere = elsewhere || contact.known && !here[contact.key]
		}
		if known && (elsewhere || set) {
			run.aside, set = append(run.aside, e), true
			continue
		}
		for i := range e.contacts {
			here[e.contacts[i].key] = true
			e.contacts[i].known = false // nobody need be looked up
		}
		kept = append(kept, e)
	}
	c.entries, c.known = kept, false
	if len(run.aside) >= maxAside && c.last == nil {
		c.last = errAside
	}
}

// takeAside takes the rows that were set aside.
func (run *importRun) takeAside(ctx context.Context) error {
	rows := run.aside
	run.aside = nil
	for part := range slices.Chunk(rows, run.chunk) {
		c := chunk{entries: part, known: true, bytes: run.file.Bytes(), encoding: run.encoding}
		if err := run.land(ctx, launch(ctx, c, run.store)); err != nil {
			return err
		}
	}
	return run.analyse(ctx, true)
}
