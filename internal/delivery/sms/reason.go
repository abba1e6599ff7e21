package sms

import "fmt"

// Reason is a category of failure that statistics count. Those that mean the same have the same text as the reasons of
// e-mail; all have their words under the key "delivery.reason." and the Reason.
type Reason string

// The reasons there are.
const (
	NumberUnknown      Reason = "number_unknown"      // nobody has this number, or it takes no messages
	NumberMalformed    Reason = "number_malformed"    // the gateway cannot write to a number like this
	PhoneOff           Reason = "phone_off"           // it was not reached in the time that the network tries
	SenderRefused      Reason = "sender_refused"      // the gateway does not let us use this sender
	TextRefused        Reason = "text_refused"        // too long for the gateway, or not writable
	Blocked            Reason = "blocked"             // by the network, or by a rule of the gateway
	Temporary          Reason = "temporary"           // the gateway asks to come back
	ConnectionLost     Reason = "connection_lost"     // no answer came: whether the message arrived is unknown
	GatewayUnreachable Reason = "gateway_unreachable" // our own gateway takes no messages
	Expired            Reason = "expired"             // put off for days, given up
	Other              Reason = "other"
)

// Reasons are all of them.
func Reasons() []Reason {
	return []Reason{
		NumberUnknown, NumberMalformed, PhoneOff, SenderRefused, TextRefused, Blocked, Temporary, ConnectionLost,
		GatewayUnreachable, Expired, Other,
	}
}

// Permanent says that the message will never reach this number.
type Permanent struct {
	Code   int // SMPP's command_status or HTTP's status; 0 when no gateway was asked
	Reason Reason
}

func (e *Permanent) Error() string { return describe("refused", e.Code, e.Reason) }

// Later says that the message was not taken this time, or that nobody knows.
type Later struct {
	Code   int // as of Permanent; 0 when the connection was lost
	Reason Reason
}

func (e *Later) Error() string { return describe("put off", e.Code, e.Reason) }

// Unreachable says that the gateway takes no messages now, whoever they are for.
type Unreachable struct {
	Trouble string // for the operator: what went wrong, in technical words
}

func (e *Unreachable) Error() string { return "gateway unreachable: " + e.Trouble }

func describe(verb string, code int, reason Reason) string {
	if code == 0 {
		return fmt.Sprintf("%s (%s)", verb, reason)
	}
	return fmt.Sprintf("%s: %d (%s)", verb, code, reason)
}
