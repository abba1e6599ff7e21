package people

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"unoxuno/internal/people/db"
	"unoxuno/internal/people/index"
	"unoxuno/internal/storage"
)

// The feed people_change tells every node which people changed. A row is written in the transaction of the change, so
// it exists if and only if the change does. Readers continue by transaction number (see storage.Engine.Turn), so clocks
// do not matter.

// Changed tells the index, in tx, that something changed that audiences or recipients depend on. This package calls it
// for its own changes; the rooms that keep subscriptions call it for theirs.
func (p *People) Changed(ctx context.Context, tx *storage.Tx, persons ...int64) error {
	list := make([]index.Block, len(persons))
	for i, id := range persons {
		list[i] = index.Block{First: id, Last: id}
	}
	return noteBlocks(ctx, tx, list)
}

// noteBlocks writes rows of the feed: one by one if they are few, in bulk if they are many, as in an import.
func noteBlocks(ctx context.Context, tx *storage.Tx, list []index.Block) error {
	const few = 4
	if len(list) <= few {
		for _, b := range list {
			_, err := tx.ExecContext(ctx, "INSERT INTO people_change (turn, first_id, last_id, noted_at) VALUES ("+
				tx.Engine().Turn("people_change")+", $1, $2, "+tx.Engine().Now()+")", b.First, b.Last)
			if err != nil {
				return err
			}
		}
		return nil
	}
	var at, now int64
	if err := tx.QueryRowContext(ctx, "SELECT "+tx.Engine().Turn("people_change")+", "+tx.Engine().Now()).Scan(&at, &now); err != nil {
		return err
	}
	_, err := tx.Load(ctx, "people_change", []string{"turn", "first_id", "last_id", "noted_at"}, func(yield func([]any) bool) {
		for _, b := range list {
			if !yield([]any{at, b.First, b.Last, now}) {
				return
			}
		}
	})
	return err
}

// crowdBits is how many low bits of an identifier a large block ignores, so that its ends identify nobody. An
// identifier has the millisecond of its creation in the bits from 22 on, so the ignored bits span a sixtieth of a
// second.
const crowdBits = 26

// around returns the block of all identifiers with the same high bits as those from first to last.
func around(first, last int64) index.Block {
	return index.Block{First: first >> crowdBits << crowdBits, Last: last | (1<<crowdBits - 1)}
}

// changed returns the people that a chunk of an import changed: new ones in one block, others singly. begun are those
// for whom a subscription began.
func (b *batch) changed(begun []int64) []index.Block {
	var fresh []int64
	alone := map[int64]bool{}
	for _, h := range b.holders {
		if h.fresh {
			fresh = append(fresh, h.id)
		} else if h.touched {
			alone[h.id] = true
		}
	}
	for _, person := range begun {
		if h := b.byID[person]; h == nil || !h.fresh {
			alone[person] = true
		}
	}
	var list []index.Block
	if len(fresh) > 0 {
		list = append(list, around(slices.Min(fresh), slices.Max(fresh)))
	}
	for id := range alone {
		list = append(list, index.Block{First: id, Last: id})
	}
	return list
}

// noteErased records an erasure without keeping who it was. First a row about a large block is written, then the rows
// about that person alone are deleted. (On SQLite turns continue from the largest one, so a row must remain.)
func noteErased(ctx context.Context, tx *storage.Tx, person int64) error {
	if err := noteBlocks(ctx, tx, []index.Block{around(person, person)}); err != nil {
		return err
	}
	return db.New(tx).ForgetChanges(ctx, person)
}

// joined returns the blocks in order and merges those that touch.
func joined(list []index.Block) []index.Block {
	slices.SortFunc(list, func(a, b index.Block) int { return cmp.Compare(a.First, b.First) })
	kept := list[:0]
	for _, b := range list {
		if last := len(kept) - 1; last >= 0 && b.First-1 <= kept[last].Last {
			kept[last].Last = max(kept[last].Last, b.Last)
			continue
		}
		kept = append(kept, b)
	}
	return kept
}

// feedLife is how long rows of the feed are kept. A reader that has not read for half as long starts again.
const feedLife = 24 * time.Hour

// sweepFeed removes older rows, except the last one, from which SQLite counts on, and those that the room's kept counts
// have not read yet.
func (p *People) sweepFeed(ctx context.Context, tx *storage.Tx) error {
	needed, err := p.subscriptions.CountsReadTo(ctx, tx)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM people_change WHERE noted_at < "+tx.Engine().Now()+" - $1 AND turn < $2"+
		" AND turn < (SELECT max(turn) FROM people_change)", feedLife.Milliseconds(), needed)
	return err
}

// feedPlace is a reader's position in the feed.
type feedPlace struct {
	from int64          // the turn to continue from
	seen map[noted]bool // rows of that turn and later that were read already
	at   int64          // time of the reading, by the database's clock
}

// noted is a row of the feed.
type noted struct {
	turn int64
	index.Block
}

// errLostPlace means that the feed may have dropped rows that the reader has not seen.
var errLostPlace = errors.New("the feed of changes was not read for too long")

// feedEnd returns the position after all rows. A reader that takes it, reads the tables and then the feed from it on
// misses nothing.
func feedEnd(ctx context.Context, from *storage.DB) (feedPlace, error) {
	place, _, err := readFeed(ctx, from, feedPlace{from: 1<<63 - 1})
	return place, err
}

// readFeed returns the blocks of people that changed since the position, and the next position.
func readFeed(ctx context.Context, from *storage.DB, place feedPlace) (next feedPlace, changed []index.Block, err error) {
	ended, begun := from.Engine().Settled("people_change")
	rows, err := from.QueryContext(ctx, "SELECT s.ended, s.now, coalesce(c.turn, 0), coalesce(c.first_id, 0), coalesce(c.last_id, 0)"+
		" FROM (SELECT "+ended+" AS ended, "+begun+" AS begun, "+from.Engine().Now()+" AS now) s"+
		// A row with a future turn was restored from another database and means nothing here.
		" LEFT JOIN people_change c ON c.turn >= $1 AND c.turn < s.begun", place.from)
	if err != nil {
		return place, nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	next.seen = map[noted]bool{}
	for rows.Next() {
		var row noted
		if err := rows.Scan(&next.from, &next.at, &row.turn, &row.First, &row.Last); err != nil {
			return place, nil, err
		}
		if row.turn == 0 {
			continue
		}
		if !place.seen[row] {
			changed = append(changed, row.Block)
		}
		if row.turn >= next.from {
			next.seen[row] = true
		}
	}
	if place.at > 0 && next.at-place.at > feedLife.Milliseconds()/2 {
		return place, nil, errLostPlace
	}
	return next, joined(changed), rows.Err()
}
