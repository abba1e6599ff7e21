package sms_test

import (
	"encoding/hex"
	"fmt"
	"testing"

	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/delivery/sms/smpp"
	"unoxuno/internal/delivery/sms/smstest"
)

func TestReceipts(t *testing.T) {
	centre := smstest.Start(t, smstest.Options{HexIDs: true})
	p := newPost()
	g := running(t, centre.URL("ids=hex"), sms.Setup{Handler: p})
	ids, err := g.Send(t.Context(), to(t, "x"))
	if err != nil || ids[0] != "43969" { // 0xABC1
		t.Fatalf("%v, %v", ids, err)
	}
	p.fail = 1
	text := "id:0000043969 sub:001 dlvrd:001 submit date:2611221201 done date:2611221202 stat:%s err:%s text:id:7 stat:DELIVRD"
	centre.Deliver(map[string]any{"esm_class": 4, "text": fmt.Sprintf(text, "DELIVRD", "000")})
	if a := centre.Next("deliver_sm_resp"); smpp.Status(a.Status) != smpp.TryAgain {
		t.Errorf("a receipt that was not taken was answered %v", smpp.Status(a.Status))
	}
	for _, c := range []struct {
		pdu  map[string]any
		want sms.Receipt
	}{
		{map[string]any{"text": fmt.Sprintf(text, "DELIVRD", "000")}, sms.Receipt{ID: "43969", State: sms.Delivered, Code: "000"}},
		{map[string]any{"text": fmt.Sprintf(text, "EXPIRED", "069")}, sms.Receipt{ID: "43969", State: sms.Undelivered, Reason: sms.PhoneOff, Code: "069"}},
		{map[string]any{"text": fmt.Sprintf(text, "ACCEPTD", "x;y")}, sms.Receipt{ID: "43969", State: sms.Buffered}},
		{map[string]any{"text": "", "receipted_message_id": "nobody", "message_state": 8}, sms.Receipt{ID: "nobody", State: sms.Undelivered, Reason: sms.Blocked}},
		{map[string]any{"text": "", "receipted_message_id": "43969", "message_state": 5, "esm_class": 0x20}, sms.Receipt{ID: "43969", State: sms.Buffered}},
	} {
		if c.pdu["esm_class"] == nil {
			c.pdu["esm_class"] = 4
		}
		centre.Deliver(c.pdu)
		if a := centre.Next("deliver_sm_resp"); a.Status != 0 {
			t.Errorf("answered %v", smpp.Status(a.Status))
		}
		if got := next(t, p.receipts); got != c.want {
			t.Errorf("%+v, want %+v", got, c.want)
		}
	}
	centre.Deliver(map[string]any{"esm_class": 4, "text": "no receipt at all"})
	if a := centre.Next("deliver_sm_resp"); a.Status != 0 || len(p.receipts) != 0 {
		t.Error("what says nothing is acknowledged, and not handed on")
	}
}

func TestInbound(t *testing.T) {
	centre := smstest.Start(t, smstest.Options{})
	p := newPost()
	running(t, centre.URL(""), sms.Setup{Handler: p})
	centre.Next("bind")
	for name, c := range map[string]struct {
		pdu  map[string]any
		from string
		text string
	}{
		"international": {map[string]any{"source_addr": "393331234567", "source_addr_ton": 1, "text": "Perché no"}, "+393331234567", "Perché no"},
		"national":      {map[string]any{"source_addr": "3931234567", "source_addr_ton": 2, "text": "x"}, "+393931234567", "x"},
		"unknown type":  {map[string]any{"source_addr": "393331234567", "text": "x"}, "+393331234567", "x"},
		"UCS-2":         {map[string]any{"source_addr": "+393331234567", "data_coding": 8, "text_hex": "00d83cdf89"}, "+393331234567", "Ø㳟\uFFFD"},
		"emoji":         {map[string]any{"source_addr": "+393331234567", "data_coding": 8, "text_hex": "d83cdf89"}, "+393331234567", "🎉"},
		"Latin-1":       {map[string]any{"source_addr": "+393331234567", "data_coding": 3, "text_hex": "cc74"}, "+393331234567", "Ìt"},
		"ASCII":         {map[string]any{"source_addr": "+393331234567", "data_coding": 1, "text_hex": "40245f"}, "+393331234567", "@$_"},
		"octets":        {map[string]any{"source_addr": "+393331234567", "data_coding": 4, "text_hex": "cc74"}, "+393331234567", ""},
	} {
		c.pdu["destination_addr"] = "48100"
		centre.Deliver(c.pdu)
		if m := next(t, p.inbound); m.From.String() != c.from || m.Text != c.text || m.To != "48100" || m.Incomplete {
			t.Errorf("%s: %+v", name, m)
		}
	}
	centre.Deliver(map[string]any{"source_addr": "Pubblicita", "source_addr_ton": 5, "text": "x"})
	for range 9 {
		if a := centre.Next("deliver_sm_resp"); a.Status != 0 {
			t.Errorf("answered %v", smpp.Status(a.Status))
		}
	}
	if len(p.inbound) != 0 {
		t.Error("a message from no number was handed on")
	}
}

// part is a part of a long inbound message.
func part(reference, n, total int, text string) map[string]any {
	octets, err := sms.Encode(text, sms.GSM7)
	if err != nil {
		panic(err)
	}
	return map[string]any{
		"source_addr": "393331234567", "source_addr_ton": 1, "esm_class": 0x40,
		"text_hex": fmt.Sprintf("050003%02x%02x%02x", reference, total, n) + hex.EncodeToString(octets),
	}
}

func TestLongInboundMessagesAreJoined(t *testing.T) {
	centre := smstest.Start(t, smstest.Options{})
	p := newPost()
	g := running(t, centre.URL(""), sms.Setup{Handler: p})
	centre.Next("bind")
	bring := func(pdu map[string]any) smpp.Status {
		centre.Deliver(pdu)
		return smpp.Status(centre.Next("deliver_sm_resp").Status)
	}
	for _, pdu := range []map[string]any{part(7, 3, 3, "rza"), part(7, 1, 3, "pri"), part(7, 1, 3, "pri"), part(9, 1, 2, "altro {"), part(7, 2, 3, "ma te")} {
		if got := bring(pdu); got != smpp.OK {
			t.Error(got)
		}
	}
	if m := next(t, p.inbound); m.Text != "prima terza" || m.Incomplete {
		t.Errorf("%+v", m)
	}
	bring(part(7, 2, 3, "ma te")) // comes again: the centre did not see our answer
	p.mu.Lock()
	p.fail = 1
	p.mu.Unlock()
	if got := bring(part(9, 2, 2, "fine")); got != smpp.TryAgain {
		t.Errorf("not taken, answered %v", got)
	}
	bring(part(9, 2, 2, "fine"))
	if m := next(t, p.inbound); m.Text != "altro {fine" {
		t.Errorf("%+v", m)
	}
	bring(part(11, 1, 2, "STOP e poi"))
	bring(part(11, 1, 2, "un altro")) // the same name, another message
	if m := next(t, p.inbound); m.Text != "STOP e poi" || !m.Incomplete {
		t.Errorf("%+v", m)
	}
	sar := map[string]any{"source_addr": "393331234567", "sar_msg_ref_num": 5, "sar_total_segments": 2, "sar_segment_seqnum": 2, "text": " e sera"}
	bring(sar)
	sar["sar_segment_seqnum"], sar["text"] = 1, "mattina"
	bring(sar)
	if m := next(t, p.inbound); m.Text != "mattina e sera" {
		t.Errorf("%+v", m)
	}
	g.Close()
	if m := next(t, p.inbound); m.Text != "un altro" || !m.Incomplete {
		t.Errorf("at the end: %+v", m)
	}
	if len(p.inbound) != 0 {
		t.Errorf("too much: %+v", <-p.inbound)
	}
	centre.Next("unbind")
}

func TestPackedAlphabet(t *testing.T) {
	centre := smstest.Start(t, smstest.Options{})
	p := newPost()
	running(t, centre.URL("alphabet=packed"), sms.Setup{Handler: p})
	centre.Next("bind")
	centre.Deliver(map[string]any{"source_addr": "393331234567", "text_hex": "e8329bfd4697d9ec37"})
	if m := next(t, p.inbound); m.Text != "hellohello" {
		t.Errorf("%+v", m)
	}
}
