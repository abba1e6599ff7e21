package newslettersweb_test

import (
	"net/http"
	"strings"
	"testing"

	"unoxuno/internal/identity"
	"unoxuno/internal/newsletters"
)

// damage makes the issue's content unreadable, as a bad disk or an incomplete backup may.
func (o *office) damage(issue newsletters.Issue) {
	o.Helper()
	_, err := o.db.ExecContext(o.ctx(), "UPDATE newsletters_issue SET blocks = '[{' WHERE id = $1", issue.ID)
	o.must(err)
}

func TestADamagedIssueBreaksNoPageButItsOwn(t *testing.T) {
	const told = "Questo numero non si può leggere"
	eachOffice(t, func(t *testing.T, o *office) {
		whole, draft, due, sending := o.draft("teatro"), o.draft("teatro"), o.draft("teatro"), o.draft("teatro")
		_, err := o.room.Schedule(o.ctx(), due.ID, due.Version, "2025-04-01T09:00", false)
		o.must(err)
		_, err = o.room.Send(o.ctx(), sending.ID, sending.Version, false)
		o.must(err)
		broken := []newsletters.Issue{draft, due, sending}
		for _, issue := range broken {
			o.damage(issue)
		}
		o.actor = staff(identity.Administrator)
		for _, address := range []string{"/office", "/office/issues", "/office/newsletters/teatro"} {
			page := o.get(address)
			o.wantStatus(page, http.StatusOK)
			o.wantText(page, path(whole, ""), path(draft, ""), path(due, ""), path(sending, ""))
			if n := strings.Count(page.Body.String(), told+": è danneggiato"); n != len(broken) {
				t.Errorf("%s tells of %d damaged issues, want %d", address, n, len(broken))
			}
		}
		o.wantText(o.get("/office/sending"), path(sending, ""), told)
		for _, issue := range broken {
			page := o.get(path(issue, ""))
			o.wantStatus(page, http.StatusOK)
			o.wantText(page, told, "copia di riserva")
			for _, below := range []string{"/preview", "/preview.html"} {
				o.wantStatus(o.get(path(issue, below)), http.StatusServiceUnavailable)
			}
			o.wantText(o.get(path(issue, "/preview")), told)
		}
		for _, below := range []string{"/send", "/audience", "/sms"} {
			page := o.get(path(draft, below))
			o.wantStatus(page, http.StatusServiceUnavailable)
			o.wantText(page, told)
			o.wantStatus(o.post(path(draft, below), "version", "1", "audience", "", "sms", "Testo"), http.StatusServiceUnavailable)
		}
		o.wantStatus(o.get(path(sending, "/statistics")), http.StatusOK)
		o.wantStatus(o.get(path(sending, "/progress")), http.StatusOK)
		o.wantStatus(o.get(path(sending, "/cancel")), http.StatusOK)
		for _, issue := range []newsletters.Issue{due, sending} {
			o.wantStatus(o.post(path(issue, "/cancel")), http.StatusSeeOther)
		}
	})
}

func TestADamagedDraftIsMendedFromAnOpenEditorOrDeleted(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		open, lost := o.draft("teatro"), o.draft("teatro")
		o.damage(open)
		o.damage(lost)
		o.actor = staff(identity.Editor)
		o.wantStatus(o.post(path(open, ""), fields(open, "Si parte con Goldoni.")...), http.StatusSeeOther)
		page := o.get(path(open, ""))
		o.wantText(page, "Si parte con Goldoni.")
		if strings.Contains(page.Body.String(), "non si può leggere") {
			t.Error("the draft is still called damaged")
		}
		o.wantStatus(o.get(path(lost, "/delete")), http.StatusOK)
		o.wantStatus(o.post(path(lost, "/delete"), "version", "1"), http.StatusSeeOther)
		o.wantStatus(o.get(path(lost, "")), http.StatusNotFound)
	})
}
