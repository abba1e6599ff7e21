package newslettersweb_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/web"
)

func TestOneClickUnsubscribesFromAnywhereWithoutRedirect(t *testing.T) {
	eachTown(t, func(t *testing.T, p *publicTown) {
		_, mail := p.sent()
		header := regexp.MustCompile(`<` + regexp.QuoteMeta(p.url) + `(/u/[^>]+)>`).FindStringSubmatch(mail.Header("List-Unsubscribe"))
		if header == nil || mail.Header("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
			t.Fatalf("List-Unsubscribe %q, -Post %q", mail.Header("List-Unsubscribe"), mail.Header("List-Unsubscribe-Post"))
		}
		if a := p.get(header[1]); a.status != http.StatusOK || !p.subscribed() {
			t.Fatalf("GET: %d; it must only ask", a.status)
		}
		for range 2 { // twice, because some programs repeat requests
			a := p.ask(http.MethodPost, header[1], url.Values{"List-Unsubscribe": {"One-Click"}}, "Sec-Fetch-Site", "cross-site", "Origin", "https://mail.example")
			if a.status != http.StatusOK || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") || a.header.Get("Set-Cookie") != "" {
				t.Fatalf("POST: %d %v", a.status, a.header)
			}
		}
		if p.subscribed() {
			t.Error("she is still subscribed")
		}
		if a := p.ask(http.MethodPost, "/u/forged", url.Values{"List-Unsubscribe": {"One-Click"}}); a.status != http.StatusGone {
			t.Errorf("forged: %d, want 410", a.status)
		}
	})
}

func TestLeavingByTheLinkAsksAndCanBeUndone(t *testing.T) {
	eachTown(t, func(t *testing.T, p *publicTown) {
		_, mail := p.sent()
		link := p.leaveLink(mail)
		if a := p.get(link); a.status != http.StatusOK || !strings.Contains(a.body, "Il cassonetto") || !p.subscribed() {
			t.Fatalf("GET: %d; it must only ask", a.status)
		}
		if a := p.ask(http.MethodPost, link, url.Values{}, "Sec-Fetch-Site", "cross-site"); a.status != http.StatusForbidden || !p.subscribed() {
			t.Errorf("POST from another site: %d, want 403", a.status)
		}
		a := p.ask(http.MethodPost, link, url.Values{"why": {"troppe"}})
		if a.status != http.StatusOK || p.subscribed() {
			t.Fatalf("POST: %d, subscribed %t", a.status, p.subscribed())
		}
		undo := undoIn(t, a.body)
		p.clock.Advance(time.Minute)
		if a := p.ask(http.MethodPost, link+"/undo", url.Values{"undo": {undo}}); a.status != http.StatusOK || !p.subscribed() {
			t.Errorf("undo: %d, subscribed %t", a.status, p.subscribed())
		}
	})
}

func TestLeavingEverythingAndComingBack(t *testing.T) {
	eachTown(t, func(t *testing.T, p *publicTown) {
		must(t, p.people.Grant(ctx(), p.anna, people.Grant{Purpose: people.ForProfile, Source: "sign-up"}))
		p.clock.Advance(time.Minute)
		_, mail := p.sent()
		link := p.leaveLink(mail)
		standing := func() (n int) {
			ledger, err := p.people.Consents(ctx(), p.anna)
			must(t, err)
			for _, c := range ledger {
				if c.Ended.IsZero() {
					n++
				}
			}
			return n
		}
		undo := undoIn(t, p.ask(http.MethodPost, link+"/all", url.Values{}).body)
		if p.subscribed() || standing() != 0 {
			t.Fatalf("left everything, and yet subscribed %t, %d consents", p.subscribed(), standing())
		}
		p.clock.Advance(time.Minute)
		p.ask(http.MethodPost, link+"/undo", url.Values{"undo": {undo}})
		if !p.subscribed() || standing() != 2 {
			t.Errorf("came back: subscribed %t, %d consents, want both", p.subscribed(), standing())
		}
		p.ask(http.MethodPost, link, url.Values{})
		p.clock.Advance(2 * time.Hour)
		for name, token := range map[string]string{"old": undo, "forged": "forged", "missing": ""} {
			if a := p.ask(http.MethodPost, link+"/undo", url.Values{"undo": {token}}); a.status != http.StatusGone || p.subscribed() {
				t.Errorf("%s undo: %d, want 410", name, a.status)
			}
		}
	})
}

// undoIn returns the undo token on the page after unsubscribing.
func undoIn(t *testing.T, page string) string {
	t.Helper()
	found := regexp.MustCompile(`name="undo" value="([^"]+)"`).FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("no way back on:\n%s", page)
	}
	return found[1]
}

func TestAnUnsubscribeLinkOpensNothingElse(t *testing.T) {
	eachTown(t, func(t *testing.T, p *publicTown) {
		_, mail := p.sent()
		link := p.leaveLink(mail)
		for _, a := range []answer{p.get(link), p.ask(http.MethodPost, link, url.Values{})} {
			if regexp.MustCompile(`/me/[A-Za-z0-9_-]+`).MatchString(a.body) {
				t.Error("a link that never expires leads to her own page without her mailbox")
			}
		}
		must(t, p.people.Erase(ctx(), p.anna))
		for _, path := range []string{"/unsubscribe/forged", "/u/forged", link + "x"} {
			if a := p.get(path); a.status != http.StatusGone || !strings.Contains(a.body, `href="/me"`) {
				t.Errorf("GET %s: %d, want 410 and another way", path, a.status)
			}
		}
		for _, path := range []string{link, link + "/all"} {
			if a := p.ask(http.MethodPost, path, url.Values{}); a.status >= http.StatusInternalServerError {
				t.Errorf("an erased person unsubscribes by %s: %d", path, a.status)
			}
		}
	})
}

func TestClicksLeadOnlyWhereTheIssueSays(t *testing.T) {
	eachTown(t, func(t *testing.T, p *publicTown) {
		issue, _ := p.sent()
		link, pixel := p.room.LinkPath(issue.ID, 1), p.room.PixelPath(issue.ID)
		if a := p.get(link); a.status != http.StatusFound || a.header.Get("Location") != "https://vetro.example/orari" {
			t.Errorf("click: %d %q", a.status, a.header.Get("Location"))
		}
		if a := p.ask(http.MethodHead, link, nil); a.status != http.StatusFound {
			t.Errorf("HEAD: %d", a.status)
		}
		if a := p.get(pixel); a.status != http.StatusOK || a.header.Get("Content-Type") != "image/gif" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("pixel: %d %v", a.status, a.header)
		}
		must(t, p.room.Flush(ctx()))
		var raw, filtered int64
		must(t, p.db.QueryRowContext(ctx(), "SELECT SUM(visits), SUM(filtered) FROM newsletters_visits WHERE n > 0").Scan(&raw, &filtered))
		if raw != 1 || filtered != 1 {
			t.Errorf("clicks %d raw, %d filtered; want 1 and 1: a HEAD is no visit", raw, filtered)
		}
		forged := []byte(link)
		forged[len(forged)-2] ^= 1
		for _, path := range []string{
			string(forged), string(forged) + "/" + p.room.ReaderToken(issue.ID, p.anna), link + "/1/2", pixel + "/1/2", link + "x", "/l/" + strings.Repeat("x", 4000), p.room.LinkPath(issue.ID, 9), p.room.LinkPath(issue.ID+1, 1),
			"/l/" + strings.TrimSuffix(strings.TrimPrefix(pixel, "/o/"), ".gif"), strings.TrimSuffix(pixel, ".gif"), strings.TrimSuffix(pixel, "gif") + "png",
			"/o/" + strings.TrimPrefix(link, "/l/") + ".gif", p.room.PixelPath(1), "/media/none.png",
		} {
			if a := p.get(path); a.status != http.StatusNotFound || !strings.Contains(a.body, "<h1") {
				t.Errorf("GET %.80s: %d, want 404 and a page that says so", path, a.status)
			}
		}
		if a := p.ask(http.MethodPost, link, url.Values{}); a.status != http.StatusMethodNotAllowed || a.header.Get("Allow") != "GET, HEAD" {
			t.Errorf("POST: %d, Allow %q", a.status, a.header.Get("Allow"))
		}
		if left := p.room.Unwritten(); left != 0 {
			t.Errorf("%d visits were counted of what is no link", left)
		}
	})
}

// Whatever follows the shared path, forged or hers, the link works and is counted.
func TestAReadersPartLeadsOnWhateverItIs(t *testing.T) {
	eachTown(t, func(t *testing.T, p *publicTown) {
		issue, _ := p.sent()
		must(t, p.people.Grant(ctx(), p.anna, people.Grant{Purpose: people.ForReading, Source: "own page"}))
		link, pixel := p.room.LinkPath(issue.ID, 1), p.room.PixelPath(issue.ID)
		for _, part := range []string{"/" + p.room.ReaderToken(issue.ID, p.anna), "/x", "/" + p.room.ReaderToken(issue.ID+1, p.anna), "/" + strings.Repeat("x", 4000)} {
			if a := p.get(link + part); a.status != http.StatusFound || a.header.Get("Location") != "https://vetro.example/orari" {
				t.Errorf("click %.40s: %d %q", part, a.status, a.header.Get("Location"))
			}
		}
		if a := p.get(pixel + "/" + p.room.ReaderToken(issue.ID, p.anna)); a.status != http.StatusOK || a.header.Get("Content-Type") != "image/gif" {
			t.Errorf("pixel: %d %v", a.status, a.header)
		}
		must(t, p.room.Flush(ctx()))
		var visits, read int64
		must(t, p.db.QueryRowContext(ctx(), "SELECT SUM(visits) FROM newsletters_visits").Scan(&visits))
		must(t, p.db.QueryRowContext(ctx(), "SELECT COUNT(*) FROM newsletters_reading WHERE person_id = $1 AND times = 1", p.anna).Scan(&read))
		if visits != 5 || read != 2 {
			t.Errorf("%d visits of all and %d rows of hers; want 5 and 2", visits, read)
		}
	})
}

func TestCatalogueFiltersAndLeadsToSignUp(t *testing.T) {
	eachTown(t, func(t *testing.T, p *publicTown) {
		for query, want := range map[string][]string{
			"":                             {"rifiuti", "scuola"},
			"?topic=istruzione":            {"scuola"},
			"?for=genitore":                {"scuola"},
			"?q=raccolte":                  {"rifiuti"},
			"?topic=istruzione&q=raccolte": nil,
			"?topic=nonesiste":             nil,
		} {
			a := p.get("/newsletters" + query)
			var found []string
			for _, m := range regexp.MustCompile(`href="/newsletters/([a-z]+)"`).FindAllStringSubmatch(a.body, -1) {
				found = append(found, m[1])
			}
			slices.Sort(found)
			if a.status != http.StatusOK || !slices.Equal(found, want) {
				t.Errorf("%q: %d, found %v, want %v", query, a.status, found, want)
			}
		}
		if a := p.get("/newsletters/rifiuti"); !strings.Contains(a.body, `href="/join?newsletter=rifiuti"`) {
			t.Error("the newsletter's page does not lead to the sign-up with it chosen")
		}
		if a := p.get("/newsletters/rifiut"); a.status != http.StatusNotFound || !strings.Contains(a.body, "rifiuti") {
			t.Errorf("misspelt: %d, and the nearest is not named", a.status)
		}
		if a := p.get("/newsletters/rifiuti/novembre"); a.status != http.StatusNotFound {
			t.Errorf("an issue that was not sent: %d, want 404", a.status)
		}
	})
}

func TestEveryPublicPageHasTitleLanguageOneHeadingAndWords(t *testing.T) {
	eachTown(t, func(t *testing.T, p *publicTown) {
		_, mail := p.sent()
		token := strings.TrimPrefix(p.leaveLink(mail), "/unsubscribe/")
		seen := 0
		for _, route := range p.site.Routes() {
			if route.Kind != web.Page {
				continue
			}
			path := strings.NewReplacer("{token}", token, "{newsletter}", "rifiuti", "{issue}", "novembre").Replace(route.Path())
			for lang, prefix := range map[string]string{"it": "", "en": "/en"} {
				checkPage(t, lang, prefix+path, p.get(prefix+path))
				seen++
			}
		}
		checkPage(t, "it", "goodbye", p.ask(http.MethodPost, "/unsubscribe/"+token, url.Values{}))
		checkPage(t, "en", "goodbye to all", p.ask(http.MethodPost, "/en/unsubscribe/"+token+"/all", url.Values{}))
		if seen < 12 {
			t.Errorf("looked at %d pages only", seen)
		}
		if a := p.get("/newsletters/rifiuti/novembre"); !strings.Contains(a.body, `"@type":"NewsArticle"`) || !strings.Contains(a.body, "https://vetro.example/orari") {
			t.Error("the archive page lacks its text, or what it tells search engines")
		}
	})
}

func checkPage(t *testing.T, lang, path string, a answer) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(a.body))
	must(t, err)
	counts, ids, told := map[string]int{}, map[string]bool{}, ""
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
	if i := strings.Index(a.body, "newslettersweb."); i >= 0 {
		t.Errorf("%s: a word is missing: %s", path, a.body[i:min(i+60, len(a.body))])
	}
}

func TestLeavingADigestAsksWhich(t *testing.T) {
	eachTown(t, func(t *testing.T, p *publicTown) {
		must(t, p.room.SubscribePerson(ctx(), p.anna, "scuola", "own-page"))
		var issues []int64
		for _, newsletter := range []string{"rifiuti", "scuola"} {
			file, err := newsletters.ParseIssueFile([]byte("---\nnewsletter: " + newsletter + "\nslug: uno\ntitle: Uno\nlanguage: it\n---\nTesto.\n"))
			must(t, err)
			issue, err := p.room.Put(ctx(), file)
			must(t, err)
			issues = append(issues, issue.ID)
		}
		link := "/unsubscribe/" + p.room.DigestToken(p.anna, 1, issues...)
		checkPage(t, "it", "leaving a digest", p.get(link))
		a := p.get(link)
		if a.status != http.StatusOK || !strings.Contains(a.body, "Il cassonetto") || !strings.Contains(a.body, "Scuola aperta") {
			t.Fatalf("GET: %d\n%s", a.status, a.body)
		}
		if a := p.ask(http.MethodPost, link, url.Values{}); a.status != http.StatusSeeOther {
			t.Errorf("POST of none: %d, want to be asked again", a.status)
		}
		of := func() int {
			all, err := p.room.SubscribedTo(ctx(), p.anna)
			must(t, err)
			return len(all)
		}
		a = p.ask(http.MethodPost, link, url.Values{"newsletter": {"scuola", "forged"}})
		if a.status != http.StatusOK || of() != 1 {
			t.Fatalf("POST of one: %d, %d are left", a.status, of())
		}
		if b := p.ask(http.MethodPost, link+"/undo", url.Values{"undo": {undoIn(t, a.body)}}); b.status != http.StatusOK || of() != 2 {
			t.Errorf("undo: %d, %d are left", b.status, of())
		}
		if a := p.ask(http.MethodPost, strings.Replace(link, "/unsubscribe/", "/u/", 1), url.Values{"List-Unsubscribe": {"One-Click"}}); a.status != http.StatusOK || of() != 0 {
			t.Errorf("one click: %d, %d are left", a.status, of())
		}
	})
}
