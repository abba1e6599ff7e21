package peopleweb_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/people"
)

// codes returns the codes that were sent to the number, latest last.
func (town *publicTown) codes(number string) (found []string) {
	town.t.Helper()
	_, err := town.post.SendNotes(context.Background())
	must(town.t, err)
	town.mu.Lock()
	defer town.mu.Unlock()
	for _, m := range town.texts {
		if code := regexp.MustCompile(`\b\d{6}\b`).FindString(m.Text); m.To.String() == number && code != "" {
			found = append(found, code)
		}
	}
	return found
}

// code returns the last one sent to the number.
func (town *publicTown) code(number string) string {
	town.t.Helper()
	all := town.codes(number)
	if len(all) == 0 {
		town.t.Fatalf("no code to %s", number)
	}
	return all[len(all)-1]
}

// take is the town's gateway for text messages.
func (town *publicTown) take(_ context.Context, m sms.Message) ([]string, error) {
	town.mu.Lock()
	defer town.mu.Unlock()
	town.texts = append(town.texts, m)
	return []string{m.Reference}, nil
}

const mobile = "+393331234567"

// joinByText signs up with a mobile number only and returns the page that asks for the code.
func (town *publicTown) joinByText(number string) string {
	town.t.Helper()
	a := town.send("/join", url.Values{
		"go": {"send"}, "mobile": {number}, "newsletters": {"rifiuti"}, "agree": {"1"}, "given_name": {"Bea"},
	})
	if a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/code/") {
		town.t.Fatalf("sign-up: %d %s\n%s", a.status, a.location, a.body)
	}
	return a.location
}

func typed(code string) url.Values { return url.Values{"code": {code}} }

// wrong returns a code other than the right one.
func wrong(code string) string {
	if code[0] == '1' {
		return "2" + code[1:]
	}
	return "1" + code[1:]
}

func TestAMobileAloneIsEnough(t *testing.T) {
	eachTown(t, func(t *testing.T, town *publicTown) {
		page := town.joinByText("333 123 4567")
		if a := town.get(page); a.status != http.StatusOK || !strings.Contains(a.body, "one-time-code") {
			t.Fatalf("%d\n%s", a.status, a.body)
		}
		code := town.code(mobile)
		if a := town.send(page, typed(wrong(code))); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "queste non corrispondono") {
			t.Fatalf("a wrong code: %d\n%s", a.status, a.body)
		}
		if _, known, _ := town.people.ByAddress(t.Context(), people.SMS, mobile); known {
			t.Fatal("the person exists before she typed the code")
		}
		a := town.send(page, typed(code[:3]+" "+code[3:])) // as telephones show it
		own, ok := strings.CutSuffix(a.location, "/welcome")
		if a.status != http.StatusSeeOther || !ok {
			t.Fatalf("%d %s\n%s", a.status, a.location, a.body)
		}
		if welcome := town.get(a.location).body; !strings.Contains(welcome, "ti arriva un SMS") || strings.Contains(welcome, "ti arriva per e-mail") {
			t.Error("the welcome promises mail to a telephone")
		}
		person, known, err := town.people.ByAddress(t.Context(), people.SMS, mobile)
		if err != nil || !known || len(town.shelf.has[person]) != 1 {
			t.Fatalf("person %d, %v, %v", person, known, err)
		}
		if again := town.send(page, typed(code)); again.status != http.StatusUnprocessableEntity || !strings.Contains(again.body, "non vale più") {
			t.Errorf("used twice: %d", again.status)
		}
		if home := town.get(own); home.status != http.StatusOK || !strings.Contains(home.body, mobile) {
			t.Errorf("her page: %d\n%s", home.status, home.body)
		}
	})
}

func TestACodeBearsFiveTriesAndTenMinutes(t *testing.T) {
	eachTown(t, func(t *testing.T, town *publicTown) {
		page := town.joinByText(mobile)
		code := town.code(mobile)
		for range 5 {
			town.send(page, typed(wrong(code)))
		}
		if a := town.send(page, typed(code)); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "non vale più") {
			t.Fatalf("the right code, the sixth time: %d\n%s", a.status, a.body)
		}
		if a := town.send(page+"/again", nil); a.status != http.StatusSeeOther {
			t.Fatalf("another: %d", a.status)
		}
		next := town.code(mobile)
		town.clock.Advance(people.CodeLife + time.Second)
		if a := town.send(page, typed(next)); a.status != http.StatusUnprocessableEntity {
			t.Errorf("too late: %d", a.status)
		}
		town.send(page+"/again", nil)
		if a := town.send(page, typed(next)); a.status != http.StatusUnprocessableEntity && next != town.code(mobile) {
			t.Errorf("an older code: %d", a.status)
		}
		if a := town.send(page, typed(town.code(mobile))); a.status != http.StatusSeeOther {
			t.Errorf("the newest code: %d\n%s", a.status, a.body)
		}
	})
}

func TestNobodysTelephoneIsFlooded(t *testing.T) {
	eachTown(t, func(t *testing.T, town *publicTown) {
		page := town.joinByText(mobile)
		for range 8 {
			if a := town.send(page+"/again", nil); a.status != http.StatusSeeOther {
				t.Fatalf("%d", a.status)
			}
		}
		if n := len(town.codes(mobile)); n > 3 {
			t.Errorf("%d text messages went to one number", n)
		}
	})
}

func TestTheLinkToHerPageByText(t *testing.T) {
	eachTown(t, func(t *testing.T, town *publicTown) {
		town.send(town.joinByText(mobile), typed(town.code(mobile)))
		a := town.send("/me", url.Values{"address": {"333 1234567"}})
		if a.status != http.StatusSeeOther {
			t.Fatalf("%d\n%s", a.status, a.body)
		}
		if in := town.send(a.location, typed(town.code(mobile))); in.status != http.StatusSeeOther || !strings.HasPrefix(in.location, "/me/") {
			t.Fatalf("%d %s", in.status, in.location)
		}
		stranger := town.send("/me", url.Values{"address": {"333 7654321"}})
		if stranger.status != a.status || len(stranger.location) != len(a.location) || len(town.codes("+393337654321")) != 0 {
			t.Errorf("a stranger's number is answered %d %s", stranger.status, stranger.location)
		}
		page, hers := town.get(stranger.location), town.get(a.location)
		if page.status != hers.status || len(page.body) != len(hers.body) {
			t.Error("the page reveals whether the number is known")
		}
		if in := town.send(stranger.location, typed("123456")); in.status != http.StatusUnprocessableEntity {
			t.Errorf("a guess: %d", in.status)
		}
		if bad := town.send("/me", url.Values{"address": {"12"}}); bad.status != http.StatusUnprocessableEntity {
			t.Errorf("no number: %d", bad.status)
		}
	})
}

func TestBothAddressesAreConfirmedEachItsWay(t *testing.T) {
	eachTown(t, func(t *testing.T, town *publicTown) {
		town.send("/join", url.Values{
			"go": {"send"}, "address": {"anna@example.org"}, "mobile": {mobile}, "newsletters": {"rifiuti"}, "agree": {"1"},
		})
		a := town.send(town.linkIn("anna@example.org"), nil)
		if a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/code/") {
			t.Fatalf("after the mail: %d %s", a.status, a.location)
		}
		a = town.send(a.location, typed(town.code(mobile)))
		own, ok := strings.CutSuffix(a.location, "/welcome")
		if !ok {
			t.Fatalf("after the code: %d %s\n%s", a.status, a.location, a.body)
		}
		page := town.get(own + "/newsletters")
		if !strings.Contains(page.body, "Ricevila per SMS") {
			t.Errorf("the channel cannot be chosen:\n%s", page.body)
		}
		town.send(own+"/newsletters/channel", url.Values{"newsletter": {"rifiuti"}, "channel": {"sms"}})
		if town.shelf.by["rifiuti"] != people.SMS {
			t.Error("her choice has no effect")
		}
		if a := town.send(own+"/newsletters/channel", url.Values{"newsletter": {"rifiuti"}, "channel": {"fax"}}); a.status < 400 {
			t.Errorf("an unknown channel: %d", a.status)
		}
	})
}

func TestAFaultInTheMobileIsShownBesideIt(t *testing.T) {
	eachTown(t, func(t *testing.T, town *publicTown) {
		for _, number := range []string{"059 123456", "non lo so"} {
			a := town.send("/join", url.Values{"go": {"send"}, "mobile": {number}, "newsletters": {"rifiuti"}, "agree": {"1"}})
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `href="#f-mobile"`) {
				t.Errorf("%s: %d\n%s", number, a.status, a.body)
			}
		}
	})
}
