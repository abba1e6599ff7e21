package newsletters

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"unoxuno/internal/storage"
)

// each runs a query and calls read for every row.
func each(ctx context.Context, q storage.Queryer, text string, args []any, read func(*sql.Rows) error) (err error) {
	rows, err := q.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := read(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// ids returns the identifiers that a query of one column selects.
func ids(ctx context.Context, q storage.Queryer, text string, args ...any) ([]int64, error) {
	var found []int64
	err := each(ctx, q, text, args, func(rows *sql.Rows) error {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return err
		}
		found = append(found, id)
		return nil
	})
	return found, err
}

// writeAmong writes the condition that column is one of persons. It also writes the smallest and the largest: they are
// close together, so no plan, whatever the statistics say, reads more of an index than what lies between.
func writeAmong(b *storage.Builder, column string, persons []int64) {
	b.Add(" AND "+column+" >= ? AND "+column+" <= ? AND "+column, slices.Min(persons), slices.Max(persons))
	storage.In(b, persons)
}
