package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/periodic"
)

// task is the periodic task of that name.
func (b *borgo) task(name string) periodic.Task {
	b.t.Helper()
	tasks := b.tasks()
	at := slices.IndexFunc(tasks, func(t periodic.Task) bool { return t.Name == name })
	if at < 0 {
		b.t.Fatalf("there is no periodic task %s", name)
	}
	return tasks[at]
}

// TestOldSendingsBecomeNumbersInTheNight: two years after an issue went out, nobody knows any more who got it, every
// number stands, and pages, export and erasure are as before.
func TestOldSendingsBecomeNumbersInTheNight(t *testing.T) {
	eachEngine(t, func(t *testing.T, b *borgo) {
		known := func() (named int, numbers, exported string) {
			t.Helper()
			all, err := b.newsletters.Statistics(b.ctx, b.sent.ID)
			b.must(err)
			text, err := json.Marshal(all)
			b.must(err)
			hers, err := b.people.Export(b.ctx, b.maria)
			b.must(err)
			deliveries, err := json.Marshal(hers["delivery"])
			b.must(err)
			return len(b.content("delivery_message")), string(text), string(deliveries)
		}
		night := b.task("delivery.retention")
		if _, err := b.periodic.Step(b.ctx, night); err != nil { // makes it known: there is nothing to make up for
			t.Fatal(err)
		}
		before, numbers, exported := known()
		if before == 0 || !strings.Contains(exported, fmt.Sprint(b.sent.ID)) {
			t.Fatalf("%d messages; Maria's are %s", before, exported)
		}
		b.now.Set(b.now.Now().AddDate(2, 0, -7))
		if done, err := b.periodic.Step(b.ctx, night); !done || err != nil {
			t.Fatalf("not done: %v", err)
		}
		if named, _, _ := known(); named != before {
			t.Errorf("%d of %d messages are left a week too early", named, before)
		}
		b.now.Advance(8 * 24 * time.Hour)
		if slot := night.Next(b.now.Now()).In(b.town.Town().Zone()); slot.Hour() != 3 {
			t.Errorf("it is due at %s", slot)
		}
		if done, err := b.periodic.Step(b.ctx, night); !done || err != nil {
			t.Fatalf("not done: %v", err)
		}
		named, now, hers := known()
		if named != 0 || now != numbers || hers != "[]" {
			t.Errorf("%d messages are left; Maria's are %s\n%s\nbefore\n%s", named, hers, now, numbers)
		}
		page := b.ask(b.signedIn(b.admin), http.MethodGet, fmt.Sprintf("/office/issues/%d/statistics", b.sent.ID), nil)
		if page.status != http.StatusOK || !strings.Contains(page.body, "24 mesi dopo l’invio") {
			t.Errorf("the page of its numbers: %d\n%s", page.status, page.body)
		}
		b.must(b.people.Erase(b.ctx, b.maria))
	})
}
