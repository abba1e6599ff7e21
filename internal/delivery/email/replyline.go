package email

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
)

// Bounds on what a relay may answer. RFC 5321 §4.5.3.1.5 allows a reply line 512 octets; real servers write longer
// ones, and quote web addresses in them.
const (
	maxReplyLine  = 2048
	maxReplyLines = 128 // of one reply: the longest are answers to EHLO
)

// ProtocolError says that a relay does not keep to SMTP: nothing that it says on this connection can be relied upon. It
// never quotes the relay.
type ProtocolError struct{ Trouble string }

func (e *ProtocolError) Error() string { return "the relay does not keep to SMTP: " + e.Trouble }

// enhancedCode is an enhanced status code (RFC 3463 §2); zero: none.
type enhancedCode [3]uint16

func (e enhancedCode) String() string {
	if e[0] == 0 {
		return ""
	}
	return fmt.Sprintf("%d.%d.%d", e[0], e[1], e[2])
}

// reply is an answer of the relay without its text, which may quote an address.
type reply struct {
	code     int
	enhanced enhancedCode
}

func (r reply) isClass(class int) bool { return r.code/100 == class }

// good tells that the command was done (RFC 5321 §4.2.1).
func (r reply) good() bool { return r.isClass(2) }

// refused tells that it was not, for now or for ever.
func (r reply) refused() bool { return r.isClass(4) || r.isClass(5) }

// readReply reads one reply, of one line or several (RFC 5321 §4.2.1). each, unless nil, is told the text of every line;
// the text is lent for the call.
func readReply(in *bufio.Reader, each func(text []byte)) (reply, error) {
	var whole reply
	for n := 0; ; n++ {
		if n == maxReplyLines {
			return reply{}, &ProtocolError{fmt.Sprintf("a reply of more than %d lines", maxReplyLines)}
		}
		line, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) || len(line) > maxReplyLine {
			return reply{}, &ProtocolError{fmt.Sprintf("a reply line of more than %d bytes", maxReplyLine)}
		}
		if err != nil {
			return reply{}, err
		}
		r, text, last, ok := parseReplyLine(line)
		switch {
		case !ok:
			return reply{}, &ProtocolError{"something that is no reply"}
		case n > 0 && r.code != whole.code:
			return reply{}, &ProtocolError{"a reply whose lines have different codes"}
		}
		if n == 0 || whole.enhanced[0] == 0 {
			whole = r
		}
		if each != nil {
			each(text)
		}
		if last {
			return whole, nil
		}
	}
}

// parseReplyLine takes a line apart: code, enhanced code if the text starts with one, text, and whether no line follows.
func parseReplyLine(line []byte) (r reply, text []byte, last, ok bool) {
	line = bytes.TrimSuffix(line, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) < 3 || line[0] < '2' || line[0] > '5' || !isDigit(line[1]) || !isDigit(line[2]) {
		return reply{}, nil, false, false
	}
	r.code = int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0')
	if len(line) == 3 { // RFC 5321 §4.2.1: a blank should follow, yet a client must do without
		return r, nil, true, true
	}
	if line[3] != ' ' && line[3] != '-' {
		return reply{}, nil, false, false
	}
	text = line[4:]
	r.enhanced = parseEnhanced(text, line[0])
	return r, text, line[3] == ' ', true
}

// parseEnhanced reads the enhanced status code that text starts with. One whose class is not that of the reply code
// (RFC 2034 §4) is none.
func parseEnhanced(text []byte, class byte) (code enhancedCode) {
	if len(text) < 5 || text[0] != class || text[1] != '.' {
		return enhancedCode{}
	}
	at := 2
	for part := 1; part <= 2; part++ {
		from := at
		for at < len(text) && at < from+3 && isDigit(text[at]) {
			code[part] = code[part]*10 + uint16(text[at]-'0')
			at++
		}
		ends := at == len(text) || bytes.IndexByte([]byte(" :;,"), text[at]) >= 0
		if at == from || part == 1 && (ends || text[at] != '.') || part == 2 && !ends {
			return enhancedCode{}
		}
		at++
	}
	code[0] = uint16(class - '0')
	return code
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
