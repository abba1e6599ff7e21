package bounce

import (
	"bytes"
	"encoding/base64"
	"html"
	"io"
	"mime/quotedprintable"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
)

// decodeTransfer decodes a Content-Transfer-Encoding (RFC 2045 §6) as far as possible, up to limit bytes.
func decodeTransfer(body []byte, name string, limit int) []byte {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "base64":
		return decodeBase64(body, limit)
	case "quoted-printable":
		decoded, err := io.ReadAll(io.LimitReader(quotedprintable.NewReader(bytes.NewReader(body)), int64(limit)))
		if err != nil && len(decoded) < len(body)/2 {
			break // mostly plain text
		}
		return decoded
	}
	return body[:min(len(body), limit)]
}

// decodeBase64 skips characters outside the alphabet.
func decodeBase64(body []byte, limit int) []byte {
	clean := make([]byte, 0, min(len(body), limit*4/3+4))
	for _, c := range body {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '/' {
			if len(clean) == cap(clean) {
				break
			}
			clean = append(clean, c)
		}
	}
	if len(clean)%4 == 1 {
		clean = clean[:len(clean)-1]
	}
	decoded := make([]byte, base64.RawStdEncoding.DecodedLen(len(clean)))
	n, _ := base64.RawStdEncoding.Decode(decoded, clean) // what precedes an error is kept
	return decoded[:min(n, limit)]
}

// encodingOf returns the charset of that name, nil if it is unknown or needs no decoding.
func encodingOf(name string) encoding.Encoding {
	name = strings.ToLower(strings.Trim(name, "\"' "))
	if name == "" || name == "utf-8" || name == "us-ascii" {
		return nil
	}
	found, err := htmlindex.Get(name)
	if err != nil {
		return nil
	}
	return found
}

// decodeCharset decodes bytes to text. Invalid bytes become U+FFFD. Japanese mail often does not name its charset but
// shows it by escapes (RFC 1468); other bytes outside ASCII are read as Windows-1252.
func decodeCharset(b []byte, name string) string {
	switch unnamed := name == "" || strings.EqualFold(name, "us-ascii"); {
	case unnamed && bytes.Contains(b, []byte("\x1b$")):
		name = "iso-2022-jp"
	case utf8.Valid(b) && bytes.IndexByte(b, 0x1b) < 0:
		return string(b) // ASCII, or UTF-8 under any name: other charsets rarely look like it
	case unnamed:
		name = "windows-1252"
	}
	if found := encodingOf(name); found != nil {
		if decoded, err := found.NewDecoder().Bytes(b); err == nil {
			return strings.ToValidUTF8(string(decoded), "\uFFFD")
		}
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

// charsetReader serves mime.WordDecoder.
func charsetReader(charset string, input io.Reader) (io.Reader, error) {
	if found := encodingOf(charset); found != nil {
		return found.NewDecoder().Reader(input), nil
	}
	return input, nil
}

// Elements with content that is not for reading, and those that do not end a line.
var (
	hiddenElements = []string{"style", "script", "head", "title"}
	inlineElements = []string{"a", "b", "i", "em", "strong", "span", "font", "u", "code", "tt", "small"}
)

// textOf converts HTML to plain text: no tags, entities decoded, a line for each block. It reads the markup once.
func textOf(markup string) string {
	var out strings.Builder
	hidden := ""
	for markup != "" {
		text, rest, found := strings.Cut(markup, "<")
		if hidden == "" {
			out.WriteString(text)
		}
		if !found {
			break
		}
		tag, after, closed := strings.Cut(rest, ">")
		if !closed {
			break
		}
		markup = after
		name := elementName(tag)
		switch {
		case hidden != "":
			if name == "/"+hidden {
				hidden = ""
			}
		case slices.Contains(hiddenElements, name):
			hidden = name
		case !slices.Contains(inlineElements, strings.TrimPrefix(name, "/")):
			out.WriteByte('\n')
		}
	}
	return strings.ReplaceAll(html.UnescapeString(out.String()), "\u00a0", " ")
}

func elementName(tag string) string {
	if end := strings.IndexAny(tag, " \t\r\n"); end >= 0 {
		tag = tag[:end]
	}
	return strings.ToLower(strings.TrimSuffix(tag[:min(len(tag), 16)], "/"))
}
