package peopleweb_test

import (
	"strings"
	"testing"
)

// TestThePrivacyPageNamesWhoDeliversTextMessages where there are any.
func TestThePrivacyPageNamesWhoDeliversTextMessages(t *testing.T) {
	eachTown(t, func(t *testing.T, town *publicTown) {
		for path, word := range map[string]string{"/privacy": "fornitore di SMS", "/en/privacy": "SMS provider"} {
			for _, silent := range []bool{false, true} {
				town.silent.Store(silent)
				if body := town.get(path).body; strings.Contains(body, word) == silent || strings.Contains(body, "{{") {
					t.Errorf("%s (a town without text messages: %t):\n%s", path, silent, body)
				}
			}
		}
	})
}
