package email_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/email"
)

// mailing is many messages, one to each of so many persons, and what became of each.
type mailing struct {
	t       fataler
	mu      sync.Mutex
	done    map[string]int
	verdict map[string]error
	pad     string
	onDone  func(to string, err error)
}

// fataler is a test of package testing or of rapid.
type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func newMailing(t fataler) *mailing {
	return &mailing{t: t, done: map[string]int{}, verdict: map[string]error{}}
}

type item struct {
	mailing *mailing
	from    email.Path
	to      email.Path
	bad     error
	build   func(dst []byte) []byte // nil: a small message that says whom it is for
}

func (i *item) Envelope() (from, to email.Path) { return i.from, i.to }

func (i *item) Plain() bool { return false }

func (i *item) Append(dst []byte) ([]byte, error) {
	if i.bad != nil {
		return dst, i.bad
	}
	if i.build != nil {
		return i.build(dst), nil
	}
	return fmt.Appendf(dst, "Message-ID: <%s>\r\nTo: <%s>\r\n\r\nciao\r\n%s", i.to, i.to, i.mailing.pad), nil
}

func (i *item) Done(err error) {
	m := i.mailing
	m.mu.Lock()
	m.done[i.to.String()]++
	m.verdict[i.to.String()] = err
	m.mu.Unlock()
	if m.onDone != nil {
		m.onDone(i.to.String(), err)
	}
}

func (m *mailing) item(n int) *item {
	return &item{mailing: m, from: path(m.t, "b-1@town.example"), to: path(m.t, person(n))}
}

func person(n int) string { return fmt.Sprintf("p%d@example.org", n) }

// jobs are the messages to the persons, all there at once.
func (m *mailing) jobs(persons ...int) <-chan email.Job {
	jobs := make(chan email.Job, len(persons))
	for _, n := range persons {
		jobs <- m.item(n)
	}
	close(jobs)
	return jobs
}

func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i + 1
	}
	return all
}

// left checks that each of the persons had one answer, and tells who is to be tried again, and of how many a connection
// was lost.
func (m *mailing) left(persons []int) (again []int, lost int) {
	m.t.Helper()
	for _, n := range persons {
		var later *email.Later
		switch err := m.verdict[person(n)]; {
		case m.done[person(n)] != 1:
			m.t.Fatalf("%s was answered %d times", person(n), m.done[person(n)])
		case errors.As(err, &later):
			again = append(again, n)
			if later.Code == 0 || later.Code == 421 {
				lost++
			}
		case err != nil:
			m.t.Fatalf("%s: %v", person(n), err)
		}
		delete(m.done, person(n))
	}
	return again, lost
}

func newPool(t testing.TB, url string, o email.RelayOptions, p email.PoolOptions) *email.Pool {
	t.Helper()
	r, err := email.ParseRelay(url, o)
	if err != nil {
		t.Fatal(err)
	}
	pool := email.NewPoolWith(r, p, clock.System{})
	t.Cleanup(pool.Close)
	return pool
}

func TestNobodyIsLostWhateverTheRelayDoes(t *testing.T) {
	puts := deliverytest.Refuse(451, "4.3.0", "come back")
	closes := deliverytest.Refuse(421, "4.3.2", "closing")
	long := deliverytest.Refuse(451, "4.3.0", strings.Repeat("x", 100_000))
	for name, c := range map[string]struct {
		rule    func(deliverytest.Attempt) error
		repeats bool // a message that was kept may not have been acknowledged
	}{
		"451 at the final dot":  {rule: deliverytest.Some(deliverytest.AtData, .05, puts)},
		"421 at the final dot":  {rule: deliverytest.Some(deliverytest.AtData, .05, closes)},
		"421 at MAIL":           {rule: deliverytest.Some(deliverytest.AtMail, .05, closes)},
		"451 at RCPT":           {rule: deliverytest.Some(deliverytest.AtRcpt, .1, puts)},
		"421 at RCPT":           {rule: deliverytest.Some(deliverytest.AtRcpt, .1, closes)},
		"dropped at RCPT":       {rule: deliverytest.Some(deliverytest.AtRcpt, .05, deliverytest.Drop()), repeats: true},
		"dropped after DATA":    {rule: deliverytest.Some(deliverytest.AtData, .05, deliverytest.Drop()), repeats: true},
		"acknowledgement lost":  {rule: deliverytest.Some(deliverytest.AtReply, .05, deliverytest.Drop()), repeats: true},
		"replies without end":   {rule: deliverytest.Some(deliverytest.AtRcpt, .05, long)},
		"all of it in one hour": {rule: deliverytest.Any(deliverytest.Some(deliverytest.AtReply, .02, deliverytest.Drop()), deliverytest.Some(deliverytest.AtRcpt, .1, puts), deliverytest.Some(deliverytest.AtMail, .03, closes)), repeats: true},
	} {
		for _, lockStep := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", in lock-step ", lockStep), func(t *testing.T) {
				sink := deliverytest.New(t, deliverytest.Options{Keep: -1, Rule: c.rule})
				pool := newPool(t, sink.URL(), email.RelayOptions{LockStep: lockStep}, email.PoolOptions{Conns: 3})
				m, owed, unknown := newMailing(t), upTo(300), 0
				for round := 0; len(owed) > 0; round++ {
					if round > 50 {
						t.Fatalf("%d are still owed a message", len(owed))
					}
					pool.Stream(t.Context(), t.Context(), m.jobs(owed...))
					again, lost := m.left(owed)
					owed, unknown = again, unknown+lost
				}
				repeats := -300
				for _, n := range upTo(300) {
					got := sink.ByRecipient()[person(n)]
					if repeats += got; got == 0 {
						t.Fatalf("%s got nothing", person(n))
					}
				}
				if most := map[bool]int{true: unknown}[c.repeats]; repeats > most {
					t.Fatalf("%d repeats, want at most %d", repeats, most)
				}
			})
		}
	}
}

func TestARelayThatForgetsWhatWasPipelinedIsToldOneThingAtATime(t *testing.T) {
	sink := deliverytest.New(t, deliverytest.Options{Forgetful: true})
	pool := newPool(t, sink.URL(), email.RelayOptions{Timeouts: email.Timeouts{
		Dial: 10 * time.Second, Command: time.Second, Data: 10 * time.Second,
	}}, email.PoolOptions{Conns: 1})
	m := newMailing(t)
	pool.Stream(t.Context(), t.Context(), m.jobs(upTo(40)...))
	if again, _ := m.left(upTo(40)); len(again) > 0 || sink.Count() != 40 {
		t.Fatalf("%d were put off, %d mails came", len(again), sink.Count())
	}
	if h := pool.Health(); !h.Up || !strings.Contains(h.Trouble, "sent together") {
		t.Errorf("the operator is not told: %+v", h)
	}
}

func TestARelayWithoutPipelining(t *testing.T) {
	sink := deliverytest.New(t, deliverytest.Options{Hide: []string{"PIPELINING"}, Forgetful: true})
	pool := newPool(t, sink.URL(), email.RelayOptions{}, email.PoolOptions{Conns: 1})
	m := newMailing(t)
	pool.Stream(t.Context(), t.Context(), m.jobs(upTo(40)...))
	if again, _ := m.left(upTo(40)); len(again) > 0 || sink.Count() != 40 || pool.Health().Trouble != "" {
		t.Fatalf("%d were put off, %d mails came", len(again), sink.Count())
	}
}

func TestRepliesWithoutEndAreTheRelaysFault(t *testing.T) {
	sink := deliverytest.New(t, deliverytest.Options{
		Rule: deliverytest.Some(deliverytest.AtRcpt, 1, deliverytest.Refuse(550, "5.1.1", strings.Repeat("x", 10_000))),
	})
	err := trySend(t, sink.URL(), nil)
	var protocol *email.ProtocolError
	if !errors.As(err, &protocol) || err.Error() != (&email.Later{Reason: email.ConnectionLost}).Error() {
		t.Fatalf("got %v", err)
	}
}

func TestARelayThatTurnsConnectionsAwayGetsFewer(t *testing.T) {
	var open atomic.Int32
	for name, o := range map[string]deliverytest.Options{
		"when it greets": {Greet: func() string {
			if open.Add(1) > 2 {
				return "421 4.7.0 too many connections"
			}
			return ""
		}},
		"at the first MAIL": {Rule: func(a deliverytest.Attempt) error {
			if a.Stage == deliverytest.AtMail && a.Connection > 2 {
				return deliverytest.Refuse(421, "4.7.0", "too many connections")
			}
			return nil
		}},
	} {
		sink := deliverytest.New(t, o)
		pool := newPool(t, sink.URL(), email.RelayOptions{}, email.PoolOptions{Conns: 6})
		m := newMailing(t)
		pool.Stream(t.Context(), t.Context(), m.jobs(upTo(150)...))
		if again, _ := m.left(upTo(150)); len(again) > 0 || sink.Count() != 150 {
			t.Fatalf("%s: %d were put off, %d mails came", name, len(again), sink.Count())
		}
		if h := pool.Health(); h.Limit > 2 || !h.Up {
			t.Errorf("%s: health %+v", name, h)
		}
	}
}

func TestARelayThatDoesNotGreet(t *testing.T) {
	for greeting, want := range map[string]string{"554 5.3.2 not today": "not today", "421 4.3.2 busy": "busy", "HTTP/1.1 400": "SMTP"} {
		sink := deliverytest.New(t, deliverytest.Options{Greet: func() string { return greeting }})
		pool := newPool(t, sink.URL(), email.RelayOptions{}, email.PoolOptions{})
		m := newMailing(t)
		pool.Stream(t.Context(), t.Context(), m.jobs(upTo(9)...))
		for _, n := range upTo(9) {
			var down *email.Unreachable
			if err := m.verdict[person(n)]; m.done[person(n)] != 1 || !errors.As(err, &down) || !strings.Contains(down.Trouble, want) {
				t.Errorf("%d answers, the last: %v", m.done[person(n)], err)
			}
		}
		if sink.Connections() > 1 || pool.Health().Up {
			t.Errorf("%d connections; %+v", sink.Connections(), pool.Health())
		}
	}
}

func TestARelayThatGreetsSlowlyIsWaitedForAndNotForEver(t *testing.T) {
	release := make(chan struct{})
	sink := deliverytest.New(t, deliverytest.Options{Greet: func() string { <-release; return "" }})
	pool := newPool(t, sink.URL(), email.RelayOptions{
		Timeouts: email.Timeouts{Dial: 50 * time.Millisecond, Command: time.Minute, Data: time.Minute},
	}, email.PoolOptions{})
	var down *email.Unreachable
	if err := pool.Check(t.Context()); !errors.As(err, &down) || !strings.Contains(down.Trouble, "does not answer within 50ms") {
		t.Fatalf("got %v", err)
	}
	close(release)
	patient := newPool(t, sink.URL(), email.RelayOptions{}, email.PoolOptions{})
	if err := patient.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestStoppingTakesNoMoreAndFinishesWhatWasBegun(t *testing.T) {
	stop, stopped := context.WithCancel(t.Context())
	sink := deliverytest.New(t, deliverytest.Options{OnMail: func(m deliverytest.Mail) {
		if m.ID == 20 {
			stopped()
		}
	}})
	pool := newPool(t, sink.URL(), email.RelayOptions{}, email.PoolOptions{Conns: 2})
	m := newMailing(t)
	jobs := m.jobs(upTo(1000)...)
	pool.Stream(stop, t.Context(), jobs)
	sent := 0
	for to, err := range m.verdict {
		if err == nil {
			sent++
		} else if !errors.Is(err, context.Canceled) || sink.ByRecipient()[to] > 0 {
			t.Errorf("%s: %v", to, err)
		}
	}
	if sent != sink.Count() || len(m.verdict)+len(jobs) != 1000 || len(jobs) < 900 {
		t.Fatalf("%d of %d sent were acknowledged, %d answered, %d not taken", sent, sink.Count(), len(m.verdict), len(jobs))
	}
}

func TestCuttingEndsAtOnceAndKnowsWhatMayHaveArrived(t *testing.T) {
	for _, stage := range []deliverytest.Stage{deliverytest.AtRcpt, deliverytest.AtReply} {
		reached, release := make(chan struct{}), make(chan struct{})
		var once sync.Once
		sink := deliverytest.New(t, deliverytest.Options{Rule: func(a deliverytest.Attempt) error {
			if a.Stage == stage && a.To == person(5) {
				once.Do(func() { close(reached) })
				<-release
			}
			return nil
		}})
		ctx, cut := context.WithCancel(t.Context())
		go func() { <-reached; cut() }()
		pool := newPool(t, sink.URL(), email.RelayOptions{}, email.PoolOptions{Conns: 1})
		m := newMailing(t)
		pool.Stream(ctx, ctx, m.jobs(upTo(9)...))
		close(release)
		var later *email.Later
		unknown := errors.As(m.verdict[person(5)], &later)
		if unknown != (stage == deliverytest.AtReply) || !unknown && !errors.Is(m.verdict[person(5)], context.Canceled) {
			t.Errorf("stage %d: %v", stage, m.verdict[person(5)])
		}
		if m.verdict[person(3)] != nil || m.done[person(3)] != 1 || m.done[person(5)] != 1 {
			t.Errorf("stage %d: %v", stage, m.verdict)
		}
	}
}

func TestASingleMessageGoesBeforeAStream(t *testing.T) {
	sink := deliverytest.New(t, deliverytest.Options{})
	pool := newPool(t, sink.URL(), email.RelayOptions{}, email.PoolOptions{Conns: 1})
	m := newMailing(t)
	jobs := make(chan email.Job)
	stop, stopped := context.WithCancel(t.Context())
	var feeding, streaming sync.WaitGroup
	feeding.Go(func() {
		for n := 1; stop.Err() == nil; n++ {
			select {
			case jobs <- m.item(n):
			case <-stop.Done():
			}
		}
	})
	streaming.Go(func() { pool.Stream(stop, t.Context(), jobs) })
	for range 20 {
		if err := pool.Send(t.Context(), path(t, "a@town.example"), path(t, "note@example.org"), message); err != nil {
			t.Error(err)
		}
	}
	stopped()
	streaming.Wait()
	feeding.Wait()
	if sink.ByRecipient()["note@example.org"] != 20 {
		t.Fatalf("%v", sink.ByRecipient()["note@example.org"])
	}
}

func TestAMessageThatCannotBeBuiltOrCarriedHarmsNoOther(t *testing.T) {
	sink := deliverytest.New(t, deliverytest.Options{})
	pool := newPool(t, sink.URL(), email.RelayOptions{}, email.PoolOptions{Conns: 1})
	m := newMailing(t)
	jobs := make(chan email.Job, 10)
	bad := errors.New("no words")
	for n := 1; n <= 10; n++ {
		i := m.item(n)
		if n == 1 || n == 5 || n == 10 {
			i.bad = bad
		}
		jobs <- i
	}
	close(jobs)
	pool.Stream(t.Context(), t.Context(), jobs)
	for n := 1; n <= 10; n++ {
		if failed := errors.Is(m.verdict[person(n)], bad); failed != (n == 1 || n == 5 || n == 10) || m.done[person(n)] != 1 {
			t.Errorf("%d: %v", n, m.verdict[person(n)])
		}
	}
	big := newMailing(t)
	big.pad = strings.Repeat("x", 33<<20)
	pool.Stream(t.Context(), t.Context(), big.jobs(1))
	var never *email.Permanent
	if !errors.As(big.verdict[person(1)], &never) || never.Enhanced != "5.3.4" || sink.Count() != 7 {
		t.Errorf("too large: %v, %d mails", big.verdict[person(1)], sink.Count())
	}
}

func TestAConnectionIsReplacedInTime(t *testing.T) {
	sink := deliverytest.New(t, deliverytest.Options{})
	pool := newPool(t, sink.URL(), email.RelayOptions{}, email.PoolOptions{Conns: 1, MaxMessages: 10})
	m := newMailing(t)
	pool.Stream(t.Context(), t.Context(), m.jobs(upTo(100)...))
	if sink.Count() != 100 || sink.Connections() != 10 {
		t.Fatalf("%d mails over %d connections", sink.Count(), sink.Connections())
	}
}
