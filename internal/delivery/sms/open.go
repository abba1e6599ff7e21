package sms

import (
	"crypto/tls"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
)

// Open makes the gateway that the configuration names:
//
//	smpp://user:password@host[:2775]?…     SMPP 3.4
//	smpps://user:password@host[:3550]?…    SMPP 3.4 over TLS
//	kannel+http://user:password@host[:13013][/cgi-bin/sendsms]?…
//	kannel+https://…                       Kannel's sendsms, at port 443
//	http://[user:password@]host/path?…     the interface of any provider, as Setup.Template says; the query is the
//	https://…                              provider's, with the same holes, and user and password are for Basic
//	                                       authentication; options of ours stand in the fragment: https://…#source=Comune
//
// Options, in the query or the fragment, all optional:
//
//	source=Comune       the sender: a name, a short code or a number (a literal + is written %2B)
//	rate=20             messages a second at most, each part counted (SMPP) or each text (HTTP)
//	country=39          the prefix of inbound numbers that come without one
//
// of SMPP alone:
//
//	system_type=…       as the provider says
//	window=10           messages that may wait for their answer at once
//	long=parts          how texts longer than a message travel: in parts (the default), or whole (payload)
//	alphabet=octets     how GSM 03.38 is written: an octet for a character (the default), or packed
//	ids=hex             the answer to a message names it in hexadecimal, its receipt in decimal
//	receipts=no         do not ask for delivery receipts
//
// and of Kannel alone:
//
//	smsc=…              the connection of Kannel's that is to be used
//
// The empty text is a gateway that can never be reached. Open fails with a fault and connects to nothing.
func Open(text string, s Setup) (Gateway, error) {
	s = s.filled()
	if text == "" {
		return &nowhere{}, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Opaque != "" {
		return nil, fault.Invalid("delivery.sms.url") // the cause would quote the password
	}
	switch u.Scheme {
	case "smpp", "smpps":
		return openCentre(u, s)
	case "kannel+http", "kannel+https":
		return openKannel(u, s)
	case "http", "https":
		return openTemplate(u, s)
	}
	return nil, fault.Invalid("delivery.sms.url")
}

func (s Setup) filled() Setup {
	if s.Clock == nil {
		s.Clock = clock.System{}
	}
	if s.Cool <= 0 {
		s.Cool = 5 * time.Second
	}
	if s.Slow <= 0 {
		s.Slow = time.Second
	}
	if s.Timeouts == (Timeouts{}) {
		s.Timeouts = DefaultTimeouts()
	}
	if s.TLS == nil {
		s.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return s
}

// common are the options that every gateway has.
type common struct {
	source  Sender
	rate    float64
	country string
}

// options reads name=value pairs; the first fault counts.
type options struct {
	values url.Values
	err    error
}

// readOptions reads options of which known are the names.
func readOptions(query string, known ...string) *options {
	values, err := url.ParseQuery(query)
	o := &options{values: values}
	if err != nil {
		o.err = fault.Invalid("delivery.sms.url")
	}
	known = append(known, "source", "rate", "country")
	for name, v := range values {
		if !slices.Contains(known, name) || len(v) > 1 {
			o.bad(name)
		}
	}
	return o
}

func (o *options) bad(name string) {
	if o.err == nil {
		o.err = fault.Invalid("delivery.sms.option", "Name", name)
	}
}

func (o *options) common() common {
	c := common{country: "39"}
	source, err := ParseSender(o.values.Get("source"))
	if err != nil && o.err == nil {
		o.err = err
	}
	c.source = source
	if v := o.values.Get("rate"); v != "" {
		if c.rate, err = strconv.ParseFloat(v, 64); err != nil || !(c.rate > 0 && c.rate <= 1e6) {
			o.bad("rate")
		}
	}
	if v := strings.TrimPrefix(o.values.Get("country"), "+"); v != "" {
		if c.country = v; !allDigits(v) || len(v) > 3 {
			o.bad("country")
		}
	}
	return c
}

// choice is whether the option has the second of two values; the first is what it has when it is not there.
func (o *options) choice(name, usual, other string) bool {
	switch v := o.values.Get(name); v {
	case "", usual:
		return false
	case other:
		return true
	}
	o.bad(name)
	return false
}

// number is the option's value, from 1 to most, or 0 when it is not there.
func (o *options) number(name string, most int) int {
	v := o.values.Get(name)
	if v == "" {
		return 0
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > most {
		o.bad(name)
	}
	return n
}

// hostPort is the address of u, with the port that it has by default.
func hostPort(u *url.URL, port string) string {
	if p := u.Port(); p != "" {
		port = p
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// numberFrom reads the number of who wrote to us, as networks write it: with or without "+" or "00", or in the form of the
// country.
func numberFrom(text, country string, international bool) (Number, error) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "+") || strings.HasPrefix(text, "00") {
		return ParseNumber(text)
	}
	// No national number is as long as eleven digits where the prefix is one to three.
	if international || len(text) > 10 && strings.HasPrefix(text, country) {
		return ParseNumber("+" + text)
	}
	return ParseNumber("+" + country + text)
}
