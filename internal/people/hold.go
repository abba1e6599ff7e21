package people

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
)

// A transaction that writes about a person holds her. So two transactions about one person run one after the other, and
// nothing is written about somebody who was erased. A transaction that takes several locks takes them in this order:
// the crowd, persons by number, batches, issues, then rows that depend on them. (If two still deadlock, storage repeats
// them.)

// crowd is the lock that transactions about many persons share, and that Erase takes alone.
const crowd = "people.crowd"

// Hold locks the person's row until tx ends. Others who hold her wait and then see the changes. found is false if she
// was erased or never existed; nothing may be written about her then.
func (p *People) Hold(ctx context.Context, tx *storage.Tx, person int64) (found bool, err error) {
	held, err := p.HoldAll(ctx, tx, []int64{person})
	return len(held) > 0, err
}

// HoldAll is Hold for several persons. It returns those that exist, in the order of their numbers.
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

// HoldCrowd prevents every erasure until tx ends. It is for transactions about too many persons to lock their rows one
// by one. Such a transaction must decide and write in one statement, and call HoldCrowd before it takes any other lock.
func (p *People) HoldCrowd(ctx context.Context, tx *storage.Tx) error { return tx.Share(ctx, crowd) }

// mustHold is Hold with a fault of kind NotFound for an unknown person.
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
