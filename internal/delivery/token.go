package delivery

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"unoxuno/internal/delivery/email"
	"unoxuno/internal/fault"
)

// lowerBase32 writes bytes in small letters and digits: mail systems may change the case of what they carry.
func lowerBase32(b []byte) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}

// Purposes of the tokens that messages carry; a note's envelope carries batch 0 and the note.
const (
	purposeEnvelope  = "delivery.envelope"
	purposeMessageID = "delivery.message-id"
)

// envelopeMark begins the local part of our envelope senders.
const envelopeMark = "b-"

// MessageID is the Message-ID, without angle brackets, of the person's message in the batch: the same however often it
// is sent, so that a repeat is recognisable; nobody else can tell the person from it.
func (r *Room) MessageID(batch, person int64) string {
	return lowerBase32(r.sealer.Digest(purposeMessageID, fmt.Sprint(batch, "/", person))) + "@" + r.settings.Domain
}

// envelope is the envelope sender of the message: an address of ours that names it (VERP), so that a bounce, whatever
// it says, tells which message came back, and of which address it was.
func (r *Room) envelope(batch, person int64, to email.Path) email.Path {
	payload := binary.BigEndian.AppendUint64(make([]byte, 0, envelopeLen), uint64(batch))
	payload = binary.BigEndian.AppendUint64(payload, uint64(person))
	payload = append(payload, r.rawDigest(to.String())[:checkLen]...)
	// Neither can fail: the text is the sealer's own, and the domain was read when the room was made.
	token, _ := base64.RawURLEncoding.DecodeString(r.sealer.Seal(purposeEnvelope, payload, time.Time{}))
	path, _ := email.ParsePath(envelopeMark + lowerBase32(token) + "@" + r.settings.BounceDomain)
	return path
}

// checkLen is how many octets of its digest an envelope says of the address it was sent to. With them a token has 38
// octets, which are 61 letters: with the mark the most that the 64 of a local part hold (RFC 5321 §4.5.3.1.1).
const (
	checkLen    = 5
	envelopeLen = 8 + 8 + checkLen
)

// Envelope is what an envelope sender of ours names.
type Envelope struct {
	Batch  int64 // 0: a note
	Person int64 // or the note

	check [checkLen]byte // begins the digest of the address it was sent to
}

// OpenBounce reads the envelope address that a bounce came to. It fails with the fault delivery.bounce.forged for an
// address that is not of our making.
func (r *Room) OpenBounce(recipient string) (Envelope, error) {
	forged := fault.Expired("delivery.bounce.forged")
	local, _, _ := strings.Cut(recipient, "@")
	coded, ok := strings.CutPrefix(strings.ToLower(local), envelopeMark)
	if !ok {
		return Envelope{}, forged
	}
	token, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(coded))
	if err != nil {
		return Envelope{}, forged
	}
	payload, err := r.sealer.Open(purposeEnvelope, base64.RawURLEncoding.EncodeToString(token), r.clock.Now())
	if err != nil || len(payload) != envelopeLen {
		return Envelope{}, forged
	}
	return Envelope{
		Batch: int64(binary.BigEndian.Uint64(payload)), Person: int64(binary.BigEndian.Uint64(payload[8:])),
		check: [checkLen]byte(payload[16:]),
	}, nil
}

// WentTo tells whether the address is the one that the envelope was sent to.
func (r *Room) WentTo(e Envelope, address string) bool {
	return bytes.Equal(e.check[:], r.rawDigest(address)[:checkLen])
}
