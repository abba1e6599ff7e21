package smpp

import (
	"fmt"
	"strings"
	"time"
)

// Address is a number or a name, and what it is (§5.2.5, §5.2.6).
type Address struct {
	TON  byte // type of number
	NPI  byte // numbering plan
	Text string
}

// Types of number, and the plan of telephone numbers.
const (
	TONInternational   = 1
	TONNetworkSpecific = 3 // short codes
	TONAlphanumeric    = 5
	NPITelephone       = 1 // E.164
)

// Bits of esm_class (§5.2.12) that we set or read.
const (
	ClassUDHI    = 0x40 // a user data header stands before the text
	classType    = 0x3C
	classReceipt = 0x04
	classInterim = 0x20
)

// Data codings (§5.2.19).
const (
	CodingDefault = 0x00
	CodingASCII   = 0x01
	CodingLatin1  = 0x03
	CodingUCS2    = 0x08
)

// maxShort is how long short_message may be (§5.2.21); what is longer goes as message_payload.
const maxShort = 254

// maxPayload is how long message_payload may be (§5.3.2.32).
const maxPayload = 0xFFFF

// Limits of C-octet strings, the NUL included. Those that we read are wider than the specification's (16, 21, 65):
// longer ones are met, and do no harm.
const (
	maxSystemID   = 64
	maxAddress    = 64
	maxMessageID  = 256
	maxService    = 64
	maxTimestamps = 32
)

// maxValidity is more than any network tries, and a relative time writes it without speaking of months.
const maxValidity = 30 * 24 * time.Hour

// Submit is a message for one telephone (§4.4.1).
type Submit struct {
	Source   Address
	Dest     Address
	Class    byte // esm_class
	Coding   byte
	Receipt  bool          // ask for a delivery receipt, of success and failure
	Validity time.Duration // whole minutes, at most 30 days; 0 is the centre's
	Text     []byte        // as message_payload when Payload is set, or when it is longer than short_message may be
	Payload  bool
}

func (m *Submit) body() ([]byte, error) {
	if len(m.Text) > maxPayload {
		return nil, &UnfitError{"a text too long"}
	}
	for _, a := range []Address{m.Source, m.Dest} {
		if strings.Contains(a.Text, "\x00") || len(a.Text) > 20 { // §4.4.1
			return nil, &UnfitError{"an address too long"}
		}
	}
	b := make([]byte, 0, 80+len(m.Text))
	b = appendText(b, "") // service_type
	b = append(b, m.Source.TON, m.Source.NPI)
	b = appendText(b, m.Source.Text)
	b = append(b, m.Dest.TON, m.Dest.NPI)
	b = appendText(b, m.Dest.Text)
	b = append(b, m.Class, 0, 0) // protocol_id, priority_flag
	b = appendText(b, "")        // schedule_delivery_time
	b = appendText(b, relativeTime(m.Validity))
	var registered byte
	if m.Receipt {
		registered = 1 // §5.2.17
	}
	b = append(b, registered, 0, m.Coding, 0) // replace_if_present_flag, data_coding, sm_default_msg_id
	if m.Payload || len(m.Text) > maxShort {
		b = append(b, 0) // §4.4.1: sm_length is zero where message_payload is used
		return appendTLV(b, TagPayload, m.Text), nil
	}
	b = append(b, byte(len(m.Text)))
	return append(b, m.Text...), nil
}

// relativeTime writes a duration as YYMMDDhhmmsstnnR (§7.1.1).
func relativeTime(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	minutes := int((min(d, maxValidity) + time.Minute - 1) / time.Minute)
	return fmt.Sprintf("0000%02d%02d%02d00000R", minutes/(24*60), minutes/60%24, minutes%60)
}

// Deliver is what the centre brings (§4.6.1).
type Deliver struct {
	Source  Address
	Dest    Address
	Class   byte // esm_class
	Coding  byte
	Text    []byte // short_message, or message_payload where that is empty
	Options map[Tag][]byte
}

// ParseDeliver reads the body of a deliver_sm. Its slices are those of body.
func ParseDeliver(body []byte) (*Deliver, error) {
	c := cursor{rest: body}
	var d Deliver
	c.text(maxService)
	d.Source = c.address()
	d.Dest = c.address()
	d.Class = c.octet()
	c.octets(2) // protocol_id, priority_flag
	c.text(maxTimestamps)
	c.text(maxTimestamps)
	c.octets(2) // registered_delivery, replace_if_present_flag
	d.Coding = c.octet()
	c.octet() // sm_default_msg_id
	d.Text = c.octets(int(c.octet()))
	d.Options = c.tlvs()
	if c.err != nil {
		return nil, c.err
	}
	if payload := d.Options[TagPayload]; len(d.Text) == 0 && payload != nil {
		d.Text = payload
	}
	return &d, nil
}

func (c *cursor) address() Address {
	var a Address
	a.TON, a.NPI = c.octet(), c.octet()
	a.Text = c.text(maxAddress)
	return a
}

// HasHeader tells whether a user data header stands before the text.
func (d *Deliver) HasHeader() bool { return d.Class&ClassUDHI != 0 }

// bindBody is the body of a bind_transceiver or bind_transmitter (§4.1.5).
func bindBody(o *Options) ([]byte, error) {
	for _, s := range []string{o.SystemID, o.Password, o.SystemType} {
		if strings.Contains(s, "\x00") || len(s) >= maxSystemID {
			return nil, &UnfitError{"a user, password or system type too long"}
		}
	}
	b := appendText(nil, o.SystemID)
	b = appendText(b, o.Password)
	b = appendText(b, o.SystemType)
	b = append(b, 0x34, 0, 0)     // interface_version 3.4, addr_ton, addr_npi
	return appendText(b, ""), nil // address_range
}

// messageID is the body of a submit_sm_resp (§4.4.2): the identifier that the centre gave.
func messageID(body []byte) (string, error) {
	c := cursor{rest: body}
	id := c.text(maxMessageID)
	return id, c.err
}
