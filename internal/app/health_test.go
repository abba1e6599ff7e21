package app

import (
	"net/http"
	"testing"

	"unoxuno/internal/storage"
)

// A database that takes no writes makes the program not ready; it lives all the same, without any database, and asks
// nobody who he is.
func TestReadyMeansThatItCanBeWrittenTo(t *testing.T) {
	for engine, readOnly := range map[storage.Engine]string{
		storage.SQLite: "PRAGMA query_only = 1", storage.Postgres: "SET default_transaction_read_only = on",
	} {
		t.Run(engine.String(), func(t *testing.T) {
			b := newBorgo(t, engine, func(r *run) { r.config.Writers = 1 })
			a := b.ask(b.browser(), http.MethodGet, "/health/ready", nil)
			if a.status != http.StatusOK {
				t.Errorf("ready: %d %s", a.status, a.body)
			}
			ready := &readiness{room: b.delivery}
			if _, err := b.db.ExecContext(b.ctx, readOnly); err != nil {
				t.Fatal(err)
			}
			if err := ready.check(); err == nil {
				t.Error("it is ready though nothing can be written")
			}
			client := b.browser()
			b.must(b.db.Close())
			if a := b.ask(client, http.MethodGet, "/health/live", nil, "Cookie", "staff=nonsense"); a.status != http.StatusOK {
				t.Errorf("without a database it is not alive: %d", a.status)
			}
		})
	}
}
