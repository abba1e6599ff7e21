package newslettersweb_test

import (
	"net/http"
	"strings"
	"testing"

	"unoxuno/internal/identity"
)

func TestTryingAgainIsOfferedWhereSomethingCanBe(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		issue := o.draft("teatro")
		sending, err := o.room.Send(o.ctx(), issue.ID, false)
		o.must(err)
		o.actor = staff(identity.Publisher, "cultura")
		button, offers := path(issue, "/retry"), func() bool {
			return strings.Contains(o.get(path(issue, "/statistics")).Body.String(), path(issue, "/retry"))
		}
		if offers() {
			t.Error("offered while everybody waits for her first try")
		}
		_, err = o.mail.Drain(o.ctx(), sending.Batch.ID, nil) // there is no relay: who waits is put off
		o.must(err)
		o.wantText(o.get(path(issue, "/statistics")), button, "Ritenta adesso l’invio di 1 messaggio")
		o.wantText(o.get("/en"+path(issue, "/statistics")), button, "Try 1 message again now")
		o.wantStatus(o.post(button), http.StatusSeeOther)
		if offers() {
			t.Error("offered once more: she is due already")
		}
		o.wantText(o.get(path(issue, "/statistics")), "Da ritentare")
	})
}
