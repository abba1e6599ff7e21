package rig

import (
	"bufio"
	"net"
	"strings"
	"testing"
)

// TestSwallowFindsTheEndWhereverItIsCut: the end of a message may come in any two pieces, and a dot within a line ends
// nothing.
func TestSwallowFindsTheEndWhereverItIsCut(t *testing.T) {
	s, err := NewSwallow(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c, err := net.Dial("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	in := bufio.NewReader(c)
	expect := func(code string) {
		t.Helper()
		for {
			line, err := in.ReadString('\n')
			if err != nil || !strings.HasPrefix(line, code) {
				t.Fatalf("%q, %v; want %s", line, err, code)
			}
			if line[3] == ' ' {
				return
			}
		}
	}
	say := func(text string) {
		t.Helper()
		if _, err := c.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	expect("220")
	say("EHLO x\r\n")
	expect("250")
	want := int64(0)
	for _, message := range []string{"a.\r\n..\r\n.b\r\n.\r\n", ".\r\n", "\r\n\r\n.\r\n"} {
		for cut := range len(message) {
			say("DATA\r\n")
			expect("354")
			say(message[:cut])
			say(message[cut:])
			expect("250")
			want++
			say("NOOP\r\n") // what was left over would be answered first
			expect("250")
		}
	}
	if n := s.Count(); n != want {
		t.Errorf("%d messages, want %d", n, want)
	}
}
