package sms

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/encoding/charmap"

	"unoxuno/internal/delivery/sms/smpp"
	"unoxuno/internal/fault"
)

// kannel speaks sendsms, the HTTP interface of Kannel's smsbox (Kannel 1.4.5 User's Guide, "Using HTTP to send SMS").
//
// Kannel cuts long texts itself; its sendsms-user needs concatenation and a max-messages that is large enough, or texts
// are cut off in silence. Inbound messages come from a sms-service with
//
//	get-url = "<our address>?from=%p&to=%P&text=%b&charset=%C&coding=%c"
type kannel struct {
	endpoint string // without query
	values   url.Values
	callback string
	country  string
}

// Kinds of report of dlr-mask.
const (
	dlrDelivered   = 1
	dlrUndelivered = 2
	dlrBuffered    = 4
	dlrAccepted    = 8
	dlrRejected    = 16
	dlrWanted      = dlrDelivered | dlrUndelivered | dlrRejected
)

func openKannel(u *url.URL, s Setup) (Gateway, error) {
	o := readOptions(u.RawQuery, "smsc")
	c := o.common()
	if o.err != nil {
		return nil, o.err
	}
	k := &kannel{values: url.Values{}, callback: s.Callback, country: c.country}
	if u.User != nil {
		password, _ := u.User.Password()
		k.values.Set("username", u.User.Username())
		k.values.Set("password", password)
	}
	if v := o.values.Get("smsc"); v != "" {
		k.values.Set("smsc", v)
	}
	at := url.URL{Scheme: strings.TrimPrefix(u.Scheme, "kannel+"), Host: u.Host, Path: u.Path}
	if at.Path == "" || at.Path == "/" {
		at.Path = "/cgi-bin/sendsms"
	}
	if at.Scheme == "http" {
		at.Host = hostPort(u, "13013")
	}
	k.endpoint = at.String()
	return newWebGateway(&at, c, k, s, false), nil
}

func (k *kannel) secure() bool { return strings.HasPrefix(k.endpoint, "https:") }

func (k *kannel) request(ctx context.Context, m Message, from Sender) (*http.Request, error) {
	v := url.Values{}
	for name, value := range k.values {
		v[name] = value
	}
	v.Set("to", m.To.String())
	v.Set("text", m.Text)
	v.Set("charset", "UTF-8")
	v.Set("coding", "0")
	if EncodingOf(m.Text) == UCS2 {
		v.Set("coding", "2")
	}
	if from.kind != noSender {
		v.Set("from", from.String())
	}
	if m.Validity > 0 {
		v.Set("validity", strconv.Itoa(int((m.Validity+time.Minute-1)/time.Minute)))
	}
	if k.callback != "" && m.Reference != "" {
		v.Set("dlr-mask", strconv.Itoa(dlrWanted))
		v.Set("dlr-url", k.dlrURL(m.Reference))
	}
	return http.NewRequestWithContext(ctx, http.MethodGet, k.endpoint+"?"+v.Encode(), nil)
}

// dlrURL is the address that Kannel asks for when it has a report. A "%" of ours is doubled: Kannel replaces %d by the
// kind of report, and %A by what the network said.
func (k *kannel) dlrURL(reference string) string {
	separator := "?"
	if strings.Contains(k.callback, "?") {
		separator = "&"
	}
	ours := k.callback + separator + "reference=" + url.QueryEscape(reference)
	return strings.ReplaceAll(ours, "%", "%%") + "&kind=%d&reply=%A"
}

// answer reads what sendsms says: 202 with "0: Accepted for delivery" or "3: Queued for later delivery", else the
// reason why not.
func (k *kannel) answer(status int, body string, m Message) (string, error) {
	lower := strings.ToLower(body)
	switch {
	case status == http.StatusAccepted && (strings.HasPrefix(body, "0:") || strings.HasPrefix(body, "3:")):
		return m.Reference, nil
	case status != http.StatusAccepted && strings.Contains(lower, "denied"):
		return "", &Permanent{Code: status, Reason: Blocked} // its lists of numbers
	case status == http.StatusForbidden:
		return "", &Unreachable{Trouble: "Kannel refuses our user and password"}
	case status == http.StatusBadRequest && strings.Contains(lower, "receiver"):
		return "", &Permanent{Code: status, Reason: NumberMalformed}
	case status == http.StatusBadRequest && strings.Contains(lower, "sender"):
		return "", &Later{Code: status, Reason: SenderRefused}
	}
	return "", &Later{Code: status, Reason: Other}
}

// Receipt reads the report of which dlrURL is the address.
func (k *kannel) Receipt(r *http.Request) (Receipt, error) {
	q := r.URL.Query()
	out := Receipt{ID: q.Get("reference")}
	kind, err := strconv.Atoi(q.Get("kind"))
	if err != nil || out.ID == "" {
		return Receipt{}, fault.Invalid("delivery.sms.callback")
	}
	said := smpp.ParseReceiptText(q.Get("reply"))
	switch kind {
	case dlrDelivered:
		out.State = Delivered
	case dlrRejected:
		out.State, out.Reason = Undelivered, refusalIn(q.Get("reply"))
	case dlrUndelivered:
		out.State, out.Reason = Undelivered, Other
		if told := receiptOf(said); told.State == Undelivered {
			out.Reason = told.Reason
		}
	case dlrBuffered, dlrAccepted:
		out.State = Buffered
	default:
		return Receipt{}, fault.Invalid("delivery.sms.callback")
	}
	out.Code = said.Code
	return out, nil
}

// refusalIn is why a centre refused a message, in the words of Kannel's SMPP: "NACK/0x0000000b/Invalid Destination
// Address".
func refusalIn(reply string) Reason {
	if nack := strings.Split(reply, "/"); len(nack) > 1 && nack[0] == "NACK" {
		if status, err := strconv.ParseUint(nack[1], 0, 32); err == nil {
			var never *Permanent
			if errors.As(verdict(smpp.Status(status)), &never) {
				return never.Reason
			}
		}
	}
	return Other // it may have been the sender, or the centre: nothing to hold against the number
}

// Inbound reads the request of a sms-service.
func (k *kannel) Inbound(r *http.Request) (Inbound, error) {
	q := r.URL.Query()
	from, err := numberFrom(q.Get("from"), k.country, false)
	if err != nil {
		return Inbound{}, fault.Invalid("delivery.sms.callback")
	}
	text, err := readCharset(q.Get("charset"), q.Get("text"))
	if err != nil || q.Get("coding") == "1" { // octets, not a text
		return Inbound{}, fault.Invalid("delivery.sms.callback")
	}
	return Inbound{From: from, To: q.Get("to"), Text: text}, nil
}

// readCharset reads octets in the charset that Kannel names.
func readCharset(name, octets string) (string, error) {
	switch strings.ToUpper(name) {
	case "", "UTF-8", "GSM":
		return strings.ToValidUTF8(octets, "\uFFFD"), nil
	case "UTF-16BE", "UTF16-BE", "UCS-2":
		return Decode([]byte(octets), UCS2), nil
	case "ISO-8859-1", "LATIN1":
		return charmap.ISO8859_1.NewDecoder().String(octets)
	case "WINDOWS-1252":
		return charmap.Windows1252.NewDecoder().String(octets)
	}
	return "", fmt.Errorf("charset %q", name)
}
