package people_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"unoxuno/internal/fault"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
	"unoxuno/internal/taxonomy"
)

// patience is how long a test waits at most.
const patience = 2 * time.Minute

// keepIndex keeps an index of the town's people until the test ends. It returns when the index is ready.
func (town town) keepIndex(t testing.TB) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- town.KeepIndex(ctx, people.IndexOptions{Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	town.indexReady(t)
}

func (town town) indexReady(t testing.TB) {
	t.Helper()
	within, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := town.IndexReady(within); err != nil {
		t.Fatal(err)
	}
}

// indexed returns the people that the index finds. The index must answer.
func (town town) indexed(t failer, find func(people.Crowd) people.Set) (ids []int64) {
	t.Helper()
	answered, err := town.FromIndex(context.Background(), func(c people.Crowd) { ids = c.IDs(find(c)) })
	if err != nil || !answered {
		t.Fatalf("the index answered %t, %v", answered, err)
	}
	return ids
}

// failer is a test of testing or of rapid.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// agree checks that the index and the database find the same people for every question.
func (town town) agree(t failer, audiences ...people.Audience) {
	t.Helper()
	same := func(what string, find func(people.Crowd) people.Set, query string, args ...any) {
		t.Helper()
		if got, want := town.indexed(t, find), town.ids(t, query, args...); !slices.Equal(got, want) {
			t.Fatalf("%s: index %v, database %v", what, got, want)
		}
	}
	for _, a := range audiences {
		var b storage.Builder
		b.Add("SELECT p.person_id FROM people_profile p WHERE ")
		town.Where(&b, a, "p")
		same(a.String(), func(c people.Crowd) people.Set { return c.Matching(a) }, b.SQL()+" ORDER BY p.person_id", b.Args()...)
	}
	for _, purpose := range people.Purposes() {
		same(string(purpose), func(c people.Crowd) people.Set { return c.Consenting(purpose) },
			"SELECT person_id FROM people_consenting WHERE purpose = $1 ORDER BY person_id", string(purpose))
	}
	for _, channel := range people.Channels() {
		same(string(channel), func(c people.Crowd) people.Set { return c.Reachable(channel) },
			"SELECT DISTINCT person_id FROM people_reachable WHERE channel = $1 ORDER BY person_id", string(channel))
	}
	same("being", func(c people.Crowd) people.Set { return c.Being("genitore", "turista") },
		"SELECT DISTINCT person_id FROM people_who WHERE category IN ('genitore', 'turista') ORDER BY person_id")
	same("tied", func(c people.Crowd) people.Set { return c.Tied(people.TieSubscribed, "scuola") },
		"SELECT person_id FROM letters_subscription WHERE newsletter = 'scuola' AND ended_at = 0 ORDER BY person_id")
}

func (town town) ids(t failer, query string, args ...any) []int64 {
	t.Helper()
	rows, err := town.db.QueryContext(context.Background(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	ids := []int64{}
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return ids
}

// neighbour returns another node on the town's database.
func (here town) neighbour() town {
	there := here
	there.People = people.New(here.db, here.clock, taxonomy.New(here.db), func() people.Town { return people.Town{Region: "IT"} })
	there.PlugSubscriptions(here.letters)
	return there
}

// changes are the possible changes to the people of a town, in any order.
type changes struct {
	town
	n    *int // number of invented addresses
	here []int64

	imported []string // addresses
}

func (m *changes) person(t *rapid.T) int64 {
	if len(m.here) == 0 {
		t.Skip("nobody is here")
	}
	return rapid.SampledFrom(m.here).Draw(t, "person")
}

func details(t *rapid.T) people.Details {
	some := func(name string, words ...string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(words), 0, len(words), rapid.ID).Draw(t, name)
	}
	return people.Details{
		Kind:     rapid.SampledFrom([]people.Kind{people.KindPerson, people.KindOrganisation}).Draw(t, "kind"),
		Born:     must2(people.ParseBirth(rapid.SampledFrom([]string{"", "1980", "1981-11-22", "2008-11-22", "2008-11-23", "2026"}).Draw(t, "born"))),
		Language: rapid.SampledFrom([]string{"", "it", "en"}).Draw(t, "language"),
		Place:    rapid.SampledFrom([]string{"", "centro-storico", "san-lazzaro", "fuori-comune"}).Draw(t, "place"),
		Who:      some("who", "genitore", "turista", "pendolare"), Wants: some("wants", "teatro", "biblioteca"),
	}
}

func (m *changes) address() string {
	*m.n++
	return fmt.Sprintf("m%d@example.org", *m.n)
}

// actions returns the changes that rapid chooses from.
func (m *changes) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"register": m.register, "sign up": m.signUp, "update": m.update, "add address": m.addAddress, "grant": m.grant,
		"withdraw": m.withdraw, "unsubscribe": m.unsubscribe, "erase": m.erase, "import": m.importSome,
	}
}

func check(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func purposes() *rapid.Generator[people.Purpose] { return rapid.SampledFrom(people.Purposes()) }

func (m *changes) register(t *rapid.T) {
	contact := people.Contact{Channel: people.Email, Value: m.address(), Verified: rapid.Bool().Draw(t, "verified")}
	id, err := m.Register(context.Background(), details(t), []people.Contact{contact}, nil)
	check(t, err)
	m.here = append(m.here, id)
}

func (m *changes) signUp(t *rapid.T) {
	d := people.Draft{Address: m.address(), Newsletters: []string{"scuola"}, Profile: rapid.Bool().Draw(t, "profile")}
	pending, err := m.SignUp(context.Background(), d)
	check(t, err)
	c, err := m.ConfirmSignUp(context.Background(), pending.ID)
	check(t, err)
	m.here = append(m.here, c.Person)
}

func (m *changes) update(t *rapid.T) {
	d := details(t)
	d.Born = people.Birth{} // some ages forbid consents
	check(t, m.Update(context.Background(), m.person(t), d))
}

func (m *changes) addAddress(t *rapid.T) {
	a, err := m.AddAddress(context.Background(), m.person(t), people.Contact{Channel: people.SMS, Value: fmt.Sprintf("+39340%07d", *m.n)})
	*m.n++
	check(t, err)
	m.agree(t) // the index must follow by itself
	if rapid.Bool().Draw(t, "confirm") {
		check(t, m.ConfirmAddress(context.Background(), a.Person, a.ID))
	}
	if rapid.Bool().Draw(t, "remove") {
		check(t, m.RemoveAddress(context.Background(), a.Person, a.ID))
	}
}

func (m *changes) grant(t *rapid.T) {
	err := m.Grant(context.Background(), m.person(t), people.Grant{Purpose: purposes().Draw(t, "purpose"), Source: "test"})
	if !fault.HasKey(err, "people.consent.too_young") {
		check(t, err)
	}
}

func (m *changes) withdraw(t *rapid.T) {
	check(t, m.Withdraw(context.Background(), m.person(t), purposes().Draw(t, "purpose"), "test"))
}

func (m *changes) unsubscribe(t *rapid.T) {
	id := m.person(t)
	check(t, m.db.Tx(context.Background(), func(tx *storage.Tx) error {
		_, err := tx.ExecContext(context.Background(), "UPDATE letters_subscription SET ended_at = 1 WHERE person_id = $1", id)
		if err != nil {
			return err
		}
		return m.Changed(context.Background(), tx, id)
	}))
}

func (m *changes) erase(t *rapid.T) {
	id := m.person(t)
	check(t, m.Erase(context.Background(), id))
	m.here = slices.DeleteFunc(m.here, func(other int64) bool { return other == id })
	if n := m.ids(t, "SELECT turn FROM people_change WHERE first_id = $1 OR last_id = $1", id); len(n) > 0 {
		t.Fatalf("the feed names the erased person")
	}
}

func (m *changes) importSome(t *rapid.T) {
	rows := "email,place,who,wants,newsletters,consents\n"
	if len(m.imported) > 0 { // somebody imported before comes again, with more
		rows += rapid.SampledFrom(m.imported).Draw(t, "again") +
			rapid.SampledFrom([]string{",,turista,,,\n", ",,,,gli-appuntamenti,\n"}).Draw(t, "more")
	}
	for range rapid.IntRange(1, 30).Draw(t, "rows") {
		m.imported = append(m.imported, m.address())
		rows += m.imported[len(m.imported)-1] + ",centro-storico,genitore,teatro|biblioteca,scuola,newsletter|profile\n"
	}
	_, err := m.Import(context.Background(), strings.NewReader(rows), people.ImportOptions{ConsentSource: "test", ConsentDate: "2026-01-02"})
	check(t, err)
	m.here = m.ids(t, "SELECT id FROM people_person ORDER BY id")
}

// After any change, on this node or another, the index agrees with the database.
func TestIndexFollowsEveryChange(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		town.crowd(t)
		storagetest.Few(t, 5)
		other := town.neighbour()
		town.keepIndex(t)
		other.keepIndex(t)
		v := must[people.Vocabulary](t)(town.Vocabulary(t.Context()))
		n := 0
		rapid.Check(t, func(rt *rapid.T) {
			m := &changes{town: town, n: &n, here: town.ids(rt, "SELECT id FROM people_person ORDER BY id")}
			actions := m.actions()
			actions[""] = func(rt *rapid.T) {
				a := must2(people.ParseAudience(expressions().Draw(rt, "audience"), v))
				town.agree(rt, a, people.Audience{})
				if rapid.IntRange(0, 3).Draw(rt, "look elsewhere") == 0 {
					other.agree(rt, a, people.Audience{})
				}
			}
			rt.Repeat(actions)
		})
	})
}

// A transaction that ends after ones that began later is not missed.
func TestIndexHearsOfALateTransaction(t *testing.T) {
	town := newTown(t, storagetest.Open(t, storage.Postgres, schemas()...))
	ids := town.crowd(t)
	town.keepIndex(t)
	everywhere := must[people.Audience](t)(town.ParseAudience(t.Context(), `place == "fuori-comune"`))
	late, written, end := make(chan error), make(chan bool), make(chan bool)
	move := func(id int64, wait func()) error {
		return town.db.Tx(t.Context(), func(tx *storage.Tx) error {
			if _, err := tx.ExecContext(t.Context(), "UPDATE people_person SET place = 'fuori-comune' WHERE id = $1", id); err != nil {
				return err
			}
			defer wait()
			return town.Changed(t.Context(), tx, id)
		})
	}
	go func() {
		late <- move(ids[1], func() {
			close(written)
			<-end
		})
	}()
	<-written
	for _, id := range ids[10:14] {
		if err := move(id, func() {}); err != nil {
			t.Fatal(err)
		}
		town.agree(t, everywhere)
	}
	close(end)
	if err := <-late; err != nil {
		t.Fatal(err)
	}
	town.agree(t, everywhere)
}

// An index is dropped when nobody asks, and built again when somebody does. Meanwhile the database answers.
func TestIndexIsGivenUpWhenNobodyAsks(t *testing.T) {
	town := newTown(t, storagetest.Open(t, storage.SQLite, schemas()...))
	town.crowd(t)
	ctx, stop := context.WithCancel(t.Context())
	said, ended := make(chan string, 100), make(chan error)
	go func() {
		ended <- town.KeepIndex(ctx, people.IndexOptions{Idle: time.Millisecond, Log: slog.New(telling{slog.DiscardHandler, said})})
	}()
	for range 2 {
		count := must[people.Count](t)(town.Count(ctx, people.Audience{}))
		if count.People != 180 || count.Reachable["email"] != 120 {
			t.Errorf("counted %+v", count)
		}
		for _, want := range []string{"index of people made", "index of people given up: nobody asks"} {
			if got := <-said; got != want {
				t.Fatalf("the keeper said %q, want %q", got, want)
			}
		}
		if n, bytes := town.IndexSize(); n != 0 || bytes != 0 {
			t.Errorf("%d people in %d bytes are left", n, bytes)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// telling passes log lines on.
type telling struct {
	slog.Handler
	said chan<- string
}

func (telling) Enabled(context.Context, slog.Level) bool { return true }

func (h telling) Handle(_ context.Context, r slog.Record) error {
	h.said <- r.Message
	return nil
}

// Rows that every node has read are swept, except the last, from which SQLite counts on.
func TestSweepShortensTheFeed(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		ids := town.crowd(t)
		town.keepIndex(t)
		if _, err := town.db.ExecContext(t.Context(), "UPDATE people_change SET noted_at = 1"); err != nil {
			t.Fatal(err)
		}
		must[int64](t)(town.Sweep(t.Context()))
		if n := town.count(t, "(SELECT DISTINCT turn FROM people_change) c"); n != 1 {
			t.Errorf("%d turns are left, want the last", n)
		}
		if err := town.Erase(t.Context(), ids[3]); err != nil {
			t.Fatal(err)
		}
		town.agree(t, people.Audience{})
	})
}

// Rows with another database's turns, as in a restored dump, hide nothing and are ignored.
func TestFeedOfAnotherDatabaseIsNotHeard(t *testing.T) {
	town := newTown(t, storagetest.Open(t, storage.Postgres, schemas()...))
	town.keepIndex(t)
	_, err := town.db.ExecContext(t.Context(), "INSERT INTO people_change (turn, first_id, last_id, noted_at) VALUES ($1, 1, 9, 1)",
		int64(math.MaxInt64-1))
	if err != nil {
		t.Fatal(err)
	}
	town.crowd(t)
	town.agree(t, people.Audience{})
}
