package bounce_test

import (
	"strings"
	"testing"

	"unoxuno/internal/delivery/bounce"
)

// A digest's unsubscribe link names each of its issues, so its token may be long.
func TestAMailWithALongTokenLeaves(t *testing.T) {
	for _, length := range []int{20, 100, 101, 600} {
		token := strings.Repeat("x", length)
		report, err := bounce.Parse(strings.NewReader("From: maria@citta.example\r\nSubject: unsubscribe-" + token + "\r\n\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		if report.Leave != token {
			t.Errorf("of a token of %d characters %d are read", length, len(report.Leave))
		}
	}
}
