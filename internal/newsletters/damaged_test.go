package newsletters_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/fault"
	"unoxuno/internal/identity"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
)

// damage makes the issue's content unreadable.
func (w *world) damage(i newsletters.Issue) {
	w.Helper()
	w.execute(fmt.Sprintf("UPDATE newsletters_issue SET blocks = '[{' WHERE id = %d", i.ID))
}

func TestADamagedIssueKeepsNoOtherFromLeavingAtItsHour(t *testing.T) {
	inTown(t, func(w *world) {
		w.citizen(people.Details{Given: "Ada"}, false, "teatro")
		var issues []newsletters.Issue
		for n, slug := range []string{"t1", "t2"} {
			i := w.create(text("teatro", slug, ""))
			_, err := w.Schedule(w.ctx, i.ID, i.Version, fmt.Sprintf("2025-03-03T18:3%d", n), false)
			w.must(err)
			issues = append(issues, i)
		}
		w.damage(issues[0])
		w.clock.Advance(12 * time.Hour)
		if sent, err := w.Due(w.ctx); sent != 1 || err != nil {
			t.Errorf("%d left (%v), want the one that is whole", sent, err)
		}
		w.deliver()
		w.wantReached("ada")
		if state := w.stateOf(issues[0]); state != newsletters.Draft {
			t.Errorf("the damaged issue is %s, want a draft again", state)
		}
		log, err := w.identity.AuditLog(w.ctx, identity.AuditQuery{Limit: 10})
		w.must(err)
		for _, line := range log {
			if line.Action == "audit.issue.not_sent" && line.Subject == issues[0].Subject() && strings.Contains(line.Detail, "non si può leggere") {
				return
			}
		}
		t.Errorf("nothing says why it did not leave: %+v", log)
	})
}

func TestADamagedIssueIsListedAndCanBeUnsubscribedFrom(t *testing.T) {
	inTown(t, func(w *world) {
		ada := w.citizen(people.Details{Given: "Ada"}, false, "teatro")
		whole, damaged := w.publish(text("teatro", "t1", "")), w.publish(text("teatro", "t2", ""))
		w.damage(damaged)
		archive, err := w.Archived(w.ctx, "teatro", 1)
		w.must(err)
		latest, err := w.Latest(w.ctx, 5)
		w.must(err)
		for _, list := range [][]newsletters.Summary{archive.Issues, latest} {
			if len(list) != 2 || list[0].Damaged == list[1].Damaged {
				t.Errorf("the archive lists %+v", list)
			}
			for _, s := range list {
				if s.Damaged != (s.Slug == damaged.Slug) || (s.Text == "") != s.Damaged {
					t.Errorf("the archive shows %+v", s)
				}
			}
		}
		if _, err := w.ReadArchived(w.ctx, "teatro", damaged.Slug); !fault.HasKey(err, "newsletters.issue.unreadable") {
			t.Errorf("its page says %v", err)
		}
		if page, err := w.ReadArchived(w.ctx, "teatro", whole.Slug); err != nil || len(page.HTML) == 0 {
			t.Errorf("the other's page says %v", err)
		}
		if _, err := w.Put(w.ctx, text("teatro", damaged.Slug, "")); !fault.HasKey(err, "newsletters.issue.unreadable") {
			t.Errorf("putting it again returns %v", err)
		}
		w.must(w.OneClick(w.ctx, w.UnsubscribeToken(ada, damaged.ID)))
		w.publish(text("teatro", "t3", ""))
		w.wantReached("ada ada")
	})
}
