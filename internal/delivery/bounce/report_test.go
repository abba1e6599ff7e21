package bounce

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestOriginal(t *testing.T) {
	wanted := Original{
		MessageID: "m.91.42@posta.comune.example", EnvelopeID: "7k2q", ReturnPath: "b.7k2q@ritorni.comune.example", To: "anna@example.org",
		ListUnsubscribe: "<https://posta.comune.example/u/7k2q>, <mailto:disiscrizione@comune.example>",
	}
	if diff := cmp.Diff(wanted, mustParse(t, fixture(t, "dsn-postfix-unknown.eml")).Original); diff != "" {
		t.Error("returned as a part:", diff)
	}
	wanted.EnvelopeID = ""
	if diff := cmp.Diff(wanted, mustParse(t, fixture(t, "own-qmail.eml")).Original); diff != "" {
		t.Error("returned as text:", diff)
	}
	redacted := mustParse(t, fixture(t, "arf-redacted.eml")).Original
	if redacted.To != "" || redacted.ReturnPath != wanted.ReturnPath || redacted.ListUnsubscribe != wanted.ListUnsubscribe {
		t.Errorf("a complaint without its recipient does not lead to its message: %+v", redacted)
	}
}

func TestForwardedRecipientKeepsTheAddressWrittenTo(t *testing.T) {
	got := mustParse(t, fixture(t, "dsn-postfix-unknown.eml")).Recipients
	wanted := []Recipient{{Address: "anna@example.org", Original: "Anna.Rossi@example.com", Kind: Hard, Status: "5.1.1", Reason: UnknownAddress}}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Error(diff)
	}
}

func TestUnsubscribe(t *testing.T) {
	for _, name := range fixtures(t) {
		report := mustParse(t, fixture(t, name))
		wanted := strings.HasPrefix(name, "none-unsubscribe") || name == "auto-unsubscribe.eml"
		if report.Unsubscribe != wanted {
			t.Errorf("%s: Unsubscribe is %v", name, report.Unsubscribe)
		}
		if wanted && report.From != "anna@example.org" {
			t.Errorf("%s: From is %q", name, report.From)
		}
	}
}

func TestParseReturnsTheReadersError(t *testing.T) {
	broken := errors.New("connection lost")
	if _, err := Parse(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestExplainHasAListEvenWhenEmpty(t *testing.T) {
	got := string(mustParse(t, nil).Explain("empty.eml").JSON())
	if want := `{"file":"empty.eml","kind":"none","recipients":[]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestLineEnds: a mail gives the same report with CRLF, as on the wire, and with LF, as in files.
func TestLineEnds(t *testing.T) {
	for _, name := range fixtures(t) {
		raw := fixture(t, name)
		wire := bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))
		if diff := cmp.Diff(mustParse(t, raw), mustParse(t, wire)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestQuotedBounceIsNoBounce: a bounce that a person or an automatic answer quotes never counts against an address.
func TestQuotedBounceIsNoBounce(t *testing.T) {
	for _, name := range fixtures(t) {
		quoted := "> " + strings.ReplaceAll(string(fixture(t, name)), "\n", "\n> ")
		for _, c := range []struct {
			header string
			wanted Kind
		}{
			{"From: anna@example.org\nSubject: Re: Undelivered Mail Returned to Sender\n", None},
			{"From: anna@example.org\nSubject: I: Mail delivery failed\n", None},
			{"From: anna@example.org\nSubject: posta che torna\n", None},
			{"From: anna@example.org\nReturn-Path: <>\nSubject: Fuori ufficio\nAuto-Submitted: auto-replied\n", Auto},
		} {
			if got := mustParse(t, []byte(c.header+"\nVedi sotto.\n\n"+quoted)).Kind; got != c.wanted {
				t.Errorf("%s quoted under %q is %s", name, c.header, got)
			}
		}
	}
}

// hostile are mails made to be slow, large or damaging.
func hostile() map[string]string {
	status := "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; anna@example.org\nAction: failed\nStatus: 5.1.1\n\n"
	report := "From: MAILER-DAEMON@mx.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
	text := "From: MAILER-DAEMON@mx.example\nReturn-Path: <>\nSubject: failure notice\n"
	nested := strings.Builder{}
	nested.WriteString("From: MAILER-DAEMON@mx.example\n")
	for range 1000 {
		nested.WriteString("Content-Type: multipart/mixed; boundary=b\n\n--b\n")
	}
	return map[string]string{
		"30 MB":               report + status + "--b\nContent-Type: message/rfc822\n\n" + strings.Repeat("x\n", 15<<20),
		"nested parts":        nested.String(),
		"many parts":          report + strings.Repeat(status, 5000),
		"many recipients":     report + strings.TrimSuffix(status, "\n") + strings.Repeat("\nFinal-Recipient: rfc822; anna@example.org\nAction: failed\n", 20000),
		"long line":           text + "\n" + strings.Repeat("<anna@example.org> ", 60000),
		"many addresses":      text + "\nCould not be delivered to:\n" + strings.Repeat("a@b.example\nto:a@c.example 550 ", 30000),
		"only at signs":       text + "\n" + strings.Repeat("@", 1<<20),
		"only quotes":         text + "\n" + strings.Repeat("\"@", 1<<19),
		"endless header":      text + strings.Repeat("X-Field: value\n", 70000),
		"endless fold":        text + "X-Field: value\n" + strings.Repeat(" x\n", 300000),
		"many folds":          text + strings.Repeat("X-Field: value\n"+strings.Repeat(" x\n", 4000), 80),
		"folded status":       report + strings.TrimSuffix(status, "\n") + strings.Repeat("Diagnostic-Code: x\n"+strings.Repeat(" x\n", 2000), 40),
		"encoded words":       text + "Subject: " + strings.Repeat("=?utf-8?Q?=?=", 80000) + "\n\n",
		"bad charset":         text + "Content-Type: text/plain; charset=\"klingon\xff\"\n\n\xff\xfe\x00 could not be delivered",
		"bad base64":          text + "Content-Transfer-Encoding: base64\n\n" + strings.Repeat("=====A\x00", 100000),
		"bad quoted":          text + "Content-Transfer-Encoding: quoted-printable\n\n" + strings.Repeat("=ZZ", 300000),
		"open tags":           text + "Content-Type: text/html\n\n" + strings.Repeat("<style", 150000),
		"open entities":       text + "Content-Type: text/html\n\n" + strings.Repeat("&", 1<<20),
		"phrases":             text + "\n" + strings.Repeat("user ", 200000),
		"boundaries":          report + strings.Repeat("--b", 300000),
		"codes":               text + "\n" + strings.Repeat("5.1.", 200000),
		"unitext":             report + "--b\nContent-Type: message/global-delivery-status\n\nFinal-Recipient: utf-8; " + strings.Repeat("\\x{", 3000) + "@example.org\nAction: failed\n",
		"json":                "From: no-reply@sns.amazonaws.com\n\n" + strings.Repeat("{\"notificationType\":", 50000),
		"bounces in bounces":  strings.Repeat("From: MAILER-DAEMON@mx.example\nReturn-Path: <>\nReceived: by x\nSubject: failure notice\n\ncould not be delivered\n\n", 8000),
		"no end of a comment": "From: (" + strings.Repeat("(", 1<<20),
	}
}

// TestHostile: every limit holds, and a report at the beginning of an endless mail is read.
func TestHostile(t *testing.T) {
	for name, raw := range hostile() {
		report := mustParse(t, []byte(raw))
		if len(report.Recipients) > maxRecipients || report.Truncated != (len(raw) > MaxRead) {
			t.Errorf("%s: %d recipients, truncated %v", name, len(report.Recipients), report.Truncated)
		}
		if understood := []string{"30 MB", "many parts", "many recipients", "folded status"}; slices.Contains(understood, name) && report.Kind != Hard {
			t.Errorf("%s: %s", name, report.Kind)
		}
	}
}

// TestOnlyTheBeginningIsRead: at most MaxRead bytes are read, and one more to know whether there are more.
func TestOnlyTheBeginningIsRead(t *testing.T) {
	endless := &countingReader{}
	if _, err := Parse(endless); err != nil || endless.read > 2*MaxRead {
		t.Errorf("read %d bytes, %v", endless.read, err)
	}
}

type countingReader struct{ read int }

func (c *countingReader) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	c.read += len(p)
	return len(p), nil
}

// TestDeliveryStatusLaw: for any delivery status, exactly the failed and delayed recipients are reported, in order, and
// an unknown address is hard exactly if its failure is permanent.
func TestDeliveryStatusLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		locals := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z][a-z0-9.+_-]{0,20}[a-z0-9]`), 1, 12, rapid.ID).Draw(t, "locals")
		var body strings.Builder
		var wanted []string
		final, late := false, false
		for _, local := range locals {
			address := local + "@example.org"
			action := rapid.SampledFrom([]string{"failed", "delayed", "delivered", "relayed", "expanded"}).Draw(t, "action")
			status := map[string]string{"failed": "5.1.1", "delayed": "4.4.1"}[action]
			if status != "" {
				wanted = append(wanted, address)
			} else {
				status = "2.0.0"
			}
			final, late = final || action == "failed", late || action == "delayed"
			body.WriteString("\nFinal-Recipient: rfc822; " + address + "\nAction: " + action + "\nStatus: " + status + "\n")
		}
		report := mustParseRapid(t, "From: x@mx.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"+
			"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n"+body.String()+"\n--b--\n")
		kind := Auto
		switch {
		case final:
			kind = Hard
		case late:
			kind = Delayed
		}
		var got []string
		for _, r := range report.Recipients {
			got = append(got, r.Address)
		}
		if report.Kind != kind || kind != Auto && !slices.Equal(got, wanted) {
			t.Fatalf("%s %v, wanted %s %v of %s", report.Kind, got, kind, wanted, body.String())
		}
	})
}

// TestReturnedMessageSaysNothing: the content of the returned message does not change the report.
func TestReturnedMessageSaysNothing(t *testing.T) {
	before := "From: MAILER-DAEMON@mx.example\nReturn-Path: <>\nSubject: failure notice\n\nI wasn't able to deliver your message to the following addresses.\n\n" +
		"<anna@example.org>:\n552 Mailbox is full\n\n--- Below this line is a copy of the message.\n\n" +
		"Received: by mx.example\nMessage-ID: <1@comune.example>\nFrom: biblioteca@comune.example\nTo: anna@example.org\n\n"
	wanted := []Recipient{{Address: "anna@example.org", Kind: Soft, Reason: MailboxFull}}
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOf(rapid.SampledFrom([]string{
			"<bruno@example.org>: 550 5.1.1 User unknown", "could not be delivered to bruno@example.org", "Final-Recipient: rfc822; bruno@example.org",
			"Action: failed", "", "RCPT TO:<bruno@example.org>", "no such user", "--b", "X-Failed-Recipients: bruno@example.org", "5.1.1",
		})).Draw(t, "lines")
		report := mustParseRapid(t, before+strings.Join(lines, "\n"))
		if diff := cmp.Diff(wanted, report.Recipients); report.Kind != Soft || diff != "" {
			t.Fatal(report.Kind, diff)
		}
	})
}

func mustParseRapid(t *rapid.T, raw string) Report {
	report, err := Parse(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// FuzzParse: any bytes give a report that keeps the package's promises.
func FuzzParse(f *testing.F) {
	for _, name := range fixtures(f) {
		f.Add(fixture(f, name))
	}
	for _, raw := range hostile() {
		f.Add([]byte(raw[:min(len(raw), 4000)]))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		report := mustParse(t, raw)
		if diff := cmp.Diff(report, mustParse(t, raw)); diff != "" {
			t.Fatal("not the same twice:", diff)
		}
		kinds := map[Kind][]Kind{Hard: {Hard, Soft, Delayed}, Soft: {Soft, Delayed}, Delayed: {Delayed}, Complaint: {Complaint}, Auto: {Auto}, None: nil}
		allowed, known := kinds[report.Kind]
		if !known || len(report.Recipients) > maxRecipients || report.Unsubscribe && report.Kind != Auto && report.Kind != None {
			t.Fatalf("%+v", report)
		}
		for _, r := range report.Recipients {
			if r.Address == "" || !slices.Contains(allowed, r.Kind) || r.Kind == Hard && !r.Reason.hard() {
				t.Fatalf("%+v", report)
			}
		}
		var back Explanation
		if err := json.Unmarshal(report.Explain("x").JSON(), &back); err != nil || back.Recipients == nil {
			t.Fatal(err, back)
		}
	})
}

// BenchmarkParse reads the mails of testdata; its "mails/s" is for one core.
func BenchmarkParse(b *testing.B) {
	var mails [][]byte
	for _, name := range fixtures(b) {
		mails = append(mails, fixture(b, name))
	}
	b.ReportAllocs()
	count := 0
	for b.Loop() {
		mustParse(b, mails[count%len(mails)])
		count++
	}
	b.ReportMetric(float64(count)/b.Elapsed().Seconds(), "mails/s")
}

// BenchmarkHostile shows that no mail is slow.
func BenchmarkHostile(b *testing.B) {
	for name, raw := range hostile() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(io.LimitReader(strings.NewReader(raw), int64(len(raw)))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
