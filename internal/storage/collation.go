package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Text is compared and sorted by its code, as SQLite does, whatever the locale of a PostgreSQL database. In the order of
// it_IT a search by the first letters finds nobody, pages of a list overlap, and an index serves neither. So every text
// column has the collation "C": a migration's text gets it here, and sortByCode gives it to what older programs made.

// textColumn is the definition of a text column. In our schemas each is NOT NULL or a key.
var textColumn = regexp.MustCompile(`(?i)\btext(\s+(?:NOT\s+NULL|PRIMARY\s+KEY)\b)`)

// sortedByCode is a schema's text for PostgreSQL with the collation of its text columns written out.
func sortedByCode(schema []byte) []byte {
	return textColumn.ReplaceAll(schema, []byte(`text COLLATE "C"$1`))
}

// localText lists the tables whose text is sorted by the locale of the database, with the change that ends this. It is
// empty where the locale sorts by code anyway.
const localText = `
SELECT c.relname, string_agg('ALTER COLUMN ' || quote_ident(a.attname) || ' TYPE text COLLATE "C"', ', ' ORDER BY a.attnum)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname LIKE ANY ($1) AND a.attnum > 0
  AND NOT a.attisdropped AND a.atttypid = 'text'::regtype AND a.attcollation = 'pg_catalog."default"'::regcollation
  AND 'a' < 'B'
GROUP BY c.relname ORDER BY c.relname`

// ownViews lists the rooms' views with their definitions, in the order in which they can be made.
const ownViews = `
SELECT c.relname, pg_get_viewdef(c.oid) FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'v' AND c.relname LIKE ANY ($1) ORDER BY c.oid`

// sortByCode gives text columns that were made before, in a database with another locale, the collation "C". It returns
// how many tables were changed. Their indexes are built anew, so a large town waits once for some minutes.
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
	defer func() { _ = tx.Rollback() }() // does nothing after the commit
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

// pairs are the rows, two texts each, that a query finds.
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
