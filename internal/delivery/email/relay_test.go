package email_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/email"
)

var message = []byte("From: <a@example.org>\r\nSubject: x\r\n\r\nciao\r\n")

func relay(t *testing.T, url string, trust *tls.Config) *email.Relay {
	t.Helper()
	r, err := email.ParseRelay(url, email.RelayOptions{Hello: "town.example", TLS: trust})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// trySend sends one message over a new pool.
func trySend(t *testing.T, url string, trust *tls.Config) error {
	t.Helper()
	pool := email.NewPool(relay(t, url, trust), 1, time.Minute, clock.System{})
	defer pool.Close()
	return pool.Send(t.Context(), path(t, "b-1@town.example"), path(t, "maria@example.org"), message)
}

func TestTLSAndAuthentication(t *testing.T) {
	server, client := deliverytest.Certificate(t)
	withUser := func(o deliverytest.Options) deliverytest.Options {
		o.User, o.Password = "town", "s3cret/@:?"
		return o
	}
	for name, c := range map[string]struct {
		sink  deliverytest.Options
		trust *tls.Config
		fails string // "" succeeds
	}{
		"plain":                            {},
		"STARTTLS":                         {sink: deliverytest.Options{TLS: server}, trust: client},
		"STARTTLS unproven, no password":   {sink: deliverytest.Options{TLS: server}},
		"STARTTLS unproven, with password": {sink: withUser(deliverytest.Options{TLS: server}), fails: "certificate"},
		"STARTTLS with password":           {sink: withUser(deliverytest.Options{TLS: server}), trust: client},
		"implicit TLS":                     {sink: deliverytest.Options{TLS: server, Implicit: true}, trust: client},
		"implicit TLS unproven":            {sink: deliverytest.Options{TLS: server, Implicit: true}, fails: "certificate"},
		"implicit TLS with password":       {sink: withUser(deliverytest.Options{TLS: server, Implicit: true}), trust: client},
		"password in clear on loopback":    {sink: withUser(deliverytest.Options{})},
		"AUTH LOGIN":                       {sink: withUser(deliverytest.Options{TLS: server, Login: true}), trust: client},
	} {
		t.Run(name, func(t *testing.T) {
			sink := deliverytest.New(t, c.sink)
			err := trySend(t, sink.URL(), c.trust)
			var down *email.Unreachable
			switch {
			case c.fails == "" && (err != nil || sink.Count() != 1 || sink.Connections() != 1):
				t.Fatalf("%v, %d mails over %d connections", err, sink.Count(), sink.Connections())
			case c.fails != "" && (!errors.As(err, &down) || !strings.Contains(down.Trouble, c.fails) || sink.Count() != 0):
				t.Fatalf("%v, %d mails; want unreachable: %s", err, sink.Count(), c.fails)
			}
		})
	}
}

func TestAPasswordIsNeverSentInTheClear(t *testing.T) {
	sink := deliverytest.New(t, deliverytest.Options{User: "town", Password: "s3cret"})
	_, port, err := net.SplitHostPort(sink.Addr())
	if err != nil {
		t.Fatal(err)
	}
	err = trySend(t, "smtp://town:s3cret@0.0.0.0:"+port, nil) // this machine, by an address that does not say so
	var down *email.Unreachable
	if !errors.As(err, &down) || !strings.Contains(down.Trouble, "in the clear") || sink.Count() != 0 {
		t.Fatalf("got %v", err)
	}
}

func TestSTARTTLSCannotBeStrippedAway(t *testing.T) {
	server, client := deliverytest.Certificate(t)
	honest := deliverytest.New(t, deliverytest.Options{TLS: server})
	pool := email.NewPool(relay(t, honest.URL(), client), 1, time.Minute, clock.System{})
	if err := pool.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	pool.Close()
	if err := honest.Close(); err != nil {
		t.Fatal(err)
	}
	deliverytest.New(t, deliverytest.Options{Listen: honest.Addr()})
	var down *email.Unreachable
	if err := pool.Check(t.Context()); !errors.As(err, &down) || !strings.Contains(down.Trouble, "offered STARTTLS before") {
		t.Fatalf("got %v", err)
	}
}

func TestWrongOrMissingPassword(t *testing.T) {
	sink := deliverytest.New(t, deliverytest.Options{User: "town", Password: "right"})
	asking := deliverytest.New(t, deliverytest.Options{User: "town", Password: "right", Login: true})
	for _, url := range []string{"smtp://town:wrong@" + sink.Addr(), "smtp://" + sink.Addr(), "smtp://town:wrong@" + asking.Addr()} {
		err := trySend(t, url, nil)
		var down *email.Unreachable
		if !errors.As(err, &down) || strings.Contains(err.Error(), "wrong") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestRelayAddresses(t *testing.T) {
	for url, want := range map[string]string{
		"smtp://mail.example.org": "mail.example.org:25", "smtps://u:p@mail.example.org": "mail.example.org:465",
		"smtp://mail.example.org:587": "mail.example.org:587", "smtp://[::1]:2525": "[::1]:2525", "": "",
	} {
		if got := relay(t, url, nil).Address(); got != want {
			t.Errorf("%q: %q, want %q", url, got, want)
		}
	}
	for _, url := range []string{"mail.example.org:25", "http://x", "smtp://", "smtp://u:s3cret@h:port", "smtp://h/path", "smtp://h?pipelining=on", "smtp://h?pipe=off", "smtp://h#x"} {
		_, err := email.ParseRelay(url, email.RelayOptions{})
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", url, err)
		}
	}
}

func TestAnAddressMayAskForOneCommandAtATime(t *testing.T) {
	for url, want := range map[string]bool{
		"smtp://h": false, "smtp://h?pipelining=auto": false, "smtp://h?pipelining=off": true, "smtps://u:p@h:1/?pipelining=off": true,
	} {
		if got := email.InLockStep(relay(t, url, nil)); got != want {
			t.Errorf("%s: %t", url, got)
		}
	}
}

func TestAnswersAndTheirReasons(t *testing.T) {
	for name, c := range map[string]struct {
		stage  deliverytest.Stage
		answer error
		want   error
	}{
		"no such mailbox":   {deliverytest.AtRcpt, deliverytest.Refuse(550, "5.1.1", "who?"), &email.Permanent{Code: 550, Enhanced: "5.1.1", Reason: email.MailboxUnknown}},
		"mailbox closed":    {deliverytest.AtRcpt, deliverytest.Refuse(550, "5.2.1", "x"), &email.Permanent{Code: 550, Enhanced: "5.2.1", Reason: email.MailboxUnknown}},
		"full for ever":     {deliverytest.AtRcpt, deliverytest.Refuse(552, "5.2.2", "x"), &email.Permanent{Code: 552, Enhanced: "5.2.2", Reason: email.MailboxFull}},
		"full for now":      {deliverytest.AtRcpt, deliverytest.Refuse(452, "4.2.2", "x"), &email.Later{Code: 452, Enhanced: "4.2.2", Reason: email.MailboxFull}},
		"policy":            {deliverytest.AtRcpt, deliverytest.Refuse(550, "5.7.1", "x"), &email.Permanent{Code: 550, Enhanced: "5.7.1", Reason: email.Blocked}},
		"spam":              {deliverytest.AtData, deliverytest.Refuse(554, "5.6.0", "x"), &email.Permanent{Code: 554, Enhanced: "5.6.0", Reason: email.Other}},
		"greylisted":        {deliverytest.AtRcpt, deliverytest.Refuse(451, "4.3.0", "x"), &email.Later{Code: 451, Enhanced: "4.3.0", Reason: email.Temporary}},
		"sender refused":    {deliverytest.AtMail, deliverytest.Refuse(550, "5.1.8", "x"), &email.Later{Code: 550, Enhanced: "5.1.8", Reason: email.Blocked}},
		"hangs up at RCPT":  {deliverytest.AtRcpt, deliverytest.Drop(), &email.Later{Reason: email.ConnectionLost}},
		"hangs up when had": {deliverytest.AtReply, deliverytest.Drop(), &email.Later{Reason: email.ConnectionLost}},
		"closing":           {deliverytest.AtRcpt, deliverytest.Refuse(421, "4.3.2", "x"), &email.Later{Code: 421, Enhanced: "4.3.2", Reason: email.Temporary}},
	} {
		t.Run(name, func(t *testing.T) {
			sink := deliverytest.New(t, deliverytest.Options{Rule: func(a deliverytest.Attempt) error {
				if a.Stage == c.stage {
					return c.answer
				}
				return nil
			}})
			if got := trySend(t, sink.URL(), nil); got == nil || got.Error() != c.want.Error() {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestAConnectionIsReusedAfterARefusal(t *testing.T) {
	sink := deliverytest.New(t, deliverytest.Options{Rule: func(a deliverytest.Attempt) error {
		if a.Stage == deliverytest.AtRcpt && strings.HasPrefix(a.To, "no") {
			return deliverytest.Refuse(550, "5.1.1", "no")
		}
		return nil
	}})
	pool := email.NewPool(relay(t, sink.URL(), nil), 1, time.Minute, clock.System{})
	defer pool.Close()
	for _, to := range []string{"a@example.org", "no@example.org", "b@example.org", "no2@example.org", "c@example.org"} {
		err := pool.Send(t.Context(), path(t, "b-1@town.example"), path(t, to), message)
		if (err == nil) == strings.HasPrefix(to, "no") {
			t.Fatalf("%s: %v", to, err)
		}
	}
	if sink.Count() != 3 || sink.Connections() != 1 {
		t.Fatalf("%d mails over %d connections", sink.Count(), sink.Connections())
	}
}

func TestAConnectionThatHadItsFillIsReplaced(t *testing.T) {
	fill := 0
	sink := deliverytest.New(t, deliverytest.Options{Rule: func(a deliverytest.Attempt) error {
		if a.Stage == deliverytest.AtMail {
			if fill++; fill%3 == 0 {
				return deliverytest.Refuse(421, "4.7.0", "enough for one connection")
			}
		}
		return nil
	}})
	pool := email.NewPool(relay(t, sink.URL(), nil), 1, time.Minute, clock.System{})
	defer pool.Close()
	for range 8 {
		if err := pool.Send(t.Context(), path(t, "b-1@town.example"), path(t, "a@example.org"), message); err != nil {
			t.Fatal(err)
		}
	}
	if sink.Count() != 8 || sink.Connections() < 3 {
		t.Fatalf("%d mails over %d connections", sink.Count(), sink.Connections())
	}
}

func TestAStallingServerIsGivenUp(t *testing.T) {
	release := make(chan struct{})
	sink := deliverytest.New(t, deliverytest.Options{Rule: func(a deliverytest.Attempt) error {
		if a.Stage == deliverytest.AtRcpt {
			<-release
		}
		return nil
	}})
	defer close(release)
	r, err := email.ParseRelay(sink.URL(), email.RelayOptions{
		Timeouts: email.Timeouts{Dial: time.Second, Command: 50 * time.Millisecond, Data: time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	pool := email.NewPool(r, 1, time.Minute, clock.System{})
	err = pool.Send(t.Context(), path(t, "b-1@town.example"), path(t, "a@example.org"), message)
	if want := (&email.Later{Reason: email.ConnectionLost}).Error(); err == nil || err.Error() != want {
		t.Fatalf("got %v", err)
	}
}

func TestAnEndedContextCutsTheConnection(t *testing.T) {
	reached, release := make(chan struct{}), make(chan struct{})
	sink := deliverytest.New(t, deliverytest.Options{Rule: func(a deliverytest.Attempt) error {
		if a.Stage == deliverytest.AtRcpt {
			close(reached)
			<-release
		}
		return nil
	}})
	defer close(release)
	pool := email.NewPool(relay(t, sink.URL(), nil), 1, time.Minute, clock.System{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-reached; cancel() }()
	if err := pool.Send(ctx, path(t, "b-1@town.example"), path(t, "a@example.org"), message); err == nil {
		t.Fatal("sent")
	}
}

func TestAnUnreachableRelayIsLeftAloneForAWhile(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	now := clock.At(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
	pool := email.NewPool(relay(t, "smtp://"+address, nil), 2, time.Minute, now)
	defer pool.Close()
	send := func() error {
		return pool.Send(t.Context(), path(t, "b-1@town.example"), path(t, "a@example.org"), message)
	}
	var down *email.Unreachable
	for _, pause := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute, 15 * time.Minute} {
		if err := send(); !errors.As(err, &down) {
			t.Fatal(err)
		}
		h := pool.Health()
		if h.Up || h.RetryAt.Sub(now.Now()) != pause || h.Address != address {
			t.Fatalf("health %+v, want a pause of %v", h, pause)
		}
		now.Advance(pause)
	}
	deliverytest.New(t, deliverytest.Options{Listen: address})
	if err := send(); err != nil {
		t.Fatal(err)
	}
	if h := pool.Health(); !h.Up || !h.RetryAt.IsZero() || h.Trouble != "" {
		t.Fatalf("health %+v", h)
	}
}
