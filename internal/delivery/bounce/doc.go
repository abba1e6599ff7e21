// Package bounce reads what comes back by mail after a sending: what kind of mail it is, whom it speaks of, and why a
// message did not arrive.
//
// Nouns: a [Report] is what one mail says. Its [Kind] is hard or soft (a message was not delivered), delayed (not yet, and
// the server still tries), complaint (somebody called it spam), auto (a machine answers, and nothing is wrong with the
// address) or none (a person writes).
// A [Recipient] is an address the mail speaks of, with a [Reason] from a small closed list. The [Original] is what
// the mail quotes of the message that we had sent.
//
// Promises:
//   - Pure: no clock, no network, no database. The same bytes give the same report.
//   - Whatever the mail, reading ends soon: at most [MaxRead] bytes are looked at, in time proportional to their
//     number, and every list has its limit (limits.go). Nothing panics, and nothing in a mail makes an error.
//   - An automatic answer and a person's letter are never a bounce, even when they quote one.
//   - An address is hard only where the address itself is at fault. What a filter, a list of bad senders, a full
//     mailbox or a network did is soft, whatever the digits say: suppressing a citizen is the graver error.
//   - A delay is no failure, in whatever words it is told. What is said of our pace is not said of a mailbox.
//
// How a bounce is understood: first the machine-readable report (RFC 3464, 6533, and daticert.xml of Italian certified
// mail, which lies in an envelope that is opened first), then the texts that servers made up
// by themselves. A reason is sought in the words of the server that refused (phrases.go), then in its enhanced status
// code (RFC 3463 and the IANA registry), then in looser words, then in the SMTP reply code (RFC 5321) and in the
// command that was refused. Words come first because codes are often filled in by a server in between, which saw
// nothing but "550".
//
// No tables, no facts published: the room delivery decides what a report changes.
package bounce
