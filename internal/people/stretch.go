package people

import (
	"context"
	"math"

	"unoxuno/internal/people/db"
	"unoxuno/internal/storage"
)

// Ahead returns the number of the person many places after the number after, or the largest number if there are fewer.
// Code that goes through everybody in short steps uses it to find the end of each step.
func (p *People) Ahead(ctx context.Context, q storage.Queryer, after int64, many int) (int64, error) {
	through, err := db.New(q).PersonAhead(ctx, db.PersonAheadParams{After: after, Passed: int64(many - 1)})
	if storage.None(err) {
		return math.MaxInt64, nil
	}
	return through, err
}
