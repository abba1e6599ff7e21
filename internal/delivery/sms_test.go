package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
)

// phones is a gateway in this process: it keeps what it accepts, and answers as rule says.
type phones struct {
	mu    sync.Mutex
	rule  func(m sms.Message, tries int) error
	tries map[string]int
	taken []sms.Message
	first func(id string) // called for each message before the gateway answers
}

func (p *phones) take(_ context.Context, m sms.Message) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	to := m.To.String()
	p.tries[to]++
	if p.rule != nil {
		if err := p.rule(m, p.tries[to]); err != nil {
			return nil, err
		}
	}
	p.taken = append(p.taken, m)
	id := "g" + to[len("+39333"):]
	if p.first != nil {
		p.first(id)
	}
	return []string{id + "-1", id + "-2"}, nil
}

func (p *phones) count() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := map[string]int{}
	for _, m := range p.taken {
		n[m.To.String()]++
	}
	return n
}

func newPhones() *phones { return &phones{tries: map[string]int{}} }

// down is a gateway that cannot be reached. Like the real ones it pauses and is tried again.
type down struct {
	sms.Gateway
	until time.Time
}

func (d *down) Send(context.Context, sms.Message) ([]string, error) {
	return nil, &sms.Unreachable{Trouble: "no route"}
}
func (d *down) Health() sms.Health { return sms.Health{Configured: true, RetryAt: d.until} }

func numberOf(person int64) string { return fmt.Sprintf("+39333%07d", person) }

// textNode returns a node whose town sends text messages through the gateway.
func textNode(t *testing.T, db *storage.DB, g sms.Gateway) *node {
	t.Helper()
	return newNode(t, db, newTown(t), clock.At(morning), "", func(s *delivery.Settings) { s.SMS.Gateway = g })
}

func (n *node) enqueueTexts(t *testing.T, ref, first, last int64) delivery.Batch {
	t.Helper()
	var b delivery.Batch
	n.tx(t, func(ctx context.Context, tx *storage.Tx) (err error) {
		n.town.set(func(o *town) { o.audience = [2]int64{first, last} })
		b, err = n.Enqueue(ctx, tx, delivery.NewBatch{Origin: "test.issue", Ref: ref, Channel: delivery.SMS})
		return err
	})
	return b
}

func TestTextsGoOnceToEachWithTheLedgersRules(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		p := newPhones()
		p.rule = func(m sms.Message, tries int) error {
			switch {
			case m.To.String() == numberOf(3):
				return &sms.Permanent{Code: 11, Reason: sms.NumberUnknown}
			case m.To.String() == numberOf(4) && tries == 1:
				return &sms.Later{Code: 88, Reason: sms.Temporary}
			}
			return nil
		}
		n := textNode(t, db, sms.Pretend(p.take))
		n.town.set(func(o *town) { o.gone[5] = true; o.address[6] = "not a number" })
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error { return n.Suppress(ctx, tx, numberOf(7), "stop") })
		batch := n.enqueueTexts(t, 1, 1, 60)
		n.step(t)
		n.progress(t, batch.ID, "sent 55 refused 2 later 1 suppressed 1 withdrawn 1")
		if n.town.finishes() != 0 {
			t.Error("finished while somebody is owed a message")
		}
		n.clock.Advance(time.Minute)
		n.step(t)
		n.progress(t, batch.ID, "sent 56 refused 2 suppressed 1 withdrawn 1 retried 1")
		if n.town.finishes() != 1 {
			t.Errorf("finished %d times", n.town.finishes())
		}
		for person, count := range p.count() {
			if count != 1 {
				t.Errorf("%s got %d", person, count)
			}
		}
		if got := p.taken[0]; got.Text != "Sabato: teatro. Per non riceverne più rispondi STOP" || got.Reference == "" {
			t.Errorf("sent %+v", got)
		}
	})
}

func TestAGatewayThatIsDownHoldsNothingAgainstAnybody(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		d := &down{Gateway: sms.Pretend(nil), until: morning.Add(5 * time.Minute)}
		n := textNode(t, db, d)
		batch := n.enqueueTexts(t, 1, 1, 30)
		n.step(t)
		p := n.progress(t, batch.ID, "later 30")
		if len(p.Reasons) != 1 || string(p.Reasons[0].Reason) != string(sms.GatewayUnreachable) {
			t.Errorf("reasons %v", p.Reasons)
		}
		up := newPhones()
		n.clock.Advance(5 * time.Minute)
		again := newNode(t, db, n.town, n.clock, "", func(s *delivery.Settings) { s.SMS.Gateway = sms.Pretend(up.take) })
		again.step(t)
		again.progress(t, batch.ID, "sent 30")
	})
}

func TestMailsAndTextsShareTheWork(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		p := newPhones()
		n := textNode(t, db, sms.Pretend(p.take)) // no relay: mail is deferred
		mail := n.enqueue(t, 1, 1, 30)
		text := n.enqueueTexts(t, 1, 31, 60)
		n.step(t)
		n.progress(t, mail.ID, "later 30")
		n.progress(t, text.ID, "sent 30")
	})
}

func receipt(t *testing.T, n *node, id string, state sms.State) {
	t.Helper()
	if err := n.Receipt(t.Context(), sms.Receipt{ID: id, State: state}); err != nil {
		t.Fatal(err)
	}
}

func TestReceiptsStayWhatTheyAreInAnyOrder(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		p := newPhones()
		n := textNode(t, db, sms.Pretend(p.take))
		// The receipt of the first part comes before the gateway has answered.
		p.first = func(id string) {
			if id == "g0000001" {
				receipt(t, n, id+"-1", sms.Delivered)
			}
		}
		batch := n.enqueueTexts(t, 1, 1, 3)
		n.step(t)
		counted := func(delivered, undelivered int64) {
			t.Helper()
			got, err := n.Progress(t.Context(), batch.ID)
			if err != nil || got.Sent != 3 || got.Delivered != delivered || got.Undelivered != undelivered {
				t.Fatalf("%+v, %v", got, err)
			}
		}
		counted(0, 0) // one part of two
		receipt(t, n, "g0000001-2", sms.Delivered)
		receipt(t, n, "g0000001-2", sms.Undelivered) // too late: a final state stays
		counted(1, 0)
		receipt(t, n, "g0000002-1", sms.Buffered)
		receipt(t, n, "g0000002-1", sms.Undelivered)
		receipt(t, n, "g0000002-1", sms.Undelivered)
		counted(1, 1)
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error { return n.Forget(ctx, tx, 1) })
		counted(1, 1)
		receipt(t, n, "nobody's", sms.Delivered)
		n.clock.Advance(25 * time.Hour)
		if err := n.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		var left int
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM delivery_sms_part").Scan(&left); err != nil || left != 6 {
			t.Errorf("%d rows are left, %v", left, err)
		}
		counted(1, 1)
	})
}

// clerk answers every message.
type clerk struct{ got []string }

func (c *clerk) Wrote(_ context.Context, _ *storage.Tx, number string, r sms.Request) (delivery.Answer, error) {
	c.got = append(c.got, number+" "+string(r.Command))
	return delivery.Answer{Text: "Risposta a " + string(r.Command), Language: "it"}, nil
}

func TestWhoWritesIsHeededAndAnsweredOnceADay(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		p := newPhones()
		n := textNode(t, db, sms.Pretend(p.take))
		c := &clerk{}
		n.PlugCorrespondent(c)
		number, err := sms.ParseNumber(numberOf(1))
		if err != nil {
			t.Fatal(err)
		}
		write := func(text string) {
			t.Helper()
			if err := n.Inbound(t.Context(), sms.Inbound{From: number, Text: text}); err != nil {
				t.Fatal(err)
			}
		}
		suppressed := func(want bool) {
			t.Helper()
			if got, err := n.Suppressed(t.Context(), db, number.String()); err != nil || got != want {
				t.Fatalf("suppressed %v, %v", got, err)
			}
		}
		write("«Basta!»")
		write("STOP")
		suppressed(true)
		n.sendNotes(t, 1) // she gets a confirmation although she is suppressed, and not twice
		n.post(t, delivery.Note{Channel: delivery.SMS, Kind: "code", To: number.String(), Text: "Codice 123456"})
		n.sendNotes(t, 1) // she asked for it herself
		write("start")
		suppressed(false)
		write("biblioteca")
		write("biblioteca chiusa?")
		write("?!")
		n.sendNotes(t, 2)
		n.clock.Advance(25 * time.Hour)
		write("biblioteca")
		n.sendNotes(t, 1)
		if len(c.got) != 6 || p.count()[number.String()] != 5 {
			t.Errorf("told %v, answered %d times", c.got, p.count()[number.String()])
		}
	})
}

func TestStartLiftsNothingButStop(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		n := textNode(t, db, sms.Pretend(newPhones().take))
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error { return n.Suppress(ctx, tx, numberOf(1), "hard") })
		number, _ := sms.ParseNumber(numberOf(1))
		if err := n.Inbound(t.Context(), sms.Inbound{From: number, Text: "START"}); err != nil {
			t.Fatal(err)
		}
		if got, err := n.Suppressed(t.Context(), db, numberOf(1)); err != nil || !got {
			t.Errorf("suppressed %v, %v", got, err)
		}
	})
}

func TestACodeThatIsTooLateIsNotSent(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		p := newPhones()
		n := textNode(t, db, &down{Gateway: sms.Pretend(nil), until: morning.Add(time.Minute)})
		code := delivery.Note{Channel: delivery.SMS, Kind: "code", To: numberOf(1), Text: "Codice 123456", Expires: morning.Add(10 * time.Minute)}
		n.post(t, code)
		n.sendNotes(t, 0)
		n.clock.Advance(11 * time.Minute)
		up := newNode(t, db, n.town, n.clock, "", func(s *delivery.Settings) { s.SMS.Gateway = sms.Pretend(p.take) })
		up.sendNotes(t, 0)
		if text, state, _ := up.kept(t); text != "" || state != string(delivery.Refused) || len(p.taken) != 0 {
			t.Errorf("kept %q, state %s, %d sent", text, state, len(p.taken))
		}
		code.Expires = n.clock.Now().Add(10 * time.Minute)
		up.post(t, code)
		up.sendNotes(t, 1)
		if v := p.taken[0].Validity; v != 10*time.Minute {
			t.Errorf("the network tries for %v", v)
		}
	})
}

func TestWhatCannotBeATextMessage(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		n := textNode(t, db, sms.Pretend(newPhones().take))
		err := db.Tx(t.Context(), func(tx *storage.Tx) error {
			return n.Post(t.Context(), tx, delivery.Note{Channel: delivery.SMS, To: "a@example.org", Text: "x"})
		})
		if !fault.HasKey(err, "delivery.sms.number") {
			t.Errorf("got %v", err)
		}
		for _, channel := range []string{"", "fax"} {
			err := db.Tx(t.Context(), func(tx *storage.Tx) error {
				_, err := n.Enqueue(t.Context(), tx, delivery.NewBatch{Origin: "test.issue", Ref: 1, Channel: channel})
				return err
			})
			if !fault.HasKey(err, "delivery.channel") {
				t.Errorf("%q: %v", channel, err)
			}
		}
		n.town.set(func(o *town) { o.wordless = true })
		batch := n.enqueueTexts(t, 2, 1, 1)
		n.step(t)
		n.progress(t, batch.ID, "refused 1")
		if err := n.CheckGateway(t.Context()); err != nil {
			t.Error(err)
		}
		none := newNode(t, db, n.town, n.clock, "")
		if err := none.CheckGateway(t.Context()); !fault.HasKey(err, "delivery.sms.unreachable") {
			t.Errorf("got %v", err)
		}
		if _, err := n.SMSHooks(n.SMSToken()); !fault.Is(err, fault.KindNotFound) {
			t.Errorf("hooks of a gateway without HTTP: %v", err)
		}
	})
}

func TestCallbacksNeedTheToken(t *testing.T) {
	n := newNode(t, nil, newTown(t), clock.At(morning), "", func(s *delivery.Settings) {
		s.SMS = delivery.SMSSettings{URL: "kannel+http://u:p@localhost", Callback: "https://town.example"}
	})
	for _, token := range []string{"", "x", n.SMSToken() + "x"} {
		if _, err := n.SMSHooks(token); !fault.Is(err, fault.KindNotFound) {
			t.Errorf("%q: %v", token, err)
		}
	}
	if hooks, err := n.SMSHooks(n.SMSToken()); err != nil || hooks == nil {
		t.Errorf("%v, %v", hooks, err)
	}
}

func TestTextsThatAreStoppedAreOwedStill(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		p := newPhones()
		n := textNode(t, db, sms.Pretend(p.take))
		batch := n.enqueueTexts(t, 1, 1, 100)
		ctx, stop := context.WithCancel(t.Context())
		p.rule = func(sms.Message, int) error {
			if len(p.taken) == 40 {
				stop()
			}
			return nil
		}
		if err := n.Step(ctx); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		n.step(t)
		n.progress(t, batch.ID, "sent 100")
		for number, count := range p.count() {
			if count != 1 {
				t.Errorf("%s got %d", number, count)
			}
		}
	})
}

// A receipt may arrive while its message is being recorded: neither is lost.
func TestReceiptsThatComeWithTheirMessage(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		p := newPhones()
		n := textNode(t, db, sms.Pretend(p.take))
		var told sync.WaitGroup
		p.first = func(id string) {
			for _, part := range []string{"-1", "-2"} {
				told.Go(func() {
					if err := n.Receipt(t.Context(), sms.Receipt{ID: id + part, State: sms.Delivered}); err != nil {
						t.Error(err)
					}
				})
			}
		}
		batch := n.enqueueTexts(t, 1, 1, 100)
		n.step(t)
		told.Wait()
		if got, err := n.Progress(t.Context(), batch.ID); err != nil || got.Delivered != 100 {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
