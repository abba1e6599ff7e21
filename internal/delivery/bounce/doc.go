// Package bounce reads mail that comes back after a sending: its kind, the addresses it is about, and why a message did
// not arrive.
//
// Nouns: a [Report] is the result for one mail. Its [Kind] is hard or soft (a message was not delivered), delayed (not
// yet, and the server still tries), complaint (somebody reported it as spam), auto (an automatic answer; nothing is
// wrong with the address) or none (a person's letter). A [Recipient] is an address in the mail, with a [Reason] from a
// small closed list. The [Original] is what the mail quotes of our message.
//
// Promises:
//   - Pure: no clock, no network, no database. The same bytes give the same report.
//   - Reading any mail ends soon: at most [MaxRead] bytes are examined, in time proportional to their number, and every
//     list has a limit (limits.go). Nothing panics, and no content of a mail causes an error.
//   - An automatic answer or a person's letter is never a bounce, even if it quotes one.
//   - A bounce is hard only if the address itself is at fault. A filter, a blocklist, a full mailbox or a network
//     problem is soft, whatever the code says: suppressing a citizen is the worse error.
//   - A delay is not a failure, in whatever words. A complaint about our sending rate does not count against a mailbox.
//
// How a bounce is read: first the machine-readable report (RFC 3464, 6533, and daticert.xml of Italian certified mail,
// whose envelope is opened first), then the texts that servers write in their own words. A reason is looked up in the
// words of the refusing server (phrases.go), then in its enhanced status code (RFC 3463 and the IANA registry), then in
// looser phrases, then in the SMTP reply code (RFC 5321) and the refused command. Words come first because codes are
// often written by a server in between, which only saw "550".
//
// No tables, no facts published: package delivery decides what a report changes.
// No tables, no facts published: the room delivery decides what a report changes.
package bounce
