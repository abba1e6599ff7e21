package app

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

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
			if accepted, refused := b.asksForLinks(1); accepted > 0 {
				t.Error("a form is taken though nothing can be written")
			} else if !strings.Contains(refused, "anna@citta.example") {
				t.Errorf("what she typed is lost: %s", refused)
			}
			client := b.browser()
			b.must(b.db.Close())
			if a := b.ask(client, http.MethodGet, "/health/live", nil, "Cookie", "staff=nonsense"); a.status != http.StatusOK {
				t.Errorf("without a database it is not alive: %d", a.status)
			}
		})
	}
}

// asksForLinks asks for the way into own pages, as often as it is taken and no more than most times. refused is the page
// that says it cannot be done now: in words, with what she typed, and with when to come again.
func (b *borgo) asksForLinks(most int) (accepted int, refused string) {
	b.t.Helper()
	for accepted < most {
		a := b.ask(b.browser(), http.MethodPost, "/me", url.Values{"address": {"anna@citta.example"}})
		switch a.status {
		case http.StatusSeeOther:
			accepted++
			b.now.Advance(time.Hour)
		case http.StatusServiceUnavailable:
			page := read(b.t, a.body)
			page.check(b.t, "/me", "it", wordsOf(b.t, "it"))
			if a.header.Get("Retry-After") == "" {
				b.t.Error("nobody is told when to come again")
			}
			return accepted, a.body
		default:
			b.t.Fatalf("asking for a link: %d\n%s", a.status, a.body)
		}
	}
	return accepted, ""
}
