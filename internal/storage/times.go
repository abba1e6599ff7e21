package storage

import (
	"context"
	"time"
)

// Time is a column that holds a time, at most Most after the moment at which it is written. Most is zero for a time that
// something happened at.
type Time struct {
	Table, Column string
	Most          time.Duration
}

// Times returns the times of one table that are written with the same Most.
func Times(most time.Duration, table string, columns ...string) []Time {
	times := make([]Time, len(columns))
	for i, column := range columns {
		times[i] = Time{table, column, most}
	}
	return times
}

// MendTimes brings back to now what lies further ahead than it can have been written: a clock ran ahead. Limits, locks and
// expiries would else stand until that time comes. It returns the columns in which something was brought back.
func (db *DB) MendTimes(ctx context.Context, now time.Time, schemas ...Schema) (mended []Time, err error) {
	for _, s := range schemas {
		for _, t := range s.Times {
			var rows int64
			err := db.Tx(ctx, func(tx *Tx) error {
				result, err := tx.ExecContext(ctx, "UPDATE "+t.Table+" SET "+t.Column+" = $1 WHERE "+t.Column+" > $2",
					now.UnixMilli(), now.Add(t.Most+clocksDiffer).UnixMilli())
				if err == nil {
					rows, err = result.RowsAffected()
				}
				return err
			})
			if err != nil {
				return mended, err
			}
			if rows > 0 {
				mended = append(mended, t)
			}
		}
	}
	return mended, nil
}
