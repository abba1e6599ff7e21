package delivery

import (
	"errors"
	"time"

	"unoxuno/internal/delivery/email"
	"unoxuno/internal/delivery/sms"
)

// The channels.
const (
	Email = "email"
	SMS   = "sms" // text messages
)

// Channels returns all channels.
func Channels() []string { return []string{Email, SMS} }

// channel is what the worker needs of a channel, besides sending: what to do while it accepts nothing, and whether an
// address can be reached on it.
type channel interface {
	// retryAt returns until when the channel is not used after failures; zero or a past time if it is used.
	retryAt() time.Time
	// retry ends that pause.
	retry()
	// down returns the reason for deferring messages during the pause.
	down() email.Reason
	// accepts parses the recipient's address. It returns why nothing can be sent there; "" if something can.
	accepts(to *Recipient) email.Reason
}

// way returns the channel of that name, which the batch was checked to have, with the relays of the account.
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

// isDown tells whether an error concerns the channel itself and not the message.
func isDown(err error) bool {
	var relay *email.Unreachable
	var gateway *sms.Unreachable
	return errors.As(err, &relay) || errors.As(err, &gateway)
}

// refusal is why a channel did not accept a message. Reasons that mean the same have the same text on all channels.
type refusal struct {
	reason  email.Reason
	code    int
	forever bool
	gone    bool // the address does not exist: an immediate hard bounce
}

// refusalOf returns the refusal inside err. ok is false if err is not a refusal.
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
