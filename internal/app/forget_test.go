package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

func engines() []storage.Engine { return []storage.Engine{storage.SQLite, storage.Postgres} }

// eachEngine runs a test of the whole house on both engines at once.
func eachEngine(t *testing.T, test func(t *testing.T, b *borgo)) {
	for _, engine := range engines() {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			test(t, newBorgo(t, engine))
		})
	}
}

// The rooms that keep something of a person: each must export it and forget it. A new room is added to keepers in its
// wiring and found here by what it writes.
func TestEveryRoomExportsAndForgetsAPerson(t *testing.T) {
	eachEngine(t, func(t *testing.T, b *borgo) {
		b.livelyMaria()
		id, traces := fmt.Sprint(b.maria), []string{"maria@citta.example", "maria2@citta.example", "Rossi", "3331234567"}
		holding := map[string]bool{}
		for table, rows := range b.snapshot() {
			if room, _, _ := strings.Cut(table, "_"); containsAny(rows, append(traces, id)) && room != "identity" {
				holding[room] = true
			}
		}
		for _, room := range []string{"people", "newsletters", "delivery"} {
			if !holding[room] {
				t.Errorf("nothing of Maria is kept by %s: this test proves nothing of that room", room)
			}
		}

		all, err := b.people.Export(b.ctx, b.maria)
		b.must(err)
		for room := range holding {
			if text, err := json.Marshal(all[room]); err != nil || len(text) < len(`{"":""}`) {
				t.Errorf("%s keeps something of Maria and exports %s (%v)", room, text, err)
			}
		}

		b.must(b.people.Erase(b.ctx, b.maria))
		for table, rows := range b.snapshot() {
			// The audit log says who did what to "person N"; a number that leads nowhere any more may stay there.
			if table != "identity_audit" {
				rows = slices.DeleteFunc(slices.Clone(rows), func(row string) bool {
					return !strings.Contains(row, "="+id+" ") && !containsAny([]string{row}, traces)
				})
			} else {
				rows = slices.DeleteFunc(slices.Clone(rows), func(row string) bool { return !containsAny([]string{row}, traces) })
			}
			for _, row := range rows {
				t.Errorf("%s still knows Maria: %s", table, row)
			}
		}
	})
}

// livelyMaria leaves traces in every room: subscriptions, consents, another address, mails, a newsletter she left.
func (b *borgo) livelyMaria() {
	b.t.Helper()
	_, err := b.people.AddAddress(b.ctx, b.maria, people.Contact{Channel: people.SMS, Value: "333 1234567", Verified: true})
	b.must(err)
	b.must(b.people.Grant(b.ctx, b.maria, people.Grant{Purpose: people.ForProfile, Source: "sportello", Channel: people.Email}))
	b.must(b.newsletters.SubscribePerson(b.ctx, b.maria, "genitori", "desk"))
	b.must(b.newsletters.Unsubscribe(b.ctx, newsletters.Leaving{Person: b.maria, Newsletter: "genitori", How: "desk", Why: "troppe"}))
	// She lets us note what she reads, and follows a link.
	b.must(b.people.Grant(b.ctx, b.maria, people.Grant{Purpose: people.ForReading, Source: "sportello", Channel: people.Email}))
	b.ask(b.browser(), http.MethodGet, b.newsletters.LinkPath(b.sent.ID, 1)+"/"+b.newsletters.ReaderToken(b.sent.ID, b.maria), nil, "User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Firefox/130.0")
	b.must(b.newsletters.Flush(b.ctx))
	if rows := b.content("newsletters_reading"); len(rows) != 1 {
		b.t.Fatalf("noted of what she reads: %v", rows)
	}
	// She asks for her link: a mail to her is waiting.
	if a := b.ask(b.browser(), http.MethodPost, "/me", map[string][]string{"address": {"maria@citta.example"}, "email": {"maria@citta.example"}}); a.status >= 400 {
		b.t.Fatalf("asking for the link: %d\n%s", a.status, a.body)
	}
}

func containsAny(rows, parts []string) bool {
	return slices.ContainsFunc(rows, func(row string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(strings.ToLower(row), strings.ToLower(part)) })
	})
}
