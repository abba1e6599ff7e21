package delivery_test

import (
	"slices"
	"strings"
	"testing"

	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/bounce"
	"unoxuno/internal/storage"
)

const tooFast = "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages."

// TestDelaysSuppressNobody: warnings are recorded once for a message and change nothing, however many come. The same
// holds for a server that asks us to slow down. A message that fails afterwards counts once, as failed.
func TestDelaysSuppressNobody(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		n, batch, to := sentTown(t, db)
		late := strings.Replace(notice(addressOf(2), "4.2.2", full), "Action: failed", "Action: delayed", 1)
		n.mustBack(t, to[2], late)
		n.mustBack(t, to[2], late)
		for ref := range int64(6) {
			batch := n.enqueue(t, 10+ref, 2, 3)
			n.step(t)
			n.mustBack(t, n.EnvelopeTo(batch.ID, 2, addressOf(2)), late)
			n.mustBack(t, n.EnvelopeTo(batch.ID, 3, addressOf(3)), notice(addressOf(3), "5.2.1", tooFast))
		}
		n.suppressed(t, "")
		want := []delivery.ReturnCount{{Kind: bounce.Delayed, Reason: bounce.MailboxFull, Count: 1}}
		if p := n.progress(t, batch.ID, "sent 5"); !slices.Equal(p.Returns, want) || p.Returned() != 0 {
			t.Fatalf("returns %+v", p.Returns)
		}
		n.mustBack(t, to[2], notice(addressOf(2), "4.2.2", full))
		want[0].Kind = bounce.Soft
		if p := n.progress(t, batch.ID, "sent 5"); !slices.Equal(p.Returns, want) || p.Returned() != 1 {
			t.Fatalf("returns %+v", p.Returns)
		}
		n.suppressed(t, "")
	})
}
