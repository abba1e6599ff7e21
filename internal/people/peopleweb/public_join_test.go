package peopleweb_test

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/people"
)

func TestSignUpInThreeStepsLosesNothingAndConfirmsByButton(t *testing.T) {
	eachTown(t, func(t *testing.T, town *publicTown) {
		form := fieldsOf(t, town.get("/join?newsletter=rifiuti").body)
		form["who"] = []string{"genitore"}
		form.Set("birth_date", "1980")
		form.Set("place", "fuori-comune")
		form.Set("go", "wants")

		wants := town.send("/join", form)
		if !strings.Contains(wants.body, "Scuola aperta") || strings.Index(wants.body, "Scuola aperta") > strings.Index(wants.body, "In campo") {
			t.Error("a parent is not offered the school's newsletter before the others")
		}
		form = fieldsOf(t, wants.body)
		form["wants"] = []string{"sport"}
		form.Set("profile", "1")
		form.Set("go", "reach")
		form = fieldsOf(t, town.send("/join", form).body)
		form.Set("address", "anna@example.org")
		form.Set("given_name", "Anna")
		form.Set("go", "who")

		form = fieldsOf(t, town.send("/join", form).body) // back to the first step
		for name, want := range map[string]string{
			"who": "genitore", "birth_date": "1980", "place": "fuori-comune", "wants": "sport", "newsletters": "rifiuti",
			"profile": "1", "address": "anna@example.org", "given_name": "Anna", "language": "it",
		} {
			if !slices.Equal(form[name], []string{want}) {
				t.Errorf("going back lost %s: %q, want %q", name, form[name], want)
			}
		}
		form.Set("agree", "1")
		form.Set("go", "send")
		if a := town.send("/join", form); a.status != http.StatusSeeOther || a.location != "/join/sent" {
			t.Fatalf("send: %d %s\n%s", a.status, a.location, a.body)
		}

		person := confirmedByButton(t, town, "anna@example.org")
		who, err := town.people.Get(context.Background(), person)
		must(t, err)
		if who.Given != "Anna" || who.Place != "fuori-comune" || who.Born.String() != "1980" || !slices.Equal(who.Who, []string{"genitore"}) {
			t.Errorf("kept %+v", who.Details)
		}
		if !slices.Equal(town.shelf.has[person], []string{"rifiuti"}) {
			t.Errorf("subscribed to %v", town.shelf.has[person])
		}
	})
}

// confirmedByButton opens the page linked in the mail to the address, which must change nothing, presses its button and
// returns the new person.
func confirmedByButton(t *testing.T, town *publicTown, address string) int64 {
	t.Helper()
	link := town.linkIn(address)
	for range 2 { // a mail scanner follows links
		if a := town.get(link); a.status != http.StatusOK || !strings.Contains(a.body, "Il cassonetto") {
			t.Fatalf("confirmation page: %d\n%s", a.status, a.body)
		}
	}
	if _, known, _ := town.people.ByAddress(context.Background(), people.Email, address); known {
		t.Fatal("following the link signed her up: only the button may")
	}
	a := town.send(link, nil)
	person, known, err := town.people.ByAddress(context.Background(), people.Email, address)
	must(t, err)
	if a.status != http.StatusSeeOther || !known {
		t.Fatalf("confirm: %d, known %t", a.status, known)
	}
	if welcome := town.get(a.location); welcome.status != http.StatusOK || !strings.Contains(welcome.body, "Il cassonetto") {
		t.Errorf("welcome page: %d", welcome.status)
	}
	return person
}

// Nobody consents by leaving a form as it is: the box is empty and optional, and the consent is shown again before it
// counts.
func TestReadingIsAgreedToByHerOwnHandAlone(t *testing.T) {
	eachTown(t, func(t *testing.T, town *publicTown) {
		for address, ticks := range map[string]bool{"anna@example.org": true, "bea@example.org": false} {
			form := fieldsOf(t, town.get("/join?newsletter=rifiuti").body)
			form.Set("go", "reach")
			a := town.send("/join", form)
			if !strings.Contains(a.body, "Potete tenere traccia di quali messaggi apro") || !strings.Contains(a.body, "13 mesi") {
				t.Error("the last step does not show the wording")
			}
			form = fieldsOf(t, a.body)
			if _, ticked := form["reading"]; ticked {
				t.Error("the box is ticked from the start")
			}
			form.Set("address", address)
			form.Set("agree", "1")
			form.Set("go", "send")
			if ticks {
				form.Set("reading", "1")
				back := fieldsOf(t, town.send("/join", with(form, "go", "wants")).body)
				if back.Get("reading") != "1" {
					t.Error("going back clears the box")
				}
			}
			if a := town.send("/join", form); a.location != "/join/sent" {
				t.Fatalf("send: %d %s", a.status, a.location)
			}
			link := town.linkIn(address)
			if said := strings.Contains(town.get(link).body, "tenere traccia dei messaggi che apri"); said != ticks {
				t.Errorf("the page that confirms says so: %t, want %t", said, ticks)
			}
			person := confirmedByButton(t, town, address)
			consents, err := town.people.Consents(context.Background(), person)
			must(t, err)
			at := slices.IndexFunc(consents, func(c people.Consent) bool { return c.Purpose == people.ForReading })
			if (at >= 0) != ticks || ticks && (consents[at].TextVersion != "2" || !strings.Contains(consents[at].Proof, "double opt-in")) {
				t.Errorf("%s: consents %+v", address, consents)
			}
		}
	})
}

// with returns the form with one field changed.
func with(form url.Values, name, value string) url.Values {
	changed := maps.Clone(form)
	changed.Set(name, value)
	return changed
}

func TestSignUpShowsFaultsAndKeepsTheRest(t *testing.T) {
	eachTown(t, func(t *testing.T, town *publicTown) {
		good := url.Values{"go": {"send"}, "address": {"anna@example.org"}, "newsletters": {"rifiuti"}, "agree": {"1"}, "given_name": {"Anna"}}
		for name, c := range map[string]struct {
			change url.Values
			field  string // field whose fault is shown, on the page of its step
		}{
			"address without @":     {url.Values{"address": {"anna"}}, "address"},
			"no consent":            {url.Values{"agree": nil}, "agree"},
			"nothing asked for":     {url.Values{"newsletters": nil}, "newsletters"},
			"birth date not a date": {url.Values{"birth_date": {"ieri"}}, "birth_date"},
			"thirteen years old":    {url.Values{"birth_date": {"22/11/2013"}}, "birth_date"},
			"unknown newsletter":    {url.Values{"newsletters": {"cricket"}}, "newsletters"},
			"unknown category":      {url.Values{"who": {"marziano"}}, "who"},
			"a bell in the name":    {url.Values{"given_name": {"Anna\x07Bcc: x@example.org"}}, "given_name"},
		} {
			t.Run(name, func(t *testing.T) {
				form := url.Values{}
				for field, values := range good {
					form[field] = values
				}
				for field, values := range c.change {
					form[field] = values
				}
				a := town.send("/join", form)
				if a.status != http.StatusUnprocessableEntity {
					t.Fatalf("status %d, location %q", a.status, a.location)
				}
				if !strings.Contains(a.body, `id="f-`+c.field+`-error"`) || !strings.Contains(a.body, `href="#f-`+c.field+`"`) {
					t.Errorf("no error by the field %s, or none in the summary:\n%s", c.field, a.body)
				}
				if c.field != "address" && !slices.Equal(fieldsOf(t, a.body)["address"], []string{"anna@example.org"}) {
					t.Error("the address was lost")
				}
			})
		}
		if mails := town.mails(); len(mails) > 0 {
			t.Errorf("%d mails for sign-ups that were refused", len(mails))
		}
	})
}

func TestNobodyLearnsWhetherAnAddressIsKnown(t *testing.T) {
	eachTown(t, func(t *testing.T, town *publicTown) {
		town.joined("anna@example.org", nil)
		before := len(town.mails())
		type said struct {
			status         int
			location, body string
		}
		ask := func(path string, form url.Values) said {
			a := town.send(path, form)
			return said{a.status, a.location, a.body}
		}
		for _, path := range []string{"/me", "/join"} {
			form := func(address string) url.Values {
				return url.Values{"go": {"send"}, "address": {address}, "newsletters": {"sport"}, "agree": {"1"}}
			}
			known, unknown := ask(path, form("anna@example.org")), ask(path, form("nobody@example.org"))
			if known != unknown || known.status != http.StatusSeeOther {
				t.Errorf("%s reveals who is known: %+v, %+v", path, known, unknown)
			}
		}
		got := map[string]int{}
		for _, m := range town.mails()[before:] {
			got[m.To]++
		}
		if got["anna@example.org"] != 2 || got["nobody@example.org"] != 1 {
			t.Errorf("mails: %v, want her link and two confirmations", got)
		}
	})
}

func TestAnAddressIsNotBombedThroughUs(t *testing.T) {
	eachTown(t, func(t *testing.T, town *publicTown) {
		town.joined("anna@example.org", nil)
		before := len(town.mails())
		for range 8 {
			if a := town.send("/me", url.Values{"address": {"Anna@Example.org"}}); a.status != http.StatusSeeOther {
				t.Fatalf("status %d: past the limit the answer must stay the same", a.status)
			}
		}
		if n := len(town.mails()) - before; n != 3 {
			t.Errorf("%d links were sent, want 3", n)
		}
		before = len(town.mails())
		for _, tag := range []string{"1", "2", "3", "4", "5"} {
			form := url.Values{"step": {"reach"}, "go": {"send"}, "address": {"bea+" + tag + "@example.org"}, "newsletters": {"rifiuti"}, "agree": {"1"}}
			if a := town.send("/join", form); a.status != http.StatusSeeOther {
				t.Fatalf("sign-up of a variant: status %d", a.status)
			}
		}
		if n := len(town.mails()) - before; n != 3 {
			t.Errorf("%d mails went to variants of one mailbox, want 3", n)
		}
		last := 0
		for range 20 {
			last = town.send("/me", url.Values{"address": {"other@example.org"}}).status
		}
		if last != http.StatusTooManyRequests {
			t.Errorf("too many requests of a visitor are answered %d, want 429", last)
		}
	})
}

func TestLinksThatOpenNothingShowTheWayToANewOne(t *testing.T) {
	eachTown(t, func(t *testing.T, town *publicTown) {
		page := town.joined("anna@example.org", nil)
		town.send("/join", url.Values{"go": {"send"}, "address": {"bruno@example.org"}, "newsletters": {"sport"}, "agree": {"1"}})
		join := town.linkIn("bruno@example.org")
		town.clock.Advance(31 * 24 * time.Hour)
		for path, next := range map[string]string{
			join: `href="/join"`, join + "x": `href="/join"`, "/join/confirm/forged": `href="/join"`,
			page: `href="/me"`, page + "/data.json": `href="/me"`, "/me/forged/profile": `href="/me"`, "/address/forged": `href="/me"`,
			strings.Replace(join, "/join/confirm/", "/me/", 1): `href="/me"`, // a token of another purpose
		} {
			a := town.get(path)
			if a.status != http.StatusGone || !strings.Contains(a.body, next) {
				t.Errorf("GET %s: %d, want 410 and a link %s", path, a.status, next)
			}
		}
		for _, path := range []string{join, page + "/erase", "/address/forged"} {
			if a := town.send(path, nil); a.status != http.StatusGone {
				t.Errorf("POST %s: %d, want 410", path, a.status)
			}
		}
	})
}
