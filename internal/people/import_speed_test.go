package people

import (
	"hash/maphash"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
	"pgregory.net/rapid"
)

// The fast check agrees with the library.
func TestItalianMobilesAreThoseOfTheLibrary(t *testing.T) {
	if got, ok := italianMobile("333 123 4567", "IT"); !ok || got != "+393331234567" {
		t.Errorf("an ordinary mobile is %q, %v", got, ok)
	}
	rapid.Check(t, func(t *rapid.T) {
		region := rapid.SampledFrom([]string{"IT", "DE"}).Draw(t, "region")
		text := rapid.SampledFrom([]string{"", "+39", "+39 ", "+39  3", "0039", "+49"}).Draw(t, "prefix") +
			rapid.OneOf(rapid.StringMatching(`3[0-9]{2} ?[0-9]{3} ?[0-9]{4}`),
				rapid.StringMatching(`3?[0-9]{1,2} ?[0-9]{0,3} ?[0-9]{3,8}`)).Draw(t, "number")
		got, ok := italianMobile(text, region)
		if !ok {
			return
		}
		n, err := phonenumbers.Parse(text, region)
		if err != nil || phonenumbers.GetNumberType(n) != phonenumbers.MOBILE || phonenumbers.Format(n, phonenumbers.E164) != got {
			t.Fatalf("%q in %s is %q to us; the library says %v, %v", text, region, got, n, err)
		}
	})
}

func TestMemoRemembersAndIsBounded(t *testing.T) {
	asked := 0
	m := memo[int]{find: func(text string) (int, error) { asked++; return len(text), nil }}
	long := strings.Repeat("x", maxMemoText+1)
	for _, text := range []string{"", "a", "a", long, long, "bb", "a"} {
		if n, err := m.of(text); n != len(text) || err != nil {
			t.Errorf("%q means %d, %v", text, n, err)
		}
	}
	if asked != 4 { // a and bb once, the long one each time, "" never
		t.Errorf("%d texts were looked up; want 4", asked)
	}
	for i := range maxMemo + 5 {
		if _, err := m.of(strings.Repeat("y", i%maxMemoText) + string(rune('0'+i/maxMemoText))); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.known) > maxMemo {
		t.Errorf("%d texts are remembered; want %d at most", len(m.known), maxMemo)
	}
}

func TestSeenForgetsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &seen{bits: make([]uint64, 1<<6), seed: maphash.MakeSeed()}
		key := rapid.Custom(func(t *rapid.T) addressKey {
			return addressKey{rapid.SampledFrom(Channels()).Draw(t, "channel"), rapid.StringN(0, 6, -1).Draw(t, "value")}
		})
		met := map[addressKey]bool{}
		for _, k := range rapid.SliceOf(key).Draw(t, "keys") {
			if had := met[k]; !s.meet(k) && had {
				t.Fatalf("%v was met before", k)
			}
			met[k] = true
		}
	})
}

// It is useful only if it is seldom wrong.
func TestSeenIsSeldomMistaken(t *testing.T) {
	s := &seen{bits: make([]uint64, seenBits/64), seed: maphash.MakeSeed()}
	const people = 200_000
	mistaken := 0
	for i := range people {
		for _, k := range []addressKey{{Email, "p" + strconv.Itoa(i) + "@example.org"}, {SMS, "+39333" + strconv.Itoa(1_000_000+i)}} {
			if s.meet(k) {
				mistaken++
			}
		}
	}
	if mistaken > 2*people/1000 {
		t.Errorf("wrong about %d of %d addresses", mistaken, 2*people)
	}
}
