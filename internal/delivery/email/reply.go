package email

import "fmt"

// Reason is a category of failure that statistics count; its words have the key "delivery.reason." and the Reason.
type Reason string

// The reasons there are.
const (
	MailboxUnknown   Reason = "mailbox_unknown"   // no such mailbox or domain, or it is closed
	MailboxFull      Reason = "mailbox_full"      // over its quota
	Blocked          Reason = "blocked"           // policy: spam filter, blocklist, not authorised
	Temporary        Reason = "temporary"         // the receiver asks to come back (greylisting, busy)
	ConnectionLost   Reason = "connection_lost"   // it broke half-way: whether the message arrived is unknown
	AddressMalformed Reason = "address_malformed" // SMTP cannot carry the address
	RelayUnreachable Reason = "relay_unreachable" // our own relay does not take mail
	Expired          Reason = "expired"           // put off for days, given up
	Other            Reason = "other"
)

// Permanent says that the message will never reach this address.
type Permanent struct {
	Code     int    // SMTP reply code; 0 when no server was asked
	Enhanced string // enhanced status code of RFC 3463, as in "5.1.1"; may be empty
	Reason   Reason
}

// Gone tells whether the server says, beyond doubt, that there is no such mailbox, or no mail for its domain (RFC 3463
// §3.2, RFC 7505). A bare 550 does not: many say that to whom they would not relay for, or do not like.
func (e *Permanent) Gone() bool {
	switch e.Enhanced {
	case "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10":
		return true
	}
	return false
}

func (e *Permanent) Error() string { return describe("refused", e.Code, e.Enhanced, e.Reason) }

// Later says that the message was not taken this time, or that nobody knows.
type Later struct {
	Code     int // 0 when the connection was lost
	Enhanced string
	Reason   Reason
	cause    error // why the connection was lost: a *ProtocolError, or an error of the network
}

func (e *Later) Error() string { return describe("put off", e.Code, e.Enhanced, e.Reason) }

// Unwrap is why the connection was lost, a [ProtocolError] where the relay is to blame.
func (e *Later) Unwrap() error { return e.cause }

// Unreachable says that the relay takes no mail now, whoever it is for.
type Unreachable struct {
	Trouble string // for the operator: what went wrong, in technical words
}

func (e *Unreachable) Error() string { return "relay unreachable: " + e.Trouble }

func describe(verb string, code int, enhanced string, reason Reason) string {
	if code == 0 {
		return fmt.Sprintf("%s (%s)", verb, reason)
	}
	return fmt.Sprintf("%s: %d %s (%s)", verb, code, enhanced, reason)
}

// stage is the command that a reply answers.
type stage int

const (
	stageMail stage = iota
	stageRcpt
	stageData
)

// verdict turns a refusal into a failure of ours.
func verdict(r reply, at stage) error {
	later := &Later{Code: r.code, Enhanced: r.enhanced.String(), Reason: reasonOf(r, at)}
	switch {
	case r.code == 530 || r.code == 535 || r.code == 538:
		// RFC 4954 §6: the relay wants us to authenticate; no message will pass until an operator sees to it.
		return &Unreachable{Trouble: fmt.Sprintf("the relay refuses our credentials or wants some (%d)", r.code)}
	case r.code < 500:
		return later
	case r.code == 500 || r.code == 502 || r.code == 503:
		// It did not understand us or was not ready for the command (RFC 5321 §4.2.4): that says nothing of the address.
		later.Reason = Other
		return later
	case at == stageMail && r.code != 552:
		// A refused MAIL speaks of our sender, not of the address: an operator may mend it. 552 speaks of the size that
		// MAIL declares (RFC 1870 §6.1).
		later.Reason = Blocked
		return later
	}
	return &Permanent{Code: r.code, Enhanced: later.Enhanced, Reason: later.Reason}
}

// reasonOf reads the enhanced status code (RFC 3463 §3), and where there is none the reply code (RFC 5321 §4.2.3).
func reasonOf(r reply, at stage) Reason {
	permanent := r.isClass(5)
	if e := r.enhanced; e[0] > 0 {
		switch subject, detail := e[1], e[2]; {
		case subject == 7:
			return Blocked
		case subject == 2 && detail == 2:
			return MailboxFull
		case permanent && (subject == 1 && detail != 7 && detail != 8 || subject == 2 && detail <= 1):
			return MailboxUnknown // 5.1.7 and 5.1.8 speak of the sender
		case !permanent:
			return Temporary
		}
		return Other
	}
	switch r.code {
	case 452, 552:
		if at != stageMail {
			return MailboxFull
		}
	case 550, 551, 553:
		if at == stageRcpt {
			return MailboxUnknown
		}
		return Blocked
	case 554:
		return Blocked
	}
	if permanent {
		return Other
	}
	return Temporary
}
