package newsletters

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"

	"unoxuno/internal/fault"
)

// linkProof is how many bytes of a digest prove a link: a forged one is turned away before anything is asked of the
// database. More is not at stake, for the links of an issue are the same for all and no secret; so few bytes do, and links
// stay short.
const linkProof = 6

// linkToken names the n-th link of an issue, or with n 0 its mark of an opening, in 20 characters; 22 past the 127th link.
func (r *Room) linkToken(issue int64, n int) string {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 24), uint64(issue))
	b = binary.AppendUvarint(b, uint64(n))
	return base64.RawURLEncoding.EncodeToString(append(b, r.proofOf(b)...))
}

func (r *Room) proofOf(b []byte) []byte { return r.Sealer.Digest(purposeLink, string(b))[:linkProof] }

// OpenLink is what a token of LinkPath or PixelPath names; the fault newsletters.link.unknown when it was forged. It asks
// nobody.
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

// LinkPath is the path that counts a visit to the issue's n-th link, from 1, and leads there.
func (r *Room) LinkPath(issue int64, n int) string { return "/l/" + r.linkToken(issue, n) }

// PixelPath is the path of the image that counts an opening of the issue.
func (r *Room) PixelPath(issue int64) string { return "/o/" + r.linkToken(issue, 0) + ".gif" }
