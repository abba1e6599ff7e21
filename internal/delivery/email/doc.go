// Package email writes e-mail messages and hands them to a relay by SMTP.
//
// Nouns: a Message is what is said to everybody; Compile turns it into a Template, whose body is quoted-printable
// already and whose header is folded already, so that Template.Append writes one person's message at little more than
// the cost of copying its bytes. A Path is an address that SMTP can carry. A Relay is the server that takes our mail, a
// Conn one connection to it, a Pool a few of them that are reused.
//
// Promises:
//   - Whatever stands in a name, a subject, an address or a value, it cannot add a header, a recipient or a command.
//   - Decoding a message that was filled gives exactly the text that was filled in.
//   - A failure is *Permanent (this address, for ever), *Later (this message, try again) or *Unreachable (the relay
//     itself, whoever the message is for). A connection that breaks after the body was sent is *Later: whether the
//     message arrived is unknown, and its Message-ID makes a repeat recognisable.
//   - *Permanent and *Later hold codes only: the text of a reply may quote an address.
//
// The package keeps nothing.
package email
