// Package seal makes tokens that carry a few bytes, are bound to one purpose and end at a time.
//
// A token is url-safe text: an HMAC-SHA256 over purpose, expiry and payload, and behind it expiry and payload, encrypted
// by AES-256 in counter mode with the HMAC as initial counter (a synthetic initialisation vector, as in RFC 5297). Who
// holds a token can read nothing in it, change nothing in it, and use it for its one purpose only. The same payload
// gives the same token. Whoever holds the town's secret can make and read tokens; changing the secret ends them all.
//
// Tokens made before tokens were encrypted still open: links in old mails never end.
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

// ErrInvalid is returned for a token that was forged, cut, made for another purpose, or past its time.
var ErrInvalid = errors.New("token is not valid, or no longer")

// macLen is 16 bytes, half of SHA-256: 128 bits cannot be guessed, and links stay short (RFC 2104 §5 allows it).
const macLen = 16

// Sealer makes and opens tokens with one secret. It may be used from many goroutines.
type Sealer struct {
	hashes sync.Pool // HMACs that have taken in the secret: half of their work
	block  cipher.Block
}

// New returns a sealer; the secret should be 32 random bytes.
func New(secret []byte) *Sealer {
	sum := sha256.Sum256(secret)
	s := &Sealer{}
	s.hashes.New = func() any { return hmac.New(sha256.New, sum[:]) }
	key := hmac.New(sha256.New, sum[:])
	key.Write([]byte("unoxuno seal encryption"))
	block, err := aes.NewCipher(key.Sum(nil))
	if err != nil {
		panic(err) // cannot be: the key has 32 bytes
	}
	s.block = block
	return s
}

// Seal makes a token for purpose that ends at expires (whole seconds); the zero time never ends.
func (s *Sealer) Seal(purpose string, payload []byte, expires time.Time) string {
	var at int64
	if !expires.IsZero() {
		at = expires.Unix()
	}
	body := binary.AppendVarint(make([]byte, 0, binary.MaxVarintLen64+len(payload)), at)
	body = append(body, payload...)
	mac := s.mac(purpose, body)
	s.crypt(mac, body)
	return base64.RawURLEncoding.EncodeToString(append(mac, body...))
}

// Open returns the payload of a token made by Seal for the same purpose, if at now its time is not over.
func (s *Sealer) Open(purpose, token string, now time.Time) ([]byte, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < macLen+1 {
		return nil, ErrInvalid
	}
	mac, body := raw[:macLen], raw[macLen:]
	if readable := hmac.Equal(mac, s.mac(purpose, body)); !readable { // else it was made before tokens were encrypted
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

// Ints seals whole numbers, the usual payload: identifiers.
func (s *Sealer) Ints(purpose string, expires time.Time, ints ...int64) string {
	var payload []byte
	for _, i := range ints {
		payload = binary.AppendVarint(payload, i)
	}
	return s.Seal(purpose, payload, expires)
}

// OpenInts returns the n numbers of a token made by Ints.
func (s *Sealer) OpenInts(purpose, token string, now time.Time, n int) ([]int64, error) {
	ints, err := s.OpenAllInts(purpose, token, now)
	if err == nil && len(ints) != n {
		return nil, ErrInvalid
	}
	return ints, err
}

// OpenAllInts returns the numbers of a token made by Ints, however many they are.
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

// Digest is a keyed digest of text for purpose: the same text gives the same digest, and nobody without the secret
// can tell the text from it.
func (s *Sealer) Digest(purpose, text string) []byte {
	return s.mac(purpose, []byte(text))
}

// crypt encrypts body in place, or decrypts it.
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
