package newsletters_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/storage/storagetest"
)

// citizen is the person that the law acts on, with what was prepared for it.
type citizen struct {
	*world

	columns []personColumn
	id      int64
	name    string // unique
	email   people.Address
	other   people.Address // not confirmed
	pending int64          // a sign-up with her address
	change  int64          // an address that is to take the other's place
	left    newsletters.Left
}

// newCitizen registers a person with a mobile who reads two newsletters by mail and left a third one.
func newCitizen(w *world, columns []personColumn, name string) *citizen {
	w.Helper()
	c := &citizen{world: w, columns: columns, name: name}
	c.id = w.citizen(people.Details{Given: name, Wants: []string{"musica"}}, true, "teatro", "concerti")
	w.phone(c.id)
	p, err := w.people.Get(w.ctx, c.id)
	w.must(err)
	c.email = p.Addresses[0]
	return c
}

func (c *citizen) snapshot() string {
	var all []string
	for _, column := range c.columns {
		all = append(all, c.rowsOf(column.table, column.column, c.id, c.name)...)
	}
	return phone.ReplaceAllString(strings.Join(all, "\n"), "PHONE")
}

func (c *citizen) contact(named string) people.Contact {
	return people.Contact{Channel: people.Email, Value: c.name + named + "@mail.example", Verified: true}
}

func (c *citizen) pace(profile newsletters.Pace, theatre newsletters.Pace) error {
	return c.ChooseRhythm(c.ctx, c.id, newsletters.Choice{
		Paces: map[string]newsletters.Pace{"teatro": theatre, "concerti": newsletters.Daily}, Profile: profile, MostAWeek: 3,
	})
}

func (c *citizen) leave(slug string) error {
	return c.Unsubscribe(c.ctx, newsletters.Leaving{Person: c.id, Newsletter: slug, How: "page"})
}

// bring imports what a file of 2020 says of her, by her address alone: a row with another name would be rejected.
func (c *citizen) bring(consents, subscriptions string) error {
	report, err := c.people.Import(c.ctx, strings.NewReader(fmt.Sprintf(
		"email;wants;newsletters;consents;consent_date;consent_source\n%s@mail.example;teatro;%s;%s;2020-01-01;modulo\n",
		c.name, subscriptions, consents)), people.ImportOptions{})
	if report.Rejected > 0 {
		c.Errorf("the row is rejected, so that this proves nothing: %v", report.Rejects)
	}
	return err
}

// citizenVerbs returns all actions on a person: her own, those of the desk, and an import.
func citizenVerbs() []verb[*citizen] {
	return append(recordVerbs(), []verb[*citizen]{
		{"subscribe", nil, func(c *citizen) error { return c.SubscribePerson(c.ctx, c.id, "famiglie", "own-page") }},
		{"subscribe again", nil, func(c *citizen) error { return c.SubscribePerson(c.ctx, c.id, "teatro", "own-page") }},
		{"leave", nil, func(c *citizen) error { return c.leave("teatro") }},
		{"leave what comes by profile", nil, func(c *citizen) error { return c.leave("famiglie") }},
		{"leave all", nil, func(c *citizen) error { _, err := c.UnsubscribeAll(c.ctx, c.id, "page"); return err }},
		{"take back", func(c *citizen) {
			left, err := c.Leave(c.ctx, []newsletters.Leaving{{Person: c.id, Newsletter: "teatro", How: "page"}})
			c.must(err)
			c.left = left
		}, func(c *citizen) error { return c.TakeBack(c.ctx, c.id, c.left) }},
		{"choose daily", nil, func(c *citizen) error { return c.pace(newsletters.Daily, newsletters.Daily) }},
		{"choose weekly", nil, func(c *citizen) error { return c.pace(newsletters.Weekly, newsletters.Weekly) }},
		{"pause", nil, func(c *citizen) error { return c.Pause(c.ctx, c.id, "2025-06-01") }},
		{"end the pause", nil, func(c *citizen) error { return c.EndPause(c.ctx, c.id) }},
		{"get it by text", nil, func(c *citizen) error { return c.ChooseChannel(c.ctx, c.id, "teatro", people.SMS) }},
		{"get it by mail", nil, func(c *citizen) error { return c.ChooseChannel(c.ctx, c.id, "teatro", people.Email) }},
	}...)
}

// recordVerbs returns those that change what the room people stores.
func recordVerbs() []verb[*citizen] {
	grant := func(purpose people.Purpose) people.Grant {
		return people.Grant{Purpose: purpose, TextVersion: "1", Source: "own page", Channel: people.Email}
	}
	return []verb[*citizen]{
		{"agree", nil, func(c *citizen) error { return c.people.Grant(c.ctx, c.id, grant(people.ForReading)) }},
		{"disagree", nil, func(c *citizen) error { return c.people.Withdraw(c.ctx, c.id, people.ForProfile, "page") }},
		{"disagree with all newsletters", nil, func(c *citizen) error {
			return c.people.Withdraw(c.ctx, c.id, people.ForNewsletter, "page")
		}},
		{"correct", nil, func(c *citizen) error {
			return c.people.Update(c.ctx, c.id, people.Details{Given: "Ada", Family: "Bianchi", Who: []string{"genitore"}})
		}},
		{"correct otherwise", nil, func(c *citizen) error {
			return c.people.Update(c.ctx, c.id, people.Details{Given: "Bea", Wants: []string{"teatro"}})
		}},
		{"add an address", nil, func(c *citizen) error {
			_, err := c.people.AddAddress(c.ctx, c.id, c.contact("-new"))
			return err
		}},
		{"confirm an address", func(c *citizen) {
			contact := c.contact("-other")
			contact.Verified = false
			a, err := c.people.AddAddress(c.ctx, c.id, contact)
			c.must(err)
			c.other = a
		}, func(c *citizen) error { return c.people.ConfirmAddress(c.ctx, c.id, c.other.ID) }},
		{"remove the address", nil, func(c *citizen) error { return c.people.RemoveAddress(c.ctx, c.id, c.email.ID) }},
		{"replace the address", func(c *citizen) {
			p, err := c.people.AskChange(c.ctx, c.id, people.Email, c.name+"-changed@mail.example")
			c.must(err)
			c.change = p.ID
		}, func(c *citizen) error { _, err := c.people.ConfirmSignUp(c.ctx, c.change); return err }},
		{"ask to replace it", nil, func(c *citizen) error {
			_, err := c.people.AskChange(c.ctx, c.id, people.Email, c.name+"-asked@mail.example")
			return err
		}},
		{"confirm a sign-up", func(c *citizen) {
			p, err := c.people.SignUp(c.ctx, people.Draft{
				Details: people.Details{Given: "Carla", Family: "Verdi", Wants: []string{"teatro"}},
				Address: c.email.Value, Newsletters: []string{"famiglie", "teatro"}, Profile: true,
			})
			c.must(err)
			c.pending = p.ID
		}, func(c *citizen) error { _, err := c.people.ConfirmSignUp(c.ctx, c.pending); return err }},
		{"come in by a link", nil, func(c *citizen) error { _, err := c.people.BeginSession(c.ctx, c.id, c.email.ID); return err }},
		{"import", nil, func(c *citizen) error { return c.bring("newsletter|profile", "teatro|famiglie") }},
		{"erase", nil, func(c *citizen) error { return c.people.Erase(c.ctx, c.id) }},
	}
}

// Simultaneous actions on a person equal actions in some order: a person who left has left, what she corrected stays
// corrected, and an erased person is gone.
func TestWhatHappensToAPersonAtOnceHappensInSomeOrder(t *testing.T) {
	inTown(t, func(w *world) {
		columns, verbs, round := w.personColumns(), citizenVerbs(), 0
		rapid.Check(t, func(rt *rapid.T) {
			round++
			checkSerial(w, rt, verbs, func(n int) *citizen { return newCitizen(w, columns, fmt.Sprintf("x%dx%dx", round, n)) })
		})
	})
}

// Beside an erasure every action ends with a readable answer. Nothing of the erased person is left: no row in any table
// that names a person, and her name in no text.
func TestNothingIsLeftOfSomebodyErasedBesideAnyVerb(t *testing.T) {
	inTown(t, func(w *world) {
		columns := w.personColumns()
		var gone []*citizen
		for n, v := range citizenVerbs() {
			for again := range storagetest.Size(2, 30) {
				c := newCitizen(w, columns, fmt.Sprintf("gone%dx%dx", n, again))
				if v.prepare != nil {
					v.prepare(c)
				}
				came := storagetest.Together(w.T, func() error { return v.do(c) }, func() error { return c.people.Erase(c.ctx, c.id) })
				answer(w, v.name, came[0])
				if v.name != "erase" {
					w.must(came[1])
				}
				if left := c.snapshot(); left != "" {
					w.Errorf("beside %q this is left of her:\n%s", v.name, left)
				}
				if v.name != "import" { // an import after the erasure creates her again
					gone = append(gone, c)
				}
			}
		}
		for _, text := range w.texts() {
			for _, c := range gone {
				if strings.Contains(text, c.name) {
					w.Errorf("%s is erased, but found in %s", c.name, text)
				}
			}
		}
	})
}

// What an audience depends on.
func audienceTables() []string {
	return []string{"people_person", "people_address", "people_who", "people_wants", "people_consent", "newsletters_subscription", "newsletters_optout"}
}

// Whatever changes something that an audience depends on tells the index in memory, whoever does it. Else counts would be
// of yesterday.
func TestWhateverChangesAPersonTellsTheIndex(t *testing.T) {
	inTown(t, func(w *world) {
		var columns []personColumn
		for _, c := range w.personColumns() {
			if slices.Contains(audienceTables(), c.table) {
				columns = append(columns, c)
			}
		}
		changes := 0
		for n, v := range citizenVerbs() {
			c := newCitizen(w, columns, fmt.Sprintf("told%dx", n))
			if v.prepare != nil {
				v.prepare(c)
			}
			before := c.snapshot()
			var last int64
			w.must(w.db.QueryRowContext(w.ctx, "SELECT COALESCE(MAX(turn), 0) FROM people_change").Scan(&last))
			answer(t, v.name, v.do(c))
			if c.snapshot() == before {
				continue
			}
			changes++
			var told int
			w.must(w.db.QueryRowContext(w.ctx, "SELECT count(*) FROM people_change WHERE turn > $1 AND first_id <= $2 AND last_id >= $2", last, c.id).Scan(&told))
			if told == 0 {
				t.Errorf("%q changed her and the index is not told", v.name)
			}
		}
		if changes < 15 {
			t.Errorf("only %d verbs changed something", changes)
		}
	})
}
