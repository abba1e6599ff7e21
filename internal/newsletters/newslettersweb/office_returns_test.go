package newslettersweb_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/delivery"
	"unoxuno/internal/identity"
	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters/newslettersweb"
)

func TestTryingAgainIsOfferedWhereSomethingCanBe(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		issue := o.draft("teatro")
		sending, err := o.room.Send(o.ctx(), issue.ID, issue.Version, false)
		o.must(err)
		o.actor = staff(identity.Publisher, "cultura")
		button, offers := path(issue, "/retry"), func() bool {
			return strings.Contains(o.get(path(issue, "/statistics")).Body.String(), path(issue, "/retry"))
		}
		if offers() {
			t.Error("offered while everybody waits for her first try")
		}
		_, err = o.delivery.Drain(o.ctx(), sending.Batch.ID, nil) // there is no relay, so messages are deferred
		o.must(err)
		o.wantText(o.get(path(issue, "/statistics")), button, "Ritenta l’invio")
		o.wantText(o.get("/en"+path(issue, "/statistics")), button, "Try again")
		o.wantStatus(o.post(button), http.StatusSeeOther)
		if offers() {
			t.Error("offered once more: she is due already")
		}
		o.wantText(o.get(path(issue, "/statistics")), "Da ritentare")
	})
}

func TestASendingSaysWhatItWaitsFor(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		issue := o.draft("teatro")
		_, err := o.room.Send(o.ctx(), issue.ID, issue.Version, false)
		o.must(err)
		o.actor = staff(identity.Publisher, "cultura")
		if strings.Contains(o.get(path(issue, "/progress")).Body.String(), "In attesa:") {
			t.Error("it waits within its hours")
		}
		o.now.Set(time.Date(2025, 3, 3, 21, 0, 0, 0, time.UTC)) // sending hours are over
		for _, page := range []string{"", "/progress"} {
			o.wantText(o.get(path(issue, page)), "Invio in attesa", "In attesa: l’invio riprende il 4 marzo 2025, 07:00 (orario di spedizione).")
		}
		o.wantText(o.get("/en"+path(issue, "/progress")), "Waiting until 4 March 2025, 07:00")
	})
}

func TestEveryDelayHasWords(t *testing.T) {
	w, err := locale.Load(newslettersweb.OfficeWords())
	if err != nil {
		t.Fatal(err)
	}
	for _, reason := range []delivery.DelayReason{delivery.DelayBrake, delivery.DelayWindow, delivery.DelayLimits, delivery.DelayRate} {
		for _, lang := range []string{"it", "en"} {
			if key := "newslettersweb.office.delay." + string(reason); !slices.Contains(w.Keys(lang), key) {
				t.Errorf("%s lacks %s", lang, key)
			}
		}
	}
}
