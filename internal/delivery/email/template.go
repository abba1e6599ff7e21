package email

import (
	"strings"
	"sync/atomic"
	"time"

	"unoxuno/internal/fault"
)

// Segment is a stretch of text that is the same for all, and the number of the hole that follows it.
type Segment struct {
	Literal string
	Hole    int // index into Filling.Values; 0: none
}

// Part is one reading of a message, text or HTML, cut at its holes.
type Part []Segment

// ListID names a list for ever (RFC 2919): `Name <ID>`, ID being like a host name, "slug.town-domain".
type ListID struct{ Name, ID string }

// Message is what is said to everybody, before it is compiled.
type Message struct {
	From       Mailbox
	ReplyTo    Mailbox // may be zero
	Subject    string
	Language   string // as in "it"
	ListID     ListID // may be zero
	FeedbackID string // issue:newsletter:kind:SenderId, as the big receivers group complaints; may be empty
	Bulk       bool   // Precedence: bulk, which keeps holiday answers away
	Auto       bool   // Auto-Submitted: auto-generated (RFC 3834 §5), for confirmations and receipts
	Text       Part
	HTML       Part // may be empty
}

// Unsubscribe is how one person leaves: what List-Unsubscribe says (RFC 2369, RFC 8058).
type Unsubscribe struct {
	URL    string // https, answers a POST at once
	Mailto string // mailto:…; may be empty
}

// Filling is what differs from one message to the next.
type Filling struct {
	To          Path
	ToName      string // may be empty
	Date        time.Time
	MessageID   string // without angle brackets
	Unsubscribe Unsubscribe
	Values      []string // by hole number, plain text: an HTML part escapes them. Values[0] is not used.
}

// piece is a stretch of body as it goes over the wire and the hole that follows it.
type piece struct {
	literal []byte
	blank   string // stands before the hole's value, unless that is empty
	hole    int
	html    bool
}

// Template is a compiled message. It never changes and may be used from many goroutines.
type Template struct {
	header []byte
	body   []piece
	size   int
	sender string                  // the domain of From
	date   atomic.Pointer[written] // the date written last
}

// boundary parts the body. It can never occur in the parts, where "=" is always followed by a digit of the hexadecimal
// system or a line break: RFC 2045 §6.7 recommends this very choice.
const boundary = "=_alternative"

// Compile writes what is the same in every message. It refuses with a fault a sender, a list name or a language that
// cannot stand in a header.
func Compile(m Message) (*Template, error) {
	t := &Template{}
	if err := t.compileHeader(m); err != nil {
		return nil, err
	}
	text := "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
	if len(m.HTML) == 0 {
		t.literal(text)
		t.compilePart(m.Text, false)
		t.literal("\r\n")
		return t.measured(), nil
	}
	html := strings.Replace(text, "plain", "html", 1)
	t.literal("Content-Type: multipart/alternative;\r\n boundary=\"" + boundary + "\"\r\n\r\n")
	t.literal("--" + boundary + "\r\n" + text)
	t.compilePart(m.Text, false)
	t.literal("\r\n--" + boundary + "\r\n" + html)
	t.compilePart(m.HTML, true)
	t.literal("\r\n--" + boundary + "--\r\n")
	return t.measured(), nil
}

func (t *Template) compileHeader(m Message) error {
	from, err := ParsePath(m.From.Address)
	if err != nil {
		return fault.Invalid("delivery.message.from").Because(err)
	}
	t.sender = from.Domain()
	h := appendMailbox(nil, "From", m.From.Name, from)
	if m.ReplyTo != (Mailbox{}) {
		replyTo, err := ParsePath(m.ReplyTo.Address)
		if err != nil {
			return fault.Invalid("delivery.message.reply_to").Because(err)
		}
		h = appendMailbox(h, "Reply-To", m.ReplyTo.Name, replyTo)
	}
	h = appendText(h, "Subject", m.Subject)
	for _, f := range []struct{ name, value string }{{"Content-Language", m.Language}, {"Feedback-ID", m.FeedbackID}} {
		switch {
		case f.value == "":
		case !isToken(f.value):
			return fault.Invalid("delivery.message.header", "Name", f.name)
		default:
			h = append(h, f.name+": "+f.value+"\r\n"...)
		}
	}
	if m.ListID != (ListID{}) {
		if !isToken(m.ListID.ID) {
			return fault.Invalid("delivery.message.header", "Name", "List-Id")
		}
		h = appendNamed(append(h, "List-Id: "...), m.ListID.Name, m.ListID.ID, len("List-Id: "))
	}
	if m.Bulk {
		h = append(h, "Precedence: bulk\r\n"...)
	}
	if m.Auto {
		h = append(h, "Auto-Submitted: auto-generated\r\n"...)
	}
	h = append(h, "MIME-Version: 1.0\r\n"...)
	t.header = h
	return nil
}

// literal appends what goes over the wire as it is.
func (t *Template) literal(text string) {
	if n := len(t.body); n > 0 && t.body[n-1].hole == 0 {
		t.body[n-1].literal = append(t.body[n-1].literal, text...)
		return
	}
	t.body = append(t.body, piece{literal: []byte(text)})
}

// compilePart appends a part. Every literal starts at the left margin: before and after a hole the line is broken
// softly, so what is compiled never depends on how long a value is.
func (t *Template) compilePart(part Part, html bool) {
	var text strings.Builder
	for _, s := range part {
		text.WriteString(s.Literal)
		if s.Hole <= 0 {
			continue
		}
		whole := text.String()
		kept := strings.TrimRight(whole, " ")
		line, col := appendQuoted(nil, kept, 0)
		if col > 0 {
			line = append(line, softBreak...)
		}
		t.literal(string(line))
		last := &t.body[len(t.body)-1]
		last.blank, last.hole, last.html = whole[len(kept):], s.Hole, html
		text.Reset()
	}
	line, _ := appendQuoted(nil, text.String(), 0)
	t.literal(string(line))
}

func (t *Template) measured() *Template {
	t.size = len(t.header)
	for _, p := range t.body {
		t.size += len(p.literal)
	}
	return t
}

// Sender is the domain of the message's From, with which signatures are to be aligned (RFC 7489 §3.1).
func (t *Template) Sender() string { return t.sender }

// Size is the length in bytes of a message before its holes are filled.
func (t *Template) Size() int { return t.size }

// dateFormat is that of RFC 5322 §3.3.
const dateFormat = "Mon, 02 Jan 2006 15:04:05 -0700"

// Append writes one person's message to dst and returns it: all ASCII, its lines ended by CRLF, none of them begun by a
// dot. A value that is empty takes the blanks right before its
// hole with it: "Ciao Maria," is "Ciao," for who did not say her name.
func (t *Template) Append(dst []byte, f *Filling) []byte {
	dst = appendMailbox(dst, "To", f.ToName, f.To)
	dst = t.appendDate(append(dst, "Date: "...), f.Date)
	dst = append(dst, "\r\nMessage-ID: <"...)
	dst = append(dst, f.MessageID...)
	dst = append(dst, ">\r\n"...)
	dst = appendUnsubscribe(dst, f.Unsubscribe)
	dst = append(dst, t.header...)
	for i := range t.body {
		p := &t.body[i]
		dst = append(dst, p.literal...)
		if p.hole > 0 && p.hole < len(f.Values) && f.Values[p.hole] != "" {
			dst = p.fill(dst, f.Values[p.hole])
		}
	}
	return dst
}

// written is a date as it stands in a header.
type written struct {
	second int64
	zone   *time.Location
	text   []byte
}

// appendDate appends a date; it is written out anew only when the second has passed.
func (t *Template) appendDate(dst []byte, date time.Time) []byte {
	last := t.date.Load()
	if last == nil || last.second != date.Unix() || last.zone != date.Location() {
		last = &written{date.Unix(), date.Location(), date.AppendFormat(nil, dateFormat)}
		t.date.Store(last)
	}
	return append(dst, last.text...)
}

func (p *piece) fill(dst []byte, value string) []byte {
	if p.html {
		value = escapeHTML(value)
	}
	col := 0
	if c := value[0]; len(p.blank) > maxQuotedLine || c == '\n' || c == '\r' {
		value = p.blank + value // such blanks do not stay as they are
	} else {
		dst, col = append(dst, p.blank...), len(p.blank)
	}
	dst, col = appendQuoted(dst, value, col)
	if col > 0 {
		dst = append(dst, softBreak...)
	}
	return dst
}

// appendUnsubscribe writes List-Unsubscribe on one line, since folding it broke signatures at one provider, unless that
// line would be longer than SMTP allows. RFC 8058 §3.1 wants List-Unsubscribe-Post beside an https address.
func appendUnsubscribe(dst []byte, u Unsubscribe) []byte {
	const name = "List-Unsubscribe: "
	hasURL, hasMailto := isURI(u.URL), isURI(u.Mailto)
	if !hasURL && !hasMailto {
		return dst
	}
	dst = append(dst, name...)
	if hasURL {
		dst = append(append(append(dst, '<'), u.URL...), '>')
	}
	if hasURL && hasMailto {
		dst = append(dst, ',')
		if len(name)+len(u.URL)+len(u.Mailto)+len("<>, <>") > maxRawLine {
			dst = append(dst, '\r', '\n')
		}
		dst = append(dst, ' ')
	}
	if hasMailto {
		dst = append(append(append(dst, '<'), u.Mailto...), '>')
	}
	dst = append(dst, "\r\n"...)
	if hasURL {
		dst = append(dst, "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"...)
	}
	return dst
}

// isURI tells whether s can stand within angle brackets on one line.
func isURI(s string) bool {
	return len(s) <= maxRawLine-len(" <>,") && isToken(s)
}
