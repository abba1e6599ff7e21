package storage_test

import (
	"fmt"
	"iter"
	"strings"
	"testing"

	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

// named yields rows of thing_item, all in the same memory. The text of each tells its identifier.
func named(from, to int64) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		row := make([]any, 3)
		for id := from; id < to; id++ {
			row[0], row[1], row[2] = id, fmt.Sprint(id, strings.Repeat(" long", 20)), id%2 == 0
			if !yield(row) {
				return
			}
		}
	}
}

// TestLoadAllWritesEveryRowAsItWas: the rows are many times what may wait to be written, so that every buffer is used
// again and again.
func TestLoadAllWritesEveryRowAsItWas(t *testing.T) {
	columns := []string{"id", "name", "good"}
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		err := db.Tx(t.Context(), func(tx *storage.Tx) error {
			return tx.LoadAll(t.Context(),
				storage.Rows{Table: "thing_item", Columns: columns, Each: named(1, 20_000)},
				storage.Rows{Table: "thing_none", Columns: columns, Each: named(1, 1)},
				storage.Rows{Table: "thing_other", Columns: columns, Each: named(1, 10_000)},
			)
		})
		if err != nil {
			t.Fatal(err)
		}
		for table, want := range map[string]int64{"thing_item": 19_999, "thing_none": 0, "thing_other": 9_999} {
			var n, right int64
			query := "SELECT count(*), count(CASE WHEN name = CAST(id AS text) || $1 AND good = (id % 2 = 0) THEN 1 END) FROM " + table
			if err := db.QueryRowContext(t.Context(), query, strings.Repeat(" long", 20)).Scan(&n, &right); err != nil {
				t.Fatal(err)
			}
			if n != want || right != want {
				t.Errorf("%s has %d rows, %d of them right; want %d", table, n, right, want)
			}
		}
	}, schema(things, "CREATE TABLE thing_none (id bigint, name text, good boolean);", "CREATE TABLE thing_other (id bigint, name text, good boolean);"))
}

// TestLoadEndsItsRowsAfterAnError: whatever fails, nobody is left making rows, and the connection can be used again.
func TestLoadEndsItsRowsAfterAnError(t *testing.T) {
	columns := []string{"id", "name", "good"}
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ended := 0
		endless := func(yield func([]any) bool) {
			defer func() { ended++ }()
			for {
				for row := range named(1, 1000) { // the second time these are there already
					if !yield(row) {
						return
					}
				}
			}
		}
		unknown := func(yield func([]any) bool) { yield([]any{int64(1), struct{}{}, true}) }
		for _, rows := range []iter.Seq[[]any]{endless, unknown} {
			err := db.Tx(t.Context(), func(tx *storage.Tx) error {
				return tx.LoadAll(t.Context(), storage.Rows{Table: "thing_item", Columns: columns, Each: rows})
			})
			if err == nil {
				t.Error("rows that cannot be written were loaded")
			}
		}
		if ended != 1 {
			t.Errorf("rows ended %d times before LoadAll returned, want once", ended)
		}
		if n := count(t, db); n != 0 {
			t.Errorf("%d rows stand", n)
		}
	}, schema(things))
}
