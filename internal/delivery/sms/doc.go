// Package sms writes text messages, hands them to the gateway that carries them, and reads what comes back.
//
// Nouns: a Number is a telephone that can be written to, a Sender the name or number it sees. A text travels in one of
// two alphabets (an [Encoding]): GSM 03.38, of which a message holds 160 characters, or UCS-2, of which it holds 70; a
// longer text travels in [Part]s, each charged as a message. [Transliterate] writes a text with what GSM 03.38 has, and
// [Look] tells an editor beforehand what will be sent, in how many parts, at what price. A [Gateway] takes messages
// over: SMPP 3.4 (package smpp speaks it), Kannel's sendsms, or the HTTP interface of any provider, described by a
// [Template]. [Open] makes one from the text of the configuration. What comes back is a [Receipt] or an [Inbound]
// message, whose first word [ReadCommand] understands.
//
// Promises:
//   - Decoding what was encoded gives the text; parts joined give the whole; no part cuts a character, an escape
//     sequence or a surrogate pair in two.
//   - A text is only ever transliterated whole: if anything in it must travel as UCS-2, nothing is changed.
//   - A failure is *Permanent (this number, for ever), *Later (this message, try again) or *Unreachable (the gateway
//     itself, whoever the message is for). A connection that breaks before the answer came is *Later: whether the
//     message arrived is unknown.
//   - Whatever stands in a text, a sender or a reference cannot add a parameter to a request.
//   - *Permanent, *Later and Health never quote a number, a text, a password or a token.
//   - A receipt or an inbound message is acknowledged only after the caller has taken it; what is sent in garbage ends a
//     connection and not the program. The parts of a long inbound message are held in memory, bounded, until all have
//     come or too much time has passed, and are then handed over as they are.
//
// The package keeps nothing.
package sms
