package people

import (
	"context"
	"errors"
	"io"
	"slices"

	"unoxuno/internal/storage"
)

// errAside ends the filling because enough rows are set aside.
var errAside = errors.New("many rows wait")

// whole imports the file. If it has more than one chunk and the town is empty, the tables are filled without their
// indexes, which takes a fraction of the time; see storage.Fill.
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

// fill imports the rows of new people, all in one transaction. It does nothing if the town is not empty or a server
// runs. Without indexes it cannot find people, so rows about somebody who came before are set aside and imported in
// their order when the indexes are back.
func (run *importRun) fill(ctx context.Context) error {
	before := run.result
	before.WarningsByKind = slices.Clone(before.WarningsByKind)
	_, err := run.people.db.Fill(ctx, run.people.importedTables(), func(tx *storage.Tx) error {
		run.filling = true
		defer func() { run.filling = false }()
		err := run.chunks(ctx, func(ctx context.Context, c chunk) (outcome, error) { return run.take(ctx, tx, c) })
		if run.end != nil {
			return nil // what was read before the failure is kept
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

// maxAside is the largest number of rows set aside, because they are kept in memory.
const maxAside = 20_000

// setAside leaves only the rows of new people in a chunk. A row about somebody from the same chunk stays, unless a row
// about her was set aside before it: the rows of a person are imported in file order.
func (run *importRun) setAside(c *chunk) {
	here := map[addressKey]bool{} // addresses in rows that stay
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
			e.contacts[i].known = false // nobody needs to be looked up
		}
		kept = append(kept, e)
	}
	c.entries, c.known = kept, false
	if len(run.aside) >= maxAside && c.last == nil {
		c.last = errAside
	}
}

// takeAside imports the rows that were set aside. They are few, so the statistics of the filled tables still hold.
func (run *importRun) takeAside(ctx context.Context) error {
	rows := run.aside
	run.aside = nil
	for part := range slices.Chunk(rows, run.chunk) {
		c := chunk{entries: part, known: true, bytes: run.file.Bytes(), encoding: run.encoding}
		if err := run.land(ctx, launch(ctx, c, run.store)); err != nil {
			return err
		}
	}
	return run.analyse(ctx, false)
}
