package content

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Hole is a place in a compiled message that differs between recipients.
type Hole int

// The holes. HoleNone marks a segment without one.
const (
	HoleNone        Hole = iota
	HoleName             // name in the greeting; may be empty
	HoleWhy              // why she gets this: one true and specific sentence
	HoleOwnPage          // URL of her own page
	HoleUnsubscribe      // URL of the unsubscribe page
)

// firstPart is the first hole of a digest's parts. Each part has partHoles holes; the last of them is free for callers
// that fill a template without Fill.
const (
	firstPart Hole = 10
	partHoles Hole = 3
)

// PartHole is the hole, HoleWhy or HoleUnsubscribe, of a digest's n-th part, from 0.
func PartHole(n int, h Hole) Hole {
	h -= HoleWhy
	if h > 0 {
		h = 1
	}
	return firstPart + Hole(n)*partHoles + h
}

// part is of which part, and which hole of it, h is; false of the holes of the whole.
func (h Hole) part() (n int, of Hole, ok bool) {
	if h < firstPart {
		return 0, h, false
	}
	n, of = int((h-firstPart)/partHoles), HoleWhy
	if (h-firstPart)%partHoles > 0 {
		of = HoleUnsubscribe
	}
	return n, of, true
}

// IsWhy tells whether the hole is for a sentence that says why: in plain text it is broken into lines.
func (h Hole) IsWhy() bool {
	_, of, _ := h.part()
	return of == HoleWhy
}

// Values fill the holes of one message: plain text, and absolute URLs made by the program. Fill escapes them.
type Values struct {
	Name        string
	Why         string
	OwnPage     string
	Unsubscribe string
	Parts       []PartValues // of a digest
}

// PartValues are what the holes of one part of a digest are filled with.
type PartValues struct{ Why, Unsubscribe string }

// Format says how values are escaped.
type Format string

// The two forms of a message.
const (
	FormatHTML Format = "html"
	FormatText Format = "text"
)

// Segment is a part of the message that is the same for all, and the hole after it.
type Segment struct {
	Literal string `json:"literal"`
	Hole    Hole   `json:"hole,omitempty"`
}

// Template is a compiled body. Its JSON can be kept and filled by another node.
type Template struct {
	Format   Format    `json:"format"`
	Segments []Segment `json:"segments"`
}

// Size is the length in bytes of the body before its holes are filled.
func (t Template) Size() int {
	n := 0
	for _, s := range t.Segments {
		n += len(s.Literal)
	}
	return n
}

// Fill appends the body for one person to dst and returns it. Without a name, the blank before it is omitted too: "Ciao
// Maria," becomes "Ciao,".
func (t Template) Fill(dst []byte, values Values) []byte {
	for _, s := range t.Segments {
		dst = append(dst, s.Literal...)
		value := values.of(s.Hole)
		switch {
		case s.Hole == HoleName && value == "":
			dst = bytes.TrimRight(dst, " ")
		case t.Format == FormatHTML:
			dst = appendEscaped(dst, value)
		case s.Hole.IsWhy():
			dst = appendWrapped(dst, value)
		default:
			dst = append(dst, value...)
		}
	}
	return dst
}

func (v *Values) of(h Hole) string {
	if n, of, ok := h.part(); ok {
		if n >= len(v.Parts) {
			return ""
		}
		if of == HoleWhy {
			return v.Parts[n].Why
		}
		return v.Parts[n].Unsubscribe
	}
	switch h {
	case HoleName:
		return v.Name
	case HoleWhy:
		return v.Why
	case HoleOwnPage:
		return v.OwnPage
	case HoleUnsubscribe:
		return v.Unsubscribe
	}
	return ""
}

// appendEscaped escapes for HTML text and for quoted attributes alike.
func appendEscaped(dst []byte, s string) []byte {
	for {
		i := strings.IndexAny(s, `&<>"'`)
		if i < 0 {
			return append(dst, s...)
		}
		dst = append(dst, s[:i]...)
		switch s[i] {
		case '&':
			dst = append(dst, "&amp;"...)
		case '<':
			dst = append(dst, "&lt;"...)
		case '>':
			dst = append(dst, "&gt;"...)
		case '"':
			dst = append(dst, "&#34;"...)
		case '\'':
			dst = append(dst, "&#39;"...)
		}
		s = s[i+1:]
	}
}

// appendWrapped breaks lines between words so that they keep within textWidth.
func appendWrapped(dst []byte, s string) []byte {
	column := 0
	for word := range strings.FieldsSeq(s) {
		width := utf8.RuneCountInString(word)
		switch {
		case column == 0:
		case column+1+width > textWidth:
			dst = append(dst, '\n')
			column = 0
		default:
			dst = append(dst, ' ')
			column++
		}
		dst = append(dst, word...)
		column += width
	}
	return dst
}

// cutter gathers a body and remembers where its holes are.
type cutter struct {
	bytes.Buffer
	holes []hole
}

type hole struct {
	at   int
	kind Hole
}

// hole opens a hole where writing stands.
func (c *cutter) hole(kind Hole) { c.holes = append(c.holes, hole{c.Len(), kind}) }

// template is what was written, cut at its holes.
func (c *cutter) template(format Format) Template {
	whole, from := c.String(), 0
	t := Template{Format: format, Segments: make([]Segment, 0, len(c.holes)+1)}
	for _, h := range c.holes {
		t.Segments = append(t.Segments, Segment{Literal: whole[from:h.at], Hole: h.kind})
		from = h.at
	}
	t.Segments = append(t.Segments, Segment{Literal: whole[from:]})
	return t
}
