package app

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"unoxuno/internal/identity"
	"unoxuno/internal/people"
)

const someBrowser = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"

// TestReadingFromConsentToWithdrawal is the whole way: Maria agrees on her page, gets mail with links of her own, follows
// one, finds it on her page and in her data, and takes it all back. No page of the office tells of it.
func TestReadingFromConsentToWithdrawal(t *testing.T) {
	eachEngine(t, func(t *testing.T, b *borgo) {
		me, visitor := "/me/"+b.ownToken(), b.browser()
		b.enter(visitor)
		press := func(path string, form url.Values) {
			t.Helper()
			if a := b.ask(visitor, http.MethodPost, me+path, form); a.status != http.StatusSeeOther {
				t.Fatalf("%s: %d\n%s", path, a.status, a.body)
			}
		}
		press("/consents", url.Values{"purpose": {"reading"}})
		issue := b.put("second", "---\nnewsletter: teatro\nslug: secondo\ntitle: Il secondo numero\nlanguage: it\n---\nLeggi [la notizia](https://www.teatro.example/notizia).\n")
		b.relay.Clear()
		sending, err := b.newsletters.Send(b.ctx, issue.ID, issue.Version, false)
		b.must(err)
		_, err = b.delivery.Drain(b.ctx, sending.Batch.ID, nil)
		b.must(err)

		own := regexp.MustCompile(`/l/[\w-]+(/[\w-]+)?`)
		var link string
		for _, m := range b.relay.Mails() {
			found := own.FindStringSubmatch(m.HTML())
			if traced := len(found) == 2 && found[1] != ""; traced != (m.To == "maria@citta.example") {
				t.Errorf("the links of %s are hers alone: %t (%v)", m.To, traced, found)
			} else if traced {
				link = found[0]
			}
		}
		a := b.ask(b.browser(), http.MethodGet, link, nil, "User-Agent", someBrowser)
		if a.status != http.StatusFound || a.header.Get("Location") != "https://www.teatro.example/notizia" {
			t.Fatalf("her link: %d %q", a.status, a.header.Get("Location"))
		}
		b.must(b.newsletters.Flush(b.ctx))

		if body := b.ask(visitor, http.MethodGet, me+"/consents", nil).body; !strings.Contains(body, "https://www.teatro.example/notizia") {
			t.Error("her page does not show what she read")
		}
		if body := b.ask(visitor, http.MethodGet, me+"/data.json", nil).body; !strings.Contains(body, `"title": "Il secondo numero"`) {
			t.Errorf("her data lack what she read: %s", body)
		}
		b.officeDoesNotTell("https://www.teatro.example/notizia", issue.ID)

		press("/consents/end", url.Values{"purpose": {"reading"}})
		if rows := b.content("newsletters_reading"); len(rows) != 0 {
			t.Errorf("she withdrew, and %v is kept", rows)
		}
		b.ask(b.browser(), http.MethodGet, link, nil, "User-Agent", someBrowser)
		b.must(b.newsletters.Flush(b.ctx))
		if rows := b.content("newsletters_reading"); len(rows) != 0 {
			t.Errorf("she withdrew, and %v is noted", rows)
		}
	})
}

// officeDoesNotTell looks at the pages where it could stand that one person followed the link: hers, and the issue's
// numbers.
func (b *borgo) officeDoesNotTell(link string, issue int64) {
	b.t.Helper()
	office := b.signedIn(b.admin)
	page := b.ask(office, http.MethodGet, "/office/people/"+fmt.Sprint(b.maria), nil)
	if !strings.Contains(page.body, "Tenere traccia dei messaggi che apre") || strings.Contains(page.body, link) {
		b.t.Errorf("her page at the desk is to say that the consent stands, and not what she read:\n%s", page.body)
	}
	editor := b.signedIn(b.staff("edo@borgo.example", identity.Editor, "ufficio-cultura"))
	numbers := b.ask(editor, http.MethodGet, "/office/issues/"+fmt.Sprint(issue)+"/statistics", nil)
	if numbers.status != http.StatusOK || strings.Contains(numbers.body, "Maria") || !strings.Contains(numbers.body, "meno di 5") {
		b.t.Errorf("the numbers of the issue (%d) name her, or tell that it was one:\n%s", numbers.status, numbers.body)
	}
	if a := b.ask(editor, http.MethodGet, "/office/people/"+fmt.Sprint(b.maria), nil); a.status != http.StatusForbidden {
		b.t.Errorf("an editor sees her page: %d", a.status)
	}
}

// TestPrivacyPageNamesReading: what is kept, for how long, and upon which consent.
func TestPrivacyPageNamesReading(t *testing.T) {
	eachEngine(t, func(t *testing.T, b *borgo) {
		for path, wants := range map[string][]string{
			"/privacy":    {"Quello che leggi, solo se ce lo permetti", "13 mesi", "tre e separati"},
			"/en/privacy": {"What you read, only if you let us", "13 months", "three separate consents"},
		} {
			body := b.ask(b.browser(), http.MethodGet, path, nil).body
			for _, want := range wants {
				if !strings.Contains(body, want) {
					t.Errorf("%s lacks %q", path, want)
				}
			}
		}
		texts, err := b.people.ConsentTexts(b.ctx)
		b.must(err)
		if len(texts) != len(people.Purposes()) {
			t.Errorf("%d purposes have a wording, want %d", len(texts), len(people.Purposes()))
		}
	})
}
