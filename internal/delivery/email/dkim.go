package email

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// signedHeaders are the header fields that a signature covers, as far as the message has them (RFC 6376 §5.4.1; RFC 8058
// §4 for those of lists). From is named once more than it occurs, so that nobody can add a second one (RFC 6376 §8.15).
var signedHeaders = [...]string{
	"From", "Reply-To", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
	"Content-Language", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID", "Precedence", "Auto-Submitted",
}

// minRSA is the shortest RSA key that is signed with, in bits (RFC 8301 §3.2 recommends it).
const minRSA = 2048

// Key is a private key that signs, and the selector under which its public half is published.
type Key struct {
	selector string
	private  crypto.Signer // *rsa.PrivateKey or ed25519.PrivateKey
}

// ParseKey reads a private key in PEM (PKCS #8, or PKCS #1 for RSA): RSA of at least 2048 bits (RFC 6376) or Ed25519
// (RFC 8463).
func ParseKey(selector string, text []byte) (Key, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return Key{}, errors.New("DKIM key: not in PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		if parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
			return Key{}, errors.New("DKIM key: neither PKCS #8 nor PKCS #1") // the cause may quote the key
		}
	}
	if path, err := ParsePath("x@" + selector); err != nil || path.text != "x@"+selector {
		return Key{}, fmt.Errorf("DKIM key: %q is no selector", selector)
	}
	switch private := parsed.(type) {
	case *rsa.PrivateKey:
		if private.N.BitLen() < minRSA {
			return Key{}, fmt.Errorf("DKIM key: RSA of %d bits is too short, %d are wanted", private.N.BitLen(), minRSA)
		}
		return tried(Key{selector, private})
	case ed25519.PrivateKey:
		return tried(Key{selector, private})
	}
	return Key{}, fmt.Errorf("DKIM key: a key of type %T cannot sign", parsed)
}

// tried returns the key after one signature, so that a key that cannot sign is found when it is read. The first signature
// also fills the standard library's cache of parsed keys, before several goroutines sign.
func tried(k Key) (Key, error) {
	if _, err := k.sign(make([]byte, sha256.Size)); err != nil {
		return Key{}, errors.New("DKIM key: it cannot sign")
	}
	return k, nil
}

func (k Key) isRSA() bool {
	_, is := k.private.(*rsa.PrivateKey)
	return is
}

// algorithm is the value of the tag a (RFC 6376 §3.5, RFC 8463 §3).
func (k Key) algorithm() string {
	if k.isRSA() {
		return "rsa-sha256"
	}
	return "ed25519-sha256"
}

// sign signs a digest. RFC 8463 §3: Ed25519 signs the digest as if it were the message.
func (k Key) sign(digest []byte) ([]byte, error) {
	if k.isRSA() {
		return k.private.Sign(rand.Reader, digest, crypto.SHA256)
	}
	return k.private.Sign(rand.Reader, digest, crypto.Hash(0))
}

// Record is what is to be published in the DNS so that others can check the key's signatures: the name of a TXT record
// and its text (RFC 6376 §3.6).
func (k Key) Record(domain string) (name, text string, err error) {
	name = k.selector + "._domainkey." + domain
	if public, is := k.private.Public().(ed25519.PublicKey); is { // RFC 8463 §4: the bare key
		return name, "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public), nil
	}
	der, err := x509.MarshalPKIXPublicKey(k.private.Public())
	if err != nil {
		return "", "", fmt.Errorf("DKIM key: %w", err)
	}
	return name, "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der), nil
}

// Signer signs messages for a domain. It never changes and may be used from many goroutines. A signature by RSA of 2048
// bits takes about a millisecond, sixty times what sending takes: see [Signer.Ahead], and let the relay sign where it
// can.
type Signer struct {
	domain string
	keys   []Key
}

// NewSigner makes a signer. Each message gets one signature of each key; RSA and Ed25519 together serve old and new
// receivers (RFC 8463 §6).
func NewSigner(domain string, keys ...Key) (*Signer, error) {
	path, err := ParsePath("x@" + domain)
	if err != nil {
		return nil, err
	}
	return &Signer{domain: path.text[len("x@"):], keys: keys}, nil
}

// Append appends the signatures of message, header fields that go right before it, and the message itself.
func (s *Signer) Append(dst, message []byte) ([]byte, error) {
	header, body, found := bytes.Cut(message, []byte("\r\n\r\n"))
	if !found {
		return dst, errors.New("DKIM: a message without a body")
	}
	covered, names := canonicalHeader(header)
	hash := sha256.New()
	hash.Write(canonicalBody(body))
	bodyHash := base64.StdEncoding.EncodeToString(hash.Sum(nil))
	for _, k := range s.keys {
		tags := []string{
			"v=1;", "a=" + k.algorithm() + ";", "c=relaxed/relaxed;", "d=" + s.domain + ";", "s=" + k.selector + ";",
		}
		tags = append(append(tags, names...), "bh="+bodyHash+";", "b=")
		hash.Reset()
		hash.Write(covered)
		hash.Write([]byte("dkim-signature:" + strings.Join(tags, " "))) // no line end: RFC 6376 §3.7
		signature, err := k.sign(hash.Sum(nil))
		if err != nil {
			return dst, fmt.Errorf("DKIM: %w", err)
		}
		dst = appendSignature(dst, tags, base64.StdEncoding.EncodeToString(signature))
	}
	return append(dst, message...), nil
}

// appendSignature appends a DKIM-Signature field, folded where that changes nothing once it is made canonical: where a
// blank stands, and within the signature, whose blanks do not count.
func appendSignature(dst []byte, tags []string, signature string) []byte {
	const name = "DKIM-Signature:"
	dst = append(dst, name...)
	col := len(name)
	for _, tag := range tags {
		if col+1+len(tag) > maxHeaderLine {
			dst, col = append(dst, '\r', '\n'), 0
		}
		dst = append(append(dst, ' '), tag...)
		col += 1 + len(tag)
	}
	for len(signature) > 0 {
		n := min(len(signature), max(0, maxHeaderLine-col))
		dst, signature = append(dst, signature[:n]...), signature[n:]
		if len(signature) > 0 {
			dst, col = append(dst, "\r\n "...), 1
		}
	}
	return append(dst, '\r', '\n')
}

// canonicalHeader is the covered fields in the relaxed form of RFC 6376 §3.4.2, and the words of the tag h that names
// them. Of fields that occur more than once the last is covered, and From again as one that is not there.
func canonicalHeader(header []byte) (covered []byte, names []string) {
	for _, name := range signedHeaders {
		value, found := fieldOf(header, name)
		if !found {
			continue
		}
		names = append(names, name+":")
		covered = append(append(covered, strings.ToLower(name)...), ':')
		covered = appendRelaxed(covered, value)
		covered = append(covered, '\r', '\n')
	}
	names = append(names, "From;")
	names[0] = "h=" + names[0]
	return covered, names
}

// fieldOf is the value of the last field of that name, folded as it stands.
func fieldOf(header []byte, name string) (value []byte, found bool) {
	for len(header) > 0 {
		field := header
		end := 0
		for { // a line that starts with a blank belongs to the field before it
			n := bytes.Index(header[end:], []byte("\r\n"))
			if n < 0 {
				header = nil
				break
			}
			end += n + 2
			if end == len(header) || header[end] != ' ' && header[end] != '\t' {
				field, header = header[:end-2], header[end:]
				break
			}
		}
		if len(field) > len(name) && field[len(name)] == ':' && strings.EqualFold(string(field[:len(name)]), name) {
			value, found = field[len(name)+1:], true
		}
	}
	return value, found
}

// appendRelaxed appends text with every run of blanks and line ends as one blank, and none at its ends.
func appendRelaxed(dst, text []byte) []byte {
	start := len(dst)
	blank := false
	for _, c := range text {
		if c == ' ' || c == '\t' || c == '\r' || c == '\n' {
			blank = len(dst) > start
			continue
		}
		if blank {
			dst, blank = append(dst, ' '), false
		}
		dst = append(dst, c)
	}
	return dst
}

// canonicalBody is a body in the relaxed form of RFC 6376 §3.4.4: runs of blanks as one, none before a line end, no empty
// lines at the end.
func canonicalBody(body []byte) []byte {
	canonical := make([]byte, 0, len(body)+2)
	solid := 0 // where the last line ends that is not empty
	for len(body) > 0 {
		line, rest, _ := bytes.Cut(body, []byte("\r\n"))
		body = rest
		from, blank := len(canonical), false
		for _, c := range line {
			if c == ' ' || c == '\t' {
				blank = true
				continue
			}
			if blank {
				canonical, blank = append(canonical, ' '), false
			}
			canonical = append(canonical, c)
		}
		full := len(canonical) > from
		if canonical = append(canonical, '\r', '\n'); full {
			solid = len(canonical)
		}
	}
	return canonical[:solid]
}
