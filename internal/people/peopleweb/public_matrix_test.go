package peopleweb_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/web"
)

// footer returns the path of the own page in messages to the address.
func (town *publicTown) footer(address string) string {
	town.t.Helper()
	person, _, err := town.people.ByAddress(context.Background(), people.Email, address)
	must(town.t, err)
	who, err := town.people.Get(context.Background(), person)
	must(town.t, err)
	for _, a := range who.Addresses {
		if a.Value == address {
			return "/me/" + town.keys.OwnPageToken(person, a.ID)
		}
	}
	town.t.Fatalf("%s is nobody's", address)
	return ""
}

// freshLink requests an entry for the address and returns the path of its link.
func (town *publicTown) freshLink(address string) string {
	town.t.Helper()
	if a := town.send("/me", url.Values{"address": {address}}); a.location != "/me/sent" {
		town.t.Fatalf("%d %s", a.status, a.location)
	}
	return town.linkIn(address)
}

// enterBy uses that link in the current browser.
func (town *publicTown) enterBy(link string) string {
	town.t.Helper()
	a := town.send(link, nil)
	if a.status != http.StatusSeeOther {
		town.t.Fatalf("%s: %d\n%s", link, a.status, a.body)
	}
	return a.location
}

// forms returns the form for each route of an own page.
func forms(person people.Person) map[string]url.Values {
	id := fmt.Sprint(person.Addresses[0].ID)
	return map[string]url.Values{
		"/prove": {"address": {id}}, "/profile": {"given_name": {"Eve"}}, "/newsletters": {"newsletter": {"scuola"}},
		"/newsletters/end": {"newsletter": {"rifiuti"}}, "/newsletters/channel": {"newsletter": {"rifiuti"}, "channel": {"email"}},
		"/pace": {"profile": {"daily"}}, "/pause": {"until": {"2026-12-24"}}, "/addresses": {"address": {"eve@example.org"}},
		"/addresses/prefer": {"id": {id}}, "/addresses/remove": {"id": {id}},
		"/consents": {"purpose": {"reading"}}, "/consents/end": {"purpose": {"profile"}},
	}
}

// wayIn is a way to open an own page.
type wayIn struct {
	name            string
	citizen, proved int // status of routes with that permission; 0: they do what they are asked
	come            func(t *testing.T, town *publicTown, address string) (page string)
}

// waysIn returns all ways.
func waysIn() []wayIn {
	const refused, gone = http.StatusForbidden, http.StatusGone
	return []wayIn{
		{"the link in every message", 0, refused, func(_ *testing.T, town *publicTown, address string) string { return town.footer(address) }},
		{"a fresh link", 0, 0, func(_ *testing.T, town *publicTown, address string) string {
			return town.enterBy(town.freshLink(address))
		}},
		{"a code", 0, 0, func(t *testing.T, town *publicTown, address string) string {
			person, _, err := town.people.ByAddress(t.Context(), people.Email, address)
			must(t, err)
			_, err = town.people.AddAddress(t.Context(), person, people.Contact{Channel: people.SMS, Value: mobile, Verified: true})
			must(t, err)
			asked := town.send("/me", url.Values{"address": {mobile}})
			return town.send(asked.location, typed(town.code(mobile))).location
		}},
		{"a fresh link of somebody else", 0, refused, func(_ *testing.T, town *publicTown, address string) string {
			town.joined("other@example.org", nil)
			return town.footer(address)
		}},
		{"nothing", gone, gone, func(*testing.T, *publicTown, string) string { return "/me/nothing" }},
		{"a link to an address that she replaced", gone, gone, func(_ *testing.T, town *publicTown, address string) string {
			page := town.enterBy(town.freshLink(address))
			town.send(page+"/addresses", url.Values{"address": {"new-" + address}})
			town.send(town.linkIn("new-"+address), nil)
			return page
		}},
		{"a link to an address that nobody has", gone, gone, func(t *testing.T, town *publicTown, address string) string {
			page := town.enterBy(town.freshLink(address))
			must(t, town.db.Tx(t.Context(), func(tx *storage.Tx) error { return town.post.Suppress(t.Context(), tx, address, "hard") }))
			return page
		}},
	}
}

// TestWhoMayDoWhatOnAnOwnPage requests every route of an own page after every way to open it. A refusal changes nothing
// and shows nothing about her.
func TestWhoMayDoWhatOnAnOwnPage(t *testing.T) {
	eachTown(t, func(t *testing.T, town *publicTown) {
		for n, way := range waysIn() {
			town.anotherBrowser()
			address := fmt.Sprintf("anna%d@example.org", n)
			town.joined(address, url.Values{"given_name": {"Zenobia"}, "profile": {"1"}})
			person, _, err := town.people.ByAddress(t.Context(), people.Email, address)
			must(t, err)
			town.clock.Advance(time.Hour) // the session of her sign-up has ended
			town.anotherBrowser()
			page := way.come(t, town, address)
			for _, route := range ownRoutes(town) {
				want := map[access.Permission]int{access.Citizen: way.citizen, access.Proved: way.proved}[route.Permission]
				before := town.known(t, person)
				path := strings.TrimPrefix(route.Path(), "/me/{token}")
				var a answer
				if route.Method() == http.MethodGet {
					a = town.get(page + path)
				} else {
					a = town.send(page+path, forms(before)[path])
				}
				open := a.status < 300 || a.status == http.StatusSeeOther || a.status == http.StatusConflict // the last address stays
				if want == 0 && !open || want != 0 && a.status != want {
					t.Errorf("by %s, %s answers %d", way.name, route.Pattern, a.status)
				}
				if want != 0 && (strings.Contains(a.body, "Zenobia") || strings.Contains(a.body, address)) {
					t.Errorf("by %s, %s shows who she is", way.name, route.Pattern)
				}
				if want != 0 && fmt.Sprint(town.known(t, person)) != fmt.Sprint(before) {
					t.Errorf("by %s, %s changes her data", way.name, route.Pattern)
				}
				town.clock.Advance(time.Minute) // because of the limit on requests
			}
		}
	})
}

// ownRoutes returns the routes of an own page. The one that erases comes last; leaving the browser is left out.
func ownRoutes(town *publicTown) []web.Route {
	routes := slices.DeleteFunc(town.site.Routes(), func(r web.Route) bool {
		return r.Permission != access.Citizen && r.Permission != access.Proved || strings.HasSuffix(r.Path(), "/leave")
	})
	slices.SortStableFunc(routes, func(a, b web.Route) int {
		last := func(r web.Route) int {
			if r.Pattern == "POST /me/{token}/erase" {
				return 1
			}
			return 0
		}
		return last(a) - last(b)
	})
	return routes
}

// known returns the person's data; none if she was erased.
func (town *publicTown) known(t *testing.T, person int64) people.Person {
	t.Helper()
	who, err := town.people.Get(context.Background(), person)
	if err != nil {
		return people.Person{Addresses: []people.Address{{}}}
	}
	consents, err := town.people.Consents(context.Background(), person)
	must(t, err)
	who.Organisation = fmt.Sprint(consents) // compared too
	return who
}

// With the link from a forwarded message one sees no sensitive newsletters and nothing else about her, and cannot give
// consent.
func TestTheLinkInEveryMessageShowsNothingDelicate(t *testing.T) {
	eachTown(t, func(t *testing.T, town *publicTown) {
		town.joined("anna@example.org", url.Values{"given_name": {"Zenobia"}, "newsletters": {"rifiuti", "sport"}, "who": {"genitore"}})
		person, _, err := town.people.ByAddress(t.Context(), people.Email, "anna@example.org")
		must(t, err)
		town.anotherBrowser()
		page := town.footer("anna@example.org")
		for _, path := range []string{"", "/newsletters", "/pace", "/welcome", "/prove"} {
			body := town.get(page + path).body
			for _, secret := range []string{"In campo", ">sport<", "pace-sport", "Zenobia", "anna@example.org", "Potrebbero interessarti"} {
				if strings.Contains(body, secret) {
					t.Errorf("%q shows %q", path, secret)
				}
			}
		}
		for path, form := range map[string]url.Values{
			"/newsletters": {"newsletter": {"sport"}}, "/newsletters/channel": {"newsletter": {"sport"}, "channel": {"email"}},
		} {
			if a := town.send(page+path, form); a.status != http.StatusForbidden {
				t.Errorf("%s of a delicate newsletter: %d", path, a.status)
			}
		}
		form := fieldsOf(t, town.get(page+"/pace").body)
		form.Set("pace-sport", "weekly")
		if town.send(page+"/pace", form); town.shelf.pace.Paces["sport"] != "" || town.shelf.pace.Paces["rifiuti"] == "" {
			t.Errorf("paces %v", town.shelf.pace.Paces)
		}
		must(t, town.people.Withdraw(t.Context(), person, people.ForNewsletter, "at the desk"))
		if a := town.send(page+"/newsletters", url.Values{"newsletter": {"scuola"}}); a.status != http.StatusForbidden {
			t.Errorf("subscribing without a valid consent: %d", a.status)
		}
		if a := town.send(page+"/prove", url.Values{"address": {fmt.Sprint(person)}}); a.status != http.StatusNotFound {
			t.Errorf("an address that is not hers: %d", a.status)
		}
		whole := town.enterBy(town.freshLink("anna@example.org"))
		if body := town.get(whole + "/newsletters").body; !strings.Contains(body, "In campo") {
			t.Error("the person herself does not see it")
		}
		if a := town.get("/me"); a.status != http.StatusSeeOther {
			t.Errorf("/me while her page is open: %d", a.status)
		}
		town.send(whole+"/leave", nil)
		if a := town.get(whole + "/profile"); a.status != http.StatusForbidden {
			t.Errorf("after she closed it: %d", a.status)
		}
	})
}

// A link works once, even for two simultaneous requests, and for ten minutes. A session lasts an hour.
func TestAFreshLinkIsUsedOnce(t *testing.T) {
	eachTown(t, func(t *testing.T, town *publicTown) {
		town.joined("anna@example.org", nil)
		town.anotherBrowser()
		link := town.freshLink("anna@example.org")
		for range 2 {
			if a := town.get(link); a.status != http.StatusOK || a.header.Get("Set-Cookie") != "" {
				t.Fatalf("following the link: %d, cookie %q", a.status, a.header.Get("Set-Cookie"))
			}
		}
		var in atomic.Int64
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				if a := town.send(link, nil); a.status == http.StatusSeeOther {
					in.Add(1)
				} else if a.status != http.StatusGone {
					t.Errorf("%d", a.status)
				}
			})
		}
		all.Wait()
		if in.Load() != 1 || town.get(link).status != http.StatusGone {
			t.Errorf("%d requests used one link", in.Load())
		}
		page := town.footer("anna@example.org")
		if town.get(page+"/data.json").status != http.StatusOK {
			t.Error("the session is not open")
		}
		town.clock.Advance(people.SessionLife)
		if town.get(page+"/data.json").status != http.StatusForbidden {
			t.Error("the session has no end")
		}
		late := town.freshLink("anna@example.org")
		town.clock.Advance(people.EntryLife)
		if a := town.send(late, nil); a.status != http.StatusGone {
			t.Errorf("after ten minutes: %d", a.status)
		}
		// Neither the token of the page that awaits a code nor the link in every message works as an entry link.
		town.send("/me", url.Values{"address": {"333 7654321"}})
		if a := town.send(page, nil); a.status != http.StatusGone {
			t.Errorf("the link in every message used as a fresh one: %d", a.status)
		}
	})
}

// The confirmation link of a sign-up opens her data only if it is used soon, and once.
func TestTheLinkOfASignUpIsNoKey(t *testing.T) {
	eachTown(t, func(t *testing.T, town *publicTown) {
		signUp := func(address string) string {
			town.send("/join", url.Values{"go": {"send"}, "address": {address}, "newsletters": {"rifiuti"}, "agree": {"1"}})
			return town.linkIn(address)
		}
		link := signUp("anna@example.org")
		own, _ := strings.CutSuffix(town.send(link, nil).location, "/welcome")
		if a := town.get(own + "/profile"); a.status != http.StatusOK {
			t.Errorf("just confirmed: %d", a.status)
		}
		town.anotherBrowser()
		for _, a := range []answer{town.get(link), town.send(link, nil)} {
			if a.status != http.StatusOK || a.location != "" || strings.Contains(a.body, "/me/") || a.header.Get("Set-Cookie") != "" {
				t.Errorf("used again, it leads on: %d %s", a.status, a.location)
			}
		}
		late := signUp("bea@example.org")
		town.clock.Advance(people.EntryLife)
		own, _ = strings.CutSuffix(town.send(late, nil).location, "/welcome")
		if welcome, profile := town.get(own+"/welcome"), town.get(own+"/profile"); welcome.status != http.StatusOK || profile.status != http.StatusForbidden {
			t.Errorf("confirmed later: %d, %d", welcome.status, profile.status)
		}
	})
}
