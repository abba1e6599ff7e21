package sms_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/delivery/sms/smpp"
	"unoxuno/internal/delivery/sms/smstest"
	"unoxuno/internal/fault"
)

// kannelConfig is a Kannel with one connection, to a centre, and a service that brings us what people write.
const kannelConfig = `
group = core
admin-port = %[1]d
admin-password = admin
smsbox-port = %[2]d
box-allow-ip = "127.0.0.1"
log-level = 0
dlr-storage = internal

group = smsc
smsc = smpp
smsc-id = centre
host = 127.0.0.1
port = %[3]d
transceiver-mode = true
smsc-username = town
smsc-password = secret
system-type = ""
reconnect-delay = 1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = %[4]d
log-level = 0

group = sendsms-user
username = town
password = "pass word"
concatenation = true
max-messages = 255
black-list-regex = "^\\+39000.*$"

group = sms-service
keyword = default
max-messages = 0
get-url = "%[5]s/inbound?from=%%p&to=%%P&text=%%b&charset=%%C&coding=%%c"
`

// box runs one of Kannel's programs until the test ends, and waits until it writes the words.
func box(t *testing.T, name, config, words string) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if path, err = exec.LookPath("/usr/sbin/" + name); err != nil {
			smstest.Missing(t, "Kannel is not on this machine: on Debian, apt-get install kannel")
		}
	}
	command := exec.Command(path, config)
	command.Dir = filepath.Dir(config)
	output, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	said := make(chan struct{})
	var log strings.Builder
	var reading sync.WaitGroup
	reading.Go(func() {
		lines, told := bufio.NewScanner(output), false
		for lines.Scan() {
			fmt.Fprintln(&log, lines.Text())
			if !told && strings.Contains(lines.Text(), words) {
				told = true
				close(said)
			}
		}
	})
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		giveUp := time.AfterFunc(10*time.Second, func() { _ = command.Process.Kill() })
		defer giveUp.Stop()
		reading.Wait()
		_ = command.Wait()
		if t.Failed() {
			t.Logf("%s:\n%s", name, log.String())
		}
	})
	select {
	case <-said:
	case <-time.After(30 * time.Second):
		t.Fatalf("%s does not say %q", name, words)
	}
}

// freePort is a port that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// TestKannel sends through Debian's Kannel, which sends through npm's smpp, and gets back what they report.
func TestKannel(t *testing.T) {
	if _, err := exec.LookPath("/usr/sbin/bearerbox"); err != nil {
		smstest.Missing(t, "Kannel is not on this machine: on Debian, apt-get install kannel")
	}
	centre := smstest.Start(t, smstest.Options{})
	calls := make(chan *http.Request, 100)
	town := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { calls <- r }))
	t.Cleanup(town.Close)
	port := freePort(t)
	config := filepath.Join(t.TempDir(), "kannel.conf")
	text := fmt.Sprintf(kannelConfig, freePort(t), freePort(t), centre.Port(), port, town.URL)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	box(t, "bearerbox", config, "MAIN: Start-up done")
	centre.Next("bind")
	// It says that it is connected before it has put its connection where requests look for it, and takes requests all the
	// while: one between the two is an assertion that fails. Its heartbeat begins after both.
	box(t, "smsbox", config, "heartbeat_thread)")

	address := url.URL{Scheme: "kannel+http", Host: fmt.Sprintf("127.0.0.1:%d", port), User: url.UserPassword("town", "pass word"), RawQuery: "source=Comune"}
	g := open(t, address.String(), sms.Setup{Callback: town.URL + "/receipts/t%c3%a8?x=1"})
	hooks := g.(sms.Hooks)
	if err := g.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Run("texts", func(t *testing.T) { kannelTexts(t, g, centre) })
	t.Run("receipts", func(t *testing.T) { kannelReceipts(t, g, hooks, centre, calls) })
	t.Run("inbound", func(t *testing.T) { kannelInbound(t, hooks, centre, calls) })
	t.Run("refusals", func(t *testing.T) { kannelRefusals(t, g, address, hooks, centre, calls) })
}

func kannelTexts(t *testing.T, g sms.Gateway, centre *smstest.SMSC) {
	for _, text := range []string{
		"Città: è l'ora {€} & 100% + a=b\nfine", "Festa 🎉 è qui", strings.Repeat("perché no? ", 60), strings.Repeat("🎉 festa ", 50),
	} {
		m := to(t, text)
		m.Validity = time.Hour
		ids, err := g.Send(t.Context(), m)
		if err != nil || len(ids) != 1 || ids[0] != "ref1" {
			t.Fatalf("%v, %v", ids, err)
		}
		whole, parts := "", sms.Split(text)
		for range parts {
			got := centre.Next("submit")
			whole += got.Text
			if got.Source != "Comune" || got.SourceTON != 5 || got.Dest != "393331234567" || (got.Coding == 8) != (parts[0].Encoding == sms.UCS2) {
				t.Errorf("%+v", got)
			}
		}
		if whole != text {
			t.Errorf("%q arrived as %q", text, whole)
		}
		if n := centre.Count("submit"); n != 0 {
			t.Errorf("%d parts more than we count", n)
		}
	}
}

func kannelReceipts(t *testing.T, g sms.Gateway, hooks sms.Hooks, centre *smstest.SMSC, calls <-chan *http.Request) {
	for state, want := range map[string]sms.Receipt{
		"DELIVRD": {State: sms.Delivered, Code: "007"}, "UNDELIV": {State: sms.Undelivered, Reason: sms.Other, Code: "007"},
		"EXPIRED": {State: sms.Undelivered, Reason: sms.PhoneOff, Code: "007"},
	} {
		m := to(t, state)
		m.Reference = "ref%20/" + state
		if _, err := g.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		got := centre.Next("submit")
		if got.Receipt&1 != 1 {
			t.Errorf("no receipt asked for: %+v", got)
		}
		centre.Enquire()
		centre.Next("enquire_link_resp") // Kannel knows the identifier before its receipt comes
		centre.Deliver(map[string]any{
			"source_addr": got.Dest, "destination_addr": got.Source, "esm_class": 4,
			"text": fmt.Sprintf("id:%s sub:001 dlvrd:001 submit date:2611221201 done date:2611221202 stat:%s err:007 text:x", lastID(t, centre), state),
		})
		call := next(t, calls)
		if call.URL.Query().Get("x") != "1" || call.URL.EscapedPath() != "/receipts/t%c3%a8" {
			t.Errorf("called %s", call.URL)
		}
		want.ID = m.Reference
		if r, err := hooks.Receipt(call); err != nil || r != want {
			t.Errorf("%s: %+v, %v; want %+v", call.URL, r, err, want)
		}
	}
}

// lastID is the identifier that the centre gave last.
func lastID(t *testing.T, centre *smstest.SMSC) string {
	t.Helper()
	return fmt.Sprintf("m%d", centre.Taken())
}

func kannelInbound(t *testing.T, hooks sms.Hooks, centre *smstest.SMSC, calls <-chan *http.Request) {
	for want, pdu := range map[string]map[string]any{
		"STOP biblioteca & {teatro} 100%": {"text_hex": fmt.Sprintf("%x", gsmOctets(t, "STOP biblioteca & {teatro} 100%"))},
		"perché è così à":                 {"text_hex": fmt.Sprintf("%x", gsmOctets(t, "perché è così à"))},
		"Festa 🎉 ok":                      {"data_coding": 8, "text_hex": fmt.Sprintf("%x", ucs2Octets(t, "Festa 🎉 ok"))},
	} {
		pdu["source_addr"], pdu["source_addr_ton"], pdu["destination_addr"] = "393331234567", 1, "48100"
		centre.Deliver(pdu)
		call := next(t, calls)
		if m, err := hooks.Inbound(call); err != nil || m.From.String() != "+393331234567" || m.To != "48100" || m.Text != want {
			t.Errorf("%s: %+v, %v; want %q", call.URL, m, err, want)
		}
	}
}

func gsmOctets(t *testing.T, text string) []byte  { return octetsOf(t, text, sms.GSM7) }
func ucs2Octets(t *testing.T, text string) []byte { return octetsOf(t, text, sms.UCS2) }

func octetsOf(t *testing.T, text string, e sms.Encoding) []byte {
	t.Helper()
	octets, err := sms.Encode(text, e)
	if err != nil {
		t.Fatal(err)
	}
	return octets
}

func kannelRefusals(t *testing.T, g sms.Gateway, address url.URL, hooks sms.Hooks, centre *smstest.SMSC, calls <-chan *http.Request) {
	address.User = url.UserPassword("town", "wrong")
	var down *sms.Unreachable
	if _, err := open(t, address.String(), sms.Setup{}).Send(t.Context(), to(t, "x")); !errors.As(err, &down) || strings.Contains(down.Trouble, "wrong") {
		t.Errorf("%v", err)
	}
	black, err := sms.ParseNumber("+390001234567")
	if err != nil {
		t.Fatal(err)
	}
	var never *sms.Permanent
	if _, err := g.Send(t.Context(), sms.Message{To: black, Text: "x"}); !errors.As(err, &never) || never.Reason != sms.Blocked {
		t.Errorf("black list: %v", err)
	}
	address.User, address.RawQuery = url.UserPassword("town", "pass word"), ""
	var later *sms.Later
	if _, err := open(t, address.String(), sms.Setup{}).Send(t.Context(), to(t, "x")); !errors.As(err, &later) || later.Reason != sms.SenderRefused {
		t.Errorf("no sender: %v", err)
	}
	centre.Answer(int(smpp.InvalidDestination)) // Kannel has taken it by then: the network refuses later
	m := to(t, "x")
	if _, err := g.Send(t.Context(), m); err != nil {
		t.Errorf("%v", err)
	}
	centre.Next("submit")
	call := next(t, calls)
	if r, err := hooks.Receipt(call); err != nil || r != (sms.Receipt{ID: "ref1", State: sms.Undelivered, Reason: sms.NumberUnknown}) {
		t.Errorf("%s: %+v, %v", call.URL, r, err)
	}
}

func TestReportsOfKannelThatMeanNothing(t *testing.T) {
	hooks := open(t, "kannel+http://u:p@h", sms.Setup{}).(sms.Hooks)
	for _, query := range []string{"", "kind=1", "reference=a", "reference=a&kind=99", "reference=a&kind=x"} {
		if r, err := hooks.Receipt(httptest.NewRequest("GET", "/?"+query, nil)); !fault.HasKey(err, "delivery.sms.callback") {
			t.Errorf("%q: %+v, %v", query, r, err)
		}
	}
	for query, want := range map[string]sms.Receipt{
		"reference=a&kind=4":                          {ID: "a", State: sms.Buffered},
		"reference=a&kind=16":                         {ID: "a", State: sms.Undelivered, Reason: sms.Other},
		"reference=a&kind=16&reply=NACK/0x00000066/x": {ID: "a", State: sms.Undelivered, Reason: sms.Blocked},
		"reference=a&kind=16&reply=NACK/0x0000000a/x": {ID: "a", State: sms.Undelivered, Reason: sms.Other},
	} {
		if r, err := hooks.Receipt(httptest.NewRequest("GET", "/?"+query, nil)); err != nil || r != want {
			t.Errorf("%q: %+v, %v", query, r, err)
		}
	}
	for _, query := range []string{"", "from=Bank&text=x", "from=%2B393331234567&text=x&charset=EBCDIC", "from=%2B393331234567&text=x&coding=1"} {
		if m, err := hooks.Inbound(httptest.NewRequest("GET", "/?"+query, nil)); !fault.HasKey(err, "delivery.sms.callback") {
			t.Errorf("%q: %+v, %v", query, m, err)
		}
	}
}
