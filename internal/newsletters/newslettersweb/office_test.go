package newslettersweb_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"unoxuno/internal/content"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/identity"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/taxonomy"
	"unoxuno/internal/web"
)

// TestEveryOfficePageIsWhole opens each page of the route table in both languages: one h1, no missing word.
func TestEveryOfficePageIsWhole(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		draft, sent := o.draft("teatro"), o.draft("teatro")
		_, err := o.room.Send(o.ctx(), sent.ID, sent.Version, false)
		o.must(err)
		o.actor = staff(identity.Administrator)
		missing := regexp.MustCompile(`\b(web|newsletters|newslettersweb|delivery|content|audit)\.[a-z_]+[.a-z_]*[a-z]`)
		fill := func(pattern, id string) string {
			return strings.NewReplacer("{id}", id, "{newsletter}", "teatro", "{newsroom}", "cultura").Replace(pattern)
		}
		for _, route := range o.site.Routes() {
			if route.Method() != http.MethodGet || route.Kind != web.Page && route.Kind != web.Fragment {
				continue
			}
			for _, issue := range []newsletters.Issue{draft, sent} {
				for _, prefix := range []string{"", "/en"} {
					address := prefix + fill(route.Path(), fmt.Sprint(issue.ID))
					w := o.get(address)
					if w.Code == http.StatusSeeOther && issue.ID == sent.ID {
						continue // a page for drafts only
					}
					o.wantStatus(w, http.StatusOK)
					body := w.Body.String()
					if n := strings.Count(body, "<h1"); route.Kind == web.Page && n != 1 {
						t.Errorf("%s has %d h1", address, n)
					}
					if key := missing.FindString(body); key != "" {
						t.Errorf("%s shows the key %s", address, key)
					}
				}
			}
		}
	})
}

func TestEditorsWriteAndDoNotSend(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		issue, other := o.draft("teatro"), o.draft("concerti")
		o.actor = staff(identity.Editor, "cultura")
		o.wantStatus(o.post(path(issue, ""), fields(issue, "Nuovo testo")...), http.StatusSeeOther)
		for _, w := range []*httptest.ResponseRecorder{
			o.get(path(issue, "/send")), o.post(path(issue, "/send"), "version", "2"), o.post(path(issue, "/schedule"), "at", "2025-04-01T09:00"),
			o.post(path(issue, "/cancel")), o.get("/office/newsrooms"), o.post("/office/newsletters/new", "slug", "x"),
			o.get(path(other, "")), o.post(path(other, ""), fields(other, "Non mio")...), o.get(path(other, "/preview.html")),
			o.get("/office/newsletters/concerti"),
		} {
			o.wantStatus(w, http.StatusForbidden)
		}
		if now, err := o.room.Issue(o.ctx(), issue.ID); err != nil || now.State != newsletters.Draft {
			t.Errorf("issue %+v, %v", now, err)
		}
		if strings.Contains(o.get(path(issue, "")).Body.String(), path(issue, "/send")) {
			t.Error("an editor is offered to send")
		}
	})
}

func TestPreviewCanDoNothing(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		issue := o.draft("teatro")
		o.actor = staff(identity.Editor, "cultura")
		for _, kind := range []string{"html", "txt"} {
			w := o.get(path(issue, "/preview."+kind))
			o.wantStatus(w, http.StatusOK)
			o.wantText(w, "Goldoni")
			policy := w.Header().Get("Content-Security-Policy")
			if policy != "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'" {
				t.Errorf("policy of %s: %q", kind, policy)
			}
		}
		o.wantText(o.get(path(issue, "/preview")), `sandbox=""`, path(issue, "/preview.html"))
	})
}

func TestAudienceIsWrittenCountedAndMended(t *testing.T) {
	eachOffice(t, func(_ *testing.T, o *office) {
		issue := o.draft("teatro")
		o.actor = staff(identity.Editor, "cultura")
		version := fmt.Sprint(issue.Version)
		vocabulary, err := o.people.Vocabulary(o.ctx())
		o.must(err)
		category, place := vocabulary.Categories.InUse()[0].Slug, taxonomy.Outside

		w := o.post(path(issue, "/audience"), "version", version, "do", "compose", "who", category, "place", place, "age_from", "18", "age_to", "")
		o.wantStatus(w, http.StatusOK)
		o.wantText(w, fmt.Sprintf("&#34;%s&#34; in who and place == &#34;%s&#34; and age &gt;= 18", category, place), "meno di 5 persone")
		o.wantText(o.post(path(issue, "/audience"), "version", version, "do", "compose", "age_from", "molti"), "da 0 a 120")

		o.wantText(o.post(path(issue, "/reach"), "audience", ""), "meno di 5 persone")
		o.wantText(o.post(path(issue, "/reach"), "audience", `"`+category[:len(category)-1]+`" in who`), category)

		wrong := `"` + category[:len(category)-1] + `" in who`
		w = o.post(path(issue, "/audience"), "version", version, "audience", wrong)
		o.wantStatus(w, http.StatusUnprocessableEntity)
		o.wantText(w, category[:len(category)-1]+"&#34; in who</textarea>")

		o.wantStatus(o.post(path(issue, "/audience"), "version", version, "audience", "age >= 18"), http.StatusSeeOther)
		w = o.post(path(issue, "/audience"), "version", version, "audience", "age >= 65")
		o.wantStatus(w, http.StatusConflict)
		o.wantText(w, "age &gt;= 65</textarea>")

		// Viewing a page counts nothing: a figure is asked for with a button, and then known for the day.
		for _, page := range []string{"/audience", "/send"} {
			o.actor = staff(identity.Publisher, "cultura")
			o.actor.ID = int64(len(page)) // who has asked for nothing yet
			o.wantText(o.get(path(issue, page)), "ancora da contare", "Conta le persone")
			ask := map[string][]string{
				"/audience": {path(issue, "/audience"), "version", version, "audience", "age >= 18", "do", "count"}, "/send": {path(issue, "/send/count")},
			}[page]
			o.wantText(o.post(ask[0], ask[1:]...), "meno di 5 persone")
			o.wantText(o.get(path(issue, page)), "meno di 5 persone")
		}
	})
}

func TestSendingAsksFirst(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		issue := o.draft("teatro")
		o.actor = staff(identity.Publisher, "cultura")
		o.relay = email.Health{Configured: true, Address: "relay.example:25", Trouble: "connection refused", Since: o.now.Now()}
		version := fmt.Sprint(issue.Version)
		o.wantText(o.get(path(issue, "/send")), "meno di 5 persone", "relay.example:25")

		o.wantStatus(o.post(path(issue, "/audience"), "version", version, "audience", "age >= 120"), http.StatusSeeOther)
		w := o.post(path(issue, "/send"), "version", version, "empty", "1")
		o.wantStatus(w, http.StatusUnprocessableEntity)
		o.wantText(w, "Nel frattempo il numero è cambiato")
		issue, err := o.room.Issue(o.ctx(), issue.ID)
		o.must(err)
		version = fmt.Sprint(issue.Version)
		w = o.post(path(issue, "/send"), "version", version)
		o.wantStatus(w, http.StatusUnprocessableEntity)
		o.wantText(w, `name="empty"`)
		o.wantStatus(o.post(path(issue, "/schedule"), "version", version, "at", "2025-03-02T09:00", "empty", "1"), http.StatusUnprocessableEntity)
		o.wantStatus(o.post(path(issue, "/schedule"), "version", version, "at", "2025-04-01T09:30", "empty", "1"), http.StatusSeeOther)
		o.wantText(o.get(path(issue, "")), "1 aprile 2025, 09:30")
		o.wantStatus(o.post(path(issue, "/unschedule")), http.StatusSeeOther)

		issue, err = o.room.Issue(o.ctx(), issue.ID)
		o.must(err)
		o.wantStatus(o.post(path(issue, "/audience"), "version", fmt.Sprint(issue.Version), "audience", ""), http.StatusSeeOther)
		issue, err = o.room.Issue(o.ctx(), issue.ID)
		o.must(err)
		o.wantStatus(o.post(path(issue, "/send"), "version", fmt.Sprint(issue.Version), "empty", "1"), http.StatusSeeOther)
		o.wantText(o.get(path(issue, "/progress")), "data-poll")
		o.wantText(o.get("/office/sending"), "data-poll", "Il cartellone")
		o.wantText(o.get(path(issue, "/statistics")), "Destinatari", "meno di 5")
		if page := o.get(path(issue, "/statistics")).Body.String(); strings.Contains(page, `<td class="num">0</td>`) {
			t.Error("the chart's table says zero where the number is hidden")
		} else if strings.Contains(page, "chart-picture") {
			t.Error("a chart of hidden numbers is drawn as zero")
		}
		o.wantStatus(o.post(path(issue, "/send"), "version", "1", "empty", "1"), http.StatusSeeOther) // pressing twice sends once
		o.wantText(o.get(path(issue, "/cancel")), "Ferma l’invio")
		o.wantStatus(o.post(path(issue, "/cancel")), http.StatusSeeOther)
		if now, err := o.room.Issue(o.ctx(), issue.ID); err != nil || now.State != newsletters.Cancelled {
			t.Errorf("after stopping: %v, %v", now.State, err)
		}
	})
}

func TestUnfinishedIssueSaysWhatToMend(t *testing.T) {
	eachOffice(t, func(_ *testing.T, o *office) {
		issue, err := o.room.Create(o.ctx(), newsletters.Content{
			Newsletter: "teatro", Title: "Senza testo", Language: "it", Blocks: []content.Block{{ID: "b1", Kind: content.KindButton}},
		})
		o.must(err)
		o.actor = staff(identity.Publisher)
		o.wantText(o.get(path(issue, "/send")), path(issue, "?check=1#f-b1.label"), "Il pulsante non ha testo")
		o.wantText(o.get(path(issue, "?check=1")), `href="#f-b1.label"`, `id="f-b1.label"`)
		o.wantStatus(o.post(path(issue, "/send"), "version", fmt.Sprint(issue.Version)), http.StatusUnprocessableEntity)
	})
}

func TestNewslettersAndNewsroomsAreKept(t *testing.T) {
	eachOffice(t, func(_ *testing.T, o *office) {
		o.actor = staff(identity.Administrator)
		w := o.post("/office/newsrooms/new", "slug", "cultura", "name", "Doppia", "kind", "office")
		o.wantStatus(w, http.StatusUnprocessableEntity)
		o.wantText(w, "già usato", "Doppia")
		o.wantStatus(o.post("/office/newsrooms/new", "slug", "sport", "name", "Sport", "kind", "association"), http.StatusSeeOther)
		w = o.post("/office/newsletters/new", "slug", "Corse!", "name", "", "newsroom", "sport", "period", "weekly")
		o.wantStatus(w, http.StatusUnprocessableEntity)
		o.wantText(w, "Corse!", "f-name-error", "f-slug-error")
		w = o.post("/office/newsletters/new", "slug", "corse", "name", "Corse", "newsroom", "sport", "period", "weekly", "description", "Tutte le corse")
		if w.Header().Get("Location") != "/office/newsletters/corse?done=newslettersweb.office.done.newsletter" {
			o.wantStatus(w, http.StatusSeeOther)
		}
		o.wantText(o.get("/office/newsletters/corse"), "Tutte le corse", "Sport")
		w = o.post("/office/issues/new", "newsletter", "corse", "title", "La mezza maratona", "language", "it")
		o.wantStatus(w, http.StatusSeeOther)
		o.wantText(o.get(w.Header().Get("Location")), "La mezza maratona", "La bozza è pronta")
		o.wantText(o.get("/office/issues?text=maratona"), "La mezza maratona")
		o.wantText(o.get("/office/issues?newsletter=teatro"), "Nessun numero")
	})
}
