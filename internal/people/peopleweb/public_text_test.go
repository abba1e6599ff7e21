package peopleweb_test

import (
	"strings"
	"testing"
)

// The privacy page says how long we know who received what, and makes no promise if that is kept for ever.
func TestThePrivacyPageTellsHowLongMessagesAreKnown(t *testing.T) {
	eachTown(t, func(t *testing.T, town *publicTown) {
		for months, words := range map[int][2]string{24: {"per 24 mesi dopo ogni invio", "for 24 months after each sending"}, 1: {"per un mese dopo ogni invio", "for one month after each sending"}, 0: {}} {
			town.pages.LedgerMonths = months
			for at, path := range []string{"/privacy", "/en/privacy"} {
				body := town.get(path).body
				if !strings.Contains(body, words[at]) || months == 0 && (strings.Contains(body, "dopo ogni invio") || strings.Contains(body, "each sending")) {
					t.Errorf("%s, %d months:\n%s", path, months, body)
				}
			}
		}
	})
}

// The privacy page names the companies that deliver text messages, if there are any.
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
