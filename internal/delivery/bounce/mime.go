package bounce

import (
	"bytes"
	"mime"
	"strings"
)

// field is a header field: its name in lower case, its value unfolded.
type field struct{ name, value string }

type header []field

// get returns the value of the first field with that name, "" if there is none.
func (h header) get(name string) string {
	for _, f := range h {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

func (h header) has(name string) bool {
	for _, f := range h {
		if f.name == name {
			return true
		}
	}
	return false
}

// text returns a field with its encoded words decoded (RFC 2047).
func (h header) text(name string) string {
	value := h.get(name)
	decoder := mime.WordDecoder{CharsetReader: charsetReader}
	if decoded, err := decoder.DecodeHeader(value); err == nil {
		return strings.ToValidUTF8(decoded, "\uFFFD")
	}
	return decodeCharset([]byte(value), "")
}

// cutLine splits off the first line of b, without its line break.
func cutLine(b []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(b, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), rest
}

// readHeader splits off the header of a mail or part. It is lenient: lines that are not fields are skipped, and a text
// that does not begin with a field has no header.
func readHeader(b []byte) (header, []byte) {
	var h header
	var value []byte // of the last field, growing
	open := false
	keep := func() {
		if open {
			h[len(h)-1].value = string(value)
		}
		open = false
	}
	for rest := b; len(rest) > 0; {
		var line []byte
		if line, rest = cutLine(rest); len(bytes.TrimSpace(line)) == 0 {
			keep()
			return h, rest
		}
		line = line[:min(len(line), maxField)]
		if line[0] == ' ' || line[0] == '\t' {
			if room := maxField - len(value); open && room > 1 {
				value = append(append(value, ' '), bytes.TrimSpace(line)[:min(len(bytes.TrimSpace(line)), room-1)]...)
			}
			continue
		}
		keep()
		name, text, found := splitField(string(line))
		if !found && len(h) == 0 && !bytes.HasPrefix(bytes.TrimPrefix(line, []byte(">")), []byte("From ")) {
			return nil, b
		}
		if found && len(h) < maxFields {
			h, value, open = append(h, field{name: name}), append(value[:0], text...), true
		}
	}
	keep()
	return h, nil
}

// splitField reads "Name: value" (RFC 5322 §2.2).
func splitField(line string) (name, value string, found bool) {
	colon := strings.IndexByte(line, ':')
	if colon < 1 {
		return "", "", false
	}
	name = strings.TrimRight(line[:colon], " \t")
	for i := range len(name) {
		if name[i] <= ' ' || name[i] > '~' {
			return "", "", false
		}
	}
	return strings.ToLower(name), strings.TrimSpace(line[colon+1:]), name != ""
}

// mediaType reads a Content-Type. A broken one keeps no parameters except the boundary.
func mediaType(value string) (kind string, params map[string]string) {
	kind, params, err := mime.ParseMediaType(value)
	if err == nil {
		return kind, params
	}
	kind, rest, _ := strings.Cut(value, ";")
	params = map[string]string{}
	for _, name := range []string{"boundary", "charset", "report-type", "name"} {
		at := strings.Index(strings.ToLower(rest), name+"=")
		if at < 0 || at+len(name)+1 > len(rest) {
			continue
		}
		text := rest[at+len(name)+1:]
		if quoted, found := strings.CutPrefix(text, `"`); found {
			text, _, _ = strings.Cut(quoted, `"`)
		} else if end := strings.IndexAny(text, "; \t"); end >= 0 {
			text = text[:end]
		}
		params[name] = text
	}
	return strings.ToLower(strings.TrimSpace(kind)), params
}

// splitParts splits a multipart's body at its boundary (RFC 2046 §5.1). If the boundary is unknown, the first line with
// two leading hyphens is used. The text before the first boundary is the preamble.
func splitParts(body []byte, boundary string, limit int) (preamble []byte, parts [][]byte) {
	if boundary != "" {
		boundary = "--" + boundary
	}
	start, rest := -1, body
	for len(rest) > 0 {
		at := len(body) - len(rest)
		var line []byte
		line, rest = cutLine(rest)
		if len(line) < 3 || line[0] != '-' || line[1] != '-' {
			continue
		}
		text := strings.TrimRight(string(line[:min(len(line), maxLine)]), " \t")
		if boundary == "" {
			boundary = text
		}
		if text != boundary && text != boundary+"--" {
			continue
		}
		if start < 0 {
			preamble = body[:at]
		} else {
			parts = append(parts, body[start:at])
		}
		start = len(body) - len(rest)
		if text != boundary || len(parts) == limit {
			return preamble, parts
		}
	}
	if start < 0 {
		return body, nil
	}
	return preamble, append(parts, body[start:])
}
