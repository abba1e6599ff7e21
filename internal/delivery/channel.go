package delivery

import (
	"errors"
	"time"

	"unoxuno/internal/delivery/email"
	"unoxuno/internal/delivery/sms"
)

// The channels there are.
const (
	Email = "email"
	SMS   = "sms" // text messages
)

// Channels are all channels.
func Channels() []string { return []string{Email, SMS} }

// channel is what the worker needs to know of a way out of the house, beside how messages are handed over: what to do
// while nobody takes them there, and whether an address is one that it can reach.
type channel interface {
	// retryAt is until when it is left alone after vain tries; the past, or zero, when it is not.
	retryAt() time.Time
	// retry ends that rest.
	retry()
	// down is why messages are put off while it is left alone.
	down() email.Reason
	// accepts reads the recipient's address, or says why nothing can be sent there; "" is nothing wrong.
	accepts(to *Recipient) email.Reason
}

// way is the channel of that name, which the batch was checked to have, as an account goes it.
func (r *Room) way(name, account string) channel {
	if name == SMS {
		return texts{r.gateway}
	}
	return mails{r.routes.of(account)}
}

// mails is the channel of e-mail.
type mails struct{ relays *email.Fleet }

func (c mails) retryAt() time.Time { return c.relays.Health().RetryAt }
func (c mails) retry()             { c.relays.Retry() }
func (mails) down() email.Reason   { return email.RelayUnreachable }

func (mails) accepts(to *Recipient) email.Reason {
	var err error
	if to.path, err = email.ParsePath(to.Address); err != nil {
		return email.AddressMalformed
	}
	return ""
}

// texts is the channel of text messages.
type texts struct{ gateway sms.Gateway }

func (c texts) retryAt() time.Time { return c.gateway.Health().RetryAt }
func (c texts) retry()             { c.gateway.Retry() }
func (texts) down() email.Reason   { return email.Reason(sms.GatewayUnreachable) }

func (texts) accepts(to *Recipient) email.Reason {
	var err error
	if to.number, err = sms.ParseNumber(to.Address); err != nil {
		return email.Reason(sms.NumberMalformed)
	}
	return ""
}

// isDown tells whether an answer speaks of the channel itself rather than of the message.
func isDown(err error) bool {
	var relay *email.Unreachable
	var gateway *sms.Unreachable
	return errors.As(err, &relay) || errors.As(err, &gateway)
}

// refusal is what a channel said of a message that it did not take. Reasons that mean the same have the same text on all
// channels.
type refusal struct {
	reason  email.Reason
	code    int
	forever bool
	gone    bool // nobody has the address: a hard bounce that came at once
}

// refusalOf is the refusal that an error of a channel tells of; ok is false for what is none.
func refusalOf(err error) (_ refusal, ok bool) {
	var never *email.Permanent
	var later *email.Later
	var neverText *sms.Permanent
	var laterText *sms.Later
	switch {
	case errors.As(err, &never):
		return refusal{never.Reason, never.Code, true, never.Gone()}, true
	case errors.As(err, &later):
		return refusal{reason: later.Reason, code: later.Code}, true
	case errors.As(err, &neverText):
		return refusal{email.Reason(neverText.Reason), neverText.Code, true, neverText.Reason == sms.NumberUnknown}, true
	case errors.As(err, &laterText):
		return refusal{reason: email.Reason(laterText.Reason), code: laterText.Code}, true
	}
	return refusal{}, false
}
