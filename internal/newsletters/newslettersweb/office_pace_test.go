package newslettersweb_test

import (
	"net/http"
	"strings"
	"testing"

	"unoxuno/internal/identity"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
)

func TestUrgencyIsForWhoPublishes(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		issue := o.draft("teatro")
		box := `name="urgent"`
		o.actor = staff(identity.Editor, "cultura")
		if strings.Contains(o.get(path(issue, "")).Body.String(), box) {
			t.Error("an editor is asked whether it is urgent")
		}
		o.wantStatus(o.post(path(issue, ""), append(fields(issue, "Forzato"), "urgent", "1")...), http.StatusForbidden)
		o.actor = staff(identity.Publisher)
		o.wantText(o.get(path(issue, "")), box)
		o.wantStatus(o.post(path(issue, ""), append(fields(issue, "Chiuso per maltempo"), "urgent", "1")...), http.StatusSeeOther)
		o.wantText(o.get(path(issue, "/send")), "Urgente: arriva subito a tutti")
		now, err := o.room.Issue(o.ctx(), issue.ID)
		o.must(err)
		o.actor = staff(identity.Editor, "cultura")
		o.wantStatus(o.post(path(now, ""), fields(now, "Chiuso per neve")...), http.StatusSeeOther)
		if now, err = o.room.Issue(o.ctx(), issue.ID); err != nil || !now.Urgent || now.Blocks[0].Text != "Chiuso per neve" {
			t.Errorf("after the editor's correction: %+v, %v", now, err)
		}
	})
}

func TestTheOfficeTellsWhoGetsItInADigest(t *testing.T) {
	eachOffice(t, func(_ *testing.T, o *office) {
		ada, _, err := o.people.ByAddress(o.ctx(), people.Email, "ada@mail.example")
		o.must(err)
		o.must(o.room.ChooseRhythm(o.ctx(), ada, newsletters.Choice{
			Profile: newsletters.AtOnce, Paces: map[string]newsletters.Pace{"teatro": newsletters.Weekly},
		}))
		issue := o.draft("teatro")
		o.actor = staff(identity.Publisher)
		o.wantText(o.get(path(issue, "/send")), "meno di 5 persone")
		_, err = o.room.Send(o.ctx(), issue.ID, issue.Version, false)
		o.must(err)
		o.wantText(o.get(path(issue, "")), "Quanti lo hanno ricevuto si legge, arrotondato, nelle statistiche")
		o.wantText(o.get(path(issue, "/statistics")), "In attesa dell’e-mail riassuntiva")
		o.wantStatus(o.get("/office/digests"), http.StatusForbidden)
		slot := o.room.NextSlot(o.now.Now())
		for range 3 { // Tuesday … Friday
			slot = o.room.NextSlot(slot)
		}
		o.now.Set(slot)
		o.must(o.room.MakeDigest(o.ctx(), slot))
		o.actor = staff(identity.Administrator)
		w := o.get("/office/digests")
		o.wantStatus(w, http.StatusOK)
		o.wantText(w, "7 marzo 2025, 07:00", `<td class="num">1</td>`)
	})
}
