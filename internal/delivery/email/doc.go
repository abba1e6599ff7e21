// Package email writes e-mail messages and hands them to relays by SMTP.
//
// Nouns: a Message is what is said to everybody; Compile turns it into a Template, whose body is quoted-printable
// already and whose header is folded already, so that Template.Append writes one person's message at little more than
// the cost of copying its bytes. A Path is an address that SMTP can carry. A Relay is the server that takes our mail, a
// Pool the connections to it, a Fleet several relays that share the work. A Job is one message that a stream of them
// carries. A Signer puts signatures (DKIM) before messages.
//
// # How messages go
//
// The client is our own, since no library for Go pipelines (RFC 2920). MAIL, RCPT and DATA are one write; the envelope of
// the next message goes out with the end of the one before, so a message costs one round trip and two system calls.
// Every reply is read and belongs to a command; the body follows only upon 354, and on each connection at most one
// message is out and unanswered. A relay that does not offer PIPELINING, or that is found out not to bear it, gets one
// command at a time (RelayOptions.LockStep makes it so for any).
//
//	write   … end of message 1 .⏎ MAIL 2⏎ RCPT 2⏎ DATA⏎
//	read    250 (of message 1) 250 250 354
//	write   message 2 .⏎ MAIL 3⏎ …
//
// Promises:
//   - Whatever stands in a name, a subject, an address or a value, it cannot add a header, a recipient or a command.
//   - Decoding a message that was filled gives exactly the text that was filled in.
//   - Every Job taken is done exactly once, with the answer that belongs to it.
//   - A failure is *Permanent (this address, for ever), *Later (this message, try again) or *Unreachable (the relay
//     itself, whoever the message is for). A connection that breaks after the body was sent is *Later: whether the
//     message arrived is unknown, and its Message-ID makes a repeat recognisable.
//   - *Permanent and *Later hold codes only: the text of a reply may quote an address.
//   - A password is never sent in the clear, but to this very machine.
//   - Whatever a relay says, and for however long, it takes bounded memory and bounded time.
//
// The package keeps nothing.
package email
