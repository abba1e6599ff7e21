package smpp

import (
	"strconv"
	"strings"
)

// MessageState is a message_state (§5.2.28).
type MessageState byte

// The states there are.
const (
	Enroute       MessageState = 1
	Delivered     MessageState = 2
	Expired       MessageState = 3
	Deleted       MessageState = 4
	Undeliverable MessageState = 5
	Accepted      MessageState = 6
	StateUnknown  MessageState = 7
	StateRejected MessageState = 8
)

// Receipt is what the centre tells of a message.
type Receipt struct {
	ID      string // the message's, as the centre writes it here: not always as it wrote it in submit_sm_resp
	State   MessageState
	Code    string // the network's error code, as it is written; at most 8 characters
	Interim bool   // an intermediate notification: there will be another
	Network byte   // of which kind of network the code is: 3 is GSM (§5.3.2.31); 0: not told
}

// Receipt reads the delivery receipt that d is; ok is false when it is none, and err says what a receipt lacks. The
// optional parameters are believed before the text (appendix B), which centres write each in their own way.
func (d *Deliver) Receipt() (r Receipt, ok bool, err error) {
	id, hasID := d.Options[TagReceiptedMessageID]
	kind := d.Class & classType
	if kind != classReceipt && kind != classInterim && !hasID {
		return Receipt{}, false, nil
	}
	r = ParseReceiptText(string(d.Text))
	r.Interim = kind == classInterim
	if s := strings.TrimRight(string(id), "\x00"); s != "" && len(s) < maxMessageID {
		r.ID = s
	}
	if v := d.Options[TagMessageState]; len(v) == 1 && v[0] >= byte(Enroute) && v[0] <= byte(StateRejected) {
		r.State = MessageState(v[0])
	}
	if v := d.Options[TagNetworkError]; len(v) == 3 {
		r.Network, r.Code = v[0], strconv.Itoa(int(v[1])<<8|int(v[2]))
	}
	if r.ID == "" || r.State == 0 {
		return r, true, problem("a receipt that does not say of which message, or what became of it")
	}
	return r, true, nil
}

// ParseReceiptText reads "id:… sub:… dlvrd:… submit date:… done date:… stat:… err:… text:…" (appendix B), in any order and
// case, up to the text, which is the message's own and may hold anything. What is not there is zero.
func ParseReceiptText(text string) Receipt {
	var r Receipt
	for _, field := range strings.Fields(text) {
		name, value, ok := strings.Cut(field, ":")
		if !ok {
			continue
		}
		switch strings.ToLower(name) {
		case "text":
			return r
		case "id":
			if len(value) < maxMessageID {
				r.ID = value
			}
		case "stat":
			r.State = stateNamed(value)
		case "err":
			r.Code = clean(value)
		}
	}
	return r
}

// clean is an error code of letters and digits, or nothing.
func clean(code string) string {
	for _, c := range []byte(code) {
		if c < '0' || c > '9' && c < 'A' || c > 'Z' && c < 'a' || c > 'z' {
			return ""
		}
	}
	return code[:min(len(code), 8)]
}

// stateNamed reads a state as appendix B abbreviates it, or in full.
func stateNamed(name string) MessageState {
	switch strings.ToUpper(name) {
	case "ENROUTE":
		return Enroute
	case "DELIVRD", "DELIVERED":
		return Delivered
	case "EXPIRED":
		return Expired
	case "DELETED":
		return Deleted
	case "UNDELIV", "UNDELIVERABLE":
		return Undeliverable
	case "ACCEPTD", "ACCEPTED":
		return Accepted
	case "UNKNOWN":
		return StateUnknown
	case "REJECTD", "REJECTED":
		return StateRejected
	}
	return 0
}
