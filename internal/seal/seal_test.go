package seal_test

import (
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
