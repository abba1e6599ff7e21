package bounce

import (
	"io"
	"strings"
)

// Kind is the kind of a returned mail.
type Kind string

// The kinds. The kind of a bounce is the most severe among its recipients: hard, soft, delayed.
const (
	Hard      Kind = "hard"      // the address will not work later either
	Soft      Kind = "soft"      // not delivered; the address may be valid
	Delayed   Kind = "delayed"   // not delivered yet: the server still tries
	Complaint Kind = "complaint" // the recipient reported it as spam (RFC 5965)
	Auto      Kind = "auto"      // an automatic answer or receipt (RFC 3834, RFC 8098)
	None      Kind = "none"      // anything else: a person's letter
)

// Reason is why a message was returned.
type Reason string

// The reasons. The first four are faults of the address: they make a bounce hard unless the server called its refusal
// temporary.
const (
	UnknownAddress Reason = "unknown-address" // no such mailbox
	UnknownDomain  Reason = "unknown-domain"  // no such domain
	Moved          Reason = "moved"           // the address has another owner, or has changed
	NoMail         Reason = "no-mail"         // the domain accepts no mail at all (RFC 7504, RFC 7505)

	MailboxFull  Reason = "mailbox-full"
	Suspended    Reason = "suspended" // disabled, locked, or unused for long
	TooLarge     Reason = "too-large"
	Filtered     Reason = "filtered"  // refused by a filter of the recipient, after the address was accepted
	Spam         Reason = "spam"      // the content was classified as spam
	Virus        Reason = "virus"     // the content was classified as malware
	Blocked      Reason = "blocked"   // the sending server is on a blocklist, or has no name
	Sender       Reason = "sender"    // our sender address was refused
	Policy       Reason = "policy"    // authentication, DMARC, local rules
	Relaying     Reason = "relaying"  // the server does not serve that domain
	Busy         Reason = "busy"      // asked to send slower or later: rate limits, greylisting, too many connections
	Network      Reason = "network"   // no connection, loops, name servers
	Expired      Reason = "expired"   // tried for long enough, or still being tried
	System       Reason = "system"    // a fault of the receiving system
	Content      Reason = "content"   // the form of the message
	Protocol     Reason = "protocol"  // a misunderstanding in SMTP
	Undetermined Reason = ""          // nothing recognised
	Abuse        Reason = "abuse"     // of a complaint
	Answer       Reason = "automatic" // of an automatic answer
)

// hard tells whether the reason is a fault of the address.
func (r Reason) hard() bool {
	return r == UnknownAddress || r == UnknownDomain || r == Moved || r == NoMail
}

// OfMailbox tells whether a soft bounce is about the mailbox. A bounce about our server, the message or the moment
// never counts against an address: otherwise one blocklist could suppress half the town.
func (r Reason) OfMailbox() bool {
	switch r {
	case MailboxFull, Suspended, Expired, Undetermined:
		return true
	}
	return false
}

// Recipient is one address in a report.
type Recipient struct {
	Address  string // as the reporting server writes it, perhaps after forwarding
	Original string // as the sender wrote it, if the report says so and it differs; otherwise ""
	Kind     Kind   // Hard, Soft, Delayed, Complaint or Auto
	Status   string // enhanced status code (RFC 3463), such as "5.1.1"; "" if none was found
	Reason   Reason
}

// Original is what the report quotes of the message it is about. Every field may be empty. A mail can be forged, and so
// can these: what they name counts only with a token of ours.
type Original struct {
	MessageID       string // without the angle brackets
	EnvelopeID      string // the ENVID of RFC 3461
	ReturnPath      string // the envelope sender, which may carry our token
	To              string // the address in the first To field
	ListUnsubscribe string // unfolded: it may contain our token when addresses are redacted
	FeedbackID      string
}

// Report is the result for one mail.
type Report struct {
	Kind       Kind
	Recipients []Recipient // in the order of the mail; for Auto the one who answers; for None nobody
	Original   Original
	// Unsubscribe: the mail asks for unsubscription, as mail programs write for the mailto of List-Unsubscribe (RFC
	// 2369): by its subject, by its first line, or by an address for that purpose. Only for Auto and None.
	Unsubscribe bool
	// Leave is the token of an unsubscription by the mailto of our own List-Unsubscribe, "" if there is none. Only for
	// Auto and None.
	Leave string
	// From is the address in the From field, in lower case: who asks, if Unsubscribe is set. It can be forged.
	From string
	// Truncated: the mail was longer than MaxRead.
	Truncated bool
}

// Parse reads one mail in the form of a mailbox file: with a Return-Path field that contains its envelope sender (RFC
// 5321 §4.4). A program that receives a mail over SMTP puts that field at the top, as package inbox does; an empty
// sender is a sign of a notification. The only errors are r's own; any bytes produce a report. The listener, the
// Maildir watcher and `unoxuno bounce explain` all call Parse with the same bytes.
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

// parse reads a mail, or with depth 1 one that a bounce quotes as text.
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

// people returns recipients that have only an address.
func people(addresses []string, kind Kind, reason Reason) []Recipient {
	var all []Recipient
	for _, address := range distinct(addresses) {
		all = append(all, Recipient{Address: address, Kind: kind, Reason: reason})
	}
	return all
}

// gravity orders the kinds of a bounce. Other kinds have 0.
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

// Graver tells whether k is more severe than other: hard, soft, delayed, then everything that is no bounce.
func (k Kind) Graver(other Kind) bool { return k.gravity() > other.gravity() }

// overall returns the kind of a bounce with these recipients: the most severe of theirs.
func overall(all []Recipient) Kind {
	kind := None
	for _, r := range all {
		if r.Kind.Graver(kind) {
			kind = r.Kind
		}
	}
	return kind
}
