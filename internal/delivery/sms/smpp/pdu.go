package smpp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// MaxPDU bounds the length of a PDU, in octets: a message_payload of 64 KiB and what may stand around it.
const MaxPDU = 70_000

// headerSize is the length of a PDU's header (§3.2).
const headerSize = 16

// maxSequence is the highest sequence number (§5.1.4).
const maxSequence = 0x7FFFFFFF

// ProtocolError says that the peer does not speak SMPP, or not well.
type ProtocolError struct{ Problem string }

func (e *ProtocolError) Error() string { return "not SMPP: " + e.Problem }

func problem(format string, args ...any) error {
	return &ProtocolError{fmt.Sprintf(format, args...)}
}

// PDU is one request or response.
type PDU struct {
	Command  Command
	Status   Status
	Sequence uint32
	Body     []byte
}

// Append writes the PDU after b.
func (p PDU) Append(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(headerSize+len(p.Body)))
	b = binary.BigEndian.AppendUint32(b, uint32(p.Command))
	b = binary.BigEndian.AppendUint32(b, uint32(p.Status))
	b = binary.BigEndian.AppendUint32(b, p.Sequence)
	return append(b, p.Body...)
}

// ReadPDU reads one PDU, whose body is its own. It fails with *ProtocolError when what comes cannot be one, and with
// io.EOF when nothing comes any more.
func ReadPDU(r io.Reader) (PDU, error) {
	var head [headerSize]byte
	if _, err := io.ReadFull(r, head[:4]); err != nil {
		return PDU{}, cut(err)
	}
	length := binary.BigEndian.Uint32(head[:])
	if length < headerSize || length > MaxPDU {
		return PDU{}, problem("a PDU of %d octets", length)
	}
	if _, err := io.ReadFull(r, head[4:]); err != nil {
		return PDU{}, inside(err)
	}
	p := PDU{
		Command:  Command(binary.BigEndian.Uint32(head[4:])),
		Status:   Status(binary.BigEndian.Uint32(head[8:])),
		Sequence: binary.BigEndian.Uint32(head[12:]),
	}
	if length > headerSize {
		p.Body = make([]byte, length-headerSize)
		if _, err := io.ReadFull(r, p.Body); err != nil {
			return PDU{}, inside(err)
		}
	}
	return p, nil
}

// cut is err of reading the first octets of a PDU: none at all is a peer that has hung up.
func cut(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return inside(err)
	}
	return err
}

func inside(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return problem("hung up within a PDU")
	}
	return err
}

// cursor reads a body; after the first problem it reads nothing but zeros.
type cursor struct {
	rest []byte
	err  error
}

func (c *cursor) octet() byte {
	b := c.octets(1)
	if b == nil {
		return 0
	}
	return b[0]
}

func (c *cursor) octets(n int) []byte {
	if c.err != nil || n > len(c.rest) {
		c.fail("a field beyond the end of its PDU")
		return nil
	}
	b := c.rest[:n]
	c.rest = c.rest[n:]
	return b
}

// text reads a C-octet string (§3.1) of at most limit octets, its NUL included.
func (c *cursor) text(limit int) string {
	if c.err != nil {
		return ""
	}
	i := bytes.IndexByte(c.rest[:min(limit, len(c.rest))], 0)
	if i < 0 {
		c.fail("a text that does not end")
		return ""
	}
	s := string(c.rest[:i])
	c.rest = c.rest[i+1:]
	return s
}

// tlvs reads the optional parameters (§3.2.4.1) up to the end; of one that is repeated the first counts.
func (c *cursor) tlvs() map[Tag][]byte {
	var all map[Tag][]byte
	for c.err == nil && len(c.rest) > 0 {
		head := c.octets(4)
		if head == nil {
			return nil
		}
		value := c.octets(int(binary.BigEndian.Uint16(head[2:])))
		if c.err != nil {
			return nil
		}
		if all == nil {
			all = map[Tag][]byte{}
		}
		if tag := Tag(binary.BigEndian.Uint16(head)); all[tag] == nil {
			all[tag] = value
		}
	}
	return all
}

func (c *cursor) fail(text string) {
	if c.err == nil {
		c.err = &ProtocolError{text}
	}
	c.rest = nil
}

func appendText(b []byte, s string) []byte { return append(append(b, s...), 0) }

func appendTLV(b []byte, tag Tag, value []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(tag))
	b = binary.BigEndian.AppendUint16(b, uint16(len(value)))
	return append(b, value...)
}
