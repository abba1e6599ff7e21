package app

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"unoxuno/internal/access"
	"unoxuno/internal/identity"
	"unoxuno/internal/locale"
	"unoxuno/internal/storage"
	"unoxuno/internal/web"
)

// fillers tell what stands for the wildcards of the routes under a path; the longest path that fits counts. A route
// with a wildcard and without a filler fails the inventory: its author says here how it is reached.
func (b *borgo) fillers() map[string]map[string]string {
	id := func(n int64) string { return fmt.Sprint(n) }
	person, err := b.people.Get(b.ctx, b.maria)
	b.must(err)
	invitation, err := b.identity.Invitation(b.ctx, b.admin.ID)
	b.must(err)
	return map[string]map[string]string{
		"/office/invitation": {"token": invitation},
		"/office/staff":      {"id": id(b.admin.ID)},
		"/office/account":    {"id": id(b.token)},
		"/office/tokens":     {"id": id(b.token)},
		"/office/people": {"id": id(b.maria), "address": id(person.Addresses[0].ID), "purpose": "newsletter",
			"token": b.sealer.Ints("people.code", b.phoned.Expires, b.phoned.ID, 3)},
		"/office/issues":            {"id": id(b.draft.ID), "lang": "it", "language": "it", "part": "html", "block": "b1"},
		"/office/newsletters":       {"slug": "teatro", "newsletter": "teatro", "id": "teatro"},
		"/office/newsrooms":         {"slug": "ufficio-cultura", "newsroom": "ufficio-cultura", "id": "ufficio-cultura"},
		"/join/confirm":             {"token": b.tokenFor("people.join", b.pending)},
		"/code":                     {"token": b.sealer.Ints("people.code", b.phoned.Expires, b.phoned.ID, 0)},
		"/address":                  {"token": b.tokenFor("people.address", b.asked)},
		"/me":                       {"token": b.ownToken()},
		"/newsletters":              {"newsletter": "teatro", "slug": "teatro", "issue": b.sent.Slug},
		"/newsletters/{newsletter}": {"newsletter": "teatro", "slug": b.sent.Slug, "issue": b.sent.Slug},
		"/unsubscribe":              {"token": b.unsubscribeToken()},
		"/u":                        {"token": b.unsubscribeToken()},
		"/l": {
			"token":  strings.TrimPrefix(b.newsletters.LinkPath(b.sent.ID, 1), "/l/"),
			"reader": b.newsletters.ReaderToken(b.sent.ID, b.maria),
		},
		"/o": {
			"file":   strings.TrimPrefix(b.newsletters.PixelPath(b.sent.ID), "/o/"),
			"reader": b.newsletters.ReaderToken(b.sent.ID, b.maria),
		},
		"/media": {"name": b.image.Name},
	}
}

var wildcard = regexp.MustCompile(`\{(\w+)(\.\.\.)?\}`)

// addressOf is a path that a route answers.
func (b *borgo) addressOf(route web.Route) string {
	b.t.Helper()
	best, values := "", map[string]string(nil)
	for under, v := range b.fillers() {
		if strings.HasPrefix(route.Path(), under+"/") && len(under) > len(best) {
			best, values = under, v
		}
	}
	return wildcard.ReplaceAllStringFunc(route.Path(), func(hole string) string {
		value, ok := values[strings.Trim(hole, "{}.")]
		if !ok {
			b.t.Errorf("%s: say in fillers what stands for %s", route.Pattern, hole)
		}
		return value
	})
}

// gets are the routes that only show something.
func (b *borgo) gets() []web.Route {
	return slices.DeleteFunc(b.site.Routes(), func(r web.Route) bool { return r.Method() != http.MethodGet })
}

func TestEveryRouteHasAPermissionAndItsOwnPattern(t *testing.T) {
	t.Parallel()
	b := newBorgo(t, storage.SQLite)
	seen := map[string]bool{}
	for _, r := range b.site.Routes() {
		if r.Permission == "" {
			t.Errorf("%s has no permission", r.Pattern)
		}
		if seen[r.Pattern] {
			t.Errorf("%s stands twice", r.Pattern)
		}
		seen[r.Pattern] = true
		office := strings.HasPrefix(r.Path(), "/office")
		open := slices.Contains([]access.Permission{access.Public, access.Citizen, access.Proved}, r.Permission)
		entrance := strings.HasPrefix(r.Path(), "/office/sign-") || strings.HasPrefix(r.Path(), "/office/invitation/")
		if office && open && !entrance {
			t.Errorf("%s belongs to the office and is open to everybody", r.Pattern)
		}
		if r.Method() == http.MethodGet && r.Kind == web.Action {
			t.Errorf("%s is an action by GET", r.Pattern)
		}
	}
	if len(seen) < 60 {
		t.Errorf("the site has %d routes only: are these all?", len(seen))
	}
}

// Every page, in each language: a status of 200, the language, a title of its own, one h1, words and no keys, and links
// that lead somewhere.
func TestEveryPageIsWhole(t *testing.T) {
	eachEngine(t, func(t *testing.T, b *borgo) {
		keys := wordsOf(t, locale.Languages()[0])
		admin := b.signedIn(b.admin)
		b.enter(admin)
		checked, links := map[string]bool{}, map[string]string{}
		for _, lang := range locale.Languages() {
			prefix := ""
			if lang != locale.Languages()[0] {
				prefix = "/" + lang
			}
			for _, route := range b.gets() {
				path := prefix + b.addressOf(route)
				a := b.ask(admin, http.MethodGet, path, nil)
				// Where what a page is about is not there yet, it leads on to where it is.
				if a.status == http.StatusSeeOther && route.Kind == web.Page {
					a = b.ask(admin, http.MethodGet, a.header.Get("Location"), nil)
				}
				if a.status != http.StatusOK && (route.Kind == web.Page || a.status >= 400) {
					t.Errorf("%s (%s) answered %d:\n%.600s", route.Pattern, path, a.status, a.body)
					continue
				}
				if route.Kind == web.Page {
					page := read(t, a.body)
					page.check(t, path, lang, keys)
					for _, to := range page.links {
						links[to] = path
					}
				}
			}
		}
		for to, from := range links {
			if !strings.HasPrefix(to, "/") || checked[to] {
				continue
			}
			checked[to] = true
			if a := b.ask(admin, http.MethodGet, to, nil); a.status >= 400 {
				t.Errorf("%s links to %s, which answers %d", from, to, a.status)
			}
		}
		if b.log.Len() > 0 {
			t.Errorf("the program complained:\n%s", b.log)
		}
	})
}

// page is what a test wants to know of a page.
type page struct {
	lang, title, text string
	h1                []string
	links             []string
}

func read(t *testing.T, body string) page {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var p page
	for n := range root.Descendants() {
		switch {
		case n.Type == html.TextNode && n.Parent.Data != "script" && n.Parent.Data != "style":
			p.text += " " + n.Data
		case n.Type != html.ElementNode:
		case n.Data == "html":
			p.lang = attribute(n, "lang")
		case n.Data == "title" && n.Parent.Data == "head":
			p.title = textOf(n)
		case n.Data == "h1":
			p.h1 = append(p.h1, textOf(n))
		case n.Data == "a":
			p.links = append(p.links, attribute(n, "href"))
		}
		for _, name := range []string{"aria-label", "title", "placeholder", "alt"} {
			p.text += " " + attribute(n, name)
		}
	}
	return p
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func textOf(n *html.Node) string {
	var text strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			text.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(text.String()), " ")
}

var dotted = regexp.MustCompile(`\b[a-z]+(\.[a-z0-9_-]+)+\b`)

func (p page) check(t *testing.T, path, lang string, keys map[string]string) {
	t.Helper()
	if p.lang != lang {
		t.Errorf("%s says its language is %q", path, p.lang)
	}
	if p.title == "" || len(p.h1) != 1 || p.h1[0] == "" {
		t.Errorf("%s has the title %q and the h1 %q", path, p.title, p.h1)
	}
	for _, word := range dotted.FindAllString(p.text, -1) {
		root, rest, _ := strings.Cut(word, ".")
		for key := range keys {
			if strings.HasPrefix(key, root+".") && !strings.Contains(word, "@") && !isFile(rest) {
				t.Errorf("%s shows %q, which looks like a key of the words", path, word)
				break
			}
		}
	}
	if strings.Contains(p.text, "<no value>") {
		t.Errorf("%s has a sentence with an empty hole", path)
	}
}

func isFile(ending string) bool {
	return slices.Contains([]string{"yaml", "json", "csv", "md", "gif", "html", "example"}, ending)
}

// Whoever lacks a route's permission is sent to sign in, or refused.
func TestEveryRouteRefusesWhoMayNot(t *testing.T) {
	t.Parallel()
	b := newBorgo(t, storage.SQLite)
	stranger, editor := b.browser(), b.signedIn(b.staff("edo@borgo.example", "editor", "scuola-aperta"))
	for _, route := range b.site.Routes() {
		if route.Permission == access.Public || route.Permission == access.Citizen {
			continue
		}
		path := b.addressOf(route)
		if route.Permission == access.Proved { // the link alone is not enough: see peopleweb
			continue
		}
		a := b.ask(stranger, route.Method(), path, nil)
		toSignIn := a.status == http.StatusSeeOther && strings.HasPrefix(a.header.Get("Location"), web.SignInPath)
		if !toSignIn && a.status != http.StatusUnauthorized {
			t.Errorf("%s answered a stranger %d", route.Pattern, a.status)
		}
		permitted := access.Actor{Kind: access.StaffAct, Permissions: identity.Editor.Permissions()}.Can(route.Permission)
		if a := b.ask(editor, route.Method(), path, nil); !permitted && a.status != http.StatusForbidden {
			t.Errorf("%s needs %s and answered an editor %d", route.Pattern, route.Permission, a.status)
		}
	}
}

// An editor sees and touches the issues of her own newsrooms only.
func TestAnEditorIsBoundToHerNewsroom(t *testing.T) {
	t.Parallel()
	b := newBorgo(t, storage.SQLite)
	editor := b.signedIn(b.staff("edo@borgo.example", "editor", "scuola-aperta"))
	before := b.snapshot("identity_")
	for _, route := range b.site.Routes() {
		if !strings.HasPrefix(route.Path(), "/office/issues/{id}") {
			continue
		}
		if a := b.ask(editor, route.Method(), b.addressOf(route), nil); a.status != http.StatusForbidden && a.status != http.StatusNotFound {
			t.Errorf("%s answered an editor of another newsroom %d", route.Pattern, a.status)
		}
	}
	if diff := changed(before, b.snapshot("identity_")); diff != nil {
		t.Errorf("she changed it:\n%s", strings.Join(diff, "\n"))
	}
}

// GET never changes state: scanners follow links. The exceptions are what is counted of links and pictures, the log of who
// looked at a person, sessions, the numbers of subscribers that pages show until enough people have come or gone, and the
// node's sign of life, which no GET writes but which beats meanwhile.
func TestGetChangesNothing(t *testing.T) {
	eachEngine(t, func(t *testing.T, b *borgo) {
		admin := b.signedIn(b.admin)
		excepted := []string{"newsletters_visit", "newsletters_click", "newsletters_open", "newsletters_count", "identity_audit", "identity_session", "disclosure_settled", "delivery_beat"}
		before := b.snapshot(excepted...)
		for _, route := range b.gets() {
			path := b.addressOf(route)
			b.ask(b.browser(), http.MethodGet, path, nil)
			b.ask(admin, http.MethodGet, path, nil)
			if after := b.snapshot(excepted...); len(changed(before, after)) > 0 {
				t.Errorf("%s changed the database:\n%s", route.Pattern, strings.Join(changed(before, after), "\n"))
				before = after
			}
		}
	})
}
