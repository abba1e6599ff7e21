// Package inbox receives mail: bounces, complaints, unsubscriptions by mail, and what people write to addresses that
// are not for letters.
//
// Nouns: a [Listener] is a small SMTP or LMTP server to which a relay delivers the mail of the bounce domain. A
// [Maildir] is a folder into which another program delivers it. Both pass each mail to a [Taker].
//
// Promises:
//   - A mail is acknowledged, or put away, only after the Taker has processed it. If the Taker fails temporarily, the
//     mail stays with the relay (451) or in the folder and comes again.
//   - Mail for an address that the Taker does not expect is refused before it is read. A person's letter is refused
//     with a sentence that reaches her, or kept in the folder; it is never lost.
//   - Connections, sizes, lines and waits are limited (limits.go). Several nodes may listen, and watch one folder.
//
// No tables.
package inbox

import (
	"context"
	"io"
)

// Taker processes incoming mail. Its faults of the kinds Unavailable, TooMany and Internal, and errors that are not
// faults, are temporary; all others are permanent, and their sentence is the reply.
type Taker interface {
	// Expects fails if no mail is accepted for the address.
	Expects(recipient string) error
	// Take processes a mail in the form of a mailbox file: its envelope sender is in its first Return-Path field
	// (RFC 5321 §4.4). The same mail may come again.
	Take(ctx context.Context, recipient string, mail io.Reader) error
}
