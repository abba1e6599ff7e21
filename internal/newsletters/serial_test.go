package newsletters_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

// The laws about simultaneous actions need no model: the program itself, run one step after another, is the model. Each
// case makes several subjects that begin alike. The first one gets the steps at the same time; each of the others gets
// them one after another, in an order of its own. The first must equal one of the others, and each step must have had
// the same answer there.

// subject is what steps act on.
type subject interface {
	comparable

	// snapshot returns everything stored about the subject, without what differs between equal subjects.
	snapshot() string
}

// verb is a step that acts on a prepared subject.
type verb[S subject] struct {
	name    string
	prepare func(S) // may be nil
	do      func(S) error
}

// answer returns what the caller of a verb is told. An error that is not a fault fails the test, because nobody could
// read it.
func answer(t interface{ Errorf(string, ...any) }, name string, err error) string {
	if err == nil {
		return "done"
	}
	var keys []string
	for _, f := range fault.List(err) {
		keys = append(keys, f.Key)
	}
	if len(keys) == 0 {
		t.Errorf("%s failed: %v", name, err)
	}
	return strings.Join(keys, " ")
}

// checkSerial draws steps, runs them at the same time, and looks for an order with the same result.
func checkSerial[S subject](w *world, rt *rapid.T, verbs []verb[S], make func(n int) S) {
	together := rapid.SampledFrom([]int{2, 2, 3}).Draw(rt, "together")
	var steps []verb[S]
	for range together {
		step := rapid.IntRange(0, len(verbs)-1).Draw(rt, "step")
		steps = append(steps, verbs[step])
		rt.Logf("step %s", verbs[step].name)
	}
	prepared := func(n int) S {
		s := make(n)
		done := map[string]bool{}
		for _, step := range steps {
			if step.prepare != nil && !done[step.name] {
				step.prepare(s)
			}
			done[step.name] = true
		}
		return s
	}
	s := prepared(0)
	var doing []func() error
	for _, step := range steps {
		doing = append(doing, func() error { return step.do(s) })
	}
	var came []string
	for i, err := range storagetest.Together(w.T, doing...) {
		came = append(came, answer(rt, steps[i].name, err))
	}
	is := s.snapshot()
	var could []string
	n := 0
	if !storagetest.Orders(together, func(order []int) bool {
		n++
		alike := prepared(n)
		told := slices.Clone(came)
		for _, i := range order {
			told[i] = answer(rt, steps[i].name, steps[i].do(alike))
		}
		became := alike.snapshot()
		could = append(could, fmt.Sprintf("%v: %q\n%s", order, told, became))
		return slices.Equal(told, came) && became == is
	}) {
		rt.Fatalf("together: %q\n%s\none after the other:\n%s", came, is, strings.Join(could, "\n"))
	}
}

// personColumn is a column that names a person.
type personColumn struct{ table, column string }

// personColumns asks the database which columns name a person: those that refer to one by a foreign key, and those
// named after one.
func (w *world) personColumns() (columns []personColumn) {
	w.Helper()
	query := `SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
		WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'
		AND (column_name LIKE '%person%' OR table_name = 'people_person' AND column_name = 'id'
			OR (table_name, column_name) IN (SELECT c.relname, a.attname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
				JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
				WHERE k.contype = 'f' AND k.confrelid = 'people_person'::regclass))
		ORDER BY 1, 2`
	if w.db.Engine() == storage.SQLite {
		query = `SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table'
			AND (c.name LIKE '%person%' OR m.name = 'people_person' AND c.name = 'id'
				OR EXISTS (SELECT 1 FROM pragma_foreign_key_list(m.name) f WHERE f."table" = 'people_person' AND f."from" = c.name))
			ORDER BY 1, 2`
	}
	rows, err := w.db.QueryContext(w.ctx, query)
	w.must(err)
	defer func() { w.must(rows.Close()) }()
	for rows.Next() {
		var c personColumn
		w.must(rows.Scan(&c.table, &c.column))
		if c.table != "delivery_chunk" { // a range of persons, not a person
			columns = append(columns, c)
		}
	}
	w.must(rows.Err())
	if len(columns) < 15 {
		w.Fatalf("only these columns name a person: %v", columns)
	}
	return columns
}

// digits matches numbers that differ between equal subjects: identifiers and times.
var digits = regexp.MustCompile(`\d{8,}|\d{4}-\d\d-\d\dT[0-9:.]+Z`)

// rowsOf returns the table's rows in which the column is id, as text, with "#" for identifiers, times and secrets.
func (w *world) rowsOf(table, column string, id int64, name string) (all []string) {
	w.Helper()
	rows, err := w.db.QueryContext(w.ctx, fmt.Sprintf("SELECT * FROM %s WHERE %s = $1", table, column), id)
	w.must(err)
	defer func() { w.must(rows.Close()) }()
	columns, err := rows.Columns()
	w.must(err)
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		w.must(rows.Scan(into...))
		row := table + "." + column
		for i, value := range values {
			text := fmt.Sprint(value)
			if bytes, ok := value.([]byte); ok {
				text = string(bytes)
			}
			switch columns[i] {
			case "cell_key", "digest": // random
				text = "#"
			case "id", "address_id", "preference", "replaces":
				text = digits.ReplaceAllString(text, "#")
			default:
				text = digits.ReplaceAllString(strings.ReplaceAll(text, name, "NAME"), "#")
			}
			row += " " + columns[i] + "=" + text
		}
		all = append(all, row)
	}
	w.must(rows.Err())
	slices.Sort(all)
	return all
}

// person matches a column of the ledger that names a person.
var person = regexp.MustCompile(`person=\S+`)

// phone matches a number made by world.phone.
var phone = regexp.MustCompile(`\+39333\d+`)

// texts returns every row of every table as text.
func (w *world) texts() (all []string) {
	w.Helper()
	query := "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
	if w.db.Engine() == storage.SQLite {
		query = "SELECT name FROM sqlite_schema WHERE type = 'table'"
	}
	rows, err := w.db.QueryContext(w.ctx, query)
	w.must(err)
	var tables []string
	for rows.Next() {
		var table string
		w.must(rows.Scan(&table))
		tables = append(tables, table)
	}
	w.must(rows.Close())
	for _, table := range tables {
		all = append(all, w.rowsOf(table, "1", 1, "-")...) // WHERE 1 = 1
	}
	return all
}
