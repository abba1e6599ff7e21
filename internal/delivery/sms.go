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

// SMSSettings configure the sending of text messages.
type SMSSettings struct {
	URL      string       // gateway, as sms.Open reads it; "" means none: everything is deferred
	Sender   string       // the sender that telephones show, as sms.ParseSender reads it; "" leaves it to the gateway
	Template sms.Template // of a provider's HTTP interface
	Callback string       // the public URL where the gateway reaches this site, without a final slash
	Listen   bool         // accept receipts and inbound messages: for a process that runs long enough to store them
	Gateway  sms.Gateway  // instead of URL: for the demonstration and for tests
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

// Gateway returns the state of the SMS gateway, as this process sees it.
func (r *Room) Gateway() sms.Health { return r.gateway.Health() }

// CheckGateway connects to the gateway; the fault delivery.sms.unreachable if it accepts no messages.
func (r *Room) CheckGateway(ctx context.Context) error {
	err := r.gateway.Check(ctx)
	if err == nil || ctx.Err() != nil {
		return err
	}
	return fault.Unavailable("delivery.sms.unreachable", "Trouble", r.gateway.Health().Trouble).Because(err)
}

// Answerable tells whether recipients of our text messages can reply.
func (r *Room) Answerable() bool { return r.sender.Answerable() }

// The purposes of the tokens that gateways get: purposeCallback is for the URLs that they call.
const (
	purposeCallback  = "delivery.sms.callback"
	purposeReference = "delivery.sms.reference" // of a message, in the receipts of a gateway that speaks HTTP
)

// SMSToken returns the token that authenticates callbacks. It changes only with the town's secret.
func (r *Room) SMSToken() string {
	return smallLetters.EncodeToString(r.sealer.Digest(purposeCallback, "")[:20])
}

// SMSReceiptPath and SMSInboundPath are the paths where an HTTP gateway delivers receipts and inbound messages.
func SMSReceiptPath(token string) string { return "/sms/" + token + "/receipt" }

// SMSInboundPath is the path where a gateway delivers what people write to us.
func SMSInboundPath(token string) string { return "/sms/" + token + "/inbound" }

// SMSHooks returns the callbacks of an HTTP gateway to a caller with the token; the fault delivery.sms.hooks (NotFound)
// to any other, and if there is no such gateway.
func (r *Room) SMSHooks(token string) (sms.Hooks, error) {
	hooks, ok := r.gateway.(sms.Hooks)
	if !hmac.Equal([]byte(token), []byte(r.SMSToken())) || !ok {
		return nil, fault.NotFound("delivery.sms.hooks")
	}
	return hooks, nil
}

// reference names a message to an HTTP gateway: always the same for a message, and nobody else can make one.
func (r *Room) reference(batch, person int64) string {
	return smallLetters.EncodeToString(r.sealer.Digest(purposeReference, fmt.Sprint(batch, "/", person))[:20])
}

// textsAtOnce is how many text messages may wait for the gateway's answer; its own window may be smaller.
const textsAtOnce = 32

// sendTexts gives text messages to the gateway until the channel is closed or stop ends; the rest stays in the channel.
// When cut ends, messages in flight are abandoned.
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

// sendText sends the message and records the outcome.
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

// handOver gives one person's text to the gateway. The network tries for valid, or as long as it likes if that is 0.
func (r *Room) handOver(ctx context.Context, batch int64, to Recipient, valid time.Duration) (parts []string, err error) {
	if to.Text == "" {
		return nil, &unfitError{"a recipient without a text"}
	}
	return r.gateway.Send(ctx, sms.Message{
		To: to.number, From: r.sender, Text: to.Text, Reference: r.reference(batch, to.Person), Validity: valid,
	})
}
