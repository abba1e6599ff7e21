package peopleweb_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/identity"
	"unoxuno/internal/locale"
	"unoxuno/internal/people"
	"unoxuno/internal/people/peopleweb"
	"unoxuno/internal/seal"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
	"unoxuno/internal/taxonomy"
	"unoxuno/internal/web"
)

// desk is a site with the office's pages about people. Only the newsletters are fake. role is the role of the requests.
type desk struct {
	*testing.T
	people   *people.People
	identity *identity.Room
	shelf    *shelf
	sealer   *seal.Sealer
	site     *web.Site
	role     identity.Role
}

// eachDesk runs a test with a new desk on each engine.
func eachDesk(t *testing.T, test func(t *testing.T, d *desk)) {
	t.Helper()
	storagetest.Each(t, func(t *testing.T, db *storage.DB) { test(t, newDesk(t, db)) },
		storage.Schema{Room: "identity", Files: identity.Schema()}, storage.Schema{Room: "taxonomy", Files: taxonomy.Schema()},
		storage.Schema{Room: "people", Files: people.Schema()})
}

func newDesk(t *testing.T, db *storage.DB) *desk {
	t.Helper()
	now := clock.At(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	vocabulary := taxonomy.New(db)
	must(t, vocabulary.EnsureDefaults(t.Context()))
	room := people.New(db, now, vocabulary, func() people.Town { return people.Town{Region: "IT", Languages: []string{"it", "en"}} })
	sealer := seal.New([]byte("secret"))
	d := &desk{
		T: t, people: room, identity: identity.New(db, now, sealer), sealer: sealer,
		shelf: &shelf{people: room, has: map[int64][]string{}, by: map[string]people.Channel{}}, role: identity.Operator,
	}
	room.PlugSubscriptions(plug{d.shelf})
	room.PlugAudit(d.identity.Audit)
	words, err := locale.Load(web.Words(), people.Words(), taxonomy.Words(), peopleweb.OfficeWords())
	must(t, err)
	pages := peopleweb.New(peopleweb.Options{People: room, Taxonomy: vocabulary, DB: db, Clock: now, Sealer: sealer, Newsletters: d.shelf, Audit: d.identity})
	d.site, err = web.New(web.Options{
		Words: words, Log: slog.New(slog.DiscardHandler), PublicURL: "https://uno.comune.example",
		Town: func(context.Context) web.Town {
			return web.Town{Name: "Comune di Borgo", Languages: []string{"it", "en"}, Zone: time.UTC}
		},
		Authenticate: func(http.ResponseWriter, *http.Request) (access.Actor, error) {
			return access.Actor{Kind: access.StaffAct, ID: 1, Name: "olga@comune.example", Permissions: d.role.Permissions()}, nil
		},
	})
	must(t, err)
	must(t, d.site.Handle(pages.OfficeRoutes()...))
	return d
}

func (d *desk) serve(method, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	d.site.ServeHTTP(w, r)
	return w
}

func (d *desk) get(path string) *httptest.ResponseRecorder { return d.serve(http.MethodGet, path, nil) }

func (d *desk) post(path string, pairs ...string) *httptest.ResponseRecorder {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return d.serve(http.MethodPost, path, form)
}

func (d *desk) wantStatus(w *httptest.ResponseRecorder, status int, texts ...string) {
	d.Helper()
	if w.Code != status {
		d.Errorf("status %d, want %d; location %q, body:\n%.2000s", w.Code, status, w.Header().Get("Location"), w.Body)
	}
	for _, text := range texts {
		if !strings.Contains(w.Body.String(), text) {
			d.Errorf("page lacks %q:\n%s", text, w.Body)
		}
	}
}

// audited returns the audited actions about the person, newest first.
func (d *desk) audited(person int64) string {
	d.Helper()
	log, err := d.identity.AuditLog(d.Context(), identity.AuditQuery{Subject: fmt.Sprintf("person %d", person), Limit: 100})
	must(d.T, err)
	var actions []string
	for _, e := range log {
		actions = append(actions, strings.TrimPrefix(e.Action, "audit.person."))
		if strings.Contains(e.Detail, "@") {
			d.Errorf("the log contains an address: %q", e.Detail)
		}
	}
	return strings.Join(actions, " ")
}

// registered returns a person registered at the desk.
func (d *desk) registered() int64 {
	d.Helper()
	w := d.post("/office/people/new", "kind", "person", "given_name", "Niccolò", "family_name", "Rossi", "birth_date", "31/12/1980",
		"language", "it", "place", "fuori-comune", "who", "genitore", "email", "nico@example.org", "proven", "1",
		"newsletters", "rifiuti", "for_newsletter", "1", "proof", "modulo n. 12")
	d.wantStatus(w, http.StatusSeeOther)
	var person int64
	if _, err := fmt.Sscanf(w.Header().Get("Location"), "/office/people/%d?", &person); err != nil {
		d.Fatalf("location %q: %v", w.Header().Get("Location"), err)
	}
	return person
}

func TestDeskRegistersFindsAndLooks(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		person := d.registered()
		page := officePath(person)
		d.wantStatus(d.get("/office/people?q=ros+nicco"), http.StatusOK, page, "nico@example.org")
		d.wantStatus(d.get(page), http.StatusOK, "Niccolò Rossi", "31 dicembre 1980", "confermato", `<td dir="auto">rifiuti</td>`, "modulo n. 12", "allo sportello")
		d.wantStatus(d.get("/office/people?q=zzz"), http.StatusOK, "Nessuna persona trovata")
		if got := d.audited(person); got != "looked registered" {
			t.Errorf("audited %q", got)
		}
		if log, err := d.identity.AuditLog(t.Context(), identity.AuditQuery{Subject: "people", Limit: 10}); err != nil || len(log) != 2 {
			t.Errorf("searches audited: %v, %v", log, err)
		}
		consents, err := d.people.Consents(t.Context(), person)
		if err != nil || len(consents) != 1 || !strings.Contains(consents[0].Actor, "olga@comune.example") {
			t.Errorf("ledger %+v, %v", consents, err)
		}
	})
}

func officePath(person int64) string { return fmt.Sprintf("/office/people/%d", person) }

func TestDeskFormComesBackWithWhatIsWrong(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		d.registered()
		w := d.post("/office/people/new", "kind", "person", "given_name", "Bea", "birth_date", "ieri", "email", "bea@example.org",
			"newsletters", "rifiuti", "newsletters", "sport")
		d.wantStatus(w, http.StatusUnprocessableEntity, `value="Bea"`, "f-birth_date-error", "serve il suo consenso", "Scegli una newsletter")
		w = d.post("/office/people/new", "kind", "person", "given_name", "Bea", "for_profile", "1", "for_newsletter", "1")
		d.wantStatus(w, http.StatusUnprocessableEntity, "f-proof-error")
		w = d.post("/office/people/new", "kind", "person", "given_name", "Bea", "email", "nico@example.org")
		d.wantStatus(w, http.StatusUnprocessableEntity, "f-email-error")
		if found, err := d.people.Find(t.Context(), "Bea", 1); err != nil || len(found.People) != 0 {
			t.Errorf("half a person was registered: %+v, %v", found, err)
		}
	})
}

func TestDeskChangesWithdrawsExportsAndErases(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		person := d.registered()
		page := officePath(person)
		d.wantStatus(d.get(page+"/edit"), http.StatusOK, `value="Rossi"`, `value="1980-12-31"`)
		d.wantStatus(d.post(page+"/edit", "kind", "person", "given_name", "Nico", "family_name", "Rossi", "birth_date", "1980"), http.StatusSeeOther)
		d.wantStatus(d.post(page+"/addresses", "address", "06 123"), http.StatusUnprocessableEntity, "f-address-error")
		d.wantStatus(d.post(page+"/addresses", "address", "333 1234567"), http.StatusSeeOther)
		d.wantStatus(d.post(page+"/newsletters", "newsletter", "scuola"), http.StatusSeeOther)
		d.wantStatus(d.post(page+"/newsletters", "newsletter", "sport"), http.StatusUnprocessableEntity)
		d.wantStatus(d.post(page+"/newsletters/end", "newsletter", "rifiuti"), http.StatusSeeOther)
		d.wantStatus(d.post(page+"/consents", "purpose", "profile"), http.StatusUnprocessableEntity, "f-proof-error")
		d.wantStatus(d.post(page+"/consents", "purpose", "profile", "proof", "modulo n. 13"), http.StatusSeeOther)
		d.wantStatus(d.get(page+"/consents/profile/end"), http.StatusOK, "Ritirare questo consenso?")
		d.wantStatus(d.post(page+"/consents/profile/end", "reason", "troppe mail"), http.StatusSeeOther)
		d.wantStatus(d.post(page+"/consents", "purpose", "reading", "proof", "modulo n. 14"), http.StatusSeeOther)
		d.wantStatus(d.get(page+"/consents/reading/end"), http.StatusOK, "cancelliamo subito le letture")
		d.wantStatus(d.get(page), http.StatusOK, "Nico Rossi", "+39", "da confermare", `<td dir="auto">scuola</td>`, "troppe mail")

		who, err := d.people.Get(t.Context(), person)
		must(t, err)
		remove := fmt.Sprintf("%s/addresses/%d/remove", page, who.Addresses[0].ID)
		d.wantStatus(d.get(remove), http.StatusOK, who.Addresses[0].Shown)
		d.wantStatus(d.post(remove), http.StatusSeeOther)

		w := d.get(page + "/export.json")
		var all map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &all); err != nil || all["people"] == nil || !strings.Contains(w.Header().Get("Content-Disposition"), "attachment") {
			t.Errorf("export: %v\n%s", err, w.Body)
		}
		d.wantStatus(d.get(page+"/erase"), http.StatusOK, "Sì, cancella i suoi dati")
		d.wantStatus(d.post(page+"/erase"), http.StatusSeeOther)
		d.wantStatus(d.get(page), http.StatusNotFound)
		if got := d.audited(person); got != "erased exported address_removed looked granted withdrawn granted address_added changed looked registered" {
			t.Errorf("audited %q", got)
		}
	})
}

func TestStaffDoNotSeeSensitiveSubscriptions(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		person := d.registered()
		d.shelf.has[person] = append(d.shelf.has[person], "sport")
		w := d.get(officePath(person))
		d.wantStatus(w, http.StatusOK, "Le iscrizioni alle newsletter su temi delicati non si mostrano qui")
		if strings.Contains(w.Body.String(), "In campo") || strings.Contains(w.Body.String(), `value="sport"`) {
			t.Error("the page shows a sensitive subscription")
		}
	})
}

func TestOnlyTheDeskSeesPeople(t *testing.T) {
	eachDesk(t, func(_ *testing.T, d *desk) {
		person := d.registered()
		for _, d.role = range []identity.Role{identity.Editor, identity.Publisher} {
			for _, below := range []string{"", "/edit", "/export.json", "/erase"} {
				d.wantStatus(d.get(officePath(person)+below), http.StatusForbidden)
			}
			d.wantStatus(d.get("/office/people?q=ros"), http.StatusForbidden)
			d.wantStatus(d.post(officePath(person)+"/erase"), http.StatusForbidden)
		}
	})
}

func TestEveryDeskPageIsWhole(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		person := d.registered()
		who, err := d.people.Get(t.Context(), person)
		must(t, err)
		missing := regexp.MustCompile(`\b(web|people|peopleweb|audit|taxonomy)\.[a-z_]+[.a-z_]*[a-z]`)
		fill := strings.NewReplacer("{id}", fmt.Sprint(person), "{address}", fmt.Sprint(who.Addresses[0].ID), "{purpose}", "newsletter",
			"{token}", d.sealer.Ints("people.code", time.Time{}, 1, 3))
		for _, route := range d.site.Routes() {
			if route.Kind != web.Page {
				continue
			}
			for _, prefix := range []string{"", "/en"} {
				address := prefix + fill.Replace(route.Path())
				w := d.get(address)
				d.wantStatus(w, http.StatusOK)
				if n := strings.Count(w.Body.String(), "<h1"); n != 1 {
					t.Errorf("%s has %d h1", address, n)
				}
				if key := missing.FindString(w.Body.String()); key != "" {
					t.Errorf("%s shows the key %s", address, key)
				}
			}
		}
	})
}
