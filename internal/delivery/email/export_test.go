package email

import (
	"bufio"
	"io"
)

// ReadReply reads a reply as a connection does.
func ReadReply(r io.Reader) (code int, enhanced string, err error) {
	got, err := readReply(bufio.NewReaderSize(r, 2*maxReplyLine), nil)
	return got.code, got.enhanced.String(), err
}

// IsPlainDomain is the quick look at a domain.
func IsPlainDomain(s string) bool { return isPlainDomain(s) }

// InLockStep tells whether the relay gets one command at a time.
func InLockStep(r *Relay) bool { return r.inLockStep() }
