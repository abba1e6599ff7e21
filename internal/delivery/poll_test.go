package delivery_test

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/storage"
)

// explainer runs queries and records the plan of each.
type explainer struct {
	*storage.DB
	t     *testing.T
	plans map[string]string
}

func (e *explainer) explain(ctx context.Context, query string, args []any) {
	how := "EXPLAIN QUERY PLAN "
	if e.Engine() == storage.Postgres {
		how = "EXPLAIN "
	}
	rows, err := e.DB.QueryContext(ctx, how+strings.TrimSpace(query), args...)
	if err != nil {
		e.t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	var plan strings.Builder
	for rows.Next() {
		var id, parent, unused int64
		var line string
		into := []any{&id, &parent, &unused, &line}
		if e.Engine() == storage.Postgres {
			into = []any{&line}
		}
		if err := rows.Scan(into...); err != nil {
			e.t.Fatal(err)
		}
		fmt.Fprintln(&plan, line)
	}
	if rows.Err() != nil {
		e.t.Fatal(rows.Err())
	}
	e.plans[query] = plan.String()
}

func (e *explainer) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	e.explain(ctx, query, args)
	return e.DB.QueryContext(ctx, query, args...)
}

func (e *explainer) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	e.explain(ctx, query, args)
	return e.DB.QueryRowContext(ctx, query, args...)
}

// fullScan matches, in a plan, a full read of a table that grows over the years: without an index, or by a whole index
// with all rows, even from the first key on. The partial indexes of queued rows may be read whole; that is their
// purpose.
var fullScan = regexp.MustCompile(`(?m)(Seq Scan on delivery_(batch|chunk|message|note|return)\b.*|` +
	`SCAN (delivery_(batch|chunk|message|note|return)|b|c|m|n|r)\b.*|` +
	`SEARCH .* USING INTEGER PRIMARY KEY \(rowid>\?\)|Scan using delivery_batch_pkey .*\n\s*Index Cond: \(id > .*)$`)

func (e *explainer) scans() (all []string) {
	for query, plan := range e.plans {
		for _, line := range fullScan.FindAllString(plan, -1) {
			if !strings.Contains(line, "delivery_batch_open") && !strings.Contains(line, "delivery_chunk_owed") {
				all = append(all, line+"\n"+query+"\n"+plan)
			}
		}
	}
	return all
}

// TestNoPollReadsATableWhole: what an idle room asks each second does not get slower over the years.
func TestNoPollReadsATableWhole(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		n := newNode(t, db, newTown(t), clock.At(morning), "")
		err := db.Tx(t.Context(), func(tx *storage.Tx) error {
			const many = 3000
			for _, query := range []string{
				`INSERT INTO delivery_batch (id, origin, ref, channel, created, at, cancelled, finished, filled, account)
					SELECT c.n, 'test.issue', c.n, 'email', 1, 1, 0, 1, 9223372036854775807, 'room' FROM counted c`,
				`INSERT INTO delivery_chunk (batch, number, person_after, person_through, due, lease_until, fence)
					SELECT c.n, 0, 0, 5, 0, 0, 1 FROM counted c`,
				`INSERT INTO delivery_note (id, kind, person, to_address, to_name, from_address, from_name, language, subject,
					body_text, body_html, state, reason, code, attempts, due, created, changed, lease_until, fence, channel, expires)
					SELECT c.n, 'k', 1, '', '', '', '', 'it', '', '', '', 'sent', '', 0, 1, 0, 1, 1, 0, 1, 'email', 0 FROM counted c`,
			} {
				counted := "WITH RECURSIVE counted(n) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT n + 1 FROM counted WHERE n < $1) "
				query = strings.Replace(query, "SELECT c.n", counted+"SELECT c.n", 1)
				if _, err := tx.ExecContext(t.Context(), query, many); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Analyze(t.Context(), "delivery_batch", "delivery_chunk", "delivery_note", "delivery_brake"); err != nil {
			t.Fatal(err)
		}
		e := &explainer{db, t, map[string]string{}}
		if err := delivery.PollThrough(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		for query, args := range delivery.Polled(db.Engine()) {
			e.explain(t.Context(), query, args)
		}
		for _, scan := range e.scans() {
			t.Error(scan)
		}
		if len(e.plans) != 7 {
			t.Errorf("%d statements were explained", len(e.plans))
		}
		n.step(t)
	})
}
