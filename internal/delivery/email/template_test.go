package email_test

import (
	"bytes"
	"errors"
	"html"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message/mail"
	"pgregory.net/rapid"

	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/fault"
)

func path(t interface{ Fatal(...any) }, address string) email.Path {
	p, err := email.ParsePath(address)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// text draws what is hard on quoted-printable: blanks before breaks, dots at the margin, equals signs, letters of
// several bytes, long runs.
func text() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{" ", "\t", "\n", "\r\n", ".", "=", "==", "=20", "à", "€", "😀", "\n.", " \n", "--=_alternative", "\x00", "\r"}),
		rapid.StringMatching(`[a-zA-Z0-9 .,;<>&"']{0,90}`),
		rapid.String(),
	)
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 0, 8).Draw(t, "pieces"), "")
	})
}

func part(holes int) *rapid.Generator[[]email.Segment] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) email.Segment {
		return email.Segment{Literal: text().Draw(t, "literal"), Hole: rapid.IntRange(0, holes).Draw(t, "hole")}
	}), 1, 6)
}

// filled is what a part says once filled, line breaks CRLF: the law that the compiled template must keep.
func filled(p email.Part, values []string, escape func(string) string) string {
	var b, literal strings.Builder
	for _, s := range p {
		literal.WriteString(s.Literal)
		if s.Hole == 0 {
			continue
		}
		if values[s.Hole] == "" {
			b.WriteString(crlf(strings.TrimRight(literal.String(), " ")))
		} else {
			b.WriteString(crlf(literal.String()) + crlf(escape(values[s.Hole])))
		}
		literal.Reset()
	}
	return b.String() + crlf(literal.String())
}

var breaks = regexp.MustCompile(`\r?\n`)

func crlf(s string) string { return breaks.ReplaceAllString(s, "\r\n") }

func TestDecodingGivesWhatWasFilledIn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const holes = 3
		m := email.Message{
			From: email.Mailbox{Address: "teatro@example.org"}, Subject: "x",
			Text: part(holes).Draw(t, "text"), HTML: part(holes).Draw(t, "html"),
		}
		values := append([]string{""}, rapid.SliceOfN(text(), holes, holes).Draw(t, "values")...)
		template, err := email.Compile(m)
		if err != nil {
			t.Fatal(err)
		}
		raw := template.Append(nil, &email.Filling{To: path(t, "a@example.org"), MessageID: "1@example.org", Values: values})
		checkLines(t, raw)
		r, err := mail.CreateReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			filled(m.Text, values, func(s string) string { return s }), filled(m.HTML, values, html.EscapeString),
		} {
			p, err := r.NextPart()
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(p.Body)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != want {
				t.Fatalf("decoded\n%q\nwant\n%q\nraw\n%s", got, want, raw)
			}
		}
		if _, err := r.NextPart(); !errors.Is(err, io.EOF) {
			t.Fatalf("a third part: %v", err)
		}
	})
}

// checkLines checks RFC 5322 §2.1.1 and RFC 2045 §6.7: ASCII only, no bare CR or LF, no line over its length, and no
// line that SMTP would have to change.
func checkLines(t interface{ Fatalf(string, ...any) }, raw []byte) {
	head, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !bytes.HasSuffix(raw, []byte("\r\n")) {
		t.Fatalf("the last line is not ended: %q", raw[max(0, len(raw)-40):])
	}
	for _, line := range bytes.Split(raw, []byte("\r\n")) {
		if bytes.HasPrefix(line, []byte(".")) {
			t.Fatalf("a line begins with a dot: %q", line)
		}
		if bytes.ContainsAny(line, "\r\n") || len(line) > 998 {
			t.Fatalf("line %q", line)
		}
		for _, c := range line {
			if c > '~' || c < ' ' && c != '\t' {
				t.Fatalf("byte %#x in line %q", c, line)
			}
		}
	}
	for _, line := range bytes.Split(head, []byte("\r\n")) {
		if len(line) > 78 && !bytes.HasPrefix(line, []byte("List-Unsubscribe")) {
			t.Fatalf("header line of %d: %q", len(line), line)
		}
	}
	for _, line := range bytes.Split(body, []byte("\r\n")) {
		if len(line) > 76 || bytes.HasSuffix(line, []byte(" ")) {
			t.Fatalf("body line %q", line)
		}
	}
}

func TestHeadersSayWhatTheyWereGiven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.OneOf(rapid.StringMatching(`[a-zA-Zàèéìòù "\\(),:;<>@.'-]{0,120}`), rapid.SampledFrom([]string{
			"Città di Modena", "=?utf-8?q?x?=", "a\r\nBcc: eve@example.org", "emoji 😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀", "",
		}))
		name, subject, to := word.Draw(t, "name"), word.Draw(t, "subject"), word.Draw(t, "to")
		template, err := email.Compile(email.Message{
			From: email.Mailbox{Name: name, Address: "teatro@example.org"}, Subject: subject, Text: email.Part{{Literal: "x"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		raw := template.Append(nil, &email.Filling{To: path(t, "a@example.org"), ToName: to, MessageID: "1@example.org"})
		checkLines(t, raw)
		r, err := mail.CreateReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.Header.Subject(); err != nil || got != shown(subject) {
			t.Fatalf("subject %q, %v; want %q", got, err, shown(subject))
		}
		for header, want := range map[string]string{"From": name, "To": to} {
			got, err := r.Header.AddressList(header)
			if err != nil || len(got) != 1 || got[0].Name != shown(want) {
				t.Fatalf("%s %v, %v; want %q", header, got, err, shown(want))
			}
		}
		if r.Header.Has("Bcc") {
			t.Fatalf("a header was injected:\n%s", raw)
		}
	})
}

// shown is a header's text as it may be shown: on one line.
func shown(s string) string {
	return strings.TrimSpace(strings.NewReplacer("\r", " ", "\n", " ").Replace(s))
}

func TestListHeaders(t *testing.T) {
	template, err := email.Compile(email.Message{
		From: email.Mailbox{Name: "Teatro", Address: "teatro@example.org"}, ReplyTo: email.Mailbox{Address: "risposte@example.org"},
		Subject: "La stagione", Language: "it", ListID: email.ListID{Name: "Novità a teatro", ID: "teatro.comune.example.org"},
		FeedbackID: "12:teatro:issue:unoxuno", Bulk: true, Text: email.Part{{Literal: "ciao"}}, HTML: email.Part{{Literal: "<p>ciao"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	long := "https://example.org/" + strings.Repeat("x", 200)
	m := deliverytest.Mail{Data: template.Append(nil, &email.Filling{
		To: path(t, "maria@example.org"), MessageID: "1@example.org", Date: time.Date(2026, 3, 1, 9, 5, 0, 0, time.UTC),
		Unsubscribe: email.Unsubscribe{URL: long, Mailto: "mailto:leave@example.org"},
	})}
	for name, want := range map[string]string{
		"From": "\"Teatro\" <teatro@example.org>", "Reply-To": "<risposte@example.org>", "To": "<maria@example.org>",
		"Subject": "La stagione", "Date": "Sun, 01 Mar 2026 09:05:00 +0000", "Message-Id": "<1@example.org>",
		"Mime-Version": "1.0", "Content-Language": "it", "List-Id": "Novità a teatro <teatro.comune.example.org>",
		"List-Unsubscribe":      "<" + long + ">, <mailto:leave@example.org>",
		"List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "Feedback-Id": "12:teatro:issue:unoxuno", "Precedence": "bulk",
	} {
		if got := m.Header(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if !bytes.Contains(m.Data, []byte("\r\nList-Unsubscribe: <"+long+">, <mailto:leave@example.org>\r\n")) {
		t.Error("List-Unsubscribe is folded")
	}
	if names := m.HeaderNames(); len(names) != 14 {
		t.Errorf("headers are %v", names)
	}
	if m.Text() != "ciao" || m.HTML() != "<p>ciao" {
		t.Errorf("text %q, html %q", m.Text(), m.HTML())
	}
}

func TestUnsubscribeNeverBreaksOut(t *testing.T) {
	template, err := email.Compile(email.Message{From: email.Mailbox{Address: "a@example.org"}, Text: email.Part{{Literal: "x"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{"https://x\r\nBcc: eve@example.org", "https://x>, <mailto:eve", "https://" + strings.Repeat("x", 1000)} {
		m := deliverytest.Mail{Data: template.Append(nil, &email.Filling{
			To: path(t, "maria@example.org"), MessageID: "1@e", Unsubscribe: email.Unsubscribe{URL: url},
		})}
		if m.Header("List-Unsubscribe") != "" || m.Header("Bcc") != "" || m.Header("List-Unsubscribe-Post") != "" {
			t.Errorf("%q went out", url)
		}
	}
}

func TestCompileRefusesWhatCannotStandInAHeader(t *testing.T) {
	good := email.Message{From: email.Mailbox{Address: "a@example.org"}}
	for key, spoil := range map[string]func(*email.Message){
		"delivery.message.from":     func(m *email.Message) { m.From.Address = "a@b\r\nBcc: c@d" },
		"delivery.message.reply_to": func(m *email.Message) { m.ReplyTo.Address = "nobody" },
		"delivery.message.header":   func(m *email.Message) { m.ListID = email.ListID{ID: "a>\r\nX: y"} },
	} {
		m := good
		spoil(&m)
		if _, err := email.Compile(m); !fault.HasKey(err, key) {
			t.Errorf("got %v, want %s", err, key)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	body := strings.Repeat("Sabato 14 marzo alle 21, al teatro comunale: c'è Goldoni. ", 40)
	template, err := email.Compile(email.Message{
		From: email.Mailbox{Address: "a@example.org"}, Subject: "Novità",
		Text: email.Part{{body, 1}, {" ciao", 0}}, HTML: email.Part{{body, 1}, {body, 2}, {"fine", 0}},
	})
	if err != nil {
		b.Fatal(err)
	}
	f := &email.Filling{To: path(b, "a@example.org"), Values: []string{"", "Maria", "https://example.org/x"}}
	var buffer []byte
	for b.Loop() {
		buffer = template.Append(buffer[:0], f)
	}
	b.SetBytes(int64(len(buffer)))
}
