package bounce

import (
	"bytes"
	"strings"
)

// mail is a parsed mail, as far as a report needs it.
type mail struct {
	header   header
	kind     string            // media type of the mail
	params   map[string]string // of the media type
	from     string            // address of From
	sender   string            // From and Sender, lower case
	subject  string            // decoded, lower case
	to       []string          // addresses of To and Delivered-To
	text     string            // readable text, without the returned message
	quoted   []byte            // the returned message, if it is in the text
	status   []string          // bodies of message/delivery-status
	feedback []string          // bodies of message/feedback-report
	receipts int               // number of message/disposition-notification parts
	reported []header          // headers of returned messages in parts
	inside   []byte            // the first message in a part, complete

	certificates string // daticert.xml of certified mail
	original     Original

	plain, html strings.Builder
	parts       int
	depth       int // 1 if a notification quotes this mail
}

// readMail parses a mail.
func readMail(raw []byte, depth int) *mail {
	m := &mail{depth: depth}
	var body []byte
	m.header, body = readHeader(bytes.TrimLeft(raw, " \t\r\n"))
	sender := m.header.text("from")
	if from := addressesIn(sender); len(from) > 0 {
		m.from = from[len(from)-1]
	}
	m.sender = strings.ToLower(sender + "\n" + m.header.get("sender"))
	m.subject = strings.ToLower(strings.TrimSpace(m.header.text("subject")))
	m.to = append(addressesIn(m.header.get("to")), addressesIn(m.header.get("delivered-to"))...)
	m.kind, m.params = mediaType(m.header.get("content-type"))
	m.walk(m.header, body, 0)
	text := m.plain.String()
	if strings.TrimSpace(text) == "" {
		text = textOf(m.html.String())
	}
	human, returned := cutReturned(text)
	m.text, m.quoted = human, []byte(returned)
	m.findOriginal()
	return m
}

// walk reads a part and the parts inside it.
func (m *mail) walk(h header, body []byte, depth int) {
	if m.parts++; m.parts > maxParts || depth > maxDepth {
		return
	}
	kind, params := mediaType(h.get("content-type"))
	encoded := h.get("content-transfer-encoding")
	switch {
	case strings.HasPrefix(kind, "multipart/"):
		m.walkParts(params["boundary"], body, depth)
	case kind == "message/delivery-status" || kind == "message/global-delivery-status":
		m.status = append(m.status, statusText(h, decodeTransfer(body, encoded, maxStatus)))
	case kind == "message/feedback-report":
		m.feedback = append(m.feedback, string(decodeTransfer(body, encoded, maxStatus)))
	case kind == "message/disposition-notification":
		m.receipts++
	case strings.HasPrefix(kind, "message/") || kind == "text/rfc822-headers":
		whole := decodeTransfer(body, encoded, MaxRead)
		returned, _ := readHeader(whole[:min(len(whole), maxText)])
		m.reported = append(m.reported, returned)
		if m.inside == nil {
			m.inside = whole
		}
	case strings.Contains(strings.ToLower(params["name"]+h.get("content-disposition")), "daticert.xml"):
		m.certificates = string(decodeTransfer(body, encoded, maxStatus))
	case kind == "text/html":
		appendText(&m.html, decodeCharset(decodeTransfer(body, encoded, maxText), params["charset"]))
	case kind == "" || strings.HasPrefix(kind, "text/") || !strings.Contains(kind, "/"):
		appendText(&m.plain, decodeCharset(decodeTransfer(body, encoded, maxText), params["charset"]))
	}
}

// walkParts looks at the parts of a multipart. One that has no parts is text, as some write it.
func (m *mail) walkParts(boundary string, body []byte, depth int) {
	preamble, parts := splitParts(body, boundary, maxParts)
	if len(parts) == 0 && boundary != "" {
		preamble, parts = splitParts(body, "", maxParts)
	}
	if len(parts) == 0 {
		appendText(&m.plain, decodeCharset(preamble[:min(len(preamble), maxText)], ""))
	}
	for _, part := range parts {
		h, inner := readHeader(part)
		m.walk(h, inner, depth+1)
	}
}

// statusText returns the body of a delivery status. If the blank line after the part's header is missing, the first
// group of fields is in the header.
func statusText(h header, body []byte) string {
	var b strings.Builder
	for _, f := range h {
		if !strings.HasPrefix(f.name, "content-") {
			b.WriteString(f.name + ": " + f.value + "\n")
		}
	}
	b.WriteString("\n" + decodeCharset(body, ""))
	return b.String()
}

// appendText appends what fits.
func appendText(b *strings.Builder, text string) {
	if room := maxText - b.Len(); room > 0 {
		b.WriteString(strings.ToValidUTF8(text[:min(len(text), room)], ""))
		b.WriteByte('\n')
	}
}

// findOriginal reads the header of the returned message.
func (m *mail) findOriginal() {
	returned := m.reported
	if len(m.quoted) > 0 {
		quoted, _ := readHeader(bytes.TrimLeft(m.quoted, "\r\n"))
		returned = append(returned, quoted)
	}
	for _, h := range returned {
		set(&m.original.MessageID, strings.Trim(h.get("message-id"), "<> "))
		set(&m.original.ReturnPath, strings.Trim(h.get("return-path"), "<> "))
		set(&m.original.ListUnsubscribe, h.get("list-unsubscribe"))
		set(&m.original.FeedbackID, h.get("feedback-id"))
		for _, name := range []string{"to", "apparently-to", "x-envelope-to"} {
			if to := addressesIn(h.text(name)); len(to) > 0 {
				set(&m.original.To, to[0])
			}
		}
	}
}

func set(field *string, value string) {
	if *field == "" {
		*field = value
	}
}

// fromMachine tells whether a mail system is the sender: by its name, or by the empty envelope sender that a
// notification must have (RFC 5321 §4.5.5). Automatic answers have that too.
func (m *mail) fromMachine() bool {
	return m.daemon() || m.nullSender()
}

// daemon tells whether the From field names a mail system, or a postmaster.
func (m *mail) daemon() bool { return m.named(daemonNames) || m.named(postmasterNames) }

func (m *mail) named(names []string) bool { return matchAny(names, m.sender) }

func (m *mail) nullSender() bool {
	path := strings.ToLower(strings.TrimSpace(m.header.get("return-path")))
	return path == "<>" || strings.Contains(path, "mailer-daemon") || strings.Contains(path, "double-bounce")
}

// failedRecipients returns the addresses in X-Failed-Recipients, which Exim and Gmail write.
func (m *mail) failedRecipients() []string {
	return addressesIn(m.header.get("x-failed-recipients"))
}
