package people_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
	"unoxuno/internal/taxonomy"
)

// noon is the time at which tests begin: 22 November 2026, in the town and in UTC.
func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// town is the room in a town with a few words, with a small room of newsletters.
type town struct {
	*people.People
	db      *storage.DB
	clock   *clock.Manual
	letters *letters
}

func schemas() []storage.Schema {
	return []storage.Schema{
		{Room: "taxonomy", Files: taxonomy.Schema()},
		{Room: "people", Files: people.Schema()},
		{Room: "letters", Files: fstest.MapFS{"0001_letters.sql": &fstest.MapFile{Data: []byte(`-- +goose Up
CREATE TABLE letters_subscription (
    person_id bigint NOT NULL REFERENCES people_person (id), newsletter text NOT NULL, channel text NOT NULL,
    began_at bigint NOT NULL, ended_at bigint NOT NULL, PRIMARY KEY (person_id, newsletter));`)}}},
	}
}

// eachEngine runs test on a new town on SQLite and on PostgreSQL.
func eachEngine(t *testing.T, test func(t *testing.T, town town)) {
	t.Helper()
	storagetest.Each(t, func(t *testing.T, db *storage.DB) { test(t, newTown(t, db)) }, schemas()...)
}

func newTown(t testing.TB, db *storage.DB) town {
	t.Helper()
	lists := taxonomy.New(db)
	name := func(it, en string) taxonomy.Name { return taxonomy.Name{IT: it, EN: en} }
	err := db.Tx(t.Context(), func(tx *storage.Tx) error {
		_, err := lists.Apply(t.Context(), tx, taxonomy.Declaration{
			Topics: []taxonomy.Declared{{Slug: "teatro", Name: name("Teatro", "Theatre")}, {Slug: "biblioteca", Name: name("Biblioteca", "Library")}},
			Places: []taxonomy.Declared{
				{Slug: "centro-storico", Name: name("Centro storico", "Old town")}, {Slug: "san-lazzaro", Name: name("San Lazzaro", "")},
				{Slug: "fuori-comune", Name: name("Fuori comune", "Outside the town")},
			},
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return townUpon(t, db)
}

// townUpon returns a town on a database that newTown used before.
func townUpon(t testing.TB, db *storage.DB) town {
	t.Helper()
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	c := clock.At(noon())
	room := people.New(db, c, taxonomy.New(db), func() people.Town { return people.Town{Region: "IT", Zone: rome, Languages: []string{"it", "en"}} })
	l := &letters{known: []string{"gli-appuntamenti", "la-biblioteca", "scuola"}}
	room.PlugSubscriptions(l)
	room.Plug(l)
	return town{room, db, c, l}
}

// letters is a minimal room of newsletters.
type letters struct{ known []string }

func (l *letters) Known(context.Context, storage.Queryer) (offers []people.Offer, err error) {
	for _, slug := range l.known {
		offers = append(offers, people.Offer{Slug: slug, Titles: []string{strings.ReplaceAll(slug, "-", " ") + ", a cura del Comune"}})
	}
	return offers, nil
}

func (l *letters) Of(ctx context.Context, q storage.Queryer, person int64) (slugs []string, err error) {
	rows, err := q.QueryContext(ctx, "SELECT newsletter FROM letters_subscription WHERE person_id = $1 AND ended_at = 0 ORDER BY newsletter", person)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var slug string
		if err := rows.Scan(&slug); err != nil {
			return nil, err
		}
		slugs = append(slugs, slug)
	}
	return slugs, rows.Err()
}

func (l *letters) Subscribed(b *storage.Builder, personID, slug string) {
	b.Add("EXISTS (SELECT 1 FROM letters_subscription l WHERE l.person_id = "+personID+" AND l.newsletter = ? AND l.ended_at = 0)", slug)
}

func (l *letters) Tied(b *storage.Builder, tie people.Tie, among func(*storage.Builder, string)) {
	b.Add("SELECT l.newsletter AS word, l.person_id AS person FROM letters_subscription l WHERE l.ended_at = 0 AND 'subscribed' = ? AND ", string(tie))
	among(b, "l.person_id")
}

func (l *letters) Tables() ([]string, string) { return []string{"letters_subscription"}, "" }

func (l *letters) CountsReadTo(context.Context, storage.Queryer) (int64, error) {
	return math.MaxInt64, nil
}

func (l *letters) Subscribe(ctx context.Context, tx *storage.Tx, asked []people.Asked) (begun []int64, err error) {
	for _, a := range asked {
		text := "INSERT INTO letters_subscription (person_id, newsletter, channel, began_at, ended_at) VALUES ($1, $2, $3, $4, 0)"
		if !a.New { // a new person has none, and the table may lack its key: see storage.Fill
			text += " ON CONFLICT (person_id, newsletter) DO NOTHING"
		}
		result, err := tx.ExecContext(ctx, text, a.Person, a.Newsletter, string(a.Channel), clock.Millis(a.When))
		if err != nil {
			return nil, err
		}
		if n, err := result.RowsAffected(); err != nil {
			return nil, err
		} else if n > 0 && !slices.Contains(begun, a.Person) {
			begun = append(begun, a.Person)
		}
	}
	return begun, nil
}

func (l *letters) Name() string { return "letters" }

func (l *letters) Export(ctx context.Context, q storage.Queryer, person int64, _ access.Sight) (any, error) {
	return l.Of(ctx, q, person)
}

func (l *letters) Forget(ctx context.Context, tx *storage.Tx, person int64) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM letters_subscription WHERE person_id = $1", person)
	return err
}

// staff returns a context with a member of staff as actor.
func staff(t testing.TB) context.Context {
	t.Helper()
	return access.With(t.Context(), access.Actor{Kind: access.StaffAct, ID: 1, Name: "urp@example.org"})
}

func must[T any](t testing.TB) func(value T, err error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// wantFault checks that err holds a fault with that key.
func wantFault(t testing.TB, err error, key string) *fault.Error {
	t.Helper()
	for _, f := range fault.List(err) {
		if f.Key == key {
			return f
		}
	}
	t.Fatalf("error %v; want the fault %s", err, key)
	return nil
}

// count counts the rows of a table.
func (town town) count(t testing.TB, table string) (n int64) {
	t.Helper()
	if err := town.db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func email(value string) people.Contact {
	return people.Contact{Channel: people.Email, Value: value, Verified: true}
}

func newTownOnSQLite(t *testing.T) town {
	t.Helper()
	return newTown(t, storagetest.Open(t, storage.SQLite, schemas()...))
}
