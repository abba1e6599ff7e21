package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Text is compared and sorted by code point, as SQLite does, whatever the locale of a PostgreSQL database. In the order
// of it_IT a search by the first letters finds nobody, pages of a list overlap, and an index serves neither. So every
// text column has the collation "C". sortedByCode adds it to the text of a migration; sortByCode adds it to columns
// that older versions made.

// textColumn matches the definition of a text column. In our schemas each one is NOT NULL or a key.
var textColumn = regexp.MustCompile(`(?i)\btext(\s+(?:NOT\s+NULL|PRIMARY\s+KEY)\b)`)

// sortedByCode adds the collation to the text columns of a schema for PostgreSQL.
func sortedByCode(schema []byte) []byte {
	return textColumn.ReplaceAll(schema, []byte(`text COLLATE "C"$1`))
}

// localText lists the tables with text that is sorted by the database's locale, and the statement that changes it. It
// returns no rows if the locale sorts by code point anyway.
const localText = `
SELECT c.relname, string_agg('ALTER COLUMN ' || quote_ident(a.attname) || ' TYPE text COLLATE "C"', ', ' ORDER BY a.attnum)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname LIKE ANY ($1) AND a.attnum > 0
  AND NOT a.attisdropped AND a.atttypid = 'text'::regtype AND a.attcollation = 'pg_catalog."default"'::regcollation
  AND 'a' < 'B'
GROUP BY c.relname ORDER BY c.relname`

// ownViews lists the rooms' views and their definitions, in an order in which they can be created.
const ownViews = `
SELECT c.relname, pg_get_viewdef(c.oid) FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'v' AND c.relname LIKE ANY ($1) ORDER BY c.oid`

// sortByCode gives the collation "C" to text columns made before, in a database with another locale. It returns the
// number of tables changed. Their indexes are rebuilt, so a large town waits some minutes, once.
func (db *DB) sortByCode(ctx context.Context, schemas []Schema) (tables int, err error) {
	if db.engine != Postgres {
		return 0, nil
	}
	prefixes := make([]string, len(schemas))
	for i, s := range schemas {
		prefixes[i] = s.Room + `\_%`
	}
	changes, err := pairs(ctx, db.writer, localText, prefixes)
	if err != nil || len(changes) == 0 {
		return 0, err
	}
	tx, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback() }() // no effect after the commit
	views, err := pairs(ctx, tx, ownViews, prefixes)
	if err != nil {
		return 0, err
	}
	var texts []string
	for i := range views {
		texts = append(texts, "DROP VIEW "+views[len(views)-1-i][0])
	}
	for _, c := range changes {
		texts = append(texts, "ALTER TABLE "+c[0]+" "+c[1])
	}
	for _, v := range views {
		texts = append(texts, "CREATE VIEW "+v[0]+" AS "+v[1])
	}
	for _, text := range texts {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return 0, fmt.Errorf("%s: %w", strings.SplitN(text, " ALTER ", 2)[0], err)
		}
	}
	return len(changes), tx.Commit()
}

// pairs returns the rows of a query that selects two texts.
func pairs(ctx context.Context, q interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}, query string, args ...any) (list [][2]string, err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var p [2]string
		if err := rows.Scan(&p[0], &p[1]); err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, rows.Err()
}
