package app

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"unoxuno/internal/access"
	"unoxuno/internal/identity"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// unseen turns the direction of what follows, and stands between two letters without being seen.
const unseen = "\u202e\u2066\u200b"

// written are the texts of an issue's body and of a draft that waits: they are kept as they were written, and cleaned where
// they are shown (content) and when they are confirmed (people).
func written(table string) bool { return table == "newsletters_issue" || table == "people_signup" }

// Whoever types into whichever field of whichever form, no short text is kept with characters that cannot be seen or that
// turn the direction of the text around them.
func TestNoShortTextTurnsWhatStandsAroundIt(t *testing.T) {
	t.Parallel()
	b := newBorgo(t, storage.SQLite)
	admin := b.signedIn(b.admin)
	b.enter(admin)
	before := b.snapshot()
	fields, sent := map[string]bool{}, map[string]bool{}
	for _, route := range b.gets() {
		path := b.addressOf(route)
		for action, form := range textForms(t, b.ask(admin, http.MethodGet, path, nil).body, fields) {
			if action == "" {
				action = path
			}
			if sent[action] || strings.Contains(action, "erase") || strings.Contains(action, "sign-out") || strings.HasSuffix(action, "/leave") {
				continue
			}
			sent[action] = true
			b.ask(admin, http.MethodPost, action, form)
			b.now.Advance(1e10) // a visitor may not ask for too much at once
		}
	}
	for _, field := range []string{"given_name", "family_name", "name", "label", "title", "sender", "why", "proof"} {
		if !fields[field] {
			t.Errorf("no form has the field %s: are these all? %v", field, fields)
		}
	}
	b.unseen(before)
	if len(changed(before, b.snapshot("identity_"))) < 10 {
		t.Errorf("the forms changed little, so that this proves little:\n%s", strings.Join(changed(before, b.snapshot()), "\n"))
	}
}

// The same of what comes from the command line, the API and files.
func TestNoCommandKeepsWhatCannotBeSeen(t *testing.T) {
	eachEngine(t, func(t *testing.T, b *borgo) {
		before := b.snapshot()
		town := regexp.MustCompile(`(name|description|it|en|sender|period|code): ([^\s{}\[\],"'#][^{}\[\],\n"'#]*)`).ReplaceAll(b.file("town.yaml"), []byte("$1: \""+unseen+"$2"+unseen+"\""))
		_, err := b.applyTown(b.run, town, "town.yaml", false)
		b.must(err)
		s, err := b.identity.AddStaff(b.ctx, identity.Staff{Email: "ze" + unseen + "no@borgo.example", Name: unseen + "Zeno", Role: identity.Operator})
		b.must(err)
		_, _, err = b.identity.CreateOwnToken(b.ctx, s, "si"+unseen+"to", 3)
		b.must(err)
		_, _, err = b.identity.CreateToken(b.ctx, identity.Operator, "", "si"+unseen+"to")
		b.must(err)
		b.must(b.people.Update(b.ctx, b.maria, people.Details{Given: "Ma" + unseen + "ria", Family: unseen + "Rossi"}))
		b.must(b.people.Grant(b.ctx, b.maria, people.Grant{Purpose: people.ForReading, Source: "spor" + unseen + "tello", Proof: unseen + "modulo", Channel: people.Email}))
		_, err = b.people.Import(access.With(b.ctx, access.Actor{Kind: access.Console, Name: "console"}), strings.NewReader(
			"email;given_name;family_name\nze"+unseen+"na@citta.example;Ze"+unseen+"na;Ver"+unseen+"di\n"), people.ImportOptions{})
		b.must(err)
		if len(changed(before, b.snapshot())) < 10 {
			t.Error("little was changed, so that this proves little")
		}
		b.unseen(before)
	})
}

// unseen fails for every row that has one of those characters, and had it not before.
func (b *borgo) unseen(before map[string][]string) {
	b.t.Helper()
	for table, rows := range b.snapshot() {
		for _, row := range rows {
			if strings.ContainsAny(row, unseen) && !written(table) && !slices.Contains(before[table], row) {
				b.t.Errorf("%s keeps what cannot be seen: %q", table, row)
			}
		}
	}
}

// textForms are the forms of a page that are posted, by their actions, filled with what they hold; into every field for
// text go characters that cannot be seen.
func textForms(t *testing.T, page string, fields map[string]bool) map[string]url.Values {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	forms := map[string]url.Values{}
	for n := range root.Descendants() {
		if n.Data != "form" || n.Type != html.ElementNode || !strings.EqualFold(attribute(n, "method"), "post") {
			continue
		}
		form := url.Values{}
		for f := range n.Descendants() {
			name, kind := attribute(f, "name"), attribute(f, "type")
			switch {
			case name == "" || kind == "file" || kind == "password" || f.Data == "button":
			case f.Data == "textarea" || f.Data == "input" && (kind == "" || kind == "text" || kind == "email"):
				fields[name] = true
				value := attribute(f, "value") + textOf(f)
				if value == "" {
					value = "Zeno"
				}
				form.Add(name, value[:1]+unseen+value[1:]+unseen)
			case kind == "radio" || kind == "checkbox" || f.Data == "select":
			default:
				form.Add(name, attribute(f, "value"))
			}
		}
		forms[attribute(n, "action")] = form
	}
	return forms
}
