package newsletters_test

import (
	"strings"
	"testing"

	"unoxuno/internal/access"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// execute changes the database without the rooms' knowledge.
func (w *world) execute(statement string) {
	w.Helper()
	w.must(w.db.Tx(w.ctx, func(tx *storage.Tx) error {
		_, err := tx.ExecContext(w.ctx, statement)
		return err
	}))
}

func TestWhatABrakeHoldsWaitsForALaterDigest(t *testing.T) {
	inTown(t, func(w *world) {
		ada := w.citizen(people.Details{Given: "Ada"}, false, "teatro", "concerti")
		w.paced(ada, newsletters.Daily, "teatro", "concerti")
		w.publish(text("teatro", "t1", ""))
		w.publish(text("concerti", "c1", ""))
		w.execute("INSERT INTO delivery_brake (id, account, since, reason, returned, accepted, lifted_at, lifted_by)" +
			" VALUES (1, 'amici-della-musica', 1, 'bounces', 50, 100, 0, '')")
		w.slot()
		mails := w.sink.Mails()
		if len(mails) != 1 || strings.Contains(mails[0].Text(), "/concerti/c1") || !strings.Contains(mails[0].Text(), "/teatro/t1") {
			t.Fatalf("%d mails while the friends of music stand still, want one with the theatre alone", len(mails))
		}
		w.sink.Clear()
		w.slot()
		w.wantReached("") // and no empty digest is made
		w.must(w.Resume(w.ctx, "amici-della-musica"))
		w.slot()
		mails = w.sink.Mails()
		if len(mails) != 1 || !strings.Contains(mails[0].Text(), "/concerti/c1") {
			t.Errorf("%d mails when they go on, want one with their concerts", len(mails))
		}
		digests, err := w.LatestDigests(w.ctx, 10)
		w.must(err)
		if len(digests) != 2 {
			t.Errorf("%d digests were made, want 2", len(digests))
		}
	})
}

func TestAPauseHoldsTextMessagesToo(t *testing.T) {
	inTown(t, func(w *world) {
		ada, _ := w.mobileOnly(people.Details{Given: "Ada"}, false, "teatro")
		_, bea := w.mobileOnly(people.Details{Given: "Bea"}, false, "teatro")
		w.must(w.Pause(w.ctx, ada, "2025-03-10"))
		c := text("teatro", "t1", "")
		c.SMS = "Stasera a teatro"
		issue := w.create(c)
		if reach, err := w.Reach(w.ctx, issue.ID); err != nil || reach.BySMS != 1 {
			t.Errorf("it reaches %+v (%v), want Bea alone", reach, err)
		}
		_, err := w.Send(w.ctx, issue.ID, issue.Version, false)
		w.must(err)
		w.deliver()
		w.wantTexted(bea)
	})
}

// TestAComplaintAboutADigestEndsEverything calls the room as delivery does.
func TestAComplaintAboutADigestEndsEverything(t *testing.T) {
	inTown(t, func(w *world) {
		ada := w.citizen(people.Details{Given: "Ada"}, false, "teatro", "concerti")
		w.paced(ada, newsletters.Daily, "teatro", "concerti")
		w.publish(text("teatro", "t1", ""))
		w.makeDigest()
		digest := w.column("SELECT id FROM newsletters_digest")[0]
		w.must(w.db.Tx(access.With(w.ctx, access.Actor{}), func(tx *storage.Tx) error {
			return w.Digests().Complained(w.ctx, tx, digest, ada)
		}))
		w.deliver()
		w.wantReached("")
		left, err := w.SubscribedTo(w.ctx, ada)
		w.must(err)
		if len(left) > 0 {
			t.Errorf("she is still subscribed to %v", left)
		}
	})
}
