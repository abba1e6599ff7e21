package deliverytest

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/textproto"
	"strings"
	"time"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/mail"
)

// Mail is a mail that was caught.
type Mail struct {
	ID       int    // counts the mails of one Sink from 1
	From, To string // of the envelope
	Received time.Time
	Data     []byte // as it came, line ends CRLF
}

// Header is the decoded value of the named header, "" when the mail has none or cannot be read.
func (m Mail) Header(name string) string {
	e, err := message.Read(bytes.NewReader(m.Data))
	if e == nil || err != nil && !message.IsUnknownCharset(err) {
		return ""
	}
	value, err := e.Header.Text(name)
	if err != nil {
		return e.Header.Get(name)
	}
	return value
}

// HeaderNames are the names of all headers, in canonical form and in order.
func (m Mail) HeaderNames() []string {
	e, err := message.Read(bytes.NewReader(m.Data))
	if e == nil || err != nil {
		return nil
	}
	var names []string
	for fields := e.Header.Fields(); fields.Next(); {
		names = append(names, textproto.CanonicalMIMEHeaderKey(fields.Key()))
	}
	return names
}

// Subject is the decoded subject.
func (m Mail) Subject() string { return m.Header("Subject") }

// Text is the plain reading of the mail, line ends LF.
func (m Mail) Text() string { return m.part("text/plain") }

// HTML is the HTML reading of the mail, "" when it has none.
func (m Mail) HTML() string { return m.part("text/html") }

func (m Mail) part(kind string) string {
	r, err := mail.CreateReader(bytes.NewReader(m.Data))
	if err != nil {
		return ""
	}
	for {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) || err != nil {
			return ""
		}
		if got, _, err := mime.ParseMediaType(p.Header.Get("Content-Type")); err != nil || got != kind {
			continue
		}
		body, err := io.ReadAll(p.Body)
		if err != nil {
			return ""
		}
		return strings.ReplaceAll(string(body), "\r\n", "\n")
	}
}
