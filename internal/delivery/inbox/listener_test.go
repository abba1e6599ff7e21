package inbox_test

import (
	"context"
	"errors"
	"net"
	"net/smtp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	emersion "github.com/emersion/go-smtp"

	"unoxuno/internal/delivery/inbox"
	"unoxuno/internal/fault"
)

const sentence = "Scrivici da qui: c’è «posta»\nhttps://town.example"

// listen starts a listener that ends with the test, or when stop is called.
func listen(t *testing.T, url string, d *desk) (l *inbox.Listener, stop func()) {
	t.Helper()
	l, err := inbox.Listen(t.Context(), url, d, inbox.Options{
		Domain: "town.example", Log: silent(), Say: func(error) string { return sentence },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := l.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})
	t.Cleanup(stop)
	return l, stop
}

const mail = "Subject: Undelivered\r\n\r\nThe mailbox is full.\r\n"

func TestMailComesInBySMTP(t *testing.T) {
	d := &desk{}
	l, _ := listen(t, "smtp://127.0.0.1:0", d)
	if err := smtp.SendMail(l.Addr(), nil, "", []string{"b-x@town.example"}, []byte(mail)); err != nil {
		t.Fatal(err)
	}
	if want := []string{"b-x@town.example: Return-Path: <>\r\n" + mail}; !slices.Equal(d.got(), want) {
		t.Errorf("%q", d.got())
	}
}

// client speaks LMTP over a connection.
func client(t *testing.T, network, address string) *emersion.Client {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), network, address)
	if err != nil {
		t.Fatal(err)
	}
	c := emersion.NewClientLMTP(conn)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func bring(c *emersion.Client, from, to, text string) error {
	if err := c.Mail(from, nil); err != nil {
		return errors.Join(err, c.Reset())
	}
	if err := c.Rcpt(to, nil); err != nil {
		return errors.Join(err, c.Reset())
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte(text)); err != nil {
		return err
	}
	return w.Close()
}

func TestMailComesInByLMTP(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "lmtp")
	for _, where := range []string{"lmtp://127.0.0.1:0", "lmtp+unix://" + socket} {
		d := &desk{}
		l, _ := listen(t, where, d)
		network := "tcp"
		if strings.HasPrefix(where, "lmtp+unix") {
			network = "unix"
		}
		c := client(t, network, l.Addr())
		if err := bring(c, "", "b-x@town.example", mail); err != nil {
			t.Fatal(err)
		}
		if err := bring(c, "maria@example.org", "newsletter@town.example", mail); err != nil {
			t.Fatal(err)
		}
		if got := d.got(); len(got) != 2 || !strings.HasPrefix(got[1], "newsletter@town.example: Return-Path: <maria@example.org>\r\n") {
			t.Errorf("%s: %q", where, got)
		}
	}
}

// code checks that an error is that reply.
func code(t *testing.T, err error, want int, text string) {
	t.Helper()
	var reply *emersion.SMTPError
	if !errors.As(err, &reply) || reply.Code != want || !strings.Contains(reply.Message, text) {
		t.Errorf("answered %v, not %d %s", err, want, text)
	}
}

func TestEachRefusalHasItsReply(t *testing.T) {
	d := &desk{}
	l, _ := listen(t, "lmtp://127.0.0.1:0", d)
	c := client(t, "tcp", l.Addr())
	const plain = `Scrivici da qui: c'e' "posta" https://town.example`
	code(t, bring(c, "", "nobody@elsewhere.example", mail), 550, plain)
	d.obey(func(string) error { return fault.Invalid("delivery.back.letter") })
	code(t, bring(c, "maria@example.org", "b-x@town.example", mail), 550, plain)
	d.obey(func(string) error { return errTrouble })
	code(t, bring(c, "", "b-x@town.example", mail), 451, "later")
	d.obey(func(string) error { return fault.Unavailable("storage.busy") })
	code(t, bring(c, "", "b-x@town.example", mail), 451, "later")
	d.obey(nil)
	if err := bring(c, "", "b-x@town.example", mail); err != nil || len(d.got()) != 1 {
		t.Errorf("afterwards: %v, %d mails", err, len(d.got()))
	}
	// A second recipient must wait for the next transaction.
	if err := errors.Join(c.Mail("", nil), c.Rcpt("b-x@town.example", nil)); err != nil {
		t.Fatal(err)
	}
	code(t, c.Rcpt("b-y@town.example", nil), 452, "")
}

func TestAHugeBounceIsTakenAndAHugerOneRefused(t *testing.T) {
	d := &desk{most: 1 << 20}
	l, _ := listen(t, "lmtp://127.0.0.1:0", d)
	c := client(t, "tcp", l.Addr())
	line := strings.Repeat("x", 100_000) + "\r\n" // with lines that are far too long
	if err := bring(c, "", "b-x@town.example", strings.Repeat(line, 300)); err != nil {
		t.Fatal(err)
	}
	if want := []string{"b-x@town.example: 1048576"}; !slices.Equal(d.got(), want) {
		t.Errorf("%q", d.got())
	}
	code(t, bring(c, "", "b-x@town.example", strings.Repeat(line, 700)), 552, "")
}

func TestWhatIsUnderWayEndsBeforeTheListenerDoes(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	d := &desk{}
	d.obey(func(string) error {
		close(entered)
		<-leave
		return nil
	})
	l, stop := listen(t, "smtp://127.0.0.1:0", d)
	sent := make(chan error, 1)
	go func() { sent <- smtp.SendMail(l.Addr(), nil, "", []string{"b-x@town.example"}, []byte(mail)) }()
	<-entered
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		stop()
	}()
	close(leave)
	if err := <-sent; err != nil {
		t.Errorf("it was cut: %v", err)
	}
	<-stopped
	if len(d.got()) != 1 {
		t.Errorf("%d mails", len(d.got()))
	}
}

func TestAStaleSocketIsReplacedAndALivingOneIsNot(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "lmtp")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	_, stop := listen(t, "lmtp+unix://"+socket, &desk{})
	_, err = inbox.Listen(t.Context(), "lmtp+unix://"+socket, &desk{}, inbox.Options{Log: silent()})
	if !fault.HasKey(err, "delivery.inbox.listen") {
		t.Errorf("two listen at one socket: %v", err)
	}
	stop()
	if _, err := os.Lstat(socket); err == nil {
		t.Error("the socket was left behind")
	}
}

func TestAddressesToListenAtAreChecked(t *testing.T) {
	for _, good := range []string{"smtp://127.0.0.1:2525", "lmtp://[::1]:24", "lmtp://:2424", "lmtp+unix:///run/unoxuno/lmtp"} {
		if err := inbox.CheckURL(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"", "127.0.0.1:25", "smtp://host", "smtps://host:25", "lmtp://host:24/x", "lmtp+unix://run/x", "lmtp+unix:", "smtp://a:b@host:25", "smtp://h:25?x=1", ":%"} {
		if err := inbox.CheckURL(bad); !fault.HasKey(err, "delivery.inbox.url") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
