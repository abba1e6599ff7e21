package app

import (
	"database/sql"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // PostgreSQL, for a copy as pg_dump makes it

	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

// People leave, come back and are erased while a copy is made. When the copy is put back everybody is where she was at the
// end: what she left is on the copy's side or on the journal's.
func TestNobodyWhoLeftIsBackAfterARestore(t *testing.T) {
	for _, engine := range []storage.Engine{storage.SQLite, storage.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			b := newBorgo(t, engine)
			persons := b.readers(30)
			copied := storagetest.URL(t, engine)
			if engine == storage.Postgres {
				u, err := url.Parse(copied)
				b.must(err)
				copied = u.Query().Get("search_path")
			}
			half, made := make(chan struct{}), make(chan error, 1)
			go func() {
				<-half
				made <- b.copyTo(copied)
			}()
			for i, person := range persons[:24] {
				if i == 6 {
					close(half)
				}
				b.change(i%6, person)
			}
			b.must(<-made)
			// What no copy can have any more.
			for i, person := range persons[24:] {
				b.change(i%6, person)
			}
			want := make([]string, len(persons))
			for i, person := range persons {
				want[i] = b.standing(b.house, person)
			}
			h, r := b.restored(copied)
			for i, person := range persons {
				if got := b.standing(h, person); got != want[i] {
					t.Errorf("person %d (deed %d): after the restore %q, before it %q", i, i%6, got, want[i])
				}
			}
			if held, err := h.delivery.Held(b.ctx, h.db); err != nil || held.IsZero() {
				t.Errorf("what was due is not kept back (%v)", err)
			}
			missing, err := h.journal.Missing(b.ctx)
			if err != nil || !missing.IsEmpty() {
				t.Errorf("%d entries are still missing (%v)", missing.Committed(), err)
			}
			b.must(r.noticeOlderCopy(h)) // the next start finds nothing more to do
		})
	}
}

// readers are new people, subscribed to two newsletters, with two consents.
func (b *borgo) readers(n int) (persons []int64) {
	b.t.Helper()
	var list strings.Builder
	list.WriteString("email,mobile,newsletters,consents,consent_date,consent_source\n")
	for i := range n {
		fmt.Fprintf(&list, "r%d@citta.example,+3933300000%02d,teatro|genitori,newsletter|profile,2026-10-01,modulo\n", i, i)
	}
	report, err := b.people.Import(b.ctx, strings.NewReader(list.String()), people.ImportOptions{})
	b.must(err)
	if report.Created != int64(n) {
		b.t.Fatalf("%+v", report)
	}
	for i := range n {
		id, known, err := b.people.ByAddress(b.ctx, people.Email, fmt.Sprintf("r%d@citta.example", i))
		b.must(err)
		if !known {
			b.t.Fatalf("reader %d was not imported", i)
		}
		persons = append(persons, id)
	}
	return persons
}

// change does one of the deeds that a restore must not undo, or that must not be taken for one.
func (b *borgo) change(which int, person int64) {
	b.t.Helper()
	switch which {
	case 0:
		b.must(b.newsletters.Unsubscribe(b.ctx, newsletters.Leaving{Person: person, Newsletter: "teatro", How: "page"}))
	case 1:
		_, err := b.newsletters.UnsubscribeAll(b.ctx, person, "page")
		b.must(err)
	case 2:
		b.must(b.people.Withdraw(b.ctx, person, people.ForProfile, "page"))
		b.must(b.newsletters.Pause(b.ctx, person, "2026-12-24"))
	case 3:
		b.must(b.people.Erase(b.ctx, person))
	case 4: // she leaves and takes it back
		left, err := b.newsletters.Leave(b.ctx, []newsletters.Leaving{{Person: person, Newsletter: "teatro", How: "page"}})
		b.must(err)
		b.must(b.newsletters.TakeBack(b.ctx, person, left))
	case 5:
		b.must(b.newsletters.ChooseChannel(b.ctx, person, "teatro", people.SMS))
		who, err := b.people.Get(b.ctx, person)
		b.must(err)
		b.must(b.db.Tx(b.ctx, func(tx *storage.Tx) error {
			_, err := b.newsletters.Wrote(b.ctx, tx, value(who, people.SMS), sms.Request{Command: sms.Stop})
			return err
		}))
	}
}

func value(who people.Person, channel people.Channel) string {
	for _, a := range who.Addresses {
		if a.Channel == channel {
			return a.Value
		}
	}
	return ""
}

// standing is what stands about the person, in a line; "" for somebody who was erased.
func (b *borgo) standing(h *house, person int64) string {
	b.t.Helper()
	if _, err := h.people.Get(b.ctx, person); err != nil {
		return ""
	}
	var list []string
	subscriptions, err := h.newsletters.Subscriptions(b.ctx, person)
	b.must(err)
	for _, s := range subscriptions {
		if s.Standing() {
			list = append(list, s.Newsletter)
		}
	}
	consents, err := h.people.Consents(b.ctx, person)
	b.must(err)
	for _, c := range consents {
		if c.Stands() {
			list = append(list, string(c.Purpose))
		}
	}
	rhythm, err := h.newsletters.Rhythm(b.ctx, person)
	b.must(err)
	slices.Sort(list)
	return fmt.Sprint(slices.Compact(list), rhythm.Paused)
}

// restored is the house upon the copy that putBack put in place, with the journal that was kept beside the database.
func (b *borgo) restored(copied string) (*house, *run) {
	b.t.Helper()
	r := *b.run
	r.stays = true
	if r.config.DatabaseURL = copied; b.db.Engine() == storage.Postgres {
		r.config.DatabaseURL = b.run.config.DatabaseURL
		b.must(b.ofOneMoment(func(table string) []string {
			return []string{"DELETE FROM " + table, "INSERT INTO " + table + " SELECT * FROM " + copied + "." + table}
		}))
	}
	db, err := storage.OpenWith(storage.RefuseNested(b.ctx), r.config.DatabaseURL, r.pools())
	b.must(err)
	h, err := r.build(db, b.now)
	b.must(err)
	b.t.Cleanup(func() { h.close(&r) })
	return h, &r
}

// copyTo copies the database while it is used: with the program's own backup, or in one snapshot as pg_dump does.
func (b *borgo) copyTo(copied string) error {
	if path, ok := strings.CutPrefix(copied, "sqlite:"); ok {
		return b.db.Backup(b.ctx, path)
	}
	return b.ofOneMoment(func(table string) []string {
		return []string{"CREATE TABLE " + copied + "." + table + " AS TABLE " + table}
	})
}

// ofOneMoment runs statements for each table in one transaction that sees the database as it was at its beginning.
func (b *borgo) ofOneMoment(statements func(table string) []string) error {
	db, err := sql.Open("pgx", b.run.config.DatabaseURL)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // only its transaction matters
	tx, err := db.BeginTx(b.ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()                                                             // does nothing after the commit
	if _, err := tx.ExecContext(b.ctx, "SET LOCAL session_replication_role = replica"); err != nil { // in any order of the tables
		return err
	}
	for _, table := range b.tables() {
		for _, statement := range statements(table) {
			if _, err := tx.ExecContext(b.ctx, statement); err != nil {
				return fmt.Errorf("%s: %w", statement, err)
			}
		}
	}
	return tx.Commit()
}
