package app

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/sms/smstest"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// Somebody who has nothing but a telephone signs up, proves by a code that it is hers, gets an issue by text message,
// whose receipt comes back, and leaves by writing STOP: through the site, over SMPP, with a real message centre.
func TestATelephoneAloneFromSignUpToStop(t *testing.T) {
	for _, engine := range []storage.Engine{storage.SQLite, storage.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			centre := smstest.Start(t, smstest.Options{})
			b := newBorgo(t, engine, func(r *run) {
				r.gateway, r.stays, r.config.SMSURL, r.config.SMSSender = nil, true, centre.URL(""), "48100"
			})
			ctx, stop := context.WithCancel(b.ctx)
			ended := make(chan error)
			go func() { ended <- b.delivery.Run(ctx) }()
			t.Cleanup(func() {
				stop()
				b.must(<-ended)
			})
			centre.Next("bind")
			person := b.joinsByText(centre)
			b.getsIssueByText(centre)
			b.losesHerNumberAndConfirmsItAgain(centre)
			b.stopsByText(centre, person)
		})
	}
}

const (
	telephone = "+393337654321"
	digits    = "393337654321"
)

func (b *borgo) joinsByText(centre *smstest.SMSC) int64 {
	b.t.Helper()
	client := b.browser()
	a := b.ask(client, http.MethodPost, "/join", url.Values{
		"go": {"send"}, "mobile": {"333 765 4321"}, "newsletters": {"teatro"}, "agree": {"1"}, "language": {"it"},
	})
	page := a.header.Get("Location")
	if !strings.HasPrefix(page, "/code/") {
		b.t.Fatalf("sign-up: %d %s\n%s", a.status, page, a.body)
	}
	sent := centre.Next("submit")
	code := regexp.MustCompile(`\b\d{6}\b`).FindString(sent.Text)
	if sent.Dest != digits || code == "" {
		b.t.Fatalf("the code: %+v", sent)
	}
	a = b.ask(client, http.MethodPost, page, url.Values{"code": {code}})
	if welcome := a.header.Get("Location"); !strings.HasSuffix(welcome, "/welcome") {
		b.t.Fatalf("the code was answered %d %s\n%s", a.status, welcome, a.body)
	}
	person, known, err := b.people.ByAddress(b.ctx, people.SMS, telephone)
	b.must(err)
	if !known {
		b.t.Fatal("nobody has the number")
	}
	return person
}

func (b *borgo) getsIssueByText(centre *smstest.SMSC) {
	b.t.Helper()
	issue := b.put("text", "---\nnewsletter: teatro\nslug: stasera\ntitle: Stasera\nlanguage: it\nsms: Stasera a teatro, ore 21\n---\nTesto.\n")
	sending, err := b.newsletters.Send(b.ctx, issue.ID, issue.Version, false)
	b.must(err)
	if sending.Texts.Messages != 1 || sending.Batch.Messages == 0 {
		b.t.Fatalf("%d text messages, %d mails", sending.Texts.Messages, sending.Batch.Messages)
	}
	if sent := centre.Next("submit"); sent.Dest != digits || sent.Text != "Stasera a teatro, ore 21\nBasta SMS? Rispondi STOP" {
		b.t.Fatalf("%+v", sent)
	}
	centre.Deliver(map[string]any{"esm_class": 4, "source_addr": digits, "text": "id:m2 sub:001 dlvrd:001 submit date:2611230900" +
		" done date:2611230901 stat:DELIVRD err:000 text:Stasera"})
	if a := centre.Next("deliver_sm_resp"); a.Status != 0 {
		b.t.Fatalf("the receipt was answered %d", a.Status)
	}
	b.until("the receipt is on record and the issue is sent", func() bool {
		p, err := b.delivery.Progress(b.ctx, sending.Texts.ID)
		b.must(err)
		now, err := b.newsletters.Issue(b.ctx, issue.ID)
		b.must(err)
		return p.Delivered == 1 && !now.Finished.IsZero()
	})
}

func (b *borgo) losesHerNumberAndConfirmsItAgain(centre *smstest.SMSC) {
	b.t.Helper()
	suppressed := func() bool {
		yes, err := b.delivery.Suppressed(b.ctx, b.db, telephone)
		b.must(err)
		return yes
	}
	// GSM's code 1: unknown subscriber.
	centre.Deliver(map[string]any{"esm_class": 4, "source_addr": digits, "receipted_message_id": "m3", "message_state": 5,
		"network_error_code_hex": "030001", "text": ""})
	if a := centre.Next("deliver_sm_resp"); a.Status != 0 {
		b.t.Fatalf("the receipt was answered %d", a.Status)
	}
	issue := b.put("gone", "---\nnewsletter: teatro\nslug: sabato-sera\ntitle: Sabato sera\nlanguage: it\nsms: Sabato a teatro\n---\nTesto.\n")
	_, err := b.newsletters.Send(b.ctx, issue.ID, issue.Version, false)
	b.must(err)
	if sent := centre.Next("submit"); sent.Dest != digits {
		b.t.Fatalf("%+v", sent)
	}
	b.until("the number is suppressed, by a receipt that came before its message", suppressed)
	b.joinsByText(centre)
	if suppressed() {
		b.t.Error("she confirmed her number by its code, and it is still suppressed")
	}
}

func (b *borgo) stopsByText(centre *smstest.SMSC, person int64) {
	b.t.Helper()
	centre.Deliver(map[string]any{"source_addr": digits, "source_addr_ton": 1, "destination_addr": "48100", "text": "Basta!"})
	if answer := centre.Next("submit"); answer.Dest != digits || !strings.Contains(answer.Text, "non riceverai più SMS") {
		b.t.Fatalf("STOP was answered %+v", answer)
	}
	left, err := b.newsletters.Of(b.ctx, b.db, person)
	b.must(err)
	suppressed, err := b.delivery.Suppressed(b.ctx, b.db, telephone)
	b.must(err)
	if len(left) != 0 || !suppressed {
		b.t.Errorf("after STOP she is subscribed to %v; suppressed: %v", left, suppressed)
	}
	issue := b.put("later", "---\nnewsletter: teatro\nslug: domani-sera\ntitle: Domani sera\nlanguage: it\nsms: Domani a teatro\n---\nTesto.\n")
	sending, err := b.newsletters.Send(b.ctx, issue.ID, issue.Version, false)
	b.must(err)
	if sending.Texts.Messages != 0 || sending.Texts.Channel != delivery.SMS {
		b.t.Errorf("after STOP: %+v", sending.Texts)
	}
}

// until waits, for a while, until something is so.
func (b *borgo) until(what string, so func() bool) {
	b.t.Helper()
	limit := time.After(20 * time.Second)
	for !so() {
		select {
		case <-limit:
			b.t.Fatalf("never: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
