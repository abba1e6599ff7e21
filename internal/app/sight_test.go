package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"unoxuno/internal/identity"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
)

// What is sensitive of a person is seen by herself and by the command line, and by nobody in the office: neither on a page
// nor in a form nor in a copy. What is not sensitive is seen by all of them.
func TestWhoSeesWhatOfAPerson(t *testing.T) {
	eachEngine(t, func(t *testing.T, b *borgo) {
		b.sensitiveMaria()
		her, desk, admin := b.browser(), b.signedIn(b.staff("ugo@borgo.example", identity.Operator)), b.signedIn(b.admin)
		b.enter(her)
		console, err := b.people.Export(b.ctx, b.maria)
		b.must(err)
		text, err := json.Marshal(console)
		b.must(err)
		page := fmt.Sprintf("/office/people/%d", b.maria)
		get := func(client *http.Client, path string) string {
			a := b.ask(client, http.MethodGet, path, nil)
			if a.status != http.StatusOK {
				t.Fatalf("%s answered %d", path, a.status)
			}
			return strings.ToLower(a.body)
		}
		ways := []struct {
			name, said string
			whole      bool
		}{
			{"command line", strings.ToLower(string(text)), true},
			{"her own copy", get(her, "/me/"+b.ownToken()+"/data.json"), true},
			{"her own profile and newsletters", get(her, "/me/"+b.ownToken()+"/profile") + get(her, "/me/"+b.ownToken()+"/newsletters"), true},
			{"operator's page", get(desk, page), false},
			{"operator's form", get(desk, page+"/edit"), false},
			{"operator's copy", get(desk, page+"/export.json"), false},
			{"administrator's page", get(admin, page), false},
			{"administrator's copy", get(admin, page+"/export.json"), false},
		}
		for _, way := range ways {
			if strings.Contains(way.said, "teatro") != way.whole {
				t.Errorf("%s: the theatre is seen: %t\n%s", way.name, !way.whole, way.said)
			}
			if strings.Contains(way.said, "\"teatro/") && !way.whole || strings.Contains(way.said, fmt.Sprint(b.sent.ID)) && !way.whole {
				t.Errorf("%s: an issue that she was sent is seen", way.name)
			}
			if !strings.Contains(way.said, "genitor") {
				t.Errorf("%s: what is not sensitive is missing:\n%s", way.name, way.said)
			}
		}
		for _, part := range []string{fmt.Sprint(b.sent.ID), `"waiting":[{"newsletter":"teatro"`, `"opt_outs":[{"newsletter":"teatro"`, `"reading":[{"issue":"teatro/`} {
			if !strings.Contains(ways[0].said, part) {
				t.Errorf("the whole copy lacks %s: this test proves less than it says\n%s", part, ways[0].said)
			}
		}
		b.deskKeepsWhatItDoesNotSee(desk, page)
		if lines := strings.Join(b.content("identity_audit"), "\n"); strings.Count(lines, "audit.person.exported") != 3 {
			t.Errorf("who took her data is not in the log three times:\n%s", lines)
		}
		if a := b.ask(her, http.MethodPost, "/me/"+b.ownToken()+"/erase", nil); a.status != http.StatusSeeOther {
			t.Fatalf("she erases herself: %d", a.status)
		}
		if lines := strings.Join(b.content("identity_audit"), "\n"); strings.Count(lines, "audit.person.erased") != 1 {
			t.Errorf("that she erased herself is not in the log:\n%s", lines)
		}
	})
}

// sensitiveMaria has to do with the theatre in every way there is: she was sent an issue, followed its link, left, came back,
// and waits for another. Then the theatre is declared sensitive.
func (b *borgo) sensitiveMaria() {
	b.t.Helper()
	b.livelyMaria()
	b.must(b.newsletters.SubscribePerson(b.ctx, b.maria, "genitori", "desk"))
	b.must(b.newsletters.Unsubscribe(b.ctx, newsletters.Leaving{Person: b.maria, Newsletter: "teatro", How: "own-page"}))
	b.must(b.newsletters.SubscribePerson(b.ctx, b.maria, "teatro", "own-page"))
	b.must(b.newsletters.ChooseRhythm(b.ctx, b.maria, newsletters.Choice{Profile: newsletters.AtOnce, Paces: map[string]newsletters.Pace{"teatro": newsletters.Weekly}}))
	waiting := b.put("waiting", "---\nnewsletter: teatro\nslug: attesa\ntitle: Attesa\nlanguage: it\n---\nTesto.\n")
	sending, err := b.newsletters.Send(b.ctx, waiting.ID, waiting.Version, false)
	b.must(err)
	_, err = b.delivery.Drain(b.ctx, sending.Batch.ID, nil)
	b.must(err)
	sensitive := strings.NewReplacer("slug: teatro\n", "slug: teatro\n    sensitive: true\n", "{slug: teatro,", "{slug: teatro, sensitive: true,")
	_, err = b.applyTown(b.run, []byte(sensitive.Replace(string(b.file("town.yaml")))), "town.yaml", false)
	b.must(err)
}

// deskKeepsWhatItDoesNotSee saves the desk's form about Maria without what it does not show.
func (b *borgo) deskKeepsWhatItDoesNotSee(desk *http.Client, page string) {
	b.t.Helper()
	a := b.ask(desk, http.MethodPost, page+"/edit", url.Values{
		"kind": {"person"}, "given_name": {"Maria"}, "family_name": {"Rossi"}, "who": {"genitore"}, "wants": {"biblioteca"},
	})
	maria, err := b.people.Get(b.ctx, b.maria)
	b.must(err)
	if a.status != http.StatusSeeOther || strings.Join(maria.Wants, " ") != "biblioteca teatro" {
		b.t.Errorf("the desk saved (%d), and she wants %v", a.status, maria.Wants)
	}
}

// At the desk a new address takes the old one's place where that was chosen, on either channel, and the old one is told of
// it in her language. What nothing proves takes it once it has answered.
func TestTheDeskReplacesAnAddress(t *testing.T) {
	eachEngine(t, func(t *testing.T, b *borgo) {
		_, err := b.people.AddAddress(b.ctx, b.maria, people.Contact{Channel: people.SMS, Value: "333 1234567", Verified: true})
		b.must(err)
		desk := b.signedIn(b.staff("ugo@borgo.example", identity.Operator))
		page := fmt.Sprintf("/en/office/people/%d", b.maria)
		wants := func(step string, want ...string) {
			t.Helper()
			maria, err := b.people.Get(b.ctx, b.maria)
			b.must(err)
			var has []string
			for _, a := range maria.Addresses {
				has = append(has, a.Value)
			}
			if slices.Sort(has); !slices.Equal(has, want) {
				t.Errorf("%s: she has %v, want %v", step, has, want)
			}
		}
		add := func(value string, more ...string) {
			t.Helper()
			form := url.Values{"address": {value}}
			for _, field := range more {
				name, value, _ := strings.Cut(field, "=")
				form.Set(name, value)
			}
			if a := b.ask(desk, http.MethodPost, page+"/addresses", form); a.status != http.StatusSeeOther {
				t.Fatalf("adding %s: %d\n%s", value, a.status, a.body)
			}
		}
		if a := b.ask(desk, http.MethodPost, page+"/addresses", url.Values{"address": {"ciccio"}, "old": {"replace"}}); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "Write an e-mail address or a mobile number") {
			t.Errorf("neither an address nor a number: %d\n%s", a.status, a.body)
		}
		add("due@citta.example", "proven=1", "old=keep")
		wants("kept", "+393331234567", "due@citta.example", "maria@citta.example")
		add("nuova@citta.example", "proven=1", "old=replace")
		wants("replaced", "+393331234567", "due@citta.example", "nuova@citta.example")
		add("333 7654321", "proven=1", "old=replace")
		wants("number replaced", "+393337654321", "due@citta.example", "nuova@citta.example")
		add("terza@citta.example", "old=replace")
		wants("not proven", "+393337654321", "due@citta.example", "nuova@citta.example")
		notes := strings.Join(b.content("delivery_note"), "\n")
		for _, told := range []string{"Il tuo indirizzo è cambiato", "maria@citta.example", "+393331234567", "terza@citta.example", "Conferma il tuo indirizzo"} {
			if !strings.Contains(notes, told) {
				t.Errorf("nobody was told %q:\n%s", told, notes)
			}
		}
		if strings.Contains(notes, "Your address has changed") {
			t.Error("she was told in the clerk's language")
		}
	})
}
