// Package inbox is where mail comes in: bounces, complaints, unsubscriptions by mail, and what people write to addresses
// that are not for letters.
//
// Nouns: a [Listener] is a small server of SMTP or LMTP to which a relay brings the mail of the bounce domain; a
// [Maildir] is a folder into which some other program puts it. Both hand each mail to a [Taker].
//
// Promises:
//   - A mail is answered for, or put away, only after the Taker has done what it asks for; when the Taker is in trouble the
//     mail stays with the relay (451), or in the folder, and comes again.
//   - Mail for an address that the Taker does not expect is refused before it is read. What a person wrote is refused in
//     words that reach her, or kept in the folder: it is never swallowed.
//   - Connections, sizes, lines and waits are bounded (limits.go). Several nodes may listen, and watch one folder.
//
// No tables.
package inbox

import (
	"context"
	"io"
)

// Taker takes what comes in. Its faults of the kinds Unavailable, TooMany and Internal, and errors that are no faults,
// say "later"; all others "never", with their sentence.
type Taker interface {
	// Expects fails when no mail is taken for the address.
	Expects(recipient string) error
	// Take does what a mail asks for. The mail is as a mail system delivers it: its envelope sender stands in its first
	// Return-Path field (RFC 5321 §4.4). The same mail may come again.
	Take(ctx context.Context, recipient string, mail io.Reader) error
}
