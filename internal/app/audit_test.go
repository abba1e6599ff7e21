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
