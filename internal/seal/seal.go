// Package seal makes tokens that carry a few bytes for one purpose and expire.
//
// A token is URL-safe text: an HMAC-SHA256 over purpose, expiry and payload, followed by expiry and payload, encrypted
// by AES-256 in counter mode with the HMAC as initial counter (a synthetic initialisation vector, as in RFC 5297). The
// holder of a token can neither read nor change it, and can use it for its purpose only. The same payload gives the
// same token. The town's secret makes and reads tokens; a new secret makes every token invalid.
//
// Tokens that were made before tokens were encrypted still open, so that links in old mails keep working.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash"
	"sync"
	"time"
)

// ErrInvalid is returned for a token that was forged, cut or made for another purpose, or that has expired.
var ErrInvalid = errors.New("token is not valid, or no longer")

// macLen is 16 bytes, half of SHA-256. RFC 2104 §5 allows it: 128 bits cannot be guessed, and links stay short.
const macLen = 16

// Sealer makes and opens tokens with one secret. It is safe for concurrent use.
type Sealer struct {
	hashes sync.Pool // HMACs that have already absorbed the secret, which is half of their work
	block  cipher.Block
}

// New returns a sealer. The secret should be 32 random bytes.
func New(secret []byte) *Sealer {
	sum := sha256.Sum256(secret)
	s := &Sealer{}
	s.hashes.New = func() any { return hmac.New(sha256.New, sum[:]) }
	key := hmac.New(sha256.New, sum[:])
	key.Write([]byte("unoxuno seal encryption"))
	block, err := aes.NewCipher(key.Sum(nil))
	if err != nil {
		panic(err) // impossible: the key has 32 bytes
	}
	s.block = block
	return s
}

// Seal makes a token for purpose that expires at expires, in whole seconds. The zero time means never.
func (s *Sealer) Seal(purpose string, payload []byte, expires time.Time) string {
	return base64.RawURLEncoding.EncodeToString(s.SealRaw(purpose, payload, expires))
}

// SealRaw makes the octets of a token, for where base64 cannot stand.
func (s *Sealer) SealRaw(purpose string, payload []byte, expires time.Time) []byte {
	var at int64
	if !expires.IsZero() {
		at = expires.Unix()
	}
	token := binary.AppendVarint(make([]byte, macLen, macLen+binary.MaxVarintLen64+len(payload)), at)
	token = append(token, payload...)
	mac, body := token[:macLen], token[macLen:]
	copy(mac, s.mac(purpose, body))
	s.crypt(mac, body)
	return token
}

// Open returns the payload of a token that Seal made for the same purpose and that has not expired at now.
func (s *Sealer) Open(purpose, token string, now time.Time) ([]byte, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return nil, ErrInvalid
	}
	return s.OpenRaw(purpose, raw, now)
}

// OpenRaw is Open of a token's octets, which it changes.
func (s *Sealer) OpenRaw(purpose string, raw []byte, now time.Time) ([]byte, error) {
	if len(raw) < macLen+1 {
		return nil, ErrInvalid
	}
	mac, body := raw[:macLen], raw[macLen:]
	if readable := hmac.Equal(mac, s.mac(purpose, body)); !readable { // else it was made before encryption
		s.crypt(mac, body)
		if !hmac.Equal(mac, s.mac(purpose, body)) {
			return nil, ErrInvalid
		}
	}
	at, n := binary.Varint(body)
	if n <= 0 || at != 0 && now.Unix() >= at {
		return nil, ErrInvalid
	}
	return body[n:], nil
}

// Ints seals whole numbers, usually identifiers.
func (s *Sealer) Ints(purpose string, expires time.Time, ints ...int64) string {
	payload := make([]byte, 0, 32)
	for _, i := range ints {
		payload = binary.AppendVarint(payload, i)
	}
	return s.Seal(purpose, payload, expires)
}

// OpenInts returns the numbers in a token made by Ints. It fails if there are not exactly n.
func (s *Sealer) OpenInts(purpose, token string, now time.Time, n int) ([]int64, error) {
	ints, err := s.OpenAllInts(purpose, token, now)
	if err == nil && len(ints) != n {
		return nil, ErrInvalid
	}
	return ints, err
}

// OpenAllInts returns all numbers in a token made by Ints.
func (s *Sealer) OpenAllInts(purpose, token string, now time.Time) ([]int64, error) {
	payload, err := s.Open(purpose, token, now)
	if err != nil {
		return nil, err
	}
	ints := make([]int64, 0, 4)
	for len(payload) > 0 {
		i, size := binary.Varint(payload)
		if size <= 0 {
			return nil, ErrInvalid
		}
		ints, payload = append(ints, i), payload[size:]
	}
	return ints, nil
}

// Digest returns a keyed digest of text for purpose. The same text gives the same digest. Without the secret the text
// cannot be found from it.
func (s *Sealer) Digest(purpose, text string) []byte {
	return s.mac(purpose, []byte(text))
}

// crypt encrypts or decrypts body in place.
func (s *Sealer) crypt(mac, body []byte) { cipher.NewCTR(s.block, mac).XORKeyStream(body, body) }

func (s *Sealer) mac(purpose string, body []byte) []byte {
	h := s.hashes.Get().(hash.Hash)
	defer s.hashes.Put(h)
	h.Reset()
	text := make([]byte, 8, 128)
	binary.BigEndian.PutUint64(text, uint64(len(purpose)))
	text = append(append(text, purpose...), body...)
	h.Write(text)
	return h.Sum(text[:0])[:macLen]
}
