package delivery

import (
	"context"
	"crypto/hmac"
	"fmt"
	"sync"
	"time"

	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/fault"
)

// SMSSettings is how the room sends text messages.
type SMSSettings struct {
	URL      string       // gateway, as sms.Open reads it; "" is none: everything is put off
	Sender   string       // what telephones show as the author, as sms.ParseSender reads it; "" leaves it to the gateway
	Template sms.Template // how the HTTP interface of a provider is spoken to
	Callback string       // how the gateway reaches this site: the public URL, without a final slash
	Listen   bool         // take receipts and inbound messages: for a process that lives long enough to keep them
	Gateway  sms.Gateway  // in place of URL: for the demonstration and for tests
}

// openGateway makes the gateway of the settings.
func (r *Room) openGateway(s SMSSettings) (err error) {
	if r.sender, err = sms.ParseSender(s.Sender); err != nil {
		return err
	}
	if r.gateway = s.Gateway; r.gateway != nil {
		return nil
	}
	setup := sms.Setup{Template: s.Template, Clock: r.clock, Cool: r.settings.RetryFirst}
	if s.Listen {
		setup.Handler = r
	}
	if s.Callback != "" {
		setup.Callback = s.Callback + SMSReceiptPath(r.SMSToken())
	}
	r.gateway, err = sms.Open(s.URL, setup)
	return err
}

// Gateway is how it goes with the gateway of text messages, as this process sees it.
func (r *Room) Gateway() sms.Health { return r.gateway.Health() }

// CheckGateway connects to the gateway, and fails with the fault delivery.sms.unreachable when it takes no messages.
func (r *Room) CheckGateway(ctx context.Context) error {
	err := r.gateway.Check(ctx)
	if err == nil || ctx.Err() != nil {
		return err
	}
	return fault.Unavailable("delivery.sms.unreachable", "Trouble", r.gateway.Health().Trouble).Because(err)
}

// Answerable tells whether who gets our text messages can write back.
func (r *Room) Answerable() bool { return r.sender.Answerable() }

// The purposes of what gateways are given: purposeCallback of the token in the addresses that they call.
const (
	purposeCallback  = "delivery.sms.callback"
	purposeReference = "delivery.sms.reference" // of a message, in the receipts of a gateway that speaks HTTP
)

// SMSToken proves that a callback comes from who was told its address. It changes with the town's secret only.
func (r *Room) SMSToken() string {
	return lowerBase32(r.sealer.Digest(purposeCallback, "")[:20])
}

// SMSReceiptPath and SMSInboundPath are where a gateway that speaks HTTP brings receipts and inbound messages.
func SMSReceiptPath(token string) string { return "/sms/" + token + "/receipt" }

// SMSInboundPath is where a gateway brings what people write to us.
func SMSInboundPath(token string) string { return "/sms/" + token + "/inbound" }

// SMSHooks reads the callbacks of a gateway that speaks HTTP, for who knows the token; the fault delivery.sms.hooks
// (NotFound) for anybody else, and when there is no such gateway.
func (r *Room) SMSHooks(token string) (sms.Hooks, error) {
	hooks, ok := r.gateway.(sms.Hooks)
	if !hmac.Equal([]byte(token), []byte(r.SMSToken())) || !ok {
		return nil, fault.NotFound("delivery.sms.hooks")
	}
	return hooks, nil
}

// reference names a message to a gateway that speaks HTTP, the same however often it is sent; nobody else can make one.
func (r *Room) reference(batch, person int64) string {
	return lowerBase32(r.sealer.Digest(purposeReference, fmt.Sprint(batch, "/", person))[:20])
}

// textsAtOnce is how many text messages may wait for the gateway's answer at a time; its own window may be smaller.
const textsAtOnce = 32

// sendTexts hands text messages to the gateway until the channel is closed or stop ends; those not taken stay in it. When
// cut ends, what is on its way is given up.
func (r *Room) sendTexts(stop, cut context.Context, jobs <-chan *message) {
	var senders sync.WaitGroup
	for range textsAtOnce {
		senders.Go(func() {
			for stop.Err() == nil {
				select {
				case m, ok := <-jobs:
					if !ok {
						return
					}
					m.sendText(cut)
				case <-stop.Done():
				}
			}
		})
	}
	senders.Wait()
}

// sendText hands the message over and tells what became of it.
func (m *message) sendText(ctx context.Context) {
	if !m.chunk.holds() || m.isDead() {
		m.Done(errNotOurs)
		return
	}
	m.begun = time.Now()
	var err error
	m.parts, err = m.handOver(ctx, m.chunk.batch, m.to, 0)
	m.Done(err)
}

// handOver gives the text of one person to the gateway; the network tries for so long, or as long as it likes.
func (r *Room) handOver(ctx context.Context, batch int64, to Recipient, valid time.Duration) (parts []string, err error) {
	if to.Text == "" {
		return nil, &unfitError{"a recipient without a text"}
	}
	return r.gateway.Send(ctx, sms.Message{
		To: to.number, From: r.sender, Text: to.Text, Reference: r.reference(batch, to.Person), Validity: valid,
	})
}
