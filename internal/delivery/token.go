package delivery

import (
	"bytes"
	"encoding/base32"
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"unoxuno/internal/delivery/email"
	"unoxuno/internal/fault"
)

// smallLetters encodes bytes in lower-case letters and digits: mail systems may change the case of addresses.
var smallLetters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// The purposes of the tokens in messages; a note's envelope has batch 0 and the note.
const (
	purposeEnvelope  = "delivery.envelope"
	purposeMessageID = "delivery.message-id"
)

// envelopeMark begins the local part of our envelope senders.
const envelopeMark = "b-"

// MessageID returns the Message-ID, without angle brackets, of the person's message in the batch. It is the same for
// every try, so that a repeat is recognisable, and reveals the person to nobody else.
func (r *Room) MessageID(batch, person int64) string {
	text := strconv.AppendInt(make([]byte, 0, len("/")+2*len("-9223372036854775808")), batch, 10)
	text = strconv.AppendInt(append(text, '/'), person, 10)
	return smallLetters.EncodeToString(r.sealer.Digest(purposeMessageID, string(text))) + "@" + r.settings.Domain
}

// envelope returns the envelope sender of the message: an address of ours that names it (VERP), so that a bounce,
// whatever it says, tells which message came back and to which address it went. digest is that address's.
func (r *Room) envelope(batch, person int64, digest []byte) email.Path {
	payload := binary.BigEndian.AppendUint64(make([]byte, 0, envelopeLen), uint64(batch))
	payload = binary.BigEndian.AppendUint64(payload, uint64(person))
	payload = append(payload, digest[:checkLen]...)
	token := r.sealer.SealRaw(purposeEnvelope, payload, time.Time{})
	// It cannot fail: the domain was parsed when the room was created.
	path, _ := email.ParsePath(envelopeMark + smallLetters.EncodeToString(token) + "@" + r.settings.BounceDomain)
	return path
}

// checkLen is how many octets of the address's digest an envelope has. With them a token has 38 octets, which are 61
// letters: with the mark the most that fits into the 64 octets of a local part (RFC 5321 §4.5.3.1.1).
const (
	checkLen    = 5
	envelopeLen = 8 + 8 + checkLen
)

// Envelope is the content of one of our envelope senders.
type Envelope struct {
	Batch  int64 // 0: a note
	Person int64 // for a note, its id

	check [checkLen]byte // the beginning of the digest of the address it was sent to
}

// OpenBounce reads the envelope address that a bounce came to; the fault delivery.bounce.forged if we did not make it.
func (r *Room) OpenBounce(recipient string) (Envelope, error) {
	forged := fault.Expired("delivery.bounce.forged")
	local, _, _ := strings.Cut(recipient, "@")
	coded, ok := strings.CutPrefix(strings.ToLower(local), envelopeMark)
	if !ok {
		return Envelope{}, forged
	}
	token, err := smallLetters.DecodeString(coded)
	if err != nil {
		return Envelope{}, forged
	}
	payload, err := r.sealer.OpenRaw(purposeEnvelope, token, r.clock.Now())
	if err != nil || len(payload) != envelopeLen {
		return Envelope{}, forged
	}
	return Envelope{
		Batch: int64(binary.BigEndian.Uint64(payload)), Person: int64(binary.BigEndian.Uint64(payload[8:])),
		check: [checkLen]byte(payload[16:]),
	}, nil
}

// WentTo tells whether the envelope was sent to that address.
func (r *Room) WentTo(e Envelope, address string) bool {
	return bytes.Equal(e.check[:], r.rawDigest(address)[:checkLen])
}
