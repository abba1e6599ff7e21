package smpp

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"
)

func TestPDUsComeBackAsTheyWent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var wire []byte
		var sent []PDU
		for range rapid.IntRange(0, 5).Draw(t, "n") {
			p := PDU{
				Command: Command(rapid.Uint32().Draw(t, "command")), Status: Status(rapid.Uint32().Draw(t, "status")),
				Sequence: rapid.Uint32().Draw(t, "sequence"), Body: rapid.SliceOfN(rapid.Byte(), 0, 400).Draw(t, "body"),
			}
			sent = append(sent, p)
			wire = p.Append(wire)
		}
		r := iotest.OneByteReader(bytes.NewReader(wire))
		for _, want := range sent {
			got, err := ReadPDU(r)
			if err != nil || got.Command != want.Command || got.Status != want.Status || got.Sequence != want.Sequence || !bytes.Equal(got.Body, want.Body) {
				t.Fatalf("%+v, %v; want %+v", got, err, want)
			}
		}
		if _, err := ReadPDU(r); !errors.Is(err, io.EOF) {
			t.Fatalf("at the end: %v", err)
		}
	})
}

func TestWhatIsCutOff(t *testing.T) {
	whole := PDU{Command: EnquireLink, Sequence: 1, Body: []byte("abc")}.Append(nil)
	for n := 1; n < len(whole); n++ {
		_, err := ReadPDU(bytes.NewReader(whole[:n]))
		var bad *ProtocolError
		if !errors.As(err, &bad) {
			t.Errorf("after %d octets: %v", n, err)
		}
	}
}

// delivered is a deliver_sm as the specification has it, and what a body lacks at each place.
func TestADeliverIsReadOrRefused(t *testing.T) {
	var b []byte
	b = appendText(b, "CMT")
	b = appendText(append(b, 1, 1), "393331234567")
	b = appendText(append(b, 3, 0), "48100")
	b = append(b, ClassUDHI, 0, 0)
	b = appendText(appendText(b, ""), "")
	b = append(b, 0, 0, 8, 0, 4, 'c', 'i', 'a', 'o')
	without := len(b)
	b = appendTLV(b, TagMessageState, []byte{2})
	d, err := ParseDeliver(b)
	if err != nil || d.Source != (Address{1, 1, "393331234567"}) || d.Dest != (Address{3, 0, "48100"}) || !d.HasHeader() ||
		d.Coding != 8 || string(d.Text) != "ciao" || !bytes.Equal(d.Options[TagMessageState], []byte{2}) {
		t.Fatalf("%+v, %v", d, err)
	}
	for n := range b {
		if _, err := ParseDeliver(b[:n]); (err == nil) != (n == without) {
			t.Errorf("the first %d octets: %v", n, err)
		}
	}
	payload := appendTLV(append([]byte{}, b[:without-5]...), TagPayload, []byte("lungo"))
	payload = append(payload[:without-5], append([]byte{0}, payload[without-5:]...)...)
	if d, err := ParseDeliver(payload); err != nil || string(d.Text) != "lungo" {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestReceiptTexts(t *testing.T) {
	for text, want := range map[string]Receipt{
		"id:123 sub:001 dlvrd:001 submit date:0801311200 done date:0801311203 stat:DELIVRD err:000 text:Lorem": {ID: "123", State: Delivered, Code: "000"},
		"ID:a-b-c STAT:undeliv ERR:1A":              {ID: "a-b-c", State: Undeliverable, Code: "1A"},
		"stat:EXPIRED id:9 text:id:10 stat:DELIVRD": {ID: "9", State: Expired},
		"id:9 stat:WHATEVER err:a b":                {ID: "9", Code: "a"},
		"":                                          {},
		"id: stat: err: :::":                        {},
		"id:" + strings.Repeat("x", 300) + " stat:REJECTD": {State: StateRejected},
	} {
		if got := ParseReceiptText(text); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
	gsm := Deliver{Class: 4, Text: []byte("id:1 stat:DELIVRD err:5"), Options: map[Tag][]byte{
		TagMessageState: {5}, TagNetworkError: {3, 0, 1}, TagReceiptedMessageID: []byte("two\x00"),
	}}
	if r, ok, err := gsm.Receipt(); !ok || err != nil || r != (Receipt{ID: "two", State: Undeliverable, Network: 3, Code: "1"}) {
		t.Errorf("%+v, %v, %v", r, ok, err)
	}
}

func TestValidityAndLimitsOfASubmit(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "", time.Second: "000000000100000R", 90 * time.Minute: "000000013000000R", 49 * time.Hour: "000002010000000R", 1000 * time.Hour * 24: "000030000000000R",
	} {
		if got := relativeTime(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
	for name, m := range map[string]*Submit{
		"a NUL in an address": {Dest: Address{Text: "39\x00333"}}, "a long address": {Source: Address{Text: strings.Repeat("9", 21)}},
		"a long text": {Text: make([]byte, 1<<16)},
	} {
		var unfit *UnfitError
		if _, err := m.body(); !errors.As(err, &unfit) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzPDU reads whatever comes: nothing makes it panic, and what it read can be written again.
func FuzzPDU(f *testing.F) {
	for _, text := range []string{
		"00000010000000150000000000000001", "ffffffff000000040000000000000001", "000000110000000500000000000000010",
		"0000003a0000000500000000000000010001013339330003003438313030004000000000000000080004636961" + "6f0427000102",
	} {
		octets, _ := hex.DecodeString(text[:len(text)/2*2])
		f.Add(octets)
	}
	f.Fuzz(func(t *testing.T, octets []byte) {
		r := bytes.NewReader(octets)
		for {
			p, err := ReadPDU(r)
			if err != nil {
				return
			}
			if again, err := ReadPDU(bytes.NewReader(p.Append(nil))); err != nil || !bytes.Equal(again.Body, p.Body) {
				t.Fatalf("%+v, again: %+v, %v", p, again, err)
			}
			_, _ = messageID(p.Body)
			_, _, _, _ = p.Command.String(), p.Status.String(), p.Command.Response(), p.Command.IsResponse()
			d, err := ParseDeliver(p.Body)
			if err != nil {
				continue
			}
			if len(d.Text) > len(p.Body) {
				t.Fatalf("a text of %d in %d", len(d.Text), len(p.Body))
			}
			if receipt, ok, err := d.Receipt(); ok && err == nil && (receipt.ID == "" || receipt.State == 0) {
				t.Fatalf("%+v", receipt)
			}
		}
	})
}
