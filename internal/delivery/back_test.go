package delivery_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/bounce"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

func (o *town) Addresses(_ context.Context, _ storage.Queryer, person int64) ([]string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if address, ok := o.address[person]; ok {
		return []string{address}, nil
	}
	return []string{addressOf(person)}, nil
}

// Folding fails where a test wants folding to be killed.
func (o *town) Folding(context.Context, *storage.Tx, int64, int64, int64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.folding == nil {
		return nil
	}
	return o.folding()
}

func (o *town) Sensitive(context.Context, storage.Queryer, []int64) ([]int64, error) { return nil, nil }

func (o *town) Complained(_ context.Context, _ *storage.Tx, _, person int64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.angry = append(o.angry, person)
	return nil
}

// farewells understands one token, of person 1 for issue 1.
type farewells struct{ left []string }

const goodToken = "a-good-token-of-somebody_1"

var errBusy = errors.New("the database is busy")

func (f *farewells) OneClick(_ context.Context, token string) error {
	switch token {
	case goodToken:
		f.left = append(f.left, token)
		return nil
	case "a-token-that-comes-when-all-is-busy":
		return errBusy
	}
	return fault.Expired("newsletters.link.invalid")
}

func (f *farewells) Sent(token string) (string, int64, int64, error) {
	if token != goodToken {
		return "", 0, 0, fault.Expired("newsletters.link.invalid")
	}
	return "test.issue", 1, 1, nil
}

// notice is a delivery status notification (RFC 3464).
func notice(address, status, words string) string {
	final := ""
	if address != "" {
		final = "Final-Recipient: rfc822; " + address + "\n"
	}
	return "From: Mail Delivery System <MAILER-DAEMON@mx.example.org>\nSubject: Undelivered Mail Returned to Sender\n" +
		"Auto-Submitted: auto-replied\nMIME-Version: 1.0\n" +
		"Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n" +
		"--b\nContent-Type: text/plain\n\nYour message could not be delivered.\n\n" +
		"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n" +
		final + "Action: failed\nStatus: " + status + "\nDiagnostic-Code: smtp; " + words + "\n\n--b--\n"
}

const (
	unknown = "550 5.1.1 User unknown"
	full    = "452 4.2.2 The mailbox is full"
	listed  = "554 5.7.1 Service unavailable; client host blocked using zen.spamhaus.org"
)

// complaint returns an abuse report (RFC 5965); original is the header it quotes.
func complaint(original string) string {
	return "From: <fbl@provider.example>\nSubject: FW: La settimana\nMIME-Version: 1.0\n" +
		"Content-Type: multipart/report; report-type=feedback-report; boundary=\"b\"\n\n" +
		"--b\nContent-Type: text/plain\n\nThis is an email abuse report.\n\n" +
		"--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: Loop/1.0\nVersion: 1\n\n" +
		"--b\nContent-Type: message/rfc822\n\n" + original + "Subject: La settimana\n\nCiao\n--b--\n"
}

// back delivers a mail to one of our addresses, as the listener does.
func (n *node) back(t testing.TB, sender, recipient, mail string) error {
	t.Helper()
	return n.TakeBack(t.Context(), delivery.Back{Recipient: recipient, Mail: strings.NewReader("Return-Path: <" + sender + ">\n" + mail)})
}

// mustBack delivers a notice, whose envelope sender is empty.
func (n *node) mustBack(t testing.TB, recipient, mail string) {
	t.Helper()
	if err := n.back(t, "", recipient, mail); err != nil {
		t.Fatal(err)
	}
}

// suppressed checks which of the persons' usual addresses are suppressed, written as "2 3".
func (n *node) suppressed(t testing.TB, want string) {
	t.Helper()
	var got []string
	for p := range int64(12) {
		yes, err := n.Suppressed(t.Context(), n.db, addressOf(p))
		if err != nil {
			t.Fatal(err)
		}
		if yes {
			got = append(got, fmt.Sprint(p))
		}
	}
	if text := strings.Join(got, " "); text != want {
		t.Fatalf("suppressed are %q, want %q", text, want)
	}
}

// sentTown returns a town whose issue 1 went to persons 1 to 5, and the address to which each mail returns.
func sentTown(t *testing.T, db *storage.DB) (*node, delivery.Batch, map[int64]string) {
	t.Helper()
	sink := deliverytest.New(t, deliverytest.Options{})
	n := newNode(t, db, newTown(t), clock.At(morning), sink.URL(), func(s *delivery.Settings) {
		s.Policy = delivery.Policy{BrakeDays: 7, Contact: "https://town.example/"}
	})
	n.PlugFarewells(&farewells{})
	batch := n.enqueue(t, 1, 1, 5)
	n.step(t)
	envelopes := map[int64]string{}
	for _, m := range sink.Mails() {
		e, err := n.OpenBounce(m.From)
		if err != nil {
			t.Fatal(err)
		}
		envelopes[e.Person] = m.From
	}
	return n, batch, envelopes
}

func TestAHardBounceSuppressesAtOnceAndCountsOnce(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		n, batch, to := sentTown(t, db)
		for range 3 {
			n.mustBack(t, to[2], notice(addressOf(2), "5.1.1", unknown))
		}
		n.mustBack(t, to[3], notice("account@inner.example", "5.1.1", unknown)) // as after forwarding
		n.mustBack(t, to[4], notice("boss@elsewhere.example", "5.1.1", unknown))
		n.suppressed(t, "2 3 4")
		p := n.progress(t, batch.ID, "sent 5")
		want := delivery.ReturnCount{Kind: bounce.Hard, Reason: bounce.UnknownAddress, Count: 3}
		if len(p.Returns) != 1 || p.Returns[0] != want || p.Returned() != 3 || p.Complaints() != 0 {
			t.Fatalf("returns %+v", p.Returns)
		}
		next := n.enqueue(t, 2, 1, 5)
		n.step(t)
		n.progress(t, next.ID, "sent 2 suppressed 3")
	})
}

func TestOnlyTheAddressThatBouncedIsSuppressed(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		n, batch, to := sentTown(t, db)
		n.town.set(func(o *town) { o.address[2], o.address[3] = "new@example.org", addressOf(9) })
		n.mustBack(t, to[2], notice("account@inner.example", "5.1.1", unknown)) // an old address that we do not know
		n.mustBack(t, to[3], notice(addressOf(9), "5.1.1", unknown))
		n.suppressed(t, "")
		n.mustBack(t, to[2], notice(addressOf(2), "5.1.1", unknown)) // now with her address
		n.suppressed(t, "2")
		if yes, err := n.Suppressed(t.Context(), db, "new@example.org"); err != nil || yes {
			t.Fatalf("the new address: %v, %v", yes, err)
		}
		if p := n.progress(t, batch.ID, "sent 5"); p.Returned() != 2 {
			t.Fatalf("returns %+v", p.Returns)
		}
	})
}

func TestSoftBouncesSuppressAfterSomeMessagesWithinDays(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		n, _, to := sentTown(t, db)
		issue := func(ref int64) string { // to person 2
			batch := n.enqueue(t, ref, 2, 2)
			n.step(t)
			return n.EnvelopeTo(batch.ID, 2, addressOf(2))
		}
		n.mustBack(t, to[2], notice(addressOf(2), "4.2.2", full))
		n.mustBack(t, to[2], notice(addressOf(2), "4.2.2", full)) // the same message
		n.clock.Advance(10 * 24 * time.Hour)
		n.mustBack(t, issue(2), notice(addressOf(2), "4.2.2", full))
		n.suppressed(t, "")
		n.clock.Advance(5 * 24 * time.Hour) // the first one is too old
		n.mustBack(t, issue(3), notice(addressOf(2), "4.2.2", full))
		n.suppressed(t, "")
		n.mustBack(t, issue(4), notice(addressOf(2), "4.2.2", full))
		n.suppressed(t, "2")
		// What concerns our own server counts against no address.
		for ref := range int64(6) {
			batch := n.enqueue(t, 10+ref, 3, 3)
			n.step(t)
			n.mustBack(t, n.EnvelopeTo(batch.ID, 3, addressOf(3)), notice(addressOf(3), "5.7.1", listed))
		}
		n.suppressed(t, "2")
	})
}

func TestForgedTokensChangeNothing(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		n, batch, to := sentTown(t, db)
		last := to[2][:len("b-")+60]
		for _, address := range []string{
			"b-aaaa@bounce.town.example", "b-" + strings.Repeat("a", 61) + "@bounce.town.example", last + "a@bounce.town.example",
			"b-@bounce.town.example", "b-é@bounce.town.example", "nobody@town.example", "", "@", "newsletter@elsewhere.example",
		} {
			if address == to[2] {
				continue
			}
			if err := n.back(t, "", address, notice(addressOf(2), "5.1.1", unknown)); !fault.HasKey(err, "delivery.back.nobody") {
				t.Errorf("%s: %v", address, err)
			}
		}
		// A message that was never sent: the token is ours, but the ledger has no such message.
		n.mustBack(t, n.EnvelopeTo(batch.ID, 77, addressOf(2)), notice(addressOf(2), "5.1.1", unknown))
		n.mustBack(t, n.EnvelopeTo(1234, 2, addressOf(2)), notice(addressOf(2), "5.1.1", unknown))
		n.mustBack(t, n.EnvelopeTo(0, 1234, addressOf(2)), notice(addressOf(2), "5.1.1", unknown))
		// A bounce to the mailbox that quotes nothing of ours.
		n.mustBack(t, "newsletter@town.example", notice(addressOf(2), "5.1.1", unknown))
		n.suppressed(t, "")
		if p := n.progress(t, batch.ID, "sent 5"); len(p.Returns) != 0 {
			t.Errorf("returns %+v", p.Returns)
		}
	})
}

func TestLettersAreNotSwallowed(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		n, batch, to := sentTown(t, db)
		letter := "From: Maria <p2@example.org>\nSubject: Re: La settimana\n\nGrazie! A che ora apre il museo?\n"
		for _, address := range []string{to[2], "NEWSLETTER@town.example"} {
			if err := n.back(t, "p2@example.org", address, letter); !fault.HasKey(err, "delivery.back.letter") {
				t.Errorf("to %s: %v", address, err)
			}
		}
		away := "From: p2@example.org\nSubject: Fuori ufficio\nAuto-Submitted: auto-replied\n\nTorno lunedì.\n"
		if err := n.back(t, "p2@example.org", to[2], away); err != nil {
			t.Errorf("an automatic answer: %v", err)
		}
		n.mustBack(t, to[2], "Subject: ?\n\nUna macchina che non si capisce.\n")
		n.mustBack(t, to[2], "")
		n.suppressed(t, "")
		if p := n.progress(t, batch.ID, "sent 5"); len(p.Returns) != 0 {
			t.Errorf("returns %+v", p.Returns)
		}
		broken := delivery.Back{Recipient: to[2], Mail: iotest.ErrReader(io.ErrUnexpectedEOF)}
		if err := n.TakeBack(t.Context(), broken); !errors.Is(err, io.ErrUnexpectedEOF) || fault.KindOf(err) != fault.KindInternal {
			t.Errorf("a mail that breaks off: %v", err)
		}
	})
}

func TestUnsubscribingByMail(t *testing.T) {
	n, _, to := sentTown(t, storageSQLite(t))
	f := &farewells{}
	n.PlugFarewells(f)
	mail := func(subject string) string { return "From: p1@example.org\nSubject: " + subject + "\n\n" }
	const mailbox = "newsletter@town.example"
	for _, subject := range []string{"unsubscribe-" + goodToken, " UNSUBSCRIBE-" + goodToken + " ", "=?utf-8?q?unsubscribe-" + strings.ReplaceAll(goodToken, "_", "=5F") + "?="} {
		if err := n.back(t, "p1@example.org", mailbox, mail(subject)); err != nil {
			t.Errorf("%s: %v", subject, err)
		}
	}
	if len(f.left) != 3 {
		t.Errorf("%d left", len(f.left))
	}
	for _, subject := range []string{"unsubscribe", "unsubscribe-a-forged-token-of-somebody", "Re: unsubscribe-" + goodToken, "cancellatemi"} {
		if err := n.back(t, "p1@example.org", mailbox, mail(subject)); !fault.HasKey(err, "delivery.back.letter") {
			t.Errorf("%s: %v", subject, err)
		}
	}
	if err := n.back(t, "p1@example.org", mailbox, mail("unsubscribe-a-token-that-comes-when-all-is-busy")); !errors.Is(err, errBusy) {
		t.Errorf("while we are in trouble: %v", err)
	}
	if err := n.back(t, "", to[2], notice(addressOf(2), "5.1.1", unknown)+"Subject: unsubscribe-"+goodToken+"\n"); err != nil || len(f.left) != 3 {
		t.Errorf("a bounce unsubscribed somebody: %v", err)
	}
}

func TestConfirmingAgainLiftsTheSuppression(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		n, _, to := sentTown(t, db)
		hard := notice(addressOf(2), "5.1.1", unknown)
		n.mustBack(t, to[2], hard)
		n.suppressed(t, "2")
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
			for _, kind := range []string{delivery.NoteConfirm, "link"} {
				if err := n.Post(ctx, tx, delivery.Note{Kind: kind, To: addressOf(2), Subject: "Conferma", Text: "Premi qui."}); err != nil {
					return err
				}
			}
			return nil
		})
		if sent, err := n.SendNotes(t.Context()); err != nil || sent != 1 { // the one that asks her to confirm
			t.Fatalf("%d notes sent, %v", sent, err)
		}
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error { return n.Lift(ctx, tx, addressOf(2)) })
		n.suppressed(t, "")
		n.mustBack(t, to[2], hard) // an old one, delivered again
		n.suppressed(t, "")
		next := n.enqueue(t, 2, 2, 2)
		n.step(t)
		n.mustBack(t, n.EnvelopeTo(next.ID, 2, addressOf(2)), hard)
		n.suppressed(t, "2")
	})
}

func TestWhatCameBackIsExportedAndForgotten(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		n, batch, to := sentTown(t, db)
		n.mustBack(t, to[2], notice(addressOf(2), "5.1.1", unknown))
		kept, err := n.Export(t.Context(), db, 2, access.Whole)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := json.Marshal(kept); err != nil || !strings.Contains(string(text), `"came_back":[{"kind":"hard","reason":"unknown-address"`) {
			t.Fatalf("%s, %v", text, err)
		}
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error { return n.Forget(ctx, tx, 2) })
		if p := n.progress(t, batch.ID, "sent 5"); p.Returned() != 1 {
			t.Fatalf("the count has changed: %+v", p.Returns)
		}
		var left int
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM delivery_return WHERE person = 2 OR digest <> ''").Scan(&left); err != nil || left != 0 {
			t.Fatalf("%d rows of hers, %v", left, err)
		}
		n.mustBack(t, to[2], notice(addressOf(2), "5.1.1", unknown))
		if p := n.progress(t, batch.ID, "sent 5"); p.Returned() != 1 {
			t.Fatalf("who was forgotten is known again: %+v", p.Returns)
		}
	})
}

func storageSQLite(t *testing.T) *storage.DB {
	return storagetest.Open(t, storage.SQLite, storage.Schema{Room: "delivery", Files: delivery.Schema()})
}
