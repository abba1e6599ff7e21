package newsletters

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"time"

	"unoxuno/internal/fault"
)

// linkProof is the number of bytes of a digest that prove a link, so that a forged one is refused without asking the
// database. Links of an issue are the same for all and no secret. Few bytes are enough and keep links short.
const linkProof = 6

// linkToken names the n-th link of an issue, or with n 0 its tracking pixel, in 20 characters; 22 from the 128th link
// on.
func (r *Room) linkToken(issue int64, n int) string {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 24), uint64(issue))
	b = binary.AppendUvarint(b, uint64(n))
	return base64.RawURLEncoding.EncodeToString(append(b, r.proofOf(b)...))
}

func (r *Room) proofOf(b []byte) []byte { return r.Sealer.Digest(purposeLink, string(b))[:linkProof] }

// OpenLink returns what a token of LinkPath or PixelPath names; the fault newsletters.link.unknown if it was forged. It
// does not use the database.
func (r *Room) OpenLink(token string) (issue int64, n int, err error) {
	const least, most = 8 + 1 + linkProof, 8 + binary.MaxVarintLen16 + linkProof
	if len(token) > base64.RawURLEncoding.EncodedLen(most) {
		return 0, 0, fault.NotFound("newsletters.link.unknown")
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) < least {
		return 0, 0, fault.NotFound("newsletters.link.unknown")
	}
	b, proof := b[:len(b)-linkProof], b[len(b)-linkProof:]
	if !hmac.Equal(proof, r.proofOf(b)) {
		return 0, 0, fault.NotFound("newsletters.link.unknown")
	}
	number, _ := binary.Uvarint(b[8:])
	return int64(binary.BigEndian.Uint64(b)), int(number), nil
}

// LinkPath returns the path that counts a visit to the issue's n-th link, from 1, and redirects to it.
func (r *Room) LinkPath(issue int64, n int) string { return "/l/" + r.linkToken(issue, n) }

// PixelPath returns the path of the image that counts an opening of the issue.
func (r *Room) PixelPath(issue int64) string { return "/o/" + r.linkToken(issue, 0) + ".gif" }

// readerLife is how long we record what a person reads of an issue. Opening or forwarding a mail later says little
// about her. Its links work for ever.
const readerLife = 90 * 24 * time.Hour

// readerPurpose binds a reader's token to the issue.
func readerPurpose(issue int64) string { return "newsletters.reader " + strconv.FormatInt(issue, 10) }

// ReaderToken returns the token that follows LinkPath or PixelPath, after a slash, in the mail of a person who agreed
// that we record what she reads. It is valid for one issue and ninety days.
func (r *Room) ReaderToken(issue, person int64) string {
	return r.Sealer.Ints(readerPurpose(issue), r.Clock.Now().Add(readerLife), person)
}

// openReader returns the person who follows a link of the issue; 0 if the token is missing, forged, expired or for
// another issue. That is no fault, because the link works anyway.
func (r *Room) openReader(issue int64, token string, at time.Time) int64 {
	const longest = 64
	if token == "" || len(token) > longest {
		return 0
	}
	ints, err := r.Sealer.OpenInts(readerPurpose(issue), token, at, 1)
	if err != nil {
		return 0
	}
	return ints[0]
}
