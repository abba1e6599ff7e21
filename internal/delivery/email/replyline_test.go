package email_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"unoxuno/internal/delivery/email"
)

func TestReplies(t *testing.T) {
	for text, want := range map[string]string{
		"250 2.1.5 OK\r\n":                   "250 2.1.5",
		"250 OK\n":                           "250 ",
		"250\r\n":                            "250 ",
		"354 \r\n":                           "354 ",
		"550-5.1.1 no\r\n550 5.1.1 such\r\n": "550 5.1.1",
		"550-no\r\n550 5.7.26 unproven\r\n":  "550 5.7.26",
		"550 5.1.1: no\r\n":                  "550 5.1.1",
		"450 5.1.1 another class\r\n":        "450 ",
		"550 5.1 short\r\n":                  "550 ",
		"550 5.1.1234 long\r\n":              "550 ",
		"250-" + strings.Repeat("x", 1500) + "\r\n250 OK\r\n": "250 ",
	} {
		code, enhanced, err := email.ReadReply(strings.NewReader(text))
		if got := fmt.Sprint(code, " ", enhanced); err != nil || got != want {
			t.Errorf("%.40q: %q, %v; want %q", text, got, err, want)
		}
	}
	for name, text := range map[string]string{
		"line without end":    strings.Repeat("2", 1<<20),
		"long line":           "250 " + strings.Repeat("x", 3000) + "\r\n",
		"lines without end":   strings.Repeat("250-x\r\n", 1<<16),
		"another code":        "250-x\r\n251 x\r\n",
		"no code":             "hello\r\n",
		"no reply code":       "199 x\r\n",
		"something after it":  "250x\r\n",
		"an empty line":       "\r\n",
		"a byte out of place": "250\x00\r\n",
	} {
		var protocol *email.ProtocolError
		if _, _, err := email.ReadReply(strings.NewReader(text)); !errors.As(err, &protocol) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := email.ReadReply(strings.NewReader("250-half")); !errors.Is(err, io.EOF) {
		t.Errorf("half a reply: %v", err)
	}
}

func FuzzReadReply(f *testing.F) {
	for _, seed := range []string{"250 2.1.5 OK\r\n", "550-5.1.1 a\r\n550 b\r\n", "421\n", "25", "250-\xff\r\n\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		code, enhanced, err := email.ReadReply(bytes.NewReader(data))
		if err != nil {
			return
		}
		if code < 200 || code > 599 || !bytes.HasPrefix(data, fmt.Append(nil, code)) {
			t.Fatalf("%q is %d", data, code)
		}
		if enhanced != "" && (enhanced[0] != data[0] || len(enhanced) > len("5.999.999")) {
			t.Fatalf("%q is %s", data, enhanced)
		}
	})
}
