package stories_test

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"unoxuno/internal/delivery/deliverytest"
)

// relay is a mail server that can go away and come back at the same address.
type relay struct {
	mu      sync.Mutex
	changed *sync.Cond
	sink    *deliverytest.Sink
	address string
	refused map[string]bool
	busy    map[string]int
	tries   map[string]int
	mails   []deliverytest.Mail
}

func newRelay() (*relay, error) {
	r := &relay{refused: map[string]bool{}, busy: map[string]int{}, tries: map[string]int{}}
	r.changed = sync.NewCond(&r.mu)
	if err := r.up(); err != nil {
		return nil, err
	}
	r.address = r.sink.Addr()
	return r, nil
}

func (r *relay) up() (err error) {
	r.sink, err = deliverytest.Start(deliverytest.Options{Listen: r.address, Keep: -1, Rule: r.rule, OnMail: func(m deliverytest.Mail) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.mails = append(r.mails, m)
		r.changed.Broadcast()
	}})
	return err
}

func (r *relay) down() { _ = r.sink.Close() }

func (r *relay) rule(a deliverytest.Attempt) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a.Stage != deliverytest.AtRcpt {
		return nil
	}
	r.tries[a.To]++
	r.changed.Broadcast()
	switch {
	case r.refused[a.To]:
		return deliverytest.Refuse(550, "5.1.1", "no such mailbox")
	case r.busy[a.To] > 0:
		r.busy[a.To]--
		return deliverytest.Refuse(451, "4.3.0", "try again later")
	}
	return nil
}

func relayCommand(ts *testscript.TestScript, args []string) {
	s := of(ts)
	if len(args) == 0 {
		r, err := newRelay()
		ts.Check(err)
		s.relay = r
		ts.Setenv("UNOXUNO_SMTP_URL", r.sink.URL())
		return
	}
	r := s.relay
	if r == nil {
		ts.Fatalf("no relay was started")
	}
	switch args[0] {
	case "down":
		r.down()
		return
	case "up":
		ts.Check(r.up())
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case args[0] == "refuses" && len(args) == 2:
		r.refused[args[1]] = true
	case args[0] == "busy" && len(args) == 3:
		r.busy[args[1]] = number(ts, args[2])
	default:
		ts.Fatalf("usage: relay [down | up | refuses ADDRESS | busy ADDRESS N]")
	}
}

// to are the mails that came for an address, all of them for "".
func (r *relay) to(address string) []deliverytest.Mail {
	r.mu.Lock()
	defer r.mu.Unlock()
	if address == "" {
		return slices.Clone(r.mails)
	}
	var some []deliverytest.Mail
	for _, m := range r.mails {
		if m.To == address {
			some = append(some, m)
		}
	}
	return some
}

func mails(ts *testscript.TestScript, args []string) {
	address := ""
	if len(args) == 2 {
		address = args[0]
	}
	want := number(ts, args[len(args)-1])
	got := of(ts).relay.to(address)
	if len(got) == want {
		return
	}
	for _, m := range of(ts).relay.to("") {
		ts.Logf("mail to %s: %s", m.To, m.Subject())
	}
	ts.Fatalf("%d mails came, not %d", len(got), want)
}

func arrive(ts *testscript.TestScript, args []string) {
	r, want := of(ts).relay, number(ts, args[0])
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.mails) < want {
		r.changed.Wait()
	}
}

// tried also refuses more than N tries: somebody was written to in vain.
func tried(ts *testscript.TestScript, args []string) {
	r, want := of(ts).relay, number(ts, args[1])
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.tries[args[0]] < want {
		r.changed.Wait()
	}
	if got := r.tries[args[0]]; got > want {
		ts.Fatalf("%s was tried %d times, not %d", args[0], got, want)
	}
}

func last(ts *testscript.TestScript, address string) deliverytest.Mail {
	all := of(ts).relay.to(address)
	if len(all) == 0 {
		ts.Fatalf("no mail came for %s", address)
	}
	return all[len(all)-1]
}

func mailMatches(ts *testscript.TestScript, args []string) {
	m := last(ts, args[0])
	var text string
	switch strings.ToLower(args[1]) {
	case "text":
		text = m.Text()
	case "html":
		text = m.HTML()
	default:
		text = m.Header(args[1])
	}
	pattern, err := regexp.Compile("(?m)" + args[2])
	ts.Check(err)
	if !pattern.MatchString(text) {
		ts.Fatalf("%s of the mail to %s does not match %q:\n%s", args[1], args[0], args[2], text)
	}
}

// link keeps what the pattern finds in the last mail, or its first group.
func link(ts *testscript.TestScript, args []string) {
	find(ts, last(ts, args[0]).Text(), args[1], args[2])
}

// keep does so with a file.
func keep(ts *testscript.TestScript, args []string) {
	find(ts, ts.ReadFile(args[0]), args[1], args[2])
}

func find(ts *testscript.TestScript, text, pattern, name string) {
	re, err := regexp.Compile(pattern)
	ts.Check(err)
	found := re.FindStringSubmatch(text)
	if found == nil {
		ts.Fatalf("no %q in:\n%s", pattern, text)
	}
	ts.Setenv(name, found[len(found)-1])
}
