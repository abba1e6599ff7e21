package delivery

import (
	"encoding/base32"
	"encoding/base64"
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
// it says, tells which message came back. It keeps within the 64 octets of a local part (RFC 5321 §4.5.3.1.1).
func (r *Room) envelope(batch, person int64) (email.Path, error) {
	token, err := base64.RawURLEncoding.DecodeString(r.sealer.Ints(purposeEnvelope, time.Time{}, batch, person))
	if err != nil {
		return email.Path{}, fmt.Errorf("envelope token: %w", err)
	}
	return email.ParsePath(envelopeMark + lowerBase32(token) + "@" + r.settings.BounceDomain)
}

// OpenBounce reads the envelope address that a bounce came to. It fails with the fault delivery.bounce.forged for an
// address that is not of our making. batch is 0 for a note, whose identifier person then is.
func (r *Room) OpenBounce(recipient string) (batch, person int64, err error) {
	forged := fault.Expired("delivery.bounce.forged")
	local, _, _ := strings.Cut(recipient, "@")
	coded, ok := strings.CutPrefix(strings.ToLower(local), envelopeMark)
	if !ok {
		return 0, 0, forged
	}
	token, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(coded))
	if err != nil {
		return 0, 0, forged
	}
	ints, err := r.sealer.OpenInts(purposeEnvelope, base64.RawURLEncoding.EncodeToString(token), r.clock.Now(), 2)
	if err != nil {
		return 0, 0, forged
	}
	return ints[0], ints[1], nil
}
