package bounce

import (
	"io"
	"strings"
)

// Kind is what sort of mail came back.
type Kind string

// The six kinds. The kind of a bounce is the gravest among its recipients: hard, soft, delayed.
const (
	Hard      Kind = "hard"      // the address will not work tomorrow either
	Soft      Kind = "soft"      // not delivered; the address may be good
	Delayed   Kind = "delayed"   // not delivered yet: the server still tries, and nothing has failed
	Complaint Kind = "complaint" // the recipient told her provider that it was spam (RFC 5965)
	Auto      Kind = "auto"      // a machine's answer or receipt (RFC 3834, RFC 8098): no failure
	None      Kind = "none"      // anything else: a person writes
)

// Reason says why, in one of the words below.
type Reason string

// The reasons. The first four are faults of the address: they make a bounce hard unless the server calls its refusal
// temporary.
const (
	UnknownAddress Reason = "unknown-address" // no such mailbox
	UnknownDomain  Reason = "unknown-domain"  // no such domain
	Moved          Reason = "moved"           // the address has another owner, or is elsewhere
	NoMail         Reason = "no-mail"         // the domain takes no mail at all (RFC 7504, RFC 7505)

	MailboxFull  Reason = "mailbox-full"
	Suspended    Reason = "suspended" // disabled, locked, not used for long
	TooLarge     Reason = "too-large"
	Filtered     Reason = "filtered"  // refused by a filter of the recipient's, after the address had been accepted
	Spam         Reason = "spam"      // the content was taken for spam
	Virus        Reason = "virus"     // the content was taken for malware
	Blocked      Reason = "blocked"   // the sending server is on a list, or has no name
	Sender       Reason = "sender"    // the sender's address was refused
	Policy       Reason = "policy"    // authentication, DMARC, rules of the house
	Relaying     Reason = "relaying"  // the server does not serve that domain
	Busy         Reason = "busy"      // we are to come slower or later: rate limits, greylisting, too many connections
	Network      Reason = "network"   // no connection, loops, name servers
	Expired      Reason = "expired"   // tried long enough, or still trying
	System       Reason = "system"    // the receiving system is ill
	Content      Reason = "content"   // the message's form
	Protocol     Reason = "protocol"  // misunderstandings in SMTP
	Undetermined Reason = ""          // nothing recognised
	Abuse        Reason = "abuse"     // of a complaint
	Answer       Reason = "automatic" // of an automatic answer
)

// hard tells whether the reason is a fault of the address.
func (r Reason) hard() bool {
	return r == UnknownAddress || r == UnknownDomain || r == Moved || r == NoMail
}

// OfMailbox tells whether a soft bounce speaks of the mailbox. What speaks of our server, of the message or of the
// moment is never held against an address: one list of bad senders would silence half the town.
func (r Reason) OfMailbox() bool {
	switch r {
	case MailboxFull, Suspended, Expired, Undetermined:
		return true
	}
	return false
}

// Recipient is one address that a report speaks of.
type Recipient struct {
	Address  string // as the reporting server writes it: where the message ended, perhaps after forwarding
	Original string // as the sender had written it, where the report says so and it differs; else ""
	Kind     Kind   // Hard, Soft, Delayed, Complaint or Auto
	Status   string // enhanced status code (RFC 3463), as in "5.1.1"; "" when none was found
	Reason   Reason
}

// Original is what the report quotes of the message it is about. Every field may be empty. A mail can be forged, and
// so can these: what they name counts only when it carries a token of ours.
type Original struct {
	MessageID       string // without the angle brackets
	EnvelopeID      string // the ENVID of RFC 3461
	ReturnPath      string // the envelope sender, which may carry our token
	To              string // the address in the first To field
	ListUnsubscribe string // the field as it stands, unfolded: it may carry our token where addresses are redacted
	FeedbackID      string
}

// Report is what one mail says.
type Report struct {
	Kind       Kind
	Recipients []Recipient // in the order of the mail; of an Auto report, who answers; of a None, nobody
	Original   Original
	// Unsubscribe: the mail asks to be taken off a list, as mail programs write for the mailto of List-Unsubscribe
	// (RFC 2369): by its subject, by its first line, or by an address for nothing else. Only of Auto and None.
	Unsubscribe bool
	// Leave is the token of an unsubscription by the mailto of our own List-Unsubscribe, "" where there is none. Only of
	// Auto and None.
	Leave string
	// From is the address in the From field, lower case: who asks, where Unsubscribe is set. It proves nothing.
	From string
	// Truncated: the mail was longer than MaxRead.
	Truncated bool
}

// Parse reads one mail as it lies in a mailbox: with a Return-Path field that holds its envelope sender (RFC 5321 §4.4).
// A program that takes a mail over SMTP puts that field on top, as package inbox does. An empty one is a sign. The only
// errors are r's own; any bytes at all make a report. This is the one judgement of a mail: the listener, the watcher of a
// Maildir and `unoxuno bounce explain` all ask it, with the same bytes.
func Parse(r io.Reader) (Report, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxRead+1))
	if err != nil {
		return Report{Kind: None}, err
	}
	truncated := len(raw) > MaxRead
	report := parse(raw[:min(len(raw), MaxRead)], 0)
	report.Truncated = truncated
	return report, nil
}

// parse reads a mail, or one that a bounce quotes as text: then depth is 1.
func parse(raw []byte, depth int) Report {
	m := readMail(raw, depth)
	if carried := m.carried(); carried != nil && depth == 0 {
		return parse(carried, 1)
	}
	report := Report{Kind: None, From: strings.ToLower(m.from)}
	for _, read := range []func(*mail) (Kind, []Recipient){feedback, certified, deliveryStatus, receipt, notification, homemade} {
		if report.Kind, report.Recipients = read(m); report.Kind != None {
			break
		}
	}
	report.Original = m.original
	if report.Kind == None && m.automatic() {
		report.Kind, report.Recipients = Auto, people([]string{m.from}, Auto, Answer)
	}
	if report.Kind == None || report.Kind == Auto {
		report.Unsubscribe, report.Leave = m.unsubscribes(report.Kind), m.leaveToken()
	}
	return report
}

// people makes recipients that have nothing but an address.
func people(addresses []string, kind Kind, reason Reason) []Recipient {
	var all []Recipient
	for _, address := range distinct(addresses) {
		all = append(all, Recipient{Address: address, Kind: kind, Reason: reason})
	}
	return all
}

// gravity orders the kinds of a bounce. Those that are none have 0.
func (k Kind) gravity() int {
	switch k {
	case Hard:
		return 3
	case Soft:
		return 2
	case Delayed:
		return 1
	}
	return 0
}

// Graver tells whether k is graver than other: hard before soft before delayed before all that is no bounce.
func (k Kind) Graver(other Kind) bool { return k.gravity() > other.gravity() }

// overall is the kind of a bounce that names these recipients: the gravest of theirs.
func overall(all []Recipient) Kind {
	kind := None
	for _, r := range all {
		if r.Kind.Graver(kind) {
			kind = r.Kind
		}
	}
	return kind
}
