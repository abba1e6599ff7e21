package people

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
)

// Whatever is written about a person is written by a transaction that holds her, so that two at once do one after the
// other what they decided upon, and nothing is written about somebody who was erased. A transaction that takes more
// than one lock takes them in this order: the crowd, persons by number, batches, issues, and then what hangs on them.
// (Two that still meet head on are begun again by storage.)

// crowd is the gate through which go, side by side, transactions that write about many persons at once; Erase goes alone.
const crowd = "people.crowd"

// Hold takes the person's row until tx ends: whoever else holds her waits, and then reads what was written. found is
// false for somebody who was erased, or never was: nothing may be written about her.
func (p *People) Hold(ctx context.Context, tx *storage.Tx, person int64) (found bool, err error) {
	held, err := p.HoldAll(ctx, tx, []int64{person})
	return len(held) > 0, err
}

// HoldAll is Hold for several persons. It returns those who were found, in the order of their numbers.
func (p *People) HoldAll(ctx context.Context, tx *storage.Tx, persons []int64) (held []int64, err error) {
	persons = slices.Clone(persons)
	slices.Sort(persons)
	for some := range slices.Chunk(slices.Compact(persons), 500) {
		var b storage.Builder
		b.Add("SELECT id FROM people_person WHERE id")
		storage.In(&b, some)
		b.Add(" ORDER BY id" + tx.Engine().ForUpdate())
		if held, err = appendIDs(ctx, tx, held, &b); err != nil {
			return nil, err
		}
	}
	return held, nil
}

// HoldCrowd lets nobody be erased until tx ends. It is for a transaction that writes about so many persons that their
// rows are not taken one by one; it must decide and write in one statement. Call it before any other lock is taken.
func (p *People) HoldCrowd(ctx context.Context, tx *storage.Tx) error { return tx.Share(ctx, crowd) }

// mustHold is Hold where an unknown person is a fault of kind NotFound.
func (p *People) mustHold(ctx context.Context, tx *storage.Tx, person int64) error {
	found, err := p.Hold(ctx, tx, person)
	if err == nil && !found {
		err = fault.NotFound("people.person.unknown")
	}
	return err
}

func appendIDs(ctx context.Context, q storage.Queryer, ids []int64, b *storage.Builder) (_ []int64, err error) {
	rows, err := q.QueryContext(ctx, b.SQL(), b.Args()...)
	if err != nil {
		return nil, err
	}
	defer func(rows *sql.Rows) { err = errors.Join(err, rows.Close()) }(rows)
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
