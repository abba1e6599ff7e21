package people

import (
	"context"
	"math"

	"unoxuno/internal/people/db"
	"unoxuno/internal/storage"
)

// Ahead is the number of the person who stands many places behind the number after, in the order of numbers; the
// greatest there is when fewer stand there. Who goes through everybody in short steps asks it where each step ends.
func (p *People) Ahead(ctx context.Context, q storage.Queryer, after int64, many int) (int64, error) {
	through, err := db.New(q).PersonAhead(ctx, db.PersonAheadParams{After: after, Passed: int64(many - 1)})
	if storage.None(err) {
		return math.MaxInt64, nil
	}
	return through, err
}
