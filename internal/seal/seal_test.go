package seal_test

import (
	"bytes"
	"encoding/base64"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"unoxuno/internal/seal"
)

func TestTokenOpensOnlyAsSealed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := seal.New([]byte(rapid.String().Draw(t, "secret")))
		purpose := rapid.String().Draw(t, "purpose")
		ints := rapid.SliceOfN(rapid.Int64(), 0, 4).Draw(t, "ints")
		expires := time.Unix(rapid.Int64Range(1, 1<<40).Draw(t, "expires"), 0)
		token := s.Ints(purpose, expires, ints...)

		got, err := s.OpenInts(purpose, token, expires.Add(-time.Second), len(ints))
		if err != nil || !slices.Equal(got, ints) {
			t.Fatalf("opened %v, %v; sealed %v", got, err, ints)
		}
		if _, err := s.OpenInts(purpose, token, expires, len(ints)); err == nil {
			t.Fatal("opened at its end")
		}
		if _, err := s.OpenInts(purpose+"x", token, time.Unix(0, 0), len(ints)); err == nil {
			t.Fatal("opened for another purpose")
		}
		if _, err := seal.New([]byte("another secret of another town")).OpenInts(purpose, token, time.Unix(0, 0), len(ints)); err == nil {
			t.Fatal("opened with another secret")
		}
		at := rapid.IntRange(0, len(token)-1).Draw(t, "changed")
		forged := []byte(token)
		forged[at] = rapid.SampledFrom([]byte("AZaz09-_=.")).Filter(func(b byte) bool { return b != token[at] }).Draw(t, "to")
		if _, err := s.OpenInts(purpose, string(forged), time.Unix(0, 0), len(ints)); err == nil {
			t.Fatalf("opened a changed token: %s for %s", forged, token)
		}
	})
}

// A token does not contain its payload, and two payloads with the same beginning are encrypted differently.
func TestNothingCanBeReadInAToken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := seal.New([]byte(rapid.String().Draw(t, "secret")))
		payload := rapid.SliceOfN(rapid.Byte(), 8, 200).Draw(t, "payload")
		other := append(slices.Clone(payload[:len(payload)-1]), payload[len(payload)-1]^1)
		expires := time.Unix(rapid.Int64Range(1, 1<<40).Draw(t, "expires"), 0)
		bodies := make([][]byte, 2)
		for i, p := range [][]byte{payload, other} {
			raw, err := base64.RawURLEncoding.DecodeString(s.Seal("p", p, expires))
			if err != nil {
				t.Fatal(err)
			}
			bodies[i] = raw[16:]
			if bytes.Contains(raw, p) || bytes.Contains(raw, p[:8]) {
				t.Fatalf("% x holds % x", raw, p)
			}
		}
		if bytes.Equal(bodies[0][:len(bodies[0])-1], bodies[1][:len(bodies[1])-1]) {
			t.Fatal("two tokens were encrypted by the same stream")
		}
	})
}

// Two tokens for person 77 with the secret "secret", made before tokens were encrypted.
const (
	oldUnsubscribe = "Ql80N3uiUV90TtahfP1fAQCaAZaT2J_uRw"
	oldOwnPage     = "aZYsUOTIFkzMWDpIHrLYcYDIzrQNmgE"
)

// Links in mails that were sent before tokens were encrypted still work.
func TestTokensOfBeforeEncryptionOpen(t *testing.T) {
	s := seal.New([]byte("secret"))
	for purpose, token := range map[string]string{"newsletters.unsubscribe": oldUnsubscribe, "people.own-page": oldOwnPage} {
		ints, err := s.OpenAllInts(purpose, token, time.Unix(1_700_000_000, 0))
		if err != nil || ints[0] != 77 {
			t.Errorf("%s: %v, %v", purpose, ints, err)
		}
	}
	if _, err := s.OpenInts("people.own-page", oldOwnPage, time.Unix(1_900_000_000, 0), 1); err == nil {
		t.Error("an old token has no end")
	}
}

func TestTokenWithoutEnd(t *testing.T) {
	s := seal.New([]byte("secret"))
	if b, err := s.Open("p", s.Seal("p", []byte("x"), time.Time{}), time.Unix(1<<40, 0)); err != nil || string(b) != "x" {
		t.Errorf("%q, %v", b, err)
	}
}

func FuzzOpenNeverFails(f *testing.F) {
	s := seal.New([]byte("secret"))
	f.Add("", 1)
	f.Add(s.Ints("p", time.Time{}, 1, 2), 2)
	f.Fuzz(func(t *testing.T, token string, n int) {
		if ints, err := s.OpenInts("q", token, time.Unix(0, 0), n%8); err == nil {
			t.Errorf("opened %q as %v", token, ints)
		}
	})
}

// The bytes of a token never change: links in old mails must open.
func TestTokensOfEarlierVersionsOpen(t *testing.T) {
	s := seal.New([]byte("a secret of thirty-two characters"))
	const made = "G8VeJ6bd8nDqHCOUXRm_xm0INYpLOy6xh1yQEgXLasImXQ67DrDkXuckeWpsluPimyBJ49uTnEbCAmo"
	if got := s.Seal("a purpose", []byte("forty bytes of payload, three blocks of it"), time.Time{}); got != made {
		t.Errorf("sealed as %s, earlier as %s", got, made)
	}
}
