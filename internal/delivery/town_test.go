package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/seal"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

var morning = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// town is an origin whose persons are numbers: each has an address and wants everything, unless set otherwise.
type town struct {
	mu       sync.Mutex
	gone     map[int64]bool
	address  map[int64]string
	letters  int
	finished int
	trouble  error
	template *email.Template
	audience [2]int64                                                    // from, to
	step     int64                                                       // numbers in a page; 0: all
	wordless bool                                                        // loses the text of its text messages
	mute     int64                                                       // the ref whose audience fails
	asked    func()                                                      // called once, when an audience is asked for
	folding  func() error                                                // called at each step of folding
	angry    []int64                                                     // people who complained
	aside    func(person int64) func(context.Context, *storage.Tx) error // whom to defer; nil: nobody
}

var errMute = errors.New("whom it is for cannot be told")

func newTown(t testing.TB) *town {
	t.Helper()
	template, err := email.Compile(email.Message{
		From: email.Mailbox{Name: "Città di prova", Address: "newsletter@town.example"}, Subject: "La settimana", Language: "it",
		ListID: email.ListID{Name: "La settimana", ID: "settimana.town.example"}, Bulk: true,
		Text: email.Part{{Literal: "Ciao ", Hole: 1}, {Literal: ", ecco la settimana."}},
		HTML: email.Part{{Literal: "<p>Ciao ", Hole: 1}, {Literal: ", ecco la settimana.</p>"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &town{gone: map[int64]bool{}, address: map[int64]string{}, template: template}
}

func (o *town) Audience(_ context.Context, _ *storage.Tx, m delivery.Matter, after int64) (delivery.Stretch, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if asked := o.asked; asked != nil {
		o.asked = nil
		asked()
	}
	if m.Ref == o.mute {
		return delivery.Stretch{}, errMute
	}
	first, last := max(o.audience[0], after+1), o.audience[1]
	s := delivery.Stretch{Persons: &storage.Builder{}, Through: delivery.Everybody}
	if o.step > 0 && after+o.step < last {
		last = after + o.step
		s.Through = last
	}
	s.Persons.Add("WITH RECURSIVE counted(person_id) AS (SELECT CAST(? AS bigint) WHERE CAST(? AS bigint) <= ? UNION ALL"+
		" SELECT person_id + 1 FROM counted WHERE person_id < ?) SELECT person_id FROM counted", first, first, last, last)
	return s, nil
}

func (o *town) Letter(_ context.Context, m delivery.Matter) (delivery.Letter, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.letters++
	if m.Channel == delivery.SMS {
		return phoneBook{o}, o.trouble
	}
	return o, o.trouble
}

// phoneBook is the town on the SMS channel.
type phoneBook struct{ *town }

func (b phoneBook) Recipients(_ context.Context, persons []int64) ([]delivery.Recipient, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []delivery.Recipient
	for _, p := range persons {
		if b.gone[p] {
			continue
		}
		to := delivery.Recipient{Person: p, Address: b.address[p], Text: "Sabato: teatro. Per non riceverne più rispondi STOP"}
		if to.Address == "" {
			to.Address = numberOf(p)
		}
		if b.wordless {
			to.Text = ""
		}
		all = append(all, to)
	}
	return all, nil
}

func (o *town) Finished(context.Context, *storage.Tx, int64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.finished++
	return nil
}

func (o *town) Recipients(_ context.Context, persons []int64) ([]delivery.Recipient, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []delivery.Recipient
	for _, p := range persons {
		if o.gone[p] {
			continue
		}
		address, ok := o.address[p]
		if !ok {
			address = addressOf(p)
		}
		if o.aside != nil {
			if aside := o.aside(p); aside != nil {
				all = append(all, delivery.Recipient{Person: p, Aside: aside})
				continue
			}
		}
		all = append(all, delivery.Recipient{
			Person: p, Address: address, Template: o.template, Values: []string{"", fmt.Sprint("persona ", p)},
			Unsubscribe: email.Unsubscribe{URL: fmt.Sprint("https://town.example/leave/", p)},
		})
	}
	return all, nil
}

func (o *town) set(change func(*town)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change(o)
}

func (o *town) finishes() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.finished
}

func addressOf(person int64) string { return fmt.Sprintf("p%d@example.org", person) }

// each runs test on both engines.
func each(t *testing.T, test func(t *testing.T, db *storage.DB)) {
	storagetest.Each(t, test, storage.Schema{Room: "delivery", Files: delivery.Schema()})
}

// node is a process that delivers; several may share a database.
type node struct {
	*delivery.Room
	db    *storage.DB
	town  *town
	clock *clock.Manual
}

// newNode creates a node; change, if given, alters its settings.
func newNode(t testing.TB, db *storage.DB, o *town, c *clock.Manual, url string, change ...func(*delivery.Settings)) *node {
	t.Helper()
	s := delivery.Settings{
		SMTPURL: url, Domain: "town.example", BounceDomain: "bounce.town.example", ChunkSize: 20,
		From: email.Mailbox{Name: "Città di prova", Address: "newsletter@town.example"},
	}
	for _, f := range change {
		f(&s)
	}
	room, err := delivery.New(db, c, seal.New([]byte("a secret of thirty-two characters")), slog.New(slog.DiscardHandler), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = room.Close() })
	room.Plug("test.issue", o)
	return &node{Room: room, db: db, town: o, clock: c}
}

// enqueue adds the persons from first to last to the batch of ref.
func (n *node) enqueue(t testing.TB, ref, first, last int64) delivery.Batch {
	t.Helper()
	return n.enqueueAt(t, ref, first, last, time.Time{})
}

func (n *node) enqueueAt(t testing.TB, ref, first, last int64, at time.Time) delivery.Batch {
	t.Helper()
	var b delivery.Batch
	n.tx(t, func(ctx context.Context, tx *storage.Tx) (err error) {
		n.town.set(func(o *town) { o.audience = [2]int64{first, last} })
		b, err = n.Enqueue(ctx, tx, delivery.NewBatch{Origin: "test.issue", Ref: ref, Channel: delivery.Email, At: at})
		return err
	})
	return b
}

func (n *node) tx(t testing.TB, do func(ctx context.Context, tx *storage.Tx) error) {
	t.Helper()
	if err := n.db.Tx(t.Context(), func(tx *storage.Tx) error { return do(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

func (n *node) step(t testing.TB) {
	t.Helper()
	if err := n.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// progress checks the batch's counts, written as "sent 3 later 2 …", zeros left out.
func (n *node) progress(t testing.TB, batch int64, want string) delivery.Progress {
	t.Helper()
	p, err := n.Progress(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range []struct {
		name string
		n    int64
	}{
		{"waiting", p.Waiting}, {"sent", p.Sent}, {"refused", p.Refused}, {"later", p.Later}, {"suppressed", p.Suppressed},
		{"withdrawn", p.Withdrawn}, {"cancelled", p.Cancelled}, {"kept", p.Kept}, {"retried", p.Retried},
	} {
		if c.n != 0 {
			got = append(got, fmt.Sprintf("%s %d", c.name, c.n))
		}
	}
	if text := strings.Join(got, " "); text != want {
		t.Fatalf("progress is %q, want %q (%v)", text, want, p.Reasons)
	}
	return p
}

// expire ends every lease, as if its holder had been silent for too long. The fence prevents a holder that is only
// slow, in this test, from renewing it before another comes.
func (n *node) expire(t testing.TB) {
	t.Helper()
	if _, err := n.db.ExecContext(t.Context(), "UPDATE delivery_chunk SET lease_until = 1, fence = fence + 1 WHERE lease_until > 0"); err != nil {
		t.Fatal(err)
	}
}

// outlive continues after a death until nothing of the batch is queued. It ends leases again if needed: a commit that
// the dead process had sent may reach PostgreSQL after expire, and until then its rows may be locked and passed over.
func (n *node) outlive(t testing.TB, batch int64) {
	t.Helper()
	for range 50 {
		n.step(t)
		p, err := n.Progress(t.Context(), batch)
		if err != nil {
			t.Fatal(err)
		}
		if !p.Finished.IsZero() {
			return
		}
		n.expire(t)
	}
}

// exactly checks that the persons from first to last got one mail each, and nobody else any.
func exactly(t testing.TB, sink *deliverytest.Sink, first, last int64) {
	t.Helper()
	got := sink.ByRecipient()
	for p := first; p <= last; p++ {
		if got[addressOf(p)] != 1 {
			t.Fatalf("person %d got %d mails", p, got[addressOf(p)])
		}
	}
	if int64(len(got)) != last-first+1 {
		t.Fatalf("%d recipients, want %d", len(got), last-first+1)
	}
}
