package identity

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"unoxuno/internal/fault"
)

// The cost of argon2id, the second choice of RFC 9106 §4: 64 MiB, three passes, four lanes.
const (
	argonPasses = 3
	argonMemory = 64 << 10 // KiB
	argonLanes  = 4
	argonSalt   = 16
	argonKey    = 32
)

// MinPassword is the minimum length of a password in characters; length helps more than special characters (NIST SP
// 800-63B §5.1.1).
const MinPassword = 12

const maxPassword = 256

// checkPassword refuses a password that is too short or too long, or easy to guess from the context.
func checkPassword(password string, context []string) error {
	switch n := utf8.RuneCountInString(password); {
	case n < MinPassword:
		return fault.Invalid("identity.password_short", "Least", MinPassword).On("password")
	case n > maxPassword:
		return fault.Invalid("identity.password_long", "Most", maxPassword).On("password")
	case pieces(password, context) < minPieces:
		return fault.Invalid("identity.password_weak").On("password")
	}
	return nil
}

// hashPassword returns the password's argon2id hash in PHC text form.
func hashPassword(password string) (string, error) {
	salt := make([]byte, argonSalt)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	key := argon2.IDKey([]byte(password), salt, argonPasses, argonMemory, argonLanes, argonKey)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonPasses, argonLanes,
		b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

// passwordIs tells whether the password has that hash; false if the hash cannot be read.
func passwordIs(password, hash string) bool {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	var memory, passes uint32
	var lanes uint8
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil || memory > 1<<20 {
		return false
	}
	b64 := base64.RawStdEncoding
	salt, err1 := b64.DecodeString(parts[4])
	key, err2 := b64.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(key) == 0 {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, lanes, uint32(len(key)))
	return subtle.ConstantTimeCompare(got, key) == 1
}

// hashOfNobody takes as long to compare as a real hash, so that an unknown address is not answered faster.
const hashOfNobody = "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
