package peopleweb_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"unoxuno/internal/access"
	"unoxuno/internal/people"
	"unoxuno/internal/people/peopleweb"
	"unoxuno/internal/web"
)

func TestOwnPageShowsChangesAndErases(t *testing.T) {
	eachTown(t, func(t *testing.T, town *publicTown) {
		page := town.joined("anna@example.org", url.Values{"given_name": {"Anna"}, "wants": {"sport"}})
		person, _, err := town.people.ByAddress(context.Background(), people.Email, "anna@example.org")
		must(t, err)

		if a := town.get(page); a.header.Get("Cache-Control") != "no-store" || !strings.Contains(a.body, "noindex") || !strings.Contains(a.body, "Anna") {
			t.Errorf("own page: Cache-Control %q\n%s", a.header.Get("Cache-Control"), a.body)
		}
		form := fieldsOf(t, town.get(page+"/profile").body)
		form.Set("family_name", "Bianchi")
		form.Set("birth_date", "03/05/1980")
		form["wants"] = nil
		if a := town.send(page+"/profile", form); a.status != http.StatusSeeOther {
			t.Fatalf("profile: %d\n%s", a.status, a.body)
		}
		who, err := town.people.Get(context.Background(), person)
		must(t, err)
		if who.Name() != "Anna Bianchi" || who.Born.String() != "1980-05-03" || len(who.Wants) > 0 {
			t.Errorf("kept %+v", who.Details)
		}

		var all map[string]any
		export := town.get(page + "/data.json")
		must(t, json.Unmarshal([]byte(export.body), &all))
		if !strings.Contains(export.body, "anna@example.org") || !strings.HasPrefix(export.header.Get("Content-Disposition"), "attachment") {
			t.Errorf("export: %v\n%s", export.header, export.body)
		}

		if a := town.get(page + "/erase"); a.status != http.StatusOK {
			t.Fatalf("erase page: %d", a.status)
		}
		if _, err := town.people.Get(context.Background(), person); err != nil {
			t.Fatal("opening the page that asks has erased her")
		}
		if a := town.send(page+"/erase", nil); a.location != "/goodbye" || town.get("/goodbye").status != http.StatusOK {
			t.Fatalf("erase: %d %s", a.status, a.location)
		}
		if _, known, _ := town.people.ByAddress(context.Background(), people.Email, "anna@example.org"); known {
			t.Error("she is still known")
		}
		if a := town.get(page); a.status != http.StatusGone {
			t.Errorf("the link of who was erased: %d, want 410", a.status)
		}
	})
}

func TestOwnAddresses(t *testing.T) {
	eachTown(t, func(t *testing.T, town *publicTown) {
		page := town.joined("anna@example.org", nil)
		ids := fieldsOf(t, town.get(page+"/addresses").body)["id"]
		if len(ids) != 0 {
			t.Error("the only address can be removed")
		}
		if a := town.send(page+"/addresses", url.Values{"address": {"anna.work"}}); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `id="f-address-error"`) {
			t.Errorf("malformed address: %d", a.status)
		}
		town.send(page+"/addresses", url.Values{"address": {"anna@work.example"}, "keep": {"1"}})
		link := town.linkIn("anna@work.example")
		if town.get(link); strings.Contains(town.get(page+"/addresses").body, "anna@work.example</td>") {
			t.Error("following the link has added the address: only the button may")
		}
		if a := town.send(link, nil); a.status != http.StatusOK || strings.Contains(a.body, page) {
			t.Errorf("confirmation: %d; it must not lead to her page, for the address may be mistyped", a.status)
		}
		if m := town.lastTo("anna@example.org").Text(); !strings.Contains(m, "a…@work.example") || strings.Contains(m, "anna@work.example") || !strings.Contains(m, "Se non sei tu") {
			t.Errorf("the old address is told:\n%s", m)
		}
		body := town.get(page + "/addresses").body
		ids = fieldsOf(t, body)["id"]
		if len(ids) != 3 || strings.Count(body, "Ti scriviamo qui") != 1 { // to prefer the second, and to remove either
			t.Fatalf("she may choose among %v:\n%s", ids, body)
		}
		if a := town.send(page+"/addresses/prefer", url.Values{"id": {ids[1]}}); a.status != http.StatusSeeOther {
			t.Errorf("preferring the second: %d", a.status)
		}
		town.send(page+"/addresses/remove", url.Values{"id": {ids[1]}})
		if a := town.send(page+"/addresses/remove", url.Values{"id": {ids[0]}}); a.status != http.StatusConflict {
			t.Errorf("removing the last address: %d, want 409", a.status)
		}
	})
}

func TestOwnNewslettersAndConsents(t *testing.T) {
	eachTown(t, func(t *testing.T, town *publicTown) {
		page := town.joined("anna@example.org", nil)
		person, _, err := town.people.ByAddress(context.Background(), people.Email, "anna@example.org")
		must(t, err)
		standing := func() (list []people.Purpose) {
			ledger, err := town.people.Consents(context.Background(), person)
			must(t, err)
			for _, c := range ledger {
				if c.Ended.IsZero() {
					list = append(list, c.Purpose)
				}
			}
			return list
		}
		town.send(page+"/newsletters", url.Values{"newsletter": {"scuola", "sport"}})
		town.send(page+"/newsletters/end", url.Values{"newsletter": {"scuola"}})
		if body := town.get(page + "/newsletters").body; !strings.Contains(body, `href="/newsletters/sport"`) || strings.Contains(body, `href="/newsletters/scuola"`) {
			t.Errorf("she gets %v, and the page says otherwise", town.shelf.has[person])
		}
		// What she receives is offered neither on her page nor in the sign-up, if her page is open in the browser.
		for _, body := range []string{
			town.get(page + "/newsletters").body, town.send("/join", url.Values{"step": {"who"}, "go": {"wants"}}).body,
		} {
			if strings.Contains(body, "Tornei e palestre.") || !strings.Contains(body, "Iscrizioni e mense.") {
				t.Errorf("what she gets is offered again, or what she left is not offered:\n%s", body)
			}
		}
		town.clock.Advance(time.Minute)
		for _, purpose := range []string{"profile", "reading"} {
			town.send(page+"/consents", url.Values{"purpose": {purpose}})
		}
		for _, purpose := range []string{"", "newsletter", "marketing"} { // that button grants none of these
			if a := town.send(page+"/consents", url.Values{"purpose": {purpose}}); a.status != http.StatusUnprocessableEntity {
				t.Errorf("consent %q: %d, want 422", purpose, a.status)
			}
		}
		if len(standing()) != 3 {
			t.Errorf("consents that stand: %v, want all", standing())
		}
		town.clock.Advance(time.Minute)
		for _, purpose := range people.Purposes() {
			town.send(page+"/consents/end", url.Values{"purpose": {string(purpose)}})
		}
		if len(standing()) != 0 || len(town.shelf.has[person]) != 0 {
			t.Errorf("after the withdrawal consents %v, subscriptions %v", standing(), town.shelf.has[person])
		}
	})
}

// She sees what we recorded of what she reads, beside the button that deletes it. Without the consent there is no list.
func TestWhatSheReadsIsOnHerPage(t *testing.T) {
	eachTown(t, func(t *testing.T, town *publicTown) {
		page := town.joined("anna@example.org", url.Values{"reading": {"1"}})
		person, _, err := town.people.ByAddress(context.Background(), people.Email, "anna@example.org")
		must(t, err)
		if body := town.get(page + "/consents").body; !strings.Contains(body, "Per ora non c’è niente") {
			t.Error("her page does not say that nothing is noted yet")
		}
		for n := range 103 {
			town.shelf.read[person] = append(town.shelf.read[person], peopleweb.Read{
				Title: "Il cartellone", Path: fmt.Sprint("/newsletters/rifiuti/n", n), Link: "https://vetro.example/orari", Times: 2,
				First: town.clock.Now(), Last: town.clock.Now(),
			})
		}
		body := town.get(page + "/consents").body
		for _, want := range []string{`href="/newsletters/rifiuti/n0"`, `href="/newsletters/rifiuti/n99"`, "https://vetro.example/orari", "altre 3", "cancelliamo subito tutto questo elenco"} {
			if !strings.Contains(body, want) {
				t.Errorf("her page lacks %q", want)
			}
		}
		if strings.Contains(body, "/n100") {
			t.Error("the list on her page is not limited")
		}
		town.clock.Advance(time.Minute)
		a := town.send(page+"/consents/end", url.Values{"purpose": {"reading"}})
		if body := town.get(a.location).body; strings.Contains(body, "vetro.example") || !strings.Contains(body, "Tenere traccia delle notizie che apro") {
			t.Error("the list is still there after the withdrawal")
		}
	})
}

func TestPostsFromOtherSitesAreRefused(t *testing.T) {
	eachTown(t, func(t *testing.T, town *publicTown) {
		page := town.joined("anna@example.org", nil)
		for _, path := range []string{"/join", "/me", page + "/erase", page + "/profile"} {
			req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, town.url+path, nil)
			must(t, err)
			req.Header.Set("Sec-Fetch-Site", "cross-site")
			if a := town.do(req); a.status != http.StatusForbidden {
				t.Errorf("POST %s from another site: %d, want 403", path, a.status)
			}
		}
		if town.get(page).status != http.StatusOK {
			t.Error("another site has erased her")
		}
	})
}

func TestEveryPageHasTitleLanguageOneHeadingAndWords(t *testing.T) {
	eachTown(t, func(t *testing.T, town *publicTown) {
		page := strings.TrimPrefix(town.joined("anna@example.org", nil), "/me/")
		town.send("/join", url.Values{"go": {"send"}, "address": {"bruno@example.org"}, "newsletters": {"sport"}, "agree": {"1"}})
		join := strings.TrimPrefix(town.linkIn("bruno@example.org"), "/join/confirm/")
		town.send("/me/"+page+"/addresses", url.Values{"address": {"anna@work.example"}})
		address := strings.TrimPrefix(town.linkIn("anna@work.example"), "/address/")
		code := strings.TrimPrefix(town.joinByText(mobile), "/code/")
		seen, hers := 0, town.jar
		for _, route := range town.site.Routes() {
			if route.Kind != web.Page {
				continue
			}
			token := page
			switch {
			case strings.HasPrefix(route.Path(), "/join"):
				token = join
			case strings.HasPrefix(route.Path(), "/address"):
				token = address
			case strings.HasPrefix(route.Path(), "/code"):
				token = code
			}
			path := strings.ReplaceAll(route.Path(), "{token}", token)
			if town.jar = hers; route.Permission == access.Public {
				town.anotherBrowser()
			}
			for _, lang := range []string{"it", "en"} {
				prefix := map[string]string{"it": "", "en": "/en"}[lang]
				checkPage(t, lang, prefix+path, town.get(prefix+path))
				seen++
			}
		}
		for _, step := range []string{"wants", "reach"} {
			checkPage(t, "it", "step "+step, town.send("/join", url.Values{"go": {step}, "newsletters": {"rifiuti"}, "profile": {"1"}}))
			checkPage(t, "en", "step "+step, town.send("/en/join", url.Values{"go": {step}, "newsletters": {"rifiuti"}, "profile": {"1"}}))
		}
		if seen < 30 {
			t.Errorf("looked at %d pages only", seen)
		}
	})
}

func checkPage(t *testing.T, lang, path string, a answer) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(a.body))
	must(t, err)
	counts := map[string]int{}
	ids := map[string]bool{}
	told := ""
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		counts[n.Data]++
		for _, attr := range n.Attr {
			if n.Data == "html" && attr.Key == "lang" {
				told = attr.Val
			}
			if attr.Key == "id" && ids[attr.Val] {
				t.Errorf("%s: the id %q stands twice", path, attr.Val)
			}
			ids[attr.Val] = ids[attr.Val] || attr.Key == "id"
			if attr.Key == "style" || strings.HasPrefix(attr.Key, "on") {
				t.Errorf("%s: <%s %s> breaks the content security policy", path, n.Data, attr.Key)
			}
		}
	}
	if a.status != http.StatusOK || told != lang || counts["title"] < 1 || counts["h1"] != 1 {
		t.Errorf("%s: status %d, lang %q, %d titles, %d h1", path, a.status, told, counts["title"], counts["h1"])
	}
	if i := strings.Index(a.body, "peopleweb."); i >= 0 {
		t.Errorf("%s: a word is missing: %s", path, a.body[i:min(i+60, len(a.body))])
	}
}

func TestOwnPace(t *testing.T) {
	eachTown(t, func(t *testing.T, town *publicTown) {
		page := town.joined("anna@example.org", nil)
		town.send(page+"/newsletters", url.Values{"newsletter": {"scuola", "rifiuti"}})
		form := fieldsOf(t, town.get(page+"/pace").body)
		for _, name := range []string{"pace-scuola", "pace-rifiuti", "profile", "most_a_week"} {
			if !form.Has(name) {
				t.Errorf("the page asks for no %s: %v", name, form)
			}
		}
		form.Set("pace-scuola", "weekly")
		form.Set("profile", "daily")
		form.Set("most_a_week", "3")
		if a := town.send(page+"/pace", form); a.status != http.StatusSeeOther {
			t.Fatalf("saving the pace: %d\n%s", a.status, a.body)
		}
		again := fieldsOf(t, town.get(page+"/pace").body)
		if again.Get("pace-scuola") != "weekly" || again.Get("profile") != "daily" || again.Get("most_a_week") != "3" {
			t.Errorf("the page shows %v", again)
		}
		form.Set("most_a_week", "tante")
		if a := town.send(page+"/pace", form); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `id="f-most_a_week-error"`) {
			t.Errorf("a bound that is no number: %d", a.status)
		}
		if a := town.send(page+"/pause", url.Values{"until": {"domani"}}); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `value="domani"`) {
			t.Errorf("a pause until no date: %d", a.status)
		}
		if a := town.send(page+"/pause", url.Values{"until": {"2026-04-01"}}); a.status != http.StatusSeeOther {
			t.Errorf("a pause: %d\n%s", a.status, a.body)
		}
		for _, path := range []string{"", "/pace"} {
			if body := town.get(page + path).body; !strings.Contains(body, "Sei in pausa") || !strings.Contains(body, "aprile 2026") {
				t.Errorf("%q does not say that she has paused", path)
			}
		}
		town.send(page+"/pause/end", nil)
		if strings.Contains(town.get(page).body, "Sei in pausa") {
			t.Error("the pause does not end")
		}
	})
}
