package delivery_test

import (
	"fmt"
	"testing"

	"unoxuno/internal/storage"
)

func TestAComplaintIsToldToTheOrigin(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		n, batch, to := sentTown(t, db)
		n.mustBack(t, to[2], complaint("To: <redacted>\n"))
		n.mustBack(t, to[2], complaint("To: <redacted>\n"))
		// A provider sends all complaints to one mailbox; what it quotes identifies the person.
		n.mustBack(t, "newsletter@town.example", complaint("Return-Path: <"+to[3]+">\nTo: "+addressOf(3)+"\n"))
		n.mustBack(t, "newsletter@town.example", complaint("To: "+addressOf(1)+"\nMessage-ID: <"+n.MessageID(batch.ID, 1)+">\n"+
			"List-Unsubscribe: <https://town.example/u/x>,\n <mailto:newsletter@town.example?subject=unsubscribe-"+goodToken+">\n"))
		n.mustBack(t, "newsletter@town.example", complaint("Return-Path: <b-forged@bounce.town.example>\nTo: "+addressOf(4)+"\n"))
		n.suppressed(t, "1 2 3")
		if got := fmt.Sprint(n.town.angry); got != "[2 3 1]" {
			t.Fatalf("told of %s", got)
		}
		if p := n.progress(t, batch.ID, "sent 5"); p.Complaints() != 3 || p.Returned() != 0 {
			t.Fatalf("returns %+v", p.Returns)
		}
	})
}

// Everybody to whom a mail was forwarded has the token of its link and knows its recipient. An abuse report made with
// these counts against the newsroom and ends nothing. The header of the message itself, which a provider quotes, is
// evidence; it is accepted even after a report without it.
func TestAComplaintWithoutEvidenceOnlyCounts(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		n, batch, to := sentTown(t, db)
		quoted := "List-Unsubscribe: <mailto:newsletter@town.example?subject=unsubscribe-" + goodToken + ">\n"
		for _, header := range []string{
			quoted, quoted + "To: " + addressOf(1) + "\n", quoted + "To: " + addressOf(1) + "\nMessage-ID: <x@town.example>\n",
			quoted + "To: " + addressOf(1) + "\nMessage-ID: <" + n.MessageID(batch.ID, 2) + ">\n",
			quoted + "To: " + addressOf(2) + "\nMessage-ID: <" + n.MessageID(batch.ID, 1) + ">\n",
		} {
			n.mustBack(t, "newsletter@town.example", complaint(header))
		}
		n.suppressed(t, "")
		if p := n.progress(t, batch.ID, "sent 5"); p.Complaints() != 1 || len(n.town.angry) != 0 {
			t.Fatalf("returns %+v, told of %v", p.Returns, n.town.angry)
		}
		n.mustBack(t, "newsletter@town.example", complaint(quoted+"To: "+addressOf(1)+"\nMessage-ID: <"+n.MessageID(batch.ID, 1)+">\n"))
		// Her message went to an address that is no longer hers: its present reader cannot end her subscriptions.
		n.town.address[2] = "new@example.org"
		n.mustBack(t, to[2], complaint("To: "+addressOf(2)+"\n"))
		n.suppressed(t, "1 2")
		if p := n.progress(t, batch.ID, "sent 5"); p.Complaints() != 2 || fmt.Sprint(n.town.angry) != "[1]" {
			t.Fatalf("returns %+v, told of %v", p.Returns, n.town.angry)
		}
	})
}
