package delivery_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/delivery/routing"
	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
)

// planned returns a node with the plan in text; every %s stands for a relay.
func planned(t *testing.T, db *storage.DB, o *town, c *clock.Manual, text string, relays ...*deliverytest.Sink) *node {
	t.Helper()
	urls := make([]any, len(relays))
	for i, sink := range relays {
		urls[i] = sink.URL()
	}
	plan, err := routing.Parse("plan", fmt.Appendf(nil, text, urls...))
	if err != nil {
		t.Fatal(err)
	}
	return newNode(t, db, o, c, "", func(s *delivery.Settings) { s.Plan = plan })
}

func TestANewsroomsMailGoesOverItsOwnRelays(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		shared, own := deliverytest.New(t, deliverytest.Options{}), deliverytest.New(t, deliverytest.Options{})
		n := planned(t, db, newTown(t), clock.At(morning), `
relays: [{name: shared, url: "%s"}, {name: own, url: "%s"}]
routes: {theatre: [own]}
`, shared, own)
		n.enqueueFor(t, "theatre", 1, 1, 30)
		n.enqueueFor(t, "library", 2, 31, 60)
		n.step(t)
		exactly(t, own, 1, 30)
		exactly(t, shared, 31, 60)
		for i, err := range n.CheckRelays(t.Context()) {
			if state := n.Relays()[i]; err != nil || !state.Up || state.Name != []string{"shared", "own"}[i] {
				t.Errorf("relay %d: %+v, %v", i, state, err)
			}
		}
	})
}

func TestARelayThatIsDownHoldsUpItsNewsroomAlone(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		shared, own := deliverytest.New(t, deliverytest.Options{}), deliverytest.New(t, deliverytest.Options{})
		n := planned(t, db, newTown(t), clock.At(morning), `
relays: [{name: shared, url: "%s"}, {name: own, url: "%s"}]
routes: {theatre: [own]}
`, shared, own)
		if err := own.Close(); err != nil {
			t.Fatal(err)
		}
		held := n.enqueueFor(t, "theatre", 1, 1, 30)
		goes := n.enqueueFor(t, "library", 2, 31, 60)
		n.step(t)
		n.progress(t, held.ID, "later 30")
		n.progress(t, goes.ID, "sent 30")
		if errs := n.CheckRelays(t.Context()); errs[0] != nil || !fault.HasKey(errs[1], "delivery.relay.unreachable") {
			t.Error(errs)
		}
		if all := n.Relays(); !all[0].Up || all[1].Up || !n.Relay().Up {
			t.Errorf("%+v", all)
		}
	})
}

// atOnce counts how many mails to one domain are in flight at the same time.
type atOnce struct {
	domain    string
	mu        sync.Mutex
	now, most int
}

func (a *atOnce) rule(at deliverytest.Attempt) error {
	if strings.HasSuffix(at.To, a.domain) {
		a.mu.Lock()
		defer a.mu.Unlock()
		switch at.Stage {
		case deliverytest.AtRcpt:
			a.now++
			a.most = max(a.most, a.now)
		case deliverytest.AtReply:
			a.now--
		}
	}
	return nil
}

func TestADomainAtItsLimitHoldsUpNobodyElse(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		count := atOnce{domain: "@big.example"}
		sink := deliverytest.New(t, deliverytest.Options{Rule: count.rule})
		o := newTown(t)
		for p := int64(1); p <= 200; p += 2 {
			o.address[p] = fmt.Sprintf("p%d@big.example", p)
		}
		c := clock.At(morning)
		n := planned(t, db, o, c, `
relays: [{name: a, url: "%s"}]
domains: [{names: [big.example], connections: 2, per_minute: 24}]
`, sink)
		b := n.enqueueFor(t, "", 1, 1, 200)
		n.step(t)
		p, err := n.Progress(t.Context(), b.ID)
		if err != nil {
			t.Fatal(err)
		}
		big := 0
		for p, mails := range sink.ByRecipient() {
			if strings.HasSuffix(p, count.domain) {
				big += mails
			}
		}
		if big == 0 || big > 24 || count.most > 2 || sink.Count() != 100+big {
			t.Errorf("%d mails, of them %d to the big domain, %d at once", sink.Count(), big, count.most)
		}
		if p.Waiting != int64(100-big) || p.Retried != 0 || !p.Finished.IsZero() {
			t.Errorf("%+v", p)
		}
	})
}

func TestWhoeverWaitsForADomainIsServedInTheEnd(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		count := atOnce{domain: "@example.org"}
		sink := deliverytest.New(t, deliverytest.Options{Rule: count.rule})
		c := clock.At(morning)
		n := planned(t, db, newTown(t), c, `
relays: [{name: a, url: "%s"}]
other_domains: {connections: 1}
`, sink)
		b := n.enqueueFor(t, "", 1, 1, 150)
		for range 100 {
			n.step(t)
			if p, err := n.Progress(t.Context(), b.ID); err != nil || !p.Finished.IsZero() {
				break
			}
			c.Advance(2 * time.Minute)
		}
		n.progress(t, b.ID, "sent 150")
		exactly(t, sink, 1, 150)
		if count.most != 1 {
			t.Errorf("%d were on their way at once", count.most)
		}
	})
}

func TestBatchesLeaveWithinTheirWindow(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		sink := deliverytest.New(t, deliverytest.Options{})
		c := clock.At(morning) // nine o'clock on a Monday
		n := planned(t, db, newTown(t), c, `
relays: [{name: a, url: "%s"}]
windows: {default: "mon-fri 10:30-12:00", theatre: "08:00-23:00"}
`, sink)
		waits := n.enqueueFor(t, "library", 1, 1, 50)
		goes := n.enqueueFor(t, "theatre", 2, 51, 60)
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
			return n.Post(ctx, tx, delivery.Note{Kind: "link", To: "eva@example.org", Language: "it", Subject: "Il tuo link", Text: "Ecco"})
		})
		n.step(t)
		if sent, err := n.SendNotes(t.Context()); err != nil || sent != 1 {
			t.Errorf("%d notes, %v", sent, err)
		}
		n.progress(t, waits.ID, "waiting 50")
		n.progress(t, goes.ID, "sent 10")
		opens := morning.Add(90 * time.Minute)
		if at := n.Opens("library"); !at.Equal(opens) || !n.Opens("theatre").IsZero() {
			t.Errorf("opens at %s", at)
		}
		for _, at := range []time.Time{morning.Add(time.Hour), opens.Add(-time.Second)} {
			c.Set(at)
			n.step(t)
			n.progress(t, waits.ID, "waiting 50")
		}
		c.Set(opens)
		n.step(t)
		n.progress(t, waits.ID, "sent 50")
	})
}

func TestMailIsSignedForItsSender(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKCS8PrivateKey(private)
		if err != nil {
			t.Fatal(err)
		}
		key := filepath.Join(t.TempDir(), "key.pem")
		if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		sink := deliverytest.New(t, deliverytest.Options{})
		n := planned(t, db, newTown(t), clock.At(morning), `
relays: [{name: a, url: "%s"}]
dkim: [{domain: town.example, selector: s1, key: `+key+`}]
`, sink)
		n.enqueueFor(t, "", 1, 1, 40)
		n.step(t)
		exactly(t, sink, 1, 40)
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
			for _, from := range []string{"newsletter@town.example", "teatro@news.town.example", "altri@elsewhere.example"} {
				err := n.Post(ctx, tx, delivery.Note{
					Kind: "link", To: "eva@example.org", From: email.Mailbox{Address: from}, Language: "it", Subject: from, Text: "Ecco",
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if sent, err := n.SendNotes(t.Context()); err != nil || sent != 3 {
			t.Fatalf("%d notes, %v", sent, err)
		}
		for _, m := range sink.Mails() {
			signed := strings.Contains(m.Header("DKIM-Signature"), "d=town.example") && strings.Contains(m.Header("DKIM-Signature"), "s=s1")
			if want := m.Subject() != "altri@elsewhere.example"; signed != want {
				t.Errorf("%s: signed %t, want %t", m.Subject(), signed, want)
			}
		}
		plan := routing.Plan{Keys: []routing.Key{{Domain: "town.example", Selector: "s1", File: key}}}
		all, err := delivery.Signatures(plan)
		if err != nil || len(all) != 1 || all[0].Record != "s1._domainkey.town.example" || !strings.HasPrefix(all[0].Text, "v=DKIM1; k=ed25519; p=") {
			t.Errorf("%+v, %v", all, err)
		}
		plan.Keys[0].File = key + "x"
		if _, err := delivery.Signatures(plan); !fault.HasKey(err, "delivery.dkim.unreadable") {
			t.Error(err)
		}
	})
}
