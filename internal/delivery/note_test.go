package delivery_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
)

var confirmation = delivery.Note{
	Kind: "confirm", Person: 5, To: "maria@example.org", ToName: "Maria", Language: "it", Subject: "Conferma l'iscrizione",
	Text: "Apri https://town.example/c/1", HTML: "<p>Apri <a href=\"https://town.example/c/1\">il link</a>",
}

func (n *node) post(t *testing.T, note delivery.Note) {
	t.Helper()
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error { return n.Post(ctx, tx, note) })
}

func (n *node) sendNotes(t *testing.T, want int) {
	t.Helper()
	if got, err := n.SendNotes(t.Context()); err != nil || got != want {
		t.Fatalf("sent %d notes, %v; want %d", got, err, want)
	}
}

// kept returns what is stored of a note's recipient and text.
func (n *node) kept(t *testing.T) (text, state string, due int64) {
	t.Helper()
	err := n.db.QueryRowContext(t.Context(), "SELECT to_address || to_name || subject || body_text || body_html, state, due FROM delivery_note").
		Scan(&text, &state, &due)
	if err != nil {
		t.Fatal(err)
	}
	return text, state, due
}

func TestANoteIsSentAndItsTextErased(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
		n.post(t, confirmation)
		n.sendNotes(t, 1)
		n.sendNotes(t, 0)
		m := sink.Mails()[0]
		for name, want := range map[string]string{
			"From": "Città di prova <newsletter@town.example>", "To": "\"Maria\" <maria@example.org>", "Subject": "Conferma l'iscrizione",
			"Auto-Submitted": "auto-generated", "Content-Language": "it", "List-Id": "", "List-Unsubscribe": "", "Precedence": "",
		} {
			if got := m.Header(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if m.Text() != confirmation.Text || m.HTML() != confirmation.HTML {
			t.Errorf("text %q, html %q", m.Text(), m.HTML())
		}
		if text, state, due := n.kept(t); text != "" || state != string(delivery.Sent) || due != 0 {
			t.Errorf("kept %q, state %s, due %d", text, state, due)
		}
		if e, err := n.OpenBounce(m.From); err != nil || e.Batch != 0 || !n.WentTo(e, m.To) {
			t.Errorf("envelope %s: %+v, %v", m.From, e, err)
		}
	})
}

func TestANoteOfATransactionThatFailsIsNotSent(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
		undone := errors.New("undone")
		err := db.Tx(t.Context(), func(tx *storage.Tx) error { return errors.Join(n.Post(t.Context(), tx, confirmation), undone) })
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		n.sendNotes(t, 0)
	})
}

func TestANoteIsTriedAgain(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{Rule: func(a deliverytest.Attempt) error {
			if a.Stage == deliverytest.AtRcpt && a.Tries == 1 {
				return deliverytest.Refuse(451, "4.7.1", "greylisted")
			}
			return nil
		}})
		o, c := newTown(t), clock.At(morning)
		down := newNode(t, db, o, c, "")
		down.post(t, confirmation)
		down.sendNotes(t, 0)
		c.Advance(time.Minute)
		n := newNode(t, db, o, c, sink.URL()) // restarted, with a relay
		n.sendNotes(t, 0)                     // greylisted
		if _, state, due := n.kept(t); state != string(delivery.Later) || due != clock.Millis(c.Now().Add(time.Minute)) {
			t.Fatalf("state %s, due %v", state, clock.Time(due))
		}
		c.Advance(time.Minute)
		n.sendNotes(t, 1)
		if counts, err := n.Notes(t.Context()); err != nil || counts[delivery.Sent] != 1 {
			t.Fatalf("%v, %v", counts, err)
		}
	})
}

func TestNotesThatCannotGo(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
			bad := confirmation
			bad.To = "maria@example.org\r\nBcc: eve@example.org"
			if err := n.Post(ctx, tx, bad); !fault.HasKey(err, "delivery.address.malformed") {
				t.Errorf("got %v", err)
			}
			return n.Suppress(ctx, tx, "MARIA@example.org", "complaint")
		})
		link := confirmation
		link.Kind = "link"
		n.post(t, link)
		n.sendNotes(t, 0)
		if text, state, _ := n.kept(t); text != "" || state != string(delivery.Suppressed) || sink.Count() != 0 {
			t.Errorf("kept %q, state %s, %d mails", text, state, sink.Count())
		}
		n.post(t, delivery.Note{Person: 9, To: "luca@example.org"})
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error { return n.Forget(ctx, tx, 9) })
		n.sendNotes(t, 0)
	})
}

// An entry goes to people whom the town knows, whatever they said about newsletters, and to no address that does not
// exist. Who has the address is looked up when the note is sent.
func TestTheWayInGoesToWhoeverIsKnown(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
		n.PlugHolders(func(_ context.Context, channel, address string) (bool, error) {
			return channel == delivery.Email && address != "nobody@example.org", nil
		})
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
			return errors.Join(n.Suppress(ctx, tx, "maria@example.org", "complaint"), n.Suppress(ctx, tx, "gone@example.org", "hard"))
		})
		for _, to := range []string{"maria@example.org", "nobody@example.org", "gone@example.org"} {
			entry := confirmation
			entry.Kind, entry.To = delivery.NoteEntry, to
			n.post(t, entry)
		}
		n.sendNotes(t, 1)
		if got := sink.Mails(); len(got) != 1 || got[0].To != "maria@example.org" {
			t.Errorf("%d mails", len(got))
		}
		if counts, err := n.Notes(t.Context()); err != nil || counts[delivery.Suppressed] != 2 {
			t.Errorf("%v, %v", counts, err)
		}
	})
}

func TestATestSendGoesAtOnceAndSaysWhatIsWrong(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{Rule: func(a deliverytest.Attempt) error {
			if a.Stage == deliverytest.AtRcpt && a.To != "editor@example.org" {
				return deliverytest.Refuse(550, "5.1.1", "no")
			}
			return nil
		}})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
		to := delivery.Recipient{Address: "editor@example.org", Template: n.town.template, Values: []string{"", "Eva"}}
		if err := n.TestSend(t.Context(), "", to); err != nil || sink.Count() != 1 || sink.Mails()[0].Text() != "Ciao Eva, ecco la settimana." {
			t.Fatalf("%v, %d mails", err, sink.Count())
		}
		to.Address = "nobody@example.org"
		if err := n.TestSend(t.Context(), "", to); !fault.HasKey(err, "delivery.send.refused") {
			t.Errorf("got %v", err)
		}
		down := newNode(t, db, n.town, n.clock, "")
		if err := down.TestSend(t.Context(), "", to); !fault.HasKey(err, "delivery.relay.unreachable") {
			t.Errorf("got %v", err)
		}
		if err := down.CheckRelays(t.Context())[0]; !fault.HasKey(err, "delivery.relay.unreachable") {
			t.Errorf("got %v", err)
		}
		if err := n.CheckRelays(t.Context())[0]; err != nil {
			t.Error(err)
		}
	})
}

func TestEveryMailNamesItselfAndNobodyElse(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL())
		batch := n.enqueue(t, 1, 1, 3)
		n.step(t)
		for _, m := range sink.Mails() {
			e, err := n.OpenBounce(strings.ToUpper(m.From)) // mail systems may change the case
			if err != nil || e.Batch != batch.ID || addressOf(e.Person) != m.To {
				t.Fatalf("envelope %s opens as %+v, %v", m.From, e, err)
			}
			if !n.WentTo(e, strings.ToUpper(m.To)) || n.WentTo(e, addressOf(e.Person+1)) || n.WentTo(e, "") {
				t.Fatalf("envelope %s does not recognise its address, or recognises others", m.From)
			}
			if id := m.Header("Message-Id"); id != "<"+n.MessageID(batch.ID, e.Person)+">" {
				t.Fatalf("Message-ID %s", id)
			}
			if _, err := n.OpenBounce("b-aaaa" + m.From[6:]); !fault.Is(err, fault.KindExpired) {
				t.Fatalf("a forged envelope opened: %v", err)
			}
			if m.Header("To") != "<"+m.To+">" || m.Header("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" ||
				m.Header("Date") != "Mon, 02 Mar 2026 09:00:00 +0000" {
				t.Fatalf("headers of\n%s", m.Data)
			}
		}
	})
}

func TestAnEnvelopeFitsWhateverTheNumbers(t *testing.T) {
	// RFC 5321 §4.5.3.1.1: a local part has at most 64 octets. ParsePath within envelope checks it.
	sink := deliverytest.New(t, deliverytest.Options{})
	n := newNode(t, nil, newTown(t), clock.At(morning), sink.URL())
	for _, number := range []int64{1<<62 - 1, 1<<63 - 1, -1 << 63, 0} {
		address := n.EnvelopeTo(number, number, "maria@example.org")
		if local, _, _ := strings.Cut(address, "@"); len(local) > 64 {
			t.Errorf("%s has %d octets", local, len(local))
		}
		if e, err := n.OpenBounce(address); err != nil || e.Batch != number || e.Person != number || !n.WentTo(e, "maria@example.org") {
			t.Errorf("%q opens as %+v, %v", address, e, err)
		}
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for _, s := range []delivery.Settings{{Domain: ""}, {Domain: "a b"}, {Domain: "a.b", BounceDomain: "x\r\ny"}, {Domain: "a.b", SMTPURL: "ftp://x"}} {
		if _, err := delivery.New(nil, clock.System{}, nil, nil, s); !fault.Is(err, fault.KindInvalid) {
			t.Errorf("%+v: %v", s, err)
		}
	}
	if m, err := email.ParseMailbox("Città <a@example.org>"); err != nil || m.String() != "Città <a@example.org>" {
		t.Errorf("%v, %v", m, err)
	}
}
