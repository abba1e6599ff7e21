package disclosure

import (
	"context"

	"unoxuno/internal/clock"
	"unoxuno/internal/disclosure/db"
	"unoxuno/internal/storage"
)

// Named is a set of people that is counted again and again under a name, such as the subscribers of a newsletter.
type Named struct {
	Name  string
	Cell  Cell
	Floor int64
}

// Settled shows numbers that are viewed again and again, as the context's actor may know them. They carry noise and do
// not change until 5 to 20 people have come or gone, so that no change can be linked to one person. Only the town's
// secret predicts how many.
func (r *Room) Settled(ctx context.Context, all ...Named) ([]Figure, error) {
	shown := make([]Figure, len(all))
	if SeesExact(ctx) {
		for i, n := range all {
			shown[i] = Exact(n.Cell.N)
		}
		return shown, nil
	}
	rows, err := db.New(r.db).GetSettled(ctx)
	if err != nil {
		return nil, err
	}
	settled := make(map[string]db.GetSettledRow, len(rows))
	for _, row := range rows {
		settled[row.Name] = row
	}
	var moved []db.SettleParams
	for i, n := range all {
		was, known := settled[n.Name]
		cell := Cell{N: was.People, Keys: uint64(was.KeysSum)} //nolint:gosec // restores the bits that were stored
		if !known || r.moved(n.Name, cell, n.Cell.N) {
			cell = n.Cell
			moved = append(moved, db.SettleParams{
				Name: n.Name, People: cell.N, KeysSum: int64(cell.Keys), //nolint:gosec // a sum of keys fits; see KeyBits
				Since: clock.Millis(r.clock.Now()), Was: was.People, WasKeys: was.KeysSum,
			})
		}
		shown[i] = r.About("settled "+n.Name, cell, n.Floor)
	}
	if len(moved) == 0 {
		return shown, nil
	}
	return shown, r.db.Tx(ctx, func(tx *storage.Tx) error {
		for _, m := range moved {
			if err := db.New(tx).Settle(ctx, m); err != nil {
				return err
			}
		}
		return nil
	})
}

// moved tells whether n is far enough from the number shown last.
func (r *Room) moved(name string, was Cell, n int64) bool {
	coin, _ := r.draw("settled", name, was)
	return max(n-was.N, was.N-n) >= 5+int64(coin*16)
}
