package newsletters

import (
	"context"

	"unoxuno/internal/disclosure"
)

// CountedSubscribers counts subscribers in the database, as pages do while there is no index.
func (r *Room) CountedSubscribers(ctx context.Context) (map[string]disclosure.Cell, error) {
	return r.countSubscribers(ctx)
}
