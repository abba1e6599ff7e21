package app

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/storage"
)

// A database that is an older copy of the one used last sends nothing of what was due by itself: neither what was under
// way, nor what was scheduled, nor single mails. What is made later goes, the office says so, and a person lets go.
func TestAnOlderCopySendsNothingByItself(t *testing.T) {
	for _, engine := range []storage.Engine{storage.SQLite, storage.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			var r *run
			b := newBorgo(t, engine, func(made *run) { r = made })
			b.must(r.beat(b.ctx, b.house, 0))
			b.must(r.noticeOlderCopy(b.house))
			if held, err := b.delivery.Held(b.ctx, b.db); err != nil || !held.IsZero() {
				t.Fatalf("the database that was used last is held until %s (%v)", held, err)
			}
			before := b.put("before", "---\nnewsletter: teatro\nslug: prima\ntitle: Prima\nlanguage: it\n---\nTesto.\n")
			sending, err := b.newsletters.Send(b.ctx, before.ID, before.Version, true)
			b.must(err)
			b.now.Set(b.planned.Scheduled.Add(time.Second))
			b.must(os.WriteFile(r.beatPath(), []byte("1000\n"), 0o600)) // another database was used since
			b.must(r.noticeOlderCopy(b.house))
			mails := len(b.relay.Mails())

			sends := func(what string, want int) {
				t.Helper()
				if n, err := b.newsletters.Due(b.ctx); err != nil || n != min(want, 1) {
					t.Errorf("%s: %d scheduled issues were sent (%v)", what, n, err)
				}
				for _, batch := range sending.Batches() {
					_, err := b.delivery.Drain(b.ctx, batch.ID, nil)
					b.must(err)
				}
				if got := len(b.relay.Mails()) - mails; want == 0 && got > 0 || want > 0 && got == 0 {
					t.Errorf("%s: %d mails left", what, got)
				}
			}
			sends("held", 0)
			page := b.ask(b.signedIn(b.admin), http.MethodGet, "/office", nil)
			if !strings.Contains(page.body, "unoxuno hold release") {
				t.Errorf("the office does not speak of it: %d", page.status)
			}
			b.now.Advance(time.Second)
			later := b.put("later", "---\nnewsletter: teatro\nslug: dopo\ntitle: Dopo\nlanguage: it\n---\nTesto.\n")
			after, err := b.newsletters.Send(b.ctx, later.ID, later.Version, true)
			b.must(err)
			for _, batch := range after.Batches() {
				_, err := b.delivery.Drain(b.ctx, batch.ID, nil)
				b.must(err)
			}
			if len(b.relay.Mails()) == mails {
				t.Error("an issue that was made after the hold does not go out")
			}
			mails = len(b.relay.Mails())
			b.must(b.db.Tx(b.ctx, func(tx *storage.Tx) error {
				_, err := b.delivery.Release(b.ctx, tx)
				return err
			}))
			sends("released", 1)
			b.must(r.noticeOlderCopy(b.house))
			if held, err := b.delivery.Held(b.ctx, b.db); err != nil || !held.IsZero() {
				t.Errorf("it is held again until %s (%v)", held, err)
			}
		})
	}
}

// An older copy that is put in the database's place while the program runs is noticed by the next beat, and once.
func TestAnOlderCopyIsNoticedWhileTheProgramRuns(t *testing.T) {
	eachEngine(t, func(t *testing.T, b *borgo) {
		b.run.stays = true
		for range 3 {
			b.must(b.run.beatOrNotice(b.ctx, b.house))
		}
		held := func() bool {
			at, err := b.delivery.Held(b.ctx, b.db)
			b.must(err)
			return !at.IsZero()
		}
		if held() {
			t.Fatal("it is held though nothing was put in its place")
		}
		_, err := b.db.ExecContext(b.ctx, "UPDATE delivery_beat SET beat = 1") // as the copy has it
		b.must(err)
		b.must(b.run.beatOrNotice(b.ctx, b.house))
		if !held() {
			t.Fatal("the older copy is not noticed")
		}
		b.must(b.db.Tx(b.ctx, func(tx *storage.Tx) error {
			_, err := b.delivery.Release(b.ctx, tx)
			return err
		}))
		for range 3 {
			b.must(b.run.beatOrNotice(b.ctx, b.house))
		}
		if held() {
			t.Error("it is held again, though somebody let it go")
		}
	})
}
