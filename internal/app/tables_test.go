package app

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	"unoxuno/internal/storage"
)

// tables are the names of the database's tables, the engine's own and the migrations' apart.
func (b *borgo) tables() []string {
	b.t.Helper()
	query := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	if b.db.Engine() == storage.Postgres {
		query = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
	}
	rows, err := b.db.QueryContext(b.ctx, query)
	b.must(err)
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		b.must(rows.Scan(&name))
		if !strings.HasSuffix(name, "_schema") {
			names = append(names, name)
		}
	}
	b.must(rows.Err())
	slices.Sort(names)
	return names
}

// content is every row of a table as text: column=value.
func (b *borgo) content(table string) []string {
	b.t.Helper()
	rows, err := b.db.QueryContext(b.ctx, "SELECT * FROM "+table)
	b.must(err)
	defer rows.Close()
	columns, err := rows.Columns()
	b.must(err)
	var all []string
	for rows.Next() {
		values, into := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		b.must(rows.Scan(into...))
		var row strings.Builder
		for i, v := range values {
			fmt.Fprintf(&row, "%s=%s ", columns[i], v)
		}
		all = append(all, row.String())
	}
	b.must(rows.Err())
	slices.Sort(all)
	return all
}

// snapshot is the whole database but for the tables whose names begin so.
func (b *borgo) snapshot(but ...string) map[string][]string {
	b.t.Helper()
	all := map[string][]string{}
	for _, table := range b.tables() {
		if !slices.ContainsFunc(but, func(prefix string) bool { return strings.HasPrefix(table, prefix) }) {
			all[table] = b.content(table)
		}
	}
	return all
}

// changed are the tables in which two snapshots differ, with the rows that only one of them has.
func changed(before, after map[string][]string) []string {
	var told []string
	for _, table := range slices.Sorted(maps.Keys(after)) {
		for _, row := range after[table] {
			if !slices.Contains(before[table], row) {
				told = append(told, table+" + "+row)
			}
		}
		for _, row := range before[table] {
			if !slices.Contains(after[table], row) {
				told = append(told, table+" - "+row)
			}
		}
	}
	return told
}
