// Package smpp speaks SMPP 3.4, the protocol of short message centres, as a client. It knows nothing of alphabets: texts
// are octets here. References "§" are to the "Short Message Peer to Peer Protocol Specification v3.4" of 12 October 1999.
//
// Nouns: a PDU is one request or response; a Session is a bound connection. A session has a window: so many requests may
// wait for their response at once, matched by sequence number, in any order. Both sides may ask with enquire_link whether
// the other is alive. A Deliver is what the centre brings: a message that somebody wrote, or a Receipt for one of ours.
//
// Promises:
//   - Nothing that a peer sends makes the program panic, or take more memory than a PDU of MaxPDU octets and the queue of
//     what it brings; every length is checked. What cannot be a PDU ends the session with *ProtocolError; a request that
//     cannot be read is answered with an error, so that a centre which insists on it does not keep us out for ever.
//   - A request whose response did not come is told so (ErrUnanswered), and one that was never written, too (ErrNotSent).
//   - What the centre brings is acknowledged after the caller has taken it, and not if the caller could not.
//   - Errors never hold a password, a number or a text.
package smpp
