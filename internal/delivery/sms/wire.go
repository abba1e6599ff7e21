package sms

import (
	"bytes"
	"context"
	"errors"
	"strconv"

	"golang.org/x/text/encoding/charmap"

	"unoxuno/internal/delivery/sms/smpp"
)

// submissions is the message as SMPP carries it, part by part.
func (c *centre) submissions(m Message) ([]smpp.Submit, error) {
	from := m.From
	if from.kind == noSender {
		from = c.source
	}
	one := smpp.Submit{
		Source: addressOf(from), Receipt: c.receipts, Validity: m.Validity,
		Dest: smpp.Address{TON: smpp.TONInternational, NPI: smpp.NPITelephone, Text: m.To.Digits()},
	}
	parts := Split(m.Text)
	if len(parts) > MaxParts {
		return nil, &Permanent{Reason: TextRefused}
	}
	if parts[0].Encoding == UCS2 {
		one.Coding = smpp.CodingUCS2
	}
	if c.payload && len(parts) > 1 {
		parts = []Part{{Text: m.Text, Encoding: parts[0].Encoding}}
		one.Payload = true
	}
	reference := byte(c.reference.Add(1))
	all := make([]smpp.Submit, len(parts))
	for i, part := range parts {
		all[i] = one
		if len(parts) > 1 {
			all[i].Text = header(reference, i+1, len(parts))
			all[i].Class = smpp.ClassUDHI
		}
		octets, err := Encode(part.Text, part.Encoding)
		if err != nil {
			return nil, &Permanent{Reason: TextRefused}
		}
		if c.packed && part.Encoding == GSM7 {
			octets = Pack(octets, len(all[i].Text))
		}
		all[i].Text = append(all[i].Text, octets...)
	}
	return all, nil
}

func addressOf(s Sender) smpp.Address {
	switch s.kind {
	case nameSender:
		return smpp.Address{TON: smpp.TONAlphanumeric, Text: s.text}
	case numberSender:
		return smpp.Address{TON: smpp.TONInternational, NPI: smpp.NPITelephone, Text: s.text[1:]}
	case codeSender:
		return smpp.Address{TON: smpp.TONNetworkSpecific, Text: s.text}
	}
	return smpp.Address{}
}

// judge turns what became of a submission into one of our errors.
func (c *centre) judge(err error) error {
	var refused *smpp.StatusError
	var unfit *smpp.UnfitError
	switch {
	case errors.As(err, &unfit):
		return &Permanent{Reason: TextRefused}
	case errors.Is(err, smpp.ErrUnanswered):
		return &Later{Reason: ConnectionLost}
	case errors.Is(err, smpp.ErrNotSent):
		return c.line.noted(&Unreachable{Trouble: c.address + " ends every connection"})
	case !errors.As(err, &refused):
		return err // of the context
	}
	if refused.Status == smpp.InvalidBindStatus {
		return c.line.noted(&Unreachable{Trouble: c.address + " does not let us send: " + refused.Status.String()})
	}
	return verdict(refused.Status)
}

// verdict is what a refusal of a centre means for a message. What speaks of our sender or of the centre is never held
// against the person: an operator may mend it.
func verdict(status smpp.Status) error {
	code := int(status)
	switch status {
	case smpp.InvalidDestination:
		return &Permanent{Code: code, Reason: NumberUnknown}
	case smpp.InvalidDestTON, smpp.InvalidDestNPI:
		return &Permanent{Code: code, Reason: NumberMalformed}
	case smpp.InvalidLength:
		return &Permanent{Code: code, Reason: TextRefused}
	case smpp.NeverAgain, smpp.Rejected:
		return &Permanent{Code: code, Reason: Blocked}
	case smpp.InvalidSource, smpp.InvalidSourceTON, smpp.InvalidSourceNPI:
		return &Later{Code: code, Reason: SenderRefused}
	case smpp.Throttled, smpp.QueueFull, smpp.TryAgain, smpp.SystemError:
		return &Later{Code: code, Reason: Temporary}
	}
	return &Later{Code: code, Reason: Other}
}

// identifier is a message's identifier as receipts write it: where ids=hex, decimal. base is that in which it came.
func (c *centre) identifier(id string, base int) string {
	if !c.hexIDs {
		return id
	}
	n, err := strconv.ParseUint(id, base, 64)
	if err != nil {
		return id
	}
	return strconv.FormatUint(n, 10)
}

// deliver takes what the centre brings. What nobody could ever do anything with (a receipt without an identifier, a
// message from no number) is acknowledged and let go: the centre would bring it again for ever.
func (c *centre) deliver(ctx context.Context, d *smpp.Deliver) error {
	r, isReceipt, err := d.Receipt()
	switch {
	case isReceipt && err != nil:
		return nil //nolint:nilerr // as the comment above says
	case isReceipt:
		receipt := receiptOf(r)
		receipt.ID = c.identifier(r.ID, 10)
		return c.setup.Handler.Receipt(ctx, receipt)
	}
	from, err := numberFrom(d.Source.Text, c.country, d.Source.TON == smpp.TONInternational)
	if err != nil {
		return nil //nolint:nilerr // the same
	}
	part := inboundPart{from: from, to: d.Dest.Text, coding: d.Coding, octets: d.Text}
	at, ok := c.partOf(d, &part)
	if !ok {
		return c.setup.Handler.Inbound(ctx, Inbound{From: from, To: part.to, Text: textOf(part.coding, part.octets)})
	}
	return c.parts.add(ctx, at, part)
}

// partOf says of which part of which message d is, by its header or its optional parameters (SMPP 3.4 §5.3.2.22 to 24),
// and leaves the bare text in p. ok is false for a message that stands alone.
func (c *centre) partOf(d *smpp.Deliver, p *inboundPart) (at concatenation, ok bool) {
	head := 0
	if d.HasHeader() {
		var rest []byte
		var err error
		if at, rest, err = readHeader(d.Text); err == nil {
			head = len(d.Text) - len(rest)
			p.octets = rest
		}
	}
	if c.packed && !isUCS2(d.Coding) {
		p.octets = Unpack(p.octets, head)
	}
	reference, total, n := d.Options[smpp.TagReference], d.Options[smpp.TagTotal], d.Options[smpp.TagNumber]
	if at.total == 0 && len(reference) == 2 && len(total) == 1 && len(n) == 1 && n[0] >= 1 && n[0] <= total[0] {
		at = concatenation{uint16(reference[0])<<8 | uint16(reference[1]), int(n[0]), int(total[0])}
	}
	return at, at.total > 1
}

func isUCS2(coding byte) bool { return coding == smpp.CodingUCS2 }

// textOf reads a text by its data_coding (SMPP 3.4 §5.2.19). What is no text is empty.
func textOf(coding byte, octets []byte) string {
	switch {
	case isUCS2(coding):
		return Decode(octets, UCS2)
	case coding == smpp.CodingLatin1 || coding == smpp.CodingASCII && !looksGSM(octets):
		text, err := charmap.ISO8859_1.NewDecoder().Bytes(octets)
		if err != nil {
			return ""
		}
		return string(text)
	case coding == 2 || coding == 4 || coding >= 0xF0 && coding&0x04 != 0: // octets; 3GPP TS 23.038 §4 for the classes
		return ""
	}
	return Decode(octets, GSM7)
}

// looksGSM tells whether octets that are said to be ASCII are GSM 03.38: some centres mean that, and where ASCII has
// control characters GSM 03.38 has letters.
func looksGSM(octets []byte) bool {
	return bytes.ContainsFunc(octets, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' })
}

// receiptOf translates a receipt.
func receiptOf(r smpp.Receipt) Receipt {
	out := Receipt{ID: r.ID, Code: r.Code}
	switch r.State {
	case smpp.Delivered:
		out.State = Delivered
	case smpp.Expired:
		out.State, out.Reason = Undelivered, PhoneOff
	case smpp.Undeliverable:
		out.State, out.Reason = Undelivered, Other
		if r.Network == 3 && r.Code == "1" { // GSM: unknown subscriber (3GPP TS 29.002 §17.6.6)
			out.Reason = NumberUnknown
		}
	case smpp.StateRejected:
		out.State, out.Reason = Undelivered, Blocked
	case smpp.Deleted:
		out.State, out.Reason = Undelivered, Other
	case smpp.StateUnknown:
		out.State = Unknown
	default:
		out.State = Buffered
	}
	if r.Interim && out.State != Delivered {
		out.State, out.Reason = Buffered, ""
	}
	return out
}
