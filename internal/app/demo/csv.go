package demo

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"strings"
)

// columns are those of `unoxuno people import`.
func columns() []string {
	return []string{
		"email", "mobile", "given_name", "family_name", "birth_date", "place", "language", "who", "wants", "newsletters",
		"consents", "channel", "consent_date", "consent_source",
	}
}

// record is the row's line, in the order of columns; lists are separated by |.
func (r Row) record() []string {
	join := func(list []string) string { return strings.Join(list, "|") }
	return []string{
		r.Email, r.Mobile, r.GivenName, r.FamilyName, r.BirthDate, r.Place, r.Language, join(r.Who), join(r.Wants),
		join(r.Newsletters), join(r.Consents), r.Channel, r.ConsentDate, r.ConsentSource,
	}
}

// WriteCSV writes the people, with a line of column names before them, as `unoxuno people import` takes them: UTF-8,
// commas, one line a person. It keeps one row at a time in memory.
func WriteCSV(w io.Writer, people iter.Seq[Row]) error {
	out := csv.NewWriter(w)
	if err := out.Write(columns()); err != nil {
		return fmt.Errorf("demo: write people: %w", err)
	}
	for row := range people {
		if err := out.Write(row.record()); err != nil {
			return fmt.Errorf("demo: write people: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("demo: write people: %w", err)
	}
	return nil
}
