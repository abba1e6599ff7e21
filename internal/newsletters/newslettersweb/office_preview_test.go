package newslettersweb_test

import (
	"net/http"
	"strings"
	"testing"

	"unoxuno/internal/identity"
)

func TestATextMessageIsTriedOnOnesOwnPhone(t *testing.T) {
	eachOffice(t, func(_ *testing.T, o *office) {
		o.silent = false
		issue := o.draft("teatro")
		to := path(issue, "/test-sms")
		form := `action="` + to + `"`
		account, err := o.audit.AddStaff(o.ctx(), identity.Staff{Email: "edo@comune.example", Role: identity.Editor, Newsrooms: []string{"cultura"}})
		o.must(err)
		o.actor = account.Actor()
		if page := o.get(path(issue, "/preview")).Body.String(); strings.Contains(page, form) {
			o.Error("there is no text to try")
		}
		o.wantStatus(o.post(to, "mobile", "333 7654321"), http.StatusUnprocessableEntity)
		c := issue.Content()
		c.SMS = "Stasera a teatro"
		_, err = o.room.Save(o.ctx(), issue.ID, issue.Version, c)
		o.must(err)
		o.wantText(o.get(path(issue, "/preview")), "conferma prima il tuo numero", `href="/office/account"`)
		o.wantStatus(o.post(to, "mobile", "333 7654321"), http.StatusUnprocessableEntity)
		code, err := o.audit.AskMobile(o.ctx(), account, "+393331234567")
		o.must(err)
		o.must(o.audit.ConfirmMobile(o.ctx(), account, code))
		o.wantText(o.get(path(issue, "/preview")), form, "+393331234567")
		o.wantStatus(o.post(to, "mobile", "333 7654321"), http.StatusSeeOther)
		_, err = o.delivery.SendNotes(o.ctx())
		o.must(err)
		if len(o.texted) != 1 || o.texted[0].To.String() != "+393331234567" || !strings.HasPrefix(o.texted[0].Text, "[Prova] Stasera a teatro\n") {
			o.Errorf("the gateway took %+v", o.texted)
		}
		log, err := o.audit.AuditLog(o.ctx(), identity.AuditQuery{Limit: 1})
		o.must(err)
		if log[0].Action != "audit.issue.tested_by_sms" || log[0].Subject != issue.Subject() || log[0].Detail != "" {
			o.Errorf("the log says %+v", log[0])
		}

		if page := o.get(path(issue, "/preview")).Body.String(); strings.Contains(page, "Gli SMS non stanno partendo") {
			o.Error("it warns though all is well")
		}
		o.trouble = "no route"
		o.wantText(o.get(path(issue, "/preview")), "Gli SMS non stanno partendo", "no route", "10 minuti soltanto", form)
		o.trouble = ""

		o.silent = true
		if page := o.get(path(issue, "/preview")).Body.String(); strings.Contains(page, form) {
			o.Error("the town sends no text messages")
		}
		o.wantStatus(o.post(to, "mobile", "333 7654321"), http.StatusUnprocessableEntity)
		o.actor = staff(identity.Editor, "musica")
		o.wantStatus(o.post(to, "mobile", "333 7654321"), http.StatusForbidden)
		o.silent, o.actor = false, account.Actor()
		o.wantStatus(o.post(to, "mobile", "333 7654321"), http.StatusSeeOther)
		o.wantStatus(o.post(to, "mobile", "333 7654321"), http.StatusTooManyRequests) // the sixth time
	})
}
