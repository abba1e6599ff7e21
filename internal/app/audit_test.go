package app

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"unoxuno/internal/access"
	"unoxuno/internal/identity"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// Without its line in the audit log no deed happens.
func TestNoDeedWithoutItsLine(t *testing.T) {
	eachEngine(t, func(t *testing.T, b *borgo) {
		b.livelyMaria()
		who, err := b.people.Get(b.ctx, b.maria)
		b.must(err)
		draft, err := b.newsletters.Create(b.ctx, newsletters.Content{Newsletter: "genitori", Title: "Una bozza"})
		b.must(err)
		b.breakAudit()
		before := b.snapshot()
		for name, deed := range map[string]func() error{
			"register": func() error {
				_, err := b.people.Register(b.ctx, people.Details{Given: "Nuova"}, nil, nil)
				return err
			},
			"change": func() error { return b.people.Update(b.ctx, b.maria, people.Details{Given: "Altra"}) },
			"add an address": func() error {
				_, err := b.people.AddAddress(b.ctx, b.maria, people.Contact{Channel: people.Email, Value: "m3@citta.example"})
				return err
			},
			"remove an address": func() error { return b.people.RemoveAddress(b.ctx, b.maria, who.Addresses[0].ID) },
			"withdraw":          func() error { return b.people.Withdraw(b.ctx, b.maria, people.ForProfile, "desk") },
			"erase":             func() error { return b.people.Erase(b.ctx, b.maria) },
			"delete an issue":   func() error { return b.newsletters.Delete(b.ctx, draft.ID, draft.Version) },
			"send an issue": func() error {
				_, err := b.newsletters.Send(b.ctx, draft.ID, draft.Version, true)
				return err
			},
		} {
			if err := deed(); err == nil {
				t.Errorf("%s: done, though its line could not be written", name)
			}
		}
		if told := changed(before, b.snapshot()); len(told) > 0 {
			t.Errorf("deeds without a line changed:\n%s", strings.Join(told, "\n"))
		}
	})
}

// breakAudit lets no line be written to the audit log any more.
func (b *borgo) breakAudit() {
	b.t.Helper()
	statements := []string{"CREATE TRIGGER no_audit BEFORE INSERT ON identity_audit BEGIN SELECT RAISE(ABORT, 'no audit'); END"}
	if b.db.Engine() == storage.Postgres {
		statements = []string{
			"CREATE FUNCTION no_audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no audit''; END'",
			"CREATE TRIGGER no_audit BEFORE INSERT ON identity_audit FOR EACH ROW EXECUTE FUNCTION no_audit()",
		}
	}
	for _, s := range statements {
		_, err := b.db.ExecContext(b.ctx, s)
		b.must(err)
	}
}

// A line in a transaction of its own (identity's Note) is for looks, which change nothing.
func TestOnlyLooksAreNotedOnTheirOwn(t *testing.T) {
	looks := []string{"looked", "searched", "exported", "invited", "counted"}
	note := regexp.MustCompile(`\.(?:Note|note)\([^\n"]*"(?:audit\.)?([a-z_.]+)"`)
	err := filepath.WalkDir("..", func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, found := range note.FindAllStringSubmatch(string(text), -1) {
			if parts := strings.Split(strings.TrimSuffix(found[1], "person."), "."); parts[len(parts)-1] != "" && !slices.Contains(looks, parts[len(parts)-1]) && strings.Contains(string(text), "udit") {
				t.Errorf("%s notes %s outside the transaction of the deed: the room that does it writes the line", path, found[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Whoever erases herself leaves a line without a name.
func TestSelfErasureIsAudited(t *testing.T) {
	eachEngine(t, func(t *testing.T, b *borgo) {
		hers := b.browser()
		b.enter(hers)
		if a := b.ask(hers, http.MethodGet, "/me/"+b.ownToken()+"/data.json", nil); a.status != http.StatusOK {
			t.Errorf("her data: %d", a.status)
		}
		b.ask(hers, http.MethodPost, "/me/"+b.ownToken()+"/erase", url.Values{})
		rows := strings.Join(b.content("identity_audit"), "\n")
		for _, action := range []string{"audit.person.erased", "audit.person.exported"} {
			if !strings.Contains(rows, action) {
				t.Errorf("no line says %s:\n%s", action, rows)
			}
		}
	})
}

// What a line of the audit log says beside its action is shown in the reader's words: roles, purposes, fields that were
// changed, moments; and lines that earlier versions wrote in English.
func TestDetailsOfTheLogAreShownInWords(t *testing.T) {
	t.Parallel()
	b := newBorgo(t, storage.SQLite)
	desk := access.With(b.ctx, access.Actor{Kind: access.StaffAct, ID: b.admin.ID, Name: b.admin.Email})
	olga := b.staff("olga@borgo.example", identity.Operator)
	olga.Role, olga.Newsrooms = identity.Editor, []string{"ufficio-cultura"}
	b.must(b.identity.UpdateStaff(b.ctx, olga))
	for _, purpose := range people.Purposes() {
		_ = b.people.Grant(desk, b.maria, people.Grant{Purpose: purpose, Source: "sportello", Channel: people.Email})
		b.must(b.people.Withdraw(desk, b.maria, purpose, "desk"))
	}
	changed := strings.ReplaceAll(string(b.file("town.yaml")), "Il teatro in città", "Tutti a teatro")
	_, err := b.applyTown(b.run, []byte(changed), "town.yaml", false)
	b.must(err)
	for _, old := range []string{
		"address confirmed", "address added", "address removed", "details", "consent profile granted", "consent reading withdrawn", "subscribed teatro",
	} {
		b.must(b.identity.Note(desk, "audit.person.changed", "person 1", old))
	}
	names := append([]string{"address confirmed", "address added", "address removed", "details", "consent profile", "consent reading", "subscribed teatro"},
		"administrator", "publisher", "editor", "operator", "profile", "reading", "newsletter")
	page := b.ask(b.signedIn(b.admin), http.MethodGet, "/office/audit", nil)
	root, err := html.Parse(strings.NewReader(page.body))
	b.must(err)
	shown := 0
	for n := range root.Descendants() {
		if n.Data != "tr" {
			continue
		}
		var cells []string
		for c := range n.ChildNodes() {
			if c.Data == "td" {
				cells = append(cells, textOf(c))
			}
		}
		if len(cells) != 5 {
			continue
		}
		shown++
		first := strings.TrimRight(strings.Fields(cells[4] + " -")[0], ",")
		if slices.Contains(names, cells[4]) || slices.Contains(names, first) || strings.HasPrefix(cells[2], "audit.") || strings.Contains(cells[4], "T18:30") {
			t.Errorf("the log shows %q", cells)
		}
	}
	if shown < 20 {
		t.Errorf("the page has %d lines", shown)
	}
	text := read(t, page.body).text
	for _, words := range []string{"Redazione ufficio-cultura", "nome italiano: ", "quello che la riguarda", "24 novembre 2026"} {
		if !strings.Contains(text, words) {
			t.Errorf("the log does not say %q", words)
		}
	}
}

// Every name of the program's own that may stand in a detail has words.
func TestEveryNameInADetailHasWords(t *testing.T) {
	words := wordsOf(t, "it")
	var names []string
	for _, role := range identity.Roles() {
		names = append(names, string(role))
	}
	for _, purpose := range people.Purposes() {
		names = append(names, string(purpose))
	}
	source, err := os.ReadFile(filepath.Join("..", "newsletters", "declare.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range regexp.MustCompile(`\{"([a-z_ ]+)", [^}]*before`).FindAllStringSubmatch(string(source), -1) {
		names = append(names, strings.ReplaceAll(field[1], " ", "-"))
	}
	if len(names) < 15 {
		t.Fatalf("only these names were found: %v", names)
	}
	for _, name := range names {
		if words["audit.detail."+name] == "" {
			t.Errorf("there is no word for %q in a detail of the audit log", name)
		}
	}
}
